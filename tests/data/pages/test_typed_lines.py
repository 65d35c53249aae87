"""Code without indentation, as commands are: letters of one width or a class speak for it, its signs tell."""

from __future__ import annotations

import pytest
from sample_listing import AFTER, BEFORE, plain

from data import extract_html
from data.pages.lines import with_typed_lines_marked
from data.pages.listings import is_sentence, reads_as_code
from data.pages.reader import read_blocks
from data.pages.source import parse
from data.pages.typed_lines import candidates, is_whole

COMMANDS = [
    "sudo apt-get update", "sudo apt-get install -y nginx", "cd /etc/nginx && ls -la",
    "# Keep what was there before, for the day when all of it is wanted.", "cp nginx.conf nginx.conf.bak",
    "sudo systemctl restart nginx",
]  # fmt: skip
QUERY = ["SELECT name, price", "FROM products", "WHERE price > 10", "ORDER BY name;"]
MONO = "font-family:'Courier New',monospace"
#: What holds all lines, what holds each, and what stands between them.
FORMS = {
    "paragraphs of a class": ("%", '<p class="code">%</p>', "\n"),
    "paragraphs of a listing": ("%", '<p class="programlisting">%</p>', ""),
    "paragraphs in a box": ('<div class="code">%</div>', "<p>%</p>", ""),
    "divisions in letters of one width": (f'<div style="{MONO}">%</div>', "<div>%</div>", ""),
    "Word": ("%", "<p class=MsoNormal><span style='font-family:Consolas'>%<o:p></o:p></span></p>", "\n\n"),
    "Google Docs": ("%", f'<p dir="ltr"><span style="{MONO};white-space:pre-wrap">%</span></p>', ""),
    "a font": ("%", '<p><font face="Courier New" size="2">%</font></p>', "\n"),
    "paragraphs of <code>": ("%", "<p><code>%</code></p>", "\n"),
    "paragraphs of <kbd>": ("%", "<p><kbd>%</kbd></p>", ""),
    "divisions of <tt>": ("%", "<div><tt>%</tt></div>", ""),
    "a cell": ('<table><tr><td class="code">%</td></tr></table>', "<div>%</div>", ""),
    "rows of a box": ('<table class="code">%</table>', "<tr><td>#<td>%</tr>", ""),
    "rows with numbers": ("<table>%</table>", "<tr><td class=lineno>#</td><td>%</td></tr>", "\n"),
    "breaks in a box": ('<div class="code">%</div>', "%", "<br />\n"),
    "breaks in a quotation": ('<blockquote class="code">%</blockquote>', "%", "<br>"),
    "breaks in letters of one width": (f'<div style="{MONO}">%</div>', "%", "<br>"),
    "breaks in <tt>": ("<p><tt>%</tt></p>", "%", "<br>"),
    "letters of one width between breaks": ("<p>%</p>", f'<span style="{MONO}">%</span>', "<br>"),
    "<samp>": ('<samp style="white-space:pre">%</samp>', "%", "\n"),
    "a <textarea> for reading": ("<textarea readonly>%</textarea>", "%", "\n"),
}  # fmt: skip


def written(lines: list[str], form: tuple[str, str, str]) -> str:
    """Returns lines in one of the forms; `#` in it is for a line's number."""
    around, each, between = form
    html = (each.replace("#", str(number)).replace("%", plain(line)) for number, line in enumerate(lines, 1))
    return around.replace("%", between.join(html))


def read(body: str, engine: str = "plain") -> str:
    return extract_html(f"<article><h1>Commands</h1>{BEFORE}{body}{AFTER}</article>".encode(), engine=engine).text


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", FORMS)
def test_lines_without_indentation_are_one_listing(name: str) -> None:
    for lines in (COMMANDS, QUERY):
        for engine in ("plain", "resiliparse"):
            text = read(written(lines, FORMS[name]), engine)
            assert "\n\n```\n" + "\n".join(lines) + "\n```\n\n" in text, text
            assert text.count(lines[1]) == 1


