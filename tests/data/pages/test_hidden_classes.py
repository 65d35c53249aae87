from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest

from data.pages import hidden_classes
from data.pages.hidden_classes import MAX_COMPOSED_BYTES, MAX_SEARCHED_BYTES, find_hiding
from data.pages.marking import MARK
from data.pages.reader import read_blocks
from data.pages.source import parse, strip

BODY = b"<p class=a><p class='b-c'><p class=c><p class=d><p id=e><div class='f g' id=h><p class='md:f'>"


def marked(page: bytes) -> str:
    """Returns the serialisation of a page with what its styles hide marked."""
    stripped, hiding = strip(page)
    source = parse(stripped.decode("latin-1"))
    return hiding.marked(source) if hiding else source


def hidden(sheet: bytes, body: bytes = BODY, *, sheets: tuple[bytes, ...] = (), script: bytes = b"") -> bytes:
    """Returns the names in the tags that are marked."""
    hiding = find_hiding(body, [sheet, *sheets], [script], bytes.find)
    source = parse(body.decode("latin-1"))
    tags = [tag.partition(">")[0] for tag in (hiding.marked(source) if hiding else source).split(MARK)[1:]]
    return b" ".join(re.sub(r"(?:class|id)=|['\"]", "", " ".join(tags)).encode("latin-1").split())


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
        b"", b".x .a{display:none}", b".x>.a{display:none}", b".a:hover{display:none}",
        b".a::before{display:none}", b".a[x]{display:none}", b"div.a{display:none}",
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


TREE = (
    b"<main id=m class=page><div class=a data-x=1 lang=de><p class=b>1</p><ul><li class='b c'>2</li></ul></div>"
    b"<aside>3</aside><p class=d>4</p><p class=b title='x y'>5</p></main>"
    b"<footer><p class=e>6</p><b class=f>7</b></footer>"
)


def lost(sheet: bytes, tree: bytes = TREE, script: bytes = b"") -> str:
    """Returns the digits of the text that is hidden."""
    page = b"<style>%s</style><script>%s</script>%s" % (sheet, script, tree)
    found = "".join(block.text for block in read_blocks(marked(page), page).blocks)
    return "".join(sorted({*"1234567"}.difference(found)))


@pytest.mark.parametrize(
    ("sheet", "digits"),
    [
        (b".a .b{display:none}", "12"), (b".a > .b{display:none}", "1"), (b".b.c{display:none}", "2"),
        (b"li.b{display:none}", "2"), (b"#m .b{display:none}", "125"), (b"#m > .b{display:none}", "5"),
        (b"aside{display:none}", "3"), (b"footer .e{display:none}", "6"), (b"ASIDE,footer p{display:none}", "36"),
        (b"[data-x]{display:none}", "12"), (b"[lang=de] li{display:none}", "2"), (b"[title~='y']{display:none}", "5"),
        (b"p[title]{display:none}", "5"), (b"[class*=d]{display:none}", "4"), (b".b:not(.c){display:none}", "15"),
        (b"main > *{display:none}", ""), (b".e,.f{font-size:0}", "67"), (b"footer{font-size:0}", ""),
        (b"@media screen{.a .b{display:none}}", "12"), (b"@media all{@layer x{aside{display:none}}}", "3"),
        (b"@supports (display:grid){#m p.d{display:none}}", "4"), (b".a{color:red;.b{display:none}}", "12"),
        (b"main{& > .b{display:none} aside{@media screen{display:none}}}", "35"),
        (b".page .d{position:absolute;left:-10000px}", "4"), (b".a .b{visibility:hidden}", "12"),
        (b":is(.x,.d,.y) .e{display:none}", ""), (b"footer .e{DISPLAY:none}", ""),
    ],
)  # fmt: skip
def test_a_rule_for_what_elements_bear_and_stand_in_hides_them(sheet: bytes, digits: str) -> None:
    assert lost(sheet) == digits


