"""A page's bytes to its blocks by compiled code; what that leaves is read by `data.pages.reader`, to the same blocks.

Most pages are made of few kinds of tags, and Python takes as long for each as compiled code for a hundred.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data.machine_code import address_of
from data.pages import page_layout as layout
from data.pages import tags as tag_lists
from data.pages.arrays import Arrays, BlockRows, ElementRows
from data.pages.blocks import CODE, Blocks
from data.pages.exponents import MAX_CHARS, WINDOW_CHARS, exponent
from data.pages.facts import META_KEYS, matters
from data.pages.hiding import Hiding
from data.pages.joined_lines import MAX_CHARS as MAX_JOINED_CHARS
from data.pages.joined_lines import joined_lines
from data.pages.kernels import places
from data.pages.known_tags import facts_of_hidden_block
from data.pages.lines import MAX_LOOKED_AT, has_spaced_lines, holds_listing, with_typed_lines_marked
from data.pages.listings import MIN_LINES, count_words, may_be_numbered, numbers_before, plain_code, trim_code
from data.pages.shown_again import may_be_shown_again, without_faded_text
from data.pages.source import MAX_SPANS, is_styled, is_wide, read_as, with_marks
from data.pages.tags import BLOCK, HIDDEN, MATH, RAW, SPACED, Tag, read_tag
from data.pages.unread import end_of, licences_within

#: A line of code may begin so.
_INDENTED = re.compile(rb"(?:<[^>]*>|\n)*(?:\s|&nbsp;|\xc2\xa0)")
Table = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]
#: Pages with more tags are read by `data.pages.reader`, which takes memory for what it keeps alone.
MAX_TAGS = 600_000
MAX_CACHED = 50_000
#: Shorter texts are searched sooner than compiled code is called.
MIN_FIND_BYTES = 4096
_MAX_RAISED_BYTES = 4 * MAX_CHARS + 1
_WIDTHS = (layout.OPENED_WIDTH, layout.ELEMENTS_WIDTH, layout.BLOCKS_WIDTH, layout.RECORDS_WIDTH)
#: Room that is kept from page to page.
KEPT_TAGS = 8192
ROOM_BYTES = 2**20
#: Elements of which compiled code always asks.
_ASKED_ABOUT = frozenset(("textarea", "dialog", "sup", "font"))
_asked: dict[bytes, Tag] = {}


class Entries(NamedTuple):
    """Compiled code, loaded."""

    scan: Callable[..., int]
    end_of: Callable[..., int]
    strip: Callable[..., int]
    find: Callable[..., int]
    hash_of: Callable[..., int]
    measure_texts: Callable[..., int]
    measure: Callable[..., int]
    look_around: Callable[..., int]
    answer: Callable[..., int]


@functools.cache
def loaded() -> Entries:
    """Returns compiled code, compiled first where this machine has not kept it."""
    return Entries(**{entry.name: entry.load() for entry in layout.ENTRIES})


def hash_of(word: str) -> int:
    """Returns a word's hash in the tables of compiled code."""
    return loaded().hash_of(word.encode("utf-32-le", "surrogatepass"), len(word)) & 0xFFFF_FFFF_FFFF_FFFF


