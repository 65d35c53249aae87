"""Repeated lines and paragraphs, against a slow reference that works on Python's strings."""

from __future__ import annotations

import itertools
import random
import re
import unicodedata
from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.deduplication import Deduplicate
from filters.cuts.counts import COUNTS, add_up, count_pieces
from filters.cuts.pieces import without
from filters.cuts.reading import RepeatReader, group_names
from filters.cuts.repeated import Repeated

DOMAINS = ("https://a.example.co.uk/x", "https://b.example.co.uk/y", "https://other.org/", None)


def level(line: str) -> str:
    return " ".join(unicodedata.normalize("NFC", line).casefold().split())


def table_of(texts: list[str], urls: list[str | None], kinds: list[str] | None = None) -> pa.Table:
    return pa.table(
        {
            "text": pa.array(texts, pa.large_string()),
            "url": pa.array(urls, pa.string()),
            "kind": kinds or ["web"] * len(texts),
            "source": ["s"] * len(texts),
        }
    )


def run(table: pa.Table, settings: Deduplicate, cuts: list[int], ranks: list[int] | None = None) -> list[str]:
    """Returns the texts without what is repeated; counted in parts that end at some rows."""
    reader = RepeatReader(settings)
    borders = [0, *cuts, table.num_rows]
    ranked = np.array(ranks if ranks is not None else [0] * table.num_rows, dtype=np.int64)
    parts, tables = [], []
    for first, last in itertools.pairwise(borders):
        read = reader.read(table.slice(first, last - first))
        seen = read.candidates
        counted = count_pieces((seen.high, seen.low), seen.what, seen.rows, ranked[first:last])
        parts.append((read, ranked[first:last]))
        tables.append(counted)
    repeated = Repeated(add_up(tables, settings))
    left = []
    for read, own in parts:
        left += without(read.texts, repeated.cut(read, own, settings).ranges).to_pylist()
    return left


