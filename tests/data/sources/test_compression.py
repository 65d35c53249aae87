"""Damaged archives of every packing, read as JSON lines: what is whole survives, what is not is named."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard

from data.recipe import Source
from data.sources import InputFile, compression, zstd_frames
from data.sources.compression import looks_like_text, read_members
from data.sources.jsonl import read_jsonl
from data.sources.members import Damage

Pack = Callable[[bytes], bytes]
PACKINGS: dict[str, Pack] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
every_packing = pytest.mark.parametrize("kind", PACKINGS)


def lines(first: int, last: int) -> bytes:
    noise = random.Random(first)
    return b"".join(
        json.dumps({"text": f"{number} {noise.getrandbits(1600):x}"}).encode() + b"\n" for number in range(first, last)
    )


def read(tmp_path: Path, content: bytes, kind: str, **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / f"a.jsonl.{kind}"
    path.write_bytes(content)
    source = Source(name="s", kind="jsonl", path=str(path), **settings)
    items = read_jsonl(InputFile(str(path), "a", len(content), ""), source)
    return [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["text"].split()[0]) for row in rows if not row["status"]]


def reasons(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["locator"], row["reason"]) for row in rows if row["status"]]


@every_packing
def test_members_are_one_stream(tmp_path: Path, kind: str) -> None:
    pack = PACKINGS[kind]
    content = lines(0, 60)
    rows = read(tmp_path, pack(content[:3333]) + pack(b"") + pack(content[3333:]), kind)
    assert (numbers(rows), reasons(rows)) == (list(range(60)), [])


@every_packing
def test_nothing_of_a_cut_archive_enters(tmp_path: Path, kind: str) -> None:
    packed = PACKINGS[kind](lines(0, 200))
    for share in (0.3, 0.9, 0.999):
        rows = read(tmp_path, packed[: int(len(packed) * share)], kind)
        assert (numbers(rows), reasons(rows)) == ([], [("a", "truncated")])


@every_packing
def test_a_damaged_member_in_the_middle_is_lost_alone(tmp_path: Path, kind: str) -> None:
    first, middle, last = (PACKINGS[kind](lines(start, start + 40)) for start in (0, 40, 80))
    noise = random.Random(4)
    for _ in range(15):
        broken = bytearray(middle)
        broken[noise.randrange(len(middle) // 4, len(middle) - 12)] ^= 1 << noise.randrange(8)
        rows = read(tmp_path, first + bytes(broken) + last, kind)
        assert numbers(rows) == [*range(40), *range(80, 120)]
        assert [reason for _, reason in reasons(rows)] in (["corrupt_member"], ["bad_crc"])


@every_packing
def test_garbage_between_and_behind_members_is_named(tmp_path: Path, kind: str) -> None:
    first, last = (PACKINGS[kind](lines(start, start + 5)) for start in (0, 5))
    rows = read(tmp_path, first + b"\x01garbage" * 20 + last + b"more of it", kind)
    assert numbers(rows) == list(range(10))
    assert [reason for _, reason in reasons(rows)] == ["trailing_garbage", "trailing_garbage"]
    assert len({row["id"] for row in rows}) == len(rows)


@every_packing
def test_an_archive_in_an_archive_is_binary(tmp_path: Path, kind: str) -> None:
    packed = PACKINGS[kind](PACKINGS[kind](lines(0, 5)))
    assert reasons(read(tmp_path, packed, kind)) == [("a", "binary")]


@every_packing
def test_salvage_keeps_the_whole_lines_before_a_cut_and_marks_them(tmp_path: Path, kind: str) -> None:
    packed = PACKINGS[kind](lines(0, 4000))
    rows = read(tmp_path, packed[: len(packed) * 2 // 3], kind, salvage=True)
    kept = numbers(rows)
    assert kept == list(range(len(kept)))
    assert 1500 < len(kept) < 4000  # bzip2 gives whole blocks of 900 kB
    assert all(json.loads(row["metadata"]) == {"salvaged": True} for row in rows if not row["status"])
    assert reasons(rows) == [("a", "truncated")]


def test_salvage_of_a_wrong_checksum_keeps_all_lines_and_those_of_whole_members_are_not_marked(tmp_path: Path) -> None:
    broken = bytearray(gzip.compress(lines(10, 20)))
    broken[-6] ^= 1
    content = gzip.compress(lines(0, 10)) + bytes(broken) + gzip.compress(lines(20, 30))
    rows = read(tmp_path, content, "gz", salvage=True)
    assert numbers(rows) == list(range(30))
    marked = [row["metadata"] != "{}" for row in rows if not row["status"]]
    assert marked == [False] * 10 + [True] * 10 + [False] * 10
    assert reasons(rows) == [("a", "bad_crc")]


@pytest.mark.parametrize(("many", "size"), [(10, 1), (9000, None)])
def test_salvage_of_a_zstd_frame_keeps_all_lines_before_its_checksum(
    tmp_path: Path, many: int, size: int | None
) -> None:
    content = lines(10, 10 + many)
    packer = zstandard.ZstdCompressor(write_checksum=True, write_content_size=size is not None).compressobj()
    broken = bytearray(packer.compress(content) + packer.flush())
    broken[-1] ^= 1
    rows = read(tmp_path, PACKINGS["zst"](lines(0, 10)) + bytes(broken), "zst", salvage=True)
    assert numbers(rows) == list(range(10 + many))
    assert [row["metadata"] != "{}" for row in rows if not row["status"]] == [False] * 10 + [True] * many
    assert reasons(rows) == [("a", "bad_crc")]


@every_packing
@pytest.mark.parametrize("size", [2**16 + 512, 512_512])
def test_zeros_beyond_a_few_blocks_are_no_padding(tmp_path: Path, kind: str, size: int) -> None:
    whole = PACKINGS[kind](lines(0, 5)) + PACKINGS[kind](lines(5, 10))
    rows = read(tmp_path, whole.ljust((len(whole) // 512 + 1) * 512, b"\0"), kind)
    assert (numbers(rows), reasons(rows)) == (list(range(10)), [])
    rows = read(tmp_path, whole.ljust((len(whole) + size) // 512 * 512, b"\0"), kind)
    assert (numbers(rows), reasons(rows)) == (list(range(10)), [("a", "trailing_garbage")])
    zeros = (len(whole) + size) // 512 * 512 - len(whole)
    assert f"{zeros:,} zero bytes from byte {len(whole):,} on" in json.loads(rows[-1]["metadata"])["error"]


@pytest.mark.parametrize("kind", ["gz", "bz2", "zst"])  # in xz, multiples of four belong to the format
def test_a_last_member_that_was_never_written_is_told(tmp_path: Path, kind: str) -> None:
    pack = PACKINGS[kind]
    rows = read(tmp_path, pack(lines(0, 5)) + bytes(len(pack(lines(5, 10))) // 512 * 512 + 17), kind)
    assert (numbers(rows), reasons(rows)) == (list(range(5)), [("a", "trailing_garbage")])


@every_packing
def test_salvage_ends_where_a_hole_begins(tmp_path: Path, kind: str) -> None:
    """To deflate, zeros say to repeat what came before, without end."""
    content = b"".join(
        json.dumps({"text": f"{number} " + "and so on " * 9}).encode() + b"\n" for number in range(30_000)
    )
    whole = PACKINGS[kind](content)
    rows = read(tmp_path, whole[: len(whole) * 3 // 4].ljust(len(whole), b"\0"), kind, salvage=True)
    kept = numbers(rows)
    assert kept == list(range(len(kept)))
    assert len(kept) < 30_000
    assert [reason for place, reason in reasons(rows) if place == "a"] in (["truncated"], ["corrupt_member"])


def test_a_hole_in_a_zstd_frame_is_not_taken_for_blocks(tmp_path: Path) -> None:
    packed = PACKINGS["zst"](lines(0, 3000))
    rows = read(tmp_path, packed[:1000] + bytes(30_000_000), "zst")
    assert [reason for _, reason in reasons(rows)] == ["corrupt_member"]


def test_many_false_beginnings_do_not_hold_us_up(tmp_path: Path) -> None:
    content = gzip.compress(lines(0, 5)) + b"\x1f\x8b\x08" * 120_000
    rows = read(tmp_path, content, "gz")
    assert (numbers(rows), len(reasons(rows))) == ([0, 1, 2, 3, 4], 1)


@pytest.mark.parametrize("size", [0, 5, 1_000, 4_000, 100_000])
def test_garbage_that_ends_as_a_member_might_is_still_garbage(tmp_path: Path, size: int) -> None:
    """A reader that takes a member's size from the last bytes of the file must not believe garbage."""
    garbage = b"what stood here before" + size.to_bytes(4, "little")
    rows = read(tmp_path, gzip.compress(lines(0, 5)) + garbage, "gz")
    assert numbers(rows) == list(range(5))
    assert [reason for _, reason in reasons(rows)] == ["trailing_garbage"]


