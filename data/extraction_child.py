"""The process that reads HTML pages for `data.extraction.Extractor`, and dies with it.

Protocol, both ways: a frame is a length (4 bytes, little-endian) and that many bytes. The parent sends
settings as JSON once, then batches: a frame with the pages' heads as a JSON list, then each page's
bytes as a frame. The child answers with one JSON frame when it is ready, then one for each page. A reply
with `loads` is followed by another frame that says it is ready: it loads, or compiles, what reads faster.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import struct
import sys
import time
from typing import IO, Any

import orjson

from data.child import bound_resident, bound_self
from data.html_page import Page, clean, read_page
from data.memory import trim
from data.office_documents import DOCUMENT_TYPES, Unreadable, read_document
from data.pages import reading

#: What a page may want of addresses, and of memory with all that is loaded: one that wants more is quarantined.
ADDRESS_BYTES = 4 * 2**30
MEMORY_BYTES = 560 * 2**20
#: What pages beyond this leave behind is given back at once.
LARGE_BYTES = 2**20
#: trafilatura's trees do leave cycles.
PAGES_PER_COLLECTION = 200

CANARY = b"<html><body><main><p>phimill reads pages: this sentence comes out whole.</p></main></body></html>"
CANARY_TEXT = "this sentence comes out whole"


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Writes one frame; the caller flushes."""
    stream.write(struct.pack("<I", len(content)))
    stream.write(content)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Returns the next frame, or null at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    content = stream.read(length)
    return content if len(content) == length else None


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answers batches until the stream ends."""
    first = read_frame(requests)
    if first is None:
        return
    settings = orjson.loads(first)
    _check(settings["engine"])
    gc.freeze()
    gc.disable()  # pages leave no cycles behind: looking for some takes a tenth of the time
    bound_resident(MEMORY_BYTES)
    _reply(replies, {"ready": True, "cpu": time.process_time()})
    pages = 0
    while (heads := read_frame(requests)) is not None:
        batch = [(head, read_frame(requests)) for head in orjson.loads(heads)]
        for head, content in batch:
            if content is None:
                return
            # The default action of SIGALRM ends the process, even inside C code: nothing outlives its parent.
            signal.alarm(math.ceil(settings["last_resort_s"]))
            page = _read_within_bounds(content, head, settings)
            signal.alarm(0)
            if (pages := pages + 1) % PAGES_PER_COLLECTION == 0:
                gc.collect()
            loads = reading.is_due()
            _reply(replies, {**vars(page), "loads": loads, "cpu": time.process_time()})
            if loads:
                reading.load_where_allowed()
                trim()
                bound_resident(MEMORY_BYTES)
                _reply(replies, {"ready": True, "cpu": time.process_time()})


def _read_within_bounds(content: bytes, head: dict[str, Any], settings: dict[str, Any]) -> Page:
    """Returns what a page gives; one that wants more memory than there is, is quarantined."""
    try:
        page = _read(content, head, settings)
    except MemoryError:
        page = Page(status="quarantined", reason="too_large")
    if len(content) > LARGE_BYTES or page.reason == "too_large":
        gc.collect()
        trim()
    return page


def _read(content: bytes, head: dict[str, Any], settings: dict[str, Any]) -> Page:
    if head["content_type"] in DOCUMENT_TYPES:
        return _read_document(content, head["content_type"])
    repair = settings.get("mojibake") == "repair"
    return read_page(content, head["content_type"], settings["engine"], head["url"], settings["opt_out"], repair)


def _read_document(content: bytes, kind: str) -> Page:
    try:
        text, facts = read_document(content, kind)
    except Unreadable as error:
        return Page(status="quarantined", reason=error.reason)
    text, title = clean(text), facts.pop("title", None)
    return Page(text, title, None, facts, *(("", "") if text.strip() else ("dropped", "empty")))


def _check(engine: str) -> None:
    """Reads a known page, so that a broken installation ends the run instead of dropping every page."""
    if "trafilatura" in engine:
        import lxml_html_clean  # noqa: F401  # needed by some pages only
    page = read_page(CANARY, "text/html", engine, None, opt_out=True)
    if CANARY_TEXT not in page.text:
        raise RuntimeError(f"{engine} reads {page.text!r} from a known page")


def _reply(replies: IO[bytes], reply: dict[str, Any]) -> None:
    try:
        packed = orjson.dumps(reply)
    except TypeError:  # lone surrogates
        packed = orjson.dumps({**reply, "text": reply["text"].encode("utf-8", "ignore").decode()})
    write_frame(replies, packed)
    replies.flush()


def main() -> None:
    """Serves the parent on standard input and output; what libraries print goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    bound_self(ADDRESS_BYTES)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
