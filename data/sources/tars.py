"""Tar archives read with care: their headers have a weak checksum, and nothing says where one ends.

Nothing is unpacked to the disk; names in a tar are labels that nobody follows.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
from typing import IO, Iterator

#: Members of a tar within a tar: of one paper.
MAX_MEMBERS = 20_000
#: What tarfile says of a tar that ends too soon.
CUT = "unexpected end of data"


class Careful(io.RawIOBase):
    """A file that gives at most so much at once: tar headers may claim to be as long as they like."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes."""
        if not 0 <= size <= self._most:
            raise tarfile.ReadError("a member is larger than any paper")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Goes to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Returns the place."""
        return self._file.tell()


def is_tar(file: IO[bytes]) -> bool:
    """Returns whether a file begins as a tar does; it is at its beginning then."""
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if len(head) < 512:
        return False
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(opened: IO[bytes] | Careful) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Yields a tar's members, with the contents of regular files.

    Args:
        opened: a tar of any length as a `Careful`, which must have its end; else one paper's own.

    Raises:
        tarfile.TarError: it is damaged from here on.
    """
    with _named_errors():
        tar = tarfile.open(fileobj=opened, mode="r:", ignore_zeros=False)  # noqa: SIM115  # closed below
    with tar:
        count = 0
        while (member := _next(tar)) is not None:
            count += 1
            if count > MAX_MEMBERS and not isinstance(opened, Careful):
                raise tarfile.ReadError("more members than any paper has")
            tar.members.clear()  # type: ignore[attr-defined]  # it would remember them all
            yield member, tar.extractfile(member) if member.isreg() else None
        # A header that is none ends a tar as two blocks of zeros do, and without a word; so does the file's own end.
        opened.seek(tar.offset)
        block = opened.read(tarfile.BLOCKSIZE)
        if block.strip(b"\0"):
            raise tarfile.ReadError(CUT if len(block) < tarfile.BLOCKSIZE else "a member's header is damaged")
        if not block and isinstance(opened, Careful):
            raise tarfile.ReadError(CUT)


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    """Gives names to what tarfile raises without one of its own, in reading a header."""
    try:
        yield
    except IndexError as error:  # the file ends in the map of a file with holes
        raise tarfile.ReadError(CUT) from error
    except RecursionError as error:  # each of the headers that stand before a member's own is a call
        raise tarfile.ReadError("hundreds of headers stand before one member") from error


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _named_errors():
        return tar.next()


def next_header(opened: Careful, after: int) -> int | None:
    """Returns the next place after damage where a member's header seems to stand, or null."""
    place = -(-max(opened.tell(), after) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    opened.seek(place)
    while len(block := opened.read(tarfile.BLOCKSIZE)) == tarfile.BLOCKSIZE:
        if block[257:262] == b"ustar":
            try:
                tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
                return place
            except (tarfile.HeaderError, ValueError):
                pass
        place += tarfile.BLOCKSIZE
    return None


def readable_name(name: str) -> str:
    """Returns a member's name as valid Unicode; bytes that are no UTF-8 become `\\xNN`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
