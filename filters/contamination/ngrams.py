"""Contamination: documents that hold words of a benchmark's items.

A document is contaminated if it shares a run of `ngram` words (13) with a text of an item, or
holds a shorter text whole. Words are those of `filters/shingles.py`: case, punctuation and
layout do not matter. Hits are verified word by word; no hash decides.

What identifies no item, and so is not looked for (counts of the documents that would be
flagged without the rule, of 11,974 of openly licensed code and textbooks, 96 MB, against 13
benchmarks; with all three rules 35 are, by generic code such as nested loops):

- a run that more than MAX_ITEMS items of one benchmark share: it is the benchmark's frame
  (`def check(candidate)`, "For which of these two scenarios …"), not an item (none);
- a run with fewer than TELLING_WORDS distinct words that are longer than a character and no
  number (TELLING_WORDS_WHOLE in a text matched whole): `0, 0, 0, …`, `1, 2, 3, …`, the
  alphabet (92 more);
- a text of fewer than `min_item_words` words; in a list (answers to choose from, test cases)
  of fewer than LISTED_WORDS: "it will have no effect" is somebody's wrong answer (7 more).
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any, Iterable, Sequence

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from data.errors import UsageError, did_you_mean
from data.recipe import Decontaminate
from filters.contamination.benchmarks import BenchmarkFile, read_benchmark
from filters.contamination.postings import Int32Array, Postings, Texts, count_up, index_runs, running_hashes
from filters.shingles import Int64Array, UInt64Array, hash_words, locate_words, words

TELLING_WORDS = 2
TELLING_WORDS_WHOLE = 3
LISTED_WORDS = 7

CONTAMINATION_SCHEMA = pa.schema(
    [
        pa.field("contaminated", pa.bool_(), nullable=False),
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("method", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("span", pa.list_(pa.int32())),
    ]
)


class BenchmarkIndex:
    """The identifying word runs of some benchmarks.

    Attributes:
        names: the benchmarks' names, in order.
        ngram: words of a run.
    """

    def __init__(self, names: list[str], vocabulary: dict[str, int], texts: Texts, ngram: int) -> None:
        self.names, self.ngram = names, ngram
        self._vocabulary, self._texts = vocabulary, texts
        lengths = np.diff(texts.starts)
        self._postings: dict[int, Postings] = {}
        for size in sorted({min(int(length), ngram) for length in lengths}):
            long = size == ngram
            chosen = np.flatnonzero(lengths >= ngram if long else lengths == size)
            self._postings[size] = index_runs(texts, chosen, size, TELLING_WORDS if long else TELLING_WORDS_WHOLE)
        found = [postings.texts for postings in self._postings.values()]
        self._runs_of_text = np.bincount(np.concatenate(found) if found else [], minlength=len(lengths))

    @classmethod
    def build(cls, benchmarks: Sequence[BenchmarkFile], ngram: int = 13, min_item_words: int = 5) -> BenchmarkIndex:
        """Reads the benchmarks and returns their index.

        Args:
            benchmarks: with name, path, fields and id_field, as in the recipe.
            ngram: words of a matched run; shorter texts are matched whole.
            min_item_words: texts with fewer words are left out.

        Raises:
            UsageError: a file cannot be read, or nothing in it can identify an item.
        """
        vocabulary: dict[str, int] = {}
        numbers = [np.empty(0, dtype=np.int32)]
        items: list[int] = []
        owners: list[int] = []
        names: list[str] = []
        for order, benchmark in enumerate(benchmarks):
            for name, texts in read_benchmark(benchmark):
                for text in texts:
                    found = words(text.text)
                    least = LISTED_WORDS if text.listed and len(found) < ngram else min_item_words
                    if len(found) >= max(least, min_item_words):
                        ids = [vocabulary.setdefault(word, len(vocabulary) + 1) for word in found]
                        numbers.append(np.array(ids, dtype=np.int32))
                        items.append(len(names))
                names.append(name)
                owners.append(order)
        telling = [False, *(len(word) > 1 and not word.isdecimal() for word in vocabulary)]
        held = Texts(
            words=np.concatenate(numbers),
            starts=np.cumsum([len(number) for number in numbers], dtype=np.int64),
            items=np.array(items, dtype=np.int32),
            benchmarks=np.array(owners, dtype=np.int32),
            names=names,
            values=hash_words(["", *vocabulary]),
            telling=np.array(telling),
        )
        index = cls([benchmark.name for benchmark in benchmarks], vocabulary, held, ngram)
        index._refuse_blind(benchmarks, min_item_words)
        return index

    def _refuse_blind(self, benchmarks: Sequence[BenchmarkFile], min_item_words: int) -> None:
        """Raises if a benchmark has nothing that can be looked for."""
        seen = set(self._texts.benchmarks[self._texts.items[np.flatnonzero(self._runs_of_text)]].tolist())
        for order, benchmark in enumerate(benchmarks):
            if order not in seen:
                raise UsageError(
                    f"{benchmark.path}: nothing in it identifies an item; expected texts of at least {min_item_words} "
                    "words that are not only numbers and single letters. Check `fields`, or lower `min_item_words`"
                )

    def find(self, texts: Iterable[str | None]) -> pa.Table:
        """Returns for each text whether it is contaminated, and by which item most.

        Returns:
            `contaminated`; `benchmark` and `item` (its id); `method`, `ngram` or `whole`;
            `score`, the share of the identifying runs of one of the item's texts that stand
            in the document (1.0 if whole); `span`, [start, end) characters of the longest
            matched stretch. Null where not contaminated. Of several items the one with the
            highest score, then the most words matched, then the first in the benchmarks' order.
        """
        rows = [self._find_one(text or "") for text in texts]
        columns = zip(*rows, strict=True) if rows else ((),) * len(CONTAMINATION_SCHEMA)
        types = CONTAMINATION_SCHEMA.types
        arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)]
        return pa.Table.from_arrays(arrays, schema=CONTAMINATION_SCHEMA)

    def _find_one(self, text: str) -> tuple[Any, ...]:
        found = words(text)
        known = map(self._vocabulary.get, found, itertools.repeat(0))
        numbers = np.fromiter(known, dtype=np.int32, count=len(found))
        offers = []
        for size, keys in running_hashes(self._texts.values[numbers], self._postings):
            places, hits = self._look_up(numbers, keys, size)
            if len(places):
                offers.append(self._best(places, hits, size))
        if not offers:
            return (False, None, None, None, None, None)
        score, _, negative_text, begin, end, size = max(offers)
        item = int(self._texts.items[-negative_text])
        _, spans = locate_words(text)
        method = "ngram" if size == self.ngram else "whole"
        name = self.names[int(self._texts.benchmarks[item])]
        return (True, name, self._texts.names[item], method, score, [spans[begin][0], spans[end - 1][1]])

    def _look_up(self, numbers: Int32Array, keys: UInt64Array, size: int) -> tuple[Int64Array, Int64Array]:
        """Returns pairs of a place in the document and a posting that holds the same words there."""
        postings = self._postings[size]
        places = np.flatnonzero(postings.present[postings.slots(keys)])
        first = np.searchsorted(postings.keys, keys[places], side="left")
        counts = np.searchsorted(postings.keys, keys[places], side="right") - first
        hits = np.repeat(first, counts) + count_up(counts)
        places = np.repeat(places, counts)
        same = np.ones(len(places), dtype=np.bool_)
        for step in range(size):
            same &= numbers[places + step] == self._texts.words[postings.places[hits] + step]
        return places[same], hits[same]

    def _best(self, places: Int64Array, hits: Int64Array, size: int) -> tuple[float, int, int, int, int, int]:
        """Returns (score, words, -text, first word, end word, size) of the best text found by runs of one size."""
        texts = self._postings[size].texts
        candidates, found = np.unique(texts[np.unique(hits)], return_counts=True)
        scores = found / self._runs_of_text[candidates]  # a text matched whole is one run
        best = np.lexsort((candidates, -found, -scores))[0]
        held = np.unique(places[texts[hits] == candidates[best]])
        longest = max(np.split(held, np.flatnonzero(np.diff(held) > 1) + 1), key=len)
        begin, end = int(longest[0]), int(longest[-1]) + size
        return float(scores[best]), int(found[best]) + size - 1, -int(candidates[best]), begin, end, size


def find_contamination(
    texts: Iterable[str | None], benchmarks: str | Path | Iterable[str | Path | BenchmarkFile], **settings: Any
) -> pa.Table:
    """Finds the texts that hold words of benchmark items.

    Args:
        texts: null and blank texts are not contaminated.
        benchmarks: paths of JSONL files (also .gz, .zst), or recipe entries.
        settings: `ngram` (13), `min_item_words` (5); for paths also `fields` and `id_field`.

    Returns:
        One row for each text, in order; see `BenchmarkIndex.find`. A benchmark is called by
        its file's name without suffixes.

    Raises:
        UsageError: a setting is unknown or a file cannot be read.
    """
    if isinstance(texts, str):
        raise UsageError("find_contamination: expected a list of texts, found one string")
    fields, id_field = settings.pop("fields", None), settings.pop("id_field", None)
    known = ["ngram", "min_item_words", "fields", "id_field"]
    for name in settings:
        if name not in known:
            raise UsageError(f"find_contamination: unknown setting {name!r}.{did_you_mean(name, known)} Known: {known}")
    try:
        chosen = Decontaminate(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"find_contamination: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    listed = [benchmarks] if isinstance(benchmarks, (str, Path)) else list(benchmarks)
    files = [
        _NamedFile(Path(entry).name.split(".jsonl")[0], str(entry), fields, id_field)
        if isinstance(entry, (str, Path))
        else entry
        for entry in listed
    ]
    given = texts.to_pylist() if isinstance(texts, (pa.Array, pa.ChunkedArray)) else list(texts)
    for number, text in enumerate(given):
        if text is not None and not isinstance(text, str):
            raise UsageError(f"find_contamination: texts[{number}]: expected a text, not {type(text).__name__}")
    return BenchmarkIndex.build(files, chosen.ngram, chosen.min_item_words).find(given)


@dataclasses.dataclass(frozen=True)
class _NamedFile:
    name: str
    path: str
    fields: list[str] | None
    id_field: str | None
