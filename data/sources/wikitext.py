"""Wikipedia's markup to readable text, in time that grows with the text alone.

Kept: paragraphs, headings, lists, tables as rows, code, formulas, the words of links. Gone: templates but for a
few that stand for words, references, pictures, categories, comments. Parsers that follow every rule of the
markup take tens of seconds for 26 kB made for it; here every sign is looked at a fixed number of times.
"""

from __future__ import annotations

import html
import re
from typing import Callable, Iterable

#: Elements whose content is no markup → what becomes of it.
_CODE = ("syntaxhighlight", "source", "pre")
_GONE = (
    "ref",
    "references",
    "gallery",
    "timeline",
    "score",
    "imagemap",
    "hiero",
    "templatestyles",
    "graph",
    "mapframe",
)
_LITERAL = (*_CODE, *_GONE, "nowiki", "math", "chem")
_LITERAL_TAG = re.compile(rf"<(/?)({'|'.join(_LITERAL)})\b([^<>]{{0,2000}})>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LANGUAGE = re.compile(r"\blang\s*=\s*[\"']?([\w+#-]{1,30})")

#: A literal's place while the rest is worked on.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(rf"{_OPEN}(\d+){_CLOSE}")

_TOKEN = re.compile(r"\{\{|\}\}|\[\[|\]\]|(?:^|(?<=\n))[ \t:*]*\{\||(?:^|(?<=\n))[ \t]*\|\}(?!\})")
_PAIRS = {"}}": "{{", "]]": "[[", "|}": "{|"}
#: Deeper nesting is not markup.
MAX_DEPTH = 60

_EXTERNAL = re.compile(
    r"\[(?:https?:|ftp:|mailto:|)//[^\s\]\[<>]{1,2000}(?:[ \t]+([^\]\[\n]{0,1000}))?\]|\[mailto:[^\]\n]{1,300}\]"
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})(?:\s[^<>]{0,2000})?/?>")
_HEADING_LINE = re.compile(r"^=[^\n]*", re.MULTILINE)
_LIST = re.compile(r"^([*#:;]{1,20})[ \t]*", re.MULTILINE)
_QUOTES = re.compile(r"'{2,5}")
_MAGIC = re.compile(r"__[A-Z]{3,25}__")
_BREAKS = (
    "br",
    "p",
    "div",
    "li",
    "tr",
    "td",
    "th",
    "table",
    "ul",
    "ol",
    "dl",
    "dd",
    "dt",
    "blockquote",
    "center",
    "hr",
)

#: Templates that stand for words → which of their arguments; the rest is gone.
_FIRST = (
    "nowrap", "nobr", "small", "big", "em", "strong", "quote", "blockquote", "math", "mvar", "var", "abbr", "nihongo",
    "tooltip", "lang-en", "ill", "interlanguage link", "vanchor", "visible anchor", "angbr", "sub", "sup", "okina",
)  # fmt: skip
_SECOND = ("lang", "langx", "transl", "transliteration", "script", "color", "font color")
_SIGNS = {
    "!": "|", "ndash": "–", "mdash": "—", "spaced ndash": " – ", "snd": " – ", "spnd": " – ", "'": "'", "=": "=",
    "pi": "π",     "nbsp": " ", "thinsp": " ", "ellipsis": "…",
    "times": "×", "degree": "°", "euro": "€", "'s": "'s", "dot": " · ",
    "·": " · ",
}  # fmt: skip


def to_text(markup: str, media: Iterable[str] = (), categories: Iterable[str] = ()) -> str:
    """Returns a page's text.

    Args:
        markup: as the dump has it.
        media: the wiki's own names for the namespaces of pictures (Datei, …), beside File and Image.
        categories: its names for Category.
    """
    unseen = {name.lower() for name in (*media, *categories, "file", "image", "media", "category")}
    markup = markup.replace(_OPEN, "").replace(_CLOSE, "").replace("\r\n", "\n")
    literals: list[str] = []
    text = _set_aside(_COMMENT.sub("", markup), literals)
    text = _fold(text, unseen)
    text = _EXTERNAL.sub(lambda found: found[1] or "", text)
    text = _TAG.sub(_without_tag, text)
    text = _QUOTES.sub("", _MAGIC.sub("", text))
    text = _LIST.sub(_list_sign, text)
    text = _HEADING_LINE.sub(_heading, text)
    text = html.unescape(text).replace("\xa0", " ")
    text = _PLACE.sub(lambda found: literals[int(found[1])] if int(found[1]) < len(literals) else "", text)
    return _tidy(text)


def _set_aside(text: str, literals: list[str]) -> str:
    """Returns the text with a place in it for each element that holds no markup."""
    tags = list(_LITERAL_TAG.finditer(text))
    closing: dict[str, int] = {}
    ends: list[int | None] = [None] * len(tags)
    for number in range(len(tags) - 1, -1, -1):
        name = tags[number][2].lower()
        if tags[number][1]:
            closing[name] = number
        else:
            ends[number] = closing.get(name)
    pieces, position = [], 0
    for number, tag in enumerate(tags):
        if tag.start() < position:
            continue
        pieces.append(text[position : tag.start()])
        end = ends[number]
        name, position = tag[2].lower(), tag.end()
        if tag[1] or tag[3].rstrip().endswith("/") or end is None:
            continue
        content, position = text[tag.end() : tags[end].start()], tags[end].end()
        if name not in _GONE:
            pieces.append(f"{_OPEN}{len(literals)}{_CLOSE}")
            literals.append(_literal(name, tag[3], content))
    return "".join([*pieces, text[position:]])


