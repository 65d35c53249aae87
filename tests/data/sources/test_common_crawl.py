from __future__ import annotations

import gzip
import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit
from data.sources.cc_selection import Selection

PAGES = [
    ("https://a.example.org/1", 200, "text/html", "eng"),
    ("https://example.org/2", 200, "text/html", "eng,deu"),
    ("https://notexample.org/3", 200, "text/html", "eng"),
    ("https://example.org/4", 404, "text/html", "eng"),
    ("https://example.org/5", 200, "application/pdf", "eng"),
    ("https://school.edu/6", 200, "text/html", "deu,eng"),
]
WARC = "crawl-data/CC-TEST/segments/1/warc/CC-TEST-00000.warc.gz"


def crawl(root: Path) -> list[dict[str, Any]]:
    """Writes a WARC of the pages; returns its index."""
    path = root / WARC
    path.parent.mkdir(parents=True, exist_ok=True)
    index = []
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, status, mime, languages in PAGES:
            body = f"<html><body><p>The page at {url} has some words for you to read.</p></body></html>".encode()
            headers = StatusAndHeaders(f"{status} X", [("Content-Type", mime)], protocol="HTTP/1.1")
            start = file.tell()
            writer.write_record(writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=headers))
            index.append(
                {"url": url, "status": status, "mime": mime, "languages": languages, "filename": WARC, "offset": start,
                 "length": file.tell() - start, "digest": f"D{start}"}
            )  # fmt: skip
    return index


def as_parquet(index: list[dict[str, Any]], path: Path) -> None:
    pq.write_table(
        pa.table(
            {
                "url": [row["url"] for row in index],
                "url_host_name": [row["url"].split("/")[2] for row in index],
                "fetch_status": pa.array([row["status"] for row in index], pa.int16()),
                "content_mime_detected": [row["mime"] for row in index],
                "content_languages": [row["languages"] for row in index],
                "content_digest": [row["digest"] for row in index],
                "warc_filename": [row["filename"] for row in index],
                "warc_record_offset": pa.array([row["offset"] for row in index], pa.int64()),
                "warc_record_length": pa.array([row["length"] for row in index], pa.int64()),
            }
        ),
        path,
    )


def as_cdxj(index: list[dict[str, Any]], path: Path) -> None:
    lines = [
        f"org,example)/ 2026010{number} "
        + json.dumps(
            {**{k: str(v) for k, v in row.items() if k != "mime"}, "mime": "x/wrong", "mime-detected": row["mime"]}
        )
        for number, row in enumerate(index)
    ]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))


def read(root: Path, path: str, archives: str, hosts: list[str] | None = None, **select: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="common-crawl", path=path, archives=archives, hosts=hosts or [], select=select)
    return [
        row
        for unit in list_units(source, root, file_sha256)
        for table in read_unit(unit, source)
        for row in table.to_pylist()
    ]


def urls(rows: list[dict[str, Any]]) -> list[str]:
    return [row["url"] for row in rows]


@pytest.mark.parametrize(("write", "name"), [(as_parquet, "index.parquet"), (as_cdxj, "cdx-00000.gz")])
def test_captures_are_chosen_by_domain_language_type_and_status(tmp_path: Path, write: Any, name: str) -> None:
    index = crawl(tmp_path / "crawl")
    write(index, tmp_path / name)
    url = [page[0] for page in PAGES]

    def chosen(**select: Any) -> list[str]:
        return urls(read(tmp_path, name, "crawl", **select))

    assert chosen(domains=["example.org"]) == [url[0], url[1]]
    assert chosen(domains=[".EDU", "a.example.org"]) == [url[0], url[5]]
    assert chosen(languages=["en"]) == [url[0], url[1], url[2]]
    assert chosen(languages=["eng"], first_language_only=False) == [url[0], url[1], url[2], url[5]]
    assert chosen(domains=["example.org"], status=[404, 200]) == [url[0], url[1], url[3]]
    assert chosen(domains=["example.org"], mimes=["*"]) == [url[0], url[1], url[4]]
    assert chosen(url=r"/[12]$") == [url[0], url[1]]
    assert chosen(languages=["de"]) == [url[5]]
    assert chosen(max_records=2) == [url[0], url[1]]
    assert chosen(share=1.0) == [url[0], url[1], url[2], url[5]]
    assert chosen(share=0.0) == []


@pytest.mark.parametrize("host", ["xn--mnchen-3ya.de", "m\u00fcnchen.de"])
@pytest.mark.parametrize("domain", ["M\u00fcnchen.de", "xn--mnchen-3ya.de"])
def test_a_domain_in_other_letters_is_the_one_that_the_index_has_in_punycode(
    tmp_path: Path, host: str, domain: str
) -> None:
    index = crawl(tmp_path / "crawl")[:2]
    index[0]["url"] = f"https://www.{host}/1"
    as_cdxj(index, tmp_path / "cdx-00000.gz")
    assert urls(read(tmp_path, "cdx-00000.gz", "crawl", domains=[domain])) == [index[0]["url"]]


