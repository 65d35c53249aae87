from __future__ import annotations

import pytest

from data import extract_html
from data.pages.exponents import exponent

pytestmark = pytest.mark.usefixtures("reader")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("x<sup>2</sup> + y", "x^2 + y"), ("<i>x</i><sup>2</sup>", "x^2"), ("10<sup>6</sup>", "10^6"),
        ("10<sup>−3</sup>", "10^−3"), ("5&nbsp;m<sup>2</sup>", "5\xa0m^2"), ("3 km<sup>2</sup>.", "3 km^2."),
        ("e<sup>-x</sup>", "e^(-x)"), ("2<sup>n+1</sup> - 1", "2^(n+1) - 1"), ("(a+b)<sup>2</sup>", "(a+b)^2"),
        ("Ca<sup>2+</sup> ions", "Ca^2+ ions"), ("2πr<sup>2</sup>", "2πr^2"), ("<b>A<sup>T</sup></b>", "A^T"),
        ('<a href="/x">x<sup>2</sup></a> so', "x^2 so"), ("x<sup class=b>2</sup>", "x^2"),
        ("a note<sup>1</sup>", "a note1"), ("a note<sup>[1]</sup>", "a note[1]"), ("in 1998<sup>2</sup>", "in 19982"),
        ('x<sup><a href="#fn">2</a></sup>', "x2"), ("the 1<sup>st</sup> day", "the 1st day"),
        ("le 2<sup>e</sup>", "le 2e"),
        ("M<sup>c</sup>Donald", "McDonald"), ("Unix<sup>TM</sup>", "UnixTM"), ("(Smith)<sup>2</sup>", "(Smith)2"),
        ("été<sup>2</sup>", "été2"), ("2<sup>nd</sup>", "2nd"), ("sin<sup>2</sup>α", "sin^2α"),
        ("x<sup>2</sup>y", "x^2y"), ("H<sub>2</sub>O", "H2O"),
        ("x<sup hidden>2</sup>", "x"), ("basin<sup>2</sup>", "basin2"),
        ("100<sup>+</sup> clients", "100+ clients"), ("18<sup>-</sup>", "18-"), ("Na<sup>+</sup>", "Na^+"),
        ("x<sup></sup> <sup>2</sup>", "x 2"), ("pp. 3<sup>4,5</sup>", "pp. 34,5"),
        ("$19<sup>99</sup>", "$1999"), ("€ 5<sup>49</sup>", "€ 549"), ("COVID-19<sup>1</sup>", "COVID-191"),
        ("x-2<sup>3</sup>", "x-2^3"),
    ],
)  # fmt: skip
def test_exponents_are_written_as_such_and_notes_and_ordinals_are_not(html: str, text: str) -> None:
    assert extract_html(f"<body><p>Before. {html}</p>".encode()).text == "Before. " + text.replace("\xa0", " ")


def test_exponents_in_code_are_written_as_such() -> None:
    assert "```\nx^2 +\n  y^2\n```" in extract_html(b"<pre>x<sup>2</sup> +\n  y<sup>2</sup></pre>").text


def test_what_stands_before_is_looked_at_no_further_than_a_few_characters() -> None:
    assert exponent("12345678", "2", "") == "2"
    assert exponent(" 123456", "2", "") == "^2"
    assert exponent("", "2", "") == "2"
