from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.warc import read_warc

SAMPLES = Path(__file__).parents[3] / "../shared/data/warc_samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the shared folder data/ does not stand beside the repository"
)


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="warc", path=str(path), **settings)
    return list(read_warc(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def written(tmp_path: Path, content: bytes, name: str = "a.arc") -> Path:
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def first(version: int = 1) -> bytes:
    names = "URL IP-address Archive-date Content-type Archive-length"
    if version == 2:
        names = "URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length"
    block = f"{version} 0 Somebody\n{names}\n".encode()
    more = " 200 - - 0 x.arc" if version == 2 else ""
    return f"filedesc://x.arc 0.0.0.0 20080430204825 text/plain{more} {len(block)}\n".encode() + block + b"\n"


def record(text: str, url: str = "http://x/y z", length: int | None = None, version: int = 1) -> bytes:
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{text}".encode()
    more = " 200 - - 0 x.arc" if version == 2 else ""
    size = len(block) if length is None else length
    return f"{url} 1.2.3.4 20080430204825 text/html{more} {size}\n".encode() + block + b"\n"


def fates(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [
        (int(row["locator"].rsplit(":", 1)[1]), row["reason"] or row["content"].decode().removeprefix("<p>"))
        for row in rows
    ]


def test_a_damaged_block_at_the_beginning_loses_the_records_that_it_holds_alone(tmp_path: Path) -> None:
    """Tools that pack in blocks begin members anywhere; what sort of file it is, the first block would have said."""
    content = first() + b"".join(record(str(number) * 50) for number in range(20))
    blocks = [gzip.compress(content[start : start + 777]) for start in range(0, len(content), 777)]
    damaged = bytearray(blocks[0])
    damaged[-8] ^= 1
    rows = read(written(tmp_path, b"".join([bytes(damaged), *blocks[1:]]), "a.arc.gz"))
    kept = [row["content"].decode().removeprefix("<p>") for row in rows if not row["reason"]]
    lost = content[:777].count(b"http://x/y z ")
    assert kept == [str(number) * 50 for number in range(lost, 20)]
    assert [row["reason"] for row in rows if row["reason"]] == ["bad_crc"]


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_give_address_date_and_page(tmp_path: Path, version: int) -> None:
    rows = read(written(tmp_path, first(version) + record("a", version=version) + record("b", version=version)))
    assert fates(rows) == [(1, "a"), (2, "b")]
    assert rows[0]["url"] == "http://x/y z"
    assert json.loads(rows[0]["metadata"]) == {"date": "2008-04-30T20:48:25Z", "http_status": 200}
    assert rows[0]["content_type"] == "text/html"


def test_a_record_in_each_gzip_member(tmp_path: Path) -> None:
    records = [first(2), *(record(name, version=2) for name in "abc")]
    rows = read(written(tmp_path, b"".join(map(gzip.compress, records)), "a.arc.gz"))
    assert fates(rows) == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("length", [3, 300, 10**12])
def test_a_length_that_lies_loses_its_record_alone(tmp_path: Path, length: int) -> None:
    rows = read(written(tmp_path, first() + record("a") + record("bad", length=length) + record("c")))
    assert fates(rows) == [(1, "a"), (2, "bad_warc_header"), (3, "c")]


@needs_samples
@pytest.mark.parametrize("name", ["warcio/example.arc", "warcio/example.arc.gz", "aut/example.arc.gz"])
def test_sound_files_give_as_many_pages_as_warcio_finds(name: str) -> None:
    from warcio.archiveiterator import ArchiveIterator

    with (SAMPLES / name).open("rb") as file:
        wanted = [
            (item.rec_headers.get_header("uri"), item.raw_stream.read())
            for item in ArchiveIterator(file, arc2warc=False)
            if item.rec_type == "response"
        ]
    rows = read(SAMPLES / name)
    assert [row["url"] for row in rows] == [url for url, _ in wanted]
    whole = [(row["content"], body) for row, (_, body) in zip(rows, wanted, strict=True) if not row["status"]]
    assert len(whole) == len(wanted)
    assert all(body.startswith(content) or content == body for content, body in whole if content)


@needs_samples
def test_a_file_that_warcio_gives_up_on_loses_nothing() -> None:
    path = SAMPLES / "webarchive-commons/IAH-20080430204825-00000-blackbook-truncated.arc"  # no line ends after blocks
    headers = re.findall(rb"(?:http|dns):\S+ [\d.]+ \d{14} \S+ \d+\n", path.read_bytes())
    rows = read(path)
    assert [row["url"] for row in rows] == [header.split()[0].decode() for header in headers]
    assert not any(row["status"] for row in rows)


@needs_samples
def test_a_record_that_is_shorter_than_it_says_is_truncated() -> None:
    (row,) = read(SAMPLES / "warcio/example-space-in-url.arc")  # somebody has taken its carriage returns away
    assert row["reason"] == "truncated"
