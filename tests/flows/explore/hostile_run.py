"""Hostile documents: 200 payloads as ids, URLs, licences and texts, and h03; and what a browser makes of a page.

Not a conftest: tests load it by path.
"""

from __future__ import annotations

import json
import random
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[4] / "shared" / "badinputs" / "h03_xss"

_HOLDERS = [
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    '"><body onload={}>',
    "javascript:{}",
    "</pre></details></style></title></textarea><script>{}</script>",
    "<iframe srcdoc='<script>{}</script>'>",
    "<a href=javascript:{}>x</a>",
    "' autofocus onfocus={} x='",
    "<math><mtext></form><style><img onerror={} src>",
    "<link rel=stylesheet href=//evil.example/{}>",
    "<meta http-equiv=refresh content=0;url=//evil.example/{}>",
    "<object data=//evil.example/{}></object><embed src=//evil.example>",
    "{{{{constructor.constructor('{}')()}}}} ${{7*7}} <%= {} %>",
    "\u202e<img src=//evil.example onerror={}>\u2066",
    "<img src=//evil.example/{}?\x1b[31m\x00\x7f>",
    "--><!-- ]]> <![CDATA[ <script>{}</script>",
    "<form action=//evil.example><button formaction=javascript:{}>x</button></form>",
    "<base href=//evil.example/{}/>",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
]

#: 200 payloads, each with a number of its own.
PAYLOADS = [holder.format(f"alert({number})", f"alert({number})") for number in range(10) for holder in _HOLDERS]

_WORDS = "the river that we have seen moves a garden of winter and be with every method to measure engine letter"

#: What the explorer's own pages are made of.
_ELEMENTS = """
    html head meta title link script body header a b span nav small button kbd main section h1 h2 h3 p form label input
    select option fieldset legend div table thead tbody tr th td svg rect line details summary ul ol li code pre mark
    article aside dl dt dd dialog em i wbr
"""

RECIPE = """\
name: hostile
seed: 3
sources:
  - {name: pages, kind: jsonl, path: pages.jsonl, document_kind: web, licence_column: licence, signals: {edu: edu}}
filters:
  - preset: gopher-quality
    min_stop_words: null
  - name: educational
    rules: [{signal: edu, at_least: 1, reason: not_educational}]
  - name: repeated
    rules: [{signal: duplicate_line_share, at_most: 0.6, reason: repeats_itself}]
tokenise: {tokenizer: tokenizer.json}
mixture: {by: kind, shares: {web: 1.0}}
max_quarantined: 0.5
"""


def documents() -> Iterator[dict[str, Any]]:
    """Yields the payloads' documents: of every length, some repeating themselves, some alike."""
    draw = random.Random(11)
    for number, payload in enumerate(PAYLOADS):
        words = [draw.choice(_WORDS.split()) for _ in range(15 + number)]
        lines = [" ".join(words[place : place + 12]) + "." for place in range(0, len(words), 12)]
        if number % 9 == 4:
            lines = lines[:2] * 20
        lines.insert(1, payload)
        text = "\n".join([*lines, "mail jane.doe@example.org AKIAIOSFODNN7EXAMPLE"])
        yield {"id": payload, "url": payload, "licence": payload, "edu": number % 5, "text": text}
        if number % 40 == 39:
            words[7] = "otherwise"
            near = "\n".join([lines[0], payload, *lines[2:], "otherwise a last line"])
            yield {"id": f"near {payload}", "url": payload, "licence": payload, "edu": 3, "text": near}


def write_hostile_corpus(folder: Path) -> Path:
    """Writes the documents, a tokenizer and the recipe; returns the recipe."""
    from data.tokenizer import train

    rows = list(documents())
    (folder / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    train((row["text"] for row in rows), 400, folder / "tokenizer.json")
    recipe = RECIPE
    if SHARED.is_dir():
        recipe = recipe.replace(
            "filters:", f"  - {{name: h03, kind: html, path: {json.dumps(str(SHARED))}}}\nfilters:", 1
        )
    (folder / "hostile.yaml").write_text(recipe, encoding="utf-8")
    return folder / "hostile.yaml"


class Page(HTMLParser):
    """What a browser would make of a page: elements, attributes, text, and the numbers that it shows."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def number(self, name: str) -> int:
        return next(int(found["data-value"]) for _, found in self.elements if found.get("data-number") == name)

    def links(self, start: str) -> list[str]:
        return [found["href"] for tag, found in self.elements if tag == "a" and found.get("href", "").startswith(start)]

    def with_(self, **wanted: str) -> list[dict[str, str]]:
        return [found for _, found in self.elements if all(found.get(key) == value for key, value in wanted.items())]

    def problems(self) -> list[str]:
        """Returns what of the page could run, load or lead away."""
        found = [f"<{tag}>" for tag, _ in self.elements if tag not in _ELEMENTS.split()]
        for tag, attributes in self.elements:
            found += [f"{tag}.{name}" for name in attributes if name.startswith("on") or name in ("style", "srcdoc")]
            for name in ("href", "src", "action", "formaction"):
                place = urllib.parse.urlsplit(attributes.get(name, "/"))
                local = not place.scheme and not place.netloc and place.path.startswith("/")
                found += [] if local else [f"{tag}.{name}={attributes[name]}"]
            if tag == "script" and attributes.get("src") != "/static/explore.js":
                found.append("a script of its own")
            if tag == "meta" and "http-equiv" in attributes:
                found.append("meta http-equiv")
        return found
