"""Small gzip members, of which crawls are chains, unpacked many at once: compiled code calls libdeflate for each.

That is the library that the package `deflate` brings along. Its own function wants to know where a member ends, which
has to be sought, and makes an object of each.
"""

from __future__ import annotations

import ctypes
from typing import Callable, Iterator

import numpy as np

from data.sources.gzip_members import MIN_GZIP_BYTES
from data.sources.members import Run
from data.sources.record_layout import GUNZIP, UNPACK
from data.sources.unpacking import Window

#: What is unpacked at once: about so many bytes, which fit into a processor's own memory, and at most so many members.
RUN_BYTES, RUN_MEMBERS = 2**18, 2**12
#: Room for a run, and for a last member that goes beyond it; those that take more are for others.
ROOM_BYTES = RUN_BYTES + 2**22
_WARC = np.frombuffer(b"WARC/", np.uint8)


class RunUnpacker:
    """Unpacks runs of members of one file.

    Args:
        unpack: the loaded function UNPACK.
        gunzip, unpacker: the addresses of libdeflate's function, and of what it works with.
    """

    def __init__(self, unpack: Callable[..., int], gunzip: int, unpacker: int) -> None:
        self._unpack, self._gunzip, self._unpacker = unpack, gunzip, unpacker
        # One is read while the next is made, which shows that no member of it goes on with a record of this one.
        self._room, self._next_room = np.empty(ROOM_BYTES, np.uint8), np.empty(ROOM_BYTES, np.uint8)
        self._ends, self._content_ends = np.empty((2, RUN_MEMBERS), np.int64)
        self._sizes = np.empty(2, np.int64)

    def runs(self, window: Window, offset: int) -> Iterator[Run]:
        """Yields runs from a place on; ends before a member that is broken, empty or large, or holds no record."""
        packed, base, is_last = window.around(offset, MIN_GZIP_BYTES)
        while True:
            run = self._run(packed, base, offset)
            if run is not None:
                yield run
                offset = run.end
            elif offset > base and not is_last:
                packed, base, is_last = window.around(offset)
            else:
                return

    def _run(self, packed: bytes, base: int, offset: int) -> Run | None:
        """Returns the members from a place on that lie in some bytes of the file, null for none."""
        bytes_there = np.frombuffer(packed, np.uint8)
        room, ends, content_ends = self._room, self._ends, self._content_ends
        sizes = self._sizes.ctypes.data
        number = self._unpack(
            self._gunzip, self._unpacker, bytes_there.ctypes.data, len(packed), offset - base, room.ctypes.data,
            ROOM_BYTES, RUN_BYTES, RUN_MEMBERS, ends.ctypes.data, content_ends.ctypes.data, sizes, sizes,
        )  # fmt: skip
        begins = np.concatenate(([0], content_ends[: max(0, number - 1)]))
        are_records = (room[begins[:, None] + np.arange(len(_WARC))] == _WARC).all(axis=1)
        are_records &= content_ends[: len(begins)] - begins >= len(_WARC)
        if not number or not are_records[0]:
            return None
        if not are_records.all():
            number = int(are_records.argmin())
        self._room, self._next_room = self._next_room, room
        return Run(offset, room[: content_ends[number - 1]], content_ends[:number].copy(), ends[:number] + base)


def load() -> Callable[[], RunUnpacker] | None:
    """Returns what makes unpackers; null where the library offers other functions than are known."""
    try:
        import deflate._deflate

        library = ctypes.CDLL(deflate._deflate.__file__)
        gunzip, make = library[GUNZIP], library["libdeflate_alloc_decompressor"]
    except (ImportError, AttributeError):
        return None
    make.restype = ctypes.c_void_p
    unpack, unpacker = UNPACK.load(), make()
    address = ctypes.cast(gunzip, ctypes.c_void_p).value or 0
    return lambda: RunUnpacker(unpack, address, unpacker)
