"""The probe `word-lists`: at how many places of a text a word of its language's list stands.

A recipe gives the words by language, each list as `data.lists` reads it; a folder with a file for
each language (LDNOOBW's `en`, `de`, …); or JSON lines of {"lang": "en", "words": [...]}. A document
in a language without a list is not judged.

Source: Raffel et al. 2020, arXiv 1910.10683, section 2.2; datatrove 0.10.1, C4BadWordsFilter.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError
from data.lists import EntryList, files_in
from data.objects import read_objects
from filters.buffers import FloatArray, read_only, text_buffers
from filters.characters import character_table
from filters.judging.plan import Probe
from filters.kernels.sets import make_trie
from filters.kernels.word_hits import count_hits
from filters.probes.protocol import BadSetting, Findings, list_setting

EXPECTED = (
    "expected lists by language such as {en: words/en.txt, de: words/de.txt}, a folder with a file for each "
    'language, or a .jsonl file with lines such as {"lang": "en", "words": ["…"]}'
)
#: What a JSON lines file is called.
_JSON_LINES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the settings with the words' files and digests.

    Raises:
        BadSetting: no list, a list that is not there or cannot be read, a setting of the wrong type.
    """
    words = settings["words"]
    if words is None:
        raise BadSetting("words", f"is needed, phimill brings no list along: {EXPECTED}")
    lists = {name.lower(): found for name, found in _lists(words, root).items()}
    if not isinstance(settings["fold"], bool):
        raise BadSetting("fold", f"expected true or false, not {settings['fold']!r}")
    for key in ("default_language", "unseparated", "except"):
        _check_names(key, settings[key])
    try:
        for found in lists.values():
            _trie(found, tuple(settings["except"]), settings["fold"])
    except UsageError as failure:
        raise BadSetting("words", str(failure)) from failure
    return {
        "lists": {name: found.to_json() for name, found in sorted(lists.items())},
        "files": {sha256: place for found in lists.values() for sha256, place in found.places.items()},
        **{key: settings[key] for key in ("fold", "default_language", "unseparated", "except")},
    }


def _check_names(key: str, value: object) -> None:
    if key == "default_language":
        if value is not None and not isinstance(value, str):
            raise BadSetting(key, f"expected a language code such as en, or null, not {value!r}")
    elif not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadSetting(key, f"expected a list of texts, not {value!r}")


def _lists(words: object, root: Path) -> dict[str, EntryList]:
    """Returns language → its list.

    Raises:
        BadSetting: not of a form that is expected, a file that is not there.
    """
    if isinstance(words, dict) and list(words) != ["inline"]:
        return {str(language): list_setting(value, root, "words") for language, value in words.items()}
    path = root / words if isinstance(words, str) else None
    if path is not None and path.is_dir():
        files = [file for file in files_in(path) if file.parent == path]
        return {file.name.split(".")[0]: list_setting(str(file), root, "words") for file in files}
    if path is not None and path.name.endswith(_JSON_LINES):
        return _from_json_lines(path)
    raise BadSetting("words", f"{EXPECTED}; not {words!r}")


def _from_json_lines(path: Path) -> dict[str, EntryList]:
    found: dict[str, EntryList] = {}
    try:
        for number, row in read_objects(path):
            language, words = row.get("lang"), row.get("words")
            if not isinstance(language, str) or not isinstance(words, list) or not all(map(_is_text, words)):
                raise UsageError(f"{path}:{number}: {EXPECTED}")
            found[language] = EntryList(inline=tuple(words))
    except UsageError as failure:
        raise BadSetting("words", str(failure)) from failure
    return found


def _is_text(word: object) -> bool:
    return isinstance(word, str) and "\n" not in word


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns `listed_words` of the documents, NaN in languages without a list."""
    default = probe.settings["default_language"]
    languages = pc.utf8_lower(documents["language"].cast(pa.string()))
    languages = pc.fill_null(languages, default.lower()) if default else languages
    hits = np.full(documents.num_rows, np.nan)
    for language in sorted(set(languages.drop_null().to_pylist()) & set(probe.settings["lists"])):
        rows = np.flatnonzero(np.asarray(pc.equal(languages, language).fill_null(False)))
        hits[rows] = count_words(documents["text"].take(pa.array(rows)), language, probe)
    return Findings({"listed_words": hits})


def count_words(texts: pa.ChunkedArray, language: str, probe: Probe) -> FloatArray:
    """Returns at how many places of each text, in lower case, a listed word begins."""
    listed = EntryList.from_json(probe.settings["lists"][language], probe.files)
    trie, firsts = _trie(listed, tuple(probe.settings["except"]), probe.settings["fold"])
    flanked = language not in probe.settings["unseparated"]
    # In Python: Arrow's utf8_lower knows neither the final sigma nor letters that become two.
    lowered = pa.array([text.lower() for text in texts.to_pylist()], pa.large_string())
    counts: FloatArray = count_hits(*text_buffers(lowered), trie, firsts, flanked, read_only(character_table()))
    return counts


@functools.lru_cache(maxsize=128)
def _trie(listed: EntryList, excepted: tuple[str, ...], fold: bool) -> tuple[Any, Any]:
    """Returns the words as a trie, and which bytes they begin with; shape (256,)."""
    entries = [entry for entry in listed.entries() if entry not in excepted]
    words = [entry.lower() if fold else entry for entry in entries]
    trie = make_trie(*text_buffers(pa.array(words, pa.large_string())))
    firsts = np.zeros(256, dtype=np.bool_)
    firsts[[word.encode()[0] for word in words]] = True
    return tuple(map(read_only, trie)), read_only(firsts)
