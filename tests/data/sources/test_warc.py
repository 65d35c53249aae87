from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import random
import zlib
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from data.recipe import Source
from data.sources import InputFile
from data.sources.digests import fits_digest
from data.sources.http_message import BadMessage, parse_response
from data.sources.warc import read_warc
from data.sources.warc_records import Records

SHARED = Path(__file__).parents[3] / "../shared/data"
E2E = SHARED / "e2e_dev"


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="warc", path=str(path), **settings)
    return list(read_warc(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def read_bytes(tmp_path: Path, content: bytes, name: str = "a.warc", **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_bytes(content)
    return read(path, **settings)


def record(
    body: bytes,
    kind: str = "response",
    length: int | None = None,
    url: str = "http://x/",
    extra: str = "",
    mime: str = "",
) -> bytes:
    mime = mime or ("application/http; msgtype=response" if kind == "response" else "text/html")
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{url}>\r\nWARC-Target-URI: {url}\r\n{extra}"
        f"WARC-Date: 2026-01-01T00:00:00Z\r\nContent-Type: {mime}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def page(text: str, headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{headers}\r\n<p>{text}".encode()


def gzipped(text: str) -> bytes:
    head, _, body = page(text, "Content-Encoding: gzip\r\n").partition(b"<p>")
    return head + gzip.compress(b"<p>" + body)


def fates(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Returns (record number, reason or the page's text)."""
    return [
        (int(row["locator"].rsplit(":", 1)[1]), row["reason"] or row["content"].decode().removeprefix("<p>"))
        for row in rows
    ]


def three(middle: bytes) -> bytes:
    return record(page("first")) + middle + record(page("last"))


def test_records_are_numbered_with_those_that_hold_no_document(tmp_path: Path) -> None:
    content = record(b"software: x", "warcinfo") + record(page("a")) + record(b"GET /", "request") + record(page("b"))
    assert fates(read_bytes(tmp_path, content)) == [(1, "a"), (3, "b")]


def test_a_response_brings_its_address_id_date_status_and_headers(tmp_path: Path) -> None:
    content = record(page("a", "X-Robots-Tag: noai\r\nContent-Language: de\r\nServer: x\r\n"), url="http://x/y")
    (row,) = read_bytes(tmp_path, content)
    assert (row["url"], row["origin_id"], row["content_type"]) == ("http://x/y", "urn:uuid:http://x/y", "text/html")
    assert json.loads(row["metadata"]) == {
        "date": "2026-01-01T00:00:00Z",
        "http_status": 200,
        "x_robots_tag": "noai",
        "content_language": "de",
    }


def test_resources_are_pages_and_conversions_are_text(tmp_path: Path) -> None:
    content = record(b"<p>r", "resource") + record("schön".encode(), "conversion", mime="text/plain")
    rows = read_bytes(tmp_path, content + record(b"\xff", "conversion", mime="text/plain"))
    assert [(row["content"], row["content_type"], row["text"]) for row in rows] == [
        (b"<p>r", "text/html", None),
        (None, None, "schön"),
        (None, None, None),
    ]
    assert rows[2]["reason"] == "bad_encoding"


@pytest.mark.parametrize(
    "middle",
    [
        record(page("x")).replace(b"WARC/1.0", b"WRAC/1.0"),
        record(page("x")).replace(b"Content-Length", b"Content-Lenght"),
        record(page("x"), length=-5),
        record(page("x"), length=10**15),
        record(page("x"), length=10),
        record(page("x"), length=len(page("x")) + 300),
        record(page("x")).replace(b"WARC-Type", b"WARC-Tipe"),
        b"garbage\n" * 1000,
    ],
    ids=["version", "no-length", "negative", "absurd", "short", "long", "no-type", "garbage"],
)
def test_a_damaged_stretch_of_a_plain_file_is_one_row_and_its_neighbours_survive(tmp_path: Path, middle: bytes) -> None:
    rows = read_bytes(tmp_path, three(middle))
    assert fates(rows) == [(0, "first"), (1, "bad_warc_header"), (2, "last")]
    assert json.loads(rows[1]["metadata"])["offset"] == len(record(page("first")))


# Up to its line ends, and without a digest, nothing tells it from a page that speaks of WARC headers.
@pytest.mark.parametrize(("digest", "beyond"), [(False, 4), (True, 0), (True, 4)])
def test_a_length_that_swallows_the_next_record_does_not_lose_it(tmp_path: Path, digest: bool, beyond: int) -> None:
    swallowed, body = record(page("swallowed")), page("lies")
    told = "WARC-Block-Digest: sha1:" + base64.b32encode(hashlib.sha1(body).digest()).decode() + "\r\n"
    lying = record(body, length=len(body) + len(swallowed) + beyond, extra=told if digest else "")
    (first, *others) = fates(read_bytes(tmp_path, three(lying + swallowed)))
    assert first == (0, "first")
    assert others[0][1] in ("bad_digest", "bad_warc_header")
    assert others[1:] == [(2, "swallowed"), (3, "last")]


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"", mtime=0), zstandard.compress(b""), gzip.compress(b"\r\n\r\n", mtime=0)],
    ids=["gzip", "zstd", "line-ends"],
)
def test_a_file_that_unpacks_to_no_record_says_so(tmp_path: Path, content: bytes) -> None:
    (row,) = read_bytes(tmp_path, content, "a.warc.gz")
    assert (row["locator"], row["status"], row["reason"]) == ("a.warc.gz", "quarantined", "empty_file")


def test_a_plain_file_cut_in_its_last_record_is_truncated_there(tmp_path: Path) -> None:
    content = three(record(page("mid")))
    assert fates(read_bytes(tmp_path, content[:-12])) == [(0, "first"), (1, "mid"), (2, "truncated")]
    # Missing line ends at the very end harm no content.
    assert fates(read_bytes(tmp_path, content[:-4])) == [(0, "first"), (1, "mid"), (2, "last")]


def test_a_record_in_one_gzip_member_each_or_all_in_one(tmp_path: Path) -> None:
    records = [record(page(name)) for name in ("a", "b", "c")]
    expected = [(0, "a"), (1, "b"), (2, "c")]
    assert fates(read_bytes(tmp_path, b"".join(map(gzip.compress, records)), "a.warc.gz")) == expected
    assert fates(read_bytes(tmp_path, gzip.compress(b"".join(records)), "a.warc.gz")) == expected


def test_records_may_run_over_the_ends_of_members(tmp_path: Path) -> None:
    content = b"".join(record(page(str(number) * 50)) for number in range(20))
    blocks = b"".join(gzip.compress(content[start : start + 777]) for start in range(0, len(content), 777))
    assert fates(read_bytes(tmp_path, blocks, "a.warc.gz")) == [(n, str(n) * 50) for n in range(20)]


@pytest.mark.parametrize("size", [777, 1500])
def test_a_damaged_block_loses_the_records_that_it_holds_a_piece_of_alone(tmp_path: Path, size: int) -> None:
    """Tools that pack in blocks (bgzip, pigz -i) begin members anywhere; reading goes on amid one of them."""
    records = [record(page(str(number) * 50)) for number in range(20)]
    ends = list(itertools.accumulate(map(len, records)))
    content = b"".join(records)
    blocks = [gzip.compress(content[start : start + size]) for start in range(0, len(content), size)]
    for number, block in enumerate(blocks):
        damaged = bytearray(block)
        damaged[-8] ^= 1
        rows = read_bytes(tmp_path, b"".join([*blocks[:number], bytes(damaged), *blocks[number + 1 :]]), "a.warc.gz")
        begin, end = number * size, (number + 1) * size
        lost = [n for n in range(20) if begin < ends[n] and ends[n] - len(records[n]) < end]
        kept = [text for _, text in fates(rows) if text != "bad_crc"]
        missing = [n for n in range(20) if str(n) * 50 not in kept]
        assert missing in (lost, lost[:-1], lost[1:], lost[1:-1])  # line ends alone were hit
        assert [row["reason"] for row in rows if row["reason"]] == ["bad_crc"]


def test_a_large_member_is_read_from_a_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sources.compression.BUFFER_BYTES", 500)
    monkeypatch.setattr("data.sources.warc_segments.BUFFER_BYTES", 500)
    records = b"".join(record(page(str(number) * 50)) for number in range(20))
    assert fates(read_bytes(tmp_path, gzip.compress(records), "a.warc.gz")) == [(n, str(n) * 50) for n in range(20)]


def test_any_flipped_bit_in_a_member_loses_that_record_alone(tmp_path: Path) -> None:
    first, middle, last = (gzip.compress(record(page(name))) for name in ("first", "mid", "last"))
    noise = random.Random(3)
    for _ in range(150):
        damaged = bytearray(middle)
        damaged[noise.randrange(len(middle))] ^= 1 << noise.randrange(8)
        rows = read_bytes(tmp_path, first + bytes(damaged) + last, "a.warc.gz")
        found = fates(rows)
        assert found[0] == (0, "first")
        assert found[-1] == (2, "last")
        assert len(found) == 3
        assert found[1][1] in ("mid", "bad_crc", "corrupt_member", "trailing_garbage")


def test_two_damaged_members_side_by_side_are_one_stretch(tmp_path: Path) -> None:
    broken = bytearray(gzip.compress(record(page("mid"))))
    broken[-8] ^= 1
    content = gzip.compress(record(page("first"))) + bytes(broken) * 2 + gzip.compress(record(page("last")))
    assert fates(read_bytes(tmp_path, content, "a.warc.gz")) == [(0, "first"), (1, "bad_crc"), (2, "last")]


def test_a_record_cut_inside_an_intact_member_is_one_row(tmp_path: Path) -> None:
    members = [record(page("first")), record(page("mid"), length=5000), record(page("last"))]
    rows = read_bytes(tmp_path, b"".join(map(gzip.compress, members)), "a.warc.gz")
    assert fates(rows) == [(0, "first"), (1, "truncated"), (2, "last")]


def test_a_page_that_speaks_of_warc_headers_is_no_record(tmp_path: Path) -> None:
    talk = "see\r\nWARC/1.0\r\nWARC-Type: response\r\nContent-Length: 3\r\n\r\nabc"
    assert fates(read_bytes(tmp_path, three(record(page(talk))))) == [(0, "first"), (1, talk), (2, "last")]


def test_a_record_over_the_limit_is_too_large_and_not_loaded(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, three(record(page("x" * 200_000))), max_record_bytes=1000)
    assert fates(rows) == [(0, "first"), (1, "too_large"), (2, "last")]
    rows = read_bytes(tmp_path, three(record(page("x" * 2000))), max_record_bytes=1000)
    assert fates(rows) == [(0, "first"), (1, "too_large"), (2, "last")]


def test_a_block_must_fit_its_digest(tmp_path: Path) -> None:
    block = page("mid")
    value = base64.b32encode(hashlib.sha1(block).digest()).decode()
    good = record(block, extra=f"WARC-Block-Digest: sha1:{value}\r\n")
    assert fates(read_bytes(tmp_path, three(good)))[1] == (1, "mid")
    assert fates(read_bytes(tmp_path, three(good.replace(b"<p>mid", b"<p>mud"))))[1] == (1, "bad_digest")


def test_digests_come_in_base_32_and_base_16_and_unknown_ones_fit() -> None:
    assert fits_digest(b"a", "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")
    assert fits_digest(b"a", "sha1:Q33LS55R2UJXPYRLPQ3JXXYUPGNVIRZI") is False
    assert fits_digest(b"a", "blake9:zzzz")
    assert fits_digest(b"a", "")


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def response(headers: str, body: bytes, limit: int = 10_000, cut: bool = False) -> bytes:
    return parse_response(f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode() + body, limit, cut).body


def test_transfer_and_content_codings_are_undone() -> None:
    body = b"<p>text" * 20
    both = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
    assert response("Transfer-Encoding: chunked\r\n", chunked(body[:30], body[30:])) == body
    assert response(both, chunked(gzip.compress(body))) == body
    assert response("Content-Encoding: deflate\r\n", zlib.compress(body)) == body
    assert response("Content-Encoding: br\r\n", brotli.compress(body)) == body
    assert response("Content-Encoding: zstd\r\n", zstandard.compress(body)) == body
    assert response("Content-Encoding: gzip, br\r\n", brotli.compress(gzip.compress(body))) == body
    raw = zlib.compressobj(wbits=-15)
    assert response("Content-Encoding: deflate\r\n", raw.compress(body) + raw.flush()) == body


def test_codings_that_the_body_does_not_have_are_ignored() -> None:
    for header in ("Transfer-Encoding: chunked", "Content-Encoding: gzip", "Content-Encoding: br"):
        assert response(f"{header}\r\n", b"<p>text") == b"<p>text"


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ("Transfer-Encoding: chunked\r\n", chunked(b"<p>")[:-5] + b"zz\r\n<p>", "bad_encoding"),
        ("Transfer-Encoding: chunked\r\n", b"ff\r\n<p>", "truncated"),
        ("Transfer-Encoding: chunked\r\n", chunked(b"<p>")[:-5] + b"1f", "truncated"),
        ("Content-Encoding: gzip\r\n", gzip.compress(b"<p>text", mtime=0)[:-3], "truncated"),
        ("Content-Encoding: gzip\r\n", gzip.compress(b"0" * 100_000), "too_large"),
        ("Transfer-Encoding: chunked\r\n", b"FFFFFFFFFFFFFFFF\r\n<p>", "truncated"),
        ("Content-Encoding: br\r\n", brotli.compress(b"<p>text" * 30)[:-3], "truncated"),
        ("Content-Encoding: br\r\n", brotli.compress(b"0" * 100_000), "too_large"),
        ("Content-Encoding: br\r\n", b"\xff no brotli", "bad_encoding"),
        ("Content-Encoding: zstd\r\n", zstandard.compress(b"<p>text" * 30)[:-3], "truncated"),
        ("Content-Encoding: zstd\r\n", zstandard.compress(b"0" * 100_000), "too_large"),
        ("Content-Encoding: zstd\r\n", b"no zstd", "bad_encoding"),
    ],
)
def test_a_broken_or_exploding_coding_is_refused(headers: str, body: bytes, reason: str) -> None:
    with pytest.raises(BadMessage) as caught:
        response(headers, body)
    assert caught.value.reason == reason


