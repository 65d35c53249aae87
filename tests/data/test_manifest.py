from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from data.errors import DamageError, UsageError
from data.manifest import read_manifest, snapshot_folder, write_manifest


def test_a_manifest_lists_every_file_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.parquet").write_bytes(b"abc")
    (tmp_path / "README.md").write_bytes(b"")
    written = write_manifest(tmp_path, {"name": "x"})
    assert list(written["files"]) == ["README.md", "data/a.parquet"]
    assert written["files"]["data/a.parquet"] == {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
    assert read_manifest(tmp_path) == written
    assert write_manifest(tmp_path, {"name": "x"}) == written


def test_the_seal_is_one_that_sha256sum_reads(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"name": "x"})
    subprocess.run(["sha256sum", "-c", "manifest.sha256"], cwd=tmp_path, check=True, capture_output=True)


def test_the_same_facts_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"b": 1, "a": {"y": 2, "x": [1.5, "é"]}})
    first = (tmp_path / "manifest.json").read_bytes()
    write_manifest(tmp_path, {"a": {"x": [1.5, "é"], "y": 2}, "b": 1})
    assert (tmp_path / "manifest.json").read_bytes() == first


def test_numbers_that_json_does_not_know_and_undecodable_names_are_written(tmp_path: Path) -> None:
    facts = {
        "nan": float("nan"),
        "inf": float("inf"),
        "numpy": np.float64(0.5),
        "count": np.int64(3),
        "path": "a\udcffb",
    }
    written = write_manifest(tmp_path, {**facts, "pair": (1, None)})
    assert json.loads((tmp_path / "manifest.json").read_text("ascii")) == written
    assert [written[key] for key in ("nan", "inf", "numpy", "count", "pair")] == [None, None, 0.5, 3, [1, None]]
    assert written["path"] == "a\udcffb"


def test_a_folder_without_a_dataset_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no dataset here .* `phimill run"):
        read_manifest(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        read_manifest(tmp_path / "absent")
    (tmp_path / ".work").mkdir()
    with pytest.raises(UsageError, match="has published no dataset yet"):
        read_manifest(tmp_path)


def test_the_command_it_says_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "it's & mine"
    with pytest.raises(UsageError) as told:
        read_manifest(folder)
    command = str(told.value).split("`")[1]
    assert shlex.split(command) == ["phimill", "run", "RECIPE.yaml", "--out", str(folder)]


def test_an_edited_manifest_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"name": "x"})
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"x"', '"y"'))
    with pytest.raises(DamageError, match="is not what was written"):
        read_manifest(tmp_path)


def test_the_snapshot_is_what_the_link_names_or_the_folder_itself(tmp_path: Path) -> None:
    assert snapshot_folder(tmp_path) == tmp_path
    (tmp_path / ".current").symlink_to(".snapshots/a")
    assert snapshot_folder(tmp_path) == tmp_path / ".snapshots" / "a"
