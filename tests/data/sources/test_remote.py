from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pydantic import ValidationError

from data.errors import PhimillError, RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.recipe_file import recipe_of
from data.sources import list_units, read_unit


def read(root: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", **{"kind": "jsonl", **settings})
    return [
        row
        for unit in list_units(source, root, file_sha256)
        for table in read_unit(unit, source, root / "scratch")
        for row in table.to_pylist()
    ]


LINES = b"".join(json.dumps({"text": f"t{number}" * 50}).encode() + b"\n" for number in range(2000))


class Site:
    """A web server of the test's own: files by path, and how it behaves."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.break_after: int | None = None
        self.knows_head = True
        self.etag = '"v1"'


@pytest.fixture
def site() -> Iterator[tuple[str, Site]]:
    served = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer() if served.knows_head else self.say(405)

        def do_GET(self) -> None:
            self.answer()

        def say(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content_Length": "0", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def answer(self) -> None:
            wanted = self.headers.get("Range")
            served.asked.append((self.command, wanted))
            path = self.path.partition("?")[0]
            if path in served.moved:
                return self.say(302, Location=served.moved[path])
            if path not in served.files:
                return self.say(404)
            content = served.files[path]
            extra = {"ETag": served.etag}
            first = 0
            if wanted:
                first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
                extra["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
                content = content[first : last + 1]
            self.say(206 if wanted else 200, **{**extra, "Content_Length": str(len(content))})
            if self.command == "GET" and served.break_after is not None:
                content, served.break_after = content[: served.break_after], None
                self.close_connection = True
            if self.command == "GET":
                self.wfile.write(content)
            return None

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", served
        server.shutdown()


def test_a_file_of_a_listed_host_is_read_and_leaves_nothing_behind(tmp_path: Path, site: tuple[str, Site]) -> None:
    host, served = site
    served.files["/data/a.jsonl"] = LINES
    rows = read(tmp_path, path=f"http://{host}/data/a.jsonl", hosts=["127.0.0.1"])
    assert [row["locator"] for row in rows] == [f"a.jsonl:{number}" for number in range(1, 2001)]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_connection_that_breaks_goes_on_where_it_broke(tmp_path: Path, site: tuple[str, Site]) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    served.break_after = 100_000
    assert len(read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])) == 2000
    (again,) = [wanted for method, wanted in served.asked if method == "GET" and wanted]
    assert 0 < int(again.removeprefix("bytes=").split("-")[0]) <= 100_000


def test_a_file_that_changes_while_the_run_goes_on_is_refused(tmp_path: Path, site: tuple[str, Site]) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    source = Source(name="s", kind="jsonl", path=f"http://{host}/a.jsonl", hosts=[host])
    (unit,) = list_units(source, tmp_path, file_sha256)
    served.etag = '"v2"'
    with pytest.raises(PhimillError, match="has changed since the run began"):
        list(read_unit(unit, source, tmp_path))
    (after,) = list_units(source, tmp_path, file_sha256)
    assert after.key != unit.key


def test_hosts_that_the_recipe_does_not_list_are_not_asked_and_redirects_do_not_lead_there(
    tmp_path: Path, site: tuple[str, Site]
) -> None:
    host, served = site
    for hosts in ([], ["example.test"]):
        with pytest.raises(ValidationError, match="`hosts` does not list it"):
            read(tmp_path, path=f"https://{host}/a.jsonl", hosts=hosts)
    assert served.asked == []
    served.moved["/a.jsonl"] = f"http://localhost:{host.partition(':')[2]}/b.jsonl"
    with pytest.raises(PhimillError, match="leads to localhost, which `hosts` does not list"):
        read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])
    served.files["/b.jsonl"] = LINES
    assert len(read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host, "localhost"])) == 2000


def test_a_server_without_head_and_a_missing_file(tmp_path: Path, site: tuple[str, Site]) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    served.knows_head = False
    assert len(read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])) == 2000
    with pytest.raises(PhimillError, match="the server answered 404"):
        read(tmp_path, path=f"http://{host}/b.jsonl", hosts=[host])


@pytest.mark.parametrize(
    "address",
    ["https://user:hunter2@example.test/a.jsonl", "s3://key:hunter2@bucket/a.jsonl",
     "https://example.test/a.jsonl?X-Amz-Signature=hunter2", "https://example.test/a?token=hunter2&x=1"],
)  # fmt: skip
def test_credentials_in_an_address_are_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="published with the recipe"):
        Source(name="s", kind="jsonl", path=address, hosts=["example.test"])
    source = {"name": "s", "kind": "jsonl", "path": address, "hosts": ["example.test"]}
    with pytest.raises(RecipeError, match="published with the recipe") as raised:
        recipe_of({"name": "r", "sources": [source]}, (), Path("r.yaml"))
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def bucket() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def test_files_folders_and_patterns_of_a_storage_are_read_as_local_ones(tmp_path: Path, bucket: Any) -> None:
    for name in ("a.jsonl", "deep/b.jsonl", "c.txt"):
        bucket.pipe(f"/bucket/{name}", b'{"text": "%s"}\n' % name.encode())
    assert {row["locator"] for row in read(tmp_path, path="memory://bucket")} == {"a.jsonl:1", "deep/b.jsonl:1"}
    assert {row["locator"] for row in read(tmp_path, path="memory://bucket/*.jsonl")} == {"a.jsonl:1"}
    assert {row["locator"] for row in read(tmp_path, path="memory://bucket/c.txt")} == {"c.txt:1"}
    (row,) = read(tmp_path, path="memory://bucket", exclude=["deep/"])
    assert row["text"] == "a.jsonl"
    for path in ("memory://nowhere", "memory://bucket/*.parquet", "unknown://x/y", "github://a:b@c/x"):
        with pytest.raises((RecipeError, ValidationError)):
            read(tmp_path, path=path)


def test_a_change_in_a_storage_changes_its_file_only(tmp_path: Path, bucket: Any) -> None:
    source = Source(name="s", kind="jsonl", path="memory://bucket")
    bucket.pipe("/bucket/a.jsonl", b'{"text": "a"}\n')
    bucket.pipe("/bucket/b.jsonl", b'{"text": "b"}\n')
    before = list_units(source, tmp_path, file_sha256)
    bucket.pipe("/bucket/b.jsonl", b'{"text": "c"}\n')
    after = list_units(source, tmp_path, file_sha256)
    assert [old.key == new.key for old, new in zip(before, after, strict=True)] == [True, False]


class _Denied(Exception):
    """What botocore raises without credentials is no OSError either."""


def test_a_storage_that_refuses_in_words_of_its_own_is_named(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise _Denied("Unable to locate credentials")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "isdir", refuse)
    with pytest.raises(PhimillError, match=r"memory://.*Unable to locate credentials.*credentials in the environment"):
        read(tmp_path, path="memory://anything/a.jsonl")