def test_a_response_that_the_crawler_cut_keeps_what_there_is() -> None:
    packed = gzip.compress(bytes(random.Random(1).randbytes(500)))
    assert 0 < len(response("Content-Encoding: gzip\r\n", packed[:200], cut=True)) < 500


@pytest.mark.parametrize("rest", [b"1f", b"1f\r", b"1f\r\n<p>s", b""])
def test_a_chunked_response_that_the_crawler_cut_keeps_its_chunks(rest: bytes) -> None:
    body = b"5\r\n<p>te\r\n" + rest
    assert response("Transfer-Encoding: chunked\r\n", body, cut=True).startswith(b"<p>te")


def halved(text: str) -> bytes:
    """Returns a page that says it is longer than it is."""
    return page("", "Transfer-Encoding: chunked\r\n").removesuffix(b"<p>") + b"ff\r\n<p>" + text.encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_pages_that_are_not_all_there_are_told_one_by_one(tmp_path: Path, pack: Any) -> None:
    records = [record(halved("a")), record(page("b")), record(halved("c")), record(page("d")), record(halved("e"))]
    content = pack(b"".join(records) + b"garbage")
    expected = [(0, "truncated"), (1, "b"), (2, "truncated"), (3, "d"), (4, "truncated"), (5, "bad_warc_header")]
    assert fates(read_bytes(tmp_path, content)) == expected
    rows = read_bytes(tmp_path, content, salvage=True)
    assert fates(rows)[:5] == list(enumerate("abcde"))
    assert [json.loads(row["metadata"]).get("salvaged") for row in rows[:5]] == [True, None, True, None, True]


