"""Stop words by language: Gopher's rule for texts in other languages than English.

A word is a run of characters that are not white space, compared in lower case and without the
punctuation around it, as for the signals `stop_words` and `stop_word_share`, which know the
English eight alone. Languages that write no spaces have no such words.

Source: Rae et al. 2021, arXiv 2112.11446, A.1.1; a list for each language as FineWeb-2 has them
(Penedo et al. 2025). No list is shipped but Gopher's.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.errors import UsageError
from data.lists import find_list
from filters.buffers import IntArray, read_only, text_buffers
from filters.characters import CLINGING_MARKS, character_table
from filters.classifiers.language_codes import names
from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting, Findings

#: What `default` means: language → words.
DEFAULT = {"en": ("the", "be", "to", "of", "and", "that", "have", "with")}

_SPACY = re.compile(r"spacy:([a-z]{2,3})")
_KEY = "words"
_EXPECTED = "expected words by language, such as {en: default, de: [der, und], fr: spacy:fr, it: italian.txt}"


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the words themselves: language → sorted words in lower case.

    Raises:
        BadSetting: no list for a language, a file that cannot be read, what is no single word.
    """
    given = settings[_KEY]
    if not isinstance(given, Mapping) or not given or not all(isinstance(name, str) for name in given):
        raise BadSetting(_KEY, f"{_EXPECTED} (`no` wants quotes), not {given!r}")
    return {_KEY: {name.lower(): _words(name.lower(), source, root) for name, source in sorted(given.items())}}


def _words(language: str, source: object, root: Path) -> list[str]:
    """Returns the words that a setting stands for."""
    found: Sequence[object]
    if source == "default":
        if language not in DEFAULT:
            raise BadSetting(_KEY, f"there is no default for {language}; give words, a file, or spacy:{language}")
        found = DEFAULT[language]
    elif isinstance(source, str) and (match := _SPACY.fullmatch(source)):
        found = [word for word in _spacy_words(match[1]) if _bare(word)]
    elif isinstance(source, str):
        found = _read_words(source, root)
    elif isinstance(source, list):
        found = source
    else:
        raise BadSetting(_KEY, f"{_EXPECTED}, not {language}: {source!r}")
    wrong = [word for word in found if not isinstance(word, str) or not _bare(word)]
    if wrong or not found:
        what = f"{wrong[0]!r} is no single word (yes, no, on and off want quotes)" if wrong else "there are no words"
        raise BadSetting(_KEY, f"{language}: {what}")
    return sorted({_bare(str(word)) for word in found})


def _bare(word: str) -> str:
    """Returns a word as texts' words are compared with it; empty if it is not a single one."""
    lower = lower_case()
    bare = "".join(chr(lower[ord(character)]) for character in word.strip().strip(CLINGING_MARKS))
    return bare if len(bare.split()) == 1 else ""


def _spacy_words(code: str) -> list[str]:
    """Returns the stop words that spaCy has for a language, where it is installed."""
    try:
        return sorted(importlib.import_module(f"spacy.lang.{code}.stop_words").STOP_WORDS)
    except ImportError as failure:
        raise BadSetting(_KEY, f"spaCy has no stop words for {code} here ({failure})") from failure


def _read_words(source: str, root: Path) -> list[str]:
    """Returns the words of a file or folder, one a line; see `data.lists`."""
    try:
        return find_list(source, root, _KEY).entries()
    except UsageError as failure:
        raise BadSetting(_KEY, str(failure)) from failure


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns `stop_words`, how many of its language's occur, and `stop_word_share`, what share of words is one.

    A document is compared with the list of its language; without one both are NaN.
    """
    from filters.kernels.stop_words import count_stop_words

    words: Mapping[str, list[str]] = probe.settings[_KEY]
    lists = _lists_of(documents["language"], list(words))
    rows = np.flatnonzero(lists >= 0)
    texts = documents["text"].combine_chunks().take(pa.array(rows))
    data, offsets = text_buffers(texts)
    found = count_stop_words(
        data, offsets, character_table(), lower_case(), read_only(lists[rows]), *_packed(words.values())
    )
    signals = {name: np.full(len(lists), np.nan) for name in ("stop_words", "stop_word_share")}
    signals["stop_words"][rows] = found[:, 0]
    signals["stop_word_share"][rows] = found[:, 1] / np.maximum(found[:, 2], 1)
    return Findings(signals)


def _lists_of(languages: pa.ChunkedArray, known: list[str]) -> IntArray:
    """Returns for each document which of the known languages it is in, -1 for another."""
    places = {name: number for number, name in enumerate(known)}

    @functools.cache
    def place(language: str | None) -> int:
        return next((places[name] for name in names(language or "") if name in places), -1)

    return np.fromiter(map(place, languages.to_pylist()), np.int64, len(languages))


def _packed(lists: Iterable[list[str]]) -> tuple[IntArray, npt.NDArray[np.uint32], IntArray]:
    """Returns sorted lists of words as arrays: see `kernels.stop_words.count_stop_words`."""
    flat = [list(map(ord, word)) for words in lists for word in words]
    firsts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    starts = np.cumsum([0, *map(len, flat)], dtype=np.int64)
    letters = np.array([code for word in flat for code in word], dtype=np.uint32)
    return read_only(firsts), read_only(letters), read_only(starts)


@functools.cache
def lower_case() -> npt.NDArray[np.uint32]:
    """Returns each character in lower case, as one character: ς is σ, and İ stays; shape (code points,)."""
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for character in map(chr, range(0x20000)):
        lower = character.lower()
        if len(lower) == 1 and lower != character:
            table[ord(character)] = ord(lower)
    table[ord("ς")] = ord("σ")
    frozen: npt.NDArray[np.uint32] = read_only(table)
    return frozen
