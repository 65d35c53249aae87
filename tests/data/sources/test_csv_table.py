from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard

from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit
from data.sources.csv_table import SLOW_BYTES


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="csv", path=path.name, **settings)
    return [
        row
        for unit in list_units(source, path.parent, file_sha256)
        for table in read_unit(unit, source)
        for row in table.to_pylist()
    ]


def written(tmp_path: Path, content: bytes | str, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Returns (locator, reason or text) of each row."""
    return [(row["locator"], row["reason"] or row["text"]) for row in rows]


def test_a_record_is_numbered_by_the_line_it_begins_on_and_may_hold_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,a\n2,"b\nb ""quoted"", and more\n"\n\n3,c')
    assert fates(read(path)) == [("a.csv:2", "a"), ("a.csv:3", 'b\nb "quoted", and more\n'), ("a.csv:7", "c")]
    assert [row["origin_id"] for row in read(path)] == ["1", "2", "3"]


def test_byte_order_mark_and_dos_line_ends_are_no_part_of_values(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbftext,id\r\na,1\r\n"b\r\nc",2\r\n')
    assert fates(read(path)) == [("a.csv:2", "a"), ("a.csv:3", "b\r\nc")]


def test_another_number_of_values_than_the_header_is_quarantined_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text\n1,a\n2,b,x\n3\n4,d\n")
    assert fates(read(path)) == [
        ("a.csv:2", "a"), ("a.csv:3", "wrong_column_count"), ("a.csv:4", "wrong_column_count"), ("a.csv:5", "d")
    ]  # fmt: skip


def test_an_open_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,a\n2,"open\n3,c\n4,"d\nd"\n5,e\n')
    assert fates(read(path)) == [
        ("a.csv:2", "a"), ("a.csv:3", "bad_csv"), ("a.csv:4", "c"), ("a.csv:5", "d\nd"), ("a.csv:7", "e")
    ]  # fmt: skip


def test_a_quote_inside_of_a_value_is_a_sign_like_any_other(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,a 5" disk\n2,b\n3,a 3" disk\n')
    assert fates(read(path)) == [("a.csv:2", 'a 5" disk'), ("a.csv:3", "b"), ("a.csv:4", 'a 3" disk')]


def test_one_line_of_another_encoding_is_one_quarantined_row(tmp_path: Path) -> None:
    path = written(tmp_path, b"id,text\n1,a\n2,caf\xe9\n3,c\n")
    assert fates(read(path)) == [("a.csv:2", "a"), ("a.csv:3", "bad_encoding"), ("a.csv:4", "c")]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_table_wholly_in_another_encoding_is_decoded(tmp_path: Path, encoding: str) -> None:
    texts = ["café au lait", "déjà vu\nà côté", "élève français", "plain"]
    content = "id,text\n" + "".join(f'{number},"{text}"\n' for number, text in enumerate(texts))
    assert [row["text"] for row in read(written(tmp_path, content.encode(encoding)))] == texts


def test_lines_cut_within_characters_are_quarantined_one_by_one(tmp_path: Path) -> None:
    path = written(tmp_path, b"id,text\n" + b"".join(b"%d,caf\xc3\n" % n for n in range(5)) + b"5,tea\n")
    rows = fates(read(path))
    assert rows == [*((f"a.csv:{n}", "bad_encoding") for n in range(2, 7)), ("a.csv:7", "tea")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_carriage_returns_alone_end_lines_too(tmp_path: Path, encoding: str) -> None:
    text = 'id,text\r1,a\r2,"b\nb"\r\r3,"c\rc"'
    assert fates(read(written(tmp_path, text.encode(encoding)))) == [
        ("a.csv:2", "a"), ("a.csv:3", "b\nb"), ("a.csv:6", "c\nc")
    ]  # fmt: skip
    mixed = "id,text\r\r\n1,a\r\n".encode(encoding)
    assert fates(read(written(tmp_path, mixed))) == [("a.csv:2", "a")]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_file_of_a_byte_order_mark_is_empty(tmp_path: Path, mark: bytes) -> None:
    assert fates(read(written(tmp_path, mark))) == [("a.csv", "empty_file")]


def test_a_value_may_hold_what_some_take_for_line_ends(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, "id,text\n1,a\u2028b\x0bc\n"))) == [("a.csv:2", "a\u2028b\x0bc")]


def test_missing_texts_and_empty_files_are_rows(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, "id,text\n1,\n"))) == [("a.csv:2", "missing_text")]
    assert fates(read(written(tmp_path, ""))) == [("a.csv", "empty_file")]
    assert fates(read(written(tmp_path, "id,body\n1,a\n2,b\n"))) == [("a.csv", "schema_mismatch")]
    assert fates(read(written(tmp_path, "text,id,id\n1,a,b\n"))) == [("a.csv", "schema_mismatch")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_what_stands_between_values_is_what_gives_the_column_of_texts(tmp_path: Path, delimiter: str) -> None:
    content = 'id,text\n1,"a,b"\n2,c\n'.replace(",", delimiter)
    assert fates(read(written(tmp_path, content))) == [("a.csv:2", f"a{delimiter}b"), ("a.csv:3", "c")]
    assert fates(read(written(tmp_path, f"sep={delimiter}\r\n{content}"))) == [
        ("a.csv:3", f"a{delimiter}b"), ("a.csv:4", "c")
    ]  # fmt: skip


def test_a_delimiter_that_was_given_is_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, "id;text\n1;a\n")
    assert fates(read(path, delimiter=",")) == [("a.csv", "schema_mismatch")]


def test_names_without_a_role_may_stand_more_than_once(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path, "x,text,x,x.1,,\n1,a,2,3,4,5\n"))
    assert json.loads(row["metadata"]) == {"x": "1", "x.1": "2", "x.1.1": "3", "": "4", ".1": "5"}
    for names in ("text,text", "text,id,id", "text,s,s"):
        path = written(tmp_path, f"{names}\n{names}\n")
        assert fates(read(path, signals={"score": "s"})) == [("a.csv", "schema_mismatch")]


@pytest.mark.parametrize("bad", ["", "2,bad,row\n"])  # the quick way, and that by lines
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_of_a_file_that_was_put_behind_another_is_no_record(tmp_path: Path, mark: str, bad: str) -> None:
    path = written(tmp_path, f"{mark}id,text\n1,a\n{bad}{mark}id,text\n3,b\n{mark}id,text")
    assert [row["text"] for row in read(path) if not row["status"]] == ["a", "b"]
    assert sum(bool(row["status"]) for row in read(path)) == len(bad) // 10
    assert [row["text"] for row in read(written(tmp_path, "text\na\ntext\n"))] == ["a", "text"]


@pytest.mark.parametrize("header", ["x,text,x", "id,text, x "])
def test_a_header_with_doubled_or_padded_names_is_known_again(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, f"{header}\n" + "1,a,2\n" * SLOW_BYTES + f"{header}\n")
    assert {row["text"] for row in read(path)} == {"a"}


def test_a_quote_may_be_written_with_a_backslash(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,"say \\"hi\\" now"\n2,"C:\\"\n')
    assert fates(read(path)) == [("a.csv:2", 'say "hi" now'), ("a.csv:3", "C:\\")]


def test_a_value_longer_than_any_may_be_is_one_row(tmp_path: Path) -> None:
    lines = "words of a line without any comma\n" * 3000
    path = written(tmp_path, f'id,text\n1,a\n2,"{lines}"\n3,b\n')
    rows = read(path, max_record_bytes=10_000)
    assert fates(rows) == [("a.csv:2", "a"), ("a.csv:3", "too_large"), ("a.csv:3004", "b")]
    assert json.loads(rows[1]["metadata"])["bytes"] == len(f'2,"{lines}"\n')
    path = written(tmp_path, f'id,text\n1,a\n2,"{lines}')
    assert fates(read(path, max_record_bytes=10_000)) == [("a.csv:2", "a"), ("a.csv:3", "too_large")]


def test_records_after_a_quote_left_open_are_not_taken_for_a_long_value(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,"a\n' + "".join(f"{number},words of a text\n" for number in range(2, 3000)))
    rows = read(path, max_record_bytes=10_000)
    assert fates(rows)[:2] == [("a.csv:2", "bad_csv"), ("a.csv:3", "words of a text")]
    assert len(rows) == 2999


def test_tabs_are_known_by_name_and_other_delimiters_and_headers_by_recipe(tmp_path: Path) -> None:
    assert fates(read(written(tmp_path, "id\ttext\n1\ta,b\n", "a.tsv"))) == [("a.tsv:2", "a,b")]
    assert fates(read(written(tmp_path, "id;text\n1;a,b\n"), delimiter=";")) == [("a.csv:2", "a,b")]
    assert fates(read(written(tmp_path, "1,a\n2,b\n"), header=["id", "text"])) == [("a.csv:1", "a"), ("a.csv:2", "b")]


def test_columns_become_signals_licence_and_metadata(tmp_path: Path) -> None:
    path = written(tmp_path, "key,body,score,lic,topic\n7,a,3.5,MIT,x\n8,b,high,,y\n")
    rows = read(
        path, columns={"text": "body", "id": "key", "licence": "lic"}, signals={"edu": "score"}, licence="CC0-1.0"
    )
    assert [(row["origin_id"], row["licence"], row["metadata"]) for row in rows] == [
        ("7", "MIT", '{"signals":{"edu":3.5},"topic":"x"}'),
        ("8", "CC0-1.0", '{"signals":{},"topic":"y"}'),
    ]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.csv.gz", gzip.compress),
        ("a.csv.zst", zstandard.ZstdCompressor(write_checksum=True).compress),
        ("a.csv.bz2", bz2.compress),
        ("a.csv.xz", lzma.compress),
    ],
)
def test_packed_files_are_read_as_plain_ones(tmp_path: Path, name: str, pack: Any) -> None:
    path = written(tmp_path, pack(b"id,text\n1,a\n2,b\n"), name)
    assert fates(read(path)) == [(f"{name}:2", "a"), (f"{name}:3", "b")]


def test_a_cut_member_costs_that_member_only(tmp_path: Path) -> None:
    first, second = gzip.compress(b"id,text\n1,a\n"), gzip.compress(b"2,b\n" * 500)
    path = written(tmp_path, first + second[:-20], "a.csv.gz")
    assert fates(read(path)) == [("a.csv.gz:2", "a"), ("a.csv.gz", "truncated")]


def test_a_record_over_the_limit_is_too_large_and_its_neighbours_stay(tmp_path: Path) -> None:
    path = written(tmp_path, f'id,text\n1,a\n2,{"b" * 300}\n3,"{"c" * 150}\n{"c" * 150}"\n4,d\n')
    rows = fates(read(path, max_record_bytes=200))
    assert [fate for fate in rows if fate[1] in ("a", "d")] == [("a.csv:2", "a"), ("a.csv:6", "d")]
    assert [where for where, fate in rows if fate not in ("a", "d")] == ["a.csv:3", "a.csv:4", "a.csv:5"]


def test_what_pythons_writer_writes_is_read_back(tmp_path: Path) -> None:
    draw = random.Random(3)
    signs = ["a", "é", '"', '""', ",", "\n", "\r\n", " ", "\t", "x" * 50]
    texts = ["t" + "".join(draw.choice(signs) for _ in range(draw.randint(0, 30))) for _ in range(400)]
    out = io.StringIO()
    csv.writer(out).writerows([["id", "text"], *enumerate(texts)])
    rows = read(written(tmp_path, out.getvalue()))
    assert [row["text"] for row in rows] == texts
    assert [row["origin_id"] for row in rows] == [str(number) for number in range(400)]


def test_records_of_any_length_keep_their_order_and_lines_over_many_pieces(tmp_path: Path) -> None:
    lines = ["id,text"]
    for number in range(3000):
        text = f"t{number} " + "x" * (number * 37 % 2000)
        if number % 500 == 499:
            text = "y" * 60_000  # beyond the limit
        lines.append(f'{number},"{text}\n""{number}"""' if number % 7 == 3 else f"{number},{text}")
    content = "\n".join(lines) + "\n"
    assert len(content) > 3 * 2**20
    rows = read(written(tmp_path, content), max_record_bytes=50_000)
    starts, line = [], 2
    for record in lines[1:]:
        starts.append(line)
        line += record.count("\n") + 1
    good = [row for row in rows if not row["status"]]
    assert [row["locator"] for row in good] == [f"a.csv:{starts[n]}" for n in range(3000) if n % 500 != 499]
    assert [row["origin_id"] for row in good] == [str(n) for n in range(3000) if n % 500 != 499]
    bad = [row["locator"] for row in rows if row["status"]]
    assert {f"a.csv:{starts[n]}" for n in range(499, 3000, 500)} <= set(bad)
    assert [int(row["locator"][6:]) for row in rows] == sorted(int(row["locator"][6:]) for row in rows)


def test_many_bad_records_do_not_slow_reading_down_by_much(tmp_path: Path) -> None:
    lines = [
        f"{number},some text of number {number}" + (",one too many" if number % 20 == 0 else "")
        for number in range(60_000)
    ]
    path = written(tmp_path, "id,text\n" + "\n".join(lines) + "\n")
    begin = time.process_time()
    rows = read(path)
    assert time.process_time() - begin < 20
    assert sum(row["reason"] == "wrong_column_count" for row in rows) == 3000
    assert len(rows) == 60_000


def test_a_line_of_nothing_but_tabs_is_a_record_however_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "text\tid\nfirst\t1\n\t\n\nlast\t2", "a.tsv")  # the last line takes the way by lines
    assert fates(read(path)) == [("a.tsv:2", "first"), ("a.tsv:3", "missing_text"), ("a.tsv:5", "last")]
    path = written(tmp_path, "text\tid\nfirst\t1\n\t", "b.tsv")
    assert fates(read(path)) == [("b.tsv:2", "first"), ("b.tsv:3", "missing_text")]


def test_a_value_of_millions_of_line_ends_takes_no_more_memory_than_one_of_letters(tmp_path: Path) -> None:
    path = written(tmp_path, 'text,more\n"' + "\n" * 400_000 + 'x",y\nlast,z\n')
    tracemalloc.start()
    try:
        rows = read(path, max_record_bytes=200_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fates(rows) == [("a.csv:2", "too_large"), ("a.csv:400003", "last")]
    assert peak < 8 * 2**20
