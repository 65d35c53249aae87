import numpy as np
import pyarrow as pa

from filters.clusters import Components, rank, trace_links


def test_joined_documents_share_the_best_of_them_as_survivor() -> None:
    components = Components(6)
    components.join(4, 2, 0.8)
    components.join(5, 4, 0.9)
    components.join(0, 3, 1.0)
    assert components.survivors().tolist() == [0, 1, 2, 0, 2, 2]
    assert components.connected(2, 5)
    assert not components.connected(1, 5)


def test_a_chain_is_traced_over_confirmed_pairs_to_the_survivor() -> None:
    components = Components(5)
    for left, right, similarity in ((0, 2, 0.75), (2, 3, 0.9), (3, 4, 0.8)):
        components.join(left, right, similarity)
    matched, similarities = trace_links(components.survivors(), components.links)
    assert matched.tolist() == [-1, -1, 0, 2, 3]
    assert similarities[2:].tolist() == [0.75, 0.9, 0.8]
    assert np.isnan(similarities[:2]).all()


def test_the_survivor_is_preferred_to_a_more_similar_neighbour() -> None:
    components = Components(3)
    for left, right, similarity in ((0, 1, 0.8), (1, 2, 0.99), (0, 2, 0.7)):
        components.join(left, right, similarity)
    matched, similarities = trace_links(components.survivors(), components.links)
    assert matched.tolist() == [-1, 0, 0]
    assert similarities[2] == 0.7


def test_of_neighbours_equally_far_from_the_survivor_the_most_similar_is_matched() -> None:
    components = Components(4)
    for left, right, similarity in ((0, 1, 0.8), (0, 2, 0.8), (1, 3, 0.75), (2, 3, 0.85)):
        components.join(left, right, similarity)
    matched, _ = trace_links(components.survivors(), components.links)
    assert matched[3] == 2


def test_rank_goes_by_keys_in_turn_then_by_id_and_puts_unknown_last() -> None:
    ids = pa.array(["d", "b", "c", "a", "e"])
    quality = np.array([0.5, 0.9, 0.9, np.nan, 0.5])
    length = np.array([10.0, 3.0, 7.0, 99.0, 10.0])
    assert [ids[int(row)].as_py() for row in rank(ids, [quality, length])] == ["c", "b", "d", "e", "a"]


def test_rank_without_keys_goes_by_id() -> None:
    assert rank(pa.array(["b", "c", "a"]), []).tolist() == [2, 0, 1]
