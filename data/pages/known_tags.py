"""Tags that have been met, each looked at once, and what a part of a page that is not seen tells."""

from __future__ import annotations

import re

from data.pages.tags import ASIDE, BLOCK_TAGS, COMMENT, LINK, PLAIN, PLAIN_LINK, VOID, Tag, read_tag, tells
from data.pages.unread import Fact, end_of, licences_within

MAX_TAGS = 50_000

known: dict[str, Tag] = {}
#: An opening tag, or any end tag, and the text after it.
TOKEN = re.compile(r"<(?:/[^>]*|([^>]*))>([^<]*)")
#: Stand for the start of what is passed over, and for comments.
PASSED = Tag(PLAIN, "")
_COMMENT = Tag(COMMENT, "!")
#: Elements that are navigation or tell about the page, but for links to licences and names with a hyphen.
_TELLING = frozenset((*BLOCK_TAGS, "meta", "link", "title", "time", "html"))


def look_at(head: str) -> Tag:
    """Returns what a tag means that is not among the known ones."""
    if head[:1] == "!":
        return _COMMENT
    if head.startswith("a ") and not tells(head):
        return PLAIN_LINK
    tag = read_tag(head)
    if len(head) < 200 and tag.role not in (LINK, VOID):
        if len(known) >= MAX_TAGS:
            known.clear()
        known[head] = tag
    return tag


def facts_of_hidden_block(source: str, whole: bool) -> tuple[list[Fact], int]:
    """Returns what a block that is not seen tells about the page, and how many tags of navigation stand in it.

    Args:
        source: what stands between the block's tags.
        whole: navigation is read, not counted.
    """
    facts: list[Fact] = []
    passed_over = start = 0
    for found in TOKEN.finditer(source):
        head, text = found.groups()
        if head is None or found.start() < start:
            continue
        name = head.partition(" ")[0]
        if name not in _TELLING and "-" not in name and (name != "a" or not _is_licence(head)):
            continue  # to look at a tag takes thirty times as long
        tag = known.get(head) or look_at(head)
        if tag.role == ASIDE and not whole:
            start = end_of(source, tag.name, found.end(1) + 1)
            passed_over += source.count("<", found.end(), start) + 2 if start >= 0 else 0
            facts += licences_within(source, found.end(), start)
        elif tag.fact:
            facts.append((tag.name, head, "" if tag.role == VOID else text))
    return facts, passed_over


def _is_licence(head: str) -> bool:
    return "license" in head or "creativecommons" in head
