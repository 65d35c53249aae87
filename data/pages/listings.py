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
#: What lines of code without indentation have, and hardly any of an address, a statute, a play, or a letter's.
_FLAT_SIGNS = re.compile(
    r"""[{}]|\\[A-Za-z]{2}|\\$|&&|\S\s*\|\|\s*\S|\w(?:::|->)\w|[-+*/:!<>=]=|=>|\w\[["']|["]{3}"""
    r"""|</[a-zA-Z]|<[a-z][\w-]*+(?:\s[^<>=]*+=|\s*+/>)|<[?!]\w|^\s*(?:#(?:include|define|if|endif|pragma|!)|//|/\*)"""
    r"""|[A-Za-z_]\w\((?:\)|[^()]*["'_=\[\\]|$)|^(?=.*[A-Za-z_]\w\().*\)\s*[;{.\[]$"""
    r"""|^\s*(?:\w+\.)*[a-z_]\w+\((?!\d+\)|s\)|in\)|n\)).*\):?$"""
    r"""|(?:^|\s)[\w.\])]+\s?=\s?(?:["'\[<$/-]|[A-Za-z_]\w*[.(\[])|(?:^|\s)\w[\w.-]*=\w|=[^=;]*;$|^\s*use\s\w+;$"""
    r"""|^\s*(?:[a-z_]\w*\s+)?[a-z_]\w*(?:\.\w+)*\s?=\s?\S+$"""
    r"""|^\s*(?:\$\s+[a-z./]|(?:>>>|\.{3})\s+[a-z]+(?:[.(=]|\s[=+*/-])|>>>\s[a-z]+\s\w)"""
    r"""|(?:^|\s)--[a-z]++(?:-[a-z]++)*+(?:=|$)|(?:^|\s)(?:~/|\.{1,2}/|/\w[\w.-]*/)\w"""
    r"""|^\s*(?:sudo|pip3?|npm|git|apt-get|yum|docker|mkdir|chmod|wget|curl)\s[a-z./~+-]|^\s*cd\s[\w-]*[./~][\w./~-]*$"""
    r"""|^\s*(?:from\s+\S+\s)?import\s+[\w.*{]+;?$|^\s*(?:echo|export)\s+["'$\w]*[="'$]"""
    r"""|^\s*(?:SELECT|FROM|WHERE|INSERT INTO|CREATE (?:TABLE|INDEX|VIEW))\s[a-z*`"]"""
)
#: What other lines of code have, and some of prose: two such lines count as one.
_FLAT_HINTS = re.compile(
    r""";\s*$|\w\w\(\w|\s--?[a-zA-Z]|\w_\w|(?:^|\s)[~.]{0,2}/\w|[A-Za-z_][\w-]\.[a-z_]\w|\w\[[a-z]|\s=\s|\\"""
    r"""|^\s*(?:[%#]\s+[a-z./]|@\w|>>>\s|\.{3}\s|(?:cd|return|def|const|echo|export|import|make|else|end|if)\b)"""
)
_MIN_SURE_SHARE = 0.2
_MAX_SENTENCE_SHARE = 0.2
_MIN_SENTENCE_WORDS = 8
_COMMENT = re.compile(r"\s*(?:#|//|/\*|<!--)")
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


def is_code_in_lines(text: str) -> bool:
    """Returns whether a text whose lines <br> ends, and for which something else speaks, is code."""
    return is_indented(text) or reads_as_code(text.split(LINE))


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
    if not words or begins_hard(line) or _COMMENT.match(line):
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


def reads_as_code(lines: Sequence[str]) -> bool:
    """Returns whether lines that something else speaks for, as their letters' width does, are code without indentation.

    Hardly any is a sentence, and many have signs that verse, addresses and tables lack.
    """
    filled = [line for line in lines if line.strip()]
    count, unsure = len(filled), [line for line in filled if not _FLAT_SIGNS.search(line)]
    sure = count - len(unsure)
    if count < MIN_LINES or sure < _MIN_SURE_SHARE * count:
        return False
    if sum(map(is_sentence, unsure)) > _MAX_SENTENCE_SHARE * count:
        return False
    hinted = sum([bool(_FLAT_HINTS.search(line)) for line in unsure])
    return sure + hinted / 2 >= _MIN_SIGNED_SHARE * count


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