def _literal(name: str, attributes: str, content: str) -> str:
    if name in _CODE:
        language = _LANGUAGE.search(attributes)
        code = content if name != "pre" else html.unescape(content)
        return f"\n\n```{language[1] if language else ''}\n{code.strip(chr(10))}\n```\n\n"
    if name in ("math", "chem"):
        return f"${content.strip()}$"
    return html.unescape(content)


def _fold(text: str, unseen: set[str]) -> str:
    """Returns the text with templates, links and tables replaced by what they stand for, the innermost first."""
    open_signs: list[tuple[str, str]] = []
    levels: list[list[str]] = [[]]
    position = 0
    for token in _TOKEN.finditer(text):
        levels[-1].append(text[position : token.start()])
        position = token.end()
        sign = token[0].strip(" \t:*") if token[0] not in ("{{", "}}", "[[", "]]") else token[0]
        if sign in ("{{", "[[", "{|"):
            if len(open_signs) < MAX_DEPTH:
                open_signs.append((sign, token[0]))
                levels.append([])
            continue
        if not any(opened == _PAIRS[sign] for opened, _ in open_signs):
            levels[-1].append(token[0])
            continue
        while open_signs[-1][0] != _PAIRS[sign]:  # what was opened in between has no end
            _flatten(open_signs, levels)
        open_signs.pop()
        levels[-2].append(_FOLDED[sign]("".join(levels.pop()), unseen))
    levels[-1].append(text[position:])
    while open_signs:
        _flatten(open_signs, levels)
    return "".join(levels[0])


def _flatten(open_signs: list[tuple[str, str]], levels: list[list[str]]) -> None:
    open_signs.pop()
    levels[-2].append("".join(levels.pop()))


def _template(content: str, unseen: set[str]) -> str:
    name, *arguments = (part.strip() for part in content.split("|"))
    name = name.lower().replace("_", " ")
    plain = [argument for argument in arguments if not re.match(r"[A-Za-z_]\w*\s*=", argument)]
    plain = [re.sub(r"^\d\s*=\s*", "", argument) for argument in plain]
    if name in _SIGNS:
        return _SIGNS[name]
    if name in ("convert", "cvt") and len(plain) >= 2:
        return f"{plain[0]} {plain[1]}"
    if name in ("frac", "sfrac") and plain:
        return "/".join(plain[-2:])
    if name == "code" and plain:
        return f"`{plain[0]}`"
    if name in _FIRST and plain:
        return plain[0]
    if name in _SECOND and len(plain) >= 2:
        return plain[1]
    return plain[-1] if name.startswith("lang-") and plain else ""


def _link(content: str, unseen: set[str]) -> str:
    target, *labels = content.split("|")
    prefix, colon, _ = target.partition(":")
    if colon and prefix.strip().lower() in unseen:
        return ""
    if labels:
        return labels[-1]
    return target.strip().removeprefix(":").strip()


def _table(content: str, unseen: set[str]) -> str:
    """Returns a table's rows as lines, with bars between the cells."""
    rows: list[list[str]] = [[]]
    for number, line in enumerate(content.split("\n")):
        line = line.strip()
        if number == 0 or line.startswith("|}"):  # the table's own attributes
            continue
        if line.startswith(("|-", "|+")):
            rows.append([])
            if line.startswith("|+"):
                rows[-1].append(_cell(line[2:]))
                rows.append([])
        elif line.startswith(("|", "!")):
            sign = "!!" if line.startswith("!") else "||"
            rows[-1] += [_cell(cell) for cell in line[1:].replace("||", sign).split(sign)]
        elif rows[-1] and line:
            rows[-1][-1] += f" {line}"
    lines = [" | ".join(cell for cell in row if cell) for row in rows]
    return "\n" + "\n".join(line for line in lines if line) + "\n"


def _cell(text: str) -> str:
    attributes, bar, value = text.partition("|")
    return value.strip() if bar and "=" in attributes else text.strip()


_FOLDED: dict[str, Callable[[str, set[str]], str]] = {"}}": _template, "]]": _link, "|}": _table}


def _without_tag(found: re.Match[str]) -> str:
    name = found[2].lower()
    if name in ("code", "tt", "kbd", "samp"):
        return "`"
    return "\n" if name in _BREAKS else ""


def _heading(found: re.Match[str]) -> str:
    line = found[0].rstrip()
    level = min(len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("=")), 6)
    title = line[level : len(line) - level].strip()
    return f"\n{'#' * level} {title}\n" if level and title else found[0]


def _list_sign(found: re.Match[str]) -> str:
    signs = found[1]
    return "  " * (len(signs) - 1) + "- " if signs[-1] in "*#" else ""


def _tidy(text: str) -> str:
    """Returns the text without empty sections and without more than one blank line in a row."""
    kept: list[str] = []
    in_code = False
    for line in (line.rstrip() for line in text.split("\n")):
        if line.startswith("```"):
            in_code = not in_code
        if not in_code:
            if not line and (not kept or not kept[-1]):
                continue
            if line.startswith("#"):
                _drop_empty_headings(kept, line)
        kept.append(line)
    if not in_code:
        _drop_empty_headings(kept, "#")
    return "\n".join(kept).strip()


def _drop_empty_headings(kept: list[str], line: str) -> None:
    """Removes headings at the end that are no higher than the one that follows: nothing stands below them."""
    level = _level(line)
    while kept and (not kept[-1] or (_level(kept[-1]) and _level(kept[-1]) >= level)):
        kept.pop()
    if kept:
        kept.append("")


def _level(line: str) -> int:
    signs = len(line) - len(line.lstrip("#"))
    return signs if 0 < signs <= 6 and (line[signs : signs + 1] in (" ", "")) else 0
