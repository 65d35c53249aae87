"""The record batches of an Arrow file or stream, in bounded memory whatever they claim to hold.

A copy of the file is mapped, and what was read of it is let go of again: who cuts a file short while it is mapped
ends the process. A batch that is packed and would unpack to more
than memory shall hold is unpacked into a file without a name. Source: Arrow's columnar format, Message.fbs.
"""

from __future__ import annotations

import dataclasses
import mmap
import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.sources.unpacking import BOMB_BYTES, BOMB_RATIO

MAGIC, FEATHER_1 = b"ARROW1", b"FEA1"
#: Bytes of a batch that Arrow may unpack in memory.
MAX_UNPACKED_BYTES = 64 * 2**20
PIECE_BYTES = 2**20
#: As Message.fbs numbers them.
_CODECS = ("lz4", "zstd")


class Trailing(Exception):
    """Bytes follow the end of a stream."""


class Cut(Exception):
    """A stream ends without the mark of its end, or a file without its footer, as a killed writer leaves them."""


class TooMuch(Exception):
    """A batch or dictionary would unpack to more than memory, or a disk, shall hold."""


@dataclasses.dataclass(frozen=True)
class _Facts:
    """What a message's header says of its batch.

    Attributes:
        rows: of the batch.
        buffers: places and lengths in the message's body.
        codec: how they are packed; "" for not at all.
    """

    rows: int
    buffers: list[tuple[int, int]]
    codec: str


