from __future__ import annotations

import subprocess
import sys

import pytest

from data.html_page import read_page
from data.pages import floods
from data.pages.floods import CUT, is_flood, serialised_pieces, tree_bytes
from data.pages.reader import read_blocks
from data.pages.source import parse


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a few thousand characters are floods, cut every five hundred or so."""
    monkeypatch.setattr(floods, "SMALL_CHARS", 1000)
    monkeypatch.setattr(floods, "MAX_TREE_BYTES", 10_000)
    monkeypatch.setattr(floods, "PIECE_TREE_BYTES", 5_000)
    monkeypatch.setattr(floods, "WINDOW_CHARS", 200)


def text_of(html: str, engine: str = "plain") -> str:
    assert is_flood(html)
    return read_page(html.encode(), "text/html", engine, None, opt_out=False).text


def numbered(before: str, after: str = "", count: int = 200) -> str:
    return "".join(f"{before}word{number}{after}" for number in range(count))


WORDS = [f"word{number}" for number in range(200)]


@pytest.mark.parametrize(
    ("before", "after", "around"),
    [
        ("<p>", "</p>", ("<body>", "")),
        ("<p>", "", ("<body>", "")),
        ("<li>", "", ("<ul class='a &amp; \"b\"'>", "")),
        ("<div>", "", ("<body>", "")),
        ("<b>", " ", ("<p>", "")),
        ("<td>", "", ("<table><tr>", "</table>")),
        ("<tr><td>", "<td>", ("<table>", "</table>")),
        ("<a href=x>", "</a> ", ("<p>", "</p>")),
        ("<span>", "</span>\n", ("<pre>", "</pre>")),
        ("<section><h2>", "</h2>", ("<main>", "")),
    ],
)
@pytest.mark.usefixtures("small_pieces")
def test_every_word_of_a_flood_comes_once_and_in_order(before: str, after: str, around: tuple[str, str]) -> None:
    html = f"<html><head><title>t</title></head>{around[0]}{numbered(before, after)}{around[1]}"
    assert len(list(serialised_pieces(html))) > 3
    found = text_of(html).replace("|", " ").replace("-", " ").replace("#", " ").replace("```", " ")
    assert found.split() == WORDS


@pytest.mark.parametrize(
    "around",
    [
        "<div hidden>", '<div style="display:none"><section>', "<template>", "<template><template>", "<textarea>",
        "<select>", "<iframe>", "<noframes>", "<svg><foreignObject>", '<nav hidden title="&quot;&lt;>">',
        "<div hidden>" + "<b>" * 150,
        "<b>" * 30 + "<div hidden>" + "<i>" * 150,
    ],
)  # fmt: skip
@pytest.mark.usefixtures("small_pieces")
def test_what_is_not_seen_is_not_seen_in_any_piece(around: str) -> None:
    html = f"<body><p>Before</p>{around}{numbered('<p>', '</p>')}"
    assert len(list(serialised_pieces(html))) > 3
    assert text_of(html) == "Before"


@pytest.mark.usefixtures("small_pieces")
def test_what_follows_a_hidden_part_is_seen() -> None:
    html = f"<body><div hidden>{numbered('<p>', '</p>')}</div>{numbered('<p>after', '</p>')}<p>End</p>"
    assert text_of(html).split() == [*(f"after{word}" for word in WORDS), "End"]


@pytest.mark.usefixtures("small_pieces")
def test_all_pieces_tell_about_the_page_and_the_first_has_the_say() -> None:
    html = (
        f"<html lang=de><head><title>One</title></head><body>{numbered('<p>')}"
        f"<title>Two</title><meta name=date content=2020-01-02>{numbered('<p>')}<meta name=robots content=noai>"
    )
    page = read_page(html.encode(), "text/html", "plain", None, opt_out=False)
    assert (page.title, page.language) == ("One", "de")
    assert page.metadata == {"published": "2020-01-02", "opt_out": "noai", "charset": "utf-8"}
    dropped = read_page(html.encode(), "text/html", "resiliparse", None, opt_out=True)
    assert (dropped.status, dropped.reason, dropped.text) == ("dropped", "opt_out", "")


@pytest.mark.parametrize("engine", ["resiliparse", "trafilatura", "resiliparse+trafilatura"])
@pytest.mark.usefixtures("small_pieces")
def test_engines_that_take_more_room_leave_floods_to_the_default(engine: str) -> None:
    sentence = "This is a sentence of some length, number {}, and it ends with a full stop."
    html = "<body><article>" + "".join(f"<p>{sentence.format(number)}</p>" for number in range(100))
    lines = text_of(html, engine).split("\n\n")
    assert lines == [sentence.format(number) for number in range(100)]


@pytest.mark.usefixtures("small_pieces")
def test_marks_of_cuts_are_left_nowhere() -> None:
    for html in (f"<xmp>{numbered('<p>')}", f"<body>{numbered('<p>')}", f"<title>{numbered('<p>')}", numbered("<p>")):
        pieces = list(serialised_pieces(html))
        assert len(pieces) > 3
        assert not any(CUT in piece for piece in pieces)


def test_a_page_is_no_flood_however_long_its_text_is() -> None:
    assert not is_flood("<p>" + "word " * 3_300_000)
    assert not is_flood("<p>A paragraph of a page.</p>" * 100_000)
    assert is_flood("<p>x" * 300_000)
    assert is_flood("<p " + "a b c d e f g h i j k l m n " * 3 + ">x") is False
    assert is_flood(("<p " + "a b c d e f g h i j k l m n o p>x") * 30_000)


@pytest.mark.parametrize(
    "unit", ["<p>a", "<p></p>", "<a href=x>y</a>", "<p class=a id=b>x", "<td>x", "xxxx ", "<div><p>a b c</p></div>"]
)
def test_a_tree_takes_about_what_is_reckoned(unit: str) -> None:
    html = "<table><tr>" + unit * (2_000_000 // len(unit))
    program = (
        "import sys\nfrom data.pages.source import tree_of\n"
        "def held(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "html = sys.stdin.read()\ntree_of('<p>x')\nbefore = held()\ntree = tree_of(html)\nprint(held() - before)"
    )
    said = subprocess.run([sys.executable, "-P", "-c", program], input=html, capture_output=True, text=True, check=True)
    assert int(said.stdout) < 1.3 * tree_bytes(html) + 4 * 2**20


def test_a_page_in_one_piece_is_serialised_as_any_other() -> None:
    html = "<html lang=en><body><p>One<table><tr><td>x</table>"
    assert [read_blocks(piece).blocks[0].text for piece in serialised_pieces(html)] == ["One"]
    assert list(serialised_pieces(html)) == [parse(html)]


@pytest.mark.parametrize(("menu", "option"), [("select", "option"), ("SELECT", "OPTION")])
def test_of_very_many_options_a_parser_does_not_look_for_the_chosen_one(menu: str, option: str) -> None:
    """It looks through all of them for each, unless several may be chosen; what a menu offers is no text."""
    few, many = (f"<{menu} id=a>{f'<{option} selected>x' * count}</{menu}><p>After.</p>" for count in (500, 501))
    assert '<select multiple="" id="a">' in parse(many)
    assert '<select id="a">' in parse(few)
    assert [block.text for block in read_blocks(parse(many)).blocks] == ["After."]
