"""LaTeX as LLaMA prepared arXiv's papers: from the first section on, no comments, no bibliography, macros expanded.

Source: Touvron et al. 2023 (arXiv 2302.13971), section 2.1, after Lewkowycz et al. 2022. The markup stays.
"""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple

_COMMENT_LINE = re.compile(r"^[ \t]*%[^\n]*\n?", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_COMMENT_BLOCK = re.compile(r"\\begin\{comment\}.*?(?:\\end\{comment\}|\Z)", re.DOTALL)
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted)\*?\}")
# No blank is looked at twice: of `\s*\s*` each may take any of them, so that a page of blanks takes an hour.
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*+\{\s*+([^{}\n]{1,300}+)\s*+\}|\\input\s++([\w./-]{1,300})")
_SECTION = re.compile(r"\\(?:section|chapter|part)\*?\s*+(?:\[[^\]\n]{0,300}+\])?\s*+\{")
_BODY = re.compile(r"\\begin\s*\{document\}")
_END = re.compile(r"\\end\s*\{document\}")
_BIBLIOGRAPHY = re.compile(
    r"\\begin\{(thebibliography|references)\}.*?(?:\\end\{\1\}|\Z)"
    r"|\\(?:bibliography|bibliographystyle|printbibliography|addbibresource)\b\s*+(?:\[[^\[\]\n]*+\])?\s*+"
    r"(?:\{[^{}\n]*+\})?",
    re.DOTALL,
)
_TITLE = re.compile(r"\\title\s*+(?:\[[^\]]{0,300}+\])?\s*+\{")
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*+\{?+\s*+(\\[A-Za-z]++)\s*+\}?+\s*+(?:\[(\d)\])?+"
    r"\s*+(?:\[([^\[\]\n]{0,200}+)\])?+|\\def\s*+(\\[A-Za-z]++)\s*+((?:#\d)*+)(?=\{)"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_OPTION = re.compile(r"[ \t]*+\[([^\[\]\n]{0,200}+)\]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BLANKS_AT_END = re.compile(r"(?<![ \t])[ \t]++\n")

#: Files included by files; deeper is a circle.
MAX_DEPTH = 8
#: A paper grows at most to this many times its own length, and a bit: macros can be bombs.
MAX_GROWTH = 3
ROOM = 200_000
MAX_PASSES = 4
MAX_MACROS = 2000
#: A group that is longer is none of a macro's; so many braces of a text are looked at to find the ends of its groups,
#: which may lie in one another or have no end.
MAX_GROUP_CHARS, MAX_BRACES = 20_000, 2_000_000


def main_file(files: Mapping[str, str]) -> str | None:
    """Returns the name of the file that is the paper: it begins the document; among several, the longest."""
    ranked = [
        (bool(_BODY.search(text)), r"\documentclass" in text or r"\documentstyle" in text, len(text), name)
        for name, text in files.items()
    ]
    return max(ranked)[3] if ranked else None


def to_paper(files: Mapping[str, str]) -> tuple[str, str | None] | None:
    """Returns a paper's text and title; null if no file of it begins a document or has a section.

    Args:
        files: the LaTeX files of the paper by name.
    """
    name = main_file(files)
    if name is None:
        return None
    bare = {path: without_comments(text) for path, text in files.items()}
    whole = _included(bare[name], bare, name, 0, [sum(map(len, bare.values())) * 2 + ROOM])
    title = _title(whole)
    macros = _macros(whole)
    body = _BODY.search(whole)
    section = _SECTION.search(whole, body.end() if body else 0)
    if section is None and body is None:
        return None
    start = section.start() if section else body.end() if body else 0
    end = _END.search(whole, start)
    text = whole[start : end.start() if end else len(whole)]
    text = expand(_BIBLIOGRAPHY.sub("", text), macros)
    text = _BLANKS_AT_END.sub("\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", title


def without_comments(text: str) -> str:
    """Returns LaTeX without comments; what stands verbatim keeps its per cent signs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces, position = [], 0
    while position < len(text):
        verbatim = _VERBATIM.search(text, position)
        stop = verbatim.start() if verbatim else len(text)
        pieces.append(_COMMENT.sub(r"\1", _COMMENT_LINE.sub("", _COMMENT_BLOCK.sub("", text[position:stop]))))
        if verbatim is None:
            break
        end = text.find(rf"\end{{{verbatim[1]}", stop)
        position = end if end >= 0 else len(text)
        pieces.append(text[stop:position])
    return "".join(pieces)


def _included(text: str, files: Mapping[str, str], name: str, depth: int, room: list[int]) -> str:
    if depth >= MAX_DEPTH:
        return text

    def put_in(found: re.Match[str]) -> str:
        wanted = (found[1] or found[2]).rstrip().removeprefix("./")
        folder = name.rpartition("/")[0]
        for candidate in (wanted, f"{wanted}.tex", f"{folder}/{wanted}", f"{folder}/{wanted}.tex"):
            if candidate in files and candidate != name and len(files[candidate]) <= room[0]:
                room[0] -= len(files[candidate])
                return _included(files[candidate], files, candidate, depth + 1, room)
        return ""

    return _INPUT.sub(put_in, text)


def _title(text: str) -> str | None:
    found = _TITLE.search(text)
    value = _Groups(text).at(found.end() - 1) if found else None
    return " ".join(value[0].replace(r"\\", " ").split())[:500] or None if value else None


class _Groups:
    """What stands between braces in a text, as long as not too many braces were looked at."""

    def __init__(self, text: str) -> None:
        self._text, self._room = text, MAX_BRACES

    def at(self, start: int) -> tuple[str, int] | None:
        """Returns what stands between the braces that open at a place, and where they end; null if they do not."""
        text, depth = self._text, 0
        stop = min(len(text), start + MAX_GROUP_CHARS)
        if start >= stop or text[start] != "{" or self._room <= 0:
            return None
        for found in _BRACE.finditer(text, start, stop):
            self._room -= 1
            depth += (found[0] == "{") - (found[0] == "}")
            if not depth:
                return text[start + 1 : found.start()], found.end()
        return None


class Macro(NamedTuple):
    """What a paper defines.

    Attributes:
        arguments: how many it takes.
        body: what it stands for.
        default: of its first argument, which then may be left out, and else stands in brackets.
    """

    arguments: int
    body: str
    default: str | None = None


def _macros(text: str) -> dict[str, Macro]:
    """Returns the paper's own macros by their names."""
    macros: dict[str, Macro] = {}
    groups = _Groups(text)
    for found in _DEFINITION.finditer(text):
        if len(macros) >= MAX_MACROS:
            break
        name = found[1] or found[4]
        arguments = int(found[2] or 0) if found[1] else len(found[5]) // 2
        start = found.end()
        while start < len(text) and text[start] in " \t\n":
            start += 1
        body = groups.at(start)
        if body and len(body[0]) <= 1000 and name not in _COMMAND.findall(body[0]):
            macros[name] = Macro(arguments, body[0], found[3] if arguments else None)
    return macros


def expand(text: str, macros: Mapping[str, Macro]) -> str:
    """Returns the text with macros replaced by what they stand for, again and again, up to a limit of growth."""
    limit = MAX_GROWTH * len(text) + ROOM
    if not macros:
        return text
    text = _without_definitions(text)
    for _ in range(MAX_PASSES):
        expanded = _expand_once(text, macros, limit)
        if expanded is None or expanded == text:
            return text
        text = expanded
    return text


def _without_definitions(text: str) -> str:
    pieces, position = [], 0
    groups = _Groups(text)
    for found in _DEFINITION.finditer(text):
        start = found.end()
        while start < len(text) and text[start] in " \t\n":
            start += 1
        body = groups.at(start)
        if body and found.start() >= position:
            pieces.append(text[position : found.start()])
            position = body[1]
    return "".join([*pieces, text[position:]])


def _expand_once(text: str, macros: Mapping[str, Macro], limit: int) -> str | None:
    """Returns the text after one pass, or null if it would grow beyond the limit."""
    pieces, position, size = [], 0, 0
    groups = _Groups(text)
    for found in _COMMAND.finditer(text):
        if found.start() < position or found[0] not in macros:
            continue
        if found.start() and text[found.start() - 1] == "\\":  # a line break before a word
            continue
        count, body, default = macros[found[0]]
        end = found.end()
        values: list[str] = []
        if default is not None:
            given = _OPTION.match(text, end)
            values, end = ([given[1]], given.end()) if given else ([default], end)
        while len(values) < count:
            while end < len(text) and text[end] in " \t":
                end += 1
            group = groups.at(end)
            if group is None:
                break
            values.append(group[0])
            end = group[1]
        if len(values) < count:
            continue
        put = re.sub(r"#(\d)", lambda one: values[int(one[1]) - 1] if 0 < int(one[1]) <= count else one[0], body)  # noqa: B023
        if put[-1:].isalpha() and re.search(r"\\[A-Za-z]+\Z", put) and text[end : end + 1].isalpha():
            put += " "
        pieces += [text[position : found.start()], put]
        size += found.start() - position + len(put)
        if size > limit:
            return None
        position = end
    return "".join([*pieces, text[position:]])
