"""One HTML page to text, in this process: decoding, opt-outs, hidden text, main content, facts.

Slow or crashing pages are the caller's business: see `data/extraction.py`, which runs this in a child.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import re
from collections.abc import Iterator, Mapping

import numpy as np

from data.charset import Undecodable, decode_page
from data.memory import trim
from data.mojibake import repaired, repaired_markup
from data.pages.blocks import Blocks
from data.pages.content import Content, find_content, with_code
from data.pages.facts import Facts, address_date, find_facts
from data.pages.floods import SMALL_CHARS, is_flood, serialised_pieces
from data.pages.marking import MARK, MUCH_CHARS, hide_much, without_hiding
from data.pages.network import Network, shipped
from data.pages.reading import find, read_page_blocks, strip
from data.pages.shown_again import may_be_shown_again
from data.pages.source import is_styled, made_ready, serialise
from data.pages.styles import GRADIENT, INKLESS, read_style
from data.pages.writing import write

#: trafilatura takes time quadratic in depth; deeper pages are read by the default engine.
MAX_DEPTH = 1000
#: The chain asks trafilatura where the model doubts more of a page than this: about one page of a crawl in eight.
MAX_DOUBT = 0.19

#: Pages of which less is kept are read again, if so many tags had been passed over.
LITTLE_CHARS = 600
MIN_PASSED_OVER = 30
#: Pages of which less was kept have their content in what was passed over.
NOTHING_CHARS = 200

_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160))),
    13: "\n",
}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: In so much after its tag is looked for what an element shows though its own text is hidden.
MAX_FADED_CHARS = 2000
_HIDDEN_PATH = (
    "//*[(@hidden and not(starts-with(@id, 'S:'))) or @aria-hidden='true' or @popover][not(self::html or self::body)]"
    "|//dialog[not(@open)]|//template|//noscript|//script|//style"
)
_STYLE = re.compile(r"""style\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""")  # with IGNORECASE: 5 times slower
_OLD_STYLE = re.compile(_STYLE.pattern.replace("style", "STYLE"))
_TAG = re.compile(r"(<[a-zA-Z][^\s<>/]*)[^<>]*\s")


@dataclasses.dataclass(frozen=True)
class Page:
    """What a page gives.

    Attributes:
        text: its main content, in plain signs that Markdown uses; code keeps its line breaks and indentation.
        title: of its head, else its first heading.
        language: primary subtag that it declares, in lower case.
        metadata: charset, mended_bytes, left_out_bytes, canonical, published, licence, opt_out, as far as it tells.
        status, reason: "" or how its road ends here.
    """

    text: str = ""
    title: str | None = None
    language: str | None = None
    metadata: Mapping[str, str | int] = dataclasses.field(default_factory=dict)
    status: str = ""
    reason: str = ""


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps Python from looking for cycles: a page's many small objects have none, and looking takes a tenth longer."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collection()
def read_page(
    content: bytes,
    content_type: str | None,
    engine: str,
    url: str | None,
    opt_out: bool,
    repair: bool = False,
    network: Network | None = None,
) -> Page:
    """Returns what a page gives; an undecodable one is quarantined, an opted-out or empty one dropped.

    Args:
        network: a model to try; null: the one that comes with phimill.
    """
    try:
        stripped, hiding = strip(content)
        decoded = decode_page(stripped, content_type)
    except Undecodable as error:
        return Page(status="quarantined", reason=error.reason)
    # Bytes are searched in less time; other encodings than ASCII's are rare.
    html, told_by_bytes = decoded.text, decoded.metadata()
    ready = made_ready(html, stripped is content or find(stripped, b"<noscript") >= 0)
    flood = is_flood(ready)
    if flood:  # trafilatura takes several times a tree's room
        engine = "plain" if engine == "plain" else "resiliparse"
    html = html if "trafilatura" in engine else ""
    html, mended = repaired_markup(html) if repair else (html, False)
    sources = serialised_pieces(ready) if flood else _given_away([serialise(ready)])
    del stripped, ready
    facts, texts = Facts(), []
    for source in sources:
        if len(source) > SMALL_CHARS:
            trim()  # of the tree, before there are blocks
        if repair:
            source, found = repaired_markup(source)
            mended |= found
        marked = hiding.marked(source) if hiding else source
        is_marked = marked is not source
        page, told = _read(marked, content, marked if is_marked and html else html, url, engine, is_marked, flood)
        if network is not None:
            page = dataclasses.replace(page, network=network)
        facts.add(told)
        if opt_out and "opt_out" in facts.metadata:
            return Page(metadata={**facts.metadata, **told_by_bytes}, status="dropped", reason="opt_out")
        texts.append(_ENGINES[engine](page))
        del source, marked, page
    text = "\n\n".join(filter(None, texts))
    if repair:  # what a tag stood in, or a character reference for trafilatura
        text, found = repaired(text)
        mended |= found
    text = clean(text)
    metadata = {**facts.metadata, **told_by_bytes}
    if "published" not in metadata and (date := address_date(url) or address_date(facts.metadata.get("canonical"))):
        metadata["published"] = date
    if mended:
        metadata["repaired"] = "mojibake"
    status, reason = ("", "") if text.strip() else ("dropped", "empty")
    return Page(text, facts.title, facts.language, metadata, status, reason)


def _given_away(sources: list[str]) -> Iterator[str]:
    """Yields what is in a list and keeps none of it: a large page's source takes much room."""
    while sources:
        yield sources.pop(0)


