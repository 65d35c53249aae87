"""Files on the web, whole or in ranges: only from hosts that the recipe lists, redirects included.

A file is pinned by its size and ETag. A connection that breaks goes on where it broke, if the file is still
the same. Nothing is asked of an address with a name or password in it.
"""

from __future__ import annotations

import dataclasses
import functools
import time
import urllib.parse
from typing import Any, Iterator

TIMEOUT_S = 60.0
RETRIES = 4
MAX_REDIRECTS = 5


class BadAnswer(Exception):
    """A server said no (`status`), something else than was asked for, or nothing."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class WebFile:
    """A file and what pins it."""

    url: str
    bytes: int
    etag: str | None


def is_listed(url: str, hosts: list[str]) -> bool:
    """Returns whether an address's host (or host:port) is one of a list."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return False
    return parts.netloc.lower() in hosts or (parts.hostname or "") in hosts


def look_up(url: str, hosts: list[str]) -> WebFile:
    """Returns a file's size and ETag.

    Raises:
        BadAnswer: the host is not listed, there is no such file, or the server does not say how large it is.
    """
    status, headers, _ = _ask("HEAD", url, hosts, {})
    if status in (403, 405, 501):  # some servers know no HEAD
        try:
            status, headers, body = _ask("GET", url, hosts, {"Range": "bytes=0-0"})
        except _Broken as broken:
            raise BadAnswer(str(broken)) from broken
        body.close()
        size = headers.get("content-range", "").rpartition("/")[2]
    else:
        size = headers.get("content-length", "")
    if status not in (200, 206):
        raise BadAnswer(f"the server answered {status}", status)
    if not size.isdigit():
        raise BadAnswer("the server does not say how large it is")
    return WebFile(url, int(size), headers.get("etag") or _changed(headers))


def fetch_range(file: WebFile, start: int, end: int, hosts: list[str]) -> Iterator[bytes]:
    """Yields the bytes [start, end) of a file in pieces.

    Raises:
        BadAnswer: it cannot be had, or has changed since it was looked up.
    """
    failures = 0
    while start < end:
        try:
            for piece in _attempt(file, start, end, hosts):
                start += len(piece)
                failures = 0
                yield piece
            if start < end:
                raise _Broken("the connection ended early")
        except _Broken as broken:
            failures += 1
            if failures > RETRIES:
                raise BadAnswer(str(broken)) from broken
            time.sleep(min(8.0, 0.25 * 2**failures))


class _Broken(Exception):
    """A failure that may pass."""


def _attempt(file: WebFile, start: int, end: int, hosts: list[str]) -> Iterator[bytes]:
    import httpx

    whole = start == 0 and end == file.bytes
    status, headers, answer = _ask("GET", file.url, hosts, {} if whole else {"Range": f"bytes={start}-{end - 1}"})
    with answer:
        if status in (408, 429, 500, 502, 503, 504):
            raise _Broken(f"the server answered {status}")
        if status != (200 if whole else 206):
            raise BadAnswer(f"the server answered {status}" + (" to a range" if status == 200 else ""), status)
        found = headers.get("etag") or _changed(headers)
        if file.etag is not None and found is not None and found != file.etag:
            raise BadAnswer("it has changed since the run began")
        if not whole and not headers.get("content-range", "").startswith(f"bytes {start}-"):
            raise BadAnswer("the server answered with another range")
        left = end - start
        try:
            for piece in answer.iter_raw():
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return
        except httpx.HTTPError as error:
            raise _Broken(f"the connection broke: {type(error).__name__}") from error


class _Answer:
    """An open answer; leaving it closes the connection."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._response.close()

    def iter_raw(self) -> Iterator[bytes]:
        """Yields the body as it comes."""
        yield from self._response.iter_raw()


@functools.cache
def _client() -> Any:
    """Returns this process's connections; ranges of one host are asked for over one of them."""
    import httpx

    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)


def _ask(method: str, url: str, hosts: list[str], headers: dict[str, str]) -> tuple[int, dict[str, str], _Answer]:
    """Returns status, headers and the open answer; follows redirects to listed hosts only."""
    import httpx

    for _ in range(MAX_REDIRECTS + 1):
        if not is_listed(url, hosts):
            raise BadAnswer(f"it leads to {urllib.parse.urlsplit(url).hostname}, which `hosts` does not list")
        client = _client()
        try:
            asked = client.build_request(method, url, headers={"Accept-Encoding": "identity", **headers})
            response = client.send(asked, stream=True)
        except httpx.HTTPError as error:
            failure = _Broken if method == "GET" else BadAnswer
            raise failure(f"no connection: {type(error).__name__}") from error
        answer = _Answer(response)
        if response.status_code not in (301, 302, 303, 307, 308):
            known = {name.lower(): value for name, value in response.headers.items()}
            if method == "HEAD":
                answer.close()
            return response.status_code, known, answer
        answer.close()
        url = urllib.parse.urljoin(url, response.headers.get("location", ""))
    raise BadAnswer("it leads in circles")


def _changed(headers: dict[str, str]) -> str | None:
    value = headers.get("last-modified")
    return f"changed {value}" if value else None
