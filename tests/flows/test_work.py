from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import LockedError, PhimillError
from data.fingerprint import _imports, code_digest, digest, file_sha256, step_fingerprint
from flows.pool import Pool
from flows.work import Work


def double(number: int) -> int:
    return number * 2


def die(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Work(tmp_path):
        with pytest.raises(LockedError, match=f"process {os.getpid()}") as caught:
            Work(tmp_path).__enter__()
    assert caught.value.exit_code == 11
    with Work(tmp_path):
        pass


def test_half_written_files_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".work" / "extract-1").mkdir(parents=True)
    leftover = tmp_path / ".work" / "extract-1" / ".tmp-7-part.parquet"
    leftover.write_text("half")
    with Work(tmp_path):
        assert not leftover.exists()


def test_a_remembered_digest_is_not_trusted_after_a_change(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_text("one")
    os.utime(path, (1, 1))
    with Work(tmp_path) as work:
        first = work.sha256(path)
        work.keep_digests()
    path.write_text("two")
    with Work(tmp_path) as work:
        assert work.sha256(path) != first


def test_a_file_that_stays_the_same_is_read_once_and_not_again_in_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    names = ["a b", "é", os.fsdecode(b"\xff")]
    for name in names:
        (tmp_path / name).write_text(name[:1] if name.isprintable() else "")
    later = time.time_ns() + 10**10  # what has just been written may change within a tick of its clock
    monkeypatch.setattr("flows.work.time.time_ns", lambda: later)
    monkeypatch.setattr("flows.work.file_sha256", lambda path: (read.append(path.name), file_sha256(path))[1])
    found = []
    for _ in range(2):
        with Work(tmp_path) as work:
            found.append([work.sha256(tmp_path / name) for name in [*names, *names]])
            work.keep_digests()
    assert read == names
    assert found[0] == found[1] == 2 * [file_sha256(tmp_path / name) for name in names]


def test_a_journal_line_cut_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    with Work(tmp_path) as work:
        work.note("step", step="extract", seconds=1.0)
        with (work.root / "journal.jsonl").open("a") as journal:
            journal.write('{"event": "st')
        assert [event["step"] for event in work.events("step")] == ["extract"]


def test_results_come_in_the_order_of_the_arguments() -> None:
    seen: list[int] = []
    with Pool(2) as pool:
        assert pool.run(double, [(n,) for n in range(7)], seen.append) == [0, 2, 4, 6, 8, 10, 12]
    assert seen == list(range(1, 8))


@pytest.mark.timeout(300)
def test_a_killed_worker_is_an_error_not_a_hang() -> None:
    with pytest.raises(PhimillError, match="a worker process died"), Pool(2) as pool:
        pool.run(die, [(n,) for n in range(4)])


SLEEPERS = """
import sys, time
sys.path.insert(0, {here!r})
from flows.pool import Pool
from tests_sleeper import sleep
if __name__ == "__main__":
    with Pool(2) as pool:
        pool.run(sleep, [(n,) for n in range(2)])
"""


@pytest.mark.slow
def test_workers_end_soon_after_their_parent_was_killed(tmp_path: Path) -> None:
    (tmp_path / "tests_sleeper.py").write_text(
        "import os, time, pathlib\n"
        "def sleep(n):\n"
        f"    pathlib.Path({str(tmp_path)!r}, f'pid{{n}}').write_text(str(os.getpid()))\n"
        "    time.sleep(1000)\n"
    )
    script = tmp_path / "main.py"
    script.write_text(SLEEPERS.format(here=str(tmp_path)))
    parent = subprocess.Popen([sys.executable, str(script)])
    files = [tmp_path / "pid0", tmp_path / "pid1"]
    end = time.monotonic() + 200
    while not all(file.exists() and file.read_text() for file in files) and time.monotonic() < end:
        time.sleep(0.1)
    workers = [int(file.read_text()) for file in files]
    parent.kill()
    parent.wait()
    end = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < end:
        time.sleep(0.1)
    assert [pid for pid in workers if Path(f"/proc/{pid}/cmdline").exists()] == []


def test_a_fingerprint_changes_with_settings_code_libraries_and_what_is_read() -> None:
    base = {"version": 1, "settings": {"a": 1}, "modules": ["data.keyed"], "libraries": ["pyarrow"], "reads": ["x"]}
    changes = [{"version": 2}, {"settings": {"a": 2}}, {"modules": ["data.atomic"]}, {"libraries": []}, {"reads": []}]
    prints = {step_fingerprint("s", **{**base, **change}) for change in [{}, *changes]}  # type: ignore[arg-type]
    assert len(prints) == 6


def test_code_counts_with_all_that_it_imports_from_the_house() -> None:
    assert code_digest("data.texts") != code_digest("data.parts")
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "place",
    [
        "{}",
        "x = 1; {}",
        "def f():\n    {}",
        "async def f():\n    async with x:\n        {}",
        "class A:\n    def f(self):\n        {}",
        "if x:\n    pass\nelif y:\n    {}",
        "for x in y:\n    pass\nelse:\n    {}",
        "while x:\n    {}",
        "try:\n    {}\nexcept OSError:\n    pass",
        "try:\n    pass\nexcept OSError:\n    {}",
        "try:\n    pass\nexcept* OSError:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "match x:\n    case 1:\n        {}",
    ],
)
def test_an_import_counts_wherever_it_stands(place: str) -> None:
    assert _imports(place.format("from data import (\n  keyed)")) == ["data", "data.keyed"]
