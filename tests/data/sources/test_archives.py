from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import PhimillError, RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import archives, list_units, read_unit
from data.sources.passed_over import Tally

LINES = b'{"text": "one"}\n{"text": "two"}\n'


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def read(root: Path, kind: str, path: str, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind=kind, path=path, **settings)
    units = list_units(source, root, file_sha256)
    rows = [row for unit in units for table in read_unit(unit, source, root / "scratch") for row in table.to_pylist()]
    assert list((root / "scratch").iterdir()) == []
    assert len({row["id"] for row in rows}) == len(rows)
    return rows


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["locator"], row["reason"] or row["text"]) for row in rows]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_tables_in_an_archive_are_read_as_those_of_a_folder(tmp_path: Path, method: int) -> None:
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["three"]}), table)
    members = {
        "b/a.jsonl": LINES, "notes.txt": b"no table", "b/.hidden.jsonl": LINES, "c.parquet": table.getvalue(),
        "__MACOSX/b/a.jsonl": LINES, "empty/": b"", "d.jsonl": b'{"text": "four"}',
    }  # fmt: skip
    content = zipped(members, method)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/dump.ZIP").write_bytes(content)
    found = [("dump.ZIP/b/a.jsonl:1", "one"), ("dump.ZIP/b/a.jsonl:2", "two"), ("dump.ZIP/d.jsonl:1", "four")]
    assert fates(read(tmp_path, "jsonl", "in/dump.ZIP")) == found
    assert fates(read(tmp_path, "parquet", "in")) == [("dump.ZIP/c.parquet:0", "three")]
    (tmp_path / "in/z.jsonl").write_bytes(b'{"text": "five"}')
    assert fates(read(tmp_path, "jsonl", "in")) == [*found, ("z.jsonl:1", "five")]
    assert fates(read(tmp_path, "jsonl", "in", include=["d.*"])) == [found[2]]
    assert fates(read(tmp_path, "jsonl", "in", exclude=["*.ZIP"])) == [("z.jsonl:1", "five")]
    assert fates(read(tmp_path, "jsonl", "in/*.ZIP", exclude=["b/"])) == [found[2]]
    assert fates(read(tmp_path, "jsonl", "in/*.ZIP", exclude=["a.jsonl"])) == [found[2]]


def test_files_of_an_archive_that_are_not_read_are_counted_and_told(tmp_path: Path) -> None:
    members = {"x/a.html": b"<p>page", "x/b.ODT": b"none", "c.odt": b"none", "__MACOSX/x/._a.html": b"", ".d.html": b"",
               "empty/": b"", "README": b"none", "e.zip": zipped({}), "out/f.png": b""}  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.zip").write_bytes(zipped(members))
    for path in ("in", "in/a.zip", "in/*.zip"):
        told = Tally()
        list_units(Source(name="s", kind="html", path=path, exclude=["out/"]), tmp_path, file_sha256, told)
        assert told.entries() == [
            {"why": "ending .odt, not read as html", "files": 2, "such_as": ["a.zip/x/b.ODT", "a.zip/c.odt"]},
            {"why": "in an archive, hidden", "files": 1, "such_as": ["a.zip/.d.html"]},
            {
                "why": "in an archive, what macOS notes about its files",
                "files": 1,
                "such_as": ["a.zip/__MACOSX/x/._a.html"],
            },
            {"why": "no ending, not read as html", "files": 1, "such_as": ["a.zip/README"]},
        ]
    told = Tally()
    list_units(Source(name="s", kind="html", path="in", include=["*.html"]), tmp_path, file_sha256, told)
    assert told.entries() == []  # somebody chose


def test_pages_source_files_books_and_dumps_in_an_archive(tmp_path: Path) -> None:
    posts = (
        '<posts><row Id="1" PostTypeId="1" Title="How?" Body="&lt;p&gt;Why&lt;/p&gt;" AnswerCount="1" Score="1"/>'
        '<row Id="2" PostTypeId="2" ParentId="1" Body="Because" Score="1"/></posts>'
    )
    members = {"a.html": b"<p>page</p>", "src/a.py": b"x = 1\n", "inner.zip": zipped({"a.py": b"y = 2\n"})}
    (tmp_path / "code.zip").write_bytes(zipped(members))
    (tmp_path / "askubuntu.com.zip").write_bytes(zipped({"Posts.xml": posts.encode(), "Users.xml": b"<users/>"}))
    assert [(row["locator"], row["content"]) for row in read(tmp_path, "html", "code.zip")] == [
        ("code.zip/a.html", b"<p>page</p>"), ("code.zip/inner.zip", None)
    ]  # fmt: skip
    files = {row["locator"]: (row["reason"], row["language"]) for row in read(tmp_path, "files", "code.zip")}
    assert files == {
        "code.zip/a.html": ("", "html"), "code.zip/src/a.py": ("", "python"), "code.zip/inner.zip": ("binary", None),
    }  # fmt: skip
    (question,) = read(tmp_path, "stackexchange", "askubuntu.com.zip")
    assert question["url"] == "https://askubuntu.com/questions/1"
    assert "Because" in question["text"]


