from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from data.errors import RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import Unit, list_units, read_unit
from data.sources.globs import matches
from data.sources.passed_over import Tally


def units(root: Path, kind: str, path: Any, **settings: Any) -> list[Unit]:
    return list_units(Source(name="s", kind=kind, path=path, **settings), root, file_sha256)


def written(root: Path, *names: str, content: str = '{"text": "a"}\n') -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def paths(found: list[Unit]) -> list[str]:
    return sorted(file.relative for unit in found for file in unit.files)


def test_locators_start_at_the_folder_the_file_or_the_glob_patterns_fixed_part(tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "in/deep/b.jsonl.gz", "in/deep/c.txt", "in/.hidden.jsonl", "in/.git/d.jsonl")
    assert paths(units(tmp_path, "jsonl", "in")) == ["a.jsonl", "deep/b.jsonl.gz"]
    assert paths(units(tmp_path, "jsonl", "in/deep/c.txt")) == ["c.txt"]
    assert paths(units(tmp_path, "jsonl", "in/*.jsonl")) == ["a.jsonl"]
    assert paths(units(tmp_path, "jsonl", "in/**/*.jsonl*")) == ["a.jsonl", "deep/b.jsonl.gz"]
    assert paths(units(tmp_path, "jsonl", ["in/a.jsonl", "in/deep"])) == ["a.jsonl", "b.jsonl.gz"]
    assert paths(units(tmp_path, "jsonl", ["in", "in/a.jsonl"])) == ["a.jsonl", "deep/b.jsonl.gz"]


def test_what_is_hidden_is_told_and_of_a_hidden_folder_the_folder(tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "in/.b.jsonl", "in/c/.d.txt", "in/.git/e.jsonl", "in/.git/f.jsonl")
    told = Tally()
    list_units(Source(name="s", kind="jsonl", path="in"), tmp_path, file_sha256, told)
    assert told.entries() == [
        {"why": "hidden: its name begins with a dot", "files": 3, "such_as": [".git", ".b.jsonl", "c/.d.txt"]}
    ]


def test_a_folders_crawls_are_found_however_they_are_packed(tmp_path: Path) -> None:
    packings = ("", ".gz", ".zst", ".bz2", ".xz")
    names = [f"{name}{packed}" for name in ("a.warc", "b.wet", "c.arc") for packed in packings]
    written(tmp_path, *(f"in/{name}" for name in names))
    assert paths(units(tmp_path, "warc", "in")) == sorted(names)


@pytest.mark.parametrize("path", ["nowhere", "nowhere/*.jsonl", "in/*.parquet", "in/empty"])
def test_a_path_that_gives_nothing_is_a_recipe_error_that_names_it(tmp_path: Path, path: str) -> None:
    written(tmp_path, "in/a.jsonl")
    (tmp_path / "in/empty").mkdir()
    with pytest.raises(RecipeError, match=r"sources\.s\.path: .*(nowhere|in)"):
        units(tmp_path, "jsonl", path)


def test_an_archive_that_is_not_read_is_named_with_what_unpacks_it(tmp_path: Path) -> None:
    written(tmp_path, "in/stackoverflow.com-Posts.7z")
    for path in ("in", "in/stackoverflow.com-Posts.7z"):
        with pytest.raises(RecipeError, match=r"unpack it \(7z x stackoverflow\.com-Posts\.7z\)"):
            units(tmp_path, "stackexchange", path)
    written(tmp_path, "in/Posts.xml")
    told: list[str] = []
    source = Source(name="s", kind="stackexchange", path="in")
    found = list_units(source, tmp_path, file_sha256, lambda name, why: told.append(f"{name}: {why}"))
    assert paths(found) == ["Posts.xml"]
    assert told == ["stackoverflow.com-Posts.7z: an archive that is not read as it is"]


def test_two_files_with_one_locator_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "a/x.jsonl", "b/x.jsonl")
    with pytest.raises(RecipeError, match=r"both be called 'x\.jsonl'"):
        units(tmp_path, "jsonl", ["a", "b"])