def test_a_damaged_stretch_after_a_page_that_is_not_all_there_does_not_take_its_number(tmp_path: Path) -> None:
    content = gzip.compress(record(halved("a"))) + b"\x1f\x8b\x08 no member"
    assert [row["locator"] for row in read_bytes(tmp_path, content, "a.warc.gz")] == ["a.warc.gz:0", "a.warc.gz:1"]


def test_that_the_crawler_kept_only_the_beginning_is_metadata(tmp_path: Path) -> None:
    content = record(page("a"), extra="WARC-Truncated: length\r\n") + record(page("b"))
    cut, whole = (json.loads(row["metadata"]) for row in read_bytes(tmp_path, content))
    assert (cut["truncated"], "truncated" in whole) == ("length", False)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_record_in_segments_is_no_whole_page_and_none_of_its_segments_is_passed_over(
    tmp_path: Path, pack: Any
) -> None:
    first, rest = "WARC-Segment-Number: 1\r\n", "WARC-Segment-Number: 2\r\nWARC-Segment-Origin-ID: <urn:uuid:1>\r\n"
    request, half = record(b"GET /", "request", extra=first), page("half")
    content = pack(
        record(page("a")) + record(half, extra=first) + record(b" and half", "continuation", extra=rest) + request
        + record(gzipped("c")[:-4], extra=first) + record(b"", "continuation") + record(page("d"))
    )  # fmt: skip
    rows = read_bytes(tmp_path, content)
    told = [(0, "a"), (1, "truncated"), (2, "truncated"), (4, "truncated"), (5, "truncated"), (6, "d")]
    assert fates(rows) == told
    assert [json.loads(row["metadata"]).get("error") for row in rows[1:3]] == [
        "segment 1 of this record; the others are records of type continuation", "segment 2 of the record <urn:uuid:1>",
    ]  # fmt: skip
    rows = read_bytes(tmp_path, content, salvage=True)
    assert fates(rows) == [(0, "a"), (1, "half"), (2, "truncated"), (4, "c"), (5, "truncated"), (6, "d")]
    assert [json.loads(row["metadata"]).get("salvaged") for row in rows] == [None, True, None, True, None, None]


