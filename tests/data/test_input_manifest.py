from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    settle(tmp_path, [entry("a")])
    killed = freeze(tmp_path, [entry("a"), entry("b")])
    assert killed is not None
    assert killed.added == ["s/b"]
    again = freeze(tmp_path, [entry("a"), entry("b")])
    assert again is not None
    assert again.added == ["s/b"]
    settle(tmp_path, [entry("a"), entry("b")])
    same = freeze(tmp_path, [entry("a"), entry("b")])
    assert same is not None
    assert not same


def test_a_damaged_list_is_no_list(tmp_path: Path) -> None:
    (tmp_path / INPUTS).write_text("{")
    assert freeze(tmp_path, [entry("a")]) is None
    assert json.loads((tmp_path / INPUTS).read_text())["files"] == [entry("a")]
