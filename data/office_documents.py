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
from typing import Any

from data.errors import UsageError
from data.word_text import WordText

#: What stands as content type of a file of a `documents` source. Not the MIME types: a PDF that a crawl met is none.
PDF, DOCX = "x-document/pdf", "x-document/docx"
DOCUMENT_TYPES = {PDF: ".pdf", DOCX: ".docx"}
_LIBRARIES = {PDF: "pypdfium2", DOCX: "docx"}
#: What installs them.
INSTALL = "pip install '.[documents]'"
#: A DOCX file is a zip archive; its parts must not unfold to more than this.
MAX_UNPACKED_BYTES = 512 * 2**20

#: What zipfile, lxml (whose errors are SyntaxErrors) and python-docx, which trusts its input, raise on damaged files.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, LookupError, ValueError, SyntaxError, AttributeError, TypeError,
    AssertionError, NotImplementedError, RuntimeError,
)  # fmt: skip

_HYPHEN = re.compile(r"(\w)[\u00ad\x02\ufffe]\n?(\w)")


class Unreadable(Exception):
    """A document gives no text; `reason` is `bad_document` or `encrypted`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def can_read(kind: str) -> bool:
    """Returns whether the library for a kind of document is there."""
    return importlib.util.find_spec(_LIBRARIES[kind]) is not None


def require(kind: str, path: str = "") -> None:
    """Makes sure that the library for a kind of document is there.

    Args:
        kind: PDF or DOCX.
        path: a file that needs it.

    Raises:
        UsageError: it is not.
    """
    if not can_read(kind):
        raise UsageError(
            f"{path}{path and ': '}PDF and DOCX files need {_LIBRARIES[kind]}, which is not installed; install it "
            "beside phimill (pip install pypdfium2 python-docx), or phimill with its extra "
            f"({INSTALL} in its folder)"
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
    from docx.oxml import parse_xml

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise Unreadable("too_large")
        document = docx.Document(io.BytesIO(content))
        text = WordText(document, parse_xml).text()
        facts = _word_facts(document)
    except _DAMAGE as error:
        encrypted = content.startswith(b"\xd0\xcf\x11\xe0")
        raise Unreadable("encrypted" if encrypted else "bad_document") from error
    return text, {key: value for key, value in facts.items() if value}


def _word_facts(document: Any) -> dict[str, str]:
    """Returns what a Word document says about itself; python-docx makes something up for one that says nothing."""
    if not any(relation.reltype.endswith("/core-properties") for relation in document.part.package.rels.values()):
        return {}
    told = document.core_properties
    created = told.created.isoformat() if told.created else ""
    return {"title": told.title, "author": told.author, "published": created}
