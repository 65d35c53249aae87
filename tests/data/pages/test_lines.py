"""Listings that no tag calls code, and all the ways in which tags do: each line stays, and each space before it."""

from __future__ import annotations

import re

import pytest
from sample_forms import CODE, FORMS, LINES, hard, lines
from sample_listing import AFTER, BEFORE

from data import extract_html
from data.pages.lines import holds_listing, with_lines_marked
from data.pages.source import parse


def read(body: str, engine: str = "resiliparse") -> str:
    return extract_html(f"<article><h1>Adding numbers</h1>{BEFORE}{body}{AFTER}</article>".encode(), engine=engine).text


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", FORMS)
def test_a_listing_keeps_its_lines_blank_lines_and_indentation(name: str) -> None:
    for engine in ("resiliparse", "plain"):
        text = read(FORMS[name], engine)
        assert f"\n{CODE}\n```" in text, text
        assert text.count("result = 0") == 1
        assert not re.search(r"(?m)^\W*[3456]\W*$", text)
        assert text.startswith("# Adding numbers\n\nThis lesson shows")
        assert text.endswith("and no more.")
    assert not re.search(r"(?mi)^\W*copy( code)?\W*$", read(FORMS[name]))


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", ["the language above", "Juejin"])
def test_the_language_above_a_listing_stands_at_its_fence_alone(name: str) -> None:
    assert f"\n```python\n{CODE}\n```\n" in read(FORMS[name])


POEM = [
    "The owl looked up to the stars above;", "&nbsp;&nbsp;and sang to a small guitar:", "&nbsp;&nbsp;O lovely pussy,",
    "&nbsp;&nbsp;(my love), what a beautiful pussy you are",
]  # fmt: skip


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<p>{line}</p>" for line in POEM), "<p>" + "<br>".join(POEM) + "</p>",
        "<ul>" + "".join(f"<li>{line}</li>" for line in POEM) + "</ul>",
        '<div style="white-space: pre-wrap">' + "\n".join(POEM) + "</div>",
        "<style>.verse{white-space:pre}</style><div class=verse>" + "\n".join(POEM) + "</div>",
        "<ul><li><code>sum(items)</code></li><li><code>min(items)</code></li><li><code>max(items)</code></li></ul>",
        "<p>Call <code>sum(\n    first_items,\n    other_items)</code> for it.</p>",
        "<pre>$ cd there</pre><p>Then:</p><pre>$ ls</pre>" + "<p>&nbsp;&nbsp; An indented paragraph (a = b).</p>" * 3,
    ],
)  # fmt: skip
def test_verse_lists_and_paragraphs_do_not_become_code(body: str) -> None:
    text = read(body, "plain")
    assert all(part.count("\n") == 0 for part in re.findall(r"```\n(.*?)\n```", text, re.DOTALL)), text


def test_sentences_before_and_after_a_listing_of_paragraphs_stay_paragraphs() -> None:
    around = "<p>Read what follows from above, line by line:</p>", "<p>It ends where the list ends.</p>"
    text = read(around[0] + lines("<p>%</p>", blank="<br>") + around[1])
    assert f"line by line:\n\n```\n{CODE}\n```\n\nIt ends where" in text


@pytest.mark.usefixtures("reader")
def test_code_with_lines_of_the_source_is_a_listing_but_in_a_cell_or_a_sentence() -> None:
    code = "<code>set NAME\n    [all]\n  [none]</code>"
    assert "```\nset NAME\n    [all]\n  [none]\n```" in read(f"<p>{code}</p>", "plain")
    assert "```\nset NAME\n    [all]\n  [none]\n```" in read(f"<p>For example: {code}</p>", "plain")
    assert "Then use set NAME [all] [none] so." in read(f"<p>Then use {code} so.</p>", "plain")
    assert "| Syntax | set NAME [all] [none] |" in read(f"<table><tr><th>Syntax<td>{code}</table>", "plain")


def test_marks_change_no_text_and_add_no_tag() -> None:
    source = parse(f"<body>{BEFORE}{FORMS['items of code']}{FORMS['Trac']}{AFTER}")
    marked = with_lines_marked(source)
    assert marked.count(' data-lang-lines="') == 3 * len(LINES)
    assert re.sub(r' data-lang-lines="[a-z-]+"', "", marked) == source
    assert with_lines_marked(parse(f"<body>{BEFORE}{AFTER}")) == parse(f"<body>{BEFORE}{AFTER}")


def test_numbers_that_do_not_stand_before_every_line_of_a_listing_stay() -> None:
    numbered = "<pre><span>1</span> apple\n<span>2</span> pear\nand <span>3</span> more</pre>"
    assert "1 apple\n2 pear\nand 3 more" in read(numbered, "plain")
    assert "1 apple\n2 pear" in read("<pre>1 apple\n2 pear\n3 plum</pre>", "plain")
    assert "2 apple\n4 pear" in read("<pre><b>2</b> apple\n<b>4</b> pear\n<b>6</b> plum</pre>", "plain")


@pytest.mark.parametrize(("inner", "is_code"), [
    ("x = 1\n  y = 2\nz = 3", True), ("x = 1<br>&nbsp;&nbsp;y = 2<br>z = 3", True), ("x = 1\n  y = 2", False),
    ("Soups\n  Leek $5\n  Pea $7", False), ("$a\n  $b\n$c", True), ("Hi\n> so\n > > he\n  > says", False),
    ("Here\n  it is said [1] that no word of these is code.\n  It is also said [2] that all of it is prose.", False),
    ("a\n  b\nc", False), ("x = 1;\ny = 2;\nz = 3;", False), ("", False),
])  # fmt: skip
def test_what_shows_its_spaces_is_code_if_lines_are_indented_and_have_signs_of_code(inner: str, is_code: bool) -> None:
    source = f"<div>{inner}</div><div>x = [1]\n\n  {hard('  y = {2}')}</div>"
    assert holds_listing(source, len("<div>"), "div") is is_code


def test_long_pages_of_lines_are_marked_in_linear_time() -> None:
    pair = "<p>x = [1]</p><p>&nbsp;&nbsp;x = [1]</p>"
    source = parse("<body>" + pair * 10_000 + "<div><p>a" * 20_000 + "<pre>1\n" * 5_000)
    assert with_lines_marked(source).count("data-lang-lines") == 20_000
