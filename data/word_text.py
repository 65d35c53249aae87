"""The text of a Word document as a reader sees it, from its XML: ECMA-376, part 1, WordprocessingML.

What tracked changes have put in stands there and what they took out does not; hidden text is left out, and so are
comments and the running heads and feet of pages. python-docx itself passes over the text of tracked changes, content
controls, notes, text boxes and tables within tables.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

#: What says how text looks, is deleted or moved away, says how a field is made, or is the reading above a character.
_UNSEEN = frozenset(
    ("rPr", "pPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr", "sectPr", "rubyPr", "del", "moveFrom",
     "delText", "instrText", "delInstrText", "rt")
)  # fmt: skip
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}  # and the parts that hold them
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop)\s*([1-6])", re.IGNORECASE)
_CODE = re.compile(r"\bcode|preformatted|verbatim|^macro", re.IGNORECASE)
_LIST = re.compile(r"list (bullet|number)", re.IGNORECASE)
#: Symbol fonts have their signs there; which sign it is, the font alone knows.
_PRIVATE, _SURROGATES = range(0xE000, 0xF900), range(0xD800, 0xE000)
_CODE_POINT, _NUMBER = re.compile("[0-9a-fA-F]{1,4}"), re.compile("[-+]?[0-9]{1,9}")

TEXT, ITEM, CODE = range(3)


class _Level(NamedTuple):
    """A level of a list: how it is numbered, and from where on."""

    form: str
    start: int


class WordText:
    """Reads one document.

    Args:
        document: as python-docx opens it.
        parse: python-docx's parser of XML.
    """

    def __init__(self, document: Any, parse: Callable[[bytes], Any]) -> None:
        self._body, self._related = document.element.body, document.part.rels
        self._parse = parse
        self._styles = {style.style_id: style for style in document.styles}
        self._default = next((key for key, style in self._styles.items() if _is_default(style.element)), "")
        self._lists = self._read_lists()
        self._counts: dict[str, list[int]] = {}
        self._told = {
            (name, _attribute(note, "id")): note
            for name, kind in _NOTES.items()
            for note in _children(self._part(kind))
        }
        self._notes: list[Any] = []
        self._boxes: list[Any] = []

    def text(self) -> str:
        """Returns paragraphs, lists, tables and notes in the document's order, with the plain signs that pages get."""
        blocks = list(self._blocks(self._body))
        for number, note in enumerate(self._notes, 1):  # it grows where a note has notes
            blocks.append((TEXT, f"[^{number}]: {self._folded(note)}"))
        return "\n\n".join(_joined(blocks))

    def _blocks(self, around: Any, flat: bool = False) -> Iterator[tuple[int, str]]:
        """Yields the blocks that stand in an element, each with its kind; flat: tables as what is in their cells."""
        for element in _children(around):
            name = _name(element)
            if name == "p":
                yield self._paragraph(element)
                while self._boxes:
                    yield from self._blocks(self._boxes.pop(0), flat)
            elif name == "tbl" and not flat:
                yield from self._table(element)
            elif name != "tr" or not _is_deleted(element):
                yield from self._blocks(element, flat)

    def _paragraph(self, element: Any) -> tuple[int, str]:
        key = _value(element, "pPr", "pStyle") or self._default
        style = self._styles.get(key)
        name = key if style is None else str(style.name or "")
        text = "".join(self._pieces(element, self._hides(style)))
        if _CODE.search(name):
            return CODE, text
        if not text.strip():
            return TEXT, ""
        if found := _HEADING.match(name):
            return TEXT, "#" * int(found[1]) + " " + " ".join(text.split())
        if name.lower() == "title":
            return TEXT, "# " + " ".join(text.split())
        if (mark := self._mark(element, style)) is None and (found := _LIST.match(name)):
            mark = "- " if found[1].lower() == "bullet" else "1. "
        return (ITEM, mark + text.strip()) if mark else (TEXT, text)

    def _pieces(self, around: Any, hides: bool) -> Iterator[str]:
        """Yields the text that is seen in an element; text boxes and notes are put aside."""
        for element in _children(around):
            name = _name(element)
            if name == "t":
                yield element.text or ""
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == "sym":
                yield _sign(_attribute(element, "char"))
            elif name in _NOTES:
                if (note := self._told.get((name, _attribute(element, "id")))) is not None:
                    self._notes.append(note)
                    yield f"[^{len(self._notes)}]"
            elif name == "txbxContent":
                self._boxes.append(element)
            elif name != "r" or not self._is_hidden(element, hides):
                yield from self._pieces(element, hides)

    def _is_hidden(self, run: Any, hides: bool) -> bool:
        own = _switch(_child(run, "rPr"), "vanish")
        if own is not None:
            return own
        style = self._styles.get(_value(run, "rPr", "rStyle"))
        return self._hides(style) if style is not None and _inherited(style, "vanish") is not None else hides

    @staticmethod
    def _hides(style: Any) -> bool:
        return _inherited(style, "vanish") is True

    def _table(self, table: Any) -> Iterator[tuple[int, str]]:
        """Yields a table's rows as one block; of a table of one cell, which is a frame, what stands in it."""
        rows = [list(_within(row, "tc")) for row in _within(table, "tr") if not _is_deleted(row)]
        if len(rows) == 1 and len(rows[0]) == 1:
            yield from self._blocks(rows[0][0])
            return
        texts = [[text for cell in row for text in self._cell(cell)] for row in rows]
        width = max(map(len, texts), default=0)
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in texts if any(row)]
        if len(lines) > 1:
            lines.insert(1, "|" + " --- |" * width)
        yield TEXT, "\n".join(lines)

    def _cell(self, cell: Any) -> list[str]:
        """Returns a cell's text, and an empty one for each further column that it covers."""
        is_more = (merge := _child(_child(cell, "tcPr"), "vMerge")) is not None and _attribute(
            merge, "val"
        ) != "restart"
        span = _whole(_value(cell, "tcPr", "gridSpan"), 1)
        return ["" if is_more else self._folded(cell).replace("|", "\\|")] + [""] * min(span - 1, 1000)

    def _folded(self, element: Any) -> str:
        return " ".join(" ".join(text for _, text in self._blocks(element, flat=True)).split())

    def _mark(self, paragraph: Any, style: Any) -> str | None:
        """Returns what stands before an item of a list, "" for nothing, null for a paragraph that is none."""
        tellers = [paragraph, *_bases(style)]
        number, level = (
            next((value for each in tellers if (value := _value(each, "pPr", "numPr", name))), "")
            for name in ("numId", "ilvl")
        )
        if number not in self._lists:
            return "" if number == "0" else None
        depth = max(0, min(_whole(level, 0), 8))
        form, start = self._lists[number].get(depth, _Level("decimal", 1))
        counts = self._counts.setdefault(number, [])
        del counts[depth + 1 :]
        if len(counts) <= depth:
            counts += [0] * (depth - len(counts)) + [start - 1]
        counts[depth] += 1
        mark = {"bullet": "- ", "none": ""}.get(form, f"{counts[depth]}. ")
        return mark and "  " * depth + mark

    def _read_lists(self) -> dict[str, dict[int, _Level]]:
        """Returns the levels of each list."""
        kinds: dict[str, dict[int, _Level]] = {}
        lists = {}
        for element in _children(self._part("numbering")):
            if _name(element) == "abstractNum":
                levels = kinds[_attribute(element, "abstractNumId")] = {}
                for level in _within(element, "lvl"):
                    start = _whole(_value(level, "start"), 1)
                    levels[_whole(_attribute(level, "ilvl"), 0)] = _Level(_value(level, "numFmt"), start)
            elif _name(element) == "num":
                lists[_attribute(element, "numId")] = kinds.get(_value(element, "abstractNumId"), {})
        return lists

    def _part(self, kind: str) -> Any:
        """Returns another part of the document, an empty list where there is none."""
        for relation in self._related.values():
            if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
                return self._parse(relation.target_part.blob)
        return []


