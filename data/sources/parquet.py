"""Parquet files: one document for each row, numbered from 0; pages are checked as they are read."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import os
from typing import Any, Generator, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.recipe import Source
from data.sources import InputFile
from data.sources.batches import columns_table
from data.sources.cells import (
    column_values,
    decoded,
    is_binary,
    is_plain_structure,
    is_string,
    sound_strings,
)
from data.sources.left_columns import note, readable_columns
from data.sources.parquet_large import Unreadable, most_uses, read_values
from data.sources.parquet_pages import Chunk, longest_value, read_chunks
from data.sources.records import Row, column_row, quarantined, role_columns

#: What Arrow may lay out at once: a value that is stored once may stand in every row of a batch.
LAID_OUT_BYTES = 64 * 2**20
#: Rows that Arrow reads at a time, at most; small batches cost hardly more than large ones.
MAX_BATCH_ROWS = 256
#: About what a batch shall hold where its rows have values of their own.
BATCH_BYTES = 8 * 2**20
#: Arrow holds a page of each column twice. Where these are more, the columns with the largest are left out of a row
#: group, the body never: they are facts.
PAGES_BYTES = 128 * 2**20
#: Where some pages could not be looked at.
CAREFUL_BATCH_ROWS = 16
#: Batches are put together to this many rows or bytes before they become documents.
TABLE_ROWS, TABLE_BYTES = 1024, 4 * 2**20
#: Columns with a larger page, or with longer values that may stand in many rows, are no work for Arrow.
LARGE_PAGE_BYTES, LONG_VALUE_BYTES = 64 * 2**20, 8 * 2**20
#: Other columns than the body are left out of such a row group from here on: they are facts, and kept up to 10 kB.
LONG_FACT_BYTES = 2**20
#: Read from the disk at a time, for each column.
READ_BYTES = 2**20


def read_parquet(file: InputFile, source: Source) -> Iterator[Row | pa.Table]:
    """Yields a row for each row of a Parquet file; ordinary ones in tables.

    A file without a readable footer, or without the text column, is one quarantined row; so is the
    rest of a row group from a damaged page on.
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    try:
        opened = pq.ParquetFile(file.path, page_checksum_verification=True, pre_buffer=False, buffer_size=READ_BYTES)
        schema = opened.schema_arrow
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield quarantined(source, file.relative, "bad_parquet", bytes=file.bytes, error=_brief(error))
        return
    with opened:
        body = source.html_column or source.text_column
        if not opened.metadata.num_rows and schema.names.count(body) == 1 and pa.types.is_null(schema.field(body).type):
            return  # of no rows, some writers know no types
        if not _is_text(schema, body):
            found = ", ".join(f"{field.name} ({field.type})"[:200] for field in list(schema)[:50])
            yield quarantined(source, file.relative, "schema_mismatch", expected=body, columns=found)
            return
        columns = readable_columns(schema, {body, *role_columns(source)})
        try:
            structures = [name for name in columns if is_plain_structure(schema.field(name).type)]
            pages = _pages(file.path, columns, structures, opened.num_row_groups)
        except ValueError as error:  # Arrow would believe any size that it is told
            yield quarantined(source, file.relative, "bad_parquet", bytes=file.bytes, error=_brief(error))
            return
        first = 0
        for group in range(opened.num_row_groups):
            reading = _Group(opened, group, first, columns, pages[group])
            first = yield from reading.rows(file, source)
        missing = opened.metadata.num_rows - first
        if missing:  # footers have no checksum: a flipped bit can hide row groups
            yield quarantined(source, f"{file.relative}:{first}", "bad_parquet", rows=missing, error="rows are missing")


