"""HTML, notebooks, PDF and DOCX to text for whole tables: what is no page is dropped, what is unreadable quarantined.

Pages are read in one child process, since a page can make a parser crash or run for minutes: it is
ended at the deadline, the page is quarantined, and the next child goes on with the page after it.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, get_args

import orjson
import pyarrow as pa

from data.charset_detection import wide_order
from data.errors import UsageError, did_you_mean
from data.extraction_process import Child
from data.html_page import read_page
from data.notebooks import to_script
from data.office_documents import DOCUMENT_TYPES, require
from data.pages import reading
from data.pages.facts import OPEN_SOURCE, header_opt_out
from data.recipe import Extract
from data.schema import EXTRACT_SCHEMA, to_metadata
from data.sources.languages import canonical

#: What finds the main content, as the recipe names it.
ENGINES: tuple[str, ...] = get_args(Extract.model_fields["engine"].annotation)

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xhtml", "text/xhtml")
#: How files begin that no browser shows as a page, whatever their label.
_BINARY_MAGIC = (
    b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"OggS",
    b"\x7fELF", b"MZ\x90\x00", b"BZh", b"7z\xbc\xaf", b"Rar!", b"ID3", b"\x00\x01\x00\x00", b"wOFF", b"wOF2", b"OTTO",
    b"\xca\xfe\xba\xbe", b"\xd0\xcf\x11\xe0", b"fLaC", b"\x00\x00\x01\x00", b"II*\x00", b"MM\x00*", b"\xfd7zXZ\x00",
)  # fmt: skip
#: As `data.pages.facts.spdx` writes them.
_LICENCE_ID = re.compile(
    r"CC-BY(?:-[A-Z]{2})*-\d\.\d|CC0-1\.0|LicenseRef-PublicDomain|" + "|".join(map(re.escape, OPEN_SOURCE))
)
#: What shows nothing: blanks, marks of joining and direction, soft hyphens, and what stands for bytes that were lost.
_SHOWS_NOTHING = "\0\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\xad\u061c\u1680\u180e\u3000\ufeff\ufffc\ufffd" + "".join(
    map(chr, (*range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x205F, 0x2070)))
)
_NOT_TEXT = bytes({*range(1, 9), 11, *range(14, 27), *range(28, 32), 127})


@dataclasses.dataclass(frozen=True)
class Extracted:
    """A page's text and facts.

    Attributes:
        text: main content; "" if there is none.
        title: from the page's head, else its first heading.
        language: primary subtag that the page declares.
        metadata: charset, mended_bytes and left_out_bytes where the charset did not explain all, canonical, published,
            licence, opt_out; `reason` if the page would be dropped or quarantined.
    """

    text: str
    title: str | None
    language: str | None
    metadata: dict[str, str | int]


def extract_html(
    html: bytes, url: str | None = None, engine: str = "resiliparse", content_type: str | None = None
) -> Extracted:
    """Returns a page's main text and facts, read in this process without a deadline.

    Args:
        html: the page as it was served; its character set is sniffed.
        url: where it stood; trafilatura makes use of it.
        engine: one of ENGINES.
        content_type: of the HTTP header; its charset is heeded.

    Raises:
        UsageError: there is no such engine, or the page is not bytes.
    """
    if engine not in ENGINES:
        raise UsageError(f'unknown engine "{engine}".{did_you_mean(engine, ENGINES)} Known: {", ".join(ENGINES)}')
    if not isinstance(html, (bytes, bytearray, memoryview)):
        raise UsageError(f"html: expected the page as bytes, not {type(html).__name__}")
    html = bytes(html)
    reason = "binary" if _is_binary(html) else ""
    if reason:
        return Extracted("", None, None, {"reason": reason})
    if reading.is_due():
        reading.load_where_allowed()
    page = read_page(html, content_type, engine, url, opt_out=False)
    metadata = {**page.metadata, **({"reason": page.reason} if page.reason else {})}
    return Extracted(page.text, page.title, page.language, metadata)


@dataclasses.dataclass
class _Fate:
    """What becomes of a row; the defaults mean that it goes on as it is."""

    status: str = ""
    reason: str = ""
    measured: float | None = None
    text: str | None = None
    metadata: str | None = None
    language: str | None = None
    licence: str | None = None


class Extractor:
    """Extracts tables; a context manager that holds the child process.

    Args:
        settings: engine, deadline, whether opt-outs are heeded.
    """

    def __init__(self, settings: Extract) -> None:
        self._settings = settings
        self._child = Child(settings)

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *failure: object) -> None:
        self._child.close()

    def extract(self, table: pa.Table) -> pa.Table:
        """Returns for each row of an ingest table its fate here and what extraction found.

        Rows that ended at ingest get an empty status: their fate stands there. `text` is null where
        the ingest text stands or the row ends here; `metadata` is all of the row's, or null if
        nothing was added; `licence` is what the page states, if that is a known licence: other words
        stay in the metadata; `threshold` is always null, `measured` is the HTTP status where it decides.
        """
        rows = table.select(["status", "text", "content", "content_type", "url", "metadata", "language"])
        fates: list[_Fate] = []
        for batch in rows.to_batches(max_chunksize=256):
            fates.extend(self._extract_batch(batch))
        ids = table["id"].combine_chunks()
        columns = {
            "id": ids,
            "threshold": pa.nulls(len(fates), pa.float64()),
            **{
                field.name: pa.array([getattr(fate, field.name) for fate in fates], field.type)
                for field in EXTRACT_SCHEMA
                if field.name not in ("id", "threshold")
            },
        }
        return pa.table([columns[name] for name in EXTRACT_SCHEMA.names], schema=EXTRACT_SCHEMA)

    def _extract_batch(self, batch: pa.RecordBatch) -> list[_Fate]:
        fates: list[_Fate] = []
        pages: list[tuple[int, dict[str, Any], bytes]] = []
        for number in range(batch.num_rows):
            status, text, content, content_type, url, metadata, language = (
                column[number].as_py() for column in batch.columns
            )
            fate = _Fate()
            if status == "" and content is None:
                fate = self._of_text(text or "", language, metadata)
            elif status == "":
                facts = orjson.loads(metadata)
                fate = self._before_reading(content, content_type, facts)
                if not fate.status:
                    pages.append((number, {"content_type": content_type, "url": url, "facts": facts}, content))
            fates.append(fate)
        heads = [({key: head[key] for key in ("content_type", "url")}, content) for _, head, content in pages]
        for (number, head, _), reply in zip(pages, self._child.read(heads), strict=True):
            fates[number] = _after_reading(reply, head["facts"])
        return fates

    def _of_text(self, text: str, language: str | None, metadata: str) -> _Fate:
        """Returns the fate of a row that came with its text."""
        if not text.strip(_SHOWS_NOTHING):
            return _Fate("dropped", "empty")
        if self._settings.notebooks == "keep" or canonical(language) != "jupyter-notebook":
            return _Fate()
        script = to_script(text)
        if script is None or not script.text.strip():
            return _Fate("dropped", "empty" if script else "bad_notebook")
        facts = {**orjson.loads(metadata), "converted_from": "jupyter-notebook"}
        return _Fate(text=script.text, metadata=to_metadata(facts), language=script.language)

    def _before_reading(self, content: bytes, content_type: str | None, facts: dict[str, Any]) -> _Fate:
        """Returns a fate that headers and first bytes decide, or one that goes on; notes opt-outs among the facts."""
        if content_type in DOCUMENT_TYPES:
            require(content_type)
            return _Fate()
        status = facts.get("http_status")
        if isinstance(status, int) and status != 200:
            reason = "not_found" if status in (404, 410) else "redirect" if 300 <= status < 400 else "http_error"
            return _Fate("dropped", reason, float(status))
        mime = (content_type or "text/html").split(";")[0].strip().lower()
        if mime not in _HTML_TYPES:
            return _Fate("dropped", "not_html")
        if not content.strip(b" \t\r\n\0"):
            return _Fate("dropped", "empty")
        if _is_binary(content):
            return _Fate("quarantined", "binary")
        robots, reservation = (str(facts.get(name) or "") for name in ("x_robots_tag", "tdm_reservation"))
        if said := header_opt_out(robots, reservation):
            facts["opt_out"] = said
            if self._settings.opt_out:
                return _Fate("dropped", "opt_out", metadata=to_metadata(facts))
        return _Fate()


def _after_reading(reply: dict[str, Any], facts: dict[str, Any]) -> _Fate:
    if reply["status"]:
        told = reply.get("metadata") or {}
        metadata = to_metadata({**facts, **told}) if "opt_out" in told else None
        return _Fate(reply["status"], reply["reason"], reply.get("measured"), metadata=metadata)
    language = reply["language"] or _header_language(facts)
    return _Fate(
        text=reply["text"],
        metadata=to_metadata({**facts, **reply["metadata"], "title": reply["title"] or facts.get("title")}),
        language=language,
        licence=_known_licence(reply["metadata"].get("licence")),
    )


def _known_licence(stated: str | None) -> str | None:
    """Returns what a page states if it is the id of a licence; else it is an address or a sentence."""
    return stated if stated and _LICENCE_ID.fullmatch(stated) else None


def _header_language(facts: dict[str, Any]) -> str | None:
    value = str(facts.get("content_language") or "").split(",")[0].split("-")[0].strip().lower()
    return value if value.isalpha() and len(value) in (2, 3) else None


def _is_binary(content: bytes) -> bool:
    """Returns whether bytes are no page: a known beginning, or many control characters in the head."""
    head = content[:4096]
    if head.startswith(_BINARY_MAGIC) or head[4:8] == b"ftyp":
        return True
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or wide_order(head):
        return False
    controls = len(head) - len(head.translate(None, _NOT_TEXT))
    return controls > len(head) // 20 + 2