def _joined(blocks: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yields blocks, items that follow each other as one, and lines of code as well."""
    seen = [(kind, text) for kind, text in blocks if text.strip() or kind == CODE]
    for kind, group in itertools.groupby(seen, operator.itemgetter(0)):
        texts = [text for _, text in group]
        if kind == TEXT:
            yield from texts
        elif kind == ITEM:
            yield "\n".join(texts)
        elif code := "\n".join(texts).strip("\n").rstrip():
            yield f"```\n{code}\n```"


def _children(element: Any) -> Iterator[Any]:
    """Yields the elements in one that can be seen; of alternatives, the first."""
    for child in element:
        name = _name(child)
        if name == "AlternateContent":
            yield from _children(next(iter(child), []))
        elif name and name not in _UNSEEN:
            yield child


def _within(element: Any, name: str) -> Iterator[Any]:
    """Yields the nearest elements of a name: content controls and tracked changes may stand around them."""
    for child in _children(element):
        if _name(child) == name:
            yield child
        elif _name(child) not in ("tbl", "p"):
            yield from _within(child, name)


def _name(element: Any) -> str:
    """Returns an element's name without its namespace, "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Any, name: str) -> Any:
    """Returns the first child of a name, null for none."""
    return next((child for child in element if _name(child) == name), None) if element is not None else None


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _value(element: Any, *names: str) -> str:
    """Returns the value of what stands at the end of a path of names, "" for none."""
    for name in names:
        element = _child(element, name)
    return _attribute(element, "val") if element is not None else ""


def _whole(value: str, otherwise: int) -> int:
    """Returns the number that an attribute holds; another where it holds none."""
    return int(value) if _NUMBER.fullmatch(value) else otherwise


def _sign(code: str) -> str:
    """Returns the character of a hexadecimal code, "" for one of a symbol font and for what is no code."""
    number = int(code, 16) if _CODE_POINT.fullmatch(code) else 0
    return "" if not number or number in _PRIVATE or number in _SURROGATES else chr(number)


def _switch(properties: Any, name: str) -> bool | None:
    """Returns whether a property is on, null where nothing is said of it."""
    found = _child(properties, name)
    return None if found is None else _attribute(found, "val") not in ("0", "false", "off")


def _bases(style: Any) -> Iterator[Any]:
    """Yields a style's element and those of the styles that it is based on."""
    for _ in range(20):  # some are based on themselves
        if style is None:
            return
        yield style.element
        style = style.base_style


def _inherited(style: Any, name: str) -> bool | None:
    found = (_switch(_child(element, "rPr"), name) for element in _bases(style))
    return next((switch for switch in found if switch is not None), None)


def _is_default(style: Any) -> bool:
    return _attribute(style, "default") in ("1", "true") and _attribute(style, "type") == "paragraph"


def _is_deleted(row: Any) -> bool:
    return _child(_child(row, "trPr"), "del") is not None
