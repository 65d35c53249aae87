from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from data import office_documents
from data.errors import UsageError
from data.extraction import Extractor
from data.fingerprint import file_sha256
from data.office_documents import DOCX, PDF, Unreadable, read_document
from data.recipe import Extract, Source
from data.sources import list_units, read_unit

docx = pytest.importorskip("docx", reason="the extra `documents` is not installed")
pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")


def pdf(*pages: str, encrypted: bool = False) -> bytes:
    """Returns a PDF file with a line of text on every page, written by hand."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents {5 + 2 * number} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        drawn = f"BT /F1 12 Tf 20 300 Td ({text}) Tj ET"
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj{content}endobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    lock = "/Encrypt<</Filter/Standard/V 1/R 2/O<" + "00" * 32 + ">/U<" + "11" * 32 + ">/P -4>>/ID[<00><00>]"
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R{lock if encrypted else ''}>>\nstartxref\n{start}\n%%EOF"
    return out.encode()


def word_file() -> bytes:
    made = docx.Document()
    made.core_properties.title = "Handbook"
    made.add_heading("First steps", 2)
    made.add_paragraph("Read this before you begin.")
    made.add_paragraph("one", style="List Bullet")
    made.add_paragraph("two", style="List Bullet")
    table = made.add_table(2, 2)
    for row, texts in zip(table.rows, [("Part", "Price"), ("bolt", "3")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    made.add_paragraph("The end.")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_word_file_keeps_headings_lists_and_tables_in_order() -> None:
    text, facts = read_document(word_file(), DOCX)
    assert text == (
        "## First steps\n\nRead this before you begin.\n\n- one\n- two\n\n"
        "| Part | Price |\n| --- | --- |\n| bolt | 3 |\n\nThe end."
    )
    assert facts["title"] == "Handbook"


def test_a_pdf_gives_its_pages_in_order() -> None:
    text, facts = read_document(pdf("The first page.", "The second page."), PDF)
    assert text == "The first page.\n\nThe second page."
    assert facts["pages"] == "2"


def test_damaged_and_locked_files_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_documents, "MAX_UNPACKED_BYTES", 2**20)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (office_documents.MAX_UNPACKED_BYTES + 1))
    cases = [
        (b"%PDF-1.4 nothing more", PDF, "bad_document"), (b"", PDF, "bad_document"),
        (pdf("x", encrypted=True), PDF, "encrypted"), (word_file()[:2000], DOCX, "bad_document"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, DOCX, "encrypted"), (bomb.getvalue(), DOCX, "too_large"),
    ]  # fmt: skip
    for content, kind, reason in cases:
        with pytest.raises(Unreadable) as raised:
            read_document(content, kind)
        assert raised.value.reason == reason


def rezipped(**changed: bytes) -> bytes:
    """Returns a Word file with other contents of some parts; their checksums are right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word_file())) as sound, zipfile.ZipFile(out, "w") as made:
        for name in sound.namelist():
            made.writestr(name, changed.get(name.rpartition("/")[2].partition(".")[0], sound.read(name)))
    return out.getvalue()


def test_what_a_damaged_word_file_makes_its_reader_raise_is_a_bad_document() -> None:
    whole = word_file()
    start = whole.index(b"word/document.xml") + len("word/document.xml")
    hole = whole[:start] + b"\xff" * 8 + whole[start + 8 :]  # zlib finds no code in it
    empty = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    for content in (hole, rezipped(document=empty), rezipped(document=b"<other/>"), rezipped(styles=b"<x/>")):
        with pytest.raises(Unreadable) as raised:
            read_document(content, DOCX)
        assert raised.value.reason == "bad_document"


def test_a_folder_of_documents_is_a_source_whose_bad_files_are_quarantined(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.docx").write_bytes(word_file())
    (tmp_path / "b.pdf").write_bytes(pdf("A page of text."))
    (tmp_path / "deep" / "c.pdf").write_bytes(b"%PDF-1.7 cut")
    (tmp_path / "d.docx").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not of this kind")
    source = Source(name="d", kind="documents", path=str(tmp_path))
    found: dict[str, dict[str, Any]] = {}
    with Extractor(Extract()) as extractor:
        for unit in list_units(source, tmp_path, file_sha256):
            for table in read_unit(unit, source):
                rows, fates = table.to_pylist(), extractor.extract(table).to_pylist()
                ends = [row if row["status"] else fate for row, fate in zip(rows, fates, strict=True)]
                found |= dict(zip(table["locator"].to_pylist(), ends, strict=True))
    assert sorted(found) == ["a.docx", "b.pdf", "d.docx", "deep/c.pdf"]
    assert (found["d.docx"]["status"], found["d.docx"]["reason"]) == ("quarantined", "empty_file")
    assert found["b.pdf"]["text"] == "A page of text."
    assert json.loads(found["a.docx"]["metadata"])["title"] == "Handbook"
    assert (found["deep/c.pdf"]["status"], found["deep/c.pdf"]["reason"]) == ("quarantined", "bad_document")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "b.pdf").write_bytes(b"%PDF")
    with pytest.raises(UsageError, match=r"pip install pypdfium2 python-docx"):
        list_units(Source(name="d", kind="documents", path=str(tmp_path)), tmp_path, file_sha256)
