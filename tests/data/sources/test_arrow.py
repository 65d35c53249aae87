from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.arrow import read_arrow

TABLE = pa.table(
    {
        "id": pa.array([1, 2, 3, 4]),
        "text": ["a", "é", None, "d"],
        "score": [1.5, None, 3.0, 4.0],
        "when": pa.array([0, 1, 2, 3], pa.timestamp("ns")),
        "licences": [["MIT"], ["MIT", "Apache-2.0"], [], None],
        "raw": pa.array([b"x"] * 4),
    }
)


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="arrow", path=str(path), **settings)
    return list(read_arrow(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["locator"], row["reason"] or row["text"]) for row in rows]


def as_file(path: Path) -> None:
    with pa.ipc.new_file(path, TABLE.schema) as out:
        out.write_table(TABLE, max_chunksize=2)


def as_stream(path: Path) -> None:
    with pa.ipc.new_stream(path, TABLE.schema) as out:
        out.write_table(TABLE, max_chunksize=2)


def as_feather(path: Path) -> None:
    pyarrow.feather.write_feather(TABLE, path, compression="zstd")


@pytest.mark.parametrize("write", [as_file, as_stream, as_feather])
def test_files_streams_and_feather_give_a_row_for_each_row(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a.arrow")
    rows = read(tmp_path / "a.arrow", signals={"edu": "score"}, licence_column="licences", licence="CC0-1.0")
    assert fates(rows) == [
        ("a.arrow:0", "a"), ("a.arrow:1", "é"), ("a.arrow:2", "missing_text"), ("a.arrow:3", "d")
    ]  # fmt: skip
    assert [row["licence"] for row in rows] == ["MIT", "Apache-2.0 OR MIT", None, "CC0-1.0"]
    assert '"signals":{"edu":1.5}' in rows[0]["metadata"]
    assert [row["origin_id"] for row in rows] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("write", [as_file, as_feather])
def test_a_file_without_its_footer_gives_the_batches_that_are_whole(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "a.arrow"
    write(path)
    whole, rows = path.read_bytes(), read(path)
    footer = int.from_bytes(whole[-10:-6], "little") + 10
    for cut in (1, 30, footer - 1, footer):  # in the mark at its end, in the footer, before it
        path.write_bytes(whole[:-cut])
        assert read(path)[:-1] == rows
        assert fates(read(path))[-1] == ("a.arrow:4", "truncated")
    path.write_bytes(whole[: -footer - 60])
    *first, last = read(path)
    assert first == rows[: len(first)]
    assert (last["locator"], last["reason"]) == (f"a.arrow:{len(first)}" if first else "a.arrow", "bad_arrow")


def test_a_file_of_dictionaries_without_its_footer_gives_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode()})
    with pa.ipc.new_file(path, table.schema) as out:
        out.write_table(table, max_chunksize=2)
    path.write_bytes(path.read_bytes()[:-20])
    assert fates(read(path)) == [
        ("a.arrow:0", "a"), ("a.arrow:1", "b"), ("a.arrow:2", "a"), ("a.arrow:3", "truncated")
    ]  # fmt: skip


def test_a_cut_stream_is_quarantined_from_where_it_breaks(tmp_path: Path) -> None:
    as_stream(tmp_path / "b.arrows")
    (tmp_path / "b.arrows").write_bytes((tmp_path / "b.arrows").read_bytes()[:-300])
    rows = read(tmp_path / "b.arrows")
    assert fates(rows)[-1] == ("b.arrows:2", "bad_arrow")
    assert [row["text"] for row in rows[:-1]] == ["a", "é"]


