from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.json_values import read_json


def read(tmp_path: Path, content: bytes | str, name: str = "a.json", **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = Source(name="s", kind="json", path=str(path), **settings)
    return list(read_json(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Returns (number, reason or text) of each row."""
    return [(row["locator"].removeprefix("a.json"), row["reason"] or row["text"]) for row in rows]


RECORDS = [{"text": "a"}, {"text": 'b "q" [{', "more": {"x": [1, {"y": "}"}]}}, {"text": "c\n\\", "id": 3}]
TEXTS = [(f":{number}", str(record["text"])) for number, record in enumerate(RECORDS)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps(RECORDS, indent=None, separators=(",", ":")),
        "".join(json.dumps(record) for record in RECORDS),
        "\n".join(json.dumps(record) for record in RECORDS),
        "\n\n".join(json.dumps(record, indent=4) for record in RECORDS),
        "\ufeff" + json.dumps(RECORDS),
        "".join(json.dumps([record]) for record in RECORDS),
    ],
)
def test_arrays_and_records_in_a_row_are_read_however_they_are_laid_out(tmp_path: Path, content: str) -> None:
    assert fates(read(tmp_path, content)) == TEXTS


def test_records_in_many_pieces_are_the_records(tmp_path: Path) -> None:
    draw = random.Random(1)
    texts = [
        "".join(draw.choice('ab"\\{}[]\n é') for _ in range(draw.choice([5, 50, 900_000]))) + "." for _ in range(12)
    ]
    assert [row["text"] for row in read(tmp_path, json.dumps([{"text": text} for text in texts]))] == texts


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"text": "cut', "bad_json"),
        ('{"text": NaN}', "bad_json"),
        ('{"text": "a", }', "bad_json"),
        ('{"text": ["a"}', "bad_json"),
        ('{"text": 7}', "bad_text_type"),
        ('{"other": 1}', "missing_text"),
        ('["text"]', "not_an_object"),
        ('"text"', "not_an_object"),
        ("17", "not_an_object"),
        ("null", "not_an_object"),
        ('{"text": "\\ud800"}', "bad_encoding"),
        ('{"text": ' + "[" * 1500 + "]" * 1500 + "}", "too_deep"),
    ],
)
def test_a_bad_record_costs_itself_only(tmp_path: Path, broken: str, reason: str) -> None:
    lines = ['{"text": "a"}', broken, '{"text": "c"}']
    expected = [(":0", "a"), (":1", reason), (":2", "c")]
    assert fates(read(tmp_path, "[\n" + ",\n".join(lines) + "\n]\n")) == expected
    assert fates(read(tmp_path, "\n".join(lines) + "\n")) == expected


def test_a_record_cut_in_a_laid_out_array_costs_itself_only(tmp_path: Path) -> None:
    whole = json.dumps(
        [{"text": "a", "n": {"x": 1}}, {"text": "b", "n": {"x": 1}}, {"text": "c", "n": {"x": 1}}], indent=2
    )
    cut = whole.replace('"b",\n    "n": {\n      "x": 1\n    }\n  },', '"b",\n    "n": {\n      "x": 1\n')
    assert cut != whole
    assert fates(read(tmp_path, cut)) == [(":0", "a"), (":1", "bad_json"), (":2", "c")]


def test_a_file_that_ends_early_says_so(tmp_path: Path) -> None:
    assert fates(read(tmp_path, '[{"text": "a"},\n{"text": "b"')) == [(":0", "a"), (":1", "bad_json")]
    assert fates(read(tmp_path, '[{"text": "a"},\n')) == [(":0", "a"), (":1", "truncated")]
    assert fates(read(tmp_path, "")) == [("", "empty_file")]
    assert fates(read(tmp_path, "[]")) == []


def test_one_byte_that_is_no_utf_8_costs_its_record_only(tmp_path: Path) -> None:
    content = b'[{"text": "a"}, {"text": "caf\xe9"}, {"text": "c"}]'
    assert fates(read(tmp_path, content)) == [(":0", "a"), (":1", "bad_encoding"), (":2", "c")]


def test_a_record_over_the_limit_is_too_large_and_its_neighbours_stay(tmp_path: Path) -> None:
    content = json.dumps([{"text": "a"}, {"text": "b" * 3_000_000}, {"text": "c"}], indent=1)
    rows = read(tmp_path, content, max_record_bytes=100_000)
    assert [fate for fate in fates(rows) if len(fate[1]) == 1] == [(":0", "a"), (":2", "c")]
    assert [row["status"] for row in rows] == ["", "quarantined", ""]


def test_after_a_damaged_member_records_go_on_at_a_line(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"t{number}"}) + "\n" for number in range(9)]
    members = [gzip.compress("".join(lines[start : start + 3]).encode()) for start in (0, 3, 6)]
    members[1] = members[1][:-8] + bytes(4) + members[1][-4:]
    (tmp_path / "x").mkdir()
    rows = read(tmp_path / "x", b"".join(members), "a.json.gz")
    assert [row["text"] for row in rows if not row["status"]][:3] == ["t0", "t1", "t2"]
    assert sorted(row["text"] for row in rows if not row["status"])[-2:] == ["t7", "t8"]
    assert [row["reason"] for row in rows if row["status"]] == ["bad_crc"]


@pytest.mark.parametrize("filling", ["x", '\\"', "\\\\", '\\\\\\"', "{[]}"])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_records_on_the_line_of_one_that_is_too_long_to_be_held_are_kept(
    tmp_path: Path, filling: str, shift: int
) -> None:
    long = "y" * shift + filling * (5 * 2**20 // len(filling))
    records = [
        '{"text": "a"}', f'{{"text": "{long}", "x": [1]}}', '{"text": "b"}', f'{{"text": "c", "x": [{"1," * 2**21}1]}}',
        '{"text": "d"}',
    ]  # fmt: skip
    content = f"[{','.join(records)}]"
    assert [len(json.loads(content)), len(records)] == [5, 5]
    rows = read(tmp_path, content, max_record_bytes=1000)
    wanted = [(":0", "a"), (":1", "too_large"), (":2", "b"), (":3", "too_large"), (":4", "d")]
    assert fates(rows) == wanted
    assert json.loads(rows[1]["metadata"])["bytes"] == len(records[1])
    assert json.loads(rows[1]["metadata"])["offset"] == content.index(records[1])


def test_a_record_that_is_too_long_and_has_no_end_is_one_row(tmp_path: Path) -> None:
    content = '[{"text": "a"},{"text": "' + "x" * 5 * 2**20
    rows = read(tmp_path, content, max_record_bytes=1000)
    assert fates(rows)[:2] == [(":0", "a"), (":1", "bad_json")]
    assert json.loads(rows[1]["metadata"]) == {"bytes": len(content) - 15, "offset": 15}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "utf-8-sig"])
def test_a_file_wholly_in_another_encoding_is_decoded(tmp_path: Path, encoding: str) -> None:
    texts = ["café au lait", "déjà vu à côté", "élève français"]
    content = json.dumps([{"text": text} for text in texts], ensure_ascii=False, indent=1).encode(encoding)
    assert fates(read(tmp_path, content)) == [(f":{number}", text) for number, text in enumerate(texts)]


@pytest.mark.parametrize("between", ["\n\ufeff", "\ufeff", "\n\x1e", " \x1e\n"])
def test_marks_that_begin_files_and_records_belong_to_no_record(tmp_path: Path, between: str) -> None:
    content = between.join(["", '[{"text": "a"}]', '{"text": "b"}', '{"text": "c"}'])
    assert fates(read(tmp_path, content)) == [(":0", "a"), (":1", "b"), (":2", "c")]