def test_links_that_leave_the_folder_are_left_out(tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "out/b.jsonl")
    os.symlink(tmp_path / "out/b.jsonl", tmp_path / "in/leaves.jsonl")
    os.symlink(tmp_path / "out", tmp_path / "in/folder")
    os.symlink("a.jsonl", tmp_path / "in/stays.jsonl")
    os.symlink("nowhere", tmp_path / "in/broken.jsonl")
    assert paths(units(tmp_path, "jsonl", "in")) == ["a.jsonl", "stays.jsonl"]


def test_a_file_name_that_is_no_utf_8_gets_a_readable_locator(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.jsonl"
    with open(name, "w") as file:
        file.write('{"text": "a"}\n')
    (unit,) = units(tmp_path, "jsonl", ".")
    (table,) = read_unit(unit, Source(name="s", kind="jsonl", path="."))
    assert table["locator"].to_pylist() == ["caf\\xe9.jsonl:1"]
    assert unit.name.isascii()


def test_unit_names_hold_nothing_that_a_path_could_mean(tmp_path: Path) -> None:
    written(tmp_path, "in/a ..; rm -rf $(x)/b\nc.jsonl", "in/a.jsonl")
    names = [unit.name for unit in units(tmp_path, "jsonl", "in")]
    assert names == sorted(names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") for name in names)


def test_a_units_key_changes_with_content_and_reading_settings_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "in/b.jsonl")
    before = units(tmp_path, "jsonl", "in")
    assert units(tmp_path, "jsonl", "in", priority=3) == before
    assert [unit.key for unit in units(tmp_path, "jsonl", "in/*.jsonl")] == [unit.key for unit in before]
    changed = units(tmp_path, "jsonl", "in", id_column="key")
    assert not {unit.key for unit in changed} & {unit.key for unit in before}
    written(tmp_path, "in/b.jsonl", content='{"text": "b"}\n')
    after = units(tmp_path, "jsonl", "in")
    assert [old.key == new.key for old, new in zip(before, after, strict=True)] == [
        file.relative != "b.jsonl" for unit in before for file in unit.files
    ]


def test_one_more_file_changes_one_group(tmp_path: Path) -> None:
    written(tmp_path, *(f"in/{number}.py" for number in range(40)))
    before = {unit.name: unit.key for unit in units(tmp_path, "files", "in", groups=5)}
    assert sorted(before) == [f"group-{number:04d}" for number in range(5)]
    written(tmp_path, "in/more.py")
    after = {unit.name: unit.key for unit in units(tmp_path, "files", "in", groups=5)}
    assert sum(before[name] != after[name] for name in before) == 1


MIT = (
    "MIT License\n\nCopyright (c) 2026 X\n\nPermission is hereby granted, free of charge, to any person\n"
    "obtaining a copy of this software and associated documentation files"
)


def test_a_source_file_has_its_language_and_the_nearest_licence(tmp_path: Path) -> None:
    written(tmp_path, "in/a.py", "in/lib/b.rs", "in/lib/src/c.weird", "in/Makefile", content="x = 1\n")
    written(tmp_path, "in/tagged.go", content="// SPDX-License-Identifier: BSD-3-Clause\npackage x\n")
    (tmp_path / "in/LICENSE").write_text(MIT)
    (tmp_path / "in/lib/COPYING").write_text("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007")
    source = Source(name="s", kind="files", path="in", exclude=["LICENSE", "COPYING"])
    rows = {
        row["locator"]: (row["language"], row["licence"], row["kind"])
        for unit in list_units(source, tmp_path, file_sha256)
        for table in read_unit(unit, source)
        for row in table.to_pylist()
    }
    assert rows == {
        "a.py": ("python", "MIT", "code"),
        "lib/b.rs": ("rust", "GPL-3.0", "code"),
        "lib/src/c.weird": (None, "GPL-3.0", "code"),
        "Makefile": ("makefile", "MIT", "code"),
        "tagged.go": ("go", "BSD-3-Clause", "code"),
    }


def test_a_changed_licence_file_changes_the_groups_under_it(tmp_path: Path) -> None:
    written(tmp_path, "in/a.py", "in/LICENSE")
    before = {unit.key for unit in units(tmp_path, "files", "in", include=["*.py"])}
    (tmp_path / "in/LICENSE").write_text(MIT)
    assert {unit.key for unit in units(tmp_path, "files", "in", include=["*.py"])} != before


def rows_of(tmp_path: Path, content: bytes, name: str = "a.py", **settings: Any) -> list[dict[str, Any]]:
    (tmp_path / name).write_bytes(content)
    source = Source(name="s", kind=settings.pop("kind", "files"), path=name, **settings)
    return [
        row
        for unit in list_units(source, tmp_path, file_sha256)
        for table in read_unit(unit, source)
        for row in table.to_pylist()
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"x = 1\r\n", "x = 1\r\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("x = 'é'\n".encode("utf-16"), "x = 'é'\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        ("\n# vim: set fileencoding=koi8-r :\n# да\n".encode("koi8-r"), "\n# vim: set fileencoding=koi8-r :\n# да\n"),
        ("# größer und schöner über\nx = 1\n".encode("cp1252"), "# größer und schöner über\nx = 1\n"),
        (b"", ""),
    ],
)  # fmt: skip
def test_source_files_are_decoded_by_mark_cookie_or_detection(tmp_path: Path, content: bytes, expected: str) -> None:
    (row,) = rows_of(tmp_path, content)
    assert (row["text"], row["status"]) == (expected, "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MZ\0\0\x01", "binary"),
        (bytes(range(1, 32)) * 20 + b"\xff\xfe\xfd", "binary"),
        (b"\xff\xfea\0b", "bad_encoding"),
    ],
)
def test_files_that_are_no_text_are_quarantined(tmp_path: Path, content: bytes, reason: str) -> None:
    (row,) = rows_of(tmp_path, content)
    assert (row["text"], row["status"], row["reason"]) == (None, "quarantined", reason)