@pytest.mark.parametrize(
    ("language", "meant"),
    [("english", "eng"), ("xq", ""), ("en-US", ""), ("e1g", "eng"), ("ger", "deu"), ("egn", "eng"), ("xxx", "")],
)
def test_a_language_that_is_no_code_is_refused(language: str, meant: str) -> None:
    with pytest.raises(
        ValidationError, match=rf"'{language}' is no language code; .*{meant and f'did you mean .*{meant}'}"
    ):
        Selection(languages=[language])
    assert Selection(languages=["EN", "deu", "ceb"]).languages == ["EN", "deu", "ceb"]


def test_an_index_without_languages_says_so_where_they_are_asked_for(tmp_path: Path) -> None:
    index = [{**row, "languages": None} for row in crawl(tmp_path / "crawl")]
    as_parquet(index, tmp_path / "index.parquet")
    (row,) = read(tmp_path, "index.parquet", "crawl", languages=["en"], domains=["example.org"])
    assert (row["locator"], row["reason"]) == ("index.parquet:0", "schema_mismatch")
    assert "names no languages, and 2 captures fit" in json.loads(row["metadata"])["error"]
    assert read(tmp_path, "index.parquet", "crawl", languages=["en"], domains=["nowhere.test"]) == []


def test_a_capture_is_the_record_at_its_range(tmp_path: Path) -> None:
    index = crawl(tmp_path / "crawl")
    as_parquet(index, tmp_path / "index.parquet")
    (row,) = read(tmp_path, "index.parquet", "crawl", domains=["school.edu"])
    assert row["locator"] == "index.parquet:5"
    facts = json.loads(row["metadata"])
    assert (facts["warc"], facts["offset"]) == (WARC, index[5]["offset"])
    assert b"The page at https://school.edu/6" in row["content"]
    assert (row["kind"], row["content_type"], row["status"]) == ("web", "text/html", "")
    assert row["origin_id"].startswith("urn:uuid:")
    as_cdxj(index, tmp_path / "cdx-00000.gz")
    (same,) = read(tmp_path, "cdx-00000.gz", "crawl", domains=["school.edu"])
    assert same == {**row, "locator": "cdx-00000.gz:6", "id": same["id"]}


