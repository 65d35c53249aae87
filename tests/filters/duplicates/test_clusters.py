import random

import numpy as np
import pyarrow as pa
import pytest

from data.errors import AccountingError
from filters.duplicates.clusters import Components, alphabetical, left_of, pairs_of, rank, right_of, trace_links


def joined(count: int, *links: tuple[int, int, float]) -> Components:
    components = Components(count)
    for left, right, similarity in links:
        components.join(pairs_of(np.array([left]), np.array([right])), np.array([similarity]))
    return components


def test_a_pair_names_the_better_document_first() -> None:
    pairs = pairs_of(np.array([7, 2]), np.array([3, 2**31]))
    assert left_of(pairs).tolist() == [3, 2]
    assert right_of(pairs).tolist() == [7, 2**31]


def test_joined_documents_share_the_best_of_them() -> None:
    components = joined(6, (4, 2, 0.8), (5, 4, 0.9), (0, 3, 1.0))
    assert components.roots().tolist() == [0, 1, 2, 0, 2, 2]


def test_roots_are_those_of_walking_over_all_links() -> None:
    drawn = random.Random(4)
    left, right = (np.array([drawn.randrange(500) for _ in range(350)]) for _ in range(2))
    components = Components(500)
    components.join(pairs_of(left, right), np.ones(350))
    slow = list(range(500))
    for _ in range(500):
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            slow[a] = slow[b] = min(slow[a], slow[b])
    assert components.roots().tolist() == slow


def test_a_chain_is_traced_over_linked_pairs_to_the_survivor() -> None:
    components = joined(5, (0, 2, 0.75), (2, 3, 0.9), (3, 4, 0.8))
    matched, similarities = trace_links(components.roots(), *components.links)
    assert matched.tolist() == [-1, -1, 0, 2, 3]
    assert similarities[2:].tolist() == [0.75, 0.9, 0.8]
    assert np.isnan(similarities[:2]).all()


def test_the_survivor_is_preferred_to_a_more_similar_neighbour() -> None:
    components = joined(3, (0, 1, 0.8), (1, 2, 0.99), (0, 2, 0.7))
    matched, similarities = trace_links(components.roots(), *components.links)
    assert matched.tolist() == [-1, 0, 0]
    assert similarities[2] == 0.7


def test_of_neighbours_equally_far_from_the_survivor_the_most_similar_then_the_best_is_matched() -> None:
    components = joined(4, (0, 1, 0.8), (0, 2, 0.8), (1, 3, 0.75), (2, 3, 0.85))
    assert trace_links(components.roots(), *components.links)[0][3] == 2
    components = joined(4, (0, 2, 0.8), (0, 1, 0.8), (2, 3, 0.8), (1, 3, 0.8))
    assert trace_links(components.roots(), *components.links)[0][3] == 1


def test_a_document_is_traced_to_its_own_survivor_where_a_cluster_has_two() -> None:
    components = joined(4, (0, 1, 0.8), (1, 2, 0.9), (2, 3, 0.9), (0, 3, 0.7))
    matched, _ = trace_links(np.array([0, 1, 0, 1]), *components.links)
    assert matched.tolist() == [-1, -1, 1, 2]  # 2 to 0 over 1 (the better of equals), 3 to 1 over 2 (the more similar)


def test_rank_goes_by_keys_in_turn_then_by_id_and_puts_unknown_last() -> None:
    places = alphabetical(pa.array(["d", "b", "c", "a", "e"]))
    assert places.tolist() == [3, 1, 2, 0, 4]
    quality = np.array([0.5, 0.9, 0.9, np.nan, 0.5])
    length = np.array([10.0, 3.0, 7.0, 99.0, 10.0])
    assert rank(places, [quality, length]).tolist() == [2, 1, 0, 4, 3]


@pytest.mark.parametrize("keys", [[], [np.zeros(3)], [np.full(3, np.nan)]])
def test_rank_without_telling_keys_goes_by_id(keys: list[np.ndarray]) -> None:
    assert rank(alphabetical(pa.array(["b", "c", "a"])), keys).tolist() == [2, 0, 1]


def test_two_documents_with_one_id_are_refused() -> None:
    with pytest.raises(AccountingError, match="same id"):
        alphabetical(pa.array(["b", "a", "b"]))
