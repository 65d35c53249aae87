from __future__ import annotations

import pytest

from data.pages.joined_lines import MAX_CHARS, joined_lines

LINE = "<span class='l'>make all && make install</span>"


def names(html: str) -> list[str]:
    """Returns what stands before each place that is said to be the end of a line's name."""
    return [html[:place].rpartition("<")[2] for place in joined_lines(html)]


@pytest.mark.parametrize(
    "html",
    [
        f"<pre>{LINE * 3}</pre>", f"<pre><code class='x'>{LINE * 3}</code></pre>", f"<pre>\n{LINE * 3}\n</pre>",
        "<pre>" + "".join(f"<span id='l{n}'>make part <b>number</b> {n}<br></span>" for n in range(3)) + "</pre>",
    ],
)  # fmt: skip
def test_elements_of_one_kind_that_are_all_of_a_listing_are_its_lines(html: str) -> None:
    assert names(html) == ["span"] * 3


@pytest.mark.parametrize(
    "html",
    [
        f"<pre>{LINE * 2}</pre>", f"<pre>{LINE}\n{LINE * 2}</pre>", f"<pre>{LINE * 2} {LINE}and</pre>",
        f"<pre>$ {LINE * 3}</pre>", f"<pre>{LINE * 2}<b>make all && make install</b></pre>",
        f"<pre>{LINE * 2}{LINE.replace('class', 'id')}</pre>", "<pre></pre>", "<pre>make</pre>", "<pre><br></pre>",
        "<pre><span>npm</span><span> </span><span>install</span></pre>", "<pre><span><span><span></pre>",
        f"<pre>{LINE * 3}{'a' * MAX_CHARS}</pre>", "<pre></span></span></pre>",
    ],
)  # fmt: skip
def test_what_may_be_words_of_one_line_is_not(html: str) -> None:
    assert joined_lines(html) == []


def test_short_lines_are_told_by_a_style_that_sets_them_below_each_other() -> None:
    for style in ("display:block", "color:red;display: flex"):
        line = f"<span style='{style}'>x</span>"
        assert names(f"<pre><code>{line * 2}</code></pre>") == ["span"] * 2
    assert names("<pre><code>" + "<span style='display:inline-block'>x</span>" * 4 + "</code></pre>") == []
