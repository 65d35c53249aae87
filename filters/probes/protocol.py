"""Probes: measurements with settings of their own, that a filter brings along.

A probe measures documents for one filter of a recipe. If it also changes their text, it is a
modifier, and what follows it in the recipe is measured on the changed text. Each kind of probe
has a module that owns it, with two functions:

    check(settings, root) -> settings   # once, before work begins
    measure(probe, documents) -> Findings   # in a worker, some megabytes at a time

`check` gets every setting of the preset with the recipe's changes, and the folder that relative
paths start from. It returns plain values, with the SHA-256 of every file read, since they make
the fingerprint; where these files stand is told apart under `files`, which does not count
(`Probe.files`). It raises `BadSetting` where a value cannot be used.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Mapping, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.errors import UsageError
from data.lists import EntryList, find_list
from filters.judging.plan import Probe

#: The columns of documents that a probe gets; `text` is large_string, without nulls.
DOCUMENT_COLUMNS = ("id", "text", "url", "source", "kind", "language", "metadata")


class BadSetting(ValueError):
    """A setting that a probe cannot use: its key, and what was expected."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def list_setting(value: object, root: Path, key: str) -> EntryList:
    """Returns the list of entries that a setting names.

    Raises:
        BadSetting: nothing is there, or it is not of the form that `data.lists` reads.
    """
    try:
        return find_list(value, root, key)
    except UsageError as failure:
        raise BadSetting(key, str(failure)) from failure


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a probe found.

    Attributes:
        columns: for each of the probe's signals its values; shape (documents,), NaN for null.
        texts: the documents' texts as they are now (large_string), for modifiers; else None.
        reasons: the fault that it names for each document (a text or None), if `Probe.says_why`.
    """

    columns: Mapping[str, npt.NDArray[np.float64]]
    texts: pa.Array | None = None
    reasons: npt.NDArray[np.object_] | None = None


class Owner(Protocol):
    """The module that owns a kind of probe."""

    def check(self, settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
        """Returns the settings as plain values, once, before work begins; raises BadSetting."""

    def measure(self, probe: Probe, documents: pa.Table) -> Findings:
        """Returns what some documents give, in a worker, some megabytes at a time."""


def owner(kind: str) -> Owner:
    """Returns the module that owns a kind of probe, imported now.

    Imports are written out, so that fingerprints see them (see `data.fingerprint.code_digest`).
    """
    if kind in ("c4-lines", "c4-lines-datatrove", "c4-lines-tfds"):
        import filters.probes.c4_lines

        return filters.probes.c4_lines
    if kind == "refinedweb-lines":
        import filters.probes.refinedweb_lines

        return filters.probes.refinedweb_lines
    if kind == "unicode-form":
        import filters.probes.unicode_form

        return filters.probes.unicode_form
    if kind == "stop-words":
        import filters.probes.stop_words

        return filters.probes.stop_words
    if kind == "url-lists":
        import filters.probes.url_lists

        return filters.probes.url_lists
    if kind == "word-lists":
        import filters.probes.word_lists

        return filters.probes.word_lists
    if kind == "datatrove":
        import filters.probes.datatrove_filter

        return filters.probes.datatrove_filter
    if kind == "function":
        import filters.probes.own_function

        return filters.probes.own_function
    raise KeyError(kind)
