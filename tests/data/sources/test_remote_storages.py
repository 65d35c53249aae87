"""s3:// and gs:// against servers of the test's own, through the packages that people use for them."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import fsspec
import pytest

from data.errors import PhimillError, RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit

s3fs = pytest.importorskip("s3fs", reason="the extra `storage` is not installed")
gcsfs = pytest.importorskip("gcsfs.core", reason="the extra `storage` is not installed")

#: Not what gcsfs is by default: that asks by gRPC, too, what kind of bucket it has before it.
KINDS = {"s3": s3fs.S3FileSystem, "gs": gcsfs.GCSFileSystem}

JSON = {"Content-Type": "application/json"}


class Bucket:
    """The objects of one bucket, how often each was written, and the requests that were made."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.generations: dict[str, int] = {}
        self.asked: list[str] = []
        self.signed: list[bool] = []
        self.fails: list[int] = []

    def put(self, name: str, content: bytes) -> None:
        self.objects[name] = content
        self.generations[name] = self.generations.get(name, 100) + 1

    def below(self, query: dict[str, str]) -> tuple[list[str], list[str]]:
        """The names with a prefix, and the folders among them."""
        prefix, sign = query.get("prefix", ""), query.get("delimiter", "")
        inner = [name for name in sorted(self.objects) if name.startswith(prefix)]
        deep = [name for name in inner if sign and sign in name[len(prefix) :]]
        folders = {prefix + name[len(prefix) :].partition(sign)[0] + sign for name in deep}
        return [name for name in inner if name not in deep], sorted(folders)


class _Server(http.server.ThreadingHTTPServer):
    bucket = Bucket()


