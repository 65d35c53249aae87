from __future__ import annotations

import time

import pytest

from data.extraction import extract_html

SENTENCE = "The quick brown fox jumps over the lazy dog while the other animals watch it from afar."
STYLED = "<link rel=stylesheet href=a.css>"


def text_of(body: str, head: str = "") -> str:
    return extract_html(f"<html><head>{head}</head><body><p>{SENTENCE}</p>{body}<p>The end. {SENTENCE}".encode()).text


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('<div style="font-size:0">hidden<div style="font-size:16px">SEEN</div>hidden</div>', ""),
        ('<table><tr><td style="font-size:0px;padding:9px">hidden<div style="font-size:13px">SEEN</div></table>', ""),
        ('<div style="font:0/0 a">hidden<div><b>hidden</b><p style="font:16px/1.5 Arial">SEEN</p></div></div>', ""),
        ('<div style="visibility:hidden">hidden<p style="visibility:visible">SEEN</p><p>hidden</p></div>', ""),
        ('<p style="visibility:hidden">hidden<br><b>hidden<i style="visibility: visible">SEEN</i></b></p>', ""),
        ('<div style="text-indent:-9999px">hidden<p style="text-indent:0">SEEN</p></div>', ""),
        ('<div style="color:#fff">hidden<p style="color:#000">SEEN</p></div>', ""),
        ('<div style="color:#fff">hidden<font color="#000">SEEN</font></div>', ""),
        ('<font color="white">hidden<span style="color:black">SEEN</span></font>', ""),
        ('<div style="background:#fff;color:#fff">hidden<p style="color:#000">SEEN</p></div>', STYLED),
        ('<ul style="font-size:0">hidden<li class="cell">SEEN</ul>', STYLED),
        ('<div style="visibility:hidden">hidden<p style="visibility:visible">SEEN'
         '<b style="visibility:hidden">hidden</b><i style="display:none">hidden</i></p></div>', ""),
        ('<div style="visibility:hidden;font-size:0"><p style="visibility:visible">hidden'
         '<b style="font-size:9pt">SEEN</b></p><p style="font-size:9pt">hidden</p></div>', ""),
    ],
)  # fmt: skip
def test_what_is_shown_again_within_what_is_not_seen_is_text(body: str, head: str) -> None:
    text = text_of(body, head)
    assert text.count("SEEN") == 1
    assert "hidden" not in text
    assert "The end." in text


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "body",
    [
        '<div style="visibility:hidden">hidden<p style="color:red">hidden</p></div>',
        '<div style="font-size:0">hidden<p class="cell" style="font-size:2em">hidden</p></div>',
        '<div style="display:none">hidden<p style="display:block;visibility:visible;font-size:9px">hidden</p></div>',
        '<div style="visibility:hidden" hidden>hidden<p style="visibility:visible">hidden</p></div>',
        '<div style="font-size:0" aria-hidden="true">hidden<p style="font-size:9px">hidden</p></div>',
        '<div style="font-size:0">hidden<xmp>hidden</xmp><!-- <p style="font-size:9px"> -->hidden</div>',
    ],
)  # fmt: skip
def test_what_nothing_shows_again_stays_hidden(body: str) -> None:
    assert "hidden" not in text_of(body)
    assert "The end." in text_of(body)


@pytest.mark.usefixtures("reader")
def test_words_that_only_hidden_text_parts_stay_apart() -> None:
    body = '<p style="font-size:0"><b style="font-size:9px">one</b>,<b style="font-size:9px">two</b></p>'
    assert "one" in text_of(body)
    assert "onetwo" not in text_of(body)


@pytest.mark.usefixtures("reader")
def test_a_page_that_hides_itself_until_its_script_runs_is_read() -> None:
    text = SENTENCE * 20
    for style in ("display:none", "visibility:hidden", "opacity:0", "font-size:0"):
        assert text in extract_html(f'<body style="{style}"><p>{text}</p>'.encode()).text
        assert text in extract_html(f'<body><div id=app style="{style}"><p>{text}</p></div>'.encode()).text
        seen = extract_html(f'<body><p>{SENTENCE * 5}</p><div id=app style="{style}"><p>{text}</p></div>'.encode()).text
        assert seen == SENTENCE * 5


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("unit", ['<p style="font-size:0">x</p>', '<b style="visibility:hidden"><i style="color:red">'])
def test_no_flood_of_hidden_text_costs_time(unit: str) -> None:
    began = time.process_time()
    text_of(unit * 5_000 + '<p style="font-size:0"><b style="font-size:9px">SEEN</b>')
    assert time.process_time() - began < 10
