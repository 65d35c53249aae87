from __future__ import annotations

import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import httpx
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pydantic import ValidationError

from data.errors import PhimillError, RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.recipe_file import recipe_of
from data.sources import list_units, read_unit, remote, web
from data.sources.web import is_listed


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
        self.breaks_left = 1
        self.knows_head = True
        self.knows_ranges = True
        self.etag = '"v1"'
        self.fails: list[tuple[int, dict[str, str]]] = []


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
            if served.fails:
                status, headers = served.fails.pop(0)
                return self.say(status, **headers)
            if path in served.moved:
                return self.say(302, Location=served.moved[path])
            if path not in served.files:
                return self.say(404)
            content = served.files[path]
            extra = {"ETag": served.etag} if served.etag else {}
            if wanted and served.knows_ranges:
                first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
                extra["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
                content = content[first : last + 1]
            self.say(206 if "Content_Range" in extra else 200, **{**extra, "Content_Length": str(len(content))})
            if self.command == "GET" and served.break_after is not None and served.breaks_left:
                content = content[: served.break_after]
                served.breaks_left -= 1
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


def test_an_archive_of_a_host_is_unpacked_when_it_is_there(tmp_path: Path, site: tuple[str, Site]) -> None:
    host, served = site
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.jsonl", LINES)
    served.files["/data/a.zip"] = made.getvalue()
    rows = read(tmp_path, path=f"http://{host}/data/a.zip", hosts=[host])
    assert [row["locator"] for row in rows] == [f"a.zip/in/a.jsonl:{number}" for number in range(1, 2001)]
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


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The patience shown, in seconds; nobody really waits."""
    shown: list[float] = []
    monkeypatch.setattr(web.time, "sleep", shown.append)
    return shown


def test_a_busy_server_is_asked_again_as_late_as_it_wants(
    tmp_path: Path, site: tuple[str, Site], waits: list[float]
) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    served.fails = [(503, {}), (429, {"Retry_After": "40"}), (500, {}), (408, {"Retry_After": "100000"})]
    assert len(read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])) == 2000
    assert waits == [0.5, 40.0, 2.0, web.MAX_WAIT_S]
    served.fails = [(503, {})] * 50
    with pytest.raises(PhimillError, match="the server answered 503, 5 times"):
        read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])
    assert len(served.fails) == 45


def test_a_server_that_breaks_off_every_time_is_left_at_last(
    tmp_path: Path, site: tuple[str, Site], waits: list[float]
) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    source = Source(name="s", kind="jsonl", path=f"http://{host}/a.jsonl", hosts=[host])
    (unit,) = list_units(source, tmp_path, file_sha256)
    served.break_after, served.breaks_left = 0, 1000
    with pytest.raises(PhimillError, match=r"the connection broke: \w+, 5 times"):
        list(read_unit(unit, source, tmp_path / "scratch"))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_server_without_ranges_is_asked_for_all_of_it_again(
    tmp_path: Path, site: tuple[str, Site], waits: list[float]
) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES
    served.knows_ranges = False
    served.break_after = 100_000
    rows = read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])
    assert [json.loads(line)["text"] for line in LINES.splitlines()] == [row["text"] for row in rows]
    assert len(waits) == 1


@pytest.mark.parametrize("etag", ["", '"v1"'])
@pytest.mark.parametrize("after", [LINES + b'{"text": "more"}\n', LINES[:-1000], LINES.replace(b"t1", b"T1"), None])
def test_a_file_that_grows_shrinks_changes_or_vanishes_meanwhile_is_not_read(
    tmp_path: Path, site: tuple[str, Site], etag: str, after: bytes | None
) -> None:
    """Where the server says what pins a file, it says so of the other one, too; and where it says nothing."""
    host, served = site
    served.files["/a.jsonl"] = LINES
    served.etag = etag
    source = Source(name="s", kind="jsonl", path=f"http://{host}/a.jsonl", hosts=[host])
    (unit,) = list_units(source, tmp_path, file_sha256)
    assert len([row for table in read_unit(unit, source, tmp_path) for row in table.to_pylist()]) == 2000
    served.etag = etag and '"v2"'
    served.files = {} if after is None else {"/a.jsonl": after}
    with pytest.raises(
        PhimillError, match="is not there any more" if after is None else "has changed since the run began"
    ):
        list(read_unit(unit, source, tmp_path))
    if after is not None:
        (again,) = list_units(source, tmp_path, file_sha256)
        assert again.key != unit.key


def test_a_file_that_finds_no_room_is_told(
    tmp_path: Path, site: tuple[str, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, served = site
    served.files["/a.jsonl"] = LINES

    def full(file: Any, source: Any) -> Iterator[bytes]:
        yield LINES[:100]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(remote, "_pieces", full)
    with pytest.raises(PhimillError, match=r"cannot be put down in .*No space left on device.*make room there"):
        read(tmp_path, path=f"http://{host}/a.jsonl", hosts=[host])


@pytest.mark.parametrize(
    ("url", "hosts"),
    [("https://data.example.org/a", ["data.example.org"]), ("HTTPS://Data.Example.ORG/a", ["data.example.org"]),
     ("http://data.example.org:8080/a", ["data.example.org"]), ("http://data.example.org:80/", ["data.example.org:80"]),
     ("https://data.example.org/a", ["data.example.org:443"]), ("https://bücher.example/a", ["xn--bcher-kva.example"]),
     ("https://xn--bcher-kva.example/a", ["bücher.example"]), ("http://[::1]:8080/a", ["::1"]),
     ("http://[::1]:8080/a", ["[::1]:8080"]), ("sftp://data.example.org/a", ["data.example.org"])],
)  # fmt: skip
def test_a_host_is_listed_however_it_is_written(url: str, hosts: list[str]) -> None:
    assert is_listed(url, hosts)
    assert Source(name="s", kind="jsonl", path=url, hosts=hosts).addresses == [url]


@pytest.mark.parametrize(
    "url",
    ["https://evil/a", "https://good@evil/a", "https://good:80@evil/a", "https://evil\\@good/a", "https://good\\.evil/a",
     "https://good%2eevil/a", "https://good%40evil/a", "https://good\tevil/a", "https://good\n.evil/a", "https://good./a",
     "https://evil%00.good/a", "https://good;evil/a", "https://good,evil/a", "https://good evil/a", "https://good:evil/a",
     "https:///good/a", "https://", "https://[good]/a", "https://[::1/a", "https://ｇood/a", "https://xn--/a",
     "https://good:99999999/a", "https://127.1/a", "https://goo/a", "https://good.evil/a", "https://agood/a",
     "ftp://good/a", "file://good/a", "//good/a", "good", "", "https://good:8081/a", "http://other:8080/a"],
)  # fmt: skip
def test_no_trick_makes_another_host_a_listed_one(url: str) -> None:
    hosts = ["good:8080", "good:443"]
    assert not is_listed(url, hosts)
    if url.startswith("https://"):
        with pytest.raises(ValidationError):
            Source(name="s", kind="jsonl", path=url, hosts=hosts)


@pytest.mark.parametrize(
    "host", ["https://good", "good/data", "*.good", "a@good", "", "good:port", "[good]", "go od", "*"]
)
def test_what_is_no_host_is_refused_as_one(host: str) -> None:
    with pytest.raises(ValidationError, match="no scheme, no path, no wildcard"):
        Source(name="s", kind="jsonl", path="a.jsonl", hosts=[host])


@pytest.mark.parametrize(
    "address",
    ["zip://a.jsonl::https://evil/a.zip", "tar://a::memory://x/a.tar", "simplecache::https://good/a.jsonl",
     "filecache::s3://bucket/a", "dir::file:///etc", "s3://bucket/a::https://evil/b", "reference::https://evil/a",
     "blockcache::zip://*::https://evil/a.zip", "memory://a*::https://evil", "zip://a.jsonl::dumps/a.zip"],
)  # fmt: skip
def test_no_address_stands_behind_another(address: str) -> None:
    with pytest.raises(ValidationError, match="chained addresses"):
        Source(name="s", kind="jsonl", path=address, hosts=["good", "evil"])


@pytest.mark.parametrize(
    "address",
    ["ftp://good/a.jsonl", "github://good:b@c/x", "webhdfs://good:50070/a.jsonl", "reference://a", "zip://a.jsonl",
     "dask://a", "smb://good/a", "git://a", "jupyter://good/a", "dbfs://a", "libarchive://a", "local://good/a",
     "file://good/a", "data://text/plain,a", "http+unix://a", "pyfilesystem+ftp://good/a"],
)  # fmt: skip
def test_protocols_that_lead_to_no_storage_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises((RecipeError, ValidationError)):
        read(tmp_path, path=address, hosts=["good"])


def test_storages_that_addresses_name_by_host_are_asked_only_if_it_is_listed() -> None:
    for address in ("sftp://evil/a.jsonl", "hdfs://evil:8020/a.jsonl"):
        with pytest.raises(ValidationError, match="`hosts` does not list it"):
            Source(name="s", kind="jsonl", path=address, hosts=["good"])
    assert Source(name="s", kind="jsonl", path="hdfs:///data/a.jsonl").hosts == []


@pytest.mark.parametrize(
    ("location", "message"),
    [("http://good/b", "leads from https to http"), ("https://evil/b", "leads to evil"), ("//evil/b", "leads to evil"),
     ("https://good@evil/b", "leads to evil"), ("ftp://good/b", "leads to good"), ("file:///etc/passwd", "to no host"),
     ("https://[/", "an address that is none"), ("https://good:99999999/", "leads to good"), ("", "leads in circles")],
)  # fmt: skip
def test_no_redirect_leads_out_of_the_list(monkeypatch: pytest.MonkeyPatch, location: str, message: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": location})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        monkeypatch.setattr(web, "_client", lambda: client)
        with pytest.raises(web.BadAnswer, match=message):
            web.look_up("https://good/a", ["good"])
    assert set(asked) == {"https://good/a"}


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
    told: list[str] = []
    source = Source(name="s", kind="jsonl", path="memory://bucket", exclude=["*.md"])
    list_units(source, tmp_path, file_sha256, lambda name, why: told.append(f"{name}: {why}"))
    assert told == ["c.txt: ending .txt, not read as jsonl"]
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


class _Remembering(MemoryFileSystem):
    """Keeps what it said about a path, as s3fs and gcsfs do."""

    said: ClassVar[dict[str, Any]] = {}

    def info(self, path: str, **options: Any) -> Any:
        path = self._strip_protocol(path)
        if path not in self.said:
            self.said[path] = super().info(path, **options)
        return self.said[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.said.clear()


def test_a_storage_shows_what_is_there_now_and_not_what_was_when_the_process_began(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fsspec, "get_filesystem_class", lambda scheme: _Remembering)
    source = Source(name="s", kind="jsonl", path="memory://bucket/a.jsonl")
    bucket.pipe("/bucket/a.jsonl", b'{"text": "a"}\n')
    (before,) = list_units(source, tmp_path, file_sha256)
    bucket.pipe("/bucket/a.jsonl", b'{"text": "b"}\n')
    with pytest.raises(PhimillError, match="has changed since the run began"):
        list(read_unit(before, source, tmp_path))
    (after,) = list_units(source, tmp_path, file_sha256)
    assert [row["text"] for table in read_unit(after, source, tmp_path) for row in table.to_pylist()] == ["b"]
    bucket.rm("/bucket/a.jsonl")
    with pytest.raises(PhimillError, match="is not there any more"):
        list(read_unit(after, source, tmp_path))


def test_a_file_of_a_storage_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(name="s", kind="jsonl", path="memory://bucket/a.jsonl")
    bucket.pipe("/bucket/a.jsonl", b'{"text": "a"}\n')
    (unit,) = list_units(source, tmp_path, file_sha256)
    opened = type(bucket).open

    def replaced(self: Any, path: str, *rest: Any, **options: Any) -> Any:
        found = opened(self, path, *rest, **options)
        bucket.pipe("/bucket/a.jsonl", b'{"text": "b"}\n')
        return found

    monkeypatch.setattr(type(bucket), "open", replaced)
    with pytest.raises(PhimillError, match="has changed since the run began"):
        list(read_unit(unit, source, tmp_path))


@pytest.mark.parametrize(
    ("given", "message"), [(b'{"text": "', "10 bytes came, 14 were listed"), (None, "connection lost")]
)
def test_a_storage_that_gives_less_than_it_listed_is_told(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch, given: bytes | None, message: str
) -> None:
    bucket.pipe("/bucket/a.jsonl", b'{"text": "a"}\n')

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if given is None:
                raise OSError("connection lost")
            return super().read(size)

    monkeypatch.setattr(type(bucket), "open", lambda *rest, **options: Cut(given or b""))
    with pytest.raises(PhimillError, match=message):
        read(tmp_path, path="memory://bucket/a.jsonl")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_files_of_a_storage_may_be_called_anything(tmp_path: Path, bucket: Any) -> None:
    """Whoever may write to a bucket chooses the names, but not what is read."""
    names = ["c*?.jsonl", "[d].jsonl", "e#1.jsonl", "f?versionId=2.jsonl", "../../g.jsonl", "h\n\x00.jsonl"]
    for name in names:
        bucket.pipe(f"/bucket/{name}", b'{"text": "own"}\n')
    rows = read(tmp_path, path="memory://bucket")
    assert [row["text"] for row in rows] == ["own"] * len(names)
    assert len({row["locator"] for row in rows}) == len(names)


def test_a_certificate_that_nobody_trusts_is_named_at_once(tmp_path: Path, waits: list[float]) -> None:
    import datetime
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2100, 1, 1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "own.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem")
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *asked: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"localhost:{server.server_port}"
        with pytest.raises(PhimillError, match=r"certificate of localhost is not trusted .*self.signed.*SSL_CERT_FILE"):
            read(tmp_path, path=f"https://{host}/a.jsonl", hosts=[host])
        server.shutdown()
    assert waits == []


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b'{"text": "x"}\n' * 20_000)
    return made.getvalue()


def told(root: Path, **settings: Any) -> list[str]:
    """What listing a source tells of files that it does not read."""
    found: list[str] = []
    source = Source(name="s", **{"kind": "jsonl", **settings})
    list_units(source, root, file_sha256, lambda name, why: found.append(f"{name}: {why}"))
    return found


NOT_READ = ["a.zip/notes.md: ending .md, not read as jsonl", "a.zip/.b.jsonl: in an archive, hidden"]


def test_what_is_not_read_of_an_archive_far_away_is_told_as_of_one_that_is_near(
    tmp_path: Path, bucket: Any, site: tuple[str, Site]
) -> None:
    host, served = site
    content = zipped("in/a.jsonl", "notes.md", ".b.jsonl")
    (tmp_path / "a.zip").write_bytes(content)
    bucket.pipe("/bucket/a.zip", content)
    served.files["/a.zip"] = content
    at_host = {"path": f"http://{host}/a.zip", "hosts": [host]}
    assert told(tmp_path, path="a.zip") == NOT_READ
    assert told(tmp_path, path="memory://bucket") == NOT_READ
    assert told(tmp_path, **at_host) == NOT_READ
    asked = [wanted for method, wanted in served.asked if method == "GET"]
    ranges = [wanted.removeprefix("bytes=").split("-") for wanted in asked if wanted]
    assert len(ranges) == len(asked)
    assert sum(int(last) - int(first) + 1 for first, last in ranges) < len(content) // 5
    assert told(tmp_path, **at_host, exclude=["*.md"]) == NOT_READ[1:]
    assert told(tmp_path, **at_host, include=["*.jsonl"]) == []


def test_an_archive_of_a_server_without_ranges_or_that_is_damaged_is_listed_all_the_same(
    tmp_path: Path, bucket: Any, site: tuple[str, Site]
) -> None:
    host, served = site
    served.files["/a.zip"] = zipped("in/a.jsonl", "notes.md")
    served.knows_ranges = False
    assert told(tmp_path, path=f"http://{host}/a.zip", hosts=[host]) == []
    bucket.pipe("/bucket/a.zip", zipped("in/a.jsonl", "notes.md")[:-40])
    assert told(tmp_path, path="memory://bucket") == []
    assert [row["reason"] for row in read(tmp_path, path="memory://bucket")] == ["bad_archive"]


def test_an_address_is_read_however_its_scheme_is_written_and_whatever_signs_a_name_has(
    tmp_path: Path, bucket: Any
) -> None:
    bucket.pipe("/bucket/a[1].jsonl", b'{"text": "a"}\n')
    bucket.pipe("/bucket/a1.jsonl", b'{"text": "b"}\n')
    assert {row["locator"] for row in read(tmp_path, path="MEMORY://bucket")} == {"a1.jsonl:1", "a[1].jsonl:1"}
    assert [row["locator"] for row in read(tmp_path, path="memory://bucket/a[1].jsonl")] == ["a[1].jsonl:1"]
    assert [row["locator"] for row in read(tmp_path, path="memory://bucket/a[12].jsonl")] == ["a1.jsonl:1"]
