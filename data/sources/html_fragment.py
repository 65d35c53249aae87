"""Pieces of HTML that are all content (a post, an answer) to text: paragraphs, lists, quotes and code stay apart."""

from __future__ import annotations

import re
from typing import Any

_BLOCKS = frozenset(
    ("p", "div", "ul", "ol", "dl", "dt", "dd", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr",
     "hr", "section", "article", "details", "summary", "figure")
)  # fmt: skip
_GONE = frozenset(("script", "style", "noscript", "template", "iframe", "object", "svg"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
#: What stands in a tag behind its name, and what of it is no attribute's name. The parser holds each name against all
#: before it: over a tag with 100,000 of them it sits for minutes.
_ATTRIBUTES = re.compile(r"""(?<=<)([A-Za-z][^\s>/"']*)((?:[^>"']|"[^"]*"|'[^']*'|["'])*+)""")
_VALUES = re.compile(r"""\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)""")
MAX_ATTRIBUTES, ATTRIBUTE_CHARS = 1000, 2
#: Deeper nesting is an attack; what is deeper stands as plain text.
MAX_DEPTH = 200


def fragment_text(markup: str) -> str:
    """Returns the text of a piece of HTML; code blocks between ``` with their lines as they are."""
    from lxml import etree
    from lxml import html as lxml_html

    if not markup.strip():
        return ""
    if len(markup) > MAX_ATTRIBUTES * ATTRIBUTE_CHARS:
        markup = _ATTRIBUTES.sub(_without_flood, markup)
    try:
        parser = lxml_html.HTMLParser(
            remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, encoding="utf-8"
        )
        root = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    writer = _Writer()
    writer.walk(root.find("body"))
    return writer.text()


def _without_flood(tag: re.Match[str]) -> str:
    is_flood = len(tag[2]) > MAX_ATTRIBUTES * ATTRIBUTE_CHARS
    return tag[1] if is_flood and len(_VALUES.sub(" ", tag[2]).replace("/", " ").split()) > MAX_ATTRIBUTES else tag[0]


class _Writer:
    """Collects lines; knows what stands before each."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._prefix: list[str] = []
        self._bullet = ""

    def text(self) -> str:
        self.end_block()
        return "\n\n".join(self._blocks).replace("\n\n\ue002", "\n").replace("\ue002", "").strip()

    def end_block(self, tight: bool = False) -> None:
        """Ends a paragraph; a tight one stands on the next line without a blank one before it."""
        words = "".join(self._line)
        self._line = []
        lines = [_SPACE.sub(" ", line).strip() for line in words.split("\ue003")]
        body = "\n".join(lines).strip()
        if body:
            self._add(body, tight)

    def _add(self, body: str, tight: bool) -> None:
        head = "".join(self._prefix)
        bullet, self._bullet = self._bullet, ""
        indent = head + " " * len(bullet)
        lines = body.split("\n")
        joined = "\n".join([head + bullet + lines[0], *((indent + line).rstrip() for line in lines[1:])])
        self._blocks.append(("\ue002" if bullet or tight else "") + joined)

    def walk(self, element: Any, depth: int = 0) -> None:
        """Writes an element's content."""
        if element is None or not isinstance(element.tag, str) or element.tag in _GONE:
            return
        name = element.tag
        if depth > MAX_DEPTH:
            self._line.append(" ".join(element.itertext()))
        elif name == "pre":
            self._code(element)
        elif name == "br":
            self._line.append("\ue003")
        elif name == "img":
            self._line.append(element.get("alt") or "")
        elif name == "li":
            self._item(element, depth)
        elif name == "blockquote":
            self._inside(element, depth, "> ")
        elif name in _BLOCKS:
            self.end_block()
            if name[0] == "h" and name[1:].isdigit():
                self._line.append("#" * int(name[1:]) + " ")
            self._children(element, depth)
            self.end_block(tight=name == "tr")
        elif name == "code":
            code = "".join(element.itertext())
            self._line.append(f"`{code}`" if code.strip() else code)
        else:
            if name in ("td", "th") and element.getprevious() is not None:
                self._line.append(" | ")
            self._children(element, depth)

    def _children(self, element: Any, depth: int) -> None:
        self._line.append(element.text or "")
        for child in element:
            self.walk(child, depth + 1)
            self._line.append(child.tail or "")

    def _inside(self, element: Any, depth: int, prefix: str) -> None:
        self.end_block()
        self._prefix.append(prefix)
        self._children(element, depth)
        self.end_block()
        self._prefix.pop()

    def _item(self, element: Any, depth: int) -> None:
        self.end_block()
        parent = element.getparent()
        if parent is not None and parent.tag == "ol":
            number = sum(1 for _ in element.itersiblings("li", preceding=True)) if len(parent) < 1000 else 0
            self._bullet = f"{number + 1}. "
        else:
            self._bullet = "- "
        width = len(self._bullet)
        before = len(self._blocks)
        self._children(element, depth)
        self.end_block()
        for place in range(before + 1, len(self._blocks)):  # what follows in the item stands below its first word
            block = self._blocks[place]
            mark, block = ("\ue002", block[1:]) if block.startswith("\ue002") else ("", block)
            self._blocks[place] = mark + "\n".join((" " * width + line).rstrip() for line in block.split("\n"))
        self._bullet = ""

    def _code(self, element: Any) -> None:
        self.end_block()
        code = "".join(element.itertext()).replace("\r\n", "\n").strip("\n")
        if code.strip():
            fence = "```"
            while fence in code:
                fence += "`"
            self._add(f"{fence}\n{code}\n{fence}", tight=False)