def points_of(text: str) -> npt.NDArray[np.uint32]:
    """Returns a text's characters as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def make_table(values: Mapping[str, int]) -> Table:
    """Returns a table of hashes with room to spare (see `data.pages.kernels.letters.look_up`)."""
    size = 16
    while size < 3 * len(values):
        size *= 2
    keys, found = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.int64)
    for word, value in values.items():
        wanted = hash_of(word)
        place = wanted & (size - 1)
        while keys[place]:
            place = (place + 1) & (size - 1)
        keys[place], found[place] = wanted, value
    return keys, found


def packed(tag: Tag, words: Mapping[str, int], shows_ink: bool) -> int:
    """Returns what a tag means as one number (see `data.pages.kernels.heads`)."""
    score = max(-layout.MAX_SCORE, min(layout.MAX_SCORE, sum([words.get(word, 0) for word in tag.words])))
    rare = (
        tag.gutter
        or tag.code_cell
        or tag.role == MATH
        or (tag.role == RAW and (tag.name in ("xmp", "plaintext") or "math/tex" in tag.language))
        or (tag.ink and not shows_ink)
        or tag.fragment
        or tag.preview
        or (tag.role in (HIDDEN, RAW) and tag.code_box)
    )
    return (
        (BLOCK if tag.role == SPACED else tag.role)
        | (tag.number + 1) << layout.NUMBER_SHIFT
        | layout.CODE_LINE * tag.code_line
        | layout.FACT * tag.fact
        | layout.CODE_TAG * (tag.name in tag_lists.CODE_TAGS)
        | layout.CODE_BOX * tag.code_box
        | layout.RARE * rare
        | layout.TELLS_LANGUAGE * bool(tag.language and tag.role != RAW)
        | (score + layout.MAX_SCORE) << layout.SCORE_SHIFT
    )


@functools.cache
def _names() -> Table:
    """Returns what the names of elements mean."""
    values = {}
    for name in (*tag_lists.all_names(), *_ASKED_ABOUT):
        tag = read_tag(name)
        settled = tag.role in (tag_lists.VOID, tag_lists.BREAK) or (tag.role == tag_lists.HIDDEN)
        values[name] = (
            packed(tag, {}, False)
            | layout.NEVER_ASIDE * (name in tag_lists.NEVER_ASIDE)
            | layout.NEVER_HIDDEN * (name in ("html", "body", "hr"))
            | layout.SETTLED * settled
            | layout.RARE * (name in _ASKED_ABOUT)
        )
    return make_table(values)


class Scanner:
    """Reads pages by compiled code.

    Args:
        words: what words of classes speak for.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        values = {word: layout.MAX_SCORE + score for word, score in words.items()}
        for flag, marked in (
            (layout.ASIDE_WORD, tag_lists.ASIDE_WORDS),
            (layout.CONTENT_WORD, tag_lists.CONTENT_WORDS),
            (layout.SPECIAL_CLASS, tag_lists.SPECIAL_CLASSES),
            (layout.META_KEY, META_KEYS),
        ):
            for word in marked:
                values[word] = values.get(word, layout.MAX_SCORE) | flag
        self._entries = loaded()
        self._names = names = _names()
        marked_words = make_table(values)
        rooms = (np.zeros(layout.LABELS_ROOM, np.uint8), np.zeros(layout.HASHES_ROOM, np.uint64),
                 np.zeros((layout.ATTRIBUTES, 2), np.int64))  # fmt: skip
        self._fixed = (marked_words, rooms)  # their addresses are used
        self._name_table, word_table = ((*map(address_of, each), len(each[0])) for each in (names, marked_words))
        self._settings = (*self._name_table, *word_table, *map(address_of, rooms))
        self._known = np.empty(layout.STRIP_KNOWN, np.int64)
        self._room, self._room_at = np.empty(0, np.uint8), 0
        self._spans = np.empty((MAX_SPANS, layout.STRIP_WIDTH), np.int64)
        self._strip_settings = (address_of(self._spans), MAX_SPANS, address_of(self._known))
        self._kept: tuple[tuple[npt.NDArray[np.int64], ...], tuple[int, ...]] | None = None

    def read(self, source: bytes, content: bytes, whole: bool) -> Blocks | None:
        """Returns a page's blocks, or null if it is for `data.pages.reader`; for the rest see `read_blocks` there."""
        data = np.frombuffer(source, dtype=np.uint8)
        count = int(np.count_nonzero(data == ord("<"))) + 8
        if count > MAX_TAGS:
            return None
        state = np.zeros(places.STATES, dtype=np.int64)
        (stack, _, elements, blocks, records), tables = self._tables(count)
        state[places.POSITION], state[places.WHOLE] = source.find(b"<"), whole
        size = len(source) + 64
        room = self._room_for(4 * size)
        raw, out = self._room[:size], self._room[size : 4 * size]
        scan = functools.partial(
            self._entries.scan, source, len(source), address_of(state), *self._settings, *tables, room, size,
            room + size, 3 * size,
        )  # fmt: skip
        styled, spaced, indented = functools.cache(lambda: is_styled(content)), 0, False
        boxes: list[int] = []
        while (answer := scan()) == layout.ASKS:
            head = source[state[places.HEAD_BEGIN] : state[places.HEAD_END]]
            tag = _asked.get(head) or _read(head)
            if tag.name == "sup" and tag.role == tag_lists.INLINE and _raise(source, state, raw, stack):
                continue
            if tag.code_box:
                boxes.append(int(state[places.HEAD_BEGIN]) - 1)
            if tag.spaced and state[places.PRES] == 0:
                spaced += 1
                indented = indented or _INDENTED.match(source, int(state[places.HEAD_END]) + 1) is not None
                if _is_indent(source, state, tag) or _is_listing(source, state, tag.name):
                    return None
            if tag.fades and self._is_shown_again(source, state, tag, styled()):
                return self.read(without_faded_text(source.decode(), styled()).encode(), content, whole)
            state[places.GIVEN] = packed(tag, self._words, tag.ink and styled())
        if answer == layout.GIVES_UP or (indented and spaced >= MIN_LINES and has_spaced_lines(source.decode())):
            return None
        has_codes = bool(state[places.CODE_BLOCKS] >= MIN_LINES)
        if (boxes or has_codes) and _has_typed_lines(source, boxes, has_codes):
            return None
        if size > ROOM_BYTES:
            self._room = np.empty(0, np.uint8)
        arrays = Arrays(
            out[: state[places.OUT]].copy(),
            blocks[: state[places.BLOCKS]].copy(),
            elements[: state[places.ELEMENTS]].copy(),
            self._words,
            source,
        )
        if not _finish_code(arrays):
            return None
        page = Blocks(BlockRows(arrays), ElementRows(arrays), [], int(state[places.PASSED_OVER]), arrays)
        _tell(page, records[: state[places.RECORDS]].tolist(), source, whole)
        return page

    def _is_shown_again(self, source: bytes, state: npt.NDArray[np.int64], tag: Tag, styled: bool) -> bool:
        """Returns whether something may be seen in the element that compiled code has asked about."""
        begin, start = int(state[places.HEAD_BEGIN]), int(state[places.HEAD_END]) + 1
        end = self._entries.end_of(source, len(source), begin, begin + len(tag.name), start, *self._name_table)
        inner = source[start : end if end >= 0 else None].decode()
        return may_be_shown_again(inner, 0, -1, tag.fades, styled)

    def strip(self, content: bytes) -> tuple[bytes, Hiding | None]:
        """Returns a page without scripts, styles and comments (see `data.pages.source.strip`)."""
        if is_wide(content):
            return content, None
        room = self._room_for(len(content))
        self._known.fill(-1)
        size = self._entries.strip(content, len(content), room, len(self._room), *self._strip_settings)
        count = int(self._known[0])
        stripped = self._room[:size].tobytes()
        if len(content) > ROOM_BYTES:
            self._room = np.empty(0, np.uint8)
        styles: list[tuple[int, int]] = []
        scripts: list[tuple[int, int]] = []
        for kind, tag, begin, end in self._spans[:count].tolist():
            name = read_as(content, tag, begin) if kind == layout.STYLE else b"script" if kind == layout.SCRIPT else b""
            if name == b"script":
                scripts.append((begin, end))
            elif name == b"style":
                styles.append((begin, end))
        return with_marks(stripped, content, styles, scripts, self.find)

    def find(self, content: bytes, text: bytes, start: int = 0) -> int:
        """Returns where a text stands at or after a place, as `bytes.find` does in several times as long."""
        size = len(content) - start
        if size < MIN_FIND_BYTES:
            return content.find(text, start)
        begin = np.frombuffer(content, np.uint8).__array_interface__["data"][0] + start if start else content
        place = self._entries.find(begin, size, text, len(text))
        return start + place if place < size else -1

    def _room_for(self, size: int) -> int:
        """Returns where there is room for so many bytes."""
        if len(self._room) < size:
            self._room = np.empty(max(size, ROOM_BYTES), np.uint8)
            self._room_at = address_of(self._room)
        return self._room_at

    def _tables(self, count: int) -> tuple[tuple[npt.NDArray[np.int64], ...], tuple[int, ...]]:
        """Returns room for so many tags, and where it is; it is kept from page to page if it is not large."""
        if count <= KEPT_TAGS and self._kept:
            return self._kept
        rows = max(count, KEPT_TAGS)
        tables = (np.empty(rows, np.int64), *(np.empty((rows, width), np.int64) for width in _WIDTHS))
        found = tables, (rows, *map(address_of, tables))
        if count <= KEPT_TAGS:
            self._kept = found
        return found


