from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any, Iterable

import pyarrow as pa
import pytest
import zstandard

from data.recipe import Source
from data.sources import InputFile, jsonl
from data.sources.jsonl import read_jsonl, read_lines


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="jsonl", path=str(path), **settings)
    return rows_of(read_jsonl(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def rows_of(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Returns what a reader yields, rows and tables of rows, as rows."""
    return [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]


def written(tmp_path: Path, content: bytes, name: str = "a.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def lines(*texts: str) -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Returns (locator, reason or text) of each row."""
    return [(row["locator"], row["reason"] or row["text"]) for row in rows]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_flood_of_blank_lines_is_counted_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    own, looked_at = jsonl._line_row, []

    def noted(line: bytes | None, number: int, *more: Any) -> Any:
        looked_at.append(number)
        return own(line, number, *more)

    monkeypatch.setattr(jsonl, "_line_row", noted)
    path = tmp_path / "a.jsonl"
    path.write_bytes(end * 1_500_000 + b' {"text": "a"}' + end + end * 1_500_000 + b'{"text": "b"}')
    rows = read(path)
    assert [row["locator"] for row in rows] == ["a.jsonl:1500001", "a.jsonl:3000002"]
    assert len(looked_at) < 100


def test_lines_are_numbered_from_one_and_blank_ones_count_but_do_not_enter(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"text": "a"}\n\n  \t\n{"text": "b"}')
    assert fates(read(path)) == [("a.jsonl:1", "a"), ("a.jsonl:4", "b")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "bad_json"),
        (b'{"text": NaN}', "bad_json"),
        (b'{"text": "a"} x', "bad_json"),
        (b"\0" * 100, "bad_json"),
        (b'["a"]', "not_an_object"),
        (b'"a"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"text": 7}', "bad_text_type"),
        (b'{"text": ["a"]}', "bad_text_type"),
        (b'{"other": "a"}', "missing_text"),
        (b'{"text": null}', "missing_text"),
        (b'{"text": ""}', "missing_text"),
        (b'{"text": "caf\xe9"}', "bad_encoding"),
        (b'{"text": "\\ud800"}', "bad_encoding"),
        (b'{"text": "\\ude00\\ud83d"}', "bad_encoding"),
        (b'{"text": "a", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}", "too_deep"),
        (b'{"text": "a", "id": {"x": 1}}', "bad_id"),
        (b'{"text": "a", "id": [1]}', "bad_id"),
        (b'{"text": "a", "id": true}', "bad_id"),
    ],
)
def test_a_bad_line_is_quarantined_and_its_neighbours_survive(tmp_path: Path, line: bytes, reason: str) -> None:
    path = written(tmp_path, lines("before") + line + b"\n" + lines("after"))
    rows = read(path)
    assert fates(rows) == [("a.jsonl:1", "before"), ("a.jsonl:2", reason), ("a.jsonl:3", "after")]
    assert rows[1]["status"] == "quarantined"
    assert rows[1]["text"] is None
    assert json.loads(rows[1]["metadata"])["bytes"] == len(line)


def test_brackets_and_surrogates_inside_strings_are_no_fault(tmp_path: Path) -> None:
    text = "[" * 3000 + '"' + "{" * 3000 + "\U0001f600"
    assert fates(read(written(tmp_path, lines(text)))) == [("a.jsonl:1", text)]


def test_a_hostile_unfinished_string_is_judged_in_linear_time(tmp_path: Path) -> None:
    # The quadratic reading of it takes minutes.
    path = written(tmp_path, b'{"text": "' + b'\\"' * 1_000_000 + b"\n" + lines("after"))
    assert fates(read(path)) == [("a.jsonl:1", "bad_json"), ("a.jsonl:2", "after")]


def test_a_line_may_begin_with_the_separator_of_json_sequences(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, b'\x1e{"text": "a"}\n\x1e{"text": "b"}\n'))) == [
        ("a.jsonl:1", "a"), ("a.jsonl:2", "b")
    ]  # fmt: skip


