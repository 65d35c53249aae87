from __future__ import annotations

import pytest

from data.pages.selectors import (
    MAX_COMPOUNDS,
    Attribute,
    Compound,
    Rule,
    Selector,
    as_written,
    read_selector,
    split_selectors,
)


def one(tag: bytes = b"", *names: bytes, attributes: tuple[Attribute, ...] = ()) -> Compound:
    return Compound(tag, frozenset(names), attributes)


@pytest.mark.parametrize(
    ("text", "compound"),
    [
        (b".a", one(b"", b".a")), (b" #e ", one(b"", b"#e")), (b"P.a.b#e", one(b"p", b".a", b".b", b"#e")),
        (b".md\\:a", one(b"", b".md:a")), (b".-a", one(b"", b".-a")), (b".a-b_c9", one(b"", b".a-b_c9")),
        (b".\xc3\xa9", one(b"", b".\xc3\xa9")), (b"p", one(b"p")), (b"*.a", one(b"", b".a")), (b"*", one()),
        (b"[Data-X]", one(attributes=(Attribute(b"data-x"),))),
        (b"a[href ^= '/B']", one(b"a", attributes=(Attribute(b"href", b"^=", b"/B"),))),
        (b'.a[b="C d" i]', one(b"", b".a", attributes=(Attribute(b"b", b"=", b"c d", True),))),
        (b"p:not(.a)", Compound(b"p", excluded=(one(b"", b".a"),))),
    ],
)  # fmt: skip
def test_a_selector_for_what_one_element_bears_is_read(text: bytes, compound: Compound) -> None:
    assert read_selector(text) == Selector((compound,))


def test_what_elements_stand_in_is_read() -> None:
    compounds = one(b"body"), one(b"", b".a"), one(b"li"), one(b"", b"#b", b".c")
    assert read_selector(b"body .a>li >\n #b.c") == Selector(compounds, b" >>")


@pytest.mark.parametrize(
    "text",
    [b"", b".a:hover", b".a::before", b".9", b".a.", b".a + .b", b".a ~ .b", b".a >", b"> .a", b":is(.a) .b",
     b".a:not(.b .c)", b".a:not(:hover)", b"[a=]", b"[a|b]", b".a b|c", b"&.a",
     b" ".join([b".a"] * (MAX_COMPOUNDS + 1))],
)  # fmt: skip
def test_a_selector_that_tells_more_is_not(text: bytes) -> None:
    assert read_selector(text) is None


def test_ids_count_more_than_classes_and_attributes_and_these_more_than_tags() -> None:
    ordered = [b"p", b"p li", b".a", b"p.a", b"p .a", b".a.b", b".a[b]", b".a:not(.b)", b"p.a.b", b"#a", b"p#a",
               b"#a .b", b"#a#b"]  # fmt: skip
    found = [selector.specificity for text in ordered if (selector := read_selector(text))]
    assert found == sorted(found)
    assert found[:5] == [(0, 0, 1), (0, 0, 2), (0, 1, 0), (0, 1, 1), (0, 1, 1)]
    assert found[5] == found[6] == found[7] == (0, 2, 0)


@pytest.mark.parametrize(
    ("sign", "value", "found"),
    [
        (b"", b"", b"x"), (b"=", b"ab cd", b"ab cd"), (b"~=", b"cd", b"ab cd"), (b"^=", b"ab", b"ab cd"),
        (b"$=", b"cd", b"ab cd"), (b"*=", b"b c", b"ab cd"), (b"|=", b"ab", b"ab-cd"), (b"|=", b"ab", b"ab"),
    ],
)  # fmt: skip
def test_attributes_compare_as_their_signs_say(sign: bytes, value: bytes, found: bytes) -> None:
    attribute = Attribute(b"x", sign, value)
    assert attribute.holds({b"x": found})
    assert not attribute.holds({b"y": found})
    assert attribute.holds({b"x": found.upper()}) == (sign == b"")
    assert Attribute(b"x", sign, value, folds=True).holds({b"x": found.upper()})


@pytest.mark.parametrize("sign", [b"~=", b"^=", b"$=", b"*="])
def test_an_empty_value_is_part_of_no_attribute(sign: bytes) -> None:
    assert not Attribute(b"x", sign, b"").holds({b"x": b"ab cd"})


def test_what_insists_counts_more_than_any_selector_and_what_comes_later_more_than_the_same() -> None:
    weak, strong = Selector((one(b"", b".a"),)), Selector((one(b"p", b"#a", b".b"),))
    rules = [
        Rule(weak, False, 8), Rule(weak, False, 9), Rule(strong, False, 0), Rule(weak, True, 0),
    ]  # fmt: skip
    for number, rule in enumerate(rules):
        assert [rule.outweighs(other) for other in rules] == [other < number for other in range(4)]


def test_what_stands_in_no_layer_counts_more_and_of_two_layers_either_may() -> None:
    weak, strong = Selector((one(b"", b".a"),)), Selector((one(b"p", b"#a", b".b"),))
    free, layered, other = (
        Rule(weak, False, 0),
        Rule(strong, False, 9, layer=1),
        Rule(weak, False, 0, layer=2),
    )
    assert [free.outweighs(layered), layered.outweighs(free)] == [True, False]
    assert [layered.outweighs(other), other.outweighs(layered)] == [True, True]
    insisting = layered._replace(important=True)
    assert insisting.outweighs(free._replace(important=True))


def test_a_compound_is_for_elements_that_bear_all_of_it() -> None:
    compound = Compound(b"p", frozenset((b".a", b"#e")), (Attribute(b"x"),), (one(b"", b".no"),))
    names, attributes = frozenset((b".a", b".b", b"#e")), {b"x": b""}
    assert compound.is_for(b"p", names, attributes)
    assert not compound.is_for(b"div", names, attributes)
    assert not compound.is_for(b"p", frozenset((b".a", b"#f")), attributes)
    assert not compound.is_for(b"p", names, {})
    assert not compound.is_for(b"p", names | {b".no"}, attributes)


def test_a_comma_within_brackets_parts_no_selectors() -> None:
    assert split_selectors(b".a, .b") == [b".a", b" .b"]
    assert split_selectors(b":is(.a, .b) .c,[x='1,2'],.d") == [b":is(.a, .b) .c", b"[x='1,2']", b".d"]


def test_a_name_is_looked_for_as_sheets_write_it() -> None:
    assert as_written(b".md:a/2") == b".md\\:a\\/2"
    assert as_written(b"#a-b_\xc3\xa9") == b"#a-b_\xc3\xa9"
