from __future__ import annotations

import time

import pytest

from data.pages.marking import MARK, MUCH_CHARS, hide_much, mark_classes, without_hiding

FLOOD_BYTES = 2**20


def test_elements_of_these_classes_are_marked_and_no_others() -> None:
    page = b"<p class='x y'>1</p><p class=x>2</p><p id=x>3</p><P CLASS=\"a x\" id=b>4</P><p class=xx>x</p><b x>"
    marked = mark_classes(page, frozenset((b"x", b"y")), b" m=1")
    assert marked == page.replace(b"<p class='x", b"<p m=1 class='x").replace(
        b"<p class=x>", b"<p m=1 class=x>"
    ).replace(b"<P CLASS", b"<P m=1 CLASS")


def test_what_would_hide_most_of_a_page_is_meant_to_be_seen() -> None:
    source = f'<div><p>Seen</p><div{MARK} class="x"><div>{"word " * 400}</div></div><p{MARK}>more</p></div>'
    assert hide_much(source, 3000)  # 1,604 letters, of 3,000 seen
    assert not hide_much(source, 4000)
    assert not hide_much(source.replace("word " * 400, "word " * 300), 100)
    assert MUCH_CHARS == 1500


def test_attributes_that_hide_are_taken_out_of_tags_and_left_in_text() -> None:
    source = '<p style="display:none" class="a" hidden="">a style="b"&gt;</p><i aria-hidden="true">d</i>'
    assert without_hiding(source) == '<p class="a">a style="b"&gt;</p><i>d</i>'


@pytest.mark.parametrize(
    "unit", [b"a", b"<i class=a>", b'<i class="b a">a', b"<i " + b"a class" * 500, b"<i " + b"a" * 4000, b" a "]
)
def test_no_flood_of_a_hidden_classs_name_costs_time(unit: bytes) -> None:
    body = unit * (FLOOD_BYTES // len(unit))
    began = time.process_time()
    marked = mark_classes(body, frozenset((b"a",)), b" m")
    assert time.process_time() - began < 5
    assert marked.count(b" m") == (body.count(b"<") if b"a>" in unit or b'a"' in unit else 0)