def test_blank_lines_between_all_records_leave_them_in_tables(tmp_path: Path) -> None:
    path = written(tmp_path, b"".join(lines(f"{number}") + b" \n" for number in range(500)))
    items = list(read_jsonl(InputFile(str(path), "a", 1, ""), Source(name="s", kind="jsonl", path="a")))
    assert [type(item) for item in items] == [pa.Table]
    assert items[0]["locator"].to_pylist() == [f"a:{2 * number + 1}" for number in range(500)]


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    text = "a\u2028b\u2029c\x85d"
    path = written(tmp_path, json.dumps({"text": text}, ensure_ascii=False).encode() + b"\r\n" + lines("b"))
    assert fates(read(path)) == [("a.jsonl:1", text), ("a.jsonl:2", "b")]


def test_a_byte_order_mark_and_carriage_returns_are_tolerated(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + lines("a", "b").replace(b"\n", b"\r\n"))
    assert fates(read(path)) == [("a.jsonl:1", "a"), ("a.jsonl:2", "b")]


FRENCH = ("café au lait", "déjà vu à côté", "élève français", "plain")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_wholly_in_another_encoding_is_decoded(tmp_path: Path, encoding: str, pack: Any) -> None:
    content = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in FRENCH)
    path = written(tmp_path, pack(content.encode(encoding)))
    assert fates(read(path)) == [(f"a.jsonl:{number}", text) for number, text in enumerate(FRENCH, 1)]
    found = list(read_lines(InputFile(str(path), path.name, path.stat().st_size, ""), 100))
    assert [(number, json.loads(line)["text"]) for number, line in found] == list(enumerate(FRENCH, 1))


def test_some_latin_1_lines_in_a_file_are_faults(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"A line of ASCII, number {number}."}).encode() for number in range(1, 25)]
    for number in (3, 11, 12, 20):
        lines[number - 1] = '{"text": "Un café à côté."}'.encode("latin-1")
    rows = read(written(tmp_path, b"\n".join(lines)))
    assert [row["reason"] for row in rows if row["reason"]] == ["bad_encoding"] * 4
    assert [row["locator"] for row in rows if row["reason"]] == [f"a.jsonl:{number}" for number in (3, 11, 12, 20)]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", gzip.compress(b"\xef\xbb\xbf", mtime=0)])
def test_a_file_of_nothing_or_of_a_byte_order_mark_is_empty(tmp_path: Path, content: bytes) -> None:
    assert fates(read(written(tmp_path, content))) == [("a.jsonl", "empty_file")]


def test_what_has_no_meaning_in_another_encoding_costs_its_own_line_only(tmp_path: Path) -> None:
    wide = lines("a", "b", "c").decode().encode("utf-16-le")
    half = wide.replace("b".encode("utf-16-le"), b"\x00\xd8")
    assert fates(read(written(tmp_path, b"\xff\xfe" + half + b"x"))) == [
        ("a.jsonl:1", "a"), ("a.jsonl:2", "bad_encoding"), ("a.jsonl:3", "c"), ("a.jsonl:4", "bad_encoding")
    ]  # fmt: skip


def test_half_a_character_behind_a_byte_order_mark_is_a_line_that_is_no_text(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, b"\xff\xfe{"))) == [("a.jsonl:1", "bad_encoding")]


def test_an_empty_file_is_one_quarantined_row(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, b""))) == [("a.jsonl", "empty_file")]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_packed_file_that_holds_nothing_is_empty_too(tmp_path: Path, pack: Any) -> None:
    assert fates(read(written(tmp_path, pack(b"")))) == [("a.jsonl", "empty_file")]
    assert read(written(tmp_path, pack(b"\n \n"))) == []


