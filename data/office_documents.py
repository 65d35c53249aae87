"""PDF and DOCX files to text; owns the libraries that read them, which the extra `documents` brings.

Files can make a parser crash, run for minutes or want gigabytes: this runs in the child process of
`data.extraction_process`, as pages of the web do.
"""

from __future__ import annotations

import importlib.util
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from data.errors import UsageError

#: What stands as content type of a file of a `documents` source. Not the MIME types: a PDF that a crawl met is none.
PDF, DOCX = "x-document/pdf", "x-document/docx"
DOCUMENT_TYPES = {PDF: ".pdf", DOCX: ".docx"}
_LIBRARIES = {PDF: "pypdfium2", DOCX: "docx"}
#: A DOCX file is a zip archive; its parts must not unfold to more than this.
MAX_UNPACKED_BYTES = 512 * 2**20

#: What zipfile, lxml (whose errors are SyntaxErrors) and python-docx, which trusts its input, raise on damaged files.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, LookupError, ValueError, SyntaxError, AttributeError, TypeError,
    AssertionError, NotImplementedError, RuntimeError,
)  # fmt: skip

_HYPHEN = re.compile(r"(\w)[\u00ad\x02\ufffe]\n?(\w)")
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop)\s*([1-6])", re.IGNORECASE)


class Unreadable(Exception):
    """A document gives no text; `reason` is `bad_document` or `encrypted`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require(kind: str) -> None:
    """Makes sure that the library for a kind of document is there.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec(_LIBRARIES[kind]) is None:
        raise UsageError(
            f"PDF and DOCX files need {_LIBRARIES[kind]}, which is not installed; install it beside phimill "
            "(pip install pypdfium2 python-docx), or phimill with its extra (pip install '.[documents]' in its folder)"
        )


def read_document(content: bytes, kind: str) -> tuple[str, dict[str, str]]:
    """Returns a document's text and what it says about itself.

    Args:
        content: the file.
        kind: PDF or DOCX.

    Raises:
        Unreadable: the file is damaged, or needs a password.
    """
    return _read_pdf(content) if kind == PDF else _read_docx(content)


def _read_pdf(content: bytes) -> tuple[str, dict[str, str]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("encrypted" if "password" in str(error).lower() else "bad_document") from error
    try:
        told = document.get_metadata_dict(skip_empty=True)
        pages = []
        for number in range(len(document)):
            text = document[number].get_textpage().get_text_range()
            pages.append(_HYPHEN.sub(r"\1\2", text.replace("\r\n", "\n")).strip())
    except pypdfium2.PdfiumError as error:
        raise Unreadable("bad_document") from error
    finally:
        document.close()
    names = {"Title": "title", "Author": "author", "CreationDate": "published"}
    facts = {ours: str(told[theirs]) for theirs, ours in names.items() if told.get(theirs)}
    return "\n\n".join(page for page in pages if page), {**facts, "pages": str(len(pages))}


def _read_docx(content: bytes) -> tuple[str, dict[str, str]]:
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise Unreadable("too_large")
        document = docx.Document(io.BytesIO(content))
        text = "\n\n".join(_parts(document))
        told = document.core_properties
        created = told.created.isoformat() if told.created else ""
        facts = {"title": told.title, "author": told.author, "published": created}
    except _DAMAGE as error:
        encrypted = content.startswith(b"\xd0\xcf\x11\xe0")
        raise Unreadable("encrypted" if encrypted else "bad_document") from error
    return text, {key: value for key, value in facts.items() if value}


def _parts(document: Any) -> Iterator[str]:
    """Yields paragraphs, lists and tables in the document's order, with the plain signs that pages get."""
    items: list[str] = []
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            text, is_item = _table(part), False
        else:
            text, is_item = _paragraph(part)
        if not text.strip():
            continue
        if is_item:
            items.append(text)
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield text
    if items:
        yield "\n".join(items)


def _paragraph(part: Any) -> tuple[str, bool]:
    """Returns a paragraph's text, and whether it is an item of a list."""
    style = str(part.style.name or "") if part.style is not None else ""
    text = part.text
    if found := _HEADING.match(style):
        return "#" * int(found[1]) + " " + " ".join(text.split()), False
    if style.lower() == "title":
        return "# " + " ".join(text.split()), False
    if style.lower().startswith("list"):
        return ("1. " if "number" in style.lower() else "- ") + text, bool(text.strip())
    return text, False


def _table(part: Any) -> str:
    rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in part.rows]
    lines = [f"| {' | '.join(row)} |" for row in rows if any(row)]
    if len(lines) > 1:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)