def test_small_gzip_members_are_what_the_other_unpacker_makes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(7)
    damages: list[Callable[[bytes], bytes]] = [
        lambda member: member,
        lambda member: member + b"\0" * draw.randrange(1, 40),
        lambda member: member + draw.randbytes(draw.randrange(1, 40)),
        lambda member: member[: -draw.randrange(1, len(member))],
        lambda member: member + gzip.compress(b"", mtime=0),
        lambda member: bytes(byte ^ (draw.random() < 0.01) for byte in member),
    ]

    def items(path: Path) -> list[Any]:
        with path.open("rb") as file:
            found = list(read_members(file.fileno(), path.name, looks_like_text))
        return [
            item if isinstance(item, Damage) else (item.offset, item.end, bytes(item.content or b"")) for item in found
        ]

    for number in range(100):
        path = tmp_path / f"{number}.gz"
        members = [gzip.compress(lines(one, one + draw.randrange(1, 4)), mtime=0) for one in range(3)]
        path.write_bytes(b"".join(draw.choice(damages)(member) for member in members))
    paths = sorted(tmp_path.iterdir())
    quick = [items(path) for path in paths]
    assert sum(isinstance(item, Damage) for found in quick for item in found) > 50
    monkeypatch.setattr(compression, "usual_members", lambda *arguments: iter(()))
    assert quick == [items(path) for path in paths]
    monkeypatch.setattr(compression, "gunzip_small", lambda *arguments: None)
    assert quick == [items(path) for path in paths]