def _read(head: bytes) -> Tag:
    tag = read_tag(head.decode())
    if len(head) < 200 and tag.role != tag_lists.LINK:
        if len(_asked) >= MAX_CACHED:
            _asked.clear()
        _asked[head] = tag
    return tag


def _finish_code(arrays: Arrays) -> bool:
    """Trims code where it stands, and counts its words and characters; returns whether that is all there is to do."""
    rows = arrays.blocks
    for row in np.flatnonzero(rows[:, 6] == CODE):
        begin = int(rows[row, 0])
        code = trim_code(plain_code(arrays.out[begin : rows[row, 1]].tobytes().decode()))
        if not code or numbers_before(code) or may_be_numbered(code) or (code[0].isspace() and "\n" not in code):
            return False
        if _is_joined(arrays, int(rows[row, 5])):
            return False
        text = np.frombuffer(code.encode(), dtype=np.uint8)
        if len(text) > rows[row, 1] - begin:  # an em space has become four
            return False
        arrays.out[begin : begin + len(text)] = text
        rows[row, 1:4] = begin + len(text), len(code), count_words(code)
    return True


def _is_joined(arrays: Arrays, element: int) -> bool:
    """Returns whether code whose source has no line break is of several lines."""
    begin = int(arrays.elements[element, 4]) - 1
    end = arrays.source.find(b"</pre>", begin, begin + MAX_JOINED_CHARS)
    return end >= 0 and bool(joined_lines(arrays.source[begin : end + len("</pre>")].decode()))


