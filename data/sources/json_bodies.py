"""The body of each of many JSON lines read by compiled code, which takes a third to a half less time.

What is found in a line with and without it is the same; where a line is odd, it says so, and all are read otherwise.
"""

from __future__ import annotations

from typing import Callable, Sequence, cast

import numpy as np
import pyarrow as pa

from data.compiled import WIDTH
from data.machine_code import Entry, address_of
from data.recipe import Source
from data.sources.lines import Line
from data.sources.records import role_columns

_BYTES, _NUMBERS = "CPointer(uint8)", "CPointer(int64)"
#: Loading compiled code costs what it saves on so many bytes; compiling it, what it saves on those.
LOADING_BYTES, COMPILING_BYTES = 4 * 2**20, 3 * 10**9
_SEPARATOR, _PADDING = b"\n", b'"' * (2 * WIDTH)
#: A parser is better at escaped numbers, where more than so many begin in the first bytes: one of 32.
_NUMBER, _MOST_NUMBERS, _LOOK_BYTES = b"\\u", 512, 2**14


def _bodies() -> Callable[..., int]:
    from data.sources.kernels.entries import bodies

    return cast("Callable[..., int]", bodies)


BODIES = Entry(
    "data.sources.kernels",
    "bodies",
    f"int64({_BYTES}, int64, {_NUMBERS}, int64, {_BYTES}, int64, {_BYTES}, {_BYTES}, {_NUMBERS})",
    _bodies,
)


class _State:
    """How many bytes of lines this process has read or will read, and the compiled code, once it is loaded.

    Some systems let no program load code that it has made: SELinux, say, or a service with MemoryDenyWriteExecute.
    """

    bytes = 0
    is_refused = False
    take: Callable[..., int] | None = None


def expect(size: int) -> None:
    """Loads compiled code if that is worth the while for the bytes of a file that is to be read, and those before."""
    _State.bytes += size
    if _State.take is not None or _State.is_refused or _State.bytes < LOADING_BYTES:
        return
    if _State.bytes >= COMPILING_BYTES or BODIES.is_kept():
        try:
            load()
        except OSError:
            _State.is_refused = True


def load() -> None:
    """Loads compiled code; compiles it first where this machine's cache does not have it."""
    _State.take = BODIES.load()


def taken_apart(lines: Sequence[Line], source: Source) -> tuple[memoryview, pa.Array] | None:
    """Returns the lines as one array of JSON, their bodies empty, and the bodies; null where that cannot be had.

    Args:
        lines: ordinary ones, if there is to be a result.
        source: says which column is the body; it must play no other part.
    """
    name = source.html_column or source.text_column
    if _State.take is None or not lines or name in role_columns(source) or name in source.signals.values():
        return None
    joined = _SEPARATOR.join([*lines, _PADDING])
    if joined.count(_NUMBER, 0, _LOOK_BYTES) > _MOST_NUMBERS:
        return None
    text, key = np.frombuffer(joined, np.uint8), np.frombuffer(name.encode(), np.uint8)
    number, room = len(lines), len(text) + len(lines) + 2 * WIDTH
    ends = np.fromiter(map(len, lines), np.int64, number).cumsum() + np.arange(number)
    rest, body, offsets = np.empty(1 + room, np.uint8), pa.allocate_buffer(room), np.zeros(number + 1, np.int64)
    size = _State.take(
        text.ctypes.data, len(text), address_of(ends), number, key.ctypes.data, len(key),
        address_of(rest) + 1, body.address, address_of(offsets),
    )  # fmt: skip
    if size < 0:
        return None
    rest[0], rest[size] = b"[]"  # behind the last there was a comma
    bodies = body.slice(0, int(offsets[-1]))
    if 2 * len(bodies) < room:  # it would hold on to all of it
        bodies = pa.py_buffer(bodies.to_pybytes())
    texts = pa.Array.from_buffers(pa.large_string(), number, [None, pa.py_buffer(offsets), bodies])
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:  # no UTF-8
        return None
    return rest.data[: size + 1], texts
