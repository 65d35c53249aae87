from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data.errors import UsageError
from data.manifest import read_manifest, snapshot_folder, write_manifest
from data.publish import check_folder, clean_snapshots, publish

#: Publishes, and dies without a word before the n-th effect on the disk.
DYING = """
import os, sys
from pathlib import Path
from data.publish import publish
left = int(sys.argv[4])
def deadly(effect):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return effect(*args, **kwargs)
    return call
for name in ("rename", "replace", "symlink", "fsync", "unlink", "rmdir", "mkdir"):
    setattr(os, name, deadly(getattr(os, name)))
publish(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""


def stage(out: Path, mark: str, extra: str | None = None) -> Path:
    build = out / ".work" / f"build-{mark}"
    (build / "data").mkdir(parents=True)
    (build / "data" / "train-00000-of-00001.parquet").write_text(mark)
    if extra:
        (build / extra).write_text(mark)
    write_manifest(build, {"mark": mark})
    return build


def seen(out: Path) -> str | None:
    """What a reader of the out folder sees, through the links; None if there is no dataset."""
    if not (out / "manifest.json").exists():
        return None
    mark = str(read_manifest(out)["mark"])
    assert (out / "data" / "train-00000-of-00001.parquet").read_text() == mark
    return mark


def test_a_published_dataset_is_seen_through_the_links(tmp_path: Path) -> None:
    target = publish(tmp_path, stage(tmp_path, "one"), "s1")
    assert seen(tmp_path) == "one"
    assert target == tmp_path / ".snapshots" / "s1" == snapshot_folder(tmp_path)
    assert os.readlink(tmp_path / "data") == ".current/data"
    publish(tmp_path, stage(tmp_path, "two"), "s2")
    assert seen(tmp_path) == "two"
    assert read_manifest(tmp_path / ".snapshots" / "s1")["mark"] == "one"


def test_the_folder_can_be_moved(tmp_path: Path) -> None:
    publish(tmp_path / "a", stage(tmp_path / "a", "one"), "s1")
    (tmp_path / "a").rename(tmp_path / "b")
    assert seen(tmp_path / "b") == "one"


def test_a_kill_before_any_effect_leaves_the_old_or_the_new_and_the_next_run_succeeds(tmp_path: Path) -> None:
    fates = []
    for number in range(1, 100):
        out = tmp_path / str(number)
        publish(out, stage(out, "old", extra="gone.html"), "s-old")
        build = stage(out, "new", extra="added.html")
        command = [sys.executable, "-P", "-c", DYING, str(out), str(build), "s-new", str(number)]
        code = subprocess.run(command, check=False).returncode
        fates.append(seen(out))
        assert fates[-1] in ("old", "new")
        if code == 0:
            break
        assert code == 9
        subprocess.run(["rm", "-rf", str(build)], check=True)
        publish(out, stage(out, "new", extra="added.html"), "s-new")
        assert seen(out) == "new"
        assert (out / "added.html").read_text() == "new"
        assert not os.path.lexists(out / "gone.html")
        assert sorted(path.name for path in (out / ".snapshots").iterdir()) == ["s-new", "s-old"]
    assert fates == sorted(fates, reverse=True)  # old, old, …, new, new
    assert {"old", "new"} == set(fates)
    assert len(fates) > 12


def test_a_kill_during_the_first_publication_leaves_nothing_or_the_dataset(tmp_path: Path) -> None:
    fates = set()
    for number in (1, 2, 5, 8, 11, 14, 17, 20, 99):
        out = tmp_path / str(number)
        command = [sys.executable, "-P", "-c", DYING, str(out), str(stage(out, "new")), "s", str(number)]
        subprocess.run(command, check=False)
        fates.add(seen(out))
    assert fates == {None, "new"}


def test_everything_is_synced_before_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = stage(tmp_path, "one")
    waiting = {p.stat().st_ino for p in [build, *build.rglob("*")]}
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        waiting.discard(os.fstat(handle).st_ino)
        events.append("sync")
        fsync(handle)

    def noted_replace(source: Path, target: Path) -> None:
        if Path(target).name == ".current":
            assert waiting == set()
            events.append("switch")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    publish(tmp_path, build, "s1")
    assert events.count("switch") == 1
    assert events[-1] == "sync"  # the out folder's names, after the switch


def test_a_reader_never_sees_a_mixture(tmp_path: Path) -> None:
    publish(tmp_path, stage(tmp_path, "0"), "s0")
    stop, faults, reads = threading.Event(), [], [0]

    def read() -> None:
        while not stop.is_set():
            base = snapshot_folder(tmp_path)
            mark = read_manifest(base)["mark"]
            if (base / "data" / "train-00000-of-00001.parquet").read_text() != mark:
                faults.append(mark)
            if not (tmp_path / "manifest.json").exists():
                faults.append("missing")
            reads[0] += 1

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 31):
            publish(tmp_path, stage(tmp_path, str(number)), f"s{number}")
            while reads[0] < number and reader.is_alive():
                time.sleep(0.001)  # however the threads take turns, there are as many reads as datasets
    finally:
        stop.set()
        reader.join()
    assert faults == []
    assert reads[0] >= 30


def test_the_same_dataset_again_stays_where_it_is(tmp_path: Path) -> None:
    first = publish(tmp_path, stage(tmp_path, "one"), "s1")
    inode = (first / "manifest.json").stat().st_ino
    build = stage(tmp_path, "one")
    assert publish(tmp_path, build, "s1") == first
    assert (first / "manifest.json").stat().st_ino == inode
    assert not build.exists()


def test_a_damaged_dataset_is_replaced_by_publishing_it_again(tmp_path: Path) -> None:
    first = publish(tmp_path, stage(tmp_path, "one"), "s1")
    (first / "data" / "train-00000-of-00001.parquet").write_text("eno")
    assert publish(tmp_path, stage(tmp_path, "one"), "s1").name == "s1-2"
    assert seen(tmp_path) == "one"


def test_cleaning_leaves_the_published_snapshot_only(tmp_path: Path) -> None:
    for mark in ("a", "b", "c"):
        publish(tmp_path, stage(tmp_path, mark), f"s-{mark}")
    assert clean_snapshots(tmp_path) == ["s-a", "s-b"]
    assert seen(tmp_path) == "c"
    assert clean_snapshots(tmp_path) == []
    assert clean_snapshots(tmp_path / "absent") == []


@pytest.mark.parametrize("name", ["data", "README.md", "manifest.json"])
def test_a_users_own_file_is_never_hidden(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match=f"{name}: is in the way"):
        check_folder(tmp_path)
    build = stage(tmp_path / "elsewhere", "one", extra="README.md")
    with pytest.raises(UsageError, match=f"{name}: is in the way"):
        publish(tmp_path, build, "s1")
    assert (tmp_path / name).read_text() == "mine"
    assert build.exists()


def test_a_folder_that_is_ours_or_empty_can_be_published_into(tmp_path: Path) -> None:
    check_folder(tmp_path / "absent")
    check_folder(tmp_path)
    publish(tmp_path, stage(tmp_path, "one"), "s1")
    check_folder(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        check_folder(tmp_path / "file")


def test_a_build_without_a_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    with pytest.raises(UsageError, match="published whole"):
        publish(tmp_path / "out", tmp_path / "build", "s1")