#: What people type in letters of one width, and in boxes of such classes.
TYPED = [
    ["Dear Mr. Smith,", "thank you for your letter of the 3rd of May, which we read.", "Yours,", "J. Doe (manager)"],
    ["John Smith", "12 Main Street", "Springfield, IL 62701", "(555) 123-4567", "j_smith@example.com", "example.com"],
    ["so much depends", "upon", "a red wheel", "barrow", "glazed with rain", "water"],
    ["1. e4 e5 2. Nf3 Nc6", "3. Bb5 a6 4. Ba4 Nf6", "5. O-O Be7 6. Re1 b5"],
    ["Mon-Fri: 9:00 - 17:00", "Sat: 10:00 - 14:00", "Sun: closed"],
    ["3 bed / 2 bath house", "$250,000", "Call (555) 123-4567", "View details | Save | Share"],
    ["> I think that the new one is not", "> as good as the old one was.", "I do not agree.", "> > Nor do I."],
    ["1/2 cup sugar", "2 tbsp. butter (soft)", "1 egg", "1/4 tsp. salt"],
    ["http://www.example.com/a", "http://www.example.com/b", "http://www.example.com/c"],
    ["-Bonjour, dit-il.", "-Bonjour, dit-elle -et elle sourit.", "-Comment allez-vous ?"],
    ["the man -a tall one- came", "the woman -his wife- went", "the child --a boy-- sat"],
    ["anna_92: hi all", "bob_the_great: hello anna", "anna_92: how r u ?", "@bob fine"],
    ["<anna> hi all", "<bob> hello anna", "<anna> how are you? ;)"],
    ["From: John Doe <john.doe@example.com>", "To: list@lists.example.org", "Subject: meeting"],
    ["anna.smith@example.com", "carl_roe@example.org", "info[at]example[dot]de", "bbc.co.uk", "spiegel.de"],
    ["Sec. 12(a)(3) of the Act", "Rule 12(b)(6)", "Art. 5(1)(e)", "F(1, 46)", "SAM(V.O.)", "Author(s)/editor(s)"],
    ["establish justice;", "insure tranquility;", "Whereas the sum be paid;", "it is agreed;"],
    ["Name: ____________", "Address: ____________", "SKU: AB_123", "SKU: AB_124"],
    ["manual_en.pdf (1.2 MB)", "slides.ppt (3 MB)", "Download: driver_v2.zip"],
    ["Distance = speed x time", "Speed = distance / time", "N = noun", "adj. = adjective", "1 lb = 0.45 kg"],
    ["2 + 2 = 4", "x^2 - 1 = (x-1)(x+1)", "a/b = c", "V = IR"],
    ["WHERE IS MARY", "FROM PARIS", "CREATE YOUR FUTURE", "return to home", "import duties rose"],
    ["echo park", "cd review", "export sales", "make it so"],
    ["I live in Rome.it is nice", "I like cats.and dogs", "WordPress(53)", "PC(65)", "Produktmanager(in)"],
    ["# one fine day", "# two fine days", "% of voters", "% of men", "one \\ two", "/ad/", "[kat]"],
]  # fmt: skip


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("lines", TYPED)
def test_letters_verse_addresses_and_tables_do_not_become_code(lines: list[str]) -> None:
    for name, form in FORMS.items():
        if name not in ("paragraphs of <code>", "<samp>", "a <textarea> for reading"):
            assert "```" not in read(written(lines, form)), name


@pytest.mark.usefixtures("reader")
def test_what_is_code_in_part_alone_stays_as_it_is() -> None:
    told = "".join(f"<p><code>{name}()</code> gives {name}.</p>" for name in ("sum", "min", "max"))
    listed = "<ul>" + "".join(f"<li><code>{line}</code></li>" for line in COMMANDS) + "</ul>"
    synopses = "".join(f"<p><code>{name}\n    [ -a |\n      -b ]</code></p>" for name in ("get", "put", "del"))
    text = read(told + listed + synopses)
    assert "sum() gives sum.\n\nmin() gives min." in text
    assert f"- {COMMANDS[0]}\n- {COMMANDS[1]}\n" in text
    assert "```\nget\n    [ -a |\n      -b ]\n```\n\n```\nput\n" in text


