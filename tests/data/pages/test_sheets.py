from __future__ import annotations

import pytest

from data.pages.screens import for_screens
from data.pages.selectors import Rule, Selector, read_selector
from data.pages.sheets import BETWEEN, MAX_NAMED, Contender, Sheet, hiding_places
from data.pages.styles import INVISIBLE, SIZELESS


def as_one(*texts: bytes, offset: int = 0) -> Sheet:
    sheets = list(map(for_screens, texts))
    return Sheet(sheets, BETWEEN.join(sheets), bytes.find, offset)


def rules_of(*texts: bytes) -> list[Rule]:
    sheet = as_one(*texts)
    return sheet.hiding_rules(hiding_places(sheet.text, bytes.find), lambda selector: True)


def selector_of(text: bytes) -> Selector:
    selector = read_selector(text)
    assert selector is not None
    return selector


def contenders(text: bytes, name: bytes, sizes: bool = False) -> list[Contender]:
    sheet = as_one(text)
    sheet.hiding_rules(hiding_places(text, bytes.find), lambda selector: True)
    return list(sheet.contenders(name, sizes))


def test_a_rule_stands_where_it_did_whatever_is_blanked_before_it() -> None:
    comment, paper = b"/* {x} */", b"@media print{.b{display:none}}"
    sheet = comment + paper + b"@media screen{.a{display:none}}" + b"p.c , #d i{visibility:hidden!important}"
    [first, second, third] = rules_of(sheet)
    assert first == Rule(selector_of(b".a"), False, sheet.index(b"{display:none}}p"))
    opening = sheet.index(b"{visibility")
    assert second == Rule(selector_of(b"p.c"), True, opening, INVISIBLE)
    assert third == Rule(selector_of(b"#d i"), True, opening, INVISIBLE)


def test_a_long_comment_before_a_selector_is_no_part_of_it() -> None:
    [rule] = rules_of(b"p{margin:0}/*" + b" x" * 1000 + b"*/.a{display:none}")
    assert rule.selector.names == {b".a"}


def test_letters_of_no_size_are_hidden_in_a_way_of_their_own() -> None:
    [first, second] = rules_of(b".a{font-size:0}.b{font-size:0.9em}.c{font-size: 0 }")
    assert first.fades == second.fades == SIZELESS
    assert (first.selector.names, second.selector.names) == ({b".a"}, {b".c"})


def test_only_what_hides_may_insist() -> None:
    [first, second] = rules_of(b".a{display:none;color:red!important}.b{display:none !important}")
    assert (first.important, second.important) == (False, True)


def test_rules_within_others_are_read_with_what_they_stand_in() -> None:
    [rule] = rules_of(b".a{color:red;.b{display:none}}")
    assert rule.selector == selector_of(b".a .b")
    [rule] = rules_of(b".a{display:none;&.b{display:block}}")
    assert rule.selector == selector_of(b".a")
    [found] = contenders(b".c{x:y}.a{display:none;&.b{display:block}}", b".b")
    assert (found.rule and found.rule.selector) == selector_of(b".a.b")


def test_rules_of_layers_bear_their_number() -> None:
    found = rules_of(b".a{display:none}@layer x{.b{display:none}}@layer y{.c{display:none}}.d{display:none}")
    layers = {min(rule.selector.names): rule.layer for rule in found}
    assert layers[b".a"] == layers[b".d"] == 0
    assert 0 != layers[b".b"] != layers[b".c"] != 0


def test_comments_say_nothing() -> None:
    assert rules_of(b"/* .a{display:none} */ .b{/* display:none */ margin:0}") == []
    assert contenders(b"/* .a{display:block} */ .b{margin:0}", b".a") == []


def test_what_is_not_made_ready_may_show_even_in_a_comment_and_comes_last() -> None:
    text = b"/* i{} .a{display:block} */"
    [found] = Sheet([text], text, bytes.find, offset=900).contenders(b".a", False)
    assert (found.rule and found.rule.place) == 900 + text.index(b"{display")


def test_a_selector_ends_with_its_sheet_and_what_a_later_sheet_says_counts_more() -> None:
    [first, second] = rules_of(b".a{display:none}.x", b".b{display:none}")
    assert (first.selector, second.selector) == (selector_of(b".a"), selector_of(b".b"))
    assert second.place > first.place


def test_a_sheet_is_written_without_inner_rules_only_if_they_may_hide_something_or_others_do() -> None:
    text = b".a{.b{display:none}}"
    sheet = as_one(text)
    assert sheet.hiding_rules([text.index(b"display")], lambda selector: b"b" not in selector) == []
    assert sheet.text == text
    [rule] = sheet.hiding_rules([text.index(b"display")], lambda selector: True)
    assert (rule.selector, sheet.text) == (selector_of(b".a .b"), b".a .b{display:none}")


def test_a_rule_is_found_by_an_attribute_but_not_by_a_property_of_that_name() -> None:
    sheet = b"[data-x] .a,p[height]{display:block}i{height:1px;display:block}"
    found = [each.rule and each.rule.selector for each in contenders(sheet, b"[height")]
    assert found == [selector_of(b"p[height]")]
    assert contenders(sheet, b"[data") == []
    [outer] = contenders(sheet, b"[data-x")
    assert not outer.is_for_it


def test_a_rule_that_shows_is_found_by_any_name_in_its_selector() -> None:
    sheet = b".a{color:red}.x .a{display:block}.a i{display:block}.ab{display:block}.y{content:'.a'}"
    found = [(each.rule and each.rule.selector, each.is_for_it) for each in contenders(sheet, b".a")]
    assert found == [(selector_of(b".x .a"), True), (selector_of(b".a i"), False)]


def test_a_selector_that_tells_more_is_a_contender_without_a_rule() -> None:
    assert contenders(b".a:hover{display:block}", b".a") == [Contender(None, False, True)]
    assert contenders(b":is(.x,.a,.y):hover{display:block!important}", b".a") == [Contender(None, True, True)]
    assert contenders(b".a::before{display:block}", b".a") == []


@pytest.mark.parametrize(("style", "shows", "sizes"), [(b"display:block", 1, 0), (b"font-size:9px", 0, 1)])
def test_letters_get_their_size_back_by_a_size_alone(style: bytes, shows: int, sizes: int) -> None:
    sheet = b".a{" + style + b"}"
    assert len(contenders(sheet, b".a")) == shows
    assert len(contenders(sheet, b".a", sizes=True)) == sizes


def test_rules_that_are_too_many_are_taken_to_show() -> None:
    assert contenders(b".a{color:red}" * (MAX_NAMED + 1), b".a")[-1] == Contender(None, True, True)
    assert contenders(b".a{color:red}" * MAX_NAMED, b".a") == []


def test_rules_for_all_elements_of_a_tag_are_found_by_it() -> None:
    sheet = as_one(b"#x LI a:hover, ul>li, .li, li .b{display:block}li{color:red}")
    [first] = sheet.contenders_by_tag(b"a", False)
    assert first.rule is None
    [second] = sheet.contenders_by_tag(b"li", False)
    assert (second.rule and second.rule.selector) == selector_of(b"ul>li")
    assert list(sheet.contenders_by_tag(b"b", False)) == []
