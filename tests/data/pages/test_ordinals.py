from __future__ import annotations

import pytest

from data import extract_html
from data.pages.ordinals import Counting, count

pytestmark = pytest.mark.usefixtures("reader")


def written(body: str) -> str:
    return extract_html(f"<body>{body}".encode(), engine="plain").text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<ol><li value=7>a<li>b<li value=2>c<li>d</ol>", "7. a\n8. b\n2. c\n3. d"),
        ("<ol reversed><li>a<li>b<li>c</ol>", "3. a\n2. b\n1. c"),
        ("<ol reversed start=2><li>a<li>b<li>c<li>d</ol>", "2. a\n1. b\n0. c\n-1. d"),
        ("<ol type=a start=26><li>a<li>b</ol>", "z. a\naa. b"), ("<ol type=A><li>a<li>b</ol>", "A. a\nB. b"),
        ("<ol type=i start=4><li>a<li>b</ol>", "iv. a\nv. b"), ("<ol type=I start=1999><li>a</ol>", "MCMXCIX. a"),
        ("<ol type=a start=0><li>a<li>b</ol>", "0. a\na. b"), ("<ol type=i start=4000><li>a</ol>", "4000. a"),
        ('<ol style="list-style-type: lower-alpha"><li>a</ol>', "a. a"),
        ('<ol style="list-style: upper-roman inside"><li>a</ol>', "I. a"),
        ("<ol start=x type=q><li value>a<li value=-3>b<li>c</ol>", "1. a\n-3. b\n-2. c"),
        ("<ol><li>a</ol><p>Between.</p><ol start=2><li>b</ol>", "1. a\n\nBetween.\n\n2. b"),
        ("<ol start=5><li>a<ol type=a><li>b<li>c</ol><li>d</ol>", "5. a\n  a. b\n  b. c\n6. d"),
        ("<ul start=3><li value=4>a</ul>", "- a"), (f"<ol start={'9' * 30}><li>a</ol>", "999999999. a"),
    ],
)  # fmt: skip
def test_items_bear_the_numbers_that_they_have_on_the_page(body: str, text: str) -> None:
    assert written(body) == text


def test_an_item_that_is_left_out_keeps_its_number() -> None:
    sentence = "A long sentence about rivers, and how much water they carry in spring, when the snow melts. " * 3
    links = '<li><a href="/x">Share</a> <a href="/y">Tweet</a></li>'
    text = extract_html(
        f"<article><p>{sentence}</p><ol><li>{sentence}</li>{links}<li>{sentence}</li></ol>".encode()
    ).text
    assert "1. A long" in text
    assert "3. A long" in text


def test_numbers_count_on_from_the_one_that_an_item_names() -> None:
    assert count(Counting(kind="A"), [Counting(), Counting(number=5), Counting()]) == ["A. ", "E. ", "F. "]
    assert count(Counting(), []) == []
