"""What a page's JSON-LD says of the page: the language and the licence of an article, not of its pictures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Iterator

import orjson

from data.pages.occurrences import Find

#: Pages have one or two; no more are looked at, nor longer ones, nor deeper than this.
MAX_SCRIPTS, MAX_SCRIPT_BYTES, MAX_TAG_BYTES, MAX_DEPTH = 4, 2**17, 500, 3
#: Looking further takes longer and finds nothing: of 46 pages of a crawl that stated something, 45 did before it.
MAX_PLACE = 2**16
_MARK = b"ld+json"
_ENDS = (b"</script", b"</SCRIPT")
#: How the types of schema.org end that a page is, or what it is about when that is its text.
_OF_TEXT = (
    "Article", "Posting", "Page", "Work", "Book", "Chapter", "Recipe", "HowTo", "Course", "Report", "Resource",
    "Dataset", "Code", "WebSite",
)  # fmt: skip


def stated(content: bytes, keys: Collection[str], find: Find = bytes.find) -> dict[str, str]:
    """Returns what a page's JSON-LD states of its text, as far as it does.

    Args:
        content: the page as it came.
        keys: of what is wanted: `inLanguage`, `license`.
        find: what looks for a text in it.
    """
    facts: dict[str, str] = {}
    marks = [key.encode() for key in keys]
    head = content[:MAX_PLACE]
    place = find(head, _MARK)
    place = place if place >= 0 and any(find(head, mark) >= 0 for mark in marks) else -1
    for _ in range(MAX_SCRIPTS):
        begin = content.find(b">", place, place + MAX_TAG_BYTES) + 1 if place >= 0 else 0
        ends = (content.find(mark, begin, begin + MAX_SCRIPT_BYTES) for mark in _ENDS)
        end = next((place for place in ends if place >= 0), -1)
        if not begin or end < 0:
            break
        script = content[begin:end]
        for thing in _things(script, 0) if any(mark in script for mark in marks) else ():
            for key in keys:
                if value := _name(thing.get(key)):
                    facts.setdefault(key, value)
        place = content.find(_MARK, end, MAX_PLACE)
    return facts


def _things(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yields what is text of all that is described at the top, and in its graph."""
    if isinstance(value, bytes):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return
    if isinstance(value, list) and depth < MAX_DEPTH:
        for one in value:
            yield from _things(one, depth + 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if any(
            isinstance(kind, str) and kind.endswith(_OF_TEXT)
            for kind in (kinds if isinstance(kinds, list) else [kinds])
        ):
            yield value
        if depth < MAX_DEPTH:
            for inner in (value.get("@graph"), value.get("mainEntity")):
                yield from _things(inner, depth + 1)


def _name(value: Any) -> str:
    """Returns what stands for a language or licence: a text, the first of several, or the name of what is described."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next(filter(None, map(value.get, ("alternateName", "@id", "url", "@value", "name"))), None)
    return value if isinstance(value, str) else ""
