"""Where in a text a signal gets its value from: the stretches to mark when a document is read.

A reading for people, in plain Python on one text. Words, lines and paragraphs are those of
`filters/signals/catalogue.py`; a peer that splits words in its own way is marked by the same ones, so its marks
can differ from its number by a word here and there.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from filters.probes.stop_words import DEFAULT

#: [start, end) characters.
Span = tuple[int, int]

#: Spans of one signal that are returned at most.
MOST = 4000

_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\n]+")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_TERMINAL = re.compile(r"[.!?…。！？][\"'”’»)\]]*$|[\"”»]$")


@dataclasses.dataclass(frozen=True)
class Marks:
    """What is marked for a signal, in words, and where."""

    what: str
    spans: list[Span]


def find_spans(signal: str, text: str, *, lower: bool, bound: float) -> Marks | None:
    """Returns what makes a signal's value in a text; None where no place in the text can be pointed at.

    Args:
        signal: as a rule names it, a modifier's prefix included (`c4.words`).
        text: the document.
        lower: whether the rule's bound is a lower one; then what is lacking is marked, where that can be.
        bound: the rule's bound.
    """
    name = signal.rsplit(".", 1)[-1]
    for pattern, side, what, finder in _FINDERS:
        match = re.search(pattern, name)
        if match and side in (None, lower):
            number = int(match[1]) if match.groups() and match[1] and match[1].isdigit() else 0
            spans = finder(text, number, bound)
            return Marks(
                what.format(n=number, bound=f"{bound:g}"), [span for span in spans if span[1] > span[0]][:MOST]
            )
    return None


def _lines(text: str) -> list[tuple[str, Span]]:
    """Returns the lines that are not blank, stripped, with their places."""
    found = []
    for match in _LINE.finditer(text):
        bare = match[0].strip()
        if bare:
            start = match.start() + match[0].index(bare)
            found.append((bare, (start, start + len(bare))))
    return found


def _paragraphs(text: str) -> list[tuple[str, Span]]:
    """Returns what stands between blank lines, stripped, with its place."""
    found, start = [], 0
    ends = [match.span() for match in _BLANK_LINES.finditer(text)]
    for end, after in [*ends, (len(text), len(text))]:
        bare = text[start:end].strip()
        if bare:
            place = start + text[start:end].index(bare)
            found.append((bare, (place, place + len(bare))))
        start = after
    return found


def _seen_before(pieces: Sequence[tuple[str, Span]]) -> list[Span]:
    seen: set[str] = set()
    spans = []
    for piece, span in pieces:
        if piece in seen:
            spans.append(span)
        seen.add(piece)
    return spans


def _duplicate_lines(text: str, number: int, bound: float) -> list[Span]:
    return _seen_before(_lines(text))


def _duplicate_paragraphs(text: str, number: int, bound: float) -> list[Span]:
    return _seen_before(_paragraphs(text))


def _grams(text: str, size: int) -> tuple[list[str], list[Span]]:
    matches = list(_WORD.finditer(text))
    words = [match[0] for match in matches]
    grams = ["\n".join(words[place : place + size]) for place in range(len(words) - size + 1)]
    spans = [(matches[place].start(), matches[place + size - 1].end()) for place in range(len(grams))]
    return grams, spans


def _top_gram(text: str, size: int, bound: float) -> list[Span]:
    grams, spans = _grams(text, size)
    counts = Counter(grams)
    often = max(counts.values(), default=0)
    places: dict[str, list[Span]] = {gram: [] for gram, number in counts.items() if number == often > 1}
    for gram, span in zip(grams, spans, strict=True):
        if gram in places:
            places[gram].append(span)
    # Among equals, the one that covers most.
    return max((_joined(some) for some in places.values()), key=lambda some: _ink(text, some), default=[])


def _ink(text: str, spans: Sequence[Span]) -> int:
    return sum(not character.isspace() for start, end in spans for character in text[start:end])


def _duplicate_grams(text: str, size: int, bound: float) -> list[Span]:
    grams, spans = _grams(text, size)
    return _joined(_seen_before(list(zip(grams, spans, strict=True))))


def _joined(spans: Iterator[Span] | Sequence[Span]) -> list[Span]:
    """Returns spans with those that overlap made one; they come in order."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _lines_that(test: Callable[[str, float], bool]) -> Callable[[str, int, float], list[Span]]:
    return lambda text, number, bound: [span for line, span in _lines(text) if test(line, bound)]


def _words_that(test: Callable[[str, float], bool]) -> Callable[[str, int, float], list[Span]]:
    return lambda text, number, bound: [match.span() for match in _WORD.finditer(text) if test(match[0], bound)]


def _matches(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[str, int, float], list[Span]]:
    compiled = re.compile(pattern, flags)
    return lambda text, number, bound: [match.span() for match in compiled.finditer(text)]


def _in_head(pattern: re.Pattern[str]) -> Callable[[str, int, float], list[Span]]:
    """Returns a finder that looks at the first five lines."""

    def find(text: str, number: int, bound: float) -> list[Span]:
        head = "\n".join(text.split("\n", 5)[:5])
        return [match.span() for match in pattern.finditer(head)]

    return find


