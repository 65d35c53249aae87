"""Where machine code and tables are kept, and what happens where they cannot be."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import filters
from data.compiled import cached_arrays
from data.own_folder import who_else_writes

PACKAGE = Path(filters.__file__).parent

#: Compiles one small function, makes one table, says what came out and whether the code was there already.
PROGRAM = """
import resource, sys
if len(sys.argv) > 1:  # a disk with room for so much
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
import numpy as np
from filters.characters import character_table
from filters.kernels.texts import decode
codes = np.zeros(8, dtype=np.uint32)
count = decode(np.frombuffer("aé中".encode(), dtype=np.uint8), 0, 6, codes)
print(count, codes[:count].tolist(), int(character_table().sum()), sum(decode.stats.cache_hits.values()))
"""


def start(cache: Path | None, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Starts the program with a cache folder of its own."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("PHIMILL_CACHE", "XDG_CACHE_HOME")}
    chosen = {"PHIMILL_CACHE": str(cache)} if cache else {}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**inherited, **chosen, **variables},
        cwd=PACKAGE.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[str, bool]:
    """What a program found, and whether it found its code in the cache."""
    out, problems = process.communicate(timeout=500)
    assert process.returncode == 0, problems
    found, _, hits = out.strip().rpartition(" ")
    return found, hits != "0"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def kinds(folder: Path) -> set[str]:
    return {Path(name).suffix for name in files(folder)}


@pytest.fixture(scope="module")
def answer() -> str:
    """What every start of the program must find."""
    from filters.characters import character_table

    return f"3 [97, 233, 20013] {int(character_table().sum())}"


@pytest.fixture(scope="module")
def kept(answer: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a cache folder in which a first start has kept its code; tests copy it."""
    folder = tmp_path_factory.mktemp("kept")
    assert outcome(start(folder)) == (answer, False)
    return folder


def test_code_and_tables_are_kept_in_the_folder_named_and_nowhere_else(tmp_path: Path, answer: str) -> None:
    before = {path for path in PACKAGE.rglob("*") if path.suffix in (".nbi", ".nbc", ".npz")}
    cache, home = tmp_path / "new" / "cache", tmp_path / "home"
    home.mkdir()
    assert outcome(start(cache, HOME=str(home))) == (answer, False)
    assert kinds(cache) == {".npz", ".nbi", ".nbc"}
    written = files(cache)
    assert outcome(start(cache, HOME=str(home))) == (answer, True)
    assert files(cache) == written
    assert files(home) == set()
    assert {path for path in PACKAGE.rglob("*") if path.suffix in (".nbi", ".nbc", ".npz")} == before


def test_without_a_name_the_users_own_cache_folder_is_taken(tmp_path: Path, answer: str) -> None:
    assert outcome(start(None, XDG_CACHE_HOME=str(tmp_path / "xdg")))[0] == answer
    assert kinds(tmp_path / "xdg" / "phimill") == {".npz", ".nbi", ".nbc"}
    assert outcome(start(None, HOME=str(tmp_path / "home")))[0] == answer
    assert kinds(tmp_path / "home" / ".cache" / "phimill") == {".npz", ".nbi", ".nbc"}


def test_where_nothing_can_be_written_everything_still_works(tmp_path: Path, answer: str) -> None:
    (tmp_path / "file").write_text("in the way")
    for cache in (tmp_path / "file" / "cache", Path("/proc/phimill")):
        assert outcome(start(cache)) == (answer, False)
    assert files(tmp_path) == {"file"}


def test_a_disk_without_room_is_no_reason_to_stop(tmp_path: Path, answer: str) -> None:
    assert outcome(start(tmp_path, "2000")) == (answer, False)
    assert outcome(start(tmp_path)) == (answer, False)
    assert outcome(start(tmp_path)) == (answer, True)


@pytest.mark.parametrize(("suffix", "left"), [(".nbi", 0), (".nbi", 60), (".nbc", -10)])
def test_damaged_code_is_compiled_anew(kept: Path, tmp_path: Path, answer: str, suffix: str, left: int) -> None:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    (damaged,) = tmp_path.rglob(f"*{suffix}")
    damaged.write_bytes(damaged.read_bytes()[:left])
    assert outcome(start(tmp_path)) == (answer, False)
    assert outcome(start(tmp_path)) == (answer, True)


