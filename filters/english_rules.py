"""spaCy's English tokenizer as tables: the one owner of spaCy.

datatrove's English words and sentences are spaCy's. Its rules are data (classes of characters,
affixes, some 1,300 special cases), which are read from the installed package once on a machine and
kept in the cache folder; `filters/kernels/english.py` applies them. The rules' shape is compiled
in there, so that another version of spaCy with other rules is refused, not guessed at.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Any, Iterable, NamedTuple

import numpy as np
import numpy.typing as npt

from data.compiled import cached_arrays
from data.errors import UsageError
from filters.buffers import IntArray
from filters.characters import CODE_POINTS, UInt32Array, character_table, characters_key

#: Of spaCy 3.8's English rules: prefixes, suffixes, infixes, URLs, special cases, sentence marks.
RULES_DIGEST = "4e9162c52494d1a8"

#: The form of the tables; raised when they change.
TABLE_VERSION = 6

# Bits beside those of `characters.py`.
PREFIX = 1 << 16  # a prefix by itself
SUFFIX = 1 << 17  # a suffix by itself
ICON = 1 << 18  # dingbats and other symbols, split everywhere
ALPHA = 1 << 19  # spaCy's letters
ALPHA_LOWER = 1 << 20
ALPHA_UPPER = 1 << 21
QUOTE = 1 << 22
BEFORE_DOT = 1 << 23  # a full stop after it at the end is a suffix
HOST = 1 << 24  # may begin or end a label of a host name
SENTENCE_MARK = 1 << 25  # ends a sentence, as a token of its own
SYMBOL = 1 << 26  # datatrove's PUNCTUATION_SET
STOP_CHARACTER = 1 << 27  # datatrove's TERMINAL_PUNCTUATION
FULL_STOP = 1 << 28  # .
DIVIDING = 1 << 29  # begins an infix, if what is around it fits

#: Longest special case and longest token of one that affixes would split, in characters.
MAX_SPECIAL, MAX_PATTERN_TOKEN = 12, 8

#: Most tokens of a special case that affixes would split.
MAX_PATTERN_TOKENS = 15

_BASE, _MODULUS = 0x9E3779B97F4A7C15, 1 << 64


class EnglishRules(NamedTuple):
    """The tables, in as few arrays as can be: compiled functions pay for each that they hand on.

    Attributes:
        classes: shape (CODE_POINTS,), bits as above and those of `characters.character_table`.
        keys: hashes: the table of special cases, then that of the trie, then, sorted, what is a
            suffix after a digit (units, currencies, a plus).
        facts: whole numbers: where each section begins (see SECTIONS), then the sections.
    """

    classes: UInt32Array
    keys: npt.NDArray[np.uint64]
    facts: IntArray


#: The sections of `facts`, by the place of their beginning in it; masks and bounds are numbers themselves.
(
    SPECIAL_MASK,  # of the table of special cases, which begins `keys`
    SPECIAL_AT,  # for each slot of it the special case's number, or -1
    SPECIAL_BEGINS,  # for each special case where its characters begin in the next section
    SPECIAL_CODES,
    PIECE_BEGINS,  # for each special case where its token lengths begin in the next section
    PIECES,
    SPECIAL_LENGTHS,  # for each `ends_number`, bits: lengths of the special cases with such ends
    TRIE_MASK,
    TRIE_KEYS,  # where the trie's table begins in `keys`
    TRIE_NEXT,  # for each slot of it the next node; 0 is empty
    TRIE_SPECIAL,  # and the special case that ends there, or -1
    FIRST_LENGTHS,  # likewise of the first tokens on the trie's paths
    SECOND_LENGTHS,  # and of the second ones
    UNIT_KEYS,  # where suffixes after a digit begin in `keys`, to its end
    SECTIONS,
) = range(15)


@functools.cache
def english_rules() -> EnglishRules:
    """Returns the tables; from the cache folder, or made of the installed packages in two seconds.

    Raises:
        UsageError: another spaCy with other rules is installed.
    """
    import importlib.metadata

    versions = "-".join(importlib.metadata.version(name) for name in ("spacy", "datatrove"))
    key = f"english-{TABLE_VERSION}-{versions}-{characters_key()}"  # their bits are in these tables too
    return EnglishRules(**cached_arrays(key, _build))


def text_hash(text: str) -> int:
    """Returns the hash of a text as compiled functions make it; see `kernels/texts.py`."""
    running = 0
    for character in text:
        running = (running * _BASE + ord(character) + 1) % _MODULUS
    return running


def ends_number(first: int, last: int) -> int:
    """Returns a small number that tells most pairs of a first and a last character apart."""
    return (first & 31) << 5 | (last & 31)


def slot_of(key: int, mask: int) -> int:
    """Returns where compiled functions look for a key first; see `kernels/texts.py`."""
    return (((key ^ (key >> 29)) * _BASE % _MODULUS) >> 20) & mask


def _build() -> dict[str, Any]:
    from spacy.lang.en import English

    defaults = English.Defaults
    specials = {text: [_orth(token) for token in tokens] for text, tokens in defaults.tokenizer_exceptions.items()}
    found = rules_digest(defaults, specials)
    if found != RULES_DIGEST:
        raise UsageError(
            "the installed spaCy splits English by other rules than the @datatrove presets stand for "
            f"(digest {found}, expected {RULES_DIGEST}); install the spaCy of constraints.txt"
        )
    special_keys, sections = _specials(specials)
    trie_keys, trie = _trie(specials, _patterns(specials))
    sections |= {**trie, TRIE_KEYS: len(special_keys), UNIT_KEYS: len(special_keys) + len(trie_keys)}
    units = np.array(sorted(map(text_hash, _after_digit())), dtype=np.uint64)
    return {
        "classes": _classes() | character_table(),
        "keys": np.concatenate([special_keys, trie_keys, units]),
        "facts": _pack(sections),
    }


def _pack(sections: dict[int, int | IntArray]) -> IntArray:
    """Returns numbers and sections behind the places of their beginnings."""
    head, rest, end = np.zeros(SECTIONS, dtype=np.int64), [], SECTIONS
    for place in range(SECTIONS):
        section = sections[place]
        if isinstance(section, int):
            head[place] = section
        else:
            head[place], end = end, end + len(section)
            rest.append(section)
    return np.concatenate([head, *rest])


def _orth(token: dict[Any, str]) -> str:
    from spacy.symbols import ORTH

    return token[ORTH]


def rules_digest(defaults: Any, specials: dict[str, list[str]]) -> str:
    """Returns the digest of everything that decides how English is split."""
    from spacy.lang.tokenizer_exceptions import URL_PATTERN
    from spacy.pipeline.sentencizer import Sentencizer

    rules = [*map(list, (defaults.prefixes, defaults.suffixes, defaults.infixes)), URL_PATTERN, defaults.token_match]
    marks = sorted(Sentencizer.default_punct_chars)
    return hashlib.sha256(repr([rules, sorted(specials.items()), marks]).encode()).hexdigest()[:16]


def _classes() -> UInt32Array:
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
    from spacy.lang import char_classes as c
    from spacy.pipeline.sentencizer import Sentencizer

    affixes = "|".join(part for part in (*c.LIST_PUNCT, *c.LIST_QUOTES, *c.LIST_ICONS, "…", "—", "–") if part)
    patterns = {
        PREFIX: f"{affixes}|§|%|=|{c.CURRENCY}",
        SUFFIX: affixes,
        ICON: c.LIST_ICONS[0],
        ALPHA: f"[{c.ALPHA}]",
        ALPHA_LOWER: f"[{c.ALPHA_LOWER}]",
        ALPHA_UPPER: f"[{c.ALPHA_UPPER}]",
        QUOTE: f"[{c.CONCAT_QUOTES}]",
        BEFORE_DOT: rf"[0-9{c.ALPHA_LOWER}%²\-\+{c.PUNCT}(?:{c.CONCAT_QUOTES})]",
        HOST: "[A-Za-z0-9\u00a1-\uffff]",
    }
    table = np.zeros(CODE_POINTS, dtype=np.uint32)
    every = "".join(map(chr, range(CODE_POINTS)))
    for bit, pattern in patterns.items():
        _mark(table, bit, "".join(found for found in re.findall(pattern, every) if len(found) == 1))
    _mark(table, SENTENCE_MARK, "".join(Sentencizer.default_punct_chars))
    _mark(table, SYMBOL, "".join(PUNCTUATION_SET))
    _mark(table, STOP_CHARACTER, "".join(TERMINAL_PUNCTUATION))
    _mark(table, FULL_STOP, ".")
    table[(table & ICON) > 0] |= np.uint32(DIVIDING)
    _mark(table, DIVIDING, ".…+-*^,–—~:<>=/")
    return table


def _mark(table: UInt32Array, bit: int, characters: str) -> None:
    table[np.array(list(map(ord, characters)), dtype=np.int64)] |= np.uint32(bit)


def _after_digit() -> Iterable[str]:
    """Returns what is a suffix if a digit stands before it."""
    from spacy.lang import char_classes as c

    return [*(part.replace("\\", "") for part in (*c.LIST_UNITS, *c.LIST_CURRENCY)), "+"]


def _specials(specials: dict[str, list[str]]) -> tuple[npt.NDArray[np.uint64], dict[int, int | IntArray]]:
    texts = sorted(specials)
    if max(map(len, texts)) > MAX_SPECIAL:
        raise AssertionError("a special case is longer than the kernel looks")
    keys, at = _open_table({text_hash(text): number for number, text in enumerate(texts)})
    pieces = [[len(piece) for piece in specials[text]] for text in texts]
    return keys, {
        SPECIAL_MASK: len(keys) - 1,
        SPECIAL_AT: at,
        SPECIAL_BEGINS: np.cumsum([0, *map(len, texts)]),
        SPECIAL_CODES: np.array([ord(character) for text in texts for character in text]),
        PIECE_BEGINS: np.cumsum([0, *map(len, pieces)]),
        PIECES: np.array([length for some in pieces for length in some]),
        SPECIAL_LENGTHS: _lengths(texts),
    }


def _lengths(texts: Iterable[str]) -> IntArray:
    """Returns for each number that two ends can give the lengths of the texts with such ends, as bits."""
    lengths = np.zeros(ends_number(31, 31) + 1, dtype=np.int64)
    for text in texts:
        lengths[ends_number(ord(text[0]), ord(text[-1]))] |= 1 << len(text)
    return lengths


def _open_table(members: dict[int, int]) -> tuple[npt.NDArray[np.uint64], IntArray]:
    """Returns keys and numbers of an open-addressing table at most a quarter full."""
    size = 1 << (4 * len(members)).bit_length()
    keys, numbers = np.zeros(size, dtype=np.uint64), np.full(size, -1, dtype=np.int64)
    for key, number in members.items():
        slot = slot_of(key, size - 1)
        while numbers[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        keys[slot], numbers[slot] = key, number
    return keys, numbers


def _patterns(specials: dict[str, list[str]]) -> dict[tuple[str, ...], str]:
    """Returns the special cases that affixes or infixes would split: (tokens without special cases) → text."""
    from spacy.lang.en import English

    plain, full = English(), English()
    plain.tokenizer.rules = {}
    affixed = [
        text
        for text in specials
        if full.tokenizer.find_prefix(text)
        or full.tokenizer.find_infix(text)
        or full.tokenizer.find_suffix(text)
        or " " in text
    ]
    patterns = {tuple(token.text for token in plain.tokenizer(text)): text for text in affixed}
    # One token is replaced by itself at most, and loses to every longer match.
    found = {tokens: text for tokens, text in patterns.items() if len(tokens) > 1 or len(specials[text]) > 1}
    for tokens in found:
        if not 2 <= len(tokens) <= MAX_PATTERN_TOKENS or max(map(len, tokens)) > MAX_PATTERN_TOKEN:
            raise AssertionError(f"the kernel does not look for {tokens}")
    return found


def _trie(
    specials: dict[str, list[str]], patterns: dict[tuple[str, ...], str]
) -> tuple[npt.NDArray[np.uint64], dict[int, int | IntArray]]:
    numbers = {text: number for number, text in enumerate(sorted(specials))}
    nodes: dict[tuple[str, ...], int] = {(): 0}
    for tokens in sorted(patterns):
        for depth in range(1, len(tokens) + 1):
            nodes.setdefault(tokens[:depth], len(nodes))
    steps = {trie_key(nodes[path[:-1]], path[-1]): path for path in nodes if path}
    keys, at = _open_table({key: number for number, key in enumerate(steps)})
    paths = list(steps.values())
    following, special = np.zeros(len(keys), dtype=np.int64), np.full(len(keys), -1, dtype=np.int64)
    for slot in np.flatnonzero(at >= 0):
        path = paths[at[slot]]
        following[slot] = nodes[path]
        special[slot] = numbers[patterns[path]] if path in patterns else -1
    return keys, {
        TRIE_MASK: len(keys) - 1,
        TRIE_NEXT: following,
        TRIE_SPECIAL: special,
        FIRST_LENGTHS: _lengths(tokens[0] for tokens in patterns),
        SECOND_LENGTHS: _lengths(tokens[1] for tokens in patterns),
    }


def trie_key(node: int, token: str) -> int:
    """Returns the key of a step from a node by a token, as the kernel makes it."""
    return ((text_hash(token) ^ (node * _BASE % _MODULUS)) * _BASE + len(token)) % _MODULUS
