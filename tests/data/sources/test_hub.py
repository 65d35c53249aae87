from __future__ import annotations

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

from data.errors import UsageError
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


@pytest.fixture
def hub() -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """A hub of the test's own: its address, its revisions, what was asked."""
    revisions = {"main": SHA, "v2": SHA[::-1]}
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            name = self.path.partition("?")[0].rpartition("/revision/")[2]
            found = revisions.get("main" if name == self.path.partition("?")[0] else name)
            body = json.dumps({"id": "me/set", "sha": found} if found else {"error": "no"}).encode()
            self.send_response(200 if found else 404)
            if not found:
                self.send_header("X-Error-Code", "RevisionNotFound")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", revisions, asked
        server.shutdown()


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
