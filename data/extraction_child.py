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

from data.child import bound_self
from data.html_page import Page, clean, read_page
from data.office_documents import DOCUMENT_TYPES, Unreadable, read_document
from data.pages import reading

#: More memory than any page needs that gives text; a page that wants more ends this process alone.
MEMORY_BYTES = 4 * 2**30
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
    _reply(replies, {"ready": True, "cpu": time.process_time()})
    pages = 0
    while (heads := read_frame(requests)) is not None:
        batch = [(head, read_frame(requests)) for head in orjson.loads(heads)]
        for head, content in batch:
            if content is None:
                return
            # The default action of SIGALRM ends the process, even inside C code: nothing outlives its parent.
            signal.alarm(math.ceil(settings["last_resort_s"]))
            page = _read(content, head, settings)
            signal.alarm(0)
            if (pages := pages + 1) % PAGES_PER_COLLECTION == 0:
                gc.collect()
            loads = reading.is_due()
            _reply(replies, {**vars(page), "loads": loads, "cpu": time.process_time()})
            if loads:
                reading.load()
                _reply(replies, {"ready": True, "cpu": time.process_time()})


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
    reply["text"] = reply.get("text", "").encode("utf-8", "ignore").decode()  # no lone surrogates
    write_frame(replies, orjson.dumps(reply))
    replies.flush()


def main() -> None:
    """Serves the parent on standard input and output; what libraries print goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    bound_self(MEMORY_BYTES)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
