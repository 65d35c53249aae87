"""Arrow's texts as the arrays that compiled functions read, and back, without a Python object per text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]


def joined(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Returns a column of texts as one large_string array."""
    texts = column.cast(pa.large_string())
    if isinstance(texts, pa.Array):
        return texts
    return texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()


def text_buffers(texts: pa.Array) -> tuple[ByteArray, IntArray]:
    """Returns the bytes of a large_string array and its offsets into them, both read-only views.

    Args:
        texts: no nulls (a null would be read as an empty text).

    Returns:
        data, shape (bytes,), and offsets, shape (len(texts) + 1,).
    """
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, dtype=np.int64) if offsets else np.zeros(1, dtype=np.int64)
    content = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    return read_only(content), read_only(places[texts.offset : texts.offset + len(texts) + 1])


def read_only(array: Any) -> Any:
    """Returns a view of an array that cannot be written, so that compiled functions see one type of array."""
    view = array.view()
    view.flags.writeable = False
    return view


def texts_from(data: ByteArray, offsets: IntArray) -> pa.Array:
    """Returns bytes and offsets as a large_string array."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets, dtype=np.int64)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