@pytest.mark.parametrize(
    ("sheet", "digits"),
    [
        (b".a .b{display:none}.b{display:block}", "12"), (b".a .b{display:none}.a .b{display:block}", ""),
        (b".a .b{display:block}.a .b{display:none}", "12"), (b".a .b{display:none}li.b.c{display:block}", "1"),
        (b".a .b{display:none}#m .b{display:block}", ""), (b".b{display:none}.a .b{display:block}", "5"),
        (b".b{display:none}main>.b{display:block}", ""), (b".b{display:none}.open .b{display:block}", ""),
        (b".b{display:none}footer .b{display:block}", "125"), (b".a .b{display:none}.a:hover .b{display:block}", ""),
        (b".a .b{display:none}.a.open .b{display:block}", ""), (b"aside{display:block}aside{display:none}", "3"),
        (b"aside{display:none}main aside{display:block}", ""), (b"aside{display:none}nav aside{display:block}", "3"),
        (b"#m li{display:none}#m ul>li{display:list-item}", ""), (b"#m li{display:none}li{display:list-item}", "2"),
        (b".d{display:none}[data-x] .d{display:block}", ""), (b"p{display:none}[title]{display:block}", "146"),
        (b"p{display:none}.e{display:block}", "145"), (b"@layer x{.d.d{display:none}}p.d{display:block}", ""),
        (b".d{display:none!important}@layer x{.d{display:block}}", "4"), (b".e{font-size:0}.e{display:block}", "6"),
        (b".e{font-size:0}footer .e{font-size:9px}", ""),
        (b"@media (min-width:9px){.a .b{display:block}}.a .b{display:none}", "12"),
        (b".a .b{display:none}@media (min-width:9px){.a .b{display:block}}", ""),
        (b"@media print{.d{display:none}}", ""), (b".d{display:none}@media print{.d{display:block}}", "4"),
        (b".d{display:none}main{.d{display:block}}", ""),
    ],
)  # fmt: skip
def test_a_rule_of_more_weight_shows_again_what_it_is_for(sheet: bytes, digits: str) -> None:
    assert lost(sheet) == digits


@pytest.mark.parametrize(
    "sheet",
    [
        b".no-js .d{display:none}", b".js .d{display:none}", b"[v-cloak]{display:none}", b".closed .d{display:none}",
        b".tabs .d{display:none}", b"[aria-expanded=false] .d{display:none}", b".d:not(.active){display:none}",
        b".cloak{display:none}", b".truncated p.d{display:none}", b"@media (max-width:9px){main .d{display:none}}",
        b":checked~.d{display:none}", b".x:hover .d{display:none}", b"main .d:first-child{display:none}",
        b"body{display:none}", b"html{visibility:hidden}",
    ],
)  # fmt: skip
def test_what_readers_come_to_or_a_script_shows_is_kept(sheet: bytes) -> None:
    around = b"<div class='no-js js closed tabs truncated x' aria-expanded=false v-cloak><p class='d cloak'>4</p></div>"
    assert lost(sheet, b"<main>" + around + b"</main>1235671") == ""


def test_a_script_or_link_that_names_what_a_rule_is_for_or_what_it_stands_in_may_show_it() -> None:
    sheet = b".a .b{display:none}"
    assert lost(sheet, script=b"x.page = data") == "12"
    assert lost(sheet, script=b"show('b')") == ""
    assert lost(sheet, script=b"x.classList.remove('a')") == ""
    assert lost(b"aside{display:none}", script=b"$('aside').show()") == ""
    assert lost(b"[data-x]{display:none}", script=b"x['data-x']") == ""
    assert lost(b"#m .d{display:none}", TREE + b"<a href='#m'>x</a>") == ""


def test_styles_within_a_template_say_nothing_of_the_page() -> None:
    template = b"<template><style>aside{display:none}</style></template>"
    assert lost(b"", template + TREE) == ""
    assert lost(b"", template + b"<style>.d{display:none}</style>" + TREE) == "4"


def test_no_rule_is_met_by_chance_in_what_is_not_a_tag() -> None:
    page = b'<main><p>class="a" &lt;i class="a"&gt;</p><p title=\'<i class="a">\'>x</p></main>'
    assert MARK not in marked(b"<style>main .a{display:none}.a{display:none}</style>" + page)


def test_text_of_any_script_is_marked_where_it_stands() -> None:
    page = "<style>main .a{{display:none}}</style><main><p>{0}</p><p class=a>{0}</p><p>{0}</p></main>"
    for text in ("plain", "žluť – 文字 😀"):
        stripped, hiding = strip(page.format(text).encode())
        source = parse(stripped.decode())
        assert hiding is not None
        assert hiding.marked(source) == source.replace('<p class="a">', f'<p{MARK} class="a">')


