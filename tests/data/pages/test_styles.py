from __future__ import annotations

import time

import pytest

from data.extraction import extract_html
from data.pages.styles import INKLESS, INVISIBLE, NOTHING, SHIFTED, SIZELESS, is_white, read_style


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "DISPLAY : None !important", "display/**/:/* a */none", "d\\69splay:n\\6f ne",
        "display:n\\6fne",
        "display:block;display:none", "display:none!important;display:block", "content-visibility:hidden",
        "opacity:0", "opacity:.0", "opacity:0%", "opacity:0;transition:all 1s", "transform:scale(0)", "scale:0",
        "opacity:0;transform:none;pointer-events:none", "transform:rotate(1deg) scale(0, 0)",
        "transform:translateX(-9999px)", "clip:rect(0 0 0 0)", "clip: rect(1px, 1px, 1px, 1px)", "clip-path:inset(50%)",
        "clip-path:inset(100% 0 0 0)", "clip-path:circle(0)", "clip-path:polygon(0 0,0px 0px, 0 0)",
        "position:absolute;left:-9999px", "top:-1000px", "right:-999em", "position:relative;left:-9999px",
        "margin-left:-9999px", "height:0;overflow:hidden", "max-height:0px;overflow-y:clip", "width:0;overflow:hidden",
        "width:0;flex:0 0 auto;overflow:hidden",
        "width:1px;height:1px;overflow:hidden", "height:0;overflow:hidden;padding:0 0px",
        "background:url(&quot;a;b&quot;);display:none", "position:absolute;left:calc(-9999px)", "top:CALC( -999em )",
        "position:absolute;inset:-9999px auto auto -9999px", "inset:0 auto auto -999em", "position:fixed;left:-200vw",
        "position:absolute;right:-100vw;width:1px", "filter:opacity(0)", "filter:blur(1px) opacity( 0.0% )",
    ],
)  # fmt: skip
def test_a_style_that_hides_an_element_hides_all_within_it(style: str) -> None:
    assert read_style(style).gone


@pytest.mark.parametrize(
    ("style", "fades"),
    [
        ("visibility:hidden", INVISIBLE), ("visibility: collapse !important", INVISIBLE), ("font-size:0", SIZELESS),
        ("font-size:.01px;line-height:0", SIZELESS), ("font-size:1px", SIZELESS), ("font:0/0 a", SIZELESS),
        ("font-size:0.05em", SIZELESS), ("text-indent:-9999px", SHIFTED), ("text-indent:-999em", SHIFTED),
        ("text-indent:100%;overflow:hidden", SHIFTED), ("color:#fff;background:white", INKLESS),
        ("color:#fefefe;background-color:rgb(255, 255, 255)", INKLESS), ("color:RED;background:red", INKLESS),
        ("color:#123456ff;background:#123456 none", INKLESS), ("color:rgba(0,0,0,0)", INKLESS),
        ("color:rgba(9 9 9 / 0%)", INKLESS), ("color:Transparent", INKLESS), ("color:#0000", INKLESS),
        ("color:#12345600", INKLESS), ("color:rgb(0 0 0 / 0)", INKLESS), ("color:hsla(0,0%,0%,0)", INKLESS),
        ("color:hsl(120deg 50% 50% / .0%)", INKLESS), ("text-indent:calc(-9999px)", SHIFTED),
        ("visibility:hidden;font-size:0", INVISIBLE | SIZELESS),
    ],
)  # fmt: skip
def test_a_style_may_hide_an_elements_own_text_alone(style: str, fades: int) -> None:
    found = read_style(style)
    assert (found.gone, found.fades, found.shows & fades) == (False, fades, 0)


@pytest.mark.parametrize(
    "style",
    [
        "", "margin:0", "display:none;display:block", "dis/**/play:none", "display:nonesuch", "display:none\\9",
        "*display:none", "opacity:0.5", "opacity:0;transform:translateY(9px)", "opacity:0;will-change:opacity",
        "visibility:hidden;animation-name:fadeInUp", "transform:scale(0.1)", "clip:auto", "clip-path:inset(10%)",
        "left:-100px", "position:relative;left:-1170px", "margin-top:-1000px", "margin:0 -9999px;padding:0 9999px",
        "height:0", "height:0;overflow:hidden;padding-bottom:56%", "height:0;min-height:9px;overflow:hidden",
        "flex:1;width:0;overflow:hidden", "height:0;flex-grow:1;overflow:hidden",
        "font-size:10px", "font-size:.8em", "font-size:2%", "font:bold 12px Arial", "text-indent:-2em",
        "color:rgba(0,0,0,0);background:linear-gradient(red,blue)", "color:rgba(0,0,0,.5)",
        "color:transparent;background-clip:text", "-webkit-background-clip:text;color:transparent",
        "color:transparent;animation:glow 1s", "color:transparent;-webkit-text-fill-color:red", "color:#000000ff",
        "color:#000f", "color:#00000", "color:#000", "color:#00000001", "color:rgb(0 0 0 / 50%)", "color:rgb(0 0 0)",
        "color:hsla(0,0%,0%,1)", "color:hsl(0 0% 0%)", "border-color:transparent", "background:transparent",
        "left:-5px", "left:calc(-9999px + 100vw)", "left:calc(-1px)", "inset:-9999px", "inset:0 0 0 -9999px",
        "left:-200vw", "position:relative;left:-200vw", "position:absolute;left:-200vw;width:300vw",
        "position:absolute;left:-50vw", "position:absolute;left:-100vw;right:-100vw", "z-index:-9999",
        "position:absolute;left:-100vw;padding:0 100vw", "position:absolute;left:-100vw;transform:translateX(100vw)",
        "position:absolute;left:-100%", "filter:opacity(0.5)", "filter:opacity()", "filter:blur(0)",
        "filter:opacity(0);transform:none",
        "color:rgba(0,0,0,0);text-shadow:0 0 1px red", "color:#fff;background:#000", "color:#fff;background:url(a)",
        "color:inherit;background:inherit", "color: ", "color:#ff", "color:rgb(1.2.3,,)", "background:#fff",
    ],
)  # fmt: skip
def test_other_styles_hide_nothing(style: str) -> None:
    assert not read_style(style).gone
    assert not read_style(style).fades