@pytest.mark.parametrize("hole", [b"\0" * 700, bytes(range(128, 256)) * 9], ids=["zeros", "noise"])
def test_a_hole_that_swallows_line_ends_loses_no_neighbour(tmp_path: Path, hole: bytes) -> None:
    assert fates(read_bytes(tmp_path, three(hole))) == [(0, "first"), (1, "bad_warc_header"), (2, "last")]


def test_a_damaged_end_of_a_member_can_be_salvaged_and_is_marked(tmp_path: Path) -> None:
    noise = random.Random(5)
    records = [record(page(f"{number} {noise.getrandbits(4000):x}")) for number in range(40)]
    cut = gzip.compress(b"".join(records))[:-9000]
    assert fates(read_bytes(tmp_path, cut, "a.warc.gz")) == [(0, "truncated")]
    rows = read_bytes(tmp_path, cut, "a.warc.gz", salvage=True)
    good = [row for row in rows if not row["status"]]
    assert [text.split()[0] for _, text in fates(good)] == [str(number) for number in range(len(good))]
    assert 15 < len(good) < 40
    assert all(json.loads(row["metadata"])["salvaged"] for row in good)
    assert [(row["locator"], row["reason"]) for row in rows if row["status"]] == [
        (f"a.warc.gz:{len(good)}", "truncated")
    ]


