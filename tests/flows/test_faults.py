"""What breaks on real machines: full disks, damaged and deleted files, edits that hide, dead workers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from data.atomic import atomic_path, atomic_write
from data.errors import DamageError, PhimillError
from data.parts import column_names, count_rows, read_batches, read_part, write_part
from data.verification import verify
from flows.benches.kills import published_digest
from flows.pool import Pool
from flows.progress import Silent
from flows.road import Request, drive
from flows.steps.quality import _check_end
from flows.work import DIGESTS, Work

#: The road without its slow stretches; runs in about a second.
SHORT = ("quality=null", "synthesise=null", "mixture.shares={}")


def run(folder: Path, out: Path, *changes: str) -> dict[str, Any]:
    return drive(Request(str(folder / "small.yaml"), str(out), changes, 1), Silent())


def done(out: Path) -> dict[str, int]:
    """Returns how many parts each step of the last run wrote."""
    events = [json.loads(line) for line in (out / ".work" / "journal.jsonl").read_text().splitlines()]
    last = max(n for n, event in enumerate(events) if event["event"] == "run")
    return {e["step"]: e["parts"] - e["reused"] for e in events[last:] if e["event"] == "step"}


def ledger(out: Path) -> pa.Table:
    return ds.dataset(str(out / "ledger"), format="parquet").to_table()


def edit_in_place(path: Path, old: bytes, new: bytes) -> None:
    """Changes a file's content, and neither its size nor its mtime."""
    content, state = path.read_bytes(), path.stat()
    assert old in content
    assert len(old) == len(new)
    with path.open("r+b") as file:
        file.write(content.replace(old, new))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.fixture(scope="module", autouse=True)
def _no_charts() -> Iterator[None]:
    """Drawing the report takes longer than all the rest of these runs, and is not what is tested here."""

    def write(folder: Path, target: Path, *more: object) -> None:
        target.write_text("<html></html>")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.report.write_report", write, raising=False)
        yield