def widely_packed(content: bytes, log: int) -> bytes:
    """Returns a zstd frame with a window of 2**log bytes that does not say to how much it unpacks."""
    parameters = zstandard.ZstdCompressionParameters(
        window_log=log, chain_log=6, hash_log=6, strategy=1, write_content_size=False, write_checksum=True
    )
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("log", [27, 28, 29, 31])
def test_a_wide_zstd_window_costs_no_more_memory_than_there_is_to_unpack(tmp_path: Path, log: int) -> None:
    packed = widely_packed(lines(0, 300), log)
    assert numbers(read(tmp_path, packed, "zst")) == list(range(300))
    cut = read(tmp_path, packed[:-9], "zst", salvage=True)
    assert reasons(cut) == [("a", "truncated")]


def test_a_window_that_memory_cannot_hold_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zstd_frames, "MAX_WINDOW_BYTES", 2**18)
    content, room = lines(0, 400), zstd_frames.ZSTD_BLOCK_BYTES
    assert 2**17 < len(content) < 2**18
    assert numbers(read(tmp_path, widely_packed(content, 20), "zst")) == list(range(400))  # two blocks
    (row,) = read(tmp_path, widely_packed(content + b"\n" * room, 20), "zst")
    assert row["reason"] == "decompression_limit"
    assert "--long=28" in json.loads(row["metadata"])["error"]
    assert numbers(read(tmp_path, widely_packed(content + b"\n" * room, 18), "zst")) == list(range(400))


@pytest.mark.parametrize("kind", ["", *PACKINGS])
def test_a_disk_that_gives_fewer_bytes_than_were_asked_for_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """As disks far away do: POSIX lets any read be short."""
    packed = PACKINGS[kind](lines(0, 600)) + PACKINGS[kind](lines(600, 1200)) if kind else lines(0, 1200)
    whole = os.pread
    monkeypatch.setattr(os, "pread", lambda handle, length, offset: whole(handle, min(length, 999), offset))
    assert numbers(read(tmp_path, packed, kind or "plain")) == list(range(1200))


def test_a_dictionary_that_says_it_is_larger_than_any_memory_costs_none(tmp_path: Path) -> None:
    frame = zstd_frames.ZSTD_MAGIC + b"\xe0" + (2**41).to_bytes(8, "little") + b"\x01\0\0"
    head = zstd_frames.DICTIONARY_MAGIC + len(frame).to_bytes(4, "little") + frame
    assert numbers(read(tmp_path, head + zstandard.ZstdCompressor().compress(lines(0, 5)), "zst")) == list(range(5))


def test_of_a_dictionary_of_gigabytes_no_more_is_held_than_one_may_have(tmp_path: Path) -> None:
    size = 2 * 2**30
    path = tmp_path / "a.jsonl.zst"
    with path.open("wb") as file:
        file.write(zstd_frames.DICTIONARY_MAGIC + size.to_bytes(4, "little"))
        file.seek(8 + size)
        file.write(zstandard.ZstdCompressor().compress(lines(0, 5)))
    source = Source(name="s", kind="jsonl", path=str(path))
    tracemalloc.start()
    try:
        items = list(read_jsonl(InputFile(str(path), "a", path.stat().st_size, ""), source))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(item.num_rows if isinstance(item, pa.Table) else 1 for item in items) == 5
    assert peak < 100 * 2**20
