"""Listings whose lines are elements of their own, without a word that they are code: found by how the lines look.

Editors and mail programs paste code as paragraphs, or items of a list, that hard spaces indent; old pages set its lines
by <br> in plain paragraphs. In the serialisation of a page such elements are marked for the readers. Only what compiled
code leaves is looked through: such pages are few.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from data.pages.joined_lines import joined_lines
from data.pages.listings import MIN_LINES, begins_hard, is_sentence, is_set_in_lines, looks_like_code, reads_as_code
from data.pages.tags import BLOCK_TAGS, BOX, CODE_TAGS, LINE, LINES_MARK, NUMBER, PRE_LINE
from data.pages.typed_lines import candidates, is_aside, is_box, is_gutter, is_line, is_whole
from data.pages.unread import end_of

#: So many lines that hard spaces indent make a listing.
MIN_HARD = 2
#: Longer elements are judged by their beginning.
MAX_LOOKED_AT = 20_000

_BLOCKS = "|".join((*BLOCK_TAGS, "listing"))
#: What holds no blocks; and the same without line breaks.
_TEXT = rf"[^<]*+(?:<(?!/?(?:{_BLOCKS})[ />])[^<]*+)*+"
_SIBLING = rf"<(?P=name)(?: [^>]*)?>{_TEXT}</(?P=name)>"
#: What pages without such listings hardly have: lines that hard spaces indent, neighbours that show their spaces.
_HARD = re.compile(r">\s*&nbsp;\s*&nbsp;")
_NEIGHBOURS = re.compile(rf"</pre>\s*<pre|</(?:div|p)>\s*<(?:div|p) [^>]*(?:white-space|{LINES_MARK})")
_RUN = re.compile(rf"<(?P<name>p|div|li|pre)(?: [^>]*)?>{_TEXT}</(?P=name)>(?:\s*{_SIBLING}){{2,}}")
_ELEMENT = re.compile(rf"<(p|div|li|pre)( [^>]*)?>({_TEXT})</\1>")
_ROW = re.compile(
    r"<tr(?: [^>]*)?>\s*<(t[hd])( [^>]*)?>(?:<[^>]*>){0,9}\s*(\d{1,6})\s*(?:<[^>]*>){0,9}</\1>"
    rf"\s*<td( [^>]*)?>({_TEXT})</td>"
)
_HOLDER = re.compile(rf"<(p|div|td|li|dd|blockquote)( [^>]*)?>({_TEXT})</\1>")
_PRE = re.compile(r"<pre(?: [^>]*)?>.*?</pre>", re.DOTALL)
_LINE_NUMBER = re.compile(r"(?:<[^>]*>)*?<(a|span)((?: [^>]*)?)>[ ]*(\d{1,6})[ .:]*</\1>")
_GUTTER = re.compile(r'<(a|span) [^>]*class="[^"]*\b(?:linenr|lineno|line-?number|lnum)\b[^>]*>\s*\d+[ .:]*</\1>')
_BREAK = re.compile(r"<br(?: [^>]*)?>")
_LAST_BREAK = re.compile(r"<br(?: [^>]*)?>\s*(?:</[^>]*>\s*)*\Z")
_LINE_ENDS = re.compile(rf"</?(?:br|{_BLOCKS})(?: [^>]*)?>")
_TAG = re.compile(r"<[^>]*>")
_MONOSPACED = re.compile(
    rf"\s*(?:<[^>]*>)*?<(?:(?:{'|'.join(sorted(CODE_TAGS))})[ >]|[^>]*(?:courier|consol|menlo|monospace))",
    re.IGNORECASE,
)
_SPACED = re.compile(rf'white-space\s*:\s*pre(?!-line)|{LINES_MARK}="', re.IGNORECASE)
#: What shows its spaces within a line; <pre> shows all.
_INDENT = re.compile(
    rf"""<pre[ >].*?</pre>|(<span [^>]*?(?:white-space\s*:\s*pre(?!-line)|{LINES_MARK}="(?:code-)?spaces")[^>]*>)"""
    "([^<]*)",
    re.DOTALL,
)
_KEPT = re.compile(r"^[ \t]+|[ \t]{2,}|\t")
_TAB = " " * 4
_DIGITS = re.compile(r"\d+")


def with_lines_marked(source: str) -> str:
    """Returns a page's serialisation with marks on the lines of listings; the same one if it has none.

    No tag is added or taken away.
    """
    if "white-space" in source or LINES_MARK in source:
        source = _INDENT.sub(_with_hard_spaces, source)
    marks: dict[int, str] = {}
    gone: set[int] = set()
    has_hard = _has_hard_lines(source)
    if has_hard or _NEIGHBOURS.search(source):
        for run in _RUN.finditer(source):
            _mark_run(source, run, marks, is_boxed=False, typed=False)
    if has_hard:
        _mark_rows(source, 0, len(source), marks, typed=False)
        _mark_boxes(source, marks)
    if "<pre" in source:
        for found in _PRE.finditer(source):
            _mark_numbers(source, *found.span(), marks, gone)
            marks.update((found.start() + place, PRE_LINE) for place in joined_lines(found[0]))
    return _marked(source, marks, gone)


def with_typed_lines_marked(source: str, boxes: Iterable[int], has_codes: bool) -> str:
    """Returns a page's serialisation with marks on lines of code that only their letters or classes call so.

    Args:
        source: what `with_lines_marked` has returned, or has been given.
        boxes: where in it tags begin whose letters or classes speak for code, or for a line's number.
        has_codes: some paragraphs begin with <code> or the like.
    """
    marks: dict[int, str] = {}
    done = rows_done = 0
    for begin, name, is_boxed in candidates(source, boxes, has_codes):
        if name in ("table", "tr"):
            if begin >= rows_done:
                rows_done = source.find("</table>", begin) % (len(source) + 1)
                _mark_rows(source, begin, rows_done, marks, typed=True)
        elif begin >= done and (run := _RUN.match(source, begin)):
            done = run.end()
            _mark_run(source, run, marks, is_boxed, typed=True)
    known = f" {LINES_MARK}"
    return _marked(source, {place: mark for place, mark in marks.items() if not source.startswith(known, place)}, set())


def _marked(source: str, marks: dict[int, str], gone: set[int]) -> str:
    pieces, done = [], 0
    for place in sorted({*marks, *gone}):
        pieces += [source[done:place], f' {LINES_MARK}="{marks[place]}"' if place in marks else ""]
        done = place + (place in gone)
    return "".join([*pieces, source[done:]]) if pieces else source


def _has_hard_lines(source: str) -> bool:
    return len(list(itertools.islice(_HARD.finditer(source), MIN_HARD))) == MIN_HARD


def _with_hard_spaces(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    return found[1] + _KEPT.sub(lambda spaces: spaces[0].replace("\t", _TAB).replace(" ", "&nbsp;"), found[2])


def has_spaced_lines(source: str) -> bool:
    """Returns whether elements that follow one another in a page's serialisation, and show their spaces, are lines."""
    marks: dict[int, str] = {}
    if _NEIGHBOURS.search(source) or _has_hard_lines(source):
        for run in _RUN.finditer(source):
            _mark_run(source, run, marks, is_boxed=False, typed=False)
    return bool(marks)


