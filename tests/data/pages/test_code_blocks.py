"""Code in tutorials: every way of showing it that highlighters and sites use must keep its lines and indentation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sample_listing
from sample_listing import AFTER, BEFORE, NUMBERS, plain

from data import extract_html

pytestmark = pytest.mark.usefixtures("reader")

CODE = sample_listing.CODE.replace("    pass", "\tpass")
LINES = CODE.split("\n")


def spans(line: str) -> str:
    """Returns a line with every word in a span, as highlighters write it."""
    return "".join(
        f'<span class="tok-{len(word)}">{plain(word)}</span>' if word.strip() else word
        for word in line.replace("    ", "    \0").replace(" ", "\0 \0").split("\0")
    )


def hard(line: str) -> str:
    """Returns a line whose leading spaces are hard ones."""
    text = line.lstrip(" ")
    return "&nbsp;" * (len(line) - len(text)) + plain(text)


def rows(cell: Callable[[int, str], str]) -> str:
    return "".join(f"<tr>{cell(number, line)}</tr>" for number, line in enumerate(LINES, 1))


PLANTED = {
    "plain pre": f"<pre>{plain(CODE)}</pre>",
    "pre begins with a line break": f"<pre>\n{plain(CODE)}\n</pre>",
    "pre and code": f'<pre><code class="language-python">{plain(CODE)}\n</code></pre>',
    "spans": f"<div class='highlight'><pre><span></span>{chr(10).join(map(spans, LINES))}</pre></div>",
    "numeric entities": "<pre>" + "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in CODE) + "</pre>",
    "hard spaces": f"<pre>{chr(10).join(map(hard, LINES))}</pre>",
    "br in pre": f"<pre>{'<br>'.join(map(plain, LINES))}</pre>",
    "br in code": f"<code>{'<br />'.join(map(hard, LINES))}</code>"
    .replace("\t", "&nbsp;" * 4).replace("  #", "&nbsp; #"),
    "a div for each line": "<pre>" + "".join(f"<div>{plain(line) or '<br>'}</div>" for line in LINES) + "</pre>",
    "nested divs": "<pre><code><div class='a'>"
    + "\n".join(f"<div class='b'><div>{plain(line) or '<br>'}</div></div>" for line in LINES)
    + "</div></code></pre>",
    "a span for each line, with breaks": "<pre><code>"
    + "\n".join(f'<span class="line">{spans(line)}</span>' for line in LINES)
    + "</code></pre>",
    "a span for each line, without breaks": "<pre><code>"
    + "".join(f'<span class="line">{spans(line)}</span>' for line in LINES)
    + "</code></pre>",
    "Docusaurus": "<pre><code>"
    + "".join(f'<span class="token-line">{spans(line)}<br></span>' for line in LINES)
    + "</code></pre>",
    "Chroma": "<div class='chroma'><table class='lntable'><tr><td class='lntd'><pre><code>"
    + "".join(f'<span class="lnt">{n}\n</span>' for n in range(1, len(LINES) + 1))
    + "</code></pre></td><td class='lntd'><pre><code class='language-python'>"
    + "".join(f'<span class="line"><span class="cl">{spans(line)}\n</span></span>' for line in LINES)
    + "</code></pre></td></tr></table></div>",
    "Chroma, numbers inline": "<pre><code>"
    + "".join(f'<span class="line"><span class="ln">{n:3}</span><span class="cl">{spans(line)}\n</span></span>'
              for n, line in enumerate(LINES, 1))
    + "</code></pre>",
    "Sphinx": '<div class="highlight"><table class="highlighttable"><tr>'
    '<td class="linenos"><div class="linenodiv"><pre>'
    f'{NUMBERS}</pre></div></td><td class="code"><div class="highlight"><pre>{plain(CODE)}\n</pre></div></td></tr>'
    "</table></div>",
    "Sphinx, numbers inline": "<pre>"
    + "\n".join(f'<span class="linenos">{n:2}</span>{spans(line)}' for n, line in enumerate(LINES, 1))
    + "</pre>",
    "Rouge": f'<table class="rouge-table"><tbody><tr><td class="gutter gl"><pre class="lineno">{NUMBERS}\n</pre></td>'
    f'<td class="code"><pre>{plain(CODE)}\n</pre></td></tr></tbody></table>',
    "Hexo": '<figure class="highlight python"><table><tr><td class="gutter"><pre>'
    + "<br>".join(f'<span class="line">{n}</span>' for n in range(1, len(LINES) + 1))
    + '</pre></td><td class="code"><pre>'
    + "<br>".join(f'<span class="line">{spans(line)}</span>' for line in LINES)
    + "</pre></td></tr></table></figure>",
    "GitHub": '<table class="js-file-line-container">'
    + rows(lambda n, line: f'<td class="blob-num" data-line-number="{n}">{n}</td>'
           f'<td class="blob-code blob-code-inner">{spans(line)}</td>')
    + "</table>",
    "highlight.js with numbers": "<pre><code class='hljs'><table class='hljs-ln'><tbody>"
    + rows(lambda n, line: f'<td class="hljs-ln-line hljs-ln-numbers"><div class="hljs-ln-n">{n}</div></td>'
           f'<td class="hljs-ln-line hljs-ln-code">{spans(line)}</td>')
    + "</tbody></table></code></pre>",
    "SyntaxHighlighter": '<div class="syntaxhighlighter"><table><tr><td class="gutter">'
    + "".join(f'<div class="line number{n}">{n}</div>' for n in range(1, len(LINES) + 1))
    + '</td><td class="code"><div class="container">'
    + "".join(f'<div class="line number{n} index{n - 1}"><code class="plain">{hard(line) or "&nbsp;"}</code></div>'
              for n, line in enumerate(LINES, 1))
    + "</div></td></tr></table></div>",
    "Prism": f'<pre class="line-numbers language-python"><code>{plain(CODE)}<span aria-hidden="true" '
    f'class="line-numbers-rows">{"<span></span>" * len(LINES)}</span></code></pre>',
    "prettify": '<pre class="prettyprint linenums"><ol class="linenums">'
    + "".join(f'<li class="L{n % 10}">{spans(line) or "<br>"}</li>' for n, line in enumerate(LINES))
    + "</ol></pre>",
    "Crayon": '<div class="crayon-pre">'
    + "".join(f'<div class="crayon-line" id="line-{n}">{hard(line) or "&nbsp;"}</div>' for n, line in enumerate(LINES))
    + "</div>",
    "CodeMirror": "".join(f'<pre class="CodeMirror-line">{spans(line)}</pre>' for line in LINES),
    "pasted from an editor": '<div style="font-family: Consolas, monospace; white-space: pre;">'
    + "".join(f"<div>{spans(line) or '<br>'}</div>" for line in LINES)
    + "</div>",
    "xmp": f"<xmp>{CODE}</xmp>",
    "in a list's item": f"<ol><li>First:<pre>{plain(CODE)}</pre></li><li>Then the next step.</li></ol>",
    "windows line ends": "<pre>" + plain(CODE).replace("\n", "\r\n") + "</pre>",
}  # fmt: skip


@pytest.mark.parametrize("engine", ["resiliparse", "plain"])
@pytest.mark.parametrize("name", PLANTED)
def test_code_keeps_every_line_break_and_all_indentation(name: str, engine: str) -> None:
    page = f"<html><body><article><h1>Adding numbers</h1>{BEFORE}{PLANTED[name]}{AFTER}</article></body></html>"
    text = extract_html(page.encode(), engine=engine).text
    wanted = CODE.expandtabs(4) if name == "br in code" else CODE
    assert f"\n{wanted}\n" in text, text
    assert "adds the small numbers" in text
    assert "looks at every number once" in text


def test_the_language_that_a_page_names_stands_at_the_fence() -> None:
    for named in ('<pre class="brush: python">', '<pre><code class="hljs lang-python">', '<pre data-lang="python">'):
        text = extract_html(f"<article>{BEFORE}{named}x = 1\ny = 2</pre>{AFTER}</article>".encode()).text
        assert "```python\nx = 1\ny = 2\n```" in text


def test_a_line_of_code_that_is_a_number_is_no_number_of_a_line() -> None:
    lines = ["x = [", "    1,", "    2", "]", "3"]
    cells = "".join(
        f'<tr><td class="hljs-ln-line hljs-ln-numbers"><div class="hljs-ln-n">{number}</div></td>'
        f'<td class="hljs-ln-line hljs-ln-code">{line}</td></tr>'
        for number, line in enumerate(lines, 1)
    )
    html = f"{BEFORE}<pre><code class='hljs'><table class='hljs-ln'>{cells}</table></code></pre>{AFTER}"
    assert f"```\n{chr(10).join(lines)}\n```" in extract_html(html.encode()).text


def test_code_in_a_sentence_stays_in_it() -> None:
    text = extract_html(f"<article>{BEFORE}<p>Call <code>print( x )</code> twice.</p>{AFTER}</article>".encode()).text
    assert "Call print( x ) twice." in text


@pytest.mark.parametrize(
    "shown", ['style="white-space:pre"', 'style="font: 1em monospace; white-space: pre-wrap"', 'class="i"']
)
def test_code_in_a_sentence_that_keeps_its_spaces_is_a_block_only_if_it_has_lines(shown: str) -> None:
    style = "<style>code.i { font-family: monospace; white-space: pre }</style>"
    for name in ("code", "samp"):
        sentence = f"<p>Call <{name} {shown}>print( x )</{name}> twice.</p>"
        assert "Call print( x ) twice." in extract_html(f"{style}<article>{BEFORE}{sentence}{AFTER}".encode()).text
    lines = f"<p>Call <code {shown}>a = 1\n  b</code> twice.</p>"
    assert (
        "Call\n\n```\na = 1\n  b\n```\n\ntwice."
        in extract_html(f"{style}<article>{BEFORE}{lines}{AFTER}".encode()).text
    )


def test_fences_are_longer_than_those_in_the_code() -> None:
    text = extract_html(f"<article>{BEFORE}<pre>a\n```\nb</pre>{AFTER}</article>".encode()).text
    assert "````\na\n```\nb\n````" in text
