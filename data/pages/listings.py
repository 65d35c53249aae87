"""Code as pages without highlighters show it: lines set by <br>, hard spaces that indent, columns of line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: Stands for <br> until a block's spaces are folded.
LINE = "\x01"
_SPACES = re.compile(r"[ \t\r\n\f]+")
#: Spaces at the beginning of a line of which two are hard ones.
_HARD = re.compile(r"[ \t\r\n\f]*\xa0[ \t\r\n\f]*\xa0[ \t\r\n\f\xa0]*(?=[^ \t\r\n\f\xa0])")
_HARD_LINE = re.compile(LINE + _HARD.pattern)
_BREAKS = re.compile(rf"{LINE}\s*{LINE}[\s{LINE}]*")
_DIGITS = re.compile(r"[\d\s.:|]*")
_NUMBERED = re.compile(r"[ \t.:|]*(\d{1,6})[ \t.:|]*(?:\n|\Z)")
_TWO_NUMBERED = re.compile(r"\s*(\d{1,6})(?!\d)[^\n]*\n[ \t]*(\d{1,6})(?!\d)")
#: Code has lines that are indented, or end as no sentence does.
_OF_CODE = re.compile(r"\n[ \t]+\S|[;{}:,(\[>]\r?\n")
MIN_LINES = 3
#: What prose and verse hardly have, of which so large a share of a listing's lines has something; not prices, not the
#: sign of quoted mail.
_SIGNS = re.compile(r"[{}\[\]=<_\\|]|\$(?!\d)|[^\s>]\s*>|\w\(|;\s*$|^\s*(?:#|//|/\*|--|@\w)")
_MIN_SIGNED_SHARE = 0.4
_MIN_SENTENCE_WORDS = 8
_BEGINS_HARD = re.compile(r"[ \t\r\n\f]*\xa0[ \t\r\n\f]*\xa0[ \t\r\n\f\xa0]*[^ \t\r\n\f\xa0]")
#: Longer texts are folded in pieces.
PIECE_CHARS = 2**16
_SPACE, _LINE_END = re.compile(r"\s"), re.compile("\n")


def is_numbers(text: str) -> bool:
    """Returns whether a text is line numbers alone."""
    return bool(_DIGITS.fullmatch(text))


def fold_lines(text: str) -> str:
    """Returns lines that <br> ends, spaces folded; hard spaces that indent a line stay, as plain ones."""
    lines: list[str] = []
    for line in text.split(LINE):
        folded = " ".join(line.split())
        if folded:
            hard = _HARD.match(line) if lines else None
            lines.append((" " * len(_SPACES.sub(" ", hard[0]).lstrip(" ")) if hard else "") + folded)
    return "\n".join(lines)


def code_of(text: str) -> str:
    """Returns code whose lines <br> ends; plain spaces are folded, as a browser does."""
    return "\n".join(_SPACES.sub(" ", line).removeprefix(" ") for line in text.split(LINE))


def is_indented(text: str) -> bool:
    """Returns whether a line after a <br> is indented by hard spaces."""
    return bool(_HARD_LINE.search(text))


def paragraphs(text: str) -> list[str]:
    """Returns the parts of a text between two breaks and more."""
    return [part for part in _BREAKS.split(text) if part.strip(LINE + " \n")]


def is_listing(text: str) -> bool:
    """Returns whether a text with lines of its own looks like code."""
    return text.count("\n") + 1 >= MIN_LINES and bool(_OF_CODE.search(text))


def is_set_in_lines(text: str) -> bool:
    """Returns whether a text whose line breaks are those of the source is code, and not what an editor has wrapped."""
    if text.count("\n") + 1 < MIN_LINES or not is_listing(text):
        return False
    first, *others = text.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in others if line.strip()]
    filled = len(indents) + bool(first.strip())
    return filled >= MIN_LINES and (len(set(indents)) > 1 or not any(indents))


def begins_hard(line: str) -> bool:
    """Returns whether two hard spaces and more indent a line."""
    return bool(_BEGINS_HARD.match(line))


def is_sentence(line: str) -> bool:
    """Returns whether a line without hard spaces before it is one of prose."""
    words = line.split()
    is_ended = words[-1].endswith((".", "!", "?", ":")) if words else False
    if not words or begins_hard(line):
        return False
    if len(words) >= _MIN_SENTENCE_WORDS:
        return is_ended or not _SIGNS.search(line)
    return is_ended and words[0][:1].isupper() and not _SIGNS.search(line)


def looks_like_code(lines: Sequence[str]) -> bool:
    """Returns whether lines that nothing else calls code are: some are indented, many have signs that prose has not."""
    filled = [line for line in lines if line.strip()]
    if len(filled) < MIN_LINES or len({len(line) - len(line.lstrip()) for line in filled}) == 1:
        return False
    if 2 * sum([_is_long_sentence(line) for line in filled]) >= len(filled):
        return False
    return sum([bool(_SIGNS.search(line)) for line in filled]) >= _MIN_SIGNED_SHARE * len(filled)


def _is_long_sentence(line: str) -> bool:
    words = line.split()
    return len(words) >= _MIN_SENTENCE_WORDS and words[-1].endswith((".", "!", "?"))


def may_be_numbered(code: str) -> bool:
    """Returns whether the first two lines begin with numbers that count up by one."""
    found = _TWO_NUMBERED.match(code)
    return found is not None and int(found[2]) == int(found[1]) + 1


def numbers_before(code: str) -> int:
    """Returns how many lines in a row, from the first on, are numbers that count up by one; none if fewer than two."""
    count = expected = place = 0
    while code.startswith("\n", place):
        place += 1
    while found := _NUMBERED.match(code, place):
        if count and int(found[1]) != expected:
            break
        count, expected, place = count + 1, int(found[1]) + 1, found.end()
    return count if count > 1 else 0


def without_numbers(code: str) -> str:
    """Returns code without the column of line numbers that stands before it, if it has as many lines."""
    count = numbers_before(code)
    lines = code.strip("\n").split("\n")
    return "\n".join(lines[count:]) if count and abs(len(lines) - 2 * count) <= 1 else code


def are_numbers_of(numbers: str, code: str) -> bool:
    """Returns whether a text is the line numbers of code that has as many lines."""
    count = numbers_before(numbers)
    return bool(count) and count == numbers.count("\n") + 1 and abs(code.count("\n") + 1 - count) <= 1


def plain_code(code: str) -> str:
    """Returns code with plain line breaks and spaces."""
    code = code.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace(LINE, "\n")
    if not code.isascii():
        code = code.replace("\u2003", " " * 4).replace("\u2002", "  ")
    return code.replace("\u200b", "") if "\u200b" in code else code  # editors put it on blank lines


def trim_code(code: str) -> str:
    """Returns code without blank lines around it and without spaces at the ends of its lines."""
    pieces = ["\n".join([line.rstrip() for line in piece.split("\n")]) for piece in _pieces(code, _LINE_END)]
    del code  # with what the caller has, a long one would stand here three times
    begin, end = 0, len(pieces)
    while begin < end and not pieces[begin].strip("\n"):
        begin += 1
    while begin < end and not pieces[end - 1].strip("\n"):
        end -= 1
    if begin < end:
        pieces[begin] = pieces[begin].lstrip("\n")
        pieces[end - 1] = pieces[end - 1].rstrip("\n")
    return "".join(pieces[begin:end])


def folded_words(text: str) -> tuple[str, int]:
    """Returns a text with one space for each run of white space, none at its ends, and how many words it has."""
    if len(text) <= PIECE_CHARS:
        words = text.split()
        return " ".join(words), len(words)
    folded, count = [], 0
    for piece in _pieces(text, _SPACE):
        words = piece.split()
        count += len(words)
        if words:
            folded.append(" ".join(words))
    return " ".join(folded), count


def count_words(text: str) -> int:
    """Returns how many words a text has."""
    return sum([len(piece.split()) for piece in _pieces(text, _SPACE)])


def _pieces(text: str, between: re.Pattern[str]) -> Iterator[str]:
    """Yields a text in pieces that end before a space or the like: a word takes ten times its room as a string."""
    start = 0
    while len(text) - start > PIECE_CHARS and (found := between.search(text, start + PIECE_CHARS)):
        yield text[start : found.start()]
        start = found.start()
    yield text[start:] if start else text