@pytest.mark.parametrize("content", [b"", b"no arrow at all", b"ARROW1\0\0" + b"x" * 100, bytes(64)])
def test_what_is_no_arrow_file_is_one_row(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.arrow").write_bytes(content)
    assert [row["reason"] for row in read(tmp_path / "a.arrow")] == ["bad_arrow" if content else "empty_file"]


def test_a_missing_text_column_and_text_that_is_no_utf_8_are_named(tmp_path: Path) -> None:
    as_file(tmp_path / "a.arrow")
    assert fates(read(tmp_path / "a.arrow", text_column="body")) == [("a.arrow", "schema_mismatch")]
    broken = pa.StringArray.from_buffers(2, pa.py_buffer(b"\0\0\0\0\1\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xff\xfe"))
    with pa.ipc.new_file(tmp_path / "b.arrow", pa.schema([("text", pa.string())])) as out:
        out.write_batch(pa.record_batch([broken], names=["text"]))
    assert fates(read(tmp_path / "b.arrow")) == [("b.arrow:0", "a"), ("b.arrow:1", "bad_encoding")]


def test_flipped_bytes_never_end_the_reader(tmp_path: Path) -> None:
    as_file(tmp_path / "a.arrow")
    whole = (tmp_path / "a.arrow").read_bytes()
    for place in range(8, len(whole), 37):
        (tmp_path / "b.arrow").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert read(tmp_path / "b.arrow")


TRUNCATED_WHILE_READ = """
import os, sys
from data.recipe import Source
from data.sources import InputFile
from data.sources.arrow import read_arrow
path = sys.argv[1]
rows = read_arrow(InputFile(path, "a.arrow", os.path.getsize(path), ""), Source(name="s", kind="arrow", path=path))
first = next(rows)
os.truncate(path, 1000)
print(first["locator"], sum(row["reason"] == "" for row in rows))
"""


def test_a_file_that_is_cut_while_it_is_read_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"text": [f"{number} " * 5000 for number in range(2000)]})
    with pa.ipc.new_file(path, table.schema) as out:
        out.write_table(table, max_chunksize=100)
    command = [sys.executable, "-c", TRUNCATED_WHILE_READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert (done.returncode, done.stdout) == (0, "a.arrow:0 1999\n"), done.stderr


def packed(path: Path, table: pa.Table, codec: str | None = None, rows: int | None = None) -> None:
    with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as out:
        out.write_table(table, rows)


def peak_of(path: Path) -> tuple[int, dict[str, int]]:
    """Returns the megabytes that reading a file takes in a process of its own, and its rows by reason."""
    program = (
        "import collections, json, sys; from data.recipe import Source; from data.sources import InputFile\n"
        "from data.sources.arrow import read_arrow\n"
        "file = InputFile(sys.argv[1], 'a.arrow', int(sys.argv[2]), '')\n"
        "source = Source(name='s', kind='arrow', path='x')\n"
        "rows = collections.Counter(row['reason'] for row in read_arrow(file, source))\n"
        "peak, = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "print(json.dumps([int(peak) // 1024, rows]))"
    )
    command = [sys.executable, "-P", "-c", program, str(path), str(path.stat().st_size)]
    peak, rows = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return peak, rows


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
def test_a_batch_larger_than_memory_shall_hold_is_read_in_little_of_it(tmp_path: Path, codec: str | None) -> None:
    size = 250
    texts = pa.array([f"{number} ".ljust(2**20) for number in range(size)], pa.large_string())
    more = {"image": [[number] for number in range(size)], "none": pa.nulls(size), "flag": [True] * size}
    table = pa.table({"id": [str(number) for number in range(size)], **more, "text": texts})
    packed(tmp_path / "a.arrow", table, codec)
    peak, rows = peak_of(tmp_path / "a.arrow")
    assert rows == {"": size}
    assert peak < 230


def test_a_long_value_that_stands_in_every_row_is_not_laid_out(tmp_path: Path) -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.uint32()), pa.array(["y" * 70_000_000]))
    packed(tmp_path / "a.arrow", pa.table({"text": words}))
    peak, rows = peak_of(tmp_path / "a.arrow")
    assert rows == {"too_large": 2000}
    assert peak < 280


def test_large_packed_batches_give_what_small_ones_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for codec in ("lz4", "zstd"):
        packed(tmp_path / "a.arrow", TABLE, codec, 3)
        small = read(tmp_path / "a.arrow", licence_column="licences")
        as_stream(tmp_path / "b.arrow")
        monkeypatch.setattr("data.sources.arrow_batches.MAX_UNPACKED_BYTES", 0)
        whole = read(tmp_path / "a.arrow")
        monkeypatch.undo()
        for row in small:
            row["licence"] = None
        assert [(row["locator"], row["text"], row["origin_id"]) for row in whole] == [
            (row["locator"], row["text"], row["origin_id"]) for row in small
        ]


def test_a_damaged_batch_is_one_row_and_the_batches_after_it_are_kept(tmp_path: Path) -> None:
    packed(tmp_path / "a.arrow", pa.table({"text": ["some words"] * 6}), rows=2)
    content = bytearray((tmp_path / "a.arrow").read_bytes())
    offsets = struct.pack("<3i", 0, 10, 20)
    place = content.index(offsets, content.index(offsets) + 1)
    content[place + 8 : place + 12] = struct.pack("<i", -5)
    (tmp_path / "a.arrow").write_bytes(content)
    rows = read(tmp_path / "a.arrow")
    assert [row["locator"] for row in rows] == [f"a.arrow:{number}" for number in (0, 1, 2, 4, 5)]
    assert [row["reason"] for row in rows] == ["", "", "bad_arrow", "", ""]
    assert json.loads(rows[2]["metadata"])["rows"] == 2


def test_what_follows_the_end_of_a_stream_is_named(tmp_path: Path) -> None:
    as_stream(tmp_path / "a.arrows")
    content = (tmp_path / "a.arrows").read_bytes()
    (tmp_path / "a.arrows").write_bytes(2 * content)
    assert fates(read(tmp_path / "a.arrows"))[4:] == [("a.arrows:4", "trailing_garbage")]


def test_a_stream_that_ends_without_saying_so_was_cut_between_two_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.arrows"
    as_stream(path)
    whole = path.read_bytes()
    assert whole.endswith(b"\xff\xff\xff\xff\0\0\0\0")
    all_rows = fates(read(path))
    path.write_bytes(whole[:-8])
    assert fates(read(path)) == [*all_rows, ("a.arrows:4", "truncated")]
    with pa.ipc.new_stream(tmp_path / "b.arrows", TABLE.schema) as out:
        out.write_table(TABLE.slice(0, 2))
    path.write_bytes(whole[: (tmp_path / "b.arrows").stat().st_size - 8])
    assert fates(read(path)) == [*all_rows[:2], ("a.arrows:2", "truncated")]


def test_a_batch_that_a_flipped_bit_makes_another_message_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    as_stream(path)
    whole = path.read_bytes()
    hidden = 0
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :]
        try:
            messages = pa.ipc.MessageReader.open_stream(flipped)
            kinds = [messages.read_next_message().type for _ in range(3)]
        except (pa.ArrowException, OSError, StopIteration):
            continue
        if "unknown" in kinds[1:]:
            hidden += 1
            path.write_bytes(flipped)
            assert "bad_arrow" in [row["reason"] for row in read(path)]
    assert hidden


def test_a_buffer_that_claims_more_than_it_can_hold_is_refused(tmp_path: Path) -> None:
    packed(tmp_path / "a.arrow", pa.table({"text": ["some words " * 1000] * 50}), "zstd")
    content = bytearray((tmp_path / "a.arrow").read_bytes())
    place = content.index(struct.pack("<q", 50 * 11_000))
    content[place : place + 8] = struct.pack("<q", 2**42)
    (tmp_path / "a.arrow").write_bytes(content)
    assert fates(read(tmp_path / "a.arrow")) == [("a.arrow:0", "decompression_limit")]


def test_a_column_with_a_broken_name_is_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    as_file(path)
    path.write_bytes(path.read_bytes().replace(b"score", b"sc\xffre"))
    assert fates(read(path)) == [("a.arrow", "bad_arrow")]


def test_batches_that_the_footer_hides_are_missed(tmp_path: Path) -> None:
    as_file(tmp_path / "a.arrow")
    as_file(tmp_path / "b.arrow")
    with pa.ipc.new_file(tmp_path / "b.arrow", TABLE.schema) as out:
        out.write_table(TABLE.slice(0, 2))
    content, other = ((tmp_path / name).read_bytes() for name in ("a.arrow", "b.arrow"))
    size = len(content) - 10 - int.from_bytes(content[-10:-6], "little")
    start = len(other) - 10 - int.from_bytes(other[-10:-6], "little")
    path = tmp_path / "c.arrow"
    path.write_bytes(content[:size] + other[start:])  # all batches, and a footer that knows the first only
    rows = read(path)
    assert fates(rows) == [("c.arrow:0", "a"), ("c.arrow:1", "é"), ("c.arrow:2", "bad_arrow")]
    assert "hides" in json.loads(rows[-1]["metadata"])["error"]


def test_feather_of_the_first_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.feather"
    path.write_bytes(b"FEA1" + b"\0" * 60 + b"FEA1")
    (row,) = read(path)
    assert row["reason"] == "bad_arrow"
    assert "Feather 2" in json.loads(row["metadata"])["error"]
