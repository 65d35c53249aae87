from __future__ import annotations

import bz2
import json
import random
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.wikipedia import read_dump
from data.sources.wikitext import to_text

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>dewiki</dbname>
    <base>https://de.wikipedia.org/wiki/Wikipedia:Hauptseite</base>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Datei</namespace>
      <namespace key="14" case="first-letter">Kategorie</namespace>
    </namespaces>
  </siteinfo>
"""


def page(title: str, text: str, space: int = 0, number: int = 1, more: str = "", model: str = "wikitext") -> str:
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{space}</ns>\n    <id>{number}</id>\n{more}"
        f"    <revision>\n      <id>9{number}</id>\n      <timestamp>2026-01-02T03:04:05Z</timestamp>\n"
        f"      <contributor><username>x</username><id>5</id></contributor>\n      <model>{model}</model>\n"
        f'      <text bytes="1" xml:space="preserve">{escape(text)}</text>\n    </revision>\n  </page>\n'
    )


def read(tmp_path: Path, content: bytes, name: str = "dump.xml", **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_bytes(content)
    source = Source(name="s", kind="wikipedia", path=str(path), **settings)
    return list(read_dump(InputFile(str(path), name, len(content), ""), source))


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["locator"], row["reason"] or row["text"].split("\n")[0]) for row in rows]


PAGES = [
    page(
        "Erste Seite", "Ein '''Text''' mit [[Ziel|Wort]].[[Kategorie:X]]\n[[Datei:a.jpg|mini|Ein [[Bild]]]]", number=1
    ),
    page("Weiter", "#REDIRECT [[Erste Seite]]", number=2, more='    <redirect title="Erste Seite" />\n'),
    page("Diskussion:Erste Seite", "Worte", 1, 3),
    page("Modul", "return 1", 0, 4, model="Scribunto"),
    page("Letzte & Seite", "Ende.", 0, 5),
]


def test_pages_of_the_wanted_namespaces_enter_and_the_others_are_rows_that_say_why(tmp_path: Path) -> None:
    rows = read(tmp_path, (HEAD + "".join(PAGES) + "</mediawiki>").encode())
    assert fates(rows) == [
        ("dump.xml:0", "# Erste Seite"), ("dump.xml:1", "redirect"), ("dump.xml:2", "other_namespace"),
        ("dump.xml:3", "not_wikitext"), ("dump.xml:4", "# Letzte & Seite"),
    ]  # fmt: skip
    assert rows[0]["text"] == "# Erste Seite\n\nEin Text mit Wort.\n"
    assert (rows[0]["origin_id"], rows[0]["language"], rows[0]["status"]) == ("1", "de", "")
    assert rows[4]["url"] == "https://de.wikipedia.org/wiki/Letzte_%26_Seite"
    assert json.loads(rows[1]["metadata"])["redirect"] == "Erste Seite"
    assert rows[1]["status"] == "dropped"
    assert [row["reason"] for row in read(tmp_path, (HEAD + "".join(PAGES)).encode(), namespaces=[0, 1])][2] == ""


def test_a_multistream_dump_is_read_as_one_and_a_damaged_stream_costs_itself_only(tmp_path: Path) -> None:
    streams = [HEAD, PAGES[0] + PAGES[1], PAGES[2], PAGES[4], "</mediawiki>"]
    packed = [bz2.compress(stream.encode()) for stream in streams]
    rows = read(tmp_path, b"".join(packed), "dump.xml.bz2")
    assert [row["reason"] for row in rows] == ["", "redirect", "other_namespace", ""]
    packed[2] = packed[2][:40] + bytes([packed[2][40] ^ 1]) + packed[2][41:]
    rows = read(tmp_path, b"".join(packed), "dump.xml.bz2")
    assert [row["status"] for row in rows] == ["", "dropped", "quarantined", ""]
    assert rows[3]["text"].startswith("# Letzte & Seite")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (page("x", "y").replace("</title>", ""), "bad_xml"),
        (page("x", "y").replace(">y<", ">&nbsp;<"), "bad_xml"),
        (page("x", "y").replace("</page>", ""), "truncated"),
        ("<page><title>x</title><id>9</id></page>", "bad_page"),
        (page("x", "y" * 6000), "too_large"),
        (page("x", "\udce9"), "bad_encoding"),
    ],
)
def test_a_bad_page_costs_itself_only(tmp_path: Path, bad: str, reason: str) -> None:
    content = (HEAD + PAGES[0] + bad + PAGES[4] + "</mediawiki>").encode("utf-8", "surrogateescape")
    rows = read(tmp_path, content, max_record_bytes=5000)
    assert [row["reason"] for row in rows] == ["", reason, ""]
    assert rows[1]["origin_id"] == ("9" if reason == "bad_page" else None)
    assert rows[2]["text"].startswith("# Letzte & Seite")


def test_a_cut_dump_and_what_is_no_dump_say_so(tmp_path: Path) -> None:
    assert [row["reason"] for row in read(tmp_path, (HEAD + PAGES[0] + PAGES[4][:200]).encode())] == ["", "truncated"]
    assert [row["reason"] for row in read(tmp_path, (HEAD + PAGES[0] + PAGES[4]).encode())] == ["", "", "truncated"]
    assert [row["reason"] for row in read(tmp_path, b"<html></html>")] == ["no_pages"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_page_whose_first_tag_is_damaged_is_told(tmp_path: Path, place: int) -> None:
    pages = [PAGES[0], PAGES[4], PAGES[0]]
    pages[place] = pages[place].replace("<page>", "<pagf>")
    rows = read(tmp_path, (HEAD + "".join(pages) + "</mediawiki>").encode())
    assert [row["reason"] for row in rows] == ["bad_xml" if number == place else "" for number in range(3)]


def test_two_dumps_in_one_file_are_read_as_one(tmp_path: Path) -> None:
    rows = read(tmp_path, 2 * (HEAD + PAGES[0] + "</mediawiki>\n").encode())
    assert [row["reason"] for row in rows] == ["", ""]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("''a'' '''b''' '''''c'''''", "a b c"),
        ("[[A]] [[A|b]] [[A#x|c]] [[:Category:D]] [[File:x.png|thumb|a [[b]] c]] e", "A b c Category:D  e"),
        ("[http://x.test/y a b] [http://x.test] c", "a b  c"),
        ("a {{infobox|x={{y}}|z=[[w]]}} b{{nowrap|c d}}{{lang|la|e}} {{convert|5|km|mi}}", "a  bc de 5 km"),
        ("a<ref>gone</ref> b<ref name=x /> c<ref name='y'>{{cite|x}}</ref>.", "a b c."),
        ("a<!-- gone --> b <!-- never closed", "a b"),
        ("== H ==\nx\n=== Empty ===\n== Also empty ==\n{{gone}}\n", "## H\n\nx"),
        ("* a\n** b\n# c\n; d\n: e", "- a\n  - b\n- c\nd\ne"),
        ("<syntaxhighlight lang=\"python\">\nif a[[0]] < {{b}}:\n    ''x''\n</syntaxhighlight>",
         "```python\nif a[[0]] < {{b}}:\n    ''x''\n```"),
        ("<pre>\n a &lt; b\n</pre>", "```\n a < b\n```"),
        ("<math>x^{{2}}</math> and <nowiki>[[raw]]</nowiki>", "$x^{{2}}$ and [[raw]]"),
        ("{| class=x\n|+ Cap\n! a !! b\n|-\n| style=\"y\" | 1 || 2\n|-\n| 3\n| 4\n|}", "Cap\na | b\n1 | 2\n3 | 4"),
        ("a&nbsp;b &mdash; &lt;c&gt;", "a b — <c>"),
        ("a<br />b <b>c</b> <code>d</code> <span class=\"x\">e</span>", "a\nb c `d` e"),
        ("{{unclosed [[link]] text", "unclosed link text"),
        ("a ]] b }} c |}", "a ]] b }} c |}"),
        ("__NOTOC__x", "x"),
    ],
)  # fmt: skip
def test_markup_becomes_what_a_reader_sees(markup: str, expected: str) -> None:
    assert to_text(markup) == expected


def test_markup_made_to_be_slow_is_not() -> None:
    draw = random.Random(2)
    signs = ["{{", "}}", "[[", "]]", "\n{|", "\n|}", "<b>", "<ref>", "</ref>", "''", "[http://a ",
    "]", "|", "\n", "==", "\n*", "a",
             "<!--", "-->", "<nowiki>", "</nowiki>", "=", "\n|-", "<div ", '"', ">", "&amp;",
             " ", "<pre>", "<", "'''''"]  # fmt: skip
    for turn in range(20):
        some = draw.sample(signs, draw.randint(1, 6))
        markup = "".join(draw.choice(some) for _ in range(40_000))
        begin = time.process_time()
        to_text(markup)
        assert time.process_time() - begin < 2.0, (turn, some)


def test_words_are_those_that_mwparserfromhell_finds() -> None:
    parser = pytest.importorskip("mwparserfromhell")
    draw = random.Random(4)
    words = ["river", "engine", "garden", "letter", "market", "window", "signal", "planet", "bridge", "number"]

    def piece() -> str:
        a, b = draw.choice(words), draw.choice(words)
        return draw.choice(
            [a, f"[[{a}]]", f"[[{a}|{b}]]", f"''{a}''", f"'''{a}'''",
            f"{{{{box|{a}|k={b}}}}}", f"[http://x.test/{a} {b}]",
             f"{a}<!-- {b} -->", f"<b>{a}</b>", f"{{{{a|{{{{b|{a}}}}}|[[{b}]]}}}}",
             f"\n* {a}\n", f"\n== {a} ==\n{b}", f"&lt;{a}&gt;"]
        )  # fmt: skip

    for _ in range(200):
        markup = " ".join(piece() for _ in range(30)) + " end"
        mine = "".join(c if c.isalnum() else " " for c in to_text(markup)).split()
        peer = "".join(c if c.isalnum() else " " for c in parser.parse(markup).strip_code()).split()
        assert mine == peer, markup
