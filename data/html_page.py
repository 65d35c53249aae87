"""One HTML page to text, in this process: decoding, opt-outs, hidden text, main content, facts.

Slow or crashing pages are the caller's business: see `data/extraction.py`, which runs this in a child.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np

from data.charset import Undecodable, decode_html

#: resiliparse's main-content search takes time quadratic in depth: 1000 levels cost 25 ms, 50,000 a
#: minute. Deeper pages are read whole, in linear time.
MAX_DEPTH = 1000
#: Nothing of a page's head that is longer is a fact about it.
MAX_FACT_CHARS = 1000

_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160))),
    13: "\n",
}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0*\.?0+(?:[a-z%]{0,4})\s*(?:[;!]|$)"
    r"|(?<![-\w])opacity\s*:\s*0*\.?0+\s*(?:[;!]|$)|(?<![-\w])(?:text-indent|left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?<![-\w])background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_WHITE = {"#fff", "#ffffff", "white", "rgb(255,255,255)"}
_NO_AI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*\s*")
#: Root elements are hidden until a script runs, to avoid flicker: pages themselves are meant to be seen.
_HIDDEN = ("[hidden]:not(html):not(body)", "template", "noscript", "script", "style")
_HIDDEN_PATH = "//*[@hidden][not(self::html or self::body)]|//template|//noscript|//script|//style"
_STYLE = re.compile(r"""style\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""")  # with IGNORECASE: 5 times slower
_OLD_STYLE = re.compile(_STYLE.pattern.replace("style", "STYLE"))
_TAG = re.compile(r"(<[a-zA-Z][^\s<>/]*)[^<>]*\s")
_STYLED = ("<style", "<STYLE", "stylesheet", "StyleSheet", "bgcolor=", "BGCOLOR=", "background=", "BACKGROUND=")
_ROBOTS = "meta[name*='bot' i][content*='noai' i], meta[name*='bot' i][content*='noimageai' i]"
_RESERVED = "meta[name='tdm-reservation' i][content='1']"
_DATES = (
    'meta[property="article:published_time"]',
    'meta[itemprop="datePublished"]',
    'meta[name="date"]',
    'meta[name="dc.date"]',
    "time[datetime]",
)


@dataclasses.dataclass(frozen=True)
class Page:
    """What a page gives.

    Attributes:
        text: its main content; line breaks and indentation of <pre> are kept.
        title: of its head.
        language: primary subtag that it declares, in lower case.
        metadata: charset, canonical, published, as far as it tells.
        status, reason: "" or how its road ends here.
    """

    text: str = ""
    title: str | None = None
    language: str | None = None
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    status: str = ""
    reason: str = ""


def read_page(content: bytes, content_type: str | None, engine: str, url: str | None, opt_out: bool) -> Page:
    """Returns what a page gives; an undecodable one is quarantined, an opted-out or empty one dropped."""
    from resiliparse.parse.html import HTMLTree

    try:
        html, charset = decode_html(content, content_type)
    except Undecodable as error:
        return Page(status="quarantined", reason=error.reason)
    html = mark_hidden(html)
    tree = HTMLTree.parse(html)
    if opt_out and _opts_out(tree):
        return Page(status="dropped", reason="opt_out")
    title, language, metadata = _facts(tree)
    metadata["charset"] = charset
    text = clean(_extract(tree, html, engine, url))
    status, reason = ("", "") if text.strip() else ("dropped", "empty")
    return Page(text, title, language, metadata, status, reason)


def clean(text: str) -> str:
    """Returns text without control characters (line breaks and tabs stay) and outer blank lines."""
    return text.replace("\r\n", "\n").translate(_CONTROLS).strip("\n").rstrip()


def _extract(tree: Any, html: str, engine: str, url: str | None) -> str:
    deep = bracket_depth(html) > MAX_DEPTH
    if engine == "trafilatura" and not deep:
        return _extract_by_trafilatura(html, url)
    from resiliparse.extract.html2text import extract_plain_text

    return str(
        extract_plain_text(
            tree, main_content=not deep, preserve_formatting=True, alt_texts=False, skip_elements=list(_HIDDEN)
        )
    )


def _extract_by_trafilatura(html: str, url: str | None) -> str:
    import trafilatura

    tree = trafilatura.load_html(html)
    if tree is None:
        return ""
    for element in tree.xpath(_HIDDEN_PATH):
        if element.getparent() is not None:
            element.drop_tree()
    return trafilatura.extract(tree, url=url, include_comments=False) or ""


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


def _opts_out(tree: Any) -> bool:
    """Returns whether a <meta> element asks not to be trained on.

    Sources: the `noai` and `noimageai` values of robots directives; TDM Reservation Protocol (W3C
    community group report, 2022), section 4.
    """
    # Directives may be addressed to one robot by its name instead of "robots".
    robots = tree.document.query_selector(_ROBOTS)
    if robots and _NO_AI.search(robots.getattr("content") or ""):
        return True
    return tree.document.query_selector(_RESERVED) is not None


def header_opts_out(robots: str, reservation: str) -> bool:
    """Returns whether X-Robots-Tag or TDM-Reservation headers ask not to be trained on."""
    return bool(_NO_AI.search(robots)) or reservation.strip() == "1"


def _facts(tree: Any) -> tuple[str | None, str | None, dict[str, str]]:
    """Returns title, declared language, and further facts of the head."""
    title = _short(tree.title)
    root = tree.document.query_selector("html")
    declared = root and (root.getattr("lang") or root.getattr("xml:lang"))
    found = _LANGUAGE.fullmatch(declared or "")
    metadata: dict[str, str] = {}
    canonical = tree.document.query_selector('link[rel="canonical"][href]')
    if canonical and (address := _short(canonical.getattr("href"))):
        metadata["canonical"] = address
    for selector in _DATES:
        element = tree.document.query_selector(selector)
        date = _short(element.getattr("datetime") or element.getattr("content")) if element else None
        if date:
            metadata["published"] = date
            break
    return title, found[1].lower() if found else None, metadata


def _short(value: str | None) -> str | None:
    value = " ".join((value or "").translate(_CONTROLS).split())
    return value[:MAX_FACT_CHARS] or None


def mark_hidden(html: str) -> str:
    """Returns a page in which elements that inline styles hide bear the `hidden` attribute.

    It is done in the source, since walking a tree from Python takes longer than extraction itself.
    """
    pieces: list[str] = []
    done = 0
    plain_page: bool | None = None
    for found in (_OLD_STYLE if "STYLE=" in html else _STYLE).finditer(html):
        style = found[1].strip("\"'")
        if not _HIDING.search(style):
            if not _COLOUR.search(style):
                continue
            if plain_page is None:
                plain_page = not any(mark in html for mark in _STYLED)
            if not _blends_in(style, plain_page):
                continue
        opening = html.rfind("<", done, found.start())
        if opening >= 0 and (tag := _TAG.fullmatch(html, opening, found.start())):
            pieces += [html[done : tag.end(1)], " hidden"]
            done = tag.end(1)
    return "".join([*pieces, html[done:]]) if pieces else html


def _blends_in(style: str, plain_page: bool) -> bool:
    """Returns whether text has its background's colour: its own, or the white of a page without styles."""
    colour = _COLOUR.search(style)
    if not colour:
        return False
    background = _BACKGROUND.search(style)
    ink = colour[1].replace(" ", "").lower()
    paper = background[1].replace(" ", "").lower() if background else "white" if plain_page else ""
    return ink == paper or {ink, paper} <= _WHITE
