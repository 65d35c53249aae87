from __future__ import annotations

import time

import pytest

from data.pages import hidden_classes
from data.pages.hidden_classes import MARK, MAX_SEARCHED_BYTES, hide_much, hiding_classes, mark_classes
from data.pages.source import without_scripts


@pytest.mark.parametrize(
    ("sheet", "hidden"),
    [
        (b".a{display:none}", {b"a"}),
        (b"p{margin:0}.a, .b-c {color:red; display : none !important ;} .d{}", {b"a", b"b-c"}),
        (b".a{visibility:collapse}.b{visibility:visible}", {b"a"}),
        (b"@media print{.a{display:none}.b{color:red}}.c{display:none}", {b"c"}),
        (b"p.a{display:none}.b p{display:none}#c{display:none}.d:hover{display:none}.e::before{display:none}", set()),
        (b".a{display:none}@media (min-width:1px){.a{display:block}}", set()),
        (b".a{display:none}.a.open{visibility: visible}", set()),
        (b".a{display:none}.ab{display:block}", {b"a"}),
        (b"/* .a{display:none} */ .b{display:none}", {b"b"}),
        (b".a{color:none}.b{display:nonesuch}.c{display:none", {b"c"}),
        (b"display:none;}.a{", set()),
    ],
)
def test_a_class_is_hidden_by_a_rule_of_its_own_that_nothing_takes_back(sheet: bytes, hidden: set[bytes]) -> None:
    assert hiding_classes(b"a b b-c c d e", [sheet], []) == hidden


def test_a_class_that_no_element_has_or_that_a_script_names_is_not_looked_at() -> None:
    sheet = b".a{display:none}.b{display:none}"
    assert hiding_classes(b"a", [sheet], []) == {b"a"}
    assert hiding_classes(b"a b", [sheet], [b"show('b')"]) == {b"a"}
    assert hiding_classes(b"a b", [sheet], [b".a", b".b"]) == frozenset()


def test_elements_of_these_classes_are_marked_and_no_others() -> None:
    page = b"<p class='x y'>1</p><p class=x>2</p><p id=x>3</p><P CLASS=\"a x\" id=b>4</P><p class=xx>x</p><b x>"
    marked = mark_classes(page, frozenset((b"x", b"y")))
    mark = MARK.encode()
    assert marked == page.replace(b"<p class='x", b"<p" + mark + b" class='x").replace(
        b"<p class=x>", b"<p" + mark + b" class=x>"
    ).replace(b"<P CLASS", b"<P" + mark + b" CLASS")


def test_what_would_hide_most_of_a_page_is_meant_to_be_seen() -> None:
    source = f'<div><p>Seen</p><div{MARK} class="x"><div>{"word " * 400}</div></div><p{MARK}>more</p></div>'
    assert hide_much(source, 3000)  # 1,604 letters, of 3,000 seen
    assert not hide_much(source, 4000)
    assert not hide_much(source.replace("word " * 400, "word " * 300), 100)


def test_a_class_is_found_in_a_long_sheet_and_may_be_shown_by_one_of_any_length() -> None:
    theme = b"".join(
        b".c%d{color:red;margin:0}@media print{.d%d{display:none}}" % (number, number) for number in range(1100)
    )
    sheet = theme + b".notice{display:none}" + theme + b"/* .c1{display:none} */"
    assert 100_000 < len(sheet) < MAX_SEARCHED_BYTES
    assert hiding_classes(b"notice c1 d1", [sheet], []) == {b"notice"}
    assert hiding_classes(b"notice", [sheet, 3 * theme + b".open .notice{display:block}"], []) == frozenset()
    assert hiding_classes(b"notice", [sheet, 3 * theme], []) == {b"notice"}


def test_sheets_that_there_is_no_room_for_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = [b".a{display:none}", b".b{display:none}/* and more */", b".c{display:none}"]
    assert hiding_classes(b"a b c", sheets, []) == {b"a", b"b", b"c"}
    monkeypatch.setattr(hidden_classes, "MAX_SEARCHED_BYTES", len(sheets[0]) + len(sheets[2]))
    assert hiding_classes(b"a b c", sheets, []) == {b"a", b"c"}


FLOOD_BYTES = 4 * 2**20


@pytest.mark.parametrize(
    ("unit", "after"),
    [
        (b"display:none;", b""), (b"{}display:none;", b""), (b".a{display:none", b""), (b".a ", b"{}"), (b".a{", b""),
        (b".a{", b"}"), (b"." + b"a" * 90 + b" ", b"{}"), (b"/*", b""), (b"/**/", b""), (b"*a", b"*/"),
        (b"display      ", b""), (b".a{color:red}", b""), (b".a{display:  none}", b""),
    ],
)  # fmt: skip
def test_no_flood_of_style_costs_time(unit: bytes, after: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_classes, "MAX_SEARCHED_BYTES", 2 * FLOOD_BYTES)
    names = b"".join(b".%s{display:none}" % (b"a" * size) for size in range(1, 100))
    flood = b"/* " + unit if unit == b"*a" else unit
    page = b"<style>%s</style><style>%s%s</style><p class=a>x" % (names, flood * (FLOOD_BYTES // len(unit)), after)
    began = time.process_time()
    without_scripts(page)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "unit", [b"a", b"<i class=a>", b'<i class="b a">a', b"<i " + b"a class" * 500, b"<i " + b"a" * 4000]
)
def test_no_flood_of_a_hidden_classs_name_costs_time(unit: bytes) -> None:
    body = unit * (FLOOD_BYTES // len(unit))
    began = time.process_time()
    marked = mark_classes(body, frozenset((b"a",)))
    assert time.process_time() - began < 5
    assert marked.count(MARK.encode()) == (body.count(b"<") if b"a>" in unit or b'a"' in unit else 0)


def test_a_hostile_style_sheet_costs_no_time() -> None:
    classes = "".join(f".c{number}{{display:none}}" for number in range(20_000))
    sheets = (
        f"<style>{'none{' * 6000}</style><style>{'.a{display:none' * 2000}</style>" * 40 + f"<style>{classes}</style>"
    )
    body = "".join(f"<p class=c{number}>x</p>" for number in range(20_000))
    began = time.process_time()
    without_scripts(f"{sheets}<body>{body}".encode())
    assert time.process_time() - began < 5
