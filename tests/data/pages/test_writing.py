from __future__ import annotations

import pytest

from data import extract_html
from data.pages.reader import read_blocks
from data.pages.source import parse
from data.pages.writing import write


def written(body: str) -> str:
    page = read_blocks(parse(f"<body>{body}"))
    return write(page, range(len(page.blocks)))


def test_headings_bear_their_level() -> None:
    assert written("<h1>One</h1><p>Text.</p><h3>Three <b>parts</b></h3>") == "# One\n\nText.\n\n### Three parts"


def test_lists_are_marked_numbered_and_indented() -> None:
    body = "<ul><li>a<li>b<ol><li>c<li><p>d</p><p>more of d</p></ol><li>e</ul><p>End."
    assert written(body) == "- a\n- b\n  1. c\n  2. d\n    more of d\n- e\n\nEnd."


def test_a_table_has_a_line_for_each_row_and_a_rule_under_its_head() -> None:
    body = "<table><tr><th>Name<th>Size<tr><td>one<td>1 <b>kB</b><tr><td>two<td></table>after"
    assert written(body) == "| Name | Size |\n| --- | --- |\n| one | 1 kB |\n\ntwo\n\nafter"


def test_a_table_that_lays_out_a_page_is_no_table() -> None:
    long = "A paragraph of an old page that was laid out by tables. " * 12
    assert written(f"<table><tr><td>Menu<td>{long}</table>") == f"Menu\n\n{long.strip()}"


def test_breaks_are_lines_and_two_of_them_end_a_paragraph() -> None:
    assert written("<p>a<br>b <br/> <br/>c</p>") == "a\nb\n\nc"


def test_terms_stand_above_their_definitions() -> None:
    assert written("<dl><dt>cat<dd>an animal<dt>oak<dd>a tree</dl>") == "cat\n  an animal\noak\n  a tree"


def test_formulas_are_tex_and_not_written_twice() -> None:
    katex = (
        '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>'
        '<annotation encoding="application/x-tex">x^2</annotation></semantics></math></span>'
        '<span class="katex-html" aria-hidden="true">x2</span></span>'
    )
    assert written(f"<p>Take {katex} here.</p>") == "Take $x^2$ here."
    assert written("<p>Take <math><mi>a</mi><mo>+</mo><mi>b</mi></math>.</p>") == "Take a+b."
    assert written('<p>So <script type="math/tex">a < b</script>.</p>') == "So $a < b$."
    media = '<span class="mwe-math-mathml-inline mwe-math-mathml-a11y" style="display: none;"><math><annotation '
    media += 'encoding="application/x-tex">{\\displaystyle y=1}</annotation></math></span>'
    assert written(f"<p>For {media} it holds.</p>") == "For $y=1$ it holds."


MATHML = "<math><mi>x</mi><mo>=</mo><msup><mi>r</mi><mn>2</mn></msup></math>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f'<span class="MathJax_Preview">x=r²</span><span class="MathJax"><nobr><span class="math">x=r2</span></nobr>'
         f'<span class="MJX_Assistive_MathML">{MATHML}</span></span><script type="math/tex">x = r^2</script>',
         "$x = r^2$"),
        (f'<mjx-container class="MathJax" jax="CHTML"><mjx-math aria-hidden="true"><mjx-mi><mjx-c></mjx-c></mjx-mi>'
         f"</mjx-math><mjx-assistive-mml>{MATHML}</mjx-assistive-mml></mjx-container>", "x=r2"),
        (MATHML.replace("<math>", '<math alttext="x=r^{2}">'), "$x=r^{2}$"),
        (MATHML.replace("<math>", '<math alttext="x is r squared">'), "x=r2"),
        ('<span class="MathJax">x=r2</span>', "x=r2"),
    ],
)  # fmt: skip
def test_formulas_that_mathjax_has_set_are_written_once_within_their_sentence(formula: str, text: str) -> None:
    assert written(f"<p>Take {formula} here.</p><p>After.</p>") == f"Take {text} here.\n\nAfter."


@pytest.mark.parametrize(
    "heading",
    [
        'Adding numbers<a class="headerlink" href="#x">¶</a>', 'Adding numbers<a class="hash-link">\u200b</a>',
        '<a class="header-anchor">#</a> Adding numbers', 'Adding numbers <a class="heading-anchor">#</a>',
        '<a class="doc-anchor">§</a>Adding numbers', "Adding numbers<a>🔗</a>",
        'Adding numbers<span class="mw-editsection">[<a>edit</a>]</span>',
    ],
)  # fmt: skip
def test_headings_bear_no_sign_of_a_link_to_themselves(heading: str) -> None:
    assert written(f"<h2>{heading}</h2><p>Text.") == "## Adding numbers\n\nText."


def test_signs_that_belong_to_a_heading_stay() -> None:
    for heading in ("Learning C#", "§ 5 Definitions", "#1 of many", "¶"):
        assert written(f"<h2>{heading}</h2>") == f"## {heading}"
    assert written("<dl><dt>sum(items)¶<dd>adds ¶</dl>") == "sum(items)\n  adds ¶"


@pytest.mark.parametrize(
    "hidden",
    [
        '<p aria-hidden="true">SECRET</p>', '<div style="position:absolute; left:-9999px">SECRET</div>',
        '<span style="font-size:0em">SECRET</span>', "<!-- <p>SECRET</p> -->", "<!--> <p hidden>SECRET</p>",
        '<p style="clip: rect(0 0 0 0)">SECRET</p>', "<noscript><p>SECRET</noscript>", "<textarea>SECRET</textarea>",
        "<select><option>SECRET</select>", "<iframe>SECRET</iframe>", "<svg><title>SECRET</title></svg>",
        "<script>if (a<b) { '</p>SECRET' }</script>", '<script>"<!--"; SECRET</script>', "<div hidden=''>SECRET</div>",
        "<template><template></template>SECRET</template>", '<object><p>SECRET</p></object>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["resiliparse", "plain"])
def test_what_a_reader_does_not_see_is_not_written(hidden: str, engine: str) -> None:
    text = extract_html(f"<body><p>One sentence before it.</p>{hidden}<p>And one after.</p>".encode(), engine=engine)
    assert text.text == "One sentence before it.\n\nAnd one after."


def test_chinese_and_japanese_paragraphs_are_kept_whole() -> None:
    chinese = "这是一个关于机器学习的教程，介绍了如何训练一个简单的模型，并且解释了每一步的意义。" * 6
    japanese = "この記事では、プログラミングの基本的な考え方を説明します。変数や関数の使い方を学びましょう。" * 6
    menu = "<ul>" + "".join(f'<li><a href="/{n}">链接{n}</a>' for n in range(30)) + "</ul>"
    page = f'<body><div class="menu">{menu}</div><div class="content"><p>{chinese}</p><p>{japanese}</p></div>'
    text = extract_html(page.encode()).text
    assert chinese in text
    assert japanese in text
    assert "链接7" not in text