class Batches:
    """The batches of one file; iterate once.

    Args:
        path: of the file.
        scratch: a folder for a copy of it, and for what is unpacked; default: the system's own.

    Raises:
        pa.ArrowException: it is no Arrow file.
    """

    def __init__(self, path: str, scratch: Path | None = None) -> None:
        with tempfile.TemporaryFile(dir=scratch) as copy:
            _copy(path, copy.fileno())
            try:
                self._map = mmap.mmap(copy.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise pa.ArrowInvalid(f"cannot be mapped: {error}") from error
        if self._map[: len(FEATHER_1)] == FEATHER_1:
            raise pa.ArrowInvalid("it is Feather 1, which is no Arrow file; write it again as Feather 2")
        whole = pa.py_buffer(self._map)
        self._is_file, self._lacks_footer = self._map[: len(MAGIC)] == MAGIC, ""
        messages = whole.slice(8) if self._is_file else whole  # behind its mark, a file is a stream with a footer
        self._reader: Any
        try:
            self._reader = pa.ipc.open_file(whole) if self._is_file else pa.ipc.open_stream(messages)
        except (pa.ArrowException, OSError) as error:
            if not self._is_file:
                raise
            self._is_file, self._lacks_footer = False, str(error)
            self._reader = pa.ipc.open_stream(messages)
        self.schema: pa.Schema = self._reader.schema
        self._stream = pa.BufferReader(messages)
        self._messages = pa.ipc.MessageReader.open_stream(self._stream)
        self._has_dictionaries = any(_has_dictionary(field.type) for field in self.schema)
        self._unpacked: mmap.mmap | None = None
        self._scratch = scratch

    def read(self, names: list[str]) -> Iterator[tuple[int, pa.RecordBatch | Exception]]:
        """Yields for each batch its rows and some of its columns, or what is wrong with it; then come the others.

        Raises:
            pa.ArrowException, TooMuch, Trailing, Cut: nothing can be read from here on.
        """
        count = 0
        while True:
            place = self._stream.tell()
            try:
                message = self._messages.read_next_message()
            except StopIteration:
                break
            facts = _facts(message)
            if facts is None and not place:  # the schema
                continue
            if facts is None or (message.type == "dictionary" and not self._has_dictionaries):
                raise pa.ArrowInvalid(f"a message is no record batch: {message.type}")
            is_large = bool(facts.codec) and _unpacked_bytes(facts, message.body) > MAX_UNPACKED_BYTES
            if message.type == "dictionary" or (is_large and self._has_dictionaries):
                if is_large:
                    raise TooMuch("it unpacks to more than memory shall hold")
                continue
            if self._is_file and count == self._reader.num_record_batches:  # a footer has no checksum
                raise pa.ArrowInvalid("its footer hides batches")
            count += 1
            try:
                yield facts.rows, self._batch(count - 1, message, facts, is_large, names)
            except (pa.ArrowException, TooMuch) as error:
                if self._has_dictionaries and not self._is_file:
                    raise  # the reader of a stream is at its end
                yield facts.rows, error
        if self._lacks_footer:
            raise Cut(f"its footer cannot be read, and batches may be missing: {self._lacks_footer}")
        if self._is_file and count < self._reader.num_record_batches:
            raise pa.ArrowInvalid("batches are missing")
        if not self._is_file and (rest := len(self._map) - self._stream.tell()):
            raise Trailing(f"{rest} bytes follow the end of the stream")
        if not self._is_file and self._stream.tell() == place:  # no mark was read
            raise Cut("the mark of the stream's end is missing")

    def let_go(self) -> None:
        """Lets go of the memory that what was read takes; it can be read again."""
        for one in (self._map, self._unpacked):
            if one is not None:
                one.madvise(mmap.MADV_DONTNEED)

    def _batch(self, number: int, message: Any, facts: _Facts, is_large: bool, names: list[str]) -> pa.RecordBatch:
        if is_large:
            return self._unpack(message.body, facts, names)
        if self._has_dictionaries:
            batch = self._reader.get_batch(number) if self._is_file else self._reader.read_next_batch()
        else:
            batch = pa.ipc.read_record_batch(message, self.schema)
        return batch.select(names)

    def _unpack(self, body: pa.Buffer, facts: _Facts, names: list[str]) -> pa.RecordBatch:
        """Returns some columns of a packed batch, unpacked into a file without a name."""
        arrays: dict[str, tuple[pa.DataType, list[tuple[int, int]]]] = {}
        place = 0
        with tempfile.TemporaryFile(dir=self._scratch) as target:
            for field in self.schema:
                count = _buffers_of(field.type)
                if field.name in names:
                    packed = facts.buffers[place : place + count]
                    spans = [_unpack_buffer(body, span, facts.codec, target) for span in packed]
                    arrays[field.name] = field.type, spans
                place += count
            target.write(b"\0" * mmap.PAGESIZE)  # nothing can be mapped of an empty file
            target.flush()
            self._unpacked = mmap.mmap(target.fileno(), 0, access=mmap.ACCESS_READ)
        whole = pa.py_buffer(self._unpacked)
        columns = [
            pa.Array.from_buffers(
                kind, facts.rows, [whole.slice(*span) if span[1] else None for span in spans or [(0, 0)]]
            )
            for kind, spans in (arrays[name] for name in names)
        ]
        return pa.RecordBatch.from_arrays(columns, names)


def _copy(path: str, target: int) -> None:
    """Copies a file; where the file system can, nothing but the note that it has two owners now."""
    with open(path, "rb") as source:
        try:
            while os.copy_file_range(source.fileno(), target, 64 * PIECE_BYTES):
                pass
        except OSError:  # an old kernel, or another file system: from where it failed
            while piece := source.read(PIECE_BYTES):
                os.write(target, piece)


def _has_dictionary(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return True
    return any(_has_dictionary(kind.field(number).type) for number in range(kind.num_fields))


def _buffers_of(kind: pa.DataType) -> int:
    """Returns how many buffers a column takes.

    Raises:
        TooMuch: that varies from batch to batch, so that a large one cannot be taken apart.
    """
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    types = pa.types
    if types.is_union(kind) or types.is_run_end_encoded(kind) or "view" in str(kind):
        raise TooMuch(f"a large packed batch with a column of {kind} cannot be taken apart")
    inner = sum(_buffers_of(kind.field(number).type) for number in range(kind.num_fields))
    if types.is_null(kind):
        return 0
    if types.is_struct(kind) or types.is_fixed_size_list(kind):
        return 1 + inner
    is_text = (
        types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind)
    )
    return 3 if is_text else 2 + inner


def _claimed(body: pa.Buffer, span: tuple[int, int]) -> int:
    """Returns how many bytes a packed buffer says it unpacks to; -1 where it is not packed after all."""
    if not 0 <= span[0] <= span[0] + span[1] <= body.size:
        raise pa.ArrowInvalid("a buffer lies outside of its batch")
    return struct.unpack("<q", body.slice(span[0], 8).to_pybytes())[0] if span[1] >= 8 else 0


def _unpacked_bytes(facts: _Facts, body: pa.Buffer) -> int:
    return sum(max(0, _claimed(body, span)) for span in facts.buffers)


def _unpack_buffer(body: pa.Buffer, span: tuple[int, int], codec: str, target: Any) -> tuple[int, int]:
    """Writes one buffer to a file; returns its place and length there."""
    size = _claimed(body, span)
    start = target.seek(-(-target.tell() // 64) * 64)
    packed = body.slice(span[0] + 8, max(0, span[1] - 8))
    if size < 0:
        target.write(packed)
        return start, packed.size
    if size > BOMB_BYTES and size > BOMB_RATIO * span[1]:
        raise TooMuch("it unpacks to more than it can honestly hold")
    left = size
    with pa.CompressedInputStream(pa.BufferReader(packed), codec) as stream:
        while left and (piece := stream.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            target.write(piece)
    if left:
        raise pa.ArrowInvalid("a buffer unpacks to less than it says")
    return start, size


def _facts(message: Any) -> _Facts | None:
    """Returns what the header of a record batch or dictionary says; null for other messages."""
    if message.type not in ("record batch", "dictionary"):
        return None
    table = _Table.root(message.metadata.to_pybytes())
    try:
        header = table.table(2)
        if message.type == "dictionary":
            header = header.table(1)
        packed = header.table(3) if header.field(3) else None
        codec = _CODECS[packed.number(0, "<b")] if packed is not None else ""
        return _Facts(header.number(0, "<q"), header.pairs(2), codec)
    except (struct.error, IndexError) as error:
        raise pa.ArrowInvalid(f"a message's header is damaged ({error})") from error


class _Table:
    """A table of a flatbuffer."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content, self._place = content, place
        self._fields = place - self._at("<i", place)

    @classmethod
    def root(cls, content: bytes) -> _Table:
        """Returns the outermost table."""
        return cls(content, struct.unpack_from("<I", content)[0])

    def _at(self, form: str, place: int) -> int:
        if place < 0:
            raise struct.error("a place before the beginning")
        return int(struct.unpack_from(form, self._content, place)[0])

    def field(self, number: int) -> int:
        """Returns where a field's value stands, or 0 if it has its default."""
        slot = 4 + 2 * number
        if slot >= self._at("<H", self._fields):
            return 0
        offset = self._at("<H", self._fields + slot)
        return self._place + offset if offset else 0

    def number(self, number: int, form: str) -> int:
        """Returns a field that is a number."""
        place = self.field(number)
        return self._at(form, place) if place else 0

    def table(self, number: int) -> _Table:
        """Returns a field that is a table."""
        place = self.field(number)
        return _Table(self._content, place + self._at("<I", place))

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """Returns a field that is a vector of pairs of 64-bit numbers."""
        place = self.field(number)
        if not place:
            return []
        start = place + self._at("<I", place)
        flat = struct.unpack_from(f"<{2 * self._at('<I', start)}q", self._content, start + 4)
        return list(zip(flat[::2], flat[1::2], strict=True))