def test_an_archive_among_source_files_is_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "code/tests").mkdir(parents=True)
    (tmp_path / "code/tests/data.zip").write_bytes(zipped({"a.py": b"x = 1\n"}))
    assert fates(read(tmp_path, "files", "code")) == [("tests/data.zip", "binary")]


def test_names_lead_nowhere_and_need_not_differ(tmp_path: Path) -> None:
    names = ["../../outside.jsonl", "/etc/outside.jsonl", "a.jsonl", "..\\b.jsonl", "C:\\c.jsonl"]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in [*names, "a.jsonl"]:
            with warnings.catch_warnings(action="ignore"):
                archive.writestr(name, b'{"text": "x"}')
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.zip").write_bytes(made.getvalue())
    rows = read(tmp_path, "jsonl", "in/a.zip")
    assert {row["locator"] for row in rows} == {
        "a.zip/../../outside.jsonl:1", "a.zip//etc/outside.jsonl:1", "a.zip/a.jsonl:1", "a.zip:2/a.jsonl:1",
        "a.zip/../b.jsonl:1", "a.zip/C:/c.jsonl:1",
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in", "scratch"]


def test_the_second_file_of_a_name_is_in_the_language_that_its_name_tells(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr("a.py", b"x = 1\n")
        archive.writestr("a.py", b"y = 2\n")
    (tmp_path / "a.zip").write_bytes(made.getvalue())
    rows = read(tmp_path, "files", "a.zip")
    assert [(row["locator"], row["language"]) for row in rows] == [("a.zip/a.py", "python"), ("a.zip:2/a.py", "python")]


def test_a_damaged_file_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    noise = random.Random(3)
    members = {name: json.dumps({"text": f"{noise.getrandbits(4000):x}"}).encode() for name in ("a.jsonl", "b.jsonl")}
    content = zipped({**members, "c.jsonl": b'{"text": "whole"}'})
    (tmp_path / "a.zip").write_bytes(content)
    first, second, third = read(tmp_path, "jsonl", "a.zip")
    for offset in (200, 40):  # the packed bytes, and the head of what is packed
        broken = bytearray(content)
        broken[offset] ^= 1
        (tmp_path / "a.zip").write_bytes(broken)
        rows = read(tmp_path, "jsonl", "a.zip")
        assert fates(rows)[1:] == fates([second, third])
        assert rows[0]["locator"] == "a.zip/a.jsonl"
        assert rows[0]["reason"] in ("bad_crc", "corrupt_member", "truncated")
        assert rows[0]["text"] is None
    assert first["text"]


def flagged(content: bytes, place_in_entry: int, value: bytes) -> bytes:
    """Returns an archive of one file whose entry says something else, at its head and in the list of contents."""
    changed = bytearray(content)
    entry = content.index(b"PK\x01\x02") + 6 + place_in_entry  # an entry has two bytes more before the same fields
    changed[entry : entry + len(value)] = value
    changed[4 + place_in_entry : 4 + place_in_entry + len(value)] = value
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive", "bad_archive"),
        (b"", "bad_archive"),
        (zipped({"a.jsonl": LINES})[:-10], "bad_archive"),
        (zipped({"notes.txt": b"none"}), "empty_archive"),
        (zipped({}), "empty_archive"),
        (flagged(zipped({"a.jsonl": LINES}), 2, b"\x01\x00"), "encrypted"),
        (zipped({"a.jsonl": LINES}, zipfile.ZIP_LZMA), "unsupported_packing"),
        (flagged(zipped({"a.jsonl": LINES}), 4, b"\x09\x00"), "unsupported_packing"),
        (flagged(zipped({"a.jsonl": LINES}), 18, struct.pack("<L", 5)), "bad_crc"),
    ],
)
def test_what_cannot_be_unpacked_is_one_row_that_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    (row,) = read(tmp_path, "jsonl", "a.zip")
    assert (row["status"], row["reason"]) == ("quarantined", reason)


@pytest.mark.parametrize("kind", ["jsonl", "html"])
@pytest.mark.parametrize("suffix", ["zip", "7z", "RAR"])
def test_an_archive_in_an_archive_is_told_beside_what_is_read(tmp_path: Path, kind: str, suffix: str) -> None:
    members = {f"inner.{suffix}": zipped({f"a.{kind}": LINES}), f"a.{kind}": LINES}
    (tmp_path / "a.zip").write_bytes(zipped(members))
    told, *rows = read(tmp_path, kind, "a.zip")
    assert (told["locator"], told["reason"]) == (f"a.zip/inner.{suffix}", "nested_archive")
    assert rows
    assert not any(row["status"] for row in rows)
    (only,) = read(tmp_path, kind, "a.zip", include=["inner.*"])
    assert only["reason"] == "nested_archive"


