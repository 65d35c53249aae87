"""Plain text with markup (docstrings, reStructuredText, Markdown) as blocks, HTML or words.

A small renderer for what people write in docstrings and package descriptions: headings,
paragraphs, code and lists. What it does not know becomes a paragraph; nothing is executed,
included or fetched.
"""

from __future__ import annotations

import dataclasses
import html
import re
import textwrap
from collections.abc import Iterable
from typing import Literal

Kind = Literal["heading", "paragraph", "code", "item"]

_UNDERLINE = re.compile(r"^([=\-~^\"'*#+`.:_])\1{2,}\s*$")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+(?=\S)")
_FIELD = re.compile(r"^:(?:param|type|arg|key|return|returns|rtype|raise|raises|var|ivar)\b([^:]*):\s*")
_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Example|Examples|Note|Notes|Attributes):$")
_DIRECTIVE = re.compile(r"^\.\.\s+([\w:-]+?)::\s*(.*)$")
_FENCE = re.compile(r"^\s*(```+(?!.*`)|~~~+)")  # in docstrings they stand as deep as what they belong to
_TABLE = re.compile(r"^\s*(\+[-=+]{3,}|\|.*\||[=\-]{3,}(\s+[=\-]{3,})+\s*$|:?-{3,}:?\s*\|)")
_ARGUMENT = re.compile(r"^\*{0,2}\w[\w.]*(?:\s?\([^)]*\))?:\s")
_CODE_HINT = re.compile(
    r"[={}\[\];]|\w\(|^\s*(?:import \w|from \S+ import|def \w|class \w+[(:]|return|print|[$%#] )"
    r"|^\s*(?:for|if|while|with) .*:$"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|\|[\w .-]+\|_?")
_LINK_MD = re.compile(r"\[([^\]\[]+)\](?:\([^)\s]*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
_LINK_RST = re.compile(r"`([^`<]+?)\s*<[^`>]+>`__?")
_ROLE = re.compile(r":[a-z:]+:`~?([^`]+)`")
_LITERAL = re.compile(r"``(.+?)``|`([^`\n]+)`_{0,2}")
_STRONG = re.compile(r"\*\*(\S(?:.*?\S)?)\*\*|(?<!\w)__(\S(?:.*?\S)?)__(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")


@dataclasses.dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a piece of code or one item of a list; `text` keeps inline markup."""

    kind: Kind
    text: str


def parse(text: str, markdown: bool = False) -> list[Block]:
    """Returns the blocks of a text; empty for blank text."""
    lines = text.expandtabs(8).replace("\r\n", "\n").splitlines()
    if markdown:
        lines = _TAG.sub("", "\n".join(lines)).splitlines()
    blocks: list[Block] = []
    code_indent: int | None = None  # inside a literal block: the indentation that ends it
    for chunk in _chunks(lines):
        if isinstance(chunk, str):
            blocks.append(Block("code", chunk))
            continue
        indent = _indent(chunk[0])
        if code_indent is not None and indent > code_indent:
            _append_code(blocks, chunk)
            continue
        code_indent = None
        opens_code = _parse_chunk(chunk, markdown, blocks)
        if opens_code:
            code_indent = indent
    return [block for block in blocks if block.text.strip()]


def to_html(blocks: Iterable[Block], level: int = 2) -> str:
    """Returns blocks as HTML; headings are of the given level."""
    parts: list[str] = []
    in_list = False
    for block in blocks:
        if in_list != (block.kind == "item"):
            parts.append("</ul>" if in_list else "<ul>")
            in_list = not in_list
        if block.kind == "code":
            parts.append(f"<pre><code>{html.escape(block.text, quote=False)}</code></pre>")
        elif block.kind == "heading":
            parts.append(f"<h{level}>{_inline(block.text)}</h{level}>")
        else:
            tag = "li" if block.kind == "item" else "p"
            parts.append(f"<{tag}>{_inline(block.text)}</{tag}>")
    if in_list:
        parts.append("</ul>")
    return "\n".join(parts)


def to_text(blocks: Iterable[Block]) -> str:
    """Returns blocks as text without markup, blank lines between them."""
    return "\n\n".join(block.text if block.kind == "code" else plain(block.text) for block in blocks)


def plain(text: str) -> str:
    """Returns a paragraph's text without inline markup."""
    text = _IMAGE.sub("", text)
    text = _LINK_RST.sub(r"\1", _LINK_MD.sub(r"\1", _ROLE.sub(r"\1", text)))
    text = _LITERAL.sub(lambda match: match.group(1) or match.group(2), text)
    text = _STRONG.sub(lambda match: match.group(1) or match.group(2), text)
    return " ".join(_EMPHASIS.sub(r"\1", text).split())


def _chunks(lines: list[str]) -> Iterable[list[str] | str]:
    """Yields runs of non-blank lines, and fenced code as strings."""
    run: list[str] = []
    fence: str | None = None
    fenced: list[str] = []
    for line in lines:
        mark = _FENCE.match(line)
        if fence is not None:
            if mark and mark.group(1).startswith(fence):
                yield textwrap.dedent("\n".join(fenced))
                fence, fenced = None, []
            else:
                fenced.append(line)
        elif mark:
            if run:
                yield run
            run, fence = [], mark.group(1)[:3]
        elif line.strip():
            run.append(line.rstrip())
        elif run:
            yield run
            run = []
    if run or fenced:
        yield run or textwrap.dedent("\n".join(fenced))


def _parse_chunk(chunk: list[str], markdown: bool, blocks: list[Block]) -> bool:
    """Appends a chunk's blocks; true if literal code follows it, further indented."""
    first = chunk[0].strip()
    directive = _DIRECTIVE.match(first)
    if first.startswith(".. ") or first == "..":
        return _parse_directive(directive, chunk, blocks)
    if markdown and re.match(r"#{1,6}\s", first):
        blocks.append(Block("heading", first.strip("# ")))
        return _parse_chunk(chunk[1:], markdown, blocks) if len(chunk) > 1 else False
    if len(chunk) > 2 and _UNDERLINE.match(first) and _UNDERLINE.match(chunk[2].strip()):
        chunk = chunk[1:]
    if len(chunk) > 1 and _UNDERLINE.match(chunk[1].strip()):
        blocks.append(Block("heading", chunk[0].strip()))
        return _parse_chunk(chunk[2:], markdown, blocks) if len(chunk) > 2 else False
    if _SECTION.match(first):
        blocks.append(Block("heading", first[:-1]))
        base = min(map(_indent, chunk[1:]), default=0)
        return _parse_chunk([line[base:] for line in chunk[1:]], markdown, blocks) if len(chunk) > 1 else False
    if any(_TABLE.match(line) for line in chunk) or any(line.lstrip().startswith(">>> ") for line in chunk):
        _append_code(blocks, chunk)
        return False
    if _indent(chunk[0]) >= 3 and _looks_like_code(chunk):
        _append_code(blocks, chunk)
        return False
    _parse_prose(chunk, blocks)
    last = chunk[-1].rstrip()
    if last.endswith("::") and blocks:
        blocks[-1] = dataclasses.replace(blocks[-1], text=blocks[-1].text[:-1] if len(last) > 2 else "")
        return True
    return False


def _parse_directive(directive: re.Match[str] | None, chunk: list[str], blocks: list[Block]) -> bool:
    name = directive.group(1) if directive else ""
    rest = [directive.group(2), *(line.strip() for line in chunk[1:])] if directive else []
    words = " ".join(part for part in rest if part and not re.match(r"^:[\w-]+:", part))
    if name in ("code-block", "code", "sourcecode", "doctest", "testcode", "ipython", "highlight"):
        if len(chunk) > 1:
            _append_code(blocks, [line for line in chunk[1:] if not re.match(r"^\s*:[\w-]+:", line)])
        return True
    added = {
        "versionadded": "Added in version",
        "versionchanged": "Changed in version",
        "deprecated": "Deprecated since",
    }
    if name in added:
        blocks.append(Block("paragraph", f"{added[name]} {words}."))
    elif name in ("note", "warning", "tip", "important", "attention", "seealso", "caution", "hint"):
        blocks.append(Block("paragraph", f"{name.capitalize()}: {words}" if words else ""))
    return False


def _parse_prose(chunk: list[str], blocks: list[Block]) -> None:
    """Appends a chunk's paragraph or list; a line further indented belongs to the one before it."""
    base = min(map(_indent, chunk))
    starts = [bool(_BULLET.match(line.strip()) or _FIELD.match(line.strip())) for line in chunk]
    if all(_ARGUMENT.match(line.strip()) for line in chunk if _indent(line) == base):
        starts = [_indent(line) == base for line in chunk]
    defines = [
        _indent(line) == base and len(line) < 100 and number + 1 < len(chunk) and _indent(chunk[number + 1]) > base
        for number, line in enumerate(chunk)
    ]
    if not any(starts) and not any(defines):
        blocks.append(Block("paragraph", _joined(chunk)))
        return
    for number, line in enumerate(chunk):
        text = _BULLET.sub("", line.strip())
        field = _FIELD.match(text)
        if field and field.group(1).strip():
            text = f"``{field.group(1).strip()}``: {text[field.end() :]}"
        if starts[number] or (_indent(line) == base and not any(starts)):
            blocks.append(Block("item" if any(starts) or defines[number] else "paragraph", text))
        elif number == 0:
            blocks.append(Block("paragraph", text))
        else:
            previous = blocks[-1]
            glue = ": " if defines[number - 1] and not starts[number - 1] and not previous.text.endswith(":") else " "
            blocks[-1] = dataclasses.replace(previous, text=previous.text + glue + text)


def _looks_like_code(chunk: list[str]) -> bool:
    hinted = sum(bool(_CODE_HINT.search(line)) for line in chunk)
    return hinted * 2 > len(chunk)


def _append_code(blocks: list[Block], chunk: list[str]) -> None:
    """Appends code without its common indentation, to the code before it if there is some."""
    base = min(map(_indent, chunk), default=0)
    text = "\n".join(line[base:] for line in chunk)
    if blocks and blocks[-1].kind == "code":
        blocks[-1] = Block("code", f"{blocks[-1].text}\n\n{text}")
    else:
        blocks.append(Block("code", text))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip().removeprefix("> ") for line in lines)


def _inline(text: str) -> str:
    """Returns a paragraph's inline markup as HTML; links lose their targets."""
    text = html.escape(_LINK_RST.sub(r"\1", _ROLE.sub(r"``\1``", _IMAGE.sub("", text))), quote=False)
    text = _LINK_MD.sub(r'<a href="#">\1</a>', text)
    parts = []
    end = 0
    for match in _LITERAL.finditer(text):
        code = match.group(1) or match.group(2)
        parts += [_spanned(text[end : match.start()]), f"<code>{code}</code>"]
        end = match.end()
    return "".join([*parts, _spanned(text[end:])])


def _spanned(text: str) -> str:
    text = _STRONG.sub(lambda match: f"<strong>{match.group(1) or match.group(2)}</strong>", text)
    return _EMPHASIS.sub(r"<em>\1</em>", text)
