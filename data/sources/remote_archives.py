"""What lies in archives that are far away: of each, only the list at its end is fetched."""

from __future__ import annotations

import io
from typing import IO, Any, cast

from data.recipe import Source
from data.sources import InputFile
from data.sources.archives import names_of
from data.sources.remote import failure, storage
from data.sources.settings import WEB
from data.sources.web import BadAnswer, WebFile, fetch_range

#: Fetched at once: the lists of most archives.
PIECE_BYTES = 2**16


def names_far_away(file: InputFile, source: Source) -> list[str]:
    """Returns the names of the files in an archive; none of one that is damaged, or whose server gives no parts of it.

    Raises:
        PhimillError: it cannot be had.
    """
    assert file.url is not None
    try:
        with _opened(file, source) as opened:
            return names_of(opened)
    except _NoRanges:
        return []
    except Exception as error:  # each storage has errors of its own
        raise failure(source, file.url, error) from error


def _opened(file: InputFile, source: Source) -> IO[bytes]:
    assert file.url is not None
    if file.url.partition("://")[0].lower() in WEB:
        return io.BufferedReader(_Ranges(file, source), PIECE_BYTES)
    system, path = storage(file.url, source)
    return cast("IO[bytes]", system.open(path, "rb", block_size=PIECE_BYTES))


class _NoRanges(Exception):
    """A server gives whole files alone."""


class _Ranges(io.RawIOBase):
    """A file on the web, read at any place."""

    def __init__(self, file: InputFile, source: Source) -> None:
        assert file.url is not None
        self._file, self._hosts, self._place = WebFile(file.url, file.bytes, None), source.hosts, 0

    def readable(self) -> bool:
        """Returns whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Returns whether it can be read at any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.bytes}[whence]
        return self._place

    def readinto(self, room: Any) -> int:
        """Reads what there is room for."""
        end = min(self._place + len(room), self._file.bytes)
        try:
            found = b"".join(fetch_range(self._file, self._place, end, self._hosts))
        except BadAnswer as error:
            if error.status == 200:
                raise _NoRanges from error
            raise
        room[: len(found)] = found
        self._place += len(found)
        return len(found)