def holds_listing(source: str, start: int, name: str) -> bool:
    """Returns whether what an element shows, with its spaces and line breaks, looks like code; of <code>, has lines.

    Args:
        source: serialisation of the page, or of as much as MAX_LOOKED_AT characters from the element's content on.
        start: where that begins.
        name: of the element.
    """
    source = source[start : start + MAX_LOOKED_AT]
    end = end_of(source, name, 0)
    inner = source[:end] if end >= 0 else source
    if name in CODE_TAGS:
        return "\n" in _shown(_LINE_ENDS.sub("\n", inner)).strip()
    if inner.count("\n") + inner.count("<") + 1 < MIN_LINES:
        return False
    return looks_like_code(_shown(_LINE_ENDS.sub("\n", inner)).split("\n"))


def _shown(html: str) -> str:
    text = _TAG.sub("", html) if "<" in html else html
    return text.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mark_run(source: str, run: re.Match[str], marks: dict[int, str], is_boxed: bool, typed: bool) -> None:
    """Marks those of elements one after another that are lines of code.

    Args:
        source, run: the page, and where in it they stand.
        marks: what is found.
        is_boxed, typed: what holds them speaks for code; lines without indentation are looked for.
    """
    for kind, group in itertools.groupby(_ELEMENT.finditer(source, *run.span()), _kind):
        if kind == PRE_LINE:
            _mark_spaced(list(group), marks)
        elif kind:
            _mark_plain(list(group), is_boxed, marks, typed)


def _kind(element: re.Match[str]) -> str:
    """Returns which kind of line an element may be; "" if it is not for content."""
    if is_aside(element[1] + (element[2] or "")):
        return ""
    return PRE_LINE if element[1] == "pre" or _SPACED.search(element[2] or "") else LINE


def _mark_spaced(elements: Sequence[re.Match[str]], marks: dict[int, str]) -> None:
    """Marks elements whose spaces are shown as lines of code, if some are indented and none has lines of its own."""
    if len(elements) >= MIN_LINES:
        lines = [_shown(_BREAK.sub("\n", _LAST_BREAK.sub("", found[3]))).strip("\n") for found in elements]
        if any(line[:1].isspace() and line.strip() for line in lines) and not any("\n" in line for line in lines):
            marks.update((found.end(1), PRE_LINE) for found in elements)


def _mark_plain(elements: Sequence[re.Match[str]], is_boxed: bool, marks: dict[int, str], typed: bool) -> None:
    """Marks those of some elements that are lines of code, by the hard spaces that indent them, or by their type."""
    htmls, boxes = [], []
    typed = typed and not is_line(elements[0][1] + (elements[0][2] or ""))
    for found in elements:
        html, numbers = _GUTTER.subn("", _LAST_BREAK.sub("", found[3]))
        htmls.append(html)
        boxes.append(is_boxed or numbers > 0 or is_box(found[1] + (found[2] or "")))
    if any(_BREAK.search(html) for html in htmls):
        return
    begin = 0
    for end in (*_ends_of_listings(htmls, boxes), len(htmls)):
        while begin < end and not _shown(htmls[begin]).strip():
            begin += 1
        is_typed = typed and elements[0][1] in ("p", "div") and _are_typed(htmls[begin:end], boxes[begin:end])
        if is_typed or _are_code(htmls[begin:end]):
            marks.update((found.end(1), LINE) for found in elements[begin:end])
        begin = end + 1


