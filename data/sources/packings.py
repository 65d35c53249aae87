"""The ways to pack that are read, each told by how its members begin.

gzip is unpacked by Intel's ISA-L: twice the speed of zlib, and it checks length and CRC alike. Small members have a
way of their own: see `gzip_members`.
"""

from __future__ import annotations

import bz2
import dataclasses
import lzma
from typing import Callable, Generator

from isal import igzip_lib

from data.sources.unpacking import MAX_DICTIONARY_BYTES, Window, stream
from data.sources.zstd_frames import ZSTD_MAGIC, unzstd

#: Zeros after a member that may be meant.
MAX_PADDING_BYTES = 2**16

#: Unpacks one member that starts at an offset; yields pieces, returns where it ends. With `salvage` it hands out
#: all that can be had before it fails.
Unpacker = Callable[[Window, int, bool], Generator[bytes, None, int]]


@dataclasses.dataclass(frozen=True)
class Packing:
    """A way to pack.

    Attributes:
        name: as people call it.
        magic: the bytes that a member begins with.
        suffixes: of file names.
        unpack: unpacks one member.
    """

    name: str
    magic: bytes
    suffixes: tuple[str, ...]
    unpack: Unpacker


def _gunzip(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    return stream(window, offset, salvage, GZIP.magic, lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))


def _bunzip2(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    return stream(window, offset, salvage, BZIP2.magic, bz2.BZ2Decompressor)


def _unxz(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    end = yield from stream(
        window, offset, salvage, XZ.magic,
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES + 2**20),
    )  # fmt: skip
    after = bytes(window.at(end, MAX_PADDING_BYTES + 4))
    padding = (len(after) - len(after.lstrip(b"\0"))) // 4 * 4  # between streams it belongs to the format
    return end + padding if padding <= MAX_PADDING_BYTES else end


GZIP = Packing("gzip", b"\x1f\x8b\x08", (".gz", ".gzip"), _gunzip)
BZIP2 = Packing("bzip2", b"BZh", (".bz2",), _bunzip2)
XZ = Packing("xz", b"\xfd7zXZ\0", (".xz",), _unxz)
ZSTD = Packing("zstd", ZSTD_MAGIC, (".zst", ".zstd"), unzstd)
PACKINGS = (GZIP, ZSTD, BZIP2, XZ)