class _Handler(http.server.BaseHTTPRequestHandler):
    """What Google's JSON API and S3 answer about the bucket `b`: gcsfs and s3fs ask for different paths."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.bucket = self.server.bucket
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.bucket.asked.append(f"{self.command} {self.path}")
        self.bucket.signed.append("Authorization" in self.headers)
        if self.bucket.fails:
            return self.say(self.bucket.fails.pop(0), b"{}")
        google = re.fullmatch(r"(?:/download)?/storage/v1/b/b(/o)?(?:/([^/]+))?", url.path)
        if google:
            return self.google(google[1], urllib.parse.unquote(google[2] or ""), query)
        bucket, _, name = url.path[1:].partition("/")
        return self.amazon(urllib.parse.unquote(name), query) if bucket == "b" else self.say(404, b"")

    def google(self, objects: str | None, name: str, query: dict[str, str]) -> None:
        if not objects:
            return self.say(200, b'{"name": "b"}', **JSON)
        if not name:
            names, folders = self.bucket.below(query)
            found = {"items": [self.facts(name) for name in names], "prefixes": folders}
            return self.say(200, json.dumps(found).encode(), **JSON)
        if name not in self.bucket.objects:
            return self.say(404, b"")
        if query.get("alt") == "media":
            return self.give(name, {})
        return self.say(200, json.dumps(self.facts(name)).encode(), **JSON)

    def facts(self, name: str) -> dict[str, str]:
        content, generation = self.bucket.objects[name], str(self.bucket.generations[name])
        made = base64.b64encode(hashlib.md5(content).digest()).decode()
        return {
            "kind": "storage#object", "bucket": "b", "name": name, "size": str(len(content)), "md5Hash": made,
            "generation": generation, "etag": f"E{generation}=", "updated": "2024-01-01T00:00:00.000Z",
        }  # fmt: skip

    def amazon(self, name: str, query: dict[str, str]) -> None:
        if not name:
            names, folders = self.bucket.below(query)
            rows = [
                f"<Contents><Key>{escape(name)}</Key><Size>{len(self.bucket.objects[name])}</Size>"
                f"<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>{self.etag(name)}</ETag></Contents>"
                for name in names
            ] + [f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders]
            head = f"<KeyCount>{len(rows)}</KeyCount><IsTruncated>false</IsTruncated>"
            body = f"<ListBucketResult>{head}{''.join(rows)}</ListBucketResult>"
            return self.say(200, body.encode(), **{"Content-Type": "application/xml"})
        if name not in self.bucket.objects:
            return self.say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        etag = self.etag(name)
        if self.headers.get("If-Match", etag) != etag:
            return self.say(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        return self.give(name, {"ETag": etag, "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})

    def etag(self, name: str) -> str:
        return f'"{hashlib.md5(self.bucket.objects[name]).hexdigest()}"'

    def give(self, name: str, facts: dict[str, str]) -> None:
        content, wanted = self.bucket.objects[name], self.headers.get("Range")
        if not wanted:
            return self.say(200, content, **facts)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last or len(content)) + 1]
        facts |= {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"}
        return self.say(206, part, **facts)

    def say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # gcsfs asks two ways at once, and hangs up on the slower
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(params=["s3", "gs"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Bucket]]:
    """A protocol, and the bucket that its address `…://b` leads to."""
    protocol: str = request.param
    kind = KINDS[protocol]
    monkeypatch.setattr(fsspec, "get_filesystem_class", lambda scheme: KINDS[scheme])
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.bucket = Bucket()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "STORAGE_EMULATOR_HOST": address, "NO_GCE_CHECK": "true",
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "hunter2",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
        kind.clear_instance_cache()
        yield protocol, server.bucket
        kind.clear_instance_cache()
        server.shutdown()


def source_of(path: str, **settings: Any) -> Source:
    return Source(name="s", kind="jsonl", path=path, **settings)


def read(path: str, root: Path, **settings: Any) -> dict[str, str]:
    source = source_of(path, **settings)
    units = list_units(source, root, file_sha256)
    return {
        row["locator"]: row["text"]
        for unit in units
        for table in read_unit(unit, source, root / "scratch")
        for row in table.to_pylist()
    }


def test_files_folders_and_patterns(tmp_path: Path, storage: tuple[str, Bucket]) -> None:
    protocol, bucket = storage
    for name in ("a.jsonl", "deep/b.jsonl", "deep/er/c.jsonl", "d.txt"):
        bucket.put(name, b'{"text": "%s"}\n' % name.encode())
    own = {"a.jsonl:1": "a.jsonl", "deep/b.jsonl:1": "deep/b.jsonl", "deep/er/c.jsonl:1": "deep/er/c.jsonl"}
    assert read(f"{protocol}://b", tmp_path) == own
    assert read(f"{protocol}://b/**/*.jsonl", tmp_path) == own
    assert read(f"{protocol}://b/*.jsonl", tmp_path) == {"a.jsonl:1": "a.jsonl"}
    assert read(f"{protocol}://b/deep/", tmp_path, exclude=["er/"]) == {"b.jsonl:1": "deep/b.jsonl"}
    assert read(f"{protocol}://b/d.txt", tmp_path) == {"d.txt:1": "d.txt"}
    for path in ("b/e.jsonl", "b/*.parquet", "other"):
        with pytest.raises(RecipeError, match=r"no such file|nothing there"):
            read(f"{protocol}://{path}", tmp_path)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_large_file_is_what_was_stored(tmp_path: Path, storage: tuple[str, Bucket]) -> None:
    protocol, bucket = storage
    lines = [json.dumps({"text": f"{number} " * 900}) for number in range(5000)]
    bucket.put("a.jsonl", "\n".join(lines).encode())
    assert len(bucket.objects["a.jsonl"]) > 2 * 8 * 2**20
    found = read(f"{protocol}://b/a.jsonl", tmp_path)
    assert list(found.values()) == [json.loads(line)["text"] for line in lines]


def test_a_change_is_seen_at_once_by_the_next_run_and_ends_this_one(
    tmp_path: Path, storage: tuple[str, Bucket]
) -> None:
    protocol, bucket = storage
    source = source_of(f"{protocol}://b")
    for name in ("a.jsonl", "b.jsonl"):
        bucket.put(name, b'{"text": "1"}\n')
    before = list_units(source, tmp_path, file_sha256)
    bucket.put("b.jsonl", b'{"text": "2"}\n')
    with pytest.raises(PhimillError, match=r"b\.jsonl has changed since the run began"):
        list(read_unit(before[1], source, tmp_path))
    after = list_units(source, tmp_path, file_sha256)
    assert [one.key == other.key for one, other in zip(before, after, strict=True)] == [True, False]
    assert [row["text"] for table in read_unit(after[1], source, tmp_path) for row in table.to_pylist()] == ["2"]
    del bucket.objects["b.jsonl"]
    with pytest.raises(PhimillError, match=r"b\.jsonl is not there any more"):
        list(read_unit(after[1], source, tmp_path))
    assert len(list_units(source, tmp_path, file_sha256)) == 1


def test_a_storage_that_fails_for_a_moment_is_asked_again_and_one_that_refuses_is_told(
    tmp_path: Path, storage: tuple[str, Bucket]
) -> None:
    protocol, bucket = storage
    bucket.put("a.jsonl", b'{"text": "1"}\n')
    bucket.fails = [500]
    assert read(f"{protocol}://b/a.jsonl", tmp_path) == {"a.jsonl:1": "1"}
    bucket.fails = [403] * 100
    with pytest.raises(
        PhimillError, match=r"(?s)://b/a\.jsonl: cannot be read .*credentials in the environment"
    ) as told:
        read(f"{protocol}://b/a.jsonl", tmp_path)
    assert "hunter2" not in str(told.value)


def test_objects_may_be_called_anything(tmp_path: Path, storage: tuple[str, Bucket]) -> None:
    """Whoever may write to a bucket chooses the names, but not what is read."""
    protocol, bucket = storage
    names = [
        "a::https://evil.test/b.jsonl",
        "c*?.jsonl",
        "zip:d.jsonl",
        "e#1.jsonl",
        "f?x=2.jsonl",
        "g&<.jsonl",
        "h%20i.jsonl",
        "k%2Fl m.jsonl",
        "n?generation=5.jsonl",
    ]
    for name in names:
        bucket.put(name, b'{"text": "%s"}\n' % name.encode())
    assert read(f"{protocol}://b", tmp_path) == {f"{name}:1": name for name in names}


def test_a_name_that_s3fs_takes_for_a_version_of_another_is_refused_and_can_be_left_out(
    tmp_path: Path, storage: tuple[str, Bucket]
) -> None:
    protocol, bucket = storage
    names = ["a.jsonl", "a.jsonl?versionId=1.jsonl"]
    for name in names:
        bucket.put(name, b'{"text": "%s"}\n' % name.encode())
    if protocol == "gs":
        assert read("gs://b", tmp_path) == {f"{name}:1": name for name in names}
        return
    for path in ("s3://b", f"s3://b/{names[1]}"):
        with pytest.raises(RecipeError, match=r"'a\.jsonl\?versionId=1\.jsonl'.*exclude it"):
            read(path, tmp_path)
    assert read("s3://b", tmp_path, exclude=["*versionId*"]) == {"a.jsonl:1": "a.jsonl"}


def test_a_public_bucket_needs_no_credentials(
    tmp_path: Path, storage: tuple[str, Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As FSSPEC_S3_ANON=true and FSSPEC_GS_TOKEN=anon in the environment say."""
    protocol, bucket = storage
    bucket.put("a.jsonl", b'{"text": "1"}\n')
    settings = {"s3": {"anon": "true"}, "gs": {"token": "anon"}}
    monkeypatch.setitem(fsspec.config.conf, protocol, settings[protocol])
    assert read(f"{protocol}://b/a.jsonl", tmp_path) == {"a.jsonl:1": "1"}
    assert not any(bucket.signed)