def _are_typed(htmls: Sequence[str], boxes: Sequence[bool]) -> bool:
    """Returns whether lines without indentation are code, all of them called so."""
    filled = [(html, is_box) for html, is_box in zip(htmls, boxes, strict=True) if _shown(html).strip()]
    if len(filled) < MIN_LINES or not all(is_box or is_whole(html) for html, is_box in filled):
        return False
    lines = [_shown(html) for html, _ in filled]
    if any(is_set_in_lines(line.replace("\xa0", " ")) for line in lines):  # each is a listing
        return False
    return all(is_whole(html, named=True) for html, _ in filled) or reads_as_code(lines)


def _ends_of_listings(htmls: Sequence[str], boxes: Sequence[bool]) -> list[int]:
    """Returns which lines are hardly code: sentences, and those of usual letters where others are of one width."""
    monospaced = [is_box or bool(_MONOSPACED.match(html)) for html, is_box in zip(htmls, boxes, strict=True)]
    lines = [_shown(html) for html in htmls]
    usual = sum(monospaced) >= MIN_LINES
    return [
        number
        for number, line in enumerate(lines)
        if line.strip() and (is_sentence(line) or (usual and not monospaced[number]))
    ]


def _are_code(htmls: Sequence[str]) -> bool:
    lines = [_shown(html) for html in htmls]
    if len(lines) < MIN_LINES or sum(map(begins_hard, lines)) < MIN_HARD:
        return False
    return looks_like_code(lines) or all(
        _MONOSPACED.match(html) for html, line in zip(htmls, lines, strict=True) if line.strip()
    )


def _mark_rows(source: str, begin: int, end: int, marks: dict[int, str], typed: bool) -> None:
    """Marks rows one after another that are a line of code each, after its number."""
    rows: list[re.Match[str]] = []
    for found in (*_ROW.finditer(source, begin, end), None):
        if found and rows and int(found[3]) == int(rows[-1][3]) + 1 and found.start() - rows[-1].end() < 100:
            rows.append(found)
            continue
        if len(rows) >= MIN_LINES and (mark := _mark_of_rows(source, rows, typed)):
            for row in rows:
                marks[row.end(1)], marks[row.start(5) - 1 - len(row[4] or "")] = NUMBER, mark
        rows = [found] if found else []


def _mark_of_rows(source: str, rows: Sequence[re.Match[str]], typed: bool) -> str:
    """Returns which lines the cells of rows are; "" if none. Where plain spaces indent some, a style shows them."""
    cells = [row[5] for row in rows]
    if _are_code(cells):
        return LINE
    table = source.rfind("<table", 0, rows[0].start())
    is_boxed = table >= 0 and is_box(source[table + 1 : source.find(">", table)])
    boxes = [is_boxed or is_gutter(row[1] + (row[2] or "")) or is_box("td" + (row[4] or "")) for row in rows]
    if not typed or not all(boxes):
        return ""
    lines = [_shown(cell) for cell in cells]
    if not any("\n" in line.strip("\n") for line in lines) and looks_like_code(lines):
        return PRE_LINE
    return LINE if reads_as_code(lines) else ""


def _mark_boxes(source: str, marks: dict[int, str]) -> None:
    """Marks elements that hold nothing but code whose lines <br> ends."""
    for found in _HOLDER.finditer(source):
        lines = _BREAK.split(found[3])
        if len(lines) >= MIN_LINES and found.end(1) not in marks:
            shown = [_shown(line) for line in lines]
            if sum(map(begins_hard, shown[1:])) >= MIN_HARD and looks_like_code(shown):
                marks[found.end(1)] = BOX


def _mark_numbers(source: str, begin: int, end: int, marks: dict[int, str], gone: set[int]) -> None:
    """Marks the numbers of lines in <pre>, an element each, and the space after them if all have one."""
    place = source.find(">", begin) + 1
    place += source.startswith("\n", place)
    found: list[re.Match[str]] = []
    while place < end:
        line_end = min(source.find("\n", place) % (end + 1), end)
        number = _LINE_NUMBER.match(source, place, line_end)
        if not number or (found and int(number[3]) != int(found[-1][3]) + 1):
            if not number and found and not _TAG.sub("", source[place:end]).strip():
                break
            return
        found.append(number)
        place = line_end + 1
    heads = {_DIGITS.sub("", number[2]) for number in found}
    if len(found) < MIN_LINES or (found[0][1] == "span" and (len(heads) > 1 or found[0][3] != "1")):
        return
    for number in found:
        marks[number.end(1)] = NUMBER
    if all(source.startswith((" ", "\n", "</"), number.end()) for number in found):
        gone.update(number.end() for number in found if source[number.end()] == " ")
