from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from flows.benches.ingest import bench_ingest, run_once
from flows.benches.ingest_files import CRAWLS, make_files
from flows.progress import Progress


def test_both_sides_read_the_same_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"id": str(n), "text": f"text {n} " * 50}) + "\n" for n in range(300)))
    bench_ingest([path], 1, 1, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["documents"], row["peer"]) == (300, "datatrove")
    assert row["ratio"] > 0
    assert 50 < row["peak_mb"] < 600


def test_a_crawl_is_read_by_fastwarc_and_by_phimill(tmp_path: Path) -> None:
    block = b"HTTP/1.1 200 OK\r\n\r\n<p>text"
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(head.encode() + block + b"\r\n\r\n") * 20)
    for way in ("read", "fastwarc", "fastwarc+digests"):
        run = run_once(way, "warc", str(path))
        assert run is not None
        assert run.documents == 20, way


def test_made_crawls_hold_the_same_documents_in_large_and_small_records_with_digests_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastwarc.warc import ArchiveIterator

    texts = [f"text {number} " * 300 for number in range(50)]
    monkeypatch.setattr("flows.benches.ingest_files.bench_texts", lambda *arguments: texts)
    made = make_files(tmp_path, 1, Progress())
    documents = len((tmp_path / "made.jsonl").read_text().splitlines())
    assert {path.name for kind, path in made if kind == "warc"} == set(CRAWLS)
    for name, (chars, has_digest) in CRAWLS.items():
        with (tmp_path / name).open("rb") as file:
            checked = [record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False)]
        assert checked == [has_digest] * len(checked), name
        assert len(checked) == documents if not chars else 20 < len(checked) < documents / 3, name
        for way in ("read", "fastwarc"):
            run = run_once(way, "warc", str(tmp_path / name))
            assert run is not None
            assert run.documents == len(checked), (name, way)