def solid(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def reference(texts: list[str], groups: list[str], least: int, min_chars: int) -> list[list[str]]:
    """Returns the lines that stay of each text."""
    seen: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, (text, group) in enumerate(zip(texts, groups, strict=True)):
        for line in solid(text):
            seen[group, level(line)].add(number)
    return [
        [line for line in solid(text) if len(line) < min_chars or len(seen[group, level(line)]) < least]
        for text, group in zip(texts, groups, strict=True)
    ]


def random_texts(seed: int, number: int) -> tuple[list[str], list[str | None]]:
    draw = random.Random(seed)
    phrases = ["Home  Page", "home page", "Straße", "STRASSE", "e\u0301t\u00e9", "\u00e9te\u0301", "", " ", "ab"]
    phrases += [f"line {n}" for n in range(60)]
    texts = ["\n".join(draw.choices(phrases, k=draw.randrange(12))) for _ in range(number)]
    return texts, [draw.choice(DOMAINS) for _ in range(number)]


@pytest.mark.parametrize("seed", range(6))
def test_lines_are_cut_as_a_slow_reference_cuts_them_however_the_parts_are_divided(seed: int) -> None:
    texts, urls = random_texts(seed, 60)
    settings = Deduplicate(lines={"min_documents": 3, "min_chars": 4})
    domain = {DOMAINS[0]: "example.co.uk", DOMAINS[1]: "example.co.uk", DOMAINS[2]: "other.org", None: "source s"}
    expected = reference(texts, [domain[url] for url in urls], 3, 4)
    table = table_of(texts, urls)
    whole = run(table, settings, [])
    assert [solid(text) for text in whole] == expected
    assert whole != texts
    assert run(table, settings, [1, 7, 30, 30]) == whole


def test_a_line_counts_once_for_a_document_however_often_it_stands_there() -> None:
    texts = ["the same line\n" * 5, "the same line\nand another one"]
    table = table_of(texts, [None] * 2)
    assert run(table, Deduplicate(lines={"min_documents": 3}), []) == texts
    assert run(table, Deduplicate(lines={"min_documents": 2}), []) == ["", "and another one"]


def test_just_below_the_bounds_nothing_goes() -> None:
    texts = ["0123456789\nx", "0123456789\ny", "0123456789\nz"]
    table = table_of(texts, [None] * 3)
    assert run(table, Deduplicate(lines={"min_documents": 4}), []) == texts
    assert run(table, Deduplicate(lines={"min_documents": 3}), []) == ["x", "y", "z"]
    assert run(table, Deduplicate(lines={"min_documents": 3, "min_chars": 11}), []) == texts


def test_domains_are_counted_apart_unless_the_corpus_is_wanted() -> None:
    texts = ["shared by all of them\nx", "shared by all of them\ny"]
    table = table_of(texts, ["https://one.org/", "https://two.org/"])
    assert run(table, Deduplicate(lines={"min_documents": 2}), []) == texts
    assert run(table, Deduplicate(lines={"min_documents": 2, "within": "corpus"}), []) == ["x", "y"]
    assert run(table, Deduplicate(lines={"min_documents": 2, "within": "source"}), []) == ["x", "y"]


def test_groups_are_registered_domains_then_hosts_then_sources() -> None:
    urls = ["https://www.a.co.uk:80/x?y", "http://localhost/z", "http://10.0.0.1/", None, "http://[::1"]
    entry = Deduplicate(lines={}).lines
    assert entry is not None
    found = group_names(table_of([""] * 5, urls), entry)
    assert found == ["a.co.uk", "localhost", "10.0.0.1", "source s", "source s"]


def test_other_kinds_are_neither_counted_nor_cut() -> None:
    texts = ["import numpy as np\nx", "import numpy as np\ny", "import numpy as np\nz"]
    table = table_of(texts, [None] * 3, ["code", "web", "web"])
    assert run(table, Deduplicate(lines={"min_documents": 3}), []) == texts
    assert run(table, Deduplicate(lines={"min_documents": 2}), []) == [texts[0], "y", "z"]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_with_keep_one_the_first_one_of_the_best_document_stays(order: list[int]) -> None:
    line = "every document has this"
    texts = [f"a\n{line}", f"{line}\nb\n{line}", f"{line}\nc"]
    settings = Deduplicate(lines={"min_documents": 3, "copies": "keep_one"})
    left = run(table_of([texts[n] for n in order], [None] * 3), settings, [1], [[5, 2, 9][n] for n in order])
    assert [left[order.index(n)] for n in range(3)] == ["a", f"{line}\nb", "c"]


def test_what_equals_what_is_said_by_the_settings() -> None:
    texts = ["Hello, World of text\nx", "hello world  of TEXT\ny"]
    table = table_of(texts, [None] * 2)
    entry: dict[str, Any] = {"min_documents": 2}
    assert run(table, Deduplicate(lines={**entry, "equal": "verbatim"}), []) == texts
    assert run(table, Deduplicate(lines=entry), []) == texts
    assert run(table, Deduplicate(lines={**entry, "equal": "words"}), []) == ["x", "y"]


def test_lines_without_a_word_are_not_all_the_same_where_words_count() -> None:
    texts = ["--------------\nx", "**************\ny"]
    assert run(table_of(texts, [None] * 2), Deduplicate(lines={"min_documents": 2, "equal": "words"}), []) == texts


def test_code_between_fences_stays_and_its_lines_count_for_nothing() -> None:
    code = "```python\nimport numpy as np\n```"
    texts = [f"{code}\nx", f"{code}\ny", f"{code}\n\nimport numpy as np\nz"]
    assert run(table_of(texts, [None] * 3), Deduplicate(lines={"min_documents": 2}), []) == texts
    assert run(table_of(texts, [None] * 3), Deduplicate(paragraphs={"min_documents": 2}), []) == texts


def test_paragraphs_go_whole_and_their_lines_alone_stay() -> None:
    notice = "Subscribe to our letter.\nIt comes every week."
    texts = [f"one\n\n{notice}\n\ntwo", f"{notice}\n\nthree", "Subscribe to our letter.\nfour"]
    left = run(table_of(texts, [None] * 3), Deduplicate(paragraphs={"min_documents": 2}), [])
    assert left == ["one\n\ntwo", "three", texts[2]]


def test_counts_say_documents_copies_and_the_best_rank() -> None:
    keys = np.array([3, 1, 3, 3, -7]), np.array([0, 0, 0, 1, 0])
    counted = count_pieces(keys, np.zeros(5, np.int8), np.array([0, 0, 0, 1, 1]), np.array([8, 4]))
    rows = [tuple(row[name] for name in ("high", "low", "documents", "copies", "best")) for row in counted.to_pylist()]
    assert rows == [(-7, 0, 1, 1, 4), (1, 0, 1, 1, 8), (3, 0, 1, 2, 8), (3, 1, 1, 1, 4)]


def test_keys_that_share_a_half_are_told_apart() -> None:
    rows = [(3, 1, 0, 5, 5, 0), (3, 4, 0, 6, 6, 0), (3, 9, 0, 7, 7, 0), (8, 1, 0, 8, 8, 0)]
    table = pa.table(dict(zip(COUNTS.names, map(list, zip(*rows, strict=True)), strict=True)), schema=COUNTS)
    found = Repeated(table).find(np.array([3, 3, 3, 8, 9, 3, 0]), np.array([4, 9, 1, 1, 1, 5, 0]))
    assert found.tolist() == [1, 2, 0, 3, -1, -1, -1]


def test_no_documents_and_empty_documents_are_fine() -> None:
    settings = Deduplicate(lines={"min_documents": 2}, paragraphs={})
    assert run(table_of([], []), settings, []) == []
    assert run(table_of(["", "", "\n \n"], [None] * 3), settings, [1]) == ["", "", "\n \n"]


def test_every_line_that_is_cut_is_shown_with_its_counts() -> None:
    from filters.cuts.repeated import show_cut

    texts = ["Some line here\nx", "some  line HERE\nsome line here\ny"]
    settings = Deduplicate(lines={"min_documents": 2})
    reader = RepeatReader(settings)
    read = reader.read(table_of(texts, [None] * 2))
    seen = read.candidates
    counted = count_pieces((seen.high, seen.low), seen.what, seen.rows, np.zeros(2, np.int64))
    repeated = Repeated(add_up([counted], settings))
    shown = show_cut(read, repeated.cut(read, np.zeros(2, np.int64), settings), repeated).to_pylist()
    (row,) = [{key: value for key, value in row.items() if key not in ("high", "low")} for row in shown]
    expected = {"what": "line", "group": "source s", "text": "Some line here", "documents": 2, "copies": 3, "cut": 3}
    assert row == expected
    assert re.fullmatch(r"-?\d+", str(shown[0]["high"]))