def _raise(
    source: bytes, state: npt.NDArray[np.int64], raw: npt.NDArray[np.uint8], stack: npt.NDArray[np.int64]
) -> bool:
    """Writes the <sup> that compiled code has asked about if it is an exponent; returns whether it is."""
    start = int(state[places.HEAD_END]) + 1
    end = source.find(b"<", start, start + _MAX_RAISED_BYTES)
    text = source[start : max(start, end)].decode()
    if not 0 < len(text) <= MAX_CHARS or not source.startswith(b"</sup>", end):
        return False
    size = int(state[places.RAW_SIZE])
    before = raw[max(0, size - 4 * WINDOW_CHARS) : size].tobytes().decode("utf-8", "ignore")[-WINDOW_CHARS:]
    following = end + len("</sup>")
    written = exponent(before, text, source[following : following + 1].decode("ascii", "ignore"))
    if written == text:
        return False
    data = written.encode()
    raw[size : size + len(data)] = np.frombuffer(data, dtype=np.uint8)
    state[places.RAW_SIZE] += len(data)
    state[places.LINK_CHARS] += len(written) * bool(state[places.LINKS])
    stack[state[places.STACK]] = tag_lists.PLAIN
    state[places.STACK] += 1
    state[places.POSITION] = end
    return True


def _is_indent(source: bytes, state: npt.NDArray[np.int64], tag: Tag) -> bool:
    """Returns whether the inline element that compiled code has asked about begins with spaces that it keeps."""
    start = int(state[places.HEAD_END]) + 1
    return tag.name == "span" and source[start : start + 1] in (b" ", b"\t")


def _is_listing(source: bytes, state: npt.NDArray[np.int64], name: str) -> bool:
    """Returns whether the element that compiled code has asked about may be a listing; a long one may."""
    start = int(state[places.HEAD_END]) + 1
    end = source.find(b"<", start)
    least = 2 if name in tag_lists.CODE_TAGS else MIN_LINES
    if source.startswith(f"</{name}>".encode(), end) and source.count(b"\n", start, end) + 1 < least:
        return False
    inner = source[start : start + 4 * MAX_LOOKED_AT].decode("utf-8", "ignore")[:MAX_LOOKED_AT]
    return end_of(inner, name, 0) < 0 or holds_listing(inner, 0, name)


def _has_typed_lines(source: bytes, boxes: list[int], has_codes: bool) -> bool:
    """Returns whether some of a page's elements are lines of code, by the places of its boxes."""
    html = source.decode()
    if len(html) < len(source):
        chars = [len(source[begin:end].decode()) for begin, end in itertools.pairwise((0, *boxes))]
        boxes = list(itertools.accumulate(chars))
    return with_typed_lines_marked(html, boxes, has_codes) is not html


def _tell(page: Blocks, records: list[list[int]], source: bytes, whole: bool) -> None:
    """Looks for facts in tags and parts of the page that have been noted."""
    facts = []
    for kind, begin, end, text_end in records:
        if kind == layout.TAG_RECORD:
            head = source[begin:end].decode()
            facts.append((head.partition(" ")[0], head, source[end + 1 : text_end].decode()))
        elif kind == layout.LICENCES_RECORD:
            facts += licences_within(source[begin:end].decode(), 0, -1)
        else:
            hidden, passed_over = facts_of_hidden_block(source[begin:end].decode(), whole)
            facts += hidden
            page.passed_over += passed_over
    page.facts += filter(matters, facts)
