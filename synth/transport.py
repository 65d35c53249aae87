"""How bytes come from an endpoint: not too many, not packed, and only from where they were asked for."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2

from data.errors import UsageError

MAX_REPLY_BYTES = 4 * 2**20
MAX_FILE_BYTES = 2**30  # a batch's answers


class TooMuch(httpx2.TransportError):
    """An answer that is not read any further."""


class _CappedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream, self._max_bytes = stream, max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for piece in self._stream:
            received += len(piece)
            if received > self._max_bytes:
                raise TooMuch(f"the answer is larger than {self._max_bytes:,} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class CappedTransport(httpx2.AsyncHTTPTransport):
    """Stops reading answers that are too large, and does not unpack compressed ones."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await response.aclose()
            raise TooMuch("the answer is compressed, though this was not asked for")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        is_file = request.url.path.endswith("/content")
        response.stream = _CappedStream(response.stream, MAX_FILE_BYTES if is_file else MAX_REPLY_BYTES)
        return response


def check_url(url: str) -> None:
    """Raises UsageError for a base URL that cannot be used, or that holds a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise UsageError(f"base_url: found {url!r}, expected `builtin` or a URL such as http://127.0.0.1:8000/v1")
    if parts.username or parts.password or parts.query:
        raise UsageError(
            "base_url: holds a name, password or query; a key belongs in the environment variable of `api_key_env`"
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds that a server asks to wait, or None if it does not say so readably."""
    try:
        if "retry-after-ms" in headers:
            found = float(headers["retry-after-ms"]) / 1000
        else:
            found = float(headers["retry-after"])
    except KeyError:
        return None
    except ValueError:
        try:
            when = parsedate_to_datetime(headers.get("retry-after", ""))
            # By the server's own clock, where it tells it: ours may be wrong.
            now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
            found = (when - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, found) if math.isfinite(found) else None
