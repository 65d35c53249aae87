"""OpenCoder's measurements of source files by regular expressions and counters; see `OPENCODER_SIGNALS`."""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable

_NARROW = re.compile(r"'''((?s:.*?))'''|\"\"\"((?s:.*?))\"\"\"|'([^\n]*?)'|\"([^\n]*?)\"")
_WIDE = re.compile(r"'''(.*?)'''|\"\"\"(.*?)\"\"\"|'(.*?)'|\"(.*?)\"", re.DOTALL)
_TOKEN = re.compile(r"\w+|[^\w\s]+")
_URL = re.compile(r".*https?://\S+.*")
_HEXADECIMAL = re.compile(r"\b0[xX][0-9a-fA-F]+\b")
_RETURN = re.compile(r"\s*return(?:\s.*)?", re.DOTALL)


def lowered(text: str) -> str:
    """Returns a text with its ASCII letters in lower case."""
    return "".join(chr(ord(character) + 32) if "A" <= character <= "Z" else character for character in text)


def words_of(text: str) -> list[str]:
    """Returns the runs of letters and digits, ASCII letters in lower case."""
    return "".join(character if character.isalnum() else " " for character in lowered(text)).split(" ")


def strings_of(expression: re.Pattern[str], code: str) -> list[str]:
    """Returns the contents of strings that are not empty."""
    return [group for match in expression.findall(code) for group in match if group]


def top_share(words: list[str], n: int) -> float:
    """Returns the share of characters under the most frequent n-gram, the one that covers most among equals."""
    grams: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(words) - n + 1):
        grams.setdefault(tuple(words[place : place + n]), []).append(place)
    best = (1, 0)
    for places in grams.values():
        covered = {place + k for place in places for k in range(n)}
        if len(places) > 1:
            best = max(best, (len(places), sum(len(words[k]) for k in covered)))
    return best[1] / (sum(map(len, words)) or 1)


def duplicate_share(words: list[str], n: int) -> float:
    """Returns the share of characters under n-grams that have occurred before."""
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for place in range(len(words) - n + 1):
        gram = tuple(words[place : place + n])
        if gram in seen:
            covered.update(range(place, place + n))
        seen.add(gram)
    return sum(len(words[k]) for k in covered) / (sum(map(len, words)) or 1)


def measure_opencoder(text: str, is_comment: Callable[[int], bool]) -> tuple[float, ...]:
    """Returns one file's values in the order of `OPENCODER_SIGNALS`, then the lines that begin with `return`.

    Args:
        text: the file.
        is_comment: whether the character at a place stands in a comment or docstring.
    """
    words = [word for word in words_of(text) if word]
    visible = [character for character in text if not character.isspace()]
    code = "".join(character for place, character in enumerate(text) if not is_comment(place))
    lines = [line for line in code.split("\n") if line.strip()]
    whole, count = len(code) or 1, len(lines) or 1
    squeezed = Counter("".join(line.split()) for line in lines)
    repeated = sum(n for line, n in squeezed.items() if n > 1 and line != "}," and len(line) > 1)
    narrow, wide = strings_of(_NARROW, code), strings_of(_WIDE, code)
    long_words = [word for part in narrow for word in part.split() if len(word) > 20 and not _URL.match(word)]
    long_lines = [line for part in wide for line in part.split("\n") if len(_TOKEN.findall(line)) > 20]
    prompts, raw_lines = 0, text.removesuffix("\n").split("\n") if text else []
    begin = 0
    for line in text.split("\n"):
        said = (m.start() for p in ("your code here", "fixme", "todo") for m in re.finditer(p, lowered(line)))
        prompts += any(is_comment(begin + place) for place in said)
        begin += len(line) + 1

    def with_word(word: str, level: Callable[[str], str] = lowered) -> float:
        return sum(word in level(line) for line in lines) / count

    return (
        len(words),
        sum(map(len, words)) / (len(words) or 1),
        *(top_share(words, n) for n in (2, 3, 4)),
        *(duplicate_share(words, n) for n in (5, 6, 7, 8, 9, 10)),
        sum(character.isalpha() for character in visible) / (len(visible) or 1),
        sum(character.isalnum() and not character.isalpha() for character in visible) / (len(visible) or 1),
        (len(text) - len(visible)) / (len(text) or 1),
        text.count("\ufffd") / (len(text) or 1),
        sum(map(len, _HEXADECIMAL.findall(code))) / whole,
        sum(map(len, narrow)) / whole,
        len(long_lines) / count,
        sum(map(len, long_words)) / whole,
        with_word("assert"),
        prompts / (len(raw_lines) or 1),
        repeated / count,
        with_word("pass"),
        with_word("import"),
        with_word("print", str),
        any(phrase in lowered(text[:200]) for phrase in ("generate", "autogen", "do not edit")),
        len(lines),
        sum(_RETURN.fullmatch(line) is not None for line in lines),
    )
