from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from data.input_manifest import INPUTS, compare, entry_of, freeze, settle
from data.sources import InputFile


def entry(path: str, sha256: str = "0", size: int = 3) -> dict[str, Any]:
    return entry_of("s", InputFile(f"/x/{path}", path, size, sha256))


def test_added_changed_and_removed_files_are_told_apart() -> None:
    changes = compare([entry("a"), entry("b"), entry("c")], [entry("b"), entry("c", "1"), entry("d")])
    assert (changes.added, changes.changed, changes.removed, changes.same) == (["s/d"], ["s/c"], ["s/a"], 1)
    assert changes.in_words() == "1 added, 1 changed, 1 removed, 1 as before: + s/d, ~ s/c, - s/a"
    assert not compare([entry("a")], [entry("a")])
    many = compare([], [entry(f"{number}") for number in range(10)])
    assert many.in_words() == "10 added, 0 as before: + s/0, + s/1, + s/2 and 7 more"


def test_a_file_far_away_is_known_by_size_and_version_and_shows_no_query() -> None:
    far = InputFile("", "a", 3, "", version="v1", url="https://example.test/a?b=c")
    assert entry_of("s", far) == {
        "source": "s", "path": "a", "bytes": 3, "sha256": None, "version": "v1", "url": "https://example.test/a"
    }  # fmt: skip


def test_a_list_is_compared_with_the_last_that_was_read_to_its_end(tmp_path: Path) -> None:
    assert freeze(tmp_path, [entry("a")]) is None
    settle(tmp_path)
    killed = freeze(tmp_path, [entry("a"), entry("b")])
    assert killed is not None
    assert killed.added == ["s/b"]
    again = freeze(tmp_path, [entry("a"), entry("b")])
    assert again is not None
    assert again.added == ["s/b"]
    settle(tmp_path)
    same = freeze(tmp_path, [entry("a"), entry("b")])
    assert same is not None
    assert not same


@pytest.mark.parametrize("damaged", ["{", "[]", "[1]\n", '"a"\n', "{}", '{"source": "s", "path": "a", "x": []}'])
def test_a_damaged_list_is_no_list(tmp_path: Path, damaged: str) -> None:
    (tmp_path / INPUTS).write_text(damaged)
    assert freeze(tmp_path, [entry("a"), entry("é")]) is None
    settle(tmp_path)
    assert [json.loads(line) for line in (tmp_path / INPUTS).read_text("utf-8").splitlines()] == [
        entry("a"),
        entry("é"),
    ]


@pytest.mark.parametrize(("more", "most"), [([], 50), ([entry("one more")], 500)])
def test_a_long_list_is_compared_without_holding_the_last_one(
    tmp_path: Path, more: list[dict[str, Any]], most: int
) -> None:
    count = 20_000
    freeze(tmp_path, [entry(f"folder/of/many/{number}", "0" * 64) for number in range(count)])
    settle(tmp_path)
    now = [entry(f"folder/of/many/{number}", "0" * 64) for number in range(count)] + more
    tracemalloc.start()
    try:
        changes = freeze(tmp_path, now)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert changes is not None
    assert (len(changes.added), changes.same) == (len(more), count)
    assert peak < most * count
