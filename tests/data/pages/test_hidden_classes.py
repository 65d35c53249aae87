from __future__ import annotations

import re
import time

import pytest

from data.pages import hidden_classes
from data.pages.hidden_classes import MAX_SEARCHED_BYTES, mark_hidden_names
from data.pages.marking import MARK
from data.pages.source import without_scripts

BODY = b"<p class=a><p class='b-c'><p class=c><p class=d><p id=e><div class='f g' id=h><p class='md:f'>"


def hidden(sheet: bytes, body: bytes = BODY, *, sheets: tuple[bytes, ...] = (), script: bytes = b"") -> bytes:
    """Returns the names in the tags that are marked."""
    marked = mark_hidden_names(body, [sheet, *sheets], [script], bytes.find)
    tags = [tag.partition(b">")[0] for tag in marked.split(MARK.encode())[1:]]
    return b" ".join(re.sub(rb"(?:class|id)=|['\"]", b"", b" ".join(tags)).split())


@pytest.mark.parametrize(
    ("sheet", "names"),
    [
        (b".a{display:none}", b"a"),
        (b"p{margin:0}.a, .b-c {color:red; display : none !important ;} .z{}", b"a b-c"),
        (b".a{visibility:collapse}#e{visibility:hidden}", b"a e"),
        (b"#e{display:none}", b"e"),
        (b"p.a{display:none}P#e{display:none}", b"a e"),
        (b".f.g{display:none}", b"f g h"),
        (b"div#h.g{display:none}", b"f g h"),
        (b"body .a{display:none}html #e{display:none}", b"a e"),
        (b"/* .a{display:none} */ .c{display:none}", b"c"),
        (b"<!-- .c{display:none} -->", b"c"),
        (b".a{color:none}.c{display:nonesuch}.d{display:none", b"d"),
        (b".a{position:absolute;left:-9999px}.c{clip:rect(0 0 0 0)}.d{text-indent:-999em}#e{clip-path:inset(50%)}",
         b"a c d e"),
        (b"@import url(x.css);.a{display:none}", b"a"),
        (b"@media screen{.a{display:none}}@media only screen , print {.c{display:none}p{color:red}}", b"a c"),
        (b"@layer base{.a{display:none}}@supports (display:grid){@media all{.c{display:none}}}.d{display:none}",
         b"a c d"),
        (b"@media print{.a{display:block}}.a{display:none}", b"a"),
        (b".a{display:none}@media print{.a{display:block}}", b"a"),
        (b".a{display:block}.a{display:none}", b"a"),
        (b".f{display:block}.f.g{display:none}", b"f g h"),
        (b".a{display:none!important}.a{display:block}.on .a{display:block}", b"a"),
        (b".a{display:none}.a::before{display:block}.a:after{display:table}", b"a"),
        (b".f{display:none}.g .x{display:block}", b"f g h"),
        (b".g{display:flex}.f{display:none}", b"f g h"),
        (b".a{display:none}.ab{display:block}", b"a"),
        (b".md\\:f{display:none}", b"md:f"),
    ],
)  # fmt: skip
def test_a_rule_for_names_hides_what_bears_them(sheet: bytes, names: bytes) -> None:
    assert hidden(sheet).split() == names.split()


@pytest.mark.parametrize(
    "sheet",
    [
        b"", b"p{display:none}", b".x .a{display:none}", b".x>.a{display:none}", b".a:hover{display:none}",
        b".a::before{display:none}", b".a:not(.x){display:none}", b".a[x]{display:none}", b"div.a{display:none}",
        b".a.x{display:none}", b".A{display:none}", b"display:none;}.a{", b".a{opacity:0}", b".a{left:-9px}",
        b"@media print{.a{display:none}}", b"@media (max-width:9px){.a{display:none}}",
        b"@media screen and (max-width:9px){.a{display:none}}", b"@media not screen{.a{display:none}}",
        b"@supports not (display:grid){.a{display:none}}", b"@keyframes x{from{display:none}}",
        b".a{display:none;display:block}", b".a{display:none}.a{display:block}",
        b".a{display:block!important}.a{display:none}", b".a{display:none}p.a{display:block}",
        b".a{display:none}@media (min-width:1px){.a{display:block}}", b".a{display:none}.a.open{visibility: visible}",
        b".a{display:none}.open .a{display:block}", b"#e{display:none}#e:target{display:block}",
        b".f{display:none}.g{display:block}", b".f{display:none}#h{display:block}",
        b".f{display:none}.x .g{display:flex}",
        b".md\\:f{display:none}@media (min-width:1px){.md\\:f{display:block}}",
        b".a{visibility:hidden}.c{visibility:visible}", b".a{clip:rect(0 0 0 0)}.a:focus{clip:auto}",
        b"p{margin:0}}@media (max-width:9px){.a{display:none}}", b"p{margin:0}}.a{display:none}",
        b"@supports (-ms-ime-align:auto){.a{display:none}}",
    ],
)  # fmt: skip
def test_what_is_not_beyond_doubt_hides_nothing(sheet: bytes) -> None:
    assert hidden(sheet) == b""


def test_a_sheet_whose_braces_do_not_match_says_nothing_of_those_after_it() -> None:
    assert hidden(b"p{margin:0}}", sheets=(b"@media (max-width:9px){.a{display:none}}.c{display:none}",)) == b"c"
    assert hidden(b"@media (max-width:9px){p{margin:0", sheets=(b".c{display:none}",)) == b"c"
    assert hidden(b"p{margin:0} /* {", sheets=(b".c{display:none}",)) == b"c"


