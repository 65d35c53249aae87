from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import PhimillError, UsageError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit

SHA = "0123456789abcdef0123456789abcdef01234567"

#: `huggingface_hub` reads its settings when it is imported, so this runs in a process of its own.
PROGRAM = """
import sys
from pathlib import Path
from data.errors import PhimillError
from data.recipe import Source
from data.sources import list_units
source = Source(name="s", kind="huggingface", path="me/set", revision=sys.argv[1] or None)
try:
    (unit,) = list_units(source, Path(sys.argv[2]), lambda path: "")
    print(unit.address, unit.files[0].version, unit.key)
except PhimillError as error:
    print(type(error).__name__, error)
"""

#: Reads sources one after the other, and prints what became of each.
READING = """
import json, sys
from pathlib import Path
from data.errors import PhimillError
from data.recipe import Source
from data.sources import list_units, read_unit
for settings in json.loads(sys.argv[1]):
    source = Source(name="s", **settings)
    try:
        units = list_units(source, Path(sys.argv[2]), lambda path: "")
        tables = [table for unit in units for table in read_unit(unit, source, Path(sys.argv[2]) / "scratch")]
        rows = [row for table in tables for row in table.to_pylist()]
        print(json.dumps([units[0].files[0].version, [(row["locator"], row["text"], row["metadata"]) for row in rows]]))
    except PhimillError as error:
        print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.fixture
def hub() -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """A hub of the test's own: its address, its revisions, what was asked."""
    revisions = {"main": SHA, "v2": SHA[::-1]}
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:  # facts about paths
            asked.append(self.path)
            names = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["paths"]
            self.say(200, json.dumps(entries(*(name for name in names if name in DATASET or name == "data"))).encode())

        def do_GET(self) -> None:
            asked.append(self.path)
            path = self.path.partition("?")[0]
            if "/resolve/" in path:
                self.give(*path.partition("/resolve/")[2].split("/", 1))
            elif "/tree/" in path:
                folder = path.partition("/tree/")[2].partition("/")[2]
                inner = [name for name in DATASET if name.startswith(folder)]
                found = (
                    entries(*inner) if folder or "recursive=true" in self.path.lower() else entries("data", "README.md")
                )
                self.say(200, json.dumps(found).encode())
            else:
                name = path.rpartition("/revision/")[2]
                commit = revisions.get("main" if name == path else name) or (name if name in revisions.values() else "")
                body = {"id": "me/set", "sha": commit, "siblings": []} if commit else {"error": "no"}
                extra = {} if commit else {"X-Error-Code": "RevisionNotFound"}
                self.say(200 if commit else 404, json.dumps(body).encode(), **extra)

        def give(self, commit: str, name: str) -> None:
            if name not in DATASET:
                return self.say(404, b"", **{"X-Error-Code": "EntryNotFound"})
            content, status = DATASET[name], 200
            facts = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit}
            if wanted := self.headers.get("Range"):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                facts["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
                content, status = content[int(first) : int(last or len(content)) + 1], 206
            return self.say(status, content, **facts)

        def say(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", revisions, asked
        server.shutdown()


DATASET = {
    "data/train.jsonl": b"".join(json.dumps({"text": f"t{n}", "int_score": n}).encode() + b"\n" for n in range(50)),
    "README.md": b"---\nlicense: mit\n---\n",
}


def entries(*names: str) -> list[dict[str, Any]]:
    """What the hub says about files, and the folder `data`."""
    return [
        {"type": "file", "path": name, "size": len(DATASET[name]), "oid": hashlib.sha1(DATASET[name]).hexdigest()}
        if name in DATASET
        else {"type": "directory", "path": name, "oid": "1" * 40}
        for name in names
    ]


def outcomes(endpoint: str, root: Path, *sources: dict[str, Any]) -> list[Any]:
    """What becomes of sources, read one after the other by a process that takes `endpoint` for the hub."""
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": "", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment["HF_HOME"] = str(root / "hf")
    command = [sys.executable, "-c", READING, json.dumps(sources), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_dataset_is_read_at_its_commit_as_a_stream_as_a_copy_and_as_files(
    tmp_path: Path, hub: tuple[str, dict[str, str], list[str]]
) -> None:
    endpoint, _, asked = hub
    dataset = {"kind": "huggingface", "path": "me/set"}
    file = {"kind": "jsonl", "path": "hf://datasets/me/set/data/*.jsonl"}
    pinned = {**dataset, "revision": SHA[::-1], "signals": {"edu": "int_score"}}
    stream, copy, signals, files = outcomes(endpoint, tmp_path, dataset, {**dataset, "streaming": False}, pinned, file)
    rows = [[f"train:{n}", f"t{n}", json.dumps({"int_score": n}, separators=(",", ":"))] for n in range(50)]
    assert stream == [SHA, rows]
    assert copy == [SHA, rows]
    assert signals[0] == SHA[::-1]
    assert signals[1][3] == ["train:3", "t3", '{"signals":{"edu":3.0}}']
    assert any(f"/resolve/{SHA[::-1]}/data/train.jsonl" in path for path in asked)
    assert files == [
        hashlib.sha1(DATASET["data/train.jsonl"]).hexdigest(),
        [[f"train.jsonl:{n + 1}", f"t{n}", rows[n][2]] for n in range(50)],
    ]


def test_a_dataset_does_not_choose_files_and_addresses_beyond_its_own(
    tmp_path: Path, hub: tuple[str, dict[str, str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _, asked = hub
    (tmp_path / "secret.jsonl").write_text('{"text": "secret"}\n')
    for number, place in enumerate(
        [f"data_files: {tmp_path}/secret.jsonl", "data_files: ../secret.jsonl", f"data_files: {endpoint}/secret.jsonl",
         "data_dir: ..", f"data_files: 'zip://a.jsonl::{endpoint}/a.zip'", f"data_files: 'a.zip::{endpoint}/a.zip'"]
    ):  # fmt: skip
        folder = tmp_path / f"set-{number}"
        folder.mkdir()
        (folder / "a.jsonl").write_text('{"text": "own"}\n')
        (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: default\n  {place}\n---\n")
        with pytest.raises(UsageError, match="none of its own"):
            texts_of(tmp_path, folder.name)
    assert asked == []
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "a.jsonl").write_text('{"text": "own"}\n')
    (linked / "b.jsonl").symlink_to(tmp_path / "secret.jsonl")
    with pytest.raises(UsageError, match="links to a file that is none of its own"):
        texts_of(tmp_path, "linked")
    monkeypatch.setitem(
        DATASET, "README.md", f"---\nconfigs:\n- config_name: x\n  data_files: {tmp_path}/secret.jsonl\n---\n".encode()
    )
    ((name, message),) = outcomes(endpoint, tmp_path, {"kind": "huggingface", "path": "me/set"})
    assert name == "UsageError"
    assert "none of its own" in message


def test_a_saved_dataset_that_names_another_file_and_damaged_ones_are_told(tmp_path: Path) -> None:
    import datasets

    for name in ("own", "other", "without"):
        datasets.Dataset.from_dict({"text": ["one"]}).save_to_disk(tmp_path / name)
    assert texts_of(tmp_path, "own") == ["one"]
    state = tmp_path / "other" / "state.json"
    state.write_text(state.read_text().replace("data-00000", "../own/data-00000"))
    with pytest.raises(UsageError, match="none of its own"):
        texts_of(tmp_path, "other")
    (tmp_path / "without" / "state.json").write_text("{}")
    with pytest.raises(PhimillError, match="cannot be loaded"):
        texts_of(tmp_path, "without")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "README.md").write_text("---\nconfigs: [\n---\n")
    with pytest.raises(PhimillError, match="cannot be loaded"):
        texts_of(tmp_path, "odd")


def texts_of(root: Path, name: str) -> list[str]:
    source = Source(name="s", kind="huggingface", path=name)
    (unit,) = list_units(source, root, file_sha256)
    return [row["text"] for table in read_unit(unit, source) for row in table.to_pylist()]


def listed(endpoint: str, revision: str, root: Path) -> list[str]:
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": "", "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", PROGRAM, revision, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.split()


def test_a_dataset_of_the_hub_is_pinned_to_the_commit_that_its_revision_names(
    tmp_path: Path, hub: tuple[str, dict[str, str], list[str]]
) -> None:
    endpoint, revisions, asked = hub
    address, commit, key = listed(endpoint, "", tmp_path)
    assert (address, commit) == ("me/set", SHA)
    assert listed(endpoint, "v2", tmp_path)[1] == SHA[::-1]
    asked.clear()
    assert listed(endpoint, SHA, tmp_path)[1] == SHA
    assert asked == []
    revisions["main"] = "f" * 40
    assert listed(endpoint, "", tmp_path)[2] != key


def test_a_revision_that_is_not_there_and_a_hub_that_is_away_are_told(
    tmp_path: Path, hub: tuple[str, dict[str, str], list[str]]
) -> None:
    assert listed(hub[0], "nowhere", tmp_path)[0] == "UsageError"
    assert listed("http://127.0.0.1:9", "", tmp_path)[0] == "PhimillError"


def test_what_save_to_disk_wrote_is_a_local_copy_with_its_splits(tmp_path: Path) -> None:
    import datasets

    whole = datasets.Dataset.from_dict({"text": ["one", "two", "three"], "int_score": [1, 2, 3]})
    whole.save_to_disk(tmp_path / "alone")
    datasets.DatasetDict({"train": whole, "test": whole.select([1])}).save_to_disk(tmp_path / "both")

    def texts(name: str, split: str = "train") -> list[tuple[str, str]]:
        source = Source(name="s", kind="huggingface", path=name, split=split, signals={"edu": "int_score"})
        (unit,) = list_units(source, tmp_path, file_sha256)
        return [(row["locator"], row["text"]) for table in read_unit(unit, source) for row in table.to_pylist()]

    assert texts("alone") == [("train:0", "one"), ("train:1", "two"), ("train:2", "three")]
    assert texts("both") == texts("alone")
    assert texts("both", "test") == [("test:0", "two")]
    with pytest.raises(UsageError, match="has the splits test, train"):
        texts("both", "validation")
    datasets.Dataset.from_dict({"text": ["one"]}, split="test").save_to_disk(tmp_path / "one")
    assert texts("one", "test") == [("test:0", "one")]
    with pytest.raises(UsageError, match="it is the split test"):
        texts("one", "validation")


@pytest.mark.parametrize(("key", "message"), [("revision", "is for datasets of the hub"), ("config", "no configurat")])
def test_what_a_local_copy_has_no_use_for_is_refused(tmp_path: Path, key: str, message: str) -> None:
    import datasets

    datasets.Dataset.from_dict({"text": ["one"], "int_score": [1]}).save_to_disk(tmp_path / "a")
    source = Source.model_validate({"name": "s", "kind": "huggingface", "path": "a", key: "main"})
    with pytest.raises(UsageError, match=message):
        [table for unit in list_units(source, tmp_path, file_sha256) for table in read_unit(unit, source)]
