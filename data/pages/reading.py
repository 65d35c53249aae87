"""Which code reads a page: compiled code once there are so many pages that loading it is worth the while.

Both give the same blocks. What compiled code gives up on is read by `data.pages.reader`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from data.pages.blocks import Blocks
from data.pages.network import shipped
from data.pages.reader import read_blocks

if TYPE_CHECKING:
    from data.pages.scanning import Scanner

#: Loading compiled code takes as long as reading some 300 pages without.
PAGES_BEFORE = 100
_CANARY = "<html><body><div><p>A page, read once.</p></div></body></html>"


class _Count:
    """How many pages this process has read."""

    pages = 0


@functools.cache
def scanner() -> Scanner:
    """Returns the compiled reader, loaded; compiled first where this machine's cache does not have it."""
    from data.pages.scanning import Scanner

    found = Scanner(shipped().words)
    page = found.read(_CANARY.encode(), b"", whole=False)
    assert page is not None
    shipped().logits(page)
    return found


def is_due() -> bool:
    """Returns whether the next page is the first that compiled code is to be loaded for."""
    return _Count.pages == PAGES_BEFORE


def read_page_blocks(source: str, content: bytes, whole: bool) -> Blocks:
    """Returns a page's blocks.

    Args:
        source: serialisation of the parsed page.
        content: the page as it came, whose styles tell whether white text is seen on it.
        whole: also what stands in navigation, footers, comments and the like.
    """
    _Count.pages += 1
    if _Count.pages > PAGES_BEFORE:
        page = scanner().read(source.encode("utf-8", "replace"), content, whole)
        if page is not None:
            return page
    return read_blocks(source, content, whole)