def _pages(path: str, columns: list[str], structures: list[str], groups: int) -> list[dict[str, Chunk]]:
    """Returns what is known of each row group's pages.

    Raises:
        ValueError: the footer is damaged.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        found = [
            {name: _bounded(handle, name, chunk) for name, chunk in group.items()}
            for group in read_chunks(handle, columns, structures)
        ]
    finally:
        os.close(handle)
    if len(found) != groups:
        raise ValueError("its footer is damaged (row groups)")
    return found


def _bounded(handle: int, name: str, chunk: Chunk) -> Chunk:
    """Returns a chunk with a bound for what its dictionary's values take."""
    if not chunk.is_worth_a_look or chunk.dictionary is None or chunk.codec is None:
        return chunk
    if "\0" not in name:
        with contextlib.suppress(Unreadable, ValueError, OSError):  # of damage is told when it is these rows' turn
            together = most_uses(handle, chunk) * chunk.dictionary.unpacked
            if together <= 2 * BATCH_BYTES:
                return dataclasses.replace(chunk, longest=-(-together // MAX_BATCH_ROWS))
    return dataclasses.replace(chunk, longest=longest_value(handle, chunk.dictionary, chunk.codec))


def _is_text(schema: pa.Schema, name: str) -> bool:
    """Returns whether there is such a column of texts; older writers leave out that their bytes are UTF-8."""
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return is_string(kind) or is_binary(kind)


class _Group:
    """One row group.

    Args:
        opened: the file.
        group: its number.
        first: its first row's number in the file.
        columns: those that are read.
        pages: of these columns, so far as they could be looked at.
    """

    def __init__(
        self, opened: pq.ParquetFile, group: int, first: int, columns: list[str], pages: Mapping[str, Chunk]
    ) -> None:
        self._opened, self._group, self._first, self._pages = opened, group, first, pages
        self._columns = columns
        self._rows = int(opened.metadata.row_group(group).num_rows)

    def rows(self, file: InputFile, source: Source) -> Generator[Row | pa.Table, None, int]:
        """Yields its rows; returns the number of the next group's first."""
        body = source.html_column or source.text_column
        self._columns = self._affordable(body)
        large = self._pages[body] if self._is_heavy(body, LONG_VALUE_BYTES) else None
        number, error = self._first, ""
        try:
            if large is not None and large.is_bytes:
                for row in self._large_rows(large, file, source):
                    yield row
                    number += 1
            else:
                for table in self._tables(self._columns):
                    yield from _rows_of(table, number, file.relative, source)
                    number += table.num_rows
        except (_Failed, Unreadable) as failure:
            error = str(failure)
        end = self._first + self._rows
        if number < end:
            locator = f"{file.relative}:{number}"
            error = error or "rows are missing"
            yield quarantined(source, locator, "bad_parquet", rows=end - number, error=error)
        hidden = max((chunk.values for chunk in self._pages.values()), default=0) - self._rows
        if hidden > 0 and not error:
            locator = f"{file.relative}:group-{self._group}"
            yield quarantined(source, locator, "bad_parquet", rows=hidden, error="the footer hides rows of its pages")
        return end

    def _affordable(self, body: str) -> list[str]:
        """Returns the body, and the other columns but for those too long, or too large together, for memory."""
        facts = [name for name in self._columns if name != body and not self._is_heavy(name, LONG_FACT_BYTES)]
        sizes = {name: sum(leaf.largest for leaf in self._leaves([name])) for name in [body, *facts]}
        sizes = {name: size for name, size in sizes.items() if size}
        left = PAGES_BYTES - min(sizes.pop(body, 0), LARGE_PAGE_BYTES)
        kept = {body, *(name for name in facts if name not in sizes)}
        for name in sorted(sizes, key=lambda name: (sizes[name], name)):
            left -= sizes[name]
            if left >= 0:
                kept.add(name)
        for name in self._columns:
            if name not in kept:
                note(name, "in some row groups too large to be read beside the texts")
        return [name for name in self._columns if name in kept]

    def _is_heavy(self, name: str, longest: int) -> bool:
        return any(leaf.longest > longest or leaf.largest > LARGE_PAGE_BYTES for leaf in self._leaves([name]))

    def _leaves(self, names: list[str]) -> list[Chunk]:
        """Returns the chunks of some columns, and of what is in those that are structures."""
        return [chunk for key, chunk in self._pages.items() if key.partition("\0")[0] in names]

    def _large_rows(self, chunk: Chunk, file: InputFile, source: Source) -> Iterator[Row]:
        """Yields its rows one by one, the bodies read without Arrow."""
        body = source.html_column or source.text_column
        others = [name for name in self._columns if name != body]
        records = self._records(others) if others else itertools.repeat({}, self._rows)
        is_text = not source.html_column or is_string(self._opened.schema_arrow.field(body).type)
        handle = os.open(file.path, os.O_RDONLY)
        try:
            values = read_values(handle, chunk, source.max_record_bytes)
            for number, (record, value) in enumerate(zip(records, values, strict=False), self._first):
                text = decoded(value) if is_text and isinstance(value, bytes) else value
                yield column_row({**record, body: text}, source, f"{file.relative}:{number}")
        finally:
            os.close(handle)

    def _records(self, names: list[str]) -> Iterator[dict[str, Any]]:
        for table in self._tables(names):
            for row in zip(*(column_values(table[name]) for name in names), strict=True):
                yield dict(zip(names, row, strict=True))

    def _batch_rows(self, names: list[str]) -> int:
        chunks = self._leaves(names)
        if not all(chunk.is_whole for chunk in chunks):
            return CAREFUL_BATCH_ROWS
        longest = sum(chunk.longest for chunk in chunks)
        mean = sum(max((page.unpacked / max(1, page.values) for page in chunk.pages), default=0) for chunk in chunks)
        return max(1, min(MAX_BATCH_ROWS, int(LAID_OUT_BYTES / max(1, longest)), int(BATCH_BYTES / max(1.0, mean))))

    def _sound_rows(self, names: list[str]) -> float:
        """Returns the rows before the first page whose header is damaged; Arrow must not come to it."""
        return min((chunk.values for chunk in self._leaves(names) if not chunk.is_whole), default=math.inf)

    def _tables(self, names: list[str]) -> Iterator[pa.Table]:
        """Yields its rows, some thousand at a time; raises _Failed after the last good ones."""
        batches = self._opened.iter_batches(
            self._batch_rows(names), row_groups=[self._group], columns=names, use_threads=False
        )
        waiting: list[pa.RecordBatch] = []
        rows = size = 0
        left = self._sound_rows(names)
        failure = ""
        while not failure:
            if left < CAREFUL_BATCH_ROWS:
                failure = "a page's header is damaged, or encrypted"
                break
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                batch, failure = None, _brief(error) or "damaged"
            if batch is None:
                break
            waiting.append(batch)
            rows, size, left = rows + batch.num_rows, size + batch.nbytes, left - batch.num_rows
            if rows >= TABLE_ROWS or size >= TABLE_BYTES:
                yield pa.Table.from_batches(waiting)
                waiting, rows, size = [], 0, 0
        if waiting:
            yield pa.Table.from_batches(waiting)
        if failure:
            raise _Failed(failure)


class _Failed(Exception):
    """A page cannot be read."""


def _rows_of(table: pa.Table, first: int, relative: str, source: Source) -> Iterator[Row | pa.Table]:
    """Yields the rows of a part of a file as a table if they are ordinary, else one by one."""
    body = source.html_column or source.text_column
    texts = _ordinary_texts(table[body], source)
    numbers = range(first, first + table.num_rows)
    whole = None if texts is None else columns_table(table, texts, numbers, relative, source)
    if whole is not None:
        yield whole
        return
    names = table.column_names
    values = [column_values(table[name]) for name in names]
    for number, row in enumerate(zip(*values, strict=True), first):
        record = dict(zip(names, row, strict=True))
        if isinstance(record[body], bytes) and not source.html_column:
            record[body] = decoded(record[body])
        yield column_row(record, source, f"{relative}:{number}")


def _ordinary_texts(column: pa.ChunkedArray, source: Source) -> pa.ChunkedArray | None:
    """Returns a column of texts, none of them null, empty, too long, or no UTF-8; else null."""
    is_bytes = is_binary(column.type) and not source.html_column
    if not (is_string(column.type) or is_bytes) or column.null_count:
        return None
    texts = sound_strings(column, pa.large_string())
    if texts is None:
        return None
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    return texts if lengths["min"] > 0 and lengths["max"] <= source.max_record_bytes else None


def _brief(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