def test_digests_are_checked_where_no_other_checksum_was_or_everywhere(tmp_path: Path) -> None:
    wrong = record(page("mid"), extra=f"WARC-Block-Digest: sha1:{'A' * 32}\r\n")
    packed = b"".join(map(gzip.compress, (record(page("first")), wrong)))
    assert fates(read_bytes(tmp_path, packed, "a.warc.gz")) == [(0, "first"), (1, "mid")]
    assert fates(read_bytes(tmp_path, packed, "a.warc.gz", digests="all")) == [(0, "first"), (1, "bad_digest")]
    frames = b"".join(map(zstandard.ZstdCompressor().compress, (record(page("first")), wrong)))
    assert fates(read_bytes(tmp_path, frames, "a.warc.zst")) == [(0, "first"), (1, "bad_digest")]


def test_frames_may_share_a_dictionary_that_the_file_begins_with(tmp_path: Path) -> None:
    pages = [record(page(f"page {number} " + "of the usual kind " * 9)) for number in range(300)]
    shared = zstandard.train_dictionary(4096, pages)
    packer = zstandard.ZstdCompressor(dict_data=shared)
    for stored in (shared.as_bytes(), zstandard.ZstdCompressor().compress(shared.as_bytes())):
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        rows = read_bytes(tmp_path, head + b"".join(map(packer.compress, pages)), "a.warc.zst")
        assert [row["status"] for row in rows] == [""] * 300