def test_a_record_that_an_index_names_twice_is_two_documents_with_ids_of_their_own(tmp_path: Path) -> None:
    index = crawl(tmp_path / "crawl")
    as_parquet([index[5], index[5]], tmp_path / "index.parquet")
    first, second = read(tmp_path, "index.parquet", "crawl", domains=["school.edu"])
    assert (first["content"], first["origin_id"]) == (second["content"], second["origin_id"])
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"filename": "../secret.warc.gz"}, "bad_filename"),
        ({"filename": "/etc/passwd"}, "bad_filename"),
        ({"filename": "https://elsewhere.test/x.warc.gz"}, "bad_filename"),
        ({"filename": "link.warc.gz"}, "bad_filename"),
        ({"filename": "nowhere.warc.gz"}, "missing_archive"),
        ({"offset": 10**9}, "truncated"),
        ({"length": 2**40}, "too_large"),
        ({"length": 0}, "bad_index"),
        ({"length": 100}, "truncated"),
        ({"url": "https://school.edu/other"}, "other_capture"),
    ],
)
def test_an_index_that_lies_is_quarantined_and_other_captures_stay(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    index = crawl(tmp_path / "crawl")
    (tmp_path / "secret.warc.gz").write_bytes((tmp_path / "crawl" / WARC).read_bytes())
    (tmp_path / "crawl/link.warc.gz").symlink_to(tmp_path / "secret.warc.gz")
    as_parquet([{**index[5], **change}, index[0]], tmp_path / "index.parquet")
    bad, good = read(tmp_path, "index.parquet", "crawl", domains=["school.edu", "a.example.org"])
    assert (bad["status"], bad["reason"]) == ("quarantined", reason)
    assert bad["url"] == {**index[5], **change}["url"]
    assert (good["status"], good["url"]) == ("", PAGES[0][0])


def test_lines_of_an_index_that_cannot_be_read_are_rows(tmp_path: Path) -> None:
    index = crawl(tmp_path / "crawl")
    as_cdxj(index[:1], tmp_path / "cdx-00000.gz")
    line = gzip.decompress((tmp_path / "cdx-00000.gz").read_bytes())
    (tmp_path / "a.cdxj").write_bytes(b"no json here\n" + line + b'x 1 {"url": 7}\n')
    rows = read(tmp_path, "a.cdxj", "crawl", domains=["example.org"])
    assert [(row["locator"], row["reason"]) for row in rows] == [
        ("a.cdxj:1", "bad_index"),
        ("a.cdxj:2", ""),
        ("a.cdxj:3", "bad_index"),
    ]
    pq.write_table(pa.table({"url": ["x"]}), tmp_path / "b.parquet")
    assert [row["reason"] for row in read(tmp_path, "b.parquet", "crawl", domains=["x"])] == ["schema_mismatch"]


def as_cdx(index: list[dict[str, Any]], path: Path, order: str) -> None:
    known = {"a": "url", "m": "mime", "s": "status", "k": "digest", "S": "length", "V": "offset", "g": "filename"}
    lines = [" ".join(str(row[known[letter]]) if letter in known else "-" for letter in order) for row in index]
    path.write_text("\n".join([f" CDX {' '.join(order)}", *lines, ""]))


@pytest.mark.parametrize("order", ["NbamskrMSVg", "aVSgmsk"])
def test_a_cdx_file_is_read_by_the_letters_of_its_first_line(tmp_path: Path, order: str) -> None:
    as_cdx(crawl(tmp_path / "crawl"), tmp_path / "a.cdx", order)
    rows = read(tmp_path, "a.cdx", "crawl", domains=["example.org"])
    assert urls(rows) == [PAGES[0][0], PAGES[1][0]]
    assert "has some words for you" in rows[0]["content"].decode()
    assert urls(read(tmp_path, "a.cdx", "crawl", status=[404])) == [PAGES[3][0]]
    if order == "NbamskrMSVg":  # the usual order needs no first line
        whole = (tmp_path / "a.cdx").read_text()
        (tmp_path / "b.cdx").write_text(whole.partition("\n")[2] + "too few\n")
        assert [row["reason"] for row in read(tmp_path, "b.cdx", "crawl", domains=["example.org"])] == [
            "", "", "bad_index",
        ]  # fmt: skip


def test_types_and_status_choose_by_themselves_where_they_leave_out_most_of_a_crawl(tmp_path: Path) -> None:
    as_parquet(crawl(tmp_path / "crawl"), tmp_path / "index.parquet")
    assert urls(read(tmp_path, "index.parquet", "crawl", mimes=["application/pdf"])) == [PAGES[4][0]]
    assert urls(read(tmp_path, "index.parquet", "crawl", status=[404])) == [PAGES[3][0]]


def test_a_whole_crawl_is_not_selected_by_mistake() -> None:
    with pytest.raises(ValidationError, match="choose by"):
        Source(name="s", kind="common-crawl", path="x", archives="y", select={"status": [200]})
    for whole in ({"mimes": ["text/html", "application/pdf"]}, {"mimes": ["text/*"]}, {"mimes": []}, {"status": []}):
        with pytest.raises(ValidationError, match="choose by"):
            Source(name="s", kind="common-crawl", path="x", archives="y", select=whole)
    with pytest.raises(ValidationError, match="needs `select`"):
        Source(name="s", kind="common-crawl", path="x")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Serves tmp_path/crawl with ranges; yields its host and the ranges asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(False)

        def do_GET(self) -> None:
            self.answer(True)

        def answer(self, body: bool) -> None:
            path = tmp_path / "crawl" / self.path.lstrip("/")
            if not path.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = path.read_bytes()
            wanted = self.headers.get("Range")
            if wanted:
                asked.append(wanted)
                first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
                content = content[first : last + 1]
            else:
                self.send_response(200)
            self.send_header("ETag", '"v1"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{served.server_port}", asked
        served.shutdown()


def test_of_a_listed_host_only_the_ranges_are_fetched(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    host, asked = server
    index = crawl(tmp_path / "crawl")
    as_parquet([*index, {**index[0], "filename": "gone.warc.gz"}], tmp_path / "index.parquet")
    rows = read(tmp_path, "index.parquet", f"http://{host}/", [host], domains=["a.example.org"])
    assert [row["reason"] for row in rows] == ["", "missing_archive"]
    assert b"The page at https://a.example.org/1" in rows[0]["content"]
    assert asked == [f"bytes=0-{index[0]['length'] - 1}"]
    with pytest.raises(ValidationError, match="nothing is fetched from"):
        read(tmp_path, "index.parquet", f"http://{host}/", ["elsewhere.test"], domains=["a.example.org"])


def test_a_line_of_an_index_that_is_too_long_is_one_row_and_the_lines_after_it_count(tmp_path: Path) -> None:
    as_cdxj(crawl(tmp_path / "crawl"), tmp_path / "a.cdxj.gz")
    sound = gzip.decompress((tmp_path / "a.cdxj.gz").read_bytes()).splitlines(keepends=True)
    before = read(tmp_path, "a.cdxj.gz", "crawl", share=1.0)
    long = b'org,x)/ 2024 {"url":"' + b"x" * 5_000_000 + b'"}\n'
    (tmp_path / "b.cdxj").write_bytes(b"".join([sound[0], long, *sound[1:]]))
    rows = read(tmp_path, "b.cdxj", "crawl", share=1.0)
    assert [row["reason"] for row in rows if row["status"] == "quarantined"] == ["too_large"]
    assert [url for url in urls(rows) if url] == urls(before)
    assert len(before) > 1