def test_processes_that_start_at_once_do_not_disturb_one_another(tmp_path: Path, answer: str) -> None:
    processes = [start(tmp_path) for _ in range(4)]
    assert {outcome(process)[0] for process in processes} == {answer}
    assert not [name for name in files(tmp_path) if ".tmp" in name]
    assert outcome(start(tmp_path)) == (answer, True)


# --- other users


def refused(process: subprocess.Popen[str]) -> str:
    """What is said of a cache that others may write to; the program gives its answer all the same."""
    out, problems = process.communicate(timeout=500)
    assert process.returncode == 0, problems
    assert out.strip().endswith(" 0")
    return problems


def test_code_that_others_may_have_written_is_never_run(tmp_path: Path, answer: str) -> None:
    shared, cache = tmp_path / "shared", tmp_path / "shared" / "cache"
    assert outcome(start(cache)) == (answer, False)
    assert (shared.stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o700, 0o700)
    cache.chmod(0o757)
    assert f"others may write to {cache}" in refused(start(cache))
    cache.chmod(0o700)
    shared.chmod(0o777)
    assert f"others may write to {shared}" in refused(start(cache))
    shared.chmod(0o1777)  # as /tmp: others may not remove or rename what is there
    assert outcome(start(cache)) == (answer, True)


def test_code_that_others_may_write_is_run_where_they_cannot_get_at_it(kept: Path, tmp_path: Path, answer: str) -> None:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    (code,) = tmp_path.rglob("*.nbc")
    tmp_path.chmod(0o755)
    for inner in tmp_path.rglob("*"):
        inner.chmod(0o755 if inner.is_dir() else 0o644)
    assert outcome(start(tmp_path)) == (answer, True)
    code.chmod(0o646)
    assert f"others may write to {code}" in refused(start(tmp_path))
    tmp_path.chmod(0o700)
    assert outcome(start(tmp_path)) == (answer, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_that_belongs_to_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o755)
    assert who_else_writes(cache) == ""
    os.chown(cache, 65534, 65534)
    assert who_else_writes(cache) == f"{cache} belongs to another user (id 65534)"
    link = tmp_path / "link"
    link.symlink_to(cache)
    assert who_else_writes(link) == f"{cache} belongs to another user (id 65534)"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another group")
def test_a_group_that_is_the_users_alone_is_nobody_else(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o775)
    assert who_else_writes(cache) == ""  # that of root
    os.chown(cache, 0, 65534)
    assert who_else_writes(cache) == f"others may write to {cache}"


# --- tables


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("data.compiled.cache_folder", lambda: tmp_path)
    return tmp_path


def build() -> dict[str, Any]:
    return {"numbers": np.arange(1000), "words": np.array(["a", "b"])}


def never() -> dict[str, Any]:
    raise AssertionError("built again")


def test_a_table_is_built_once_and_read_only(folder: Path) -> None:
    for make in (build, never):
        found = cached_arrays("table", make)
        assert {name: array.tolist() for name, array in found.items()} == {
            "numbers": list(range(1000)),
            "words": ["a", "b"],
        }
        with pytest.raises(ValueError, match="read-only"):
            found["numbers"][0] = 1
    assert files(folder) == {"table.npz"}


@pytest.mark.parametrize("damage", ["empty", "cut", "one byte", "another file", "a folder"])
def test_a_damaged_table_is_made_again(folder: Path, damage: str) -> None:
    cached_arrays("table", build)
    path = folder / "table.npz"
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"empty": b"", "cut": content[:middle], "one byte": flipped}.get(damage, b"not ours"))
    assert cached_arrays("table", build)["numbers"].tolist() == list(range(1000))
    if damage != "a folder":
        assert path.read_bytes() == content
        assert cached_arrays("table", never)["words"].tolist() == ["a", "b"]


def test_a_table_for_which_there_is_no_room_is_made_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert cached_arrays("table", build)["words"].tolist() == ["a", "b"]
    assert files(folder) == set()


def test_without_a_folder_tables_are_made_by_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.compiled.cache_folder", lambda: None)
    assert cached_arrays("table", build)["words"].tolist() == ["a", "b"]