def test_a_file_over_the_limit_is_too_large(tmp_path: Path) -> None:
    assert [row["reason"] for row in rows_of(tmp_path, b"a" * 100, max_record_bytes=100)] == [""]
    assert [row["reason"] for row in rows_of(tmp_path, b"a" * 101, max_record_bytes=100)] == ["too_large"]


def test_saved_pages_wait_for_extraction(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, b"<p>\xe9", name="a.html", kind="html")
    assert (row["locator"], row["content"], row["content_type"], row["kind"]) == (
        "a.html",
        b"<p>\xe9",
        "text/html",
        "web",
    )


@pytest.mark.parametrize(
    ("name", "content", "content_type", "reason"),
    [
        ("a.pdf", b"%PDF-1.7\n", "x-document/pdf", ""),
        ("a.docx", b"PK\x03\x04", "x-document/docx", ""),
        ("a.docx", b"%PDF-1.7\n", "x-document/pdf", ""),
        ("a.pdf", b"damaged", "x-document/pdf", ""),
        ("a.bin", b"<html>", None, "bad_document"),
    ],
)
def test_pdf_and_docx_files_wait_for_extraction_and_what_is_neither_is_named(
    tmp_path: Path, name: str, content: bytes, content_type: str | None, reason: str
) -> None:
    (row,) = rows_of(tmp_path, content, name=name, kind="documents")
    assert (row["content_type"], row["reason"], row["kind"]) == (content_type, reason, "text")


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a.py", "*.py", True),
        ("x/y/a.py", "*.py", True),
        ("x/a.py", "/*.py", False),
        ("x/a.py", "x/*.py", True),
        ("x/y/a.py", "x/*.py", False),
        ("x/y/a.py", "x/**/*.py", True),
        ("x/a.py", "x/**/a.py", True),
        ("node_modules/x/a.js", "node_modules/", True),
        ("x/node_modules/a.js", "node_modules/", True),
        ("a1.py", "a[0-9].py", True),
        ("ab.py", "a[!0-9].py", True),
        ("a.pyc", "*.py", False),
        ("a+b.py", "a+b.p?", True),
    ],
)
def test_glob_patterns_mean_what_they_mean_in_gitignore(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


def test_a_local_dataset_folder_is_read_by_split_and_row(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    written(tmp_path, "set/train.jsonl", content='{"text": "a", "id": 1}\n{"text": null}\n{"text": "c"}\n')
    source = Source(name="s", kind="huggingface", path="set")
    (unit,) = list_units(source, tmp_path, file_sha256)
    rows = [row for table in read_unit(unit, source) for row in table.to_pylist()]
    assert [(row["locator"], row["reason"] or row["text"], row["origin_id"]) for row in rows] == [
        ("train:0", "a", "1"),
        ("train:1", "missing_text", None),
        ("train:2", "c", None),
    ]
    written(tmp_path, "set/train.jsonl", content='{"text": "b"}\n')
    assert list_units(source, tmp_path, file_sha256)[0].key != unit.key


def test_rows_come_in_tables_of_bounded_size(tmp_path: Path) -> None:
    line = json.dumps({"text": "x" * 1_000_000})
    written(tmp_path, "a.jsonl", content="\n".join([line] * 40))
    source = Source(name="s", kind="jsonl", path="a.jsonl")
    (unit,) = list_units(source, tmp_path, file_sha256)
    tables = list(read_unit(unit, source))
    assert sum(table.num_rows for table in tables) == 40
    assert max(table.nbytes for table in tables) <= 16 * 2**20


def test_what_is_no_file_of_the_folder_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "in/deep/b.jsonl", "outside/c.jsonl", "in/.store/deep/d.jsonl")
    (tmp_path / "in/stored").symlink_to(".store/deep")
    (tmp_path / "in/stored.jsonl").symlink_to(".store/deep/d.jsonl")
    (tmp_path / "in/shown").symlink_to("deep")
    (tmp_path / "in/nowhere.jsonl").symlink_to("gone")
    (tmp_path / "in/loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "in/out.jsonl").symlink_to(tmp_path / "outside/c.jsonl")
    (tmp_path / "in/again.jsonl").symlink_to("a.jsonl")
    (tmp_path / "in/other").symlink_to(tmp_path / "outside")
    (tmp_path / "in/round").symlink_to(".")
    (tmp_path / "in/nowhere.txt").symlink_to("gone")
    os.mkfifo(tmp_path / "in/pipe.jsonl")
    said: dict[str, str] = {}
    source = Source(name="s", kind="jsonl", path="in")
    assert paths(list_units(source, tmp_path, file_sha256, said.__setitem__)) == [
        "a.jsonl",
        "again.jsonl",
        "deep/b.jsonl",
        "stored.jsonl",
    ]
    assert said == {
        ".store": "hidden: its name begins with a dot",
        "stored": "a link to a hidden folder",
        "nowhere.jsonl": "a link that leads nowhere",
        "loop.jsonl": "a link that leads nowhere",
        "out.jsonl": "a link that leads out of the folder",
        "other": "a link that leads out of the folder",
        "pipe.jsonl": "no regular file",
    }


def test_files_of_other_endings_are_counted_by_ending_and_told(tmp_path: Path) -> None:
    written(tmp_path, "in/a.html", "in/b.SHTML", "in/c.html.gz", "in/d.htm.gzip", "in/deep/e.xhtml")
    written(tmp_path, "in/CC-MAIN-00001", "in/deep/f.mhtml", "in/g.mhtml", "in/h.txt.gz", "in/i.7z", "in/out/j.png")
    told = Tally()
    source = Source(name="s", kind="html", path="in", exclude=["out/"])
    found = paths(list_units(source, tmp_path, file_sha256, told))
    assert sorted(found) == ["a.html", "b.SHTML", "c.html.gz", "d.htm.gzip", "deep/e.xhtml"]
    assert told.entries() == [
        {"why": "ending .mhtml, not read as html", "files": 2, "such_as": ["g.mhtml", "deep/f.mhtml"]},
        {"why": "an archive that is not read as it is", "files": 1, "such_as": ["i.7z"]},
        {"why": "ending .txt.gz, not read as html", "files": 1, "such_as": ["h.txt.gz"]},
        {"why": "no ending, not read as html", "files": 1, "such_as": ["CC-MAIN-00001"]},
    ]
    chosen = source.model_copy(update={"include": ["*.html"]})
    told = Tally()
    assert paths(list_units(chosen, tmp_path, file_sha256, told)) == ["a.html"]
    assert not told.entries()
    books = Source(name="s", kind="wikipedia", path="in")
    with pytest.raises(
        RecipeError, match=r"passed over 11: g\.mhtml and 1 more: ending \.mhtml, not read as wikipedia;"
    ):
        list_units(books, tmp_path, file_sha256)


def test_packed_pages_are_read_after_their_checksum(tmp_path: Path) -> None:
    page = "\ufeff<p>größer".encode()
    whole, damaged = gzip.compress(page, mtime=0), bytearray(gzip.compress(page, mtime=0))
    damaged[-6] ^= 1
    source = Source(name="s", kind="html", path="in", groups=1, max_record_bytes=1000)
    for name, content in {
        "a.html.gz": whole, "b.html.gz": bytes(damaged), "c.html.gz": gzip.compress(bytes(2000)), "d.html": whole,
        "e.html.gz": b"",
    }.items():  # fmt: skip
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    (unit,) = list_units(source, tmp_path, file_sha256)
    rows = [row for table in read_unit(unit, source) for row in table.to_pylist()]
    found = {row["locator"]: (row["status"], row["reason"], row["content"]) for row in rows}
    assert found == {
        "a.html.gz": ("", "", page),
        "b.html.gz": ("quarantined", "bad_crc", None),
        "c.html.gz": ("quarantined", "too_large", None),
        "d.html": ("", "", whole),  # what is no page is found when it is extracted
        "e.html.gz": ("", "", b""),
    }


@pytest.mark.parametrize("way", ["folder", "link"])
def test_what_a_run_writes_is_not_what_it_reads(way: str, tmp_path: Path) -> None:
    written(tmp_path, "in/a.jsonl", "in/made/b.jsonl", "in/other/made/c.jsonl")
    if way == "link":
        (tmp_path / "in/made").rename(tmp_path / "in/kept")
        (tmp_path / "in/made").symlink_to("kept")
    said: dict[str, str] = {}
    source = Source(name="s", kind="jsonl", path="in")
    units = list_units(source, tmp_path, file_sha256, said.__setitem__, tmp_path / "in/made")
    assert paths(units) == ["a.jsonl", "other/made/c.jsonl"]
    assert set(said.values()) == {"what this run itself writes"}
    assert len(paths(list_units(source, tmp_path, file_sha256))) == 3


def test_a_folder_that_cannot_be_read_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "in/a.jsonl", "in/locked/b.jsonl")
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if os.fspath(path).endswith("locked"):  # permissions would not stop root
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError):
        units(tmp_path, "jsonl", "in")


def test_the_hubs_cache_is_read_through_its_links_and_no_others(tmp_path: Path) -> None:
    written(tmp_path, "hub/blobs/aa", "secret")
    snapshot = tmp_path / "hub/snapshots/c0ffee"
    snapshot.mkdir(parents=True)
    (snapshot / "a.jsonl").symlink_to("../../blobs/aa")
    (snapshot / "b.jsonl").symlink_to(tmp_path / "secret")
    assert paths(units(tmp_path, "jsonl", "hub/snapshots/c0ffee")) == ["a.jsonl"]
    (snapshot / "a.jsonl").unlink()
    with pytest.raises(RecipeError, match=r"holds no file .*passed over 1: b.jsonl: a link that leads out"):
        units(tmp_path, "jsonl", "hub/snapshots/c0ffee")


def test_a_file_address_is_the_path_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "a b.jsonl").write_text('{"text": "words"}\n')
    address = (tmp_path / "a b.jsonl").as_uri()
    assert "%20" in address
    source = Source(name="s", kind="jsonl", path=[address])
    (unit,) = list_units(source, tmp_path / "elsewhere", file_sha256)
    assert unit.files[0].path == str(tmp_path / "a b.jsonl")