@pytest.fixture(scope="module")
def finished(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with a corpus and `out`, made from it by the short road; tests copy it."""
    folder = tmp_path_factory.mktemp("finished") / "all"
    shutil.copytree(corpus, folder)
    run(folder, folder / "out", *SHORT)
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "all", symlinks=True))


def test_an_edit_that_keeps_size_and_mtime_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"one")
    later = time.time_ns() + 10**10  # as if it were read long after it was written
    monkeypatch.setattr("flows.work.time.time_ns", lambda: later)
    with Work(tmp_path) as work:
        first = work.sha256(path)
        assert work.sha256(path) == first
        time.sleep(0.02)
        edit_in_place(path, b"one", b"two")
        assert work.sha256(path) != first


def test_a_damaged_digest_store_costs_time_only(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_text("one")
    (tmp_path / ".work").mkdir()
    (tmp_path / ".work" / DIGESTS).write_text('{"half')
    with Work(tmp_path) as work:
        assert len(work.sha256(path)) == 64


def test_what_a_killed_run_left_half_built_is_swept(tmp_path: Path) -> None:
    work = tmp_path / ".work"
    for name in ("build-1", "scratch", "extract-1"):
        (work / name).mkdir(parents=True)
        (work / name / "file").write_text("half")
    (work / ".tmp-7-sha256.json").write_text("half")
    with Work(tmp_path):
        assert sorted(entry.name for entry in work.iterdir()) == ["extract-1", "lock"]


def test_any_flipped_bit_of_a_part_is_an_error_that_names_it_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    texts = [f"the {number}th text" for number in range(40)]
    write_part(path, pa.table({"id": [f"{n:032x}" for n in range(40)], "status": [""] * 40, "text": texts}))
    whole, content = read_part(path), path.read_bytes()
    silent = 0
    for place in range(0, len(content) * 8, 7):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            silent += not read_part(path, ["id", "status", "text"]).equals(whole)
        except DamageError as error:
            assert str(path) in str(error)  # noqa: PT017  # most places raise, some do not
    assert silent <= 1


@pytest.mark.parametrize("read", [read_part, column_names, count_rows, lambda path: list(read_batches(path))])
def test_every_way_to_read_a_damaged_part_names_it(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "part.parquet"
    path.write_bytes(b"PAR1 no part at all PAR1")
    with pytest.raises(DamageError, match=str(path)):
        read(path)


def test_a_full_disk_is_reported_with_the_file_that_did_not_fit(tmp_path: Path) -> None:
    target = tmp_path / "part.parquet"

    def write() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: …")

    with pytest.raises(OSError, match="No space left on device") as caught:
        write()
    assert caught.value.filename == str(target)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_does_not_fit_is_named_even_if_closing_it_fails_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*values: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")

    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.close", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_part(tmp_path / "part.parquet", pa.table({"id": ["x"]}))
    assert caught.value.filename == str(tmp_path / "part.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_died_between_two_steps_is_an_error_that_says_what_to_do() -> None:
    class Broken:
        def submit(self, *values: Any) -> None:
            raise BrokenProcessPool("A child process terminated abruptly")

        def shutdown(self, **options: Any) -> None:
            pass

    pool = Pool(2)
    pool._executor = Broken()  # type: ignore[assignment]
    with pytest.raises(PhimillError, match="a worker process died"):
        pool.run(print, [(1,), (2,)])


@pytest.mark.slow
def test_a_cut_quality_model_is_never_kept(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path / "out", "synthesise=null", "mixture.shares={}")
    [model] = (tmp_path / "out" / ".work").glob("quality-*/model.bin")
    _check_end(model, 20)
    whole = model.read_bytes()
    for size in (len(whole) - 1, len(whole) // 4096 * 4096, 4096, 0):
        model.write_bytes(whole[:size])
        with pytest.raises(OSError, match="is the disk full") as caught:
            _check_end(model, 20)
        assert caught.value.filename == str(model)


@pytest.mark.slow
def test_a_full_or_unwritable_disk_ends_in_one_line_and_leaves_the_published_set(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published_digest(copy / "out")

    def full(target: Path, content: bytes | str) -> None:
        if target.name == "recipe.yaml":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        atomic_write(target, content)

    with monkeypatch.context() as patch:
        patch.setattr("flows.steps.publish.atomic_write", full)
        with pytest.raises(PhimillError, match=r"recipe\.yaml: No space left.*run the same command") as caught:
            run(copy, copy / "out", *SHORT, "shards.rows=9")
    assert caught.value.exit_code == 1
    assert published_digest(copy / "out") == before
    run(copy, copy / "out", *SHORT, "shards.rows=9")
    assert verify(copy / "out", deep=True) == []
    assert published_digest(copy / "out") != before


@pytest.mark.slow
@pytest.mark.parametrize("step", ["ingest", "extract", "measure", "judge", "deduplicate", "tokenise", "mix"])
def test_a_deleted_part_is_made_again(copy: Path, step: str) -> None:
    before = published_digest(copy / "out")
    sorted((copy / "out" / ".work").glob(f"{step}-*/prose*.parquet"))[0].unlink()
    run(copy, copy / "out", *SHORT)
    assert published_digest(copy / "out") == before
    run(copy, copy / "out", *SHORT, "shards.rows=9")
    assert verify(copy / "out", deep=True) == []


@pytest.mark.slow
def test_a_damaged_index_of_parts_is_made_again(copy: Path) -> None:
    [index] = (copy / "out" / ".work").glob("ingest-*/prose*.json")
    index.write_text('[{"file": "pr')
    run(copy, copy / "out", *SHORT)
    assert done(copy / "out")["ingest"] == 1


@pytest.mark.slow
def test_running_again_repairs_a_damaged_shard(copy: Path) -> None:
    before = published_digest(copy / "out")
    shard = sorted((copy / "out" / "data").glob("*.parquet"))[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    assert any(shard.name in str(problem) for problem in verify(copy / "out", deep=True))
    run(copy, copy / "out", *SHORT)
    assert verify(copy / "out", deep=True) == []
    assert published_digest(copy / "out") == before


@pytest.mark.slow
def test_the_ledger_follows_what_changes_no_fate(copy: Path, tmp_path: Path) -> None:
    """A benchmark item's new name changes only a column of the ledger, not who is kept."""
    bench = copy / "bench.jsonl"
    item = json.loads(bench.read_text())
    run(copy, copy / "out", *SHORT, "deduplicate=null")
    named = {name for name in ledger(copy / "out")["benchmark_item"].to_pylist() if name}
    bench.write_text("\n" + json.dumps({**item, "task_id": "b/2"}) + "\n")
    run(copy, copy / "out", *SHORT, "deduplicate=null")
    run(copy, tmp_path / "fresh", *SHORT, "deduplicate=null")
    assert {name for name in ledger(copy / "out")["benchmark_item"].to_pylist() if name} != named
    assert published_digest(copy / "out") == published_digest(tmp_path / "fresh")


@pytest.mark.slow
def test_an_input_edited_in_place_gives_what_a_fresh_run_gives(copy: Path, tmp_path: Path) -> None:
    old = time.time() - 1000
    os.utime(copy / "prose.jsonl", (old, old))
    time.sleep(2.1)  # what was changed within the last two seconds is never remembered
    run(copy, copy / "out", *SHORT)
    edit_in_place(copy / "prose.jsonl", b"river", b"RIVER")
    run(copy, copy / "out", *SHORT)
    assert done(copy / "out")["ingest"] == 1
    run(copy, tmp_path / "fresh", *SHORT)
    assert published_digest(copy / "out") == published_digest(tmp_path / "fresh")


@pytest.mark.slow
def test_nothing_depends_on_where_the_corpus_lies(finished: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a folder" / "ünder another name"
    shutil.copytree(finished, elsewhere, symlinks=True, ignore=shutil.ignore_patterns("out"))
    run(elsewhere, tmp_path / "result", *SHORT)
    assert published_digest(tmp_path / "result") == published_digest(finished / "out")
