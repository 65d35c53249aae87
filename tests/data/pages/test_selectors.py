from __future__ import annotations

import pytest

from data.pages.selectors import Rule, Selector, as_written, read_selector


@pytest.mark.parametrize(
    ("text", "tag", "names"),
    [
        (b".a", b"", {b".a"}), (b" #e ", b"", {b"#e"}), (b"P.a.b#e", b"p", {b".a", b".b", b"#e"}),
        (b"body .a", b"", {b".a"}), (b"html\n.a", b"", {b".a"}), (b".md\\:a", b"", {b".md:a"}),
        (b".-a", b"", {b".-a"}), (b".a-b_c9", b"", {b".a-b_c9"}), (b".\xc3\xa9", b"", {b".\xc3\xa9"}),
    ],
)  # fmt: skip
def test_a_selector_for_what_one_element_bears_is_read(text: bytes, tag: bytes, names: set[bytes]) -> None:
    assert read_selector(text) == Selector(tag, frozenset(names))


@pytest.mark.parametrize(
    "text", [b"", b"p", b"*", b".a .b", b".a>.b", b".a:hover", b".a::before", b".a[b]", b".9", b".a.", b"body body .a"]
)
def test_a_selector_that_tells_more_is_not(text: bytes) -> None:
    assert read_selector(text) is None


def test_ids_count_more_than_classes_and_these_more_than_a_tag() -> None:
    ordered = [b".a", b"p.a", b".a.b", b"p.a.b", b"#a", b"p#a", b"#a.b", b"#a#b"]
    found = [selector.specificity for text in ordered if (selector := read_selector(text))]
    assert found == sorted(found)
    assert found[:3] == [(0, 1, 0), (0, 1, 1), (0, 2, 0)]


def test_what_insists_counts_more_than_any_selector_and_what_comes_later_more_than_the_same() -> None:
    weak, strong = Selector(b"", frozenset((b".a",))), Selector(b"p", frozenset((b"#a", b".b")))
    rules = [
        Rule(weak, False, (0, 9)), Rule(weak, False, (1, 0)), Rule(strong, False, (0, 0)), Rule(weak, True, (0, 0)),
    ]  # fmt: skip
    shuffled = [rules[2], rules[0], rules[3], rules[1]]
    assert sorted(shuffled, key=lambda rule: rule.precedence) == rules


def test_a_selector_is_for_elements_that_bear_all_of_its_names() -> None:
    selector = Selector(b"p", frozenset((b".a", b"#e")))
    assert selector.is_for(b"p", frozenset((b".a", b".b", b"#e")))
    assert not selector.is_for(b"div", frozenset((b".a", b"#e")))
    assert not selector.is_for(b"p", frozenset((b".a", b"#f")))


def test_a_name_is_looked_for_as_sheets_write_it() -> None:
    assert as_written(b".md:a/2") == b".md\\:a\\/2"
    assert as_written(b"#a-b_\xc3\xa9") == b"#a-b_\xc3\xa9"
