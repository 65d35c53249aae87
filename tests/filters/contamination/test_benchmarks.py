import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from data.errors import UsageError
from filters.contamination.benchmarks import ItemText, read_benchmark


@dataclasses.dataclass(frozen=True)
class File:
    path: str
    name: str = "toy"
    fields: list[str] | None = None
    id_field: str | None = None


ITEMS: list[dict[str, Any]] = [
    {"task_id": "T/1", "name": "T/1", "prompt": "one", "tests": ["two", "three"], "n": 4},
    {"task_id": 7, "question": {"stem": "four", "choices": [{"text": "five", "label": "A"}]}, "none": None},
]


def write(path: Path, items: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def test_every_string_is_a_text_but_the_id_wherever_it_recurs(tmp_path: Path) -> None:
    assert read_benchmark(File(str(write(tmp_path / "toy.jsonl", ITEMS)))) == [
        ("T/1", [ItemText("one", False), ItemText("two\nthree", True)]),
        ("7", [ItemText("four", False), ItemText("five", True), ItemText("A", True)]),
    ]


def test_fields_restrict_and_may_name_inner_ones(tmp_path: Path) -> None:
    path = str(write(tmp_path / "toy.jsonl", ITEMS))
    assert read_benchmark(File(path, fields=["tests"])) == [("T/1", [ItemText("two\nthree", True)]), ("7", [])]
    assert read_benchmark(File(path, fields=["question.stem"])) == [("T/1", []), ("7", [ItemText("four", False)])]


def test_the_id_is_the_field_named_else_task_id_else_id_else_the_line(tmp_path: Path) -> None:
    path = tmp_path / "toy.jsonl"
    path.write_text('\ufeff{"id": "a", "text": "x"}\n\n{"text": "y"}\n{"id": 3, "task_id": "b", "text": "z"}', "utf-8")
    assert [item for item, _ in read_benchmark(File(str(path)))] == ["a", "3", "b"]
    assert [item for item, _ in read_benchmark(File(str(path), id_field="text"))] == ["x", "y", "z"]


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_files_are_read(tmp_path: Path, suffix: str) -> None:
    plain = write(tmp_path / "toy.jsonl", ITEMS)
    packed = tmp_path / f"toy.jsonl.{suffix}"
    compress = gzip.compress if suffix == "gz" else zstandard.compress
    packed.write_bytes(compress(plain.read_bytes()))
    assert read_benchmark(File(str(packed))) == read_benchmark(File(str(plain)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": "b"}\n[1, 2]\n', "toy.jsonl:2: found a JSON list; expected one JSON object"),
        (b'{"a": "b"}\n\n{"a": \n', "toy.jsonl:3: not JSON"),
        (b"", "holds no items"),
        (b"\n \n", "holds no items"),
        (b'{"a": "\xff"}\n', "toy.jsonl:1: not JSON"),
    ],
)
def test_a_bad_line_is_refused_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "toy.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_benchmark(File(str(path)))


def test_missing_files_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_benchmark(File(str(tmp_path / "absent.jsonl")))
    for suffix, content in (("gz", b"no gzip"), ("zst", b"no zstd"), ("gz", gzip.compress(b'{"a": "b"}' * 99)[:-12])):
        path = tmp_path / f"toy.jsonl.{suffix}"
        path.write_bytes(content)
        with pytest.raises(UsageError, match="cannot be read"):
            read_benchmark(File(str(path)))


def test_unknown_fields_are_refused_with_the_nearest(tmp_path: Path) -> None:
    path = str(write(tmp_path / "toy.jsonl", ITEMS[:1]))
    with pytest.raises(UsageError, match=r"no item has the field 'promt'\. Did you mean \"prompt\""):
        read_benchmark(File(path, fields=["promt"]))
    with pytest.raises(UsageError, match=r"toy.jsonl:1: the item has no field 'taskid'\. Did you mean \"task_id\""):
        read_benchmark(File(path, id_field="taskid"))
