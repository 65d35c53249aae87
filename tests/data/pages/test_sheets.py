from __future__ import annotations

from data.pages.selectors import Rule, Selector
from data.pages.sheets import Sheets


def rules_of(*sheets: bytes) -> list[Rule]:
    return Sheets(sheets, 0, bytes.find).hiding_rules()


def test_a_rule_stands_where_it_did_whatever_is_blanked_before_it() -> None:
    comment, paper = b"/* {x} */", b"@media print{.b{display:none}}"
    sheet = comment + paper + b"@media screen{.a{display:none}}" + b"p.c , #d{visibility:hidden!important}"
    [first, second, third] = rules_of(sheet)
    assert first == Rule(Selector(b"", frozenset((b".a",))), False, (0, sheet.index(b"{display:none}}p")))
    opening = sheet.index(b"{visibility")
    assert second == Rule(Selector(b"p", frozenset((b".c",))), True, (0, opening), is_open=True)
    assert third == Rule(Selector(b"", frozenset((b"#d",))), True, (0, opening), is_open=True)


def test_a_long_comment_before_a_selector_is_no_part_of_it() -> None:
    [rule] = rules_of(b"p{margin:0}/*" + b" x" * 1000 + b"*/.a{display:none}")
    assert rule.selector.names == {b".a"}


def test_a_rule_after_a_sheet_that_does_not_end_is_found() -> None:
    [rule] = rules_of(b"@media (max-width:9px){p{margin:0", b".a{display:none}")
    assert rule.selector.names == {b".a"}


def test_comments_say_nothing() -> None:
    assert rules_of(b"/* .a{display:none} */ .b{/* display:none */ margin:0}") == []
    sheets = Sheets([b"/* .a{display:block} visibility:visible */ .b{margin:0}"], 0, bytes.find)
    [rule] = rules_of(b".a{display:none}")
    assert not sheets.may_show(b".a", rule, is_own=True)
    assert not sheets.says(b"visibility:visible")
    assert sheets.says(b"margin:0")


def test_what_is_too_long_to_be_made_ready_may_show_even_in_a_comment() -> None:
    sheets = Sheets([b"/* .a{display:block} */"], 1, bytes.find, as_they_stand=True)
    [rule] = rules_of(b".a{display:none}")
    assert sheets.may_show(b".a", rule, is_own=True)
