"""Elements found by what they bear, against an engine that walks the tree."""

from __future__ import annotations

import random
from typing import Any

import pytest

from data.pages import elements
from data.pages.elements import Elements, looks_of
from data.pages.selectors import Selector, read_selector
from data.pages.source import parse

TAGS, NAMES = ("div", "section", "span", "article"), "abcd"


def selector_of(text: bytes) -> Selector:
    selector = read_selector(text)
    assert selector is not None
    return selector


def ids_of(page: str, selector: bytes) -> list[str]:
    """Returns the data-n of the elements that a selector is for."""
    found = Elements(source := page.encode(), bytes.find).matching(selector_of(selector))
    return [looks_of(source[each.begin : each.start]).attributes.get(b"data-n", b"").decode() for each in found]


PAGE = parse(
    '<div class="a" data-n=1><p class="b" data-n=2>x<br><img src=y><b class="b c" data-n=3></b></p>'
    '<!-- <p class="b"> --><ul data-n=4><li class="b" data-n=5><xmp><p class="b"></xmp></ul></div>'
    '<p class="b" data-n=6 title="a b">'
)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (b".b", "2356"), (b"p.b", "26"), (b".b.c", "3"), (b".a .b", "235"), (b".a > .b", "2"), (b".a p > b", "3"),
        (b"div ul .b", "5"), (b"body > .b", ""), (b"body > div", "1"), (b"ul > .b", "5"), (b".a li", "5"),
        (b"[title~=b]", "6"), (b"[class*=c]", "3"), (b"p:not([title])", "2"), (b".b .b", "3"), (b".c .b", ""),
        (b".x .b", ""), (b"body .a ul", "4"),
    ],
)  # fmt: skip
def test_elements_are_found_by_what_they_and_those_around_bear(selector: bytes, found: str) -> None:
    assert "".join(ids_of(PAGE, selector)) == found


def test_what_stands_often_or_wide_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_PLACES", 3)
    assert ids_of(PAGE, b".b") == []
    monkeypatch.undo()
    monkeypatch.setattr(elements, "MAX_BETWEEN_BYTES", 30)
    assert ids_of(PAGE, b".a > .b") == ["2"]
    assert ids_of(PAGE, b".a > ul") == []


def tree(draw: random.Random, depth: int) -> str:
    tag = draw.choice(TAGS)
    names = "".join(
        f' class="{" ".join(draw.sample(NAMES, draw.randrange(1, 3)))}"' for _ in range(draw.random() < 0.7)
    )
    own = f' id="{draw.choice("xyz")}"' if draw.random() < 0.2 else ""
    told = f' data-k="{draw.choice(("", "one", "one two"))}"' if draw.random() < 0.3 else ""
    inner = (
        "".join(tree(draw, depth - 1) for _ in range(draw.randrange(4)))
        if depth
        else draw.choice(("t", "<br>t", "&lt;"))
    )
    return f"<{tag}{names}{own}{told}>{inner}</{tag}>"


def compound(draw: random.Random) -> str:
    parts = [draw.choice(("", "", *TAGS))]
    parts += [f".{name}" for name in draw.sample(NAMES, draw.randrange(3))]
    parts += [f"#{draw.choice('xyz')}"] * (draw.random() < 0.1)
    parts += [draw.choice(("[data-k]", '[data-k="one"]', "[data-k~=two]", "[data-k^=one]"))] * (draw.random() < 0.2)
    if not any(parts):
        parts = ["." + draw.choice(NAMES)]
    parts += [f":not({draw.choice(('.a', 'div', '[data-k]'))})"] * (draw.random() < 0.15)
    return "".join(parts)


def numbered(page: str) -> str:
    pieces = page.split(">")
    opens = [piece.rfind("<") >= 0 and piece[piece.rfind("<") + 1 :][:1] not in ("/", "") for piece in pieces]
    return ">".join(
        f'{piece} data-n="{number}"' if is_open and "<br" not in piece else piece
        for number, (piece, is_open) in enumerate(zip(pieces, opens, strict=True))
    )


def test_what_is_found_is_what_an_engine_finds_that_walks_the_tree() -> None:
    cssselect = pytest.importorskip("cssselect", reason="cssselect is not installed (pip install cssselect)")
    lxml_html: Any = pytest.importorskip("lxml.html", reason="lxml is not installed (pip install lxml)")
    translator = cssselect.HTMLTranslator()
    draw, times = random.Random(5), 0
    for _ in range(150):
        page = parse(numbered("".join(tree(draw, 4) for _ in range(3))))
        root = lxml_html.document_fromstring(page)
        for _ in range(12):
            count = draw.randrange(1, 4)
            text = "".join(compound(draw) + draw.choice((" ", " > ")) for _ in range(count - 1)) + compound(draw)
            expected = [each.get("data-n") for each in root.xpath(translator.css_to_xpath(text))]
            assert ids_of(page, text.encode()) == expected, (text, page)
            times += bool(expected)
    assert times > 500
