"""Which code reads a page: compiled code once there are so many pages that loading it is worth the while.

Both give the same blocks. What compiled code gives up on is read by `data.pages.reader`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from data.pages import source
from data.pages.blocks import Blocks
from data.pages.hiding import Hiding
from data.pages.network import shipped
from data.pages.page_layout import ENTRIES
from data.pages.reader import read_blocks

if TYPE_CHECKING:
    from data.pages.scanning import Scanner

#: Loading compiled code takes as long as is saved on some 6 pages; compiling it, on some 9,000.
PAGES_BEFORE = 5
PAGES_BEFORE_COMPILING = 5_000
_CANARY = b"<html><body><div><p>A page, read once.</p></div></body></html>"


class _State:
    """How many pages this process has read, and the compiled reader once it is loaded.

    Some systems let no program load code that it has made (see `data.sources.record_reading`).
    """

    pages = 0
    is_refused = False
    scanner: Scanner | None = None


def is_due() -> bool:
    """Returns whether it is time to load compiled code."""
    if _State.scanner is not None or _State.is_refused or _State.pages < PAGES_BEFORE:
        return False
    return _State.pages >= PAGES_BEFORE_COMPILING or _is_kept()


@functools.cache
def _is_kept() -> bool:
    """Returns whether compiled code was there when it was first asked for."""
    return all(entry.is_kept() for entry in ENTRIES)


def load() -> Scanner:
    """Returns the compiled reader, loaded; compiled first where this machine's cache does not have it."""
    from data.pages.scanning import Scanner

    if _State.scanner is None:
        scanner = Scanner(shipped().words)
        page = scanner.read(scanner.strip(_CANARY)[0], b"", whole=False)
        assert page is not None
        shipped().logits(page)
        _State.scanner = scanner
    return _State.scanner


def load_where_allowed() -> None:
    """Loads the compiled reader; where the system refuses that, pages are read without, and it is not due any more."""
    try:
        load()
    except OSError:
        _State.is_refused = True


def strip(content: bytes) -> tuple[bytes, Hiding | None]:
    """Returns a page without scripts and the like, and what its styles may hide (see `data.pages.source.strip`)."""
    return _State.scanner.strip(content) if _State.scanner is not None else source.strip(content)


def find(content: bytes, text: bytes, start: int = 0) -> int:
    """Returns where a text stands in a page at or after a place; -1 if nowhere."""
    return _State.scanner.find(content, text, start) if _State.scanner is not None else content.find(text, start)


def read_page_blocks(serialised: str, content: bytes, whole: bool) -> Blocks:
    """Returns a page's blocks; by compiled code only if it has been loaded.

    Args:
        serialised: the parsed page.
        content: the page as it came, whose styles tell whether white text is seen on it.
        whole: also what stands in navigation, footers, comments and the like.
    """
    _State.pages += 1
    if _State.scanner is not None:
        page = _State.scanner.read(serialised.encode("utf-8", "replace"), content, whole)
        if page is not None:
            return page
    return read_blocks(serialised, content, whole)
