from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import UsageError
from data.manifest import snapshot_folder
from data.verification import verify
from flows.explore.app import Explorer
from flows.explore.labels import LABELS, Labels

ROW = {"id": "b1", "origin_id": "doc \u202e", "source": "web", "locator": "a:1", "url": None, "tokens": 3}


def test_labels_are_lines_sorted_by_id_with_the_facts_that_name_a_document(tmp_path: Path) -> None:
    labels = Labels(tmp_path / "deep" / "labels.jsonl")
    labels.set("b1", "keep", ROW)
    labels.set("a0", "4", {**ROW, "url": "http://x.test"})
    lines = [json.loads(line) for line in labels.path.read_text().splitlines()]
    facts = {"origin_id": "doc \u202e", "source": "web", "locator": "a:1"}
    assert lines == [{"id": "a0", "label": 4, **facts, "url": "http://x.test"}, {"id": "b1", "label": "keep", **facts}]
    assert labels.path.read_text().isascii()


def test_a_label_replaces_the_last_one_and_none_takes_it_away(tmp_path: Path) -> None:
    labels = Labels(tmp_path / "labels.jsonl")
    for label in LABELS:
        labels.set("b1", label, ROW)
        assert labels.of("b1") == label
    labels.set("b1", None, ROW)
    assert labels.of("b1") is None
    assert labels.path.read_text() == ""
    labels.set("never", None, ROW)


def test_what_another_hand_wrote_is_seen_and_kept(tmp_path: Path) -> None:
    mine, other = Labels(tmp_path / "labels.jsonl"), Labels(tmp_path / "labels.jsonl")
    mine.set("a", "keep", ROW)
    other.set("b", "drop", ROW)
    mine.set("c", "0", ROW)
    assert {key: mine.of(key) for key in "abc"} == {"a": "keep", "b": "drop", "c": "0"}
    with mine.path.open("a") as file:
        file.write('\n{"id": "d", "label": 5, "note": "by hand"}\n')
    other.set("a", None, ROW)
    assert other.entries()["d"]["note"] == "by hand"


LABEL_MANY = """
import sys
from pathlib import Path
from flows.explore.labels import Labels
labels = Labels(Path(sys.argv[1]))
for number in range(25):
    labels.set(f"{sys.argv[2]}{number:02}", "keep", {"source": "web"})
"""


def test_two_explorers_on_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    command = [sys.executable, "-P", "-c", LABEL_MANY, str(path)]
    hands = [subprocess.Popen([*command, name]) for name in "xy"]  # no fork: this process has threads
    assert [hand.wait(200) for hand in hands] == [0, 0]
    assert len(Labels(path).entries()) == 50
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["labels.jsonl"]


@pytest.mark.parametrize("line", ["{", '{"id": "a"}', '{"id": "a", "label": 6}', "[]", '{"label": "keep"}'])
def test_a_file_of_something_else_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": "z", "label": 1}\n' + line + "\n")
    with pytest.raises(UsageError, match=r"labels\.jsonl:2: .*--labels"):
        Labels(path)


def test_labels_stand_where_verify_takes_no_offence(hostile: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(hostile[1], out, symlinks=True)
    copy = tmp_path / "copy"
    shutil.copytree(snapshot_folder(out), copy)
    for folder in (out, copy):
        Explorer(folder).labels.set("b1", "keep", ROW)
        assert (folder / "labels.jsonl").read_text().count("\n") == 1
        assert verify(folder, deep=True) == []
