"""Codes of natural languages: what a rule that wants `en` takes for English, and `c++` for C++.

A label with a script, as GlotLID and FineWeb-2 write them (`eng_Latn`), has three names: itself,
its ISO 639-3 code (`eng`), and the ISO 639-1 code of its language or macrolanguage (`en`), if
there is one. Any other name is a name as it stands: lid.176's `als` is Alemannic, not Albanian.
"""

from __future__ import annotations

import functools
import re
from typing import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.iso_639 import PAIRS
from data.sources.languages import canonical

_LABEL = re.compile(r"([a-z]{3})_[a-z]{4}")


@functools.cache
def names(language: str) -> tuple[str, ...]:
    """Returns the names that a language answers to, in lower case, its own first."""
    own = language.lower()
    label = _LABEL.fullmatch(own)
    if not label:
        return (own,) if (other := canonical(own)) in (own, None) else (own, other)
    short = _short_codes().get(label[1])
    return (own, label[1], short) if short else (own, label[1])


def are_in(column: pa.Array | pa.ChunkedArray, wanted: Iterable[str]) -> pa.Array | pa.ChunkedArray:
    """Returns for each language whether one of its names is wanted; null is not.

    Args:
        column: languages, natural or programming ones, as strings.
        wanted: names in lower case; one of a programming language may be written otherwise, as in `names`.
    """
    sought = {name for one in wanted for name in (one, canonical(one))}
    there = [name for name in pc.unique(column).to_pylist() if name is not None and not sought.isdisjoint(names(name))]
    return pc.is_in(column, value_set=pa.array(there, column.type))


def common(some: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Returns what both lists of languages have in common: of `en` and `eng_latn` the narrower."""
    found = [name for name in some if set(names(name)) & set(others)]
    return tuple(dict.fromkeys(found + [name for name in others if set(names(name)) & set(some)]))


@functools.cache
def _short_codes() -> dict[str, str]:
    return dict(pair.split("=") for pair in PAIRS.split())
