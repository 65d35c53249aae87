from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from data.office_documents import DOCX, read_document

docx = pytest.importorskip("docx", reason="the extra `documents` is not installed")

_SPACES = " ".join(
    f'xmlns:{short}="{long}"'
    for short, long in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    }.items()
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def word_file(body: str, **parts: str) -> bytes:
    """Returns a Word file that is made of little else than its body; `parts` are others, by name."""
    names = {"document": "officeDocument", **dict.fromkeys(parts)}
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}.{name}{".main" * (name == "document")}+xml"/>'
        for name in names
    )
    related = "".join(f'<Relationship Id="r{name}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name in parts)
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r" Type="{_OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{related}</Relationships>'
        )
        archive.writestr("word/document.xml", f"<w:document {_SPACES}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {_SPACES}>{content}</w:{name}>")
    return made.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content if content.startswith('<') else run(content)}</w:p>"


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


_BOX = f"<w:pict><w:txbxContent>{p('boxed')}</w:txbxContent></w:pict>"

SEEN = {
    "inserted": (p(run("a") + f"<w:ins>{run('b')}</w:ins>"), "ab"),
    "deleted": (p(run("a") + "<w:del><w:r><w:delText>b</w:delText></w:r></w:del>"), "a"),
    "moved": (p(f"<w:moveTo>{run('a')}</w:moveTo><w:moveFrom>{run('b')}</w:moveFrom>"), "a"),
    "hidden": (p(run("a") + run("b", "<w:vanish/>") + run("c", '<w:vanish w:val="0"/>')), "ac"),
    "all hidden": (p(run("a", "<w:vanish/>")) + p("b"), "b"),
    "link": (p(f"<w:hyperlink>{run('a')}</w:hyperlink>{run(' b')}"), "a b"),
    "control": (f"<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>{p('a')}</w:sdtContent></w:sdt>", "a"),
    "control in a line": (p(f"<w:sdt><w:sdtContent>{run('a')}</w:sdtContent></w:sdt>"), "a"),
    "field": (
        p("<w:r><w:instrText>DATE</w:instrText></w:r>" + run("1 May") + f"<w:fldSimple>{run('.')}</w:fldSimple>"),
        "1 May.",
    ),
    "spaces": (p("<w:r><w:tab/><w:t>a</w:t><w:br/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r>"), "\ta\nb-c"),
    "formula": (p("<m:oMath><m:r><m:t>x</m:t></m:r><m:r><m:t>=1</m:t></m:r></m:oMath>"), "x=1"),
    "text box": (p(run("a") + f"<w:r>{_BOX}</w:r>") + p("b"), "a\n\nboxed\n\nb"),
    "text box twice": (
        p(f"<w:r><mc:AlternateContent><mc:Choice>{_BOX}</mc:Choice><mc:Fallback>{_BOX}</mc:Fallback>"
          "</mc:AlternateContent></w:r>"),
        "boxed",
    ),
    "table": (
        table(cell(p("a") + p("b")) + cell(p("c")), cell(p("d")) + cell(p("e"))),
        "| a b | c |\n| --- | --- |\n| d | e |",
    ),
    "table with bars": (table(cell(p("a|b")) + cell(p("c"))), "| a\\|b | c |"),
    "signs": (
        p("".join(f'<w:r><w:sym w:char="{code}"/></w:r>' for code in ("2212", "F0B7", "D800", "FFFFFFFF", "x", ""))),
        "\u2212",
    ),
    "cell of a width that is none": (table(cell(p("a"), '<w:gridSpan w:val="x"/>') + cell(p("b"))), "| a | b |"),
    "table within": (table(cell(p("a")) + cell(table(cell(p("b")) + cell(p("c"))) + p(""))), "| a | b c |"),
    "wide cell": (
        table(cell(p("a"), '<w:gridSpan w:val="2"/>'), cell(p("b"), '<w:vMerge w:val="restart"/>') + cell(p("c")),
              cell(p("x"), "<w:vMerge/>") + cell(p("d"))),
        "| a |  |\n| --- | --- |\n| b | c |\n|  | d |",
    ),
    "row in a control, row taken out": (
        table(cell(p("a")) + cell(p("b")))[:-8]
        + f"<w:sdt><w:sdtContent><w:tr>{cell(p('c'))}{cell(p('d'))}</w:tr></w:sdtContent></w:sdt>"
        + f"<w:tr><w:trPr><w:del/></w:trPr>{cell(p('e'))}</w:tr></w:tbl>",
        "| a | b |\n| --- | --- |\n| c | d |",
    ),
    "frame": (table(cell(p("a") + p("b"))), "a\n\nb"),
    "heading of an unknown style": (p("a b", '<w:pStyle w:val="Heading2"/>'), "## a b"),
    "code": (
        "".join(
            p(line, '<w:pStyle w:val="HTMLPreformatted"/>')
            for line in ("def f():", "<w:r><w:tab/></w:r>" + run("x"), "")
        ) + p("a"),
        "```\ndef f():\n\tx\n```\n\na",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_of_a_word_document_is_its_text(name: str) -> None:
    body, text = SEEN[name]
    assert read_document(word_file(body), DOCX) == (text, {})


def test_notes_come_at_the_end() -> None:
    body = p(run("a") + '<w:r><w:footnoteReference w:id="7"/></w:r>' + run(" b")) + p(
        run("c") + '<w:r><w:endnoteReference w:id="7"/></w:r>'
    )
    footnotes = f'<w:footnote w:id="0">{p("separator")}</w:footnote><w:footnote w:id="7">{p("foot")}</w:footnote>'
    endnotes = f'<w:endnote w:id="7">{p("end") + p("more")}</w:endnote>'
    text, _ = read_document(word_file(body, footnotes=footnotes, endnotes=endnotes), DOCX)
    assert text == "a[^1] b\n\nc[^2]\n\n[^1]: foot\n\n[^2]: end more"


def test_lists_are_numbered_as_their_numbering_says() -> None:
    def item(text: str, number: int, level: int | str = 0) -> str:
        return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')

    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/></w:lvl>'
        for level, start, form in [(0, 3, "decimal"), (1, 1, "lowerLetter"), (2, 1, "none")]
    )
    bullets = '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    numbering = f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{bullets}' + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{kind}"/></w:num>' for number, kind in [(1, 0), (2, 1)]
    )
    body = (
        item("a", 1) + item("b", 1, 1) + item("c", 1, 1) + p("") + item("d", 1) + item("e", 1, 1) + item("f", 1, 2)
        + item("g", 2) + item("h", 0) + item("i", 9) + item("j", 1, "x")
    )  # fmt: skip
    text, _ = read_document(word_file(body, numbering=numbering), DOCX)
    assert text == "3. a\n  1. b\n  2. c\n4. d\n  1. e\n\nf\n\n- g\n\nh\n\ni\n\n5. j"