@pytest.mark.skipif(not E2E.is_dir(), reason="the shared folder data/e2e_dev does not stand beside the repository")
def test_damaged_copies_of_the_practice_crawl_keep_all_their_intact_members() -> None:
    state = json.loads((E2E / "truth_warc_files.json").read_text())
    urls = [row["url"] for row in read(E2E / "mix.warc.gz")]
    with gzip.open(E2E / "truth_warc.jsonl.gz") as file:
        truth = [json.loads(line)["url"] for line in file]
    assert sorted(urls) == sorted(truth)
    for name in ("mix-truncated.warc.gz", "mix-corrupt-middle.warc.gz"):
        rows = read(E2E / name)
        good = [row for row in rows if not row["status"]]
        before = [row for row in good if int(row["locator"].split(":")[1]) < state[name]["complete_gzip_members"]]
        assert len(before) == state[name]["complete_gzip_members"] - 1  # the first is warcinfo
        assert [row["url"] for row in before] == urls[: len(before)]
        assert {row["url"] for row in good} <= set(urls)
        first_damage = json.loads(next(row for row in rows if row["status"])["metadata"])["offset"]
        assert str(first_damage) in state[name]["state"]
    # After the damage in the middle of the second copy 13 more members are whole; then it is cut.
    assert [row["reason"] for row in rows if row["status"]] == ["corrupt_member", "truncated"]
    assert len(good) == 26


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder data/ does not stand beside the repository")
def test_real_awkward_files_give_as_many_documents_as_an_independent_reader_finds() -> None:
    from fastwarc.warc import ArchiveIterator

    differing = {
        "clipped.warc.gz",  # cut inside its only member, of which we take nothing
        "example-trunc.warc",  # its one response is cut short
    }
    for path in sorted(SHARED.glob("warc_samples/**/*.warc*")):
        if path.name in differing or path.suffix == ".bad":
            continue
        kinds = ("response", "resource", "conversion")
        with path.open("rb") as file:
            known = sum(str(item.record_type) in kinds for item in ArchiveIterator(file, parse_http=False))
        assert len(read(path)) == known, path


def test_a_transfer_coding_that_packs_is_undone_like_a_content_coding() -> None:
    assert response("Transfer-Encoding: gzip, chunked\r\n", chunked(gzip.compress(b"<p>x"))) == b"<p>x"


def test_a_header_with_a_hole_in_it_takes_no_other_record_along(tmp_path: Path) -> None:
    one, two, three, four = (record(page(text)) for text in ("one", "two", "three", "four"))
    # From within the second record's header to within the third's.
    rows = read_bytes(tmp_path, one + two[:40] + bytes(700) + three[60:] + four)
    assert [reason for _, reason in fates(rows)][1] == "bad_warc_header"
    assert len(rows) == 3


ODD_HEADS = [
    "",
    "X-Folded: a\r\n  b\r\n",
    "WARC-Target-URI: http://twice/\r\n",
    "X-Lone-Line-End: a\nWARC-Target-URI: http://lone/\r\n",
    "X-Latin: \u00e9\r\n",
    "WARC-Truncated : length \r\n",
    "WARC-Segment-Number: 1\r\n",
    "no colon\r\n",
    "warc-block-digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
]


@pytest.mark.parametrize("packed", [False, True])
def test_the_few_steps_for_usual_records_give_what_the_many_steps_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    draw = random.Random(5)
    content = b""
    for number in range(400):  # so many that the order of names is learned
        kind = draw.choice(["response", "response", "request", "conversion", "resource", "revisit"])
        extra = draw.choice(ODD_HEADS) if draw.random() < 0.2 else ODD_HEADS[0]
        head = draw.choice(["", "Transfer-Encoding: chunked\r\n", "X-Robots-Tag: noai\r\n", "Content-Type: b\r\n"])
        body = page(f"{number} " * draw.randrange(1, 2000), head) if kind == "response" else f"{number}".encode()
        one = record(body, kind, extra=extra, mime="text/plain" if kind == "conversion" else "")
        one = one.replace(b"\r\n\r\n", b"\n\n", 1) if draw.random() < 0.05 else one
        one += draw.choice([b"", b"", b"", b"\r\n", b"\n"])
        content += gzip.compress(one) if packed else one
    few = read_bytes(tmp_path, content)
    monkeypatch.setattr(Records, "usual", lambda *arguments: None)
    assert few == read_bytes(tmp_path, content)
    assert sum(not row["status"] for row in few) > 200
    assert {row["reason"] for row in few} >= {"", "bad_digest"} or packed


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data beside the repository")
def test_the_few_steps_give_what_the_many_steps_give_on_real_files(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(path for path in (SHARED / "warc_samples").rglob("*") if path.is_file())
    few = [read(path) for path in paths]
    monkeypatch.setattr(Records, "usual", lambda *arguments: None)
    assert few == [read(path) for path in paths]
