"""Compiled code against the readable reader: the same blocks, elements, facts and answers of the model."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.charset import decode_html
from data.html_page import read_page
from data.pages import reading
from data.pages.blocks import Blocks
from data.pages.kernels import letters
from data.pages.network import shipped
from data.pages.reader import read_blocks
from data.pages.scanning import MAX_TAGS, MIN_FIND_BYTES
from data.pages.source import parse, strip, without_scripts

#: What writing asks for.
NAMES = ("h1", "h2", "h3", "li", "ul", "ol", "menu", "table", "thead", "dt", "dd", "dl")
SHARED = Path(__file__).parents[3] / "../shared/data/warc_samples"


def told(page: Blocks) -> dict[str, Any]:
    """Returns all that is said of a page."""
    words = shipped().words
    return {
        "blocks": [
            (block.text, block.element, block.kind, block.words, block.link_chars, block.language)
            for block in page.blocks
        ],
        "elements": [(element.tag.number, element.parent, element.first, element.last) for element in page.elements],
        "scores": [
            ((page.arrays.elements[number, 0] >> 16) & 255) - 64
            if page.arrays
            else max(-64, min(64, sum(words.get(word, 0) for word in element.tag.words)))
            for number, element in enumerate(page.elements)
        ],
        "facts": page.facts,
        "passed_over": page.passed_over,
        "logits": shipped().logits(page).tolist(),
        "chars": page.chars().tolist(),
        "links": page.link_chars().tolist(),
        "special": page.are_special().tolist(),
        "around": list(page.outline()[1]),
        "names": [name for name in page.outline()[0] if name in NAMES],
    }


def stripped(html: bytes) -> bytes:
    """Returns a page without scripts, after both ways have given the same."""
    found = without_scripts(html)
    assert reading.load().strip(html)[0] == found
    return found


def both(html: bytes, whole: bool) -> tuple[Blocks, Blocks | None]:
    """Returns what the two readers make of a page."""
    source = parse(decode_html(stripped(html), "text/html")[0])
    marked = [hiding.marked(source) if hiding else source for _, hiding in (strip(html), reading.load().strip(html))]
    assert marked[0] == marked[1]
    return read_blocks(marked[0], html, whole), reading.load().read(marked[1].encode(), html, whole)


def assert_the_same(html: bytes) -> bool:
    """Fails where the readers differ; returns whether compiled code has read the page."""
    for whole in (False, True):
        slow, fast = both(html, whole)
        if fast is not None:
            expected, found = told(slow), told(fast)
            for key in expected:
                assert found[key] == expected[key], (key, whole, html[:2000])
    return fast is not None


PAGES = {
    "paragraphs": "<h1>Title</h1><p>One <b>bold</b> word.</p><p>Two<br>lines<br><br>and a break.</p>",
    "links": '<ul class="menu"><li><a href="/a">A</a><li><a href="/b">B &amp; C</a></ul><p>Text <a href=x>link </a>.',
    "table": "<table><thead><tr><td>a<td>b</thead><tr><td>1<td>2<tr><th>x<th>y<tr><td><p>p<p>q<p>r<p>s<td>t</table>",
    "nested table": "<table><tr><td><table><tr><td>1<td>2</table><td>3</table>",
    "wide cell": f"<table><tr><td>{'long ' * 200}<td>b</table>",
    "code": '<pre><code class="language-python">def f():\n\treturn <span class=k>1</span>  \n\n</code></pre>',
    "code around": '<div class="highlight highlight-source-js"><pre>a &lt; b &amp;&amp; c\r\n  d</pre></div>',
    "code by style": '<div style="font-family: monospace; white-space: pre">x\n  y</div>',
    "blank code": "<pre> \n&nbsp;</pre><p>After</p>",
    "inline code": "<p>Use <code>a  b</code> or<br><code>c</code>.</p>",
    "code that grows": '<p style="white-space:pre;font-family:Consolas">3\u2003u = 1</p>',
    "code that grows over what follows": '<p style="white-space:pre;font-family:mono">a\u2003\u2003\u2003b<p>日本',
    "letters of a paragraph": '<p face="courier"></p><table face="courier"><tr><td>1<td>a(b);</table>',
    "breaks in unclosed code": "10^2<br><code><br>x = 1;<div>a</div>",
    "breaks before unclosed letters": '1<br>z = f(x)<br>FROM b<font face="courier"><p>',
    "items that show their spaces": '<li style="white-space:pre">&nbsp; &nbsp;y = 2<li style="white-space:pre"><b>2</b>'
    '&nbsp; &nbsp;y = 2<li style="white-space:pre">',
    "joined lines": f"<pre>{'<code>make all, twice</code>' * 2}<code>b<br>make all, twice</code></pre>",
    "raw text in a cell of code": '<pre><table>r.5<th class="code" style="white-space:pre"><xmp class="listing"></xmp>',
    "a mark of its own": 'x = 1;<br><span data-lang-lines="line">  z</span>',
    "code in links": "<pre>a <a href=x>b</a><br>c</pre>",
    "hidden": '<p>One<span hidden>two</span> three<span hidden><div>x</div></span> four <i aria-hidden=true>i</i></p>',
    "hidden until found": '<p hidden="until-found">Seen</p><p hidden>Not</p><html hidden><p style="display:none">No',
    "hidden by its styles": "<style>.a .b,aside,[data-x]>i{display:none}.c{font-size:0}.d>.e{visibility:hidden}</style>"
    "<div class=a>A<p class=b>B</p></div><aside>C</aside><p data-x=1>D<i>E</i></p><b class=c>F</b>"
    "<p class=d>G<u class=e>H",
    "hidden block": '<p>A</p><div hidden><nav>N</nav><time datetime="2020-01-02">t</time><p>B</p></div><p>C</p>',
    "styles": '<p style="color:red;display:block">A<p style="DISPLAY: none">B<p style="background-color:#fff">C',
    "white": '<p style="color:white">White</p><p>Black',
    "white on styled": '<table bgcolor="black"><tr><td><p style="color:white">White</table>',
    "links with styles": '<p>A<a style="color: #000">B</a><a style="Display : none">C</a>'
    '<a data-style=x style="top:0">D',
    "colours": '<p style="color: ">A<p style="color: ;">B<p style="color:# fff">C<p style="color:rgb(255, 255, 255)">D'
    '<p style="color:RED;background:red">E<p style="color:#abc; background-color: #ABC">F<p style="color:whitesmoke">G',
    "styles that show": '<p style="text-decoration:none">A<p style="display:\u2003none">B<p style="display">C'
    '<p style="display:block;display:none">D',
    "styles that are told otherwise": '<p style="display:n\\6f ne">A<p style="display/**/:none">B<p style="scale:0">C'
    '<p style="font: 1px/2 x">D<p style="font-size:1.5em">E<p style="left:-999em">F<p style="font-size: +0">G',
    "boxes": '<dialog>A</dialog><dialog open>B</dialog><div popover>C</div><p hidden style="display:block">D'
    '<div hidden id="S:0">E</div><div hidden id="s:0">F</div><p hidden style="margin:0">G',
    "colours of fonts": '<table bgcolor=x><tr><td><font color=white>A</font><font color=FFFFFE>B</font>'
    '<font color=red>C',
    "shown again": '<link rel=stylesheet><p style="font-size:0">A<b style="font-size:9px">B</b><b>C</b><div '
    'style="visibility:hidden">D<p style="visibility:visible">E</div><ul style="font:0/0 x">F<li class=c>G</ul>',
    "metas": '<meta name=" Date " content=1><meta property="og:URL" content=u>'
    '<meta name="" itemprop=datePublished content=2>'
    '<meta name=viewport content=v><meta name="Googlebot" content=noai><meta name="dat\u00e9" content=3>'
    '<meta content=4>'
    '<meta name=date content="5"><link rel=stylesheet href=s><link rel=CANONICAL href=c><link rel=x href="/Licence">',
    "told in a drawing": '<svg><title>a</title><!-- <time>b</time> --><a href="//creativecommons.org/x">c</a>'
    '<a href=y>d</a>'
    '<style><time>e</time></style><Link rel="license" href=z></svg><svg><time datetime="2020-01-02">f</svg>G',
    "asides": '<nav><a rel="license" href="/l">L</a></nav><div class="sidebar"><p>S</p></div><footer>F</footer>P',
    "aside words": '<div class="content sidebar">A</div><div id="mainMenu">B</div><div class="SIDEBAR xY">C</div>D',
    "forms": '<form class="search"><input><button>Go</button></form><select><option>x</select><textarea>y</textarea>',
    "comments": "<p>One<!-- <p>no --> two<!--> three<!-- a -- b --!> four</p>",
    "raw": "<p>A<iframe><p>no</iframe>B<noscript><p>no</noscript><xmp></xmp>",
    "svg": '<p>A<svg viewBox="0 0"><title>no</title><path d="M0"/><linearGradient/></svg>B</p>',
    "custom": '<my-card class="x"><p>A</p></my-card><annotation-xml>x</annotation-xml><x-y hidden>no</x-y>',
    "entities": "<p>&lt;b&gt; &quot;q&quot; &amp;lt; &amp;amp; &nbsp; &copy; &#8212; &unknown; &</p>",
    "spaces": "<p>\u00a0a\u2003b\u3000c\u2028d\x85e\u1680f\ufeffg</p><p>\u00a0</p><p> \n </p>",
    "scripts": "<p>Россия — страна. İstanbul ΣΑΣ ßtraße ﬁ</p><p>日本語、テキスト，です。</p><h2>中文</h2>",
    "marks": "<p>What? Yes! No. »Quoted« “so” – it’s… © 2020 | 1.000</p><p>¼ ª º ² µ</p><p>same</p><p>SAME</p>",
    "mojibake": "<p>cafÃ© ici</p><p>Â© 2020 Company</p><p>© é</p><p>Ð©</p><p>Ã© ©</p><p>Ã ©</p><p>©</p>",
    "title": "<title>A &amp; long — title of this page | Site</title><h1>A & long — title of this page</h1><p>site</p>",
    "time": '<p><time datetime="2020-02-03">3 Feb</time> by <a rel=license href="//creativecommons.org/x">me</a></p>',
    "rule": "<p>A<hr class=sidebar hidden>B",
    "gutter": '<table><tr><td class="lineno">1\n2<td class="code"><pre>a\nb</pre></table>',
    "code lines": '<pre><span class="line">a</span><span class="line">b</span></pre><p class="line">C',
    "math": "<p>A <math><mi>x</mi></math> B</p>",
    "tex": '<p>A <script type="math/tex">x^2</script> B</p>',
    "nothing": "",
    "long class": f'<div class="{"word " * 120}menu">A</div><div class="{"é " * 250}menu">B</div>',
    "words": '<div class="ABCdef XMLHttp aB ab a1bc HTMLMenu menu-item menuItem" role="navigation" itemprop="text">A',
    "languages": '<div data-lang="js"><pre>a</pre></div><div class="lang-c"><pre><code>b</code></pre></div>',
    "listings": '<div class="code">a<p>b</p></div><td class="snippet"><span style="font-family: Courier">x</span> y',
    "lines of listings": '<p>A<div class="code">a<br>b<br><br>c</div>B',
    "monospaced lines": '<p>A <span style="font: 12px monospace">a<br>&nbsp;&nbsp;b</span> B</p>',
    "code by lines": "<p><code>a</code><br><code>b</code><br>c</p><p>d <code>e</code><br>f</p><samp>a<br>b</samp>",
    "code before a break": "<div><code>a</code><p>b<br>c</p></div><code>d<div>e</div></code>f<br>g",
    "hard spaces": "<p>a<br>&nbsp; &nbsp;b<br> &nbsp;c</p><p>&nbsp;&nbsp;d<br>e&nbsp;&nbsp;f</p>",
    "numbers": "<table><tr><td>1<td><pre>a</pre><tr><td>2<td><pre></pre><tr><td>3<td><pre>b</pre></table>",
    "a column of numbers": "<pre>1\n2</pre><pre>a\nb</pre><p>A<pre>1\n2\nx</pre><pre>\u200b</pre>",
    "read-only": "<p>A<textarea readonly>a\n  b\n  c</textarea><textarea class=code>x</textarea>B",
    "fragment": '<div class="fragment"><div class="line">a</div><div class="line"></div></div><p class="fragment">C',
    "preview": '<p>A <span class="MathJax">x</span> B <mjx-container class="MathJax"><mjx-c></mjx-c></mjx-container> C',
    "notes": '<h2>A<span class="mw-editsection">edit</span></h2><div class="prompt input_prompt">In</div>B',
    "hidden formula": '<p>A<span hidden><mjx-c>x</mjx-c></span>B<span hidden><x-c>x</x-c></span>C',
    "toolbar": '<div class="code-toolbar">A</div><div class="highlight toolbar">B</div><div class="toolbar">C</div>',
    "deep": "<div>" * 500 + "x" + "</div>" * 400 + "y",
    "unclosed": "<p>A<b>B<i>C<p>D</div></span>E<table><tr><td>F<p>G",
    "raised": '<p>x<sup>2</sup> a note<sup><a href="#f">1</a></sup> <a href=y>10<sup>-x</sup></a><sup hidden>2</sup>',
    "bars": "<table><tr><td>a|b<td>c | d||<tr><td>e<td>f</table>",
    "spaced": '<p style="white-space:pre-wrap">A <b>b</b></p><span style="white-space: pre">c</span><div class="x '
    'whitespace-pre-wrap"><p>d</p></div>',
    "code on lines that do not indent": "<p>A <code>one\n  two</code> <code>\n  [a]\n</code> <font face=Arial>B</font>",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_the_same_by_both(name: str) -> None:
    assert_the_same(f"<html lang=en><body>{PAGES[name]}".encode())
    filler = "".join(f"<p>A paragraph, number {number}, that says something at length.</p>" for number in range(12))
    assert_the_same(f"<html><head><title>t</title></head><body><div id=content>{filler}{PAGES[name]}{filler}".encode())


def test_usual_pages_are_read_by_compiled_code_and_rare_ones_are_not() -> None:
    rare = {name for name in PAGES if not assert_the_same(f"<body>{PAGES[name]}".encode())}
    assert rare == {
        "white", "gutter", "code lines", "math", "tex", "raw", "lines of listings", "monospaced lines", "code by lines",
        "hard spaces", "numbers", "a column of numbers", "read-only", "fragment", "preview", "code that grows",
        "code that grows over what follows", "breaks in unclosed code", "breaks before unclosed letters",
        "items that show their spaces", "joined lines", "raw text in a cell of code",
    }  # fmt: skip


_NAMES = (
    "p", "div", "span", "a", "b", "li", "ul", "td", "tr", "table", "h2", "pre", "code", "br", "hr", "img", "nav",
    "section", "time", "form", "svg", "blockquote", "x-y", "th", "i", "footer", "noscript", "dt", "script", "style",
    "kbd", "textarea", "mjx-c", "dialog", "font",
)  # fmt: skip
_ATTRIBUTES = (
    *("",) * 4, ' class="menu"', ' class="post-content main"', " hidden", ' style="display:none"', ' id="a-b"',
    ' class="x"', ' class="language-js"', ' href="/x"', ' rel="license"', ' aria-hidden="true"', ' style="color:#fff"',
    ' class="code"', ' style="font-family: Consolas"',
    ' style="font-size:0"', ' style="visibility:hidden"', ' style="visibility:visible"', ' style="font-size:9px"',
    ' popover', ' hidden style="display:block"', ' color="#fff"', ' style="color:#000"',
    ' class="sidebar share"', ' style="margin:0"', ' class="headline"', ' role="navigation"',
)  # fmt: skip
_TEXTS = (
    "A sentence of words, with a comma. ", "one", " ", "\n", "two three", "&amp;", "&nbsp;", "7", "é", "中文", "“q”",
    "&nbsp;&nbsp;x", ".x{display:none}", "-->", "<!-- c -->", "  x  ", "Share", "© 2020",
    "Longer text that goes on, and ends. " * 4,
)  # fmt: skip


def test_pages_put_together_at_random_are_read_the_same_by_both() -> None:
    draw = random.Random(7)
    read = 0
    for _ in range(400):
        pieces = []
        for _ in range(draw.randrange(5, 80)):
            name = draw.choice(_NAMES)
            pieces.append(draw.choice((f"<{name}{draw.choice(_ATTRIBUTES)}>", f"</{name}>", draw.choice(_TEXTS))))
            pieces.append(draw.choice(_TEXTS) if draw.random() < 0.5 else "")
        read += assert_the_same(f"<body>{''.join(pieces)}".encode())
    assert read > 200


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared folder data/warc_samples does not stand beside the repository"
)
def test_pages_of_crawls_are_read_the_same_by_both() -> None:
    from data.recipe import Source
    from data.sources import list_units, read_unit

    pages = 0
    source = Source.model_validate({"name": "s", "kind": "warc", "path": "*/*.warc.gz"})
    for unit in list_units(source, SHARED, lambda path: ""):
        for table in read_unit(unit, source):
            for row in table.select(["content", "content_type"]).to_pylist():
                if row["content"] and "html" in (row["content_type"] or "") and pages < 150:
                    pages += assert_the_same(row["content"])
    assert pages > 30


def test_what_compiled_code_leaves_is_read_all_the_same() -> None:
    reading.load()
    html = b'<body><p>A <math><mi>x</mi></math> B</p><pre><span class="line">a</span><span class="line">b</span></pre>'
    source = parse(html.decode())
    assert told(reading.read_page_blocks(source, html, False)) == told(read_blocks(source, html, False))


def test_a_page_of_very_many_tags_is_left_to_the_reader_that_needs_less_memory() -> None:
    source = parse("<body>" + "<p>x" * (MAX_TAGS // 2 + 10))
    assert reading.load().read(source.encode(), b"", False) is None
    assert len(reading.load().read(parse("<body>" + "<p>x" * 1000).encode(), b"", False).blocks) == 1000  # type: ignore[union-attr]


def test_pages_one_after_another_do_not_change_each_other() -> None:
    first = f"<body><h1>One</h1>{'<p>A first page that is long enough.</p>' * 20}".encode()
    second = f"<body><h1>Two</h1>{'<p>A second page, read between, is longer than that.</p>' * 40}".encode()
    _, page = both(first, False)
    assert page is not None
    before = told(page)
    both(second, False)
    assert told(page) == before
    assert not np.shares_memory(page.arrays.out, reading.load()._room)  # type: ignore[union-attr]


def test_texts_are_the_same_before_and_after_compiled_code_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [f"<body><div class=menu>M</div><article>{PAGES[name]}</article>".encode() for name in PAGES]
    reading.load()
    fast = [read_page(page, "text/html", "resiliparse", None, False) for page in pages]
    monkeypatch.setattr(reading._State, "scanner", None)
    assert [read_page(page, "text/html", "resiliparse", None, False) for page in pages] == fast


def test_a_text_is_found_where_python_finds_it() -> None:
    draw = random.Random(3)
    find = reading.load().find
    for size in (0, 5, MIN_FIND_BYTES - 1, MIN_FIND_BYTES, MIN_FIND_BYTES + 37):
        for _ in range(200):
            content = bytes(draw.choices(b"ab", k=size))
            text = bytes(draw.choices(b"ab", k=draw.randrange(1, 20)))
            assert find(content, text) == content.find(text)
            end = content[len(content) - len(text) :]
            assert find(content, end) == content.find(end)


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 64, 100])
def test_a_byte_is_looked_for_between_two_places(size: int) -> None:
    data = np.frombuffer(b"." * size + b"<" + b"." * 40, dtype=np.uint8)
    for begin in range(size + 2):
        for end in range(begin, len(data) + 1):
            found = data[begin:end].tobytes().find(b"<")
            assert letters.find(data, 60, begin, end) == (begin + found if found >= 0 else end)
            assert letters.find_text(data, data[size : size + 2], begin, end) == (
                size if begin <= size < end - 1 else end
            )