@pytest.mark.usefixtures("reader")
def test_a_prompt_keeps_what_hard_spaces_set_after_it() -> None:
    lines = "&gt;&gt;&gt;&nbsp;if&nbsp;x:<br>...&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;print(x)<br>...<br>1"
    assert "```\n>>> if x:\n...     print(x)\n...\n1\n```" in read(f'<div style="{MONO}">{lines}</div>')


@pytest.mark.parametrize(("lines", "is_code"), [
    (["a = 1", "b = 2", "c = 3"], True), (["a = 1", "b = 2"], False), (["a = 1", "b", "c"], False),
    (["a = 1", "b = 2", "c", "d", "e"], True), (["a = 1", "b = 2", "c", "d", "e", "f"], False),
    (["a = 1", "b = 2", "Then it is done.", "d = 4", "e = 5"], True),
    (["a = 1", "b = 2", "Then it is done.", "d = 4"], False), ([], False),
])  # fmt: skip
def test_two_lines_of_five_have_signs_of_code_and_no_more_than_one_is_a_sentence(
    lines: list[str], is_code: bool
) -> None:
    assert reads_as_code(lines) is is_code


def test_a_comment_is_no_sentence() -> None:
    said = "This is said of the lines that follow, and of no other."
    assert is_sentence(said)
    assert not any(is_sentence(f"{mark} {said}") for mark in ("#", "//", "/*", "<!--"))


def test_an_element_is_wholly_of_a_type_if_no_text_stands_outside() -> None:
    mono = f'<span style="{MONO}">a</span>'
    assert is_whole(f" {mono} <b>{mono}</b>\n")
    assert is_whole("<code>a <b>b</b></code>", named=True)
    assert not is_whole(mono, named=True)
    assert not is_whole("<tt>a</tt>", named=True)
    assert not any(map(is_whole, (f"{mono} b", f"b {mono}", f"&nbsp;{mono}", f"<i>{mono} b</i>", "b")))


def test_lines_are_looked_for_at_boxes_and_where_code_follows_code_alone() -> None:
    page = '<div class="code"><p>a</p><p>b</p></div><p>c</p><p><b><tt>d</tt></b></p><p><tt>e</tt></p>'
    box, last = page.find("<div"), page.find("<b>")
    assert candidates(page, [box], has_codes=False) == [(0, "div", False), (page.find("<p>a"), "p", True)]
    assert candidates(page, [last], has_codes=False) == [(page.find("<p><b>"), "p", False)]
    assert candidates("<p><tt>d</tt></p><p><tt>e</tt></p>", [], has_codes=True) == [(0, "p", False)]
    assert candidates(page, [], has_codes=False) == []


def test_elements_within_and_beside_each_other_are_read_in_linear_time() -> None:
    nested = ('<font face="courier">a<br>', "<tt>a<br>", "<code>a ", f'<span style="{MONO}">a<br>')
    for tag in nested:
        assert sum(block.text.count("a") for block in read_blocks(parse(f"<p>{tag * 6_000}")).blocks) == 6_000
    beside = f'<span style="{MONO}">a</span>' * 60_000
    assert [len(block.text) for block in read_blocks(parse(f"<p>{beside}")).blocks] == [60_000]
    assert read_blocks(parse('<table><tr><td class="code">' * 12_000)).blocks == []


def test_many_boxes_are_looked_through_in_linear_time() -> None:
    line = '<p class="code">x = [1]</p><div class="code"><div class="code"><table class="code"><tr><td class="code">'
    page = line * 5_000 + "<p><tt>a</tt></p>" * 10_000
    boxes = [place for place in range(0, 5_000 * len(line)) if page.startswith("<", place) and page[place + 1] != "/"]
    assert with_typed_lines_marked(page, boxes, has_codes=True) is page