def test_hidden_text_is_what_the_cascade_hides() -> None:
    cssselect = pytest.importorskip("cssselect", reason="cssselect is not installed (pip install cssselect)")
    lxml_html: Any = pytest.importorskip("lxml.html", reason="lxml is not installed (pip install lxml)")
    translator = cssselect.HTMLTranslator()
    draw, hides, keeps = random.Random(11), 0, 0
    for _ in range(400):
        page = parse("".join(_tree(draw, 3) for _ in range(3)))
        root = lxml_html.document_fromstring(page)
        rules = [_rule(draw) for _ in range(draw.randrange(1, 6))]
        sheet = "".join(f"{selector}{{display:{value}{insists}}}" for selector, value, insists in rules)
        won: dict[Any, tuple[Any, bool]] = {}
        for number, (text, value, insists) in enumerate(rules):
            [selector] = cssselect.parse(text)
            weight = bool(insists), selector.specificity(), number
            for element in root.xpath(translator.selector_to_xpath(selector)):
                if element not in won or weight > won[element][0]:
                    won[element] = weight, value == "none"
        expected = [element in won and won[element][1] for element in root.iter()]
        hiding = find_hiding(page.encode(), [sheet.encode()], [], bytes.find)
        tags = re.findall(r"<[a-z][^>]*>", hiding.marked(page) if hiding else page)
        found = [MARK in tag for tag in tags]
        assert len(found) == len(expected)
        assert not any(is_found and not is_hidden for is_found, is_hidden in zip(found, expected, strict=True)), (
            sheet,
            page,
        )
        if all(value == "none" for _, value, _ in rules):
            assert found == expected, (sheet, page)
        hides, keeps = hides + sum(found), keeps + sum(expected) - sum(found)
    assert hides > 1000 > keeps


def _tree(draw: random.Random, depth: int) -> str:
    tag = draw.choice(("div", "section", "span"))
    names = f' class="{" ".join(draw.sample("abcd", draw.randrange(1, 3)))}"' if draw.random() < 0.7 else ""
    told = ' data-k="one"' if draw.random() < 0.2 else ""
    inner = "".join(_tree(draw, depth - 1) for _ in range(draw.randrange(4))) if depth else "t"
    return f"<{tag}{names}{told}>{inner}</{tag}>"


def _rule(draw: random.Random) -> tuple[str, str, str]:
    """Returns a selector, a value for `display`, and whether it insists; what shows names a class of its element."""
    value = draw.choice(("none", "none", "block"))
    before = "".join(
        draw.choice((".a", ".b", "div", "section.c", "[data-k]")) + draw.choice((" ", " > "))
        for _ in range(draw.choice((0, 0, 1, 1, 2)))
    )
    last = [".a", ".b", ".c.d", "span.d", "div.a", '.b[data-k="one"]']
    own = draw.choice([*last, "span", "[data-k]", ".a:not(.b)"] if value == "none" else last)
    return before + own, value, draw.choice(("", "", "", "!important"))


def test_an_element_that_a_wider_screen_shows_by_another_class_is_seen() -> None:
    sheet = b".hidden{display:none}@media (min-width:9px){.md\\:block{display:block}}"
    body = b"<p class='hidden md:block'><p class='hidden md:flex'>"
    assert hidden(sheet, body) == b"hidden md:flex"
    assert hidden(sheet + b".md\\:block{color:red}", b"<p class='hidden'>") == b"hidden"


def test_properties_named_as_an_attribute_show_nothing_however_often_they_stand() -> None:
    sheet = b"[height]{color:red}" + b"i{height:1px}" * 301 + b".d{display:none}"
    assert hidden(sheet, b"<p class=d height=1>") == b"d height=1"
    assert hidden(sheet + b"[height]{display:block}", b"<p class=d height=1>") == b""
    assert hidden(sheet + b"[ height = '1 2' ]{display:block}", b"<p class=d height='1 2'>") == b""


def test_styles_for_some_screens_may_show_and_those_for_paper_say_nothing() -> None:
    page = b"<style>.a{display:none}</style><style media='%s'>.a{display:block}</style><p class=a>"
    assert MARK not in marked(page % b"(min-width: 9px)")
    assert MARK in marked(page % b"print")
    page = b"<style media='%s'>.a{display:none}</style><p class=a>"
    for media in (b"screen", b"all", b"only screen", b"screen, print"):
        assert MARK in marked(page % media)
    for media in (b"print", b"(max-width: 9px)", b"screen and (max-width: 9px)"):
        assert MARK not in marked(page % media)


def test_of_long_sheets_rules_for_single_elements_are_heeded() -> None:
    sheet = b".a{display:none}body .d{display:none}"
    assert hidden(sheet + b" " * (MAX_COMPOSED_BYTES - len(sheet))) == b"a d"
    assert hidden(sheet, sheets=(b" " * MAX_COMPOSED_BYTES,)) == b"a"


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
    marked(page)
    assert time.process_time() - began < 5


def test_a_hostile_style_sheet_costs_no_time() -> None:
    classes = "".join(f".c{number}{{display:none}}" for number in range(20_000))
    sheets = (
        f"<style>{'none{' * 6000}</style><style>{'.a{display:none' * 2000}</style>" * 40 + f"<style>{classes}</style>"
    )
    body = "".join(f"<p class=c{number}>x</p>" for number in range(20_000))
    began = time.process_time()
    marked(f"{sheets}<body>{body}".encode())
    assert time.process_time() - began < 5