@pytest.mark.parametrize(("length", "survives"), [(99, True), (100, True), (101, False)])
def test_a_line_just_over_the_limit_is_too_large(tmp_path: Path, length: int, survives: bool) -> None:
    line = b'{"text": "' + b"a" * (length - 12) + b'"}'
    assert len(line) == length
    rows = read(written(tmp_path, line + b"\n" + lines("after")), max_record_bytes=100)
    assert [row["reason"] for row in rows] == ["" if survives else "too_large", ""]


def test_numbers_as_ids_become_text_and_other_columns_metadata(tmp_path: Path) -> None:
    record = {
        "text": "a",
        "id": 7,
        "url": "http://x/",
        "language": "en",
        "stars": 3,
        "big": "x" * 20_000,
        "score": 4.5,
        "none": None,
    }
    path = written(tmp_path, json.dumps(record).encode())
    (row,) = read(path, signals={"int_score": "score", "absent": "nowhere"})
    assert (row["origin_id"], row["url"], row["language"]) == ("7", "http://x/", "en")
    assert json.loads(row["metadata"]) == {"stars": 3, "signals": {"int_score": 4.5}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [('"4"', 4.0), ('" -1.5e1 "', -15.0), ("true", 1.0), ('"high"', None), ('"nan"', None), ("[4]", None)],
)
def test_a_signal_may_be_written_as_text(tmp_path: Path, value: str, expected: float | None) -> None:
    (row,) = read(written(tmp_path, f'{{"text": "a", "score": {value}}}'.encode()), signals={"edu": "score"})
    assert json.loads(row["metadata"])["signals"].get("edu") == expected


def test_an_html_column_waits_for_extraction(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"html": "<p>é"}).encode())
    (row,) = read(path, html_column="html")
    assert (row["text"], row["content"], row["kind"]) == (None, "<p>é".encode(), "web")
    assert row["content_type"] == "text/html; charset=utf-8"


def many(count: int) -> bytes:
    noise = random.Random(1)
    return lines(*(f"{number} {noise.getrandbits(400):x}" for number in range(count)))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_compressed_files_are_known_by_their_first_bytes(tmp_path: Path, pack: Any) -> None:
    rows = read(written(tmp_path, pack(lines("a", "b")), "named-plain.jsonl"))
    assert fates(rows) == [("named-plain.jsonl:1", "a"), ("named-plain.jsonl:2", "b")]


def test_plain_text_named_gz_is_read(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, lines("a"), "a.jsonl.gz"))) == [("a.jsonl.gz:1", "a")]


def test_garbage_named_gz_is_one_quarantined_row(tmp_path: Path) -> None:
    path = written(tmp_path, bytes(range(256)) * 40, "a.jsonl.gz")
    assert fates(read(path)) == [("a.jsonl.gz", "not_gzip")]


def test_members_are_one_stream_even_where_a_line_spans_two(tmp_path: Path) -> None:
    content = many(100)
    cut = len(content) // 2 + 5
    packed = gzip.compress(content[:cut]) + gzip.compress(b"") + gzip.compress(content[cut:])
    rows = read(written(tmp_path, packed, "a.jsonl.gz"))
    assert [row["locator"] for row in rows] == [f"a.jsonl.gz:{number}" for number in range(1, 101)]
    assert not any(row["status"] for row in rows)


@pytest.mark.parametrize("keep", [1, 5, 12, 400, -9, -1])
def test_nothing_of_a_cut_gzip_file_enters(tmp_path: Path, keep: int) -> None:
    rows = read(written(tmp_path, gzip.compress(many(200))[:keep], "a.jsonl.gz"))
    assert [row["status"] for row in rows] == ["quarantined"]
    assert rows[0]["locator"] == "a.jsonl.gz"
    assert rows[0]["reason"] == ("not_gzip" if keep == 1 else "truncated")


