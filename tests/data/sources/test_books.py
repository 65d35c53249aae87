from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.books import read_book

BOOK = "CHAPTER I\n\nIt was a river.\n\n*** a break ***\n\nThe end of it all.\n"
HEADER = "The Project Gutenberg eBook of A River\n\nTitle: A River\n\nAuthor: Some One\n\nLanguage: German\n\n"


def read(tmp_path: Path, content: bytes | str, name: str = "a.txt", **settings: Any) -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = Source(name="s", kind="books", path=str(path), **settings)
    (row,) = read_book(InputFile(str(path), name, path.stat().st_size, ""), source)
    return row


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("*** START OF THE PROJECT GUTENBERG EBOOK A RIVER ***", "*** END OF THE PROJECT GUTENBERG EBOOK A RIVER ***"),
        ("***START OF THIS PROJECT GUTENBERG EBOOK A RIVER***", "***END OF THIS PROJECT GUTENBERG EBOOK A RIVER***"),
        ("*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*", "End of Project Gutenberg's A River"),
    ],
)
def test_what_project_gutenberg_puts_around_a_book_is_taken_off_and_noted(tmp_path: Path, start: str, end: str) -> None:
    row = read(tmp_path, f"{HEADER}{start}\r\n\r\n{BOOK}\n\n{end}\n\nThe licence.\n" * 1)
    assert row["text"] == BOOK
    assert row["language"] == "de"
    facts = json.loads(row["metadata"])
    assert facts["modified"] == ["gutenberg_header", "gutenberg_footer"]
    assert (facts["title"], facts["author"]) == ("A River", "Some One")


def test_another_book_stays_as_it_is(tmp_path: Path) -> None:
    row = read(tmp_path, BOOK)
    assert (row["text"], row["kind"], row["locator"]) == (BOOK, "text", "a.txt")
    assert "modified" not in json.loads(row["metadata"])


def test_packed_and_old_encodings_are_read_and_faults_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(BOOK.encode()), "a.txt.gz")["text"] == BOOK
    assert read(tmp_path, "Größe über alles, schöne Grüße".encode("cp1252"))["text"] == "Größe über alles, schöne Grüße"
    assert read(tmp_path, "x\né".encode("utf-16"))["text"] == "x\né"
    assert read(tmp_path, "")["reason"] == "empty_file"
    assert read(tmp_path, "x" * 101, max_record_bytes=100)["reason"] == "too_large"
    assert read(tmp_path, b"a\0b")["reason"] == "binary"
    assert read(tmp_path, gzip.compress(BOOK.encode())[:-4], "a.txt.gz")["reason"] == "truncated"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_book_in_utf_16_is_read_packed_or_not_with_a_mark_or_without(
    tmp_path: Path, name: str, encoding: str
) -> None:
    content = BOOK.encode(encoding)
    assert read(tmp_path, gzip.compress(content) if name.endswith(".gz") else content, name)["text"] == BOOK


def test_a_book_in_utf_8_with_a_line_in_latin_1_is_no_greek_one_and_names_the_line(tmp_path: Path) -> None:
    line = "Die Möwen fliegen über den Häfen.\n"
    content = (line * 9).encode() + line.encode("cp1252") + (line * 50).encode()
    for name, packed in (("a.txt", content), ("a.txt.gz", gzip.compress(content))):
        row = read(tmp_path, packed, name)
        assert (row["status"], row["reason"]) == ("quarantined", "bad_encoding")
        facts = json.loads(row["metadata"])
        assert (facts["line"], facts["offset"]) == (10, len((line * 9).encode()) + 5)
