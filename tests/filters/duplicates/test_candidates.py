import itertools
import random

import numpy as np
import pytest

from filters.duplicates import candidates
from filters.duplicates.candidates import HEADS, NEXT, Band, UInt64Array, candidate_pairs, linked_pairs
from filters.duplicates.clusters import left_of, right_of


def bands_of(rows: list[list[int]]) -> tuple[Band, int]:
    """Keys as hashes are: the rows' numbers, their bits spread."""
    keys = np.array(rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return lambda number: np.ascontiguousarray(keys[:, number]), keys.shape[1]


def plain(pairs: UInt64Array) -> list[tuple[int, int]]:
    return list(zip(left_of(pairs).tolist(), right_of(pairs).tolist(), strict=True))


def test_candidates_are_the_pairs_that_agree_in_a_band() -> None:
    found = candidate_pairs(*bands_of([[1, 5], [2, 6], [1, 6], [3, 7], [1, 8]]))
    assert plain(found) == [(0, 2), (0, 4), (1, 2), (2, 4)]


@pytest.mark.parametrize("count", [0, 1])
def test_no_documents_or_one_make_no_candidates(count: int) -> None:
    keys = np.ones((14, count), dtype=np.uint64)
    assert len(candidate_pairs(lambda number: keys[number], 14)) == 0
    assert len(linked_pairs(lambda number: keys[number], 14)) == 0


def test_candidates_are_those_of_comparing_all_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_GATHERED", 100)
    drawn = random.Random(2)
    rows = [[drawn.randrange(150) for _ in range(5)] for _ in range(400)]
    slow = [
        (a, b)
        for (a, left), (b, right) in itertools.combinations(enumerate(rows), 2)
        if any(x == y for x, y in zip(left, right, strict=True))
    ]
    assert plain(candidate_pairs(*bands_of(rows))) == slow


def test_a_long_run_has_few_pairs_and_keeps_those_that_are_alike() -> None:
    # 3,000 documents share band 0; each also shares its other seven bands with one twin.
    drawn = random.Random(9)
    rows = [[1, *twin] for twin in ([drawn.getrandbits(60) for _ in range(7)] for _ in range(1500)) for _ in range(2)]
    places = list(range(len(rows)))
    drawn.shuffle(places)
    found = set(plain(candidate_pairs(*bands_of([rows[place] for place in places]))))
    where = {place: row for row, place in enumerate(places)}
    twins = {tuple(sorted((where[2 * k], where[2 * k + 1]))) for k in range(1500)}
    assert twins <= found
    assert len(found) <= len(rows) * (NEXT + HEADS) + len(twins)


def test_classic_minhash_links_every_document_of_a_run_to_its_best() -> None:
    found = linked_pairs(*bands_of([[9, 5], [1, 6], [1, 6], [3, 7], [1, 8], [3, 7]]))
    assert plain(found) == [(1, 2), (1, 4), (3, 5)]
