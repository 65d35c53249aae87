from __future__ import annotations

import pytest

from data.pages.reader import read_blocks
from data.pages.source import parse, without_scripts
from data.pages.unread import end_of


def texts(body: str, whole: bool = False) -> list[str]:
    source = parse(without_scripts(f"<body>{body}".encode()).decode())
    return [block.text for block in read_blocks(source, whole=whole).blocks]


@pytest.mark.parametrize(
    "menu",
    [
        "<div class=menu><div>A</div><div><div>B</div></div></div>",
        "<nav><section class=x><nav>A</nav>B</section></nav>",
        "<div class=menu><!-- </div> --><xmp></div></xmp>A<iframe></div></iframe></div>",
        "<div class=menu><divider>A</divider><img><br>B</div>",
        "<div class=menu><noscript><div></noscript>A</div>",
        "<ul class=menu><li>A<li>B</ul>",
    ],
)
def test_navigation_is_passed_over_to_its_own_end_tag(menu: str) -> None:
    assert texts(f"<p>Before.</p>{menu}<p>After.</p>") == ["Before.", "After."]
    assert "A" in " ".join(texts(f"<p>Before.</p>{menu}<p>After.</p>", whole=True))


def test_a_rule_with_a_menus_class_has_no_end_and_passes_over_nothing() -> None:
    assert texts("<div><p>Before.</p><hr class=nav-separator><p>After.</p></div>") == ["Before.", "After."]


def test_a_tag_with_a_broken_attribute_is_one_tag() -> None:
    assert texts("<p>Before.</p><div class=x <><p>Within.</p></div><p>After.</p>") == ["Before.", "Within.", "After."]


def test_tags_that_are_not_read_are_counted_and_their_licences_noted() -> None:
    page = read_blocks(parse('<body><nav><p>A</p><a rel="license" href="/l">B</a></nav><p>C</p>'), whole=False)
    assert page.passed_over == 6  # <nav>, <p>, </p>, <a>, </a>, </nav>
    assert [(name, 'rel="license"' in source) for name, source, _ in page.facts if name == "a"] == [("a", True)]


def test_a_hidden_block_tells_facts_but_no_text() -> None:
    page = read_blocks(
        parse("<body>One<div hidden>Two<nav>Three</nav><time datetime='2020-01-02'>x</time></div>Four"), whole=False
    )
    assert [block.text for block in page.blocks] == ["One", "Four"]
    assert [name for name, _, _ in page.facts if name == "time"] == ["time"]
    assert page.passed_over == 2


def test_elements_without_blocks_are_not_noted_but_for_cells() -> None:
    page = read_blocks(parse("<body><div><div></div><p>A</p></div><table><tr><td>B<td><td>C</table>"))
    names = [element.tag.name for element in page.elements[1:]]
    assert names.count("div") == 1
    assert names.count("td") == 3
    assert [block.text for block in page.blocks] == ["A", "B |  | C"]


def test_comments_that_no_one_took_out_are_passed_over() -> None:
    page = read_blocks(parse("<body><p>One<!-- <!x> <p>Two --> three<!--> four</p>"))
    assert [block.text for block in page.blocks] == ["One three four"]


def test_names_that_a_page_made_up_end_where_they_end() -> None:
    assert texts("One<x-y hidden><x-y>2</x-y>3<xmp></x-y></xmp></x-y>Four") == ["One", "Four"]
    assert texts("One<odd hidden>2<oddly>3</oddly></odd>Four") == ["OneFour"]
    assert len(texts("".join(f"<x{n} hidden>no</x{n}><p>yes</p>" for n in range(20_000)))) == 20_000


def test_the_end_of_an_element_that_is_cut_off_is_not_found() -> None:
    assert end_of("<div><div></div>", "div", 5) == -1
    assert end_of("<div><!-- </div>", "div", 5) == -1
    assert end_of("<div><div></div></div>", "div", 5) == 16