def test_a_style_tells_what_it_shows_again() -> None:
    assert read_style("visibility:visible;color:#000").shows == INVISIBLE | INKLESS
    assert read_style("font-size:1rem").shows == read_style("font:italic 16px/1.5 Arial").shows == SIZELESS
    assert read_style("font-size:100%;font-size:2em").shows == 0  # of nothing
    assert read_style("text-indent:0").shows == SHIFTED
    assert read_style("visibility:inherit;color:inherit;font-size:inherit") == NOTHING
    assert read_style("display:flex").displayed


SENTENCE = "The quick brown fox jumps over the lazy dog while the other animals watch it from afar."


def read(body: str) -> str:
    """Returns what the default engine and trafilatura make of a page, which must be the same."""
    html = f"<html><body><h1>Animals</h1><p>{SENTENCE}</p>{body}<p>The end. {SENTENCE}</p></body></html>".encode()
    text = extract_html(html).text
    assert "The end." in text
    assert ("MAYBE" in extract_html(html, engine="trafilatura").text) == ("MAYBE" in text)
    return text


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "style",
    [
        "color:transparent", "COLOR : TRANSPARENT", "color:#0000", "color:#12345600", "color:hsla(0,0%,0%,0)",
        "color:rgb(0 0 0 / 0)", "position:fixed;left:-200vw", "position:absolute;left:calc(-9999px)",
        "filter:opacity(0)", "position:absolute;inset:-9999px auto auto -9999px",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["p", "div", "b", "a href=x"])
def test_both_readers_pass_over_what_is_clear_or_off_the_page(style: str, tag: str) -> None:
    inner = f'<{tag} style="{style}">MAYBE {SENTENCE}</{tag.split()[0]}>'
    assert "MAYBE" not in read(inner if tag in ("p", "div") else f"<p>{SENTENCE} {inner}</p>")


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "element",
    [
        '<p style="color:#00000000"><b style="color:#000">MAYBE SENTENCE</b></p>',
        '<p style="color:transparent" class="text-gradient">MAYBE SENTENCE</p>',
        '<p class="bg-clip-text" style="color:transparent">MAYBE SENTENCE</p>',
        '<p style="color:transparent;background-clip:text">MAYBE SENTENCE</p>',
        '<p style="color:#000000ff">MAYBE SENTENCE</p>', '<p style="color:rgb(0 0 0 / 50%)">MAYBE SENTENCE</p>',
        '<p style="left:-5px">MAYBE SENTENCE</p>', '<p style="left:-200vw">MAYBE SENTENCE</p>',
    ],
)  # fmt: skip
def test_both_readers_keep_what_only_looks_clear(element: str) -> None:
    assert "MAYBE" in read(element.replace("SENTENCE", SENTENCE))


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("paper", "is_seen"),
    [
        ('style="background:#fff"', False), ("style='background-color : WHITE'", False), ('bgcolor="#FFFFFF"', False),
        ('bgcolor="white"', False), ('style="background:rgb(255, 255, 255);margin:0"', False),
        ("bgcolor=ffffff", False), ('style="background:#fff0"', True), ('style="background:#ff0"', True),
        ('bgcolor="#fffff0"', True), ('style="background:#fff url(night.png)"', True), ('background="n.png"', True),
        ('style="background:whitesmoke"', True), ('style="background:#fff" bgcolor="navy"', True),
    ],
)  # fmt: skip
def test_white_text_is_not_seen_where_all_paper_is_white(paper: str, is_seen: bool) -> None:
    assert ("MAYBE" in read(f'<div {paper}><p style="color:#fff">MAYBE {SENTENCE}</p></div>')) == is_seen


def test_white_by_name_or_number_and_nearly_white_are_white() -> None:
    assert all(map(is_white, ("white", "#FFF", " ffffff", "#fefefe", "rgb(255,255,255)")))
    assert not any(map(is_white, ("", "black", "#eee", "whitesmoke", "#ffff00", "fff")))


@pytest.mark.parametrize(
    "unit",
    [
        "display:none;", "/*", "\\", "clip:rect(0 ", "a" * 9, "translate(", "rgba(", " ", "&quot;", "!important ",
        "calc(-1",
    ],
)  # fmt: skip
def test_no_flood_in_a_style_costs_time(unit: str) -> None:
    flood = unit * (2**18 // len(unit))
    began = time.process_time()
    read_style(flood)
    read_style(f"visibility:hidden;transform:{flood};color:{flood};clip:{flood};clip-path:{flood}")
    assert time.process_time() - began < 5
