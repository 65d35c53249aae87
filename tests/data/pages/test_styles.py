from __future__ import annotations

import time

import pytest

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
        "background:url(&quot;a;b&quot;);display:none",
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
        ("color:rgba(9 9 9 / 0%)", INKLESS), ("visibility:hidden;font-size:0", INVISIBLE | SIZELESS),
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
        "color:transparent", "color:rgba(0,0,0,0);background:linear-gradient(red,blue)", "color:rgba(0,0,0,.5)",
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


def test_white_by_name_or_number_and_nearly_white_are_white() -> None:
    assert all(map(is_white, ("white", "#FFF", " ffffff", "#fefefe", "rgb(255,255,255)")))
    assert not any(map(is_white, ("", "black", "#eee", "whitesmoke", "#ffff00", "fff")))


@pytest.mark.parametrize(
    "unit", ["display:none;", "/*", "\\", "clip:rect(0 ", "a" * 9, "translate(", "rgba(", " ", "&quot;", "!important "]
)
def test_no_flood_in_a_style_costs_time(unit: str) -> None:
    flood = unit * (2**18 // len(unit))
    began = time.process_time()
    read_style(flood)
    read_style(f"visibility:hidden;transform:{flood};color:{flood};clip:{flood};clip-path:{flood}")
    assert time.process_time() - began < 5