def test_text_that_a_style_hides_is_left_out() -> None:
    styles = "".join(
        f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/>{more}</w:style>'
        for kind, name, more in [
            ("paragraph", "Away", "<w:rPr><w:vanish/></w:rPr>"), ("paragraph", "Child", '<w:basedOn w:val="Away"/>'),
            ("character", "Gone", "<w:rPr><w:vanish/></w:rPr>"),
            ("character", "Back", '<w:rPr><w:vanish w:val="0"/></w:rPr>'),
        ]
    )  # fmt: skip
    hidden = p(
        run("a") + run("b", '<w:rStyle w:val="Back"/>') + run("c", '<w:vanish w:val="false"/>'),
        '<w:pStyle w:val="Child"/>',
    )
    text, _ = read_document(word_file(hidden + p(run("d") + run("e", '<w:rStyle w:val="Gone"/>')), styles=styles), DOCX)
    assert text == "bc\n\nd"


def test_a_document_that_says_nothing_of_itself_has_no_title() -> None:
    made: Any = docx.Document()
    made.add_paragraph("a")
    made.core_properties.title = "Own"
    made.save(out := io.BytesIO())
    assert read_document(out.getvalue(), DOCX)[1]["title"] == "Own"
    assert read_document(word_file(p("a")), DOCX) == ("a", {})
