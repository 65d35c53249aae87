"""The signals of prose, one text at a time and word by word: slow, and nothing to be mistaken in.

What each signal is, `filters/signals/catalogue.py` says; Gopher's repetition is Table A1 of arXiv 2112.11446.
"""

from __future__ import annotations

import re
from typing import Iterable, Sequence

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
CLINGING = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”‘’«»…–—"
BULLETS = "-*•‣⁃◦∙▪●·–"
TERMINALS = (
    ".!?\u0589\u061d\u061e\u061f\u06d4\u0700\u0701\u0702\u07f9\u0837\u0839\u083d\u083e\u0964\u0965\u104a\u104b"
    "\u1362\u1367\u1368\u166e\u1735\u1736\u17d4\u17d5\u1803\u1809\u1944\u1945\u1b5a\u1b5b\u1b5e\u1b5f\u1c3b\u1c3c"
    "\u1c7e\u1c7f\u203c\u203d\u2047\u2048\u2049\u3002\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f"
    "\ua9c8\ua9c9\uaa5d\uaa5e\uaa5f\uaaf0\uaaf1\uabeb\ufe52\ufe56\ufe57\uff01\uff0e\uff1f\uff61…\"'”’»"
)

# Never starts inside a run and never gives back, so that a megabyte of "!" is read once.
SENTENCE = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’»)\]]*+(?=\s|\Z)")


def measure(text: str) -> dict[str, float]:
    """Returns all signals of the groups counts, words, lines and repetition."""
    return {**counts(text), **words(text), **lines(text), **repetition(text)}


def share(part: float, whole: float) -> float:
    """Returns part / whole, and 0 where there is no whole."""
    return part / whole if whole else 0.0


def counts(text: str) -> dict[str, float]:
    """Returns the signals of `signals.COUNTS`."""
    return {
        "characters": len(text),
        "bytes": len(text.encode()),
        "newlines": text.count("\n"),
        "lorem_ipsum": text.lower().count("lorem ipsum"),
        "curly_braces": text.count("{"),
        "sentences": sentences(text),
    }


def sentences(text: str) -> int:
    """Returns the number of sentences by their end marks; see `signals.COUNTS`."""
    ends = [match.end() for match in SENTENCE.finditer(text)]
    rest = text[ends[-1] :] if ends else text
    return len(ends) + any(is_word_character(character) for character in rest)


def is_word_character(character: str) -> bool:
    """Whether a character belongs to words of regular expressions."""
    return character.isalnum() or character == "_"


def words(text: str) -> dict[str, float]:
    """Returns the signals of `signals.WORDS`."""
    found = text.split()
    # A word of 16 characters, punctuation included, is looked at no further.
    bare = [word.strip(CLINGING).lower() for word in found if len(word) < 16]
    stops = [word for word in bare if word in STOP_WORDS]
    return {
        "words": len(found),
        "mean_word_length": share(sum(map(len, found)), len(found)),
        "hash_word_ratio": share(text.count("#"), len(found)),
        "ellipsis_word_ratio": share(text.count("...") + text.count("…"), len(found)),
        "newline_word_ratio": share(text.count("\n"), len(found)),
        "alphabetic_word_share": share(sum(any(map(str.isalpha, word)) for word in found), len(found)),
        "stop_words": len(set(stops)),
        "stop_word_share": share(len(stops), len(found)),
    }


def lines(text: str) -> dict[str, float]:
    """Returns the signals of `signals.LINES`."""
    found = not_empty(text.split("\n"))
    paragraphs = not_empty(re.split(r"\n\s*\n", text))
    prose = [line for line in found if is_prose(line)]
    return {
        "lines": len(found),
        "bullet_line_share": share(sum(line[0] in BULLETS for line in found), len(found)),
        "ellipsis_line_share": share(sum(line.endswith(("...", "…")) for line in found), len(found)),
        "terminal_punctuation_line_share": share(sum(line[-1] in TERMINALS for line in found), len(found)),
        "short_line_share": share(sum(len(line) < 30 for line in found), len(found)),
        "short_line_share_30": share(sum(len(line) <= 30 for line in found), len(found)),
        "prose_char_share": share(characters(prose), characters(found)),
        "duplicate_line_share": share(len(found) - len(set(found)), len(found)),
        "duplicate_line_char_share": share(characters(found) - characters(set(found)), characters(found)),
        "duplicate_paragraph_share": share(len(paragraphs) - len(set(paragraphs)), len(paragraphs)),
        "duplicate_paragraph_char_share": share(
            characters(paragraphs) - characters(set(paragraphs)), characters(paragraphs)
        ),
    }


def not_empty(pieces: Iterable[str]) -> list[str]:
    """Returns pieces stripped of white space, without those that had nothing else."""
    return [piece.strip() for piece in pieces if piece.strip()]


def characters(pieces: Iterable[str]) -> int:
    """Returns the characters of all pieces together."""
    return sum(map(len, pieces))


def is_prose(line: str) -> bool:
    """Whether a stripped line reads like running text; see `prose_char_share`."""
    blanks = line.count(" ")
    return blanks >= 19 or (blanks >= 4 and line[-1] in TERMINALS + ":")


def repetition(text: str) -> dict[str, float]:
    """Returns the signals of `signals.REPETITION`."""
    found = text.split()
    return {
        **{f"top_{n}gram_char_share": top_share(found, n) for n in (2, 3, 4)},
        **{f"duplicate_{n}gram_char_share": duplicate_share(found, n) for n in (5, 6, 7, 8, 9, 10)},
    }


def occurrences(found: Sequence[str], n: int) -> dict[tuple[str, ...], list[int]]:
    """Returns where each n-gram begins."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(found) - n + 1):
        places.setdefault(tuple(found[place : place + n]), []).append(place)
    return places


def covered_share(found: Sequence[str], places: Iterable[int], n: int) -> float:
    """Returns the share of characters under the n-grams that begin at some places; each character counts once."""
    covered = {place + step for place in places for step in range(n)}
    return share(sum(len(found[place]) for place in covered), characters(found))


def top_share(found: Sequence[str], n: int) -> float:
    """Returns the share of characters under the most frequent n-gram, the one that covers most among equals."""
    groups = occurrences(found, n).values()
    most = max(map(len, groups), default=0)
    if most < 2:
        return 0.0
    return max(covered_share(found, places, n) for places in groups if len(places) == most)


def duplicate_share(found: Sequence[str], n: int) -> float:
    """Returns the share of characters under n-grams that have begun earlier."""
    later = [place for places in occurrences(found, n).values() for place in places[1:]]
    return covered_share(found, later, n)
