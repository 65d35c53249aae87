from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from data.manifest import write_manifest
from data.publish import publish
from data.verification import Problem, verify

#: Damages in a test run; `PHIMILL_DAMAGES=1000` for the whole thousand.
DAMAGES = int(os.environ.get("PHIMILL_DAMAGES", "60"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Any]) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    build(out / ".work" / "build")
    publish(out, out / ".work" / "build", "s1")
    return out


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "out", symlinks=True))


def test_a_whole_dataset_has_no_problems_wherever_it_stands(out: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(out, tmp_path / "copy")  # links followed, hidden folders and all
    (copied / ".gitattributes").write_text("")
    for folder in (out, out / ".snapshots" / "s1", copied):
        assert verify(folder) == verify(folder, deep=True) == []


def flip(path: Path, draw: random.Random) -> str:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    return path.name


def cut(path: Path, draw: random.Random) -> str:
    os.truncate(path, draw.randrange(path.stat().st_size))
    return path.name


def delete(path: Path, draw: random.Random) -> str:
    path.unlink()
    return path.name


def add(path: Path, draw: random.Random) -> str:
    name = draw.choice(["train-00009-of-00009.parquet", "extra.txt", ".hidden"])
    (path.parent / name).write_bytes(draw.randbytes(draw.randrange(40)))
    return name


def swap(path: Path, draw: random.Random) -> str:
    others = [
        other for other in sorted(path.parent.iterdir()) if other.is_file() and other.read_bytes() != path.read_bytes()
    ]
    other, spare = draw.choice(others) if others else path, path.with_name("spare")
    if other == path:
        return flip(path, draw)
    path.rename(spare)
    other.rename(path)
    spare.rename(other)
    return f"{path.name} {other.name}"


def edit(path: Path, draw: random.Random) -> str:
    manifest = path.parents[len(path.parts) - path.parts.index(".snapshots") - 3] / "manifest.json"
    facts = json.loads(manifest.read_text())
    harm: Callable[[], Any] = draw.choice(
        [
            lambda: facts["counts"].update(kept=facts["counts"]["kept"] + 1),
            lambda: facts["files"].pop(draw.choice(sorted(facts["files"]))),
            lambda: facts.update(name="other"),
            lambda: facts["shards"].reverse(),
        ]
    )
    harm()
    manifest.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    return manifest.name


def test_any_random_damage_is_found_and_the_file_named(whole: Path, tmp_path: Path) -> None:
    kinds = [flip, cut, delete, add, swap, edit]
    for number in range(DAMAGES):
        draw = random.Random(number)
        out = Path(shutil.copytree(whole, tmp_path / str(number), symlinks=True))
        files = sorted(path for path in (out / ".snapshots").rglob("*") if path.is_file() and path.stat().st_size)
        damage = kinds[number % len(kinds)]
        name = damage(draw.choice(files), draw)
        problems = verify(out, deep=True)
        assert problems, (number, damage.__name__, name)
        assert any(one in str(problem) for problem in problems for one in name.split()), (
            number,
            damage.__name__,
            name,
            problems,
        )
        shutil.rmtree(out)


@pytest.mark.parametrize("damage", [cut, delete, add])
def test_a_changed_size_or_name_is_found_without_reading(
    out: Path, damage: Callable[[Path, random.Random], str]
) -> None:
    shard = next((out / ".snapshots" / "s1" / "data").iterdir())
    name = damage(shard, random.Random(1))
    assert [name in str(problem) for problem in verify(out)] == [True]


def test_links_that_do_not_lead_to_the_snapshot_are_found(out: Path) -> None:
    (out / "data").unlink()
    (out / "README.md").unlink()
    (out / "README.md").write_text("mine")
    (out / "notes.txt").write_text("mine")
    assert sorted(problem.file for problem in verify(out)) == ["README.md", "data", "notes.txt"]


@pytest.mark.parametrize("change", [b"\n", b" ", b"\r\n"])
def test_a_seal_with_other_blanks_is_not_what_was_written(out: Path, change: bytes) -> None:
    seal = out / ".snapshots" / "s1" / "manifest.sha256"
    seal.write_bytes(seal.read_bytes() + change)
    assert [problem.file for problem in verify(out)] == ["manifest.sha256"]


def test_a_missing_snapshot_is_found(out: Path) -> None:
    shutil.rmtree(out / ".snapshots")
    assert verify(out) == [Problem(".current", "names s1, which is missing")]


def test_a_folder_without_a_dataset_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dataset here"):
        verify(tmp_path)


def test_a_problem_reads_as_a_line() -> None:
    assert str(Problem("data/x.parquet", "is missing")) == "data/x.parquet: is missing"


def reseal(base: Path, change: Callable[[dict[str, Any]], None] = lambda manifest: None) -> None:
    """Makes the manifest agree with changed files again, as a forger or a bug would."""
    manifest = json.loads((base / "manifest.json").read_text())
    change(manifest)
    written = write_manifest(base, manifest)
    for entry in [*written["shards"], *written["token_shards"]]:
        entry |= written["files"][entry["path"]]
    write_manifest(base, written)


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = change(pq.read_table(path))
    pq.write_table(table, path)


def turn(table: pa.Table) -> pa.Table:
    return table.take(pa.array(range(table.num_rows - 1, -1, -1)))


def plus_one(table: pa.Table) -> pa.Table:
    tokens = table["tokens"].to_pylist()
    moved = [tokens[0] + 1, tokens[1] - 1, *tokens[2:]]
    return table.set_column(table.schema.get_field_index("tokens"), table.schema.field("tokens"), pa.array(moved))


def another(name: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    """Replaces a value in the first kept row of the ledger."""

    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        values[table["status"].to_pylist().index("kept")] = value
        return table.set_column(
            table.schema.get_field_index(name), table.schema.field(name), pa.array(values, table[name].type)
        )

    return change


@pytest.mark.parametrize(
    ("file", "change", "named"),
    [
        ("data/train-00000-of-00003.parquet", turn, "its rows are not those that the ledger says"),
        ("data/train-00000-of-00003.parquet", lambda table: table.slice(1), "has 14 rows; 15 were written"),
        ("data/train-00000-of-00003.parquet", plus_one, "other lengths than the text shards say"),
        ("ledger/ledger-00000-of-00001.parquet", another("row", 14), "its rows are not those"),
        (
            "ledger/ledger-00000-of-00001.parquet",
            another("shard", "data/none.parquet"),
            "name a shard that does not exist",
        ),
        ("ledger/ledger-00000-of-00001.parquet", another("id", "0" * 32), "its rows are not those"),
        ("ledger/ledger-00000-of-00001.parquet", another("tokens", 10**6), "adds up to another 'tokens_kept'"),
        ("ledger/ledger-00000-of-00001.parquet", another("status", "dropped"), "no stage, or no reason"),
        ("ledger/ledger-00000-of-00001.parquet", lambda t: pa.concat_tables([t, t.slice(0, 1)]), "more than once"),
        ("tokens/train-00000-of-00003.ds", None, "does not end in the end token"),
    ],
)
def test_files_that_contradict_each_other_are_found_though_every_digest_is_right(
    out: Path, file: str, change: Callable[[pa.Table], pa.Table] | None, named: str
) -> None:
    base = out / ".snapshots" / "s1"
    if change is None:
        packed = np.fromfile(base / file, "<u2")
        packed[packed == 0] = 1
        packed.tofile(base / file)
    else:
        rewrite(base / file, change)
    reseal(base)
    assert named in "\n".join(map(str, verify(out, deep=True)))


def test_sums_that_do_not_come_out_are_found_though_the_seal_is_right(out: Path) -> None:
    reseal(out / ".snapshots" / "s1", lambda manifest: manifest["counts"].update(kept=40))
    assert [problem.file for problem in verify(out)] == ["manifest.json"]


@pytest.mark.parametrize("key", ["counts", "shards"])
def test_a_manifest_without_what_belongs_in_it_is_a_problem_not_a_crash(out: Path, key: str) -> None:
    base = out / ".snapshots" / "s1"
    manifest = json.loads((base / "manifest.json").read_text())
    del manifest[key]
    write_manifest(base, manifest)
    assert [problem.file for problem in verify(out, deep=True)] == ["manifest.json"]