def test_a_name_that_no_element_has_or_that_a_script_or_link_names_is_not_looked_at() -> None:
    sheet = b".a{display:none}#e{display:none}.x{display:none}"
    assert hidden(sheet).split() == [b"a", b"e"]
    assert hidden(sheet, script=b"show('e')") == b"a"
    assert hidden(sheet, BODY + b"<a href='#e'>") == b"a"
    assert hidden(sheet, BODY + b"<a onclick=\"show('e')\">") == b"a"
    assert hidden(sheet, BODY + b"<p id='e'>").split() == [b"a", b"e", b"e"]
    assert hidden(sheet, BODY + b'<a data-target=".a">') == b"e"


@pytest.mark.parametrize("sheet", [b"div.a{display:none}", b".a.c{display:none}", b".a.x{display:none}"])
def test_scripts_are_not_looked_at_where_no_element_is_hidden(sheet: bytes) -> None:
    scripts = iter([b"show()"])
    assert mark_hidden_names(BODY, [sheet], scripts, bytes.find) == BODY
    assert list(scripts) == [b"show()"]


def test_an_element_that_a_wider_screen_shows_by_another_class_is_seen() -> None:
    sheet = b".hidden{display:none}@media (min-width:9px){.md\\:block{display:block}}"
    body = b"<p class='hidden md:block'><p class='hidden md:flex'>"
    assert hidden(sheet, body) == b"hidden md:flex"
    assert hidden(sheet + b".md\\:block{color:red}", b"<p class='hidden'>") == b"hidden"


def test_styles_for_some_screens_may_show_and_those_for_paper_say_nothing() -> None:
    page = b"<style>.a{display:none}</style><style media='%s'>.a{display:block}</style><p class=a>"
    assert MARK.encode() not in without_scripts(page % b"(min-width: 9px)")
    assert MARK.encode() in without_scripts(page % b"print")
    page = b"<style media='%s'>.a{display:none}</style><p class=a>"
    for media in (b"screen", b"all", b"only screen", b"screen, print"):
        assert MARK.encode() in without_scripts(page % media)
    for media in (b"print", b"(max-width: 9px)", b"screen and (max-width: 9px)"):
        assert MARK.encode() not in without_scripts(page % media)


def test_a_class_is_found_in_a_long_sheet_and_may_be_shown_by_one_of_any_length() -> None:
    theme = b"".join(
        b".c%d{color:red;margin:0}@media print{.d%d{display:none}}" % (number, number) for number in range(1100)
    )
    sheet = theme + b".notice{display:none}" + theme + b"/* .c1{display:none} */"
    assert 100_000 < len(sheet) < MAX_SEARCHED_BYTES
    body = b"<p class=notice><p class=c1><p class=d1>"
    assert hidden(sheet, body) == b"notice"
    assert hidden(sheet, body, sheets=(3 * theme + b".open .notice{display:block}",)) == b""
    assert hidden(sheet, body, sheets=(3 * theme,)) == b"notice"


def test_sheets_that_there_is_no_room_for_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = (b".a{display:none}", b".c{display:none}/* and more */", b".d{display:none}")
    assert hidden(sheets[0], sheets=sheets[1:]).split() == [b"a", b"c", b"d"]
    monkeypatch.setattr(hidden_classes, "MAX_SEARCHED_BYTES", len(sheets[0]) + len(sheets[2]))
    assert hidden(sheets[0], sheets=sheets[1:]).split() == [b"a", b"d"]


FLOOD_BYTES = 2**18


@pytest.mark.parametrize(
    ("unit", "after"),
    [
        (b"display:none;", b""), (b"{}display:none;", b""), (b".a{display:none", b""), (b".a ", b"{}"), (b".a{", b""),
        (b".a{", b"}"), (b"." + b"a" * 90 + b" ", b"{}"), (b"/*", b""), (b"/**/", b""), (b"*a", b"*/"),
        (b"display      ", b""), (b".a{color:red}", b""), (b".a{display:  none}", b""), (b"@media print{", b""),
        (b"@layer a{.b{}", b""), (b".a.b.c", b"{display:none}"), (b".a,", b"b{display:none}"), (b"\\41 ", b""),
        (b".a{display:block}", b""), (b".a .b,", b"c{display:block}"), (b"#a{left:-9999px}", b""), (b"-999 ", b""),
    ],
)  # fmt: skip
def test_no_flood_of_style_costs_time(unit: bytes, after: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_classes, "MAX_SEARCHED_BYTES", 2 * FLOOD_BYTES)
    names = b"".join(b".%s{display:none}" % (b"a" * size) for size in range(1, 100))
    flood = b"/* " + unit if unit == b"*a" else unit
    page = b"<style>%s</style><style>%s%s</style><p class='a b'>x" % (names, flood * (FLOOD_BYTES // len(unit)), after)
    began = time.process_time()
    without_scripts(page)
    assert time.process_time() - began < 5


def test_a_hostile_style_sheet_costs_no_time() -> None:
    classes = "".join(f".c{number}{{display:none}}" for number in range(20_000))
    sheets = (
        f"<style>{'none{' * 6000}</style><style>{'.a{display:none' * 2000}</style>" * 40 + f"<style>{classes}</style>"
    )
    body = "".join(f"<p class=c{number}>x</p>" for number in range(20_000))
    began = time.process_time()
    without_scripts(f"{sheets}<body>{body}".encode())
    assert time.process_time() - began < 5
