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
#: A server that asks for more patience than this is asked again too early.
MAX_WAIT_S = 120.0
#: Protocols whose addresses name a host, and the ports that they mean without saying so.
PORTS = {"http": 80, "https": 443, "sftp": 22, "hdfs": 8020}
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_CHANGED = "it has changed since the run began"


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
    """Returns whether an address's host (or host:port) is one of a list.

    The host is the one that the connection will be made to: it is httpx that takes the address apart, here as there.
    """
    import httpx

    try:
        parts = httpx.URL(url)
        names = {parts.host, parts.raw_host.decode("ascii")}
    except (httpx.InvalidURL, ValueError):  # the latter of names that are no Punycode
        return False
    if parts.scheme not in PORTS or parts.userinfo:
        return False
    names |= {f"[{name}]" for name in names if ":" in name}
    port = parts.port or PORTS[parts.scheme]
    return port < 2**16 and any(name in hosts or f"{name}:{port}" in hosts for name in names)


def look_up(url: str, hosts: list[str]) -> WebFile:
    """Returns a file's size and ETag, or what stands in its place; a busy server is asked again.

    Raises:
        BadAnswer: the host is not listed, there is no such file, or the server does not say how large it is.
    """
    failures = 0
    while True:
        try:
            return _looked_up(url, hosts)
        except _Broken as broken:
            failures += 1
            _wait(failures, broken)


def _looked_up(url: str, hosts: list[str]) -> WebFile:
    status, headers, _ = _ask("HEAD", url, hosts, {})
    if status in (403, 405, 501):  # some servers know no HEAD
        status, headers, body = _ask("GET", url, hosts, {"Range": "bytes=0-0"})
        body.close()
    _refuse_busy(status, headers)
    if status not in (200, 206):
        raise BadAnswer(f"the server answered {status}", status)
    size = headers.get("content-range", "").rpartition("/")[2] if status == 206 else headers.get("content-length", "")
    if not size.isdigit():
        raise BadAnswer("the server does not say how large it is")
    return WebFile(url, int(size), headers.get("etag") or _changed(headers))


def fetch_range(file: WebFile, start: int, end: int, hosts: list[str]) -> Iterator[bytes]:
    """Yields the bytes [start, end) of a file in pieces.

    Raises:
        BadAnswer: it cannot be had, or has changed since it was looked up.
    """
    failures, is_whole = 0, start == 0 and end == file.bytes
    while start < end:
        try:
            for piece in _attempt(file, start, end, hosts, is_whole):
                start += len(piece)
                failures = 0
                yield piece
            if start < end:
                raise _Broken("the connection ended early")
        except _Broken as broken:
            failures += 1
            _wait(failures, broken)


class _Broken(Exception):
    """A failure that may pass; `wait_s` is the patience that the server asks for."""

    def __init__(self, message: str, wait_s: float = 0.0, status: int | None = None) -> None:
        super().__init__(message)
        self.wait_s, self.status = wait_s, status


def _wait(failures: int, broken: _Broken) -> None:
    """Waits before the next try.

    Raises:
        BadAnswer: there were enough.
    """
    if failures > RETRIES:
        raise BadAnswer(f"{broken}, {failures} times", broken.status) from broken
    time.sleep(min(MAX_WAIT_S, max(broken.wait_s, min(8.0, 0.25 * 2**failures))))


def _refuse_busy(status: int, headers: dict[str, str]) -> None:
    if status in _BUSY:
        asked = headers.get("retry-after", "")
        raise _Broken(f"the server answered {status}", float(asked) if asked.isdigit() else 0.0, status)


def _attempt(file: WebFile, start: int, end: int, hosts: list[str], is_whole: bool) -> Iterator[bytes]:
    import httpx

    is_part = not is_whole or start > 0
    status, headers, answer = _ask("GET", file.url, hosts, {"Range": f"bytes={start}-{end - 1}"} if is_part else {})
    with answer:
        _refuse_busy(status, headers)
        to_skip = 0
        if status == 416:
            raise BadAnswer(_CHANGED, status)
        if status == 200 and is_part and is_whole:  # it knows no ranges: what is there already is passed over
            is_part, to_skip = False, start
        if status != (206 if is_part else 200):
            raise BadAnswer(f"the server answered {status}" + (" to a range" if status == 200 else ""), status)
        _refuse_changed(file, headers, start if is_part else None)
        left = end - start
        try:
            for piece in answer.iter_raw():
                piece, to_skip = piece[to_skip:], max(0, to_skip - len(piece))
                if len(piece) > left:
                    raise BadAnswer("more came than was asked for" if is_part else _CHANGED)
                left -= len(piece)
                if piece:
                    yield piece
        except httpx.HTTPError as error:
            raise _Broken(f"the connection broke: {type(error).__name__}") from error


def _refuse_changed(file: WebFile, headers: dict[str, str], start: int | None) -> None:
    """Raises BadAnswer where an answer is of another file than was listed, or of another range of it."""
    found = headers.get("etag") or _changed(headers)
    if file.etag is not None and found is not None and found != file.etag:
        raise BadAnswer(_CHANGED)
    if start is None:
        size = headers.get("content-length", "")
    else:
        given = headers.get("content-range", "")
        if not given.startswith(f"bytes {start}-"):
            raise BadAnswer("the server answered with another range")
        size = given.rpartition("/")[2]
    if size.isdigit() and int(size) != file.bytes:
        raise BadAnswer(f"{_CHANGED}: {int(size):,} bytes, {file.bytes:,} were listed")


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
    """Returns status, headers and the open answer; follows redirects to listed hosts only, and to nothing less safe."""
    import httpx

    for _ in range(MAX_REDIRECTS + 1):
        if not is_listed(url, hosts) or not url.lower().startswith("http"):
            raise BadAnswer(f"it leads to {_place(url)}, which `hosts` does not list")
        client = _client()
        try:
            asked = client.build_request(method, url, headers={"Accept-Encoding": "identity", **headers})
            response = client.send(asked, stream=True)
        except (httpx.HTTPError, UnicodeError) as error:  # the latter of names that no name server could know
            if (refused := _certificate_error(error)) is not None:
                raise BadAnswer(
                    f"the certificate of {_place(url)} is not trusted ({refused}); where that is as it should be, "
                    "name a file of trusted authorities in SSL_CERT_FILE"
                ) from error
            raise _Broken(f"no connection: {type(error).__name__}") from error
        answer = _Answer(response)
        if response.status_code not in (301, 302, 303, 307, 308):
            known = {name.lower(): value for name, value in response.headers.items()}
            if method == "HEAD":
                answer.close()
            return response.status_code, known, answer
        answer.close()
        target = _joined(url, response.headers.get("location", ""))
        if url.lower().startswith("https:") and target.lower().startswith("http:"):
            raise BadAnswer(f"it leads from https to http at {_place(target)}, where anybody on the way can change it")
        url = target
    raise BadAnswer("it leads in circles")


def _certificate_error(error: BaseException | None) -> str | None:
    """Returns what is wrong with a server's certificate if an attempt failed for that: no other attempt will do."""
    import ssl

    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None


def _joined(url: str, location: str) -> str:
    try:
        return urllib.parse.urljoin(url, location)
    except ValueError as error:
        raise BadAnswer("it leads to an address that is none") from error


def _place(url: str) -> str:
    """Returns an address's host as messages may show it."""
    try:
        return urllib.parse.urlsplit(url).hostname or "no host"
    except ValueError:
        return "what is no host"


def _changed(headers: dict[str, str]) -> str | None:
    value = headers.get("last-modified")
    return f"changed {value}" if value else None