def test_nothing_of_a_cut_zstd_file_enters(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(many(200))
    assert fates(read(written(tmp_path, packed[:-3], "a.jsonl.zst"))) == [("a.jsonl.zst", "truncated")]


def test_a_wrong_checksum_is_noticed_before_a_line_enters(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(many(20)))
    packed[-6] ^= 1
    assert fates(read(written(tmp_path, bytes(packed), "a.jsonl.gz"))) == [("a.jsonl.gz", "bad_crc")]
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(many(20)))
    packed[-1] ^= 1
    assert fates(read(written(tmp_path, bytes(packed), "a.jsonl.zst"))) == [("a.jsonl.zst", "bad_crc")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_any_flipped_bit_in_the_middle_member_loses_that_member_alone(tmp_path: Path, pack: Any) -> None:
    first, second, third = (pack(lines(f"{name}1", f"{name}2")) for name in "abc")
    good = {"a1", "a2", "c1", "c2"}
    for place in range(0, len(second)):
        damaged = bytearray(second)
        damaged[place] ^= 0x10
        rows = read(written(tmp_path, first + bytes(damaged) + third, "a.jsonl.gz"))
        texts = {row["text"] for row in rows if not row["status"]}
        broken = [row for row in rows if row["status"]]
        # A flip in a gzip header's time stamp or name harms nothing.
        if texts != good | {"b1", "b2"}:
            assert texts == good, place
            assert len(broken) == 1, place
        assert len({row["id"] for row in rows}) == len(rows)


def test_zeros_to_the_end_of_a_block_are_ignored_and_other_garbage_is_not(tmp_path: Path) -> None:
    packed = gzip.compress(lines("a"))
    assert fates(read(written(tmp_path, packed.ljust(1024, b"\0"), "a.jsonl.gz"))) == [("a.jsonl.gz:1", "a")]
    rows = read(written(tmp_path, packed + b"garbage", "a.jsonl.gz"))
    assert fates(rows) == [("a.jsonl.gz:1", "a"), ("a.jsonl.gz", "trailing_garbage")]


def test_a_member_larger_than_the_buffer_is_checked_before_it_enters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.sources.compression.BUFFER_BYTES", 1000)
    packed = bytearray(gzip.compress(many(100)))
    assert len(read(written(tmp_path, bytes(packed), "a.jsonl.gz"))) == 100
    packed[-5] ^= 1
    assert fates(read(written(tmp_path, bytes(packed), "a.jsonl.gz"))) == [("a.jsonl.gz", "bad_crc")]


def test_a_bomb_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sources.unpacking.BOMB_BYTES", 2**20)
    monkeypatch.setattr("data.sources.compression.BUFFER_BYTES", 2**19)
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b'{"text": "a"}\n' * 100_000) for _ in range(10)) + packer.flush()
    rows = read(written(tmp_path, bomb + gzip.compress(lines("after")), "a.jsonl.gz"))
    assert [row["reason"] or row["text"] for row in rows] == ["decompression_limit", "after"]


@pytest.mark.parametrize("join", [b"".join, lambda some: b"".join(gzip.compress(one) for one in some)])
def test_files_that_were_put_together_bring_their_byte_order_marks_along(tmp_path: Path, join: Any) -> None:
    parts = [b"\xef\xbb\xbf" + lines("one", "two"), b"\xef\xbb\xbf" + lines("three", "four")]
    path = written(tmp_path, join(parts), "a.jsonl.gz")
    assert fates(read(path)) == [(f"a.jsonl.gz:{n}", text) for n, text in enumerate(("one", "two", "three", "four"), 1)]


def test_numbers_beyond_a_float_stand_beside_escaped_pairs_of_surrogates(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"text": "\\ud83d\\ude00", "n": 1e9999}\n{"text": "\\ud83d", "n": 1e9999}\n')
    whole, half = read(path)
    assert (whole["text"], json.loads(whole["metadata"])) == ("\U0001f600", {"n": "1e9999"})
    assert half["status"] == "quarantined"