def _is_prose(line: str) -> bool:
    words = len(line.split())
    return words >= 20 or (words >= 5 and (bool(_TERMINAL.search(line)) or line.endswith(":")))


_STOP_WORDS = rf"\b(?:{'|'.join(DEFAULT['en'])})\b"
_SAYS_GENERATED = re.compile(
    r"auto-?\s?generated|automatically generated|generated by|do not edit|\bgenerate|autogen", re.I
)
_BULLETS = "-*•‣◦●▪■□▫▶◀–"

#: Pattern of the signal's name; the side of the bound that it is for (True: lower, None: either); what is
#: marked; the finder, which is given the text, the number in the name and the bound. The first one counts.
_FINDERS: tuple[tuple[str, bool | None, str, Callable[[str, int, float], list[Span]]], ...] = (
    (r"(?:duplicate|repeated)_line", None, "lines that equal an earlier line", _duplicate_lines),
    (r"duplicate_paragraph", None, "paragraphs that equal an earlier one", _duplicate_paragraphs),
    (r"top_(\d+)gram", None, "the most frequent run of {n} words", _top_gram),
    (r"dup(?:licat)?e_(\d+)gram", None, "runs of {n} words that have stood there before", _duplicate_grams),
    (
        r"bullet",
        None,
        "lines that begin with a bullet",
        _lines_that(lambda line, bound: line[0] in _BULLETS),
    ),
    (
        r"ellipsis_line|lines_end_with_ellipsis",
        None,
        "lines that end in an ellipsis",
        _lines_that(lambda line, bound: line.endswith(("...", "…"))),
    ),
    (
        r"terminal",
        True,
        "lines that do not end like a sentence",
        _lines_that(lambda line, bound: not _TERMINAL.search(line)),
    ),
    (r"short_line", None, "lines of at most 30 characters", _lines_that(lambda line, bound: len(line) <= 30)),
    (
        r"prose_char",
        True,
        "lines that do not read like prose",
        _lines_that(lambda line, bound: not _is_prose(line)),
    ),
    (
        r"max_line_chars|longest_line",
        False,
        "lines of more than {bound} characters",
        _lines_that(lambda line, bound: len(line) > bound),
    ),
    (
        r"mean_line_chars",
        False,
        "lines of more than {bound} characters",
        _lines_that(lambda line, bound: len(line) > bound),
    ),
    (r"lorem_ipsum", None, "lorem ipsum", _matches(r"lorem\s+ipsum", re.I)),
    (r"curly", None, "curly brackets", _matches(r"[{}]")),
    (r"javascript", None, "the word javascript", _matches(r"javascript", re.I)),
    (r"hash_word", None, "#", _matches(r"#")),
    (r"ellipsis_word", None, "ellipses", _matches(r"\.\.\.|…")),
    (r"symbol", None, "# and ellipses", _matches(r"#|\.\.\.|…")),
    (
        r"(?<!non)alphabetic_word|no_alph_words",
        None,
        "words without a letter",
        _words_that(lambda word, bound: not any(map(str.isalpha, word))),
    ),
    (
        r"nonalphabetic_word",
        None,
        "words without a letter",
        _words_that(lambda word, bound: not any(map(str.isalpha, word))),
    ),
    (r"stop_word", True, "the stop words that are there", _matches(_STOP_WORDS, re.I)),
    (
        r"(?:mean|median)_word_length",
        False,
        "words of more than {bound} characters",
        _words_that(lambda word, bound: len(word) > bound),
    ),
    (
        r"long_word_char",
        None,
        "words of more than 20 characters",
        _words_that(lambda word, bound: len(word) > 20),
    ),
    (
        r"all_caps",
        None,
        "words in capitals",
        _words_that(lambda word, bound: word.isupper()),
    ),
    (
        r"encoded|hexadecimal",
        None,
        "runs of encoded data",
        _matches(r"[A-Za-z0-9+/=]{64,}|(?:\\x[0-9A-Fa-f]{2}){8,}|(?:\\u[0-9A-Fa-f]{4}){8,}|\b0x[0-9A-Fa-f]+\b"),
    ),
    (r"generated", None, "what says that a program wrote it", _in_head(_SAYS_GENERATED)),
    (r"xml_header", None, "the XML declaration", _matches(r"\A.{0,100}?<\?xml version=", re.S)),
    (r"(?:visible|displayed)_text", True, "markup", _matches(r"<[^<>]{1,2000}>")),
    (r"replacement_char", None, "broken characters (U+FFFD)", _matches("\ufffd+")),
    (r"(?<!visible_)digit_share|numerical_chars", None, "digits", _matches(r"\d+")),
    (r"import_line", None, "imports", _matches(r"^.*\bimport\b.*$", re.M)),
    (r"print_line", None, "prints", _matches(r"^.*\bprint\b.*$", re.M)),
    (r"assert_line", None, "assertions", _matches(r"^.*\bassert\b.*$", re.M)),
    (r"pass_line", None, "lines with pass", _matches(r"^.*\bpass\b.*$", re.M)),
    (r"prompt_comment", None, "notes to be done", _matches(r"^.*(?:your code here|fixme|todo).*$", re.M | re.I)),
)