def _read(
    source: str, content: bytes, html: str, url: str | None, engine: str, marked: bool, flood: bool
) -> tuple[_Reading, Facts]:
    """Returns what engines work with, and what a page, or a piece of it, says about itself.

    A page of which hardly anything is seen, and much is not, waits for a script: what it hides is there to be seen.

    Args:
        source: its serialisation.
        marked: whether elements bear the mark of being hidden by their class.
        flood: whether it is a piece.
    """
    whole = engine == "plain"
    blocks = read_page_blocks(source, content, whole)
    seen = int(blocks.chars().sum())
    if marked and hide_much(source, seen):
        html, source = html.replace(MARK, ""), source.replace(MARK, "")
        blocks = read_page_blocks(source, content, whole)
        seen = int(blocks.chars().sum())
    if seen < NOTHING_CHARS and blocks.passed_over < MIN_PASSED_OVER and not flood:
        shown = without_hiding(source)
        if shown != source and (again := read_page_blocks(shown, content, whole)).chars().sum() >= MUCH_CHARS:
            source, blocks = shown, again
    return _Reading(blocks, source, content, html, url, shipped()), find_facts(blocks.facts, content, find, url, source)


def clean(text: str) -> str:
    """Returns text without control characters (line breaks and tabs stay) and outer blank lines."""
    if _CONTROL.search(text):
        text = text.replace("\r\n", "\n").translate(_CONTROLS)
    return text.strip("\n").rstrip()


@dataclasses.dataclass(frozen=True)
class _Reading:
    """What engines work with."""

    blocks: Blocks
    source: str
    content: bytes
    html: str
    url: str | None
    network: Network

    def whole(self) -> Blocks:
        """Returns all blocks, those of navigation and comments too."""
        return read_page_blocks(self.source, self.content, whole=True) if self.blocks.passed_over else self.blocks


def _main_content(page: _Reading) -> str:
    blocks, found = _content(page)
    return write(blocks, found.numbers)


def _content(page: _Reading) -> tuple[Blocks, Content]:
    """Returns the main content; where there is little, navigation and comments are looked through as well."""
    blocks = page.blocks
    found = find_content(blocks, page.network)
    if blocks.passed_over < MIN_PASSED_OVER or found.chars(blocks) >= LITTLE_CHARS:
        return blocks, found
    whole = page.whole()
    again = find_content(whole, page.network, generous=found.chars(blocks) < NOTHING_CHARS)
    better = again.chars(whole) > 3 * found.chars(blocks) + 200
    return (whole, again) if better else (blocks, found)


def _everything(page: _Reading) -> str:
    return write(page.blocks, range(len(page.blocks.blocks)))


def _main_content_or_second_opinion(page: _Reading) -> str:
    """Returns the main content; where the model is in doubt, trafilatura says which blocks it is made of."""
    blocks, found = _content(page)
    if found.doubt(blocks) <= MAX_DOUBT or bracket_depth(page.html) > MAX_DEPTH:
        return write(blocks, found.numbers)
    from data.pages.labels import label

    whole = page.whole()
    shares = label([block.text for block in whole.blocks], _by_trafilatura(page))
    agreed = with_code(whole, shares > 0.5)
    return write(whole, agreed) if agreed else write(blocks, found.numbers)


def _by_trafilatura(page: _Reading) -> str:
    if bracket_depth(page.html) > MAX_DEPTH:
        return _main_content(page)
    import trafilatura

    tree = trafilatura.load_html(mark_hidden(page.html, is_styled(page.content)))
    if tree is None:
        return ""
    for element in tree.xpath(_HIDDEN_PATH):
        if element.getparent() is not None:
            element.drop_tree()
    return trafilatura.extract(tree, url=page.url, include_comments=False) or ""


_ENGINES = {
    "resiliparse": _main_content,
    "trafilatura": _by_trafilatura,
    "resiliparse+trafilatura": _main_content_or_second_opinion,
    "plain": _everything,
}


def bracket_depth(html: str) -> int:
    """Returns the largest rise of opening over closing tags: the tree's depth, or more.

    Void and unclosed elements count as open, so flat pages of some hundred images come near 1000.
    """
    codes = np.frombuffer(html.encode("utf-8", "replace") + b"  ", dtype=np.uint8)
    next_codes = codes[np.flatnonzero(codes == 0x3C) + 1]
    letters = (next_codes | 0x20) - 0x61 < 26
    steps = letters.astype(np.int64) - (next_codes == 0x2F)
    heights = np.concatenate([[0], steps.cumsum()])
    return int((heights - np.minimum.accumulate(heights)).max())


def mark_hidden(html: str, styled: bool = False) -> str:
    """Returns a page in which elements that inline styles hide bear the `hidden` attribute.

    It is done in the source, for trafilatura: walking its tree from Python takes longer.

    Args:
        html: the page.
        styled: whether it has styles, by which white text may be seen.
    """
    pieces: list[str] = []
    done = 0
    for found in (_OLD_STYLE if "STYLE=" in html else _STYLE).finditer(html):
        sight = read_style(found[1].strip("\"'"))
        fades = sight.fades or (INKLESS if sight.ink and not styled else 0)
        opening = html.rfind("<", done, found.start()) if sight.gone or fades else -1
        if opening < 0 or not (tag := _TAG.fullmatch(html, opening, found.start())):
            continue
        if not sight.gone:
            if fades == INKLESS and (tag[1] == "<img" or GRADIENT.search(html, opening, html.find(">", found.end()))):
                continue
            end = html.find(f"</{tag[1][1:]}", found.end(), found.end() + MAX_FADED_CHARS)
            if may_be_shown_again(html, found.end(), end if end >= 0 else found.end() + MAX_FADED_CHARS, fades, styled):
                continue
        pieces += [html[done : tag.end(1)], " hidden"]
        done = tag.end(1)
    return "".join([*pieces, html[done:]]) if pieces else html