def test_what_can_be_had_of_a_damaged_file_is_salvaged_and_marked(tmp_path: Path) -> None:
    noise = random.Random(3)
    lines = [b'{"text": "%d %x"}\n' % (number, noise.getrandbits(3000)) for number in range(60)]
    lines[10] = b"no json\n"
    whole = bytearray(zipped({"a.jsonl": b"".join(lines), "b.jsonl": LINES}))
    whole[whole.index(b"PK\x03\x04", 4) // 2] ^= 0x55
    (tmp_path / "a.zip").write_bytes(bytes(whole))
    strict = read(tmp_path, "jsonl", "a.zip")
    assert strict[0]["reason"] in ("bad_crc", "corrupt_member")
    *salvaged, damage = (row for row in read(tmp_path, "jsonl", "a.zip", salvage=True) if "/a.jsonl" in row["locator"])
    assert (damage["locator"], damage["reason"]) == ("a.zip/a.jsonl", strict[0]["reason"])
    assert [(row["locator"], row["reason"]) for row in salvaged if row["status"]] == [("a.zip/a.jsonl:11", "bad_json")]
    numbers = [int(row["text"].split()[0]) for row in salvaged if not row["status"]]
    assert 15 < len(numbers) < 60
    assert numbers == [number for number in range(len(numbers) + 1) if number != 10]
    assert all(json.loads(row["metadata"])["salvaged"] for row in salvaged if not row["status"])
    assert fates(read(tmp_path, "jsonl", "a.zip", salvage=True))[-1] == fates(strict)[-1]


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("a.jsonl")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "a.zip").write_bytes(made.getvalue())
    assert fates(read(tmp_path, "jsonl", "a.zip")) == [("a.zip/a.jsonl", "link")]


def test_bombs_are_left_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sources.unpacking.BOMB_BYTES", 2**20)
    line = b'{"text": "' + b"a" * 1_500_000 + b'"}\n'
    (tmp_path / "a.zip").write_bytes(zipped({"a.jsonl": line, "b.jsonl": b'{"text": "b"}'}))
    assert fates(read(tmp_path, "jsonl", "a.zip")) == [
        ("a.zip/a.jsonl", "decompression_limit"),
        ("a.zip/b.jsonl:1", "b"),
    ]
    # The same packed bytes a thousand times; some versions of zipfile see by themselves that they overlap.
    one = zipped({"a.jsonl": b'{"text": "' + b"a" * 500_000 + b'"}'})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entries = one[start:end] * 1000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(entries), start, 0)
    (tmp_path / "a.zip").write_bytes(one[:start] + entries + tail)
    rows = read(tmp_path, "jsonl", "a.zip")
    assert len(rows) == 1000
    assert {row["reason"] for row in rows} <= {"", "corrupt_member", "decompression_limit"}
    assert sum(not row["reason"] for row in rows) < 30


def test_a_list_of_contents_that_memory_should_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 5000)
    (tmp_path / "a.zip").write_bytes(zipped({f"{number}.jsonl": b"" for number in range(200)}))
    assert fates(read(tmp_path, "jsonl", "a.zip")) == [("a.zip", "decompression_limit")]
    assert archives.names_in(tmp_path / "a.zip") == []


def test_a_full_disk_is_told_and_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.jsonl": LINES}))

    def full(self: Path, mode: str = "r") -> Any:
        return _Full()

    monkeypatch.setattr(Path, "open", full)
    source = Source(name="s", kind="jsonl", path="a.zip")
    (unit,) = list_units(source, tmp_path, lambda path: "")
    with pytest.raises(PhimillError, match=r"cannot be written \(No space left on device\); make room there"):
        list(read_unit(unit, source, tmp_path))


class _Full(io.BytesIO):
    def write(self, piece: Any) -> int:
        raise OSError(28, "No space left on device")


def test_kinds_that_read_archives_of_their_own_are_not_given_these(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.tex": b"x"}))
    with pytest.raises(RecipeError, match="unpack it"):
        list_units(Source(name="s", kind="arxiv", path="a.zip"), tmp_path, file_sha256)


def test_what_is_chosen_of_an_archive_is_read_anew_when_the_choice_changes(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.jsonl": LINES, "a.html": b"<p>x</p>"}))
    for kind in ("jsonl", "html"):
        keys = [
            [unit.key for unit in list_units(Source(name="s", kind=kind, path="a.zip", **some), tmp_path, file_sha256)]
            for some in ({}, {"exclude": ["b"]}, {"include": ["a.*"]})
        ]
        assert len(set(map(tuple, keys))) == 3


def test_a_file_without_a_name_is_no_reason_to_stop(tmp_path: Path) -> None:
    """A flipped bit makes one of any name: its length is zero then."""
    content = bytearray(zipped({"a.jsonl": LINES, "b.jsonl": b'{"text": "three"}'}))
    entry = content.index(b"PK\x01\x02")
    content[entry + 28 : entry + 30] = bytes(2)
    # What was the name is now the first of what more is known of the file.
    content[entry + 30 : entry + 32] = (len("a.jsonl")).to_bytes(2, "little")
    content[entry + 46 : entry + 53] = b"\x99\x99\x03\0abc"
    (tmp_path / "a.zip").write_bytes(content)
    assert fates(read(tmp_path, "jsonl", "a.zip")) == [("a.zip/b.jsonl:1", "three")]