def test_a_member_of_the_shortest_lines_fits_into_memory(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b'{"text":"a"}\n' * 1_250_000, 1), "a.jsonl.gz")
    program = (
        "import sys; from data.recipe import Source; from data.sources import InputFile\n"
        "from data.sources.jsonl import read_jsonl\n"
        "file = InputFile(sys.argv[1], 'a.jsonl.gz', int(sys.argv[2]), '')\n"
        "print(sum(item.num_rows for item in read_jsonl(file, Source(name='s', kind='jsonl', path='x'))))\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    command = [sys.executable, "-P", "-c", program, str(path), str(path.stat().st_size)]
    rows, peak = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert rows == 1_250_000
    assert peak < 450 * 1024  # in kB


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_first_line_in_another_encoding_leaves_the_others_alone(tmp_path: Path, encoding: str) -> None:
    first = "\ufeff".encode(encoding) + '{"text": "ä first"}'.encode(encoding)
    (tmp_path / "a.jsonl").write_bytes(first + '\n{"text": "déjà"}\n{"text": "third"}\n'.encode())
    rows = read(tmp_path / "a.jsonl")
    assert [(row["locator"], row["text"]) for row in rows if not row["status"]] == [
        ("a.jsonl:2", "déjà"), ("a.jsonl:3", "third"),
    ]  # fmt: skip
    assert [row["locator"] for row in rows if row["status"] == "quarantined"] == ["a.jsonl:1"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["上上上上上上上上上上", "plain", "ਊ\u0a0a" * 40])
def test_a_file_in_utf_16_stays_one_where_letters_look_like_line_ends(tmp_path: Path, encoding: str, text: str) -> None:
    lines = f'\ufeff{{"text": "{text}"}}\n{{"text": "second"}}\n'
    (tmp_path / "a.jsonl").write_bytes(lines.encode(encoding))
    assert [row["text"] for row in read(tmp_path / "a.jsonl")] == [text, "second"]


@pytest.mark.parametrize("lines", [1, 200])
def test_integers_beyond_64_bits_keep_their_digits_as_text(tmp_path: Path, lines: int) -> None:
    given = (
        '{"text": "a", "d": "3e25", "f": 1.5e20, "h": 1e400, "l": [98765432109876543210], "m": 18446744073709551615, '
    )
    given += '"n": -123456789012345678901234567890, "o": 0.12345678901234567890, "p": "12345678901234567890"}\n'
    (tmp_path / "a.jsonl").write_text(given * lines)
    rows = read(tmp_path / "a.jsonl")
    assert len(rows) == lines
    assert {row["metadata"] for row in rows} == {
        '{"d":"3e25","f":1.5e+20,"h":"1e400","l":["98765432109876543210"],"m":18446744073709551615,'
        '"n":"-123456789012345678901234567890","o":0.12345678901234568,"p":"12345678901234567890"}'
    }
    (tmp_path / "a.jsonl").write_text(given.replace('"h": 1e400, ', "") * lines)
    assert '"n":"-123456789012345678901234567890"' in read(tmp_path / "a.jsonl")[-1]["metadata"]


def test_a_long_integer_beside_what_nests_deeply_costs_nothing_but_its_last_digits(tmp_path: Path) -> None:
    deep = "[" * 1000 + "]" * 1000
    (tmp_path / "a.jsonl").write_text(f'{{"text": "a", "n": 123456789012345678901234567890, "deep": {deep}}}\n')
    (row,) = read(tmp_path / "a.jsonl")
    assert (row["text"], row["status"]) == ("a", "")


def test_an_id_with_a_fraction_beside_what_nests_deeply_is_an_id(tmp_path: Path) -> None:
    deep = "[" * 1000 + "]" * 1000
    (tmp_path / "a.jsonl").write_text(f'{{"text": "a", "id": 1.50, "deep": {deep}}}\n')
    (row,) = read(tmp_path / "a.jsonl", id_column="id")
    assert (row["text"], row["status"], row["origin_id"]) == ("a", "", "1.5")
