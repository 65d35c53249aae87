"""How the arrays are laid out that compiled code reads records into, and its entries.

Apart from the kernels, since importing those loads numba.
"""

from __future__ import annotations

from typing import Callable, cast

from data.machine_code import Entry

#: Kinds of rows.
RESPONSE, CONVERSION, PASSED_OVER = 1, 2, 3
#: Numbers that a record's head is read into.
HEAD = 14
#: Places in `state`: rows so far, their size as `data.sources.records.row_size` counts it (with that of rows which are
#: no usual records), the next record's number, the kind of the rows, the next of `ends`, why the pass ended; where the
#: window begins in its file, how much of it is filled, and how many rows have a digest that is still to be checked.
ROWS, SIZE, NUMBER, ROW_KIND, NEXT_END, WHY, BASE, FILLED, DIGESTS = range(9)
STATES = 9
#: Why: a record that is not as usual or finds no room; the strings have no room; the window ends; its digests are to
#: be checked before the next one is read.
UNUSUAL, NO_ROOM, CUT, CHECK = range(4)
#: Columns of `places`: a record's beginning, in its window its block's beginning and end, and its digest's, and its
#: size and number.
START, BLOCK, STOP, DIGEST_BEGIN, DIGEST_END, OWN_SIZE, OWN_NUMBER = range(7)
PLACES = 7
#: Strings: URL, the record's id, content type, metadata.
STRINGS = 4
METADATA = 3

_BYTES, _NUMBERS, _OFFSETS = "CPointer(uint8)", "CPointer(int64)", "CPointer(int32)"
#: What UNPACK calls: result of unpacker, packed bytes and their size, room and its size, and the sizes taken and made.
GUNZIP = "libdeflate_gzip_decompress_ex"


def _take() -> Callable[..., int]:
    from data.sources.kernels.entries import take

    return cast("Callable[..., int]", take)


def _unpack() -> Callable[..., int]:
    from data.sources.kernels.entries import unpack

    return cast("Callable[..., int]", unpack)


TAKE = Entry(
    "data.sources.kernels",
    "take",
    f"int64(int64, int64, int64, {_BYTES}, int64, int64, int64, {_NUMBERS}, int64, int64, int64, int64, int64, int64, "
    f"int64, {_NUMBERS}, {_NUMBERS}, {_NUMBERS}, {_BYTES}, {_NUMBERS}, {_BYTES}, int64, {_OFFSETS}, {_BYTES})",
    _take,
)
UNPACK = Entry(
    "data.sources.kernels",
    "unpack",
    f"int64(int64, int64, int64, int64, int64, int64, int64, int64, int64, {_NUMBERS}, {_NUMBERS}, int64, {_NUMBERS})",
    _unpack,
)
