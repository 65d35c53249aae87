"""Code as highlighters, editors, forums and old pages show it: all lines and spaces stay, no line number does."""

from __future__ import annotations

import random
import re

import pytest
from sample_listing import AFTER, BEFORE, CODE, NUMBERS, plain

from data import extract_html
from data.pages import listings

pytestmark = pytest.mark.usefixtures("reader")

LINES = CODE.split("\n")
NUMBERED = list(enumerate(LINES, 1))


def spans(line: str) -> str:
    """Returns a line with every word, sign and space in a span of its own."""
    return "".join(f'<span class="t">{plain(piece)}</span>' for piece in re.findall(r"\s+|\w+|[^\w\s]+", line))


def hard(line: str, alternate: bool = False) -> str:
    """Returns a line as pages without <pre> need it: with hard spaces, or with a hard one before each plain one."""
    text = line.lstrip(" ")
    indent = len(line) - len(text)
    spaces = "&nbsp; " * (indent // 2) if alternate else "&nbsp;" * indent
    return spaces + plain(text).replace("  ", "&nbsp; ")


PLANTED = {
    "Prism's toolbar around it": f'<div class="code-toolbar"><pre class="language-py"><code>{plain(CODE)}</code></pre>'
    '<div class="toolbar"><div class="toolbar-item"><button>Copy</button></div></div></div>',
    "every space in a span": "<pre><span></span>" + "\n".join(map(spans, LINES)) + "\n</pre>",
    "CodeMirror 5": '<div class="CodeMirror-code">' + "".join(
        '<div style="position: relative;"><div class="CodeMirror-gutter-wrapper">'
        f'<div class="CodeMirror-linenumber CodeMirror-gutter-elt">{number}</div></div>'
        f'<pre class=" CodeMirror-line "><span>{spans(line) or "&#8203;"}</span></pre></div>'
        for number, line in NUMBERED) + "</div>",
    "Monaco": '<div class="view-lines">' + "".join(
        f'<div class="view-line"><span>{spans(line).replace(" ", "&nbsp;").replace("span&nbsp;", "span ")}</span></div>'
        for line in LINES) + "</div>",
    "Ace": '<div class="ace_text-layer">' + "".join(f'<div class="ace_line">{spans(line)}</div>' for line in LINES)
    + "</div>",
    "Doxygen": '<div class="fragment">' + "\n".join(
        f'<div class="line"><a id="l{number:05}"></a><span class="lineno">{number:5}</span>&#160;{spans(line)}</div>'
        for number, line in NUMBERED) + "</div>",
    "Doxygen without numbers": '<div class="fragment">'
    + "\n".join(f'<div class="line">{spans(line)}</div>' for line in LINES) + "</div>",
    "Gatsby's marked lines": '<pre class="language-py"><code>' + "".join(
        f'<span class="gatsby-highlight-code-line">{spans(line)}</span>' if number in (3, 4) else spans(line) + "\n"
        for number, line in NUMBERED) + "</code></pre>",
    "GeSHi": '<div class="python" style="font-family:monospace;"><ol>' + "".join(
        f'<li class="li1"><div class="de1">{hard(line) or "&nbsp;"}</div></li>' for line in LINES) + "</ol></div>",
    "Chroma's styles, a table": "<table><tr><td><pre><code>" + "".join(
        f'<span style="white-space:pre;-webkit-user-select:none;user-select:none">{number:2}\n</span>'
        for number, _ in NUMBERED) + "</code></pre></td><td><pre><code>" + "".join(
        f'<span style="display:flex;"><span>{spans(line)}\n</span></span>' for line in LINES)
    + "</code></pre></td></tr></table>",
    "Chroma's styles, numbers inline": "<pre><code>" + "".join(
        f'<span style="display:flex;"><span style="white-space:pre;user-select:none">{number:2}</span>'
        f"<span>{spans(line)}\n</span></span>" for number, line in NUMBERED) + "</code></pre>",
    "numbers in a cell of their own": f"<table><tr><td><pre>{NUMBERS}</pre></td><td><pre>{plain(CODE)}</pre></td></tr>"
    "</table>",
    "numbers in a <pre> before": f'<div><pre class="rust-numbers">{NUMBERS}</pre><pre><code>{plain(CODE)}</code></pre>'
    "</div>",
    "numbers floating before": "<pre><code><code style='float:left'>"
    + "".join(f"<span>{number}\n</span>" for number, _ in NUMBERED) + f"</code>{plain(CODE)}</code></pre>",
    "Org": "<pre>" + "\n".join(f'<span class="linenr">{number:2}: </span>{spans(line)}' for number, line in NUMBERED)
    + "</pre>",
    "a table of lines in <pre>": "<pre><table>" + "".join(
        f'<tr><td class="n">{number}</td><td>{spans(line)}</td></tr>' for number, line in NUMBERED)
    + "</table></pre>",
    "a table of <pre>": "<table>" + "".join(
        f'<tr><th><a href="#L{number}">{number}</a></th><td><pre>{spans(line)}</pre></td></tr>'
        for number, line in NUMBERED) + "</table>",
    "Medium": "".join(f'<pre class="graf graf--pre">{plain(line) or "<br>"}</pre>' for line in LINES),
    "both kinds of space in <code>": f"<code>{'<br />'.join(hard(line, True) for line in LINES)}</code>",
    "<samp>": f"<samp>{'<br>'.join(map(hard, LINES))}</samp>",
    "<kbd>": f"<kbd>{'<br>'.join(map(hard, LINES))}</kbd>",
    "<tt>": f"<tt>{'<br>'.join(map(hard, LINES))}</tt>",
    "a <code> for each line": f"<p>{'<br>'.join(f'<code>{hard(line)}</code>' for line in LINES)}</p>",
    "CodeColorer": '<div class="codecolorer-container python"><div class="python codecolorer">'
    + "<br />\n".join(f"<span>{hard(line)}</span>" for line in LINES) + "</div></div>",
    "a forum's cell": '<table><tr><td><b>Code:</b></td></tr><tr><td class="code">'
    + "<br />".join(hard(line, True) for line in LINES) + "</td></tr></table>",
    "a school's box": f'<div class="w3-code notranslate">{"<br>".join(map(hard, LINES))}</div>',
    "a typewriter's letters": '<div style="font-family: &quot;Courier New&quot;, monospace;">'
    + "<br />".join(map(hard, LINES)) + "</div>",
    "a typewriter's letters, inline": f'<p><span style="font-family:Courier New">{"<br>".join(map(hard, LINES))}'
    "</span></p>",
    "spaces kept by style": f'<div class="l" style="white-space: pre">{plain(CODE)}</div>',
    "a <textarea> for reading": f'<textarea readonly rows="12">{plain(CODE)}</textarea>',
    "a <textarea> named code": f'<form><textarea name="code" class="python">{plain(CODE)}</textarea></form>',
    "Crayon says it twice": f'<div><textarea class="crayon-plain" readonly>{plain(CODE)}</textarea></div>'
    '<div class="crayon-pre">' + "".join(f'<div class="crayon-line">{spans(line) or "&nbsp;"}</div>' for line in LINES)
    + "</div>",
    "Jupyter": '<div class="prompt input_prompt">In&nbsp;[1]:</div><div class="inner_cell"><div class="highlight"><pre>'
    + "\n".join(map(spans, LINES)) + "</pre></div></div>",
}  # fmt: skip


def read(body: str, engine: str = "resiliparse") -> str:
    return extract_html(f"<article><h1>Adding numbers</h1>{BEFORE}{body}{AFTER}</article>".encode(), engine=engine).text


@pytest.mark.parametrize("name", PLANTED)
def test_code_stands_there_once_with_all_lines_and_spaces_and_no_numbers(name: str) -> None:
    for engine in ("resiliparse", "plain"):
        text = read(PLANTED[name], engine)
        assert f"\n{CODE}\n```" in text, text
        assert text.count("result = 0") == 1
        assert not re.search(r"(?m)^\W*[456]\W*$|In \[1\]", text)
        assert "adds the small numbers" in text
        assert "looks at every number once" in text


def test_where_trafilatura_says_what_is_content_code_beside_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.html_page._by_trafilatura", lambda page: re.sub(r"<[^>]*>", " ", BEFORE + AFTER))
    monkeypatch.setattr("data.html_page.MAX_DOUBT", -1.0)
    text = read(f"<pre>{plain(CODE)}</pre>", "resiliparse+trafilatura")
    assert f"\n{CODE}\n```" in text
    assert "looks at every number once" in text


def test_what_is_no_code_does_not_become_it() -> None:
    typed = '<div style="font-family: Courier">One sentence of a letter.<br>Another one.<br><br>Its second part.</div>'
    assert "One sentence of a letter.\nAnother one.\n\nIts second part." in read(typed)
    slides = '<div class="fragment"><p>A point of the talk, that is said aloud.</p></div>'
    assert "```" not in read(typed + slides + "<p>Press <kbd>Enter</kbd><br>twice, then wait.</p>")
    form = '<form><textarea name="message" rows="9">Dear all,\n  write\n  here\n  what you think;\n</textarea></form>'
    assert "write" not in read(form, "plain")
    assert "write" not in read(form.replace("<textarea", "<textarea readonly hidden"), "plain")


def test_lines_that_hard_spaces_indent_stay_so_outside_of_code() -> None:
    poem = "<p>The owl looked up to the stars,<br>&nbsp;&nbsp; &nbsp;and sang to a small guitar.<br>&nbsp;O lovely</p>"
    assert "The owl looked up to the stars,\n    and sang to a small guitar.\nO lovely" in read(poem)


def test_numbers_that_are_no_lines_numbers_stay() -> None:
    assert "```\n1\n2\n3\n```" in read("<pre>1\n2\n3</pre>")
    assert "```\n1\n2\n3\nabc\n```" in read("<pre>1\n2\n3\nabc</pre>")
    assert "```\n3\n1\n```" in read("<pre>3\n1</pre><pre>a\nb</pre>")
    assert "| 1 | one |\n| 2 | two |" in read("<table><tr><td>1<td>one<tr><td>2<td>two</table>")


@pytest.mark.parametrize(
    ("code", "count"),
    [("", 0), ("1", 0), ("1\n2", 2), (" 7:\n 8:\nx", 2), ("1\n3", 0), ("1\n2\n2", 2), ("\n\n1\n2", 2), ("x\n1\n2", 0)],
)
def test_numbers_of_lines_count_up_by_one_from_the_first_line(code: str, count: int) -> None:
    assert listings.numbers_before(code) == count


def test_a_column_of_numbers_is_one_if_it_has_as_many_lines_as_the_code() -> None:
    assert listings.without_numbers("1\n2\na\nb") == "a\nb"
    assert listings.without_numbers("1\n2\na\nb\nc") == "a\nb\nc"
    assert listings.without_numbers("1\n2\na\nb\nc\nd") == "1\n2\na\nb\nc\nd"
    assert listings.are_numbers_of("1\n2\n3", "a\nb\nc")
    assert not listings.are_numbers_of("1\n2\n3", "a")
    assert not listings.are_numbers_of("1\n2\nx", "a\nb\nc")


def trimmed_line_by_line(code: str) -> str:
    lines = [line.rstrip() for line in code.split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines)


@pytest.mark.parametrize("chars", [1, 5, 2**16])
def test_long_texts_are_trimmed_folded_and_counted_piece_by_piece(chars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PIECE_CHARS", chars)
    draw = random.Random(3)
    for _ in range(2000):
        text = "".join(draw.choices("ab \n\n\t\x1c\u2003", k=draw.randrange(40)))
        assert listings.trim_code(text) == trimmed_line_by_line(text)
        assert listings.folded_words(text) == (" ".join(text.split()), len(text.split()))
        assert listings.count_words(text) == len(text.split())
