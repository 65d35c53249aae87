"""What `phimill bench ingest` reads if it is given nothing: tables, and crawls of large and of small pages."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flows.benches.documents import bench_texts
from flows.progress import Progress

#: What a page of a crawl holds, about, its markup counted.
PAGE_CHARS = 30_000
#: Crawls that are made: how much of text each record holds at least (0: one document, 3 kB on average), and whether
#: it has a digest. Where nothing is packed that is all that vouches for it, and has to be checked.
CRAWLS = {
    "pages.warc.gz": (PAGE_CHARS, False),
    "small.warc.gz": (0, False),
    "pages.warc": (PAGE_CHARS, False),
    "small.warc": (0, False),
    "pages-sha1.warc": (PAGE_CHARS, True),
    "small-sha1.warc": (0, True),
}


def make_files(folder: Path, megabytes: int, progress: Progress) -> list[tuple[str, Path]]:
    """Writes tables and CRAWLS, of documents that the quickstart's corpus is made of, each with its number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    progress.say(f"writing {megabytes} MB of documents in each format")
    texts = bench_texts([], 5000, 200_000)
    made: list[dict[str, Any]] = []
    size = 0
    while size < megabytes * 10**6:
        text = f"{len(made)} {texts[len(made) % len(texts)]}"
        made.append({"id": f"d{len(made)}", "text": text, "url": f"http://example.test/{len(made)}", "score": size % 5})
        size += len(text.encode())
    jsonl, parquet = folder / "made.jsonl", folder / "made.parquet"
    with jsonl.open("w") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in made)
    pq.write_table(pa.Table.from_pylist(made), parquet, row_group_size=5000)
    for name, (chars, has_digest) in CRAWLS.items():
        with (folder / name).open("wb") as file:
            for page in _pages(made, chars):
                record = _record(str(page[0]["url"]), page, has_digest)
                file.write(gzip.compress(record, 6, mtime=0) if name.endswith(".gz") else record)
    return [*(("warc", folder / name) for name in CRAWLS), ("jsonl", jsonl), ("parquet", parquet)]


def _pages(made: Iterable[dict[str, Any]], chars: int) -> Iterator[list[dict[str, Any]]]:
    """Yields documents in pages of at least so many characters."""
    page: list[dict[str, Any]] = []
    size = 0
    for record in made:
        page.append(record)
        size += len(record["text"])
        if size >= chars:
            yield page
            page, size = [], 0
    if page:
        yield page


def _record(url: str, documents: Iterable[dict[str, Any]], has_digest: bool) -> bytes:
    """Returns a record with as much in its heads as those of Common Crawl."""
    paragraphs = "\n".join(f"<p>{html.escape(document['text'])}</p>" for document in documents)
    page = f"<html><body>{paragraphs}</body></html>".encode()
    block = (
        b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: nginx\r\nConnection: keep-alive\r\n"
        b"Content-Type: text/html; charset=utf-8\r\nVary: Accept-Encoding\r\nCache-Control: max-age=3600\r\n"
        b"X-Frame-Options: SAMEORIGIN\r\nX-Crawler-Content-Encoding: gzip\r\n\r\n"
    ) + page
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Record-ID: <{url}>\r\n"
        f"Content-Length: {len(block)}\r\nContent-Type: application/http; msgtype=response\r\n"
        "WARC-Warcinfo-ID: <urn:uuid:0>\r\nWARC-Concurrent-To: <urn:uuid:1>\r\nWARC-IP-Address: 192.0.2.1\r\n"
        f"WARC-Target-URI: {url}\r\n"
        + (f"WARC-Block-Digest: sha1:{digest}\r\n" if has_digest else "")
        + "WARC-Identified-Payload-Type: text/html\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"
