"""Deflated bytes in memory to what they hold, in time that grows with their number alone."""

from __future__ import annotations

import zlib

GZIP, ZLIB, BARE = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"
#: What is given to zlib first, and the most at once: what it is given beyond a member's end, it copies; some pack every
#: line by itself, and who means harm, nothing, a million times.
_FIRST_BYTES, _STEP_BYTES = 2**12, 2**20


def inflate(packed: bytes, form: int, limit: int) -> tuple[bytes, bool]:
    """Returns what some bytes hold, cut where it is longer than a limit, and whether their end was found.

    Gzip members may follow one another. What follows a member and is no other is ignored, as browsers do.

    Args:
        packed: the bytes.
        form: GZIP, ZLIB or BARE.
        limit: of what is wanted; one byte more says that there is more.

    Raises:
        zlib.error: they are damaged.
    """
    pieces: list[bytes] = []
    view, place, room, is_whole = memoryview(packed), 0, limit + 1, False
    while room > 0 and place < len(packed) and (not place or view[place : place + 2] == _GZIP_MAGIC):
        inflater, step = zlib.decompressobj(wbits=form), _FIRST_BYTES
        while room > 0 and place < len(packed) and not inflater.eof:
            here = view[place : place + step]
            piece = inflater.decompress(here, room)
            pieces.append(piece)
            place, room, step = place + len(here), room - len(piece), min(4 * step, _STEP_BYTES)
        place, is_whole = place - len(inflater.unused_data), inflater.eof
    return b"".join(pieces), is_whole
