"""Which copies stay: protection by source, dropping all copies, classic MinHash, further keys, sizes of clusters."""

import random
from typing import Any

import pyarrow as pa
import pytest
from reference.shingles import similarity

from data.recipe import Deduplicate
from filters.duplicates.search import find_duplicates, sign

FAMILY = [f"word{random.Random(1).randrange(10**6)}{place}" for place in range(300)]


def family(*numbers: int) -> dict[str, str]:
    """Texts that differ from the family's first in so many words."""
    return {f"d{number}": " ".join(["changed"] * number + FAMILY[number:]) for number in numbers}


def run(texts: dict[str, str], sources: str = "", **settings: Any) -> dict[str, dict[str, Any]]:
    """Ranks texts in the order in which they are given."""
    keys = settings.pop("keys", {"quality": [-float(place) for place in range(len(texts))]})
    chosen = Deduplicate(survivor=list(keys), **settings)
    table = pa.table({"id": list(texts), "text": pa.array(list(texts.values()), pa.large_string())})
    lengths = [len(text) for text in texts.values()]
    ranks = pa.table({"id": list(texts), "length": lengths, "source": list(sources or "a" * len(texts)), **keys})
    drawn = list(range(len(texts)))
    random.Random(3).shuffle(drawn)
    mixed = table.take(drawn)
    found = find_duplicates(sign(mixed, chosen), ranks, mixed.take, chosen)
    rows = {row["id"]: row for row in found.to_pylist()}
    return {name: rows[name] for name in texts}


def kept(found: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, row in found.items() if row["kept"]]


def test_a_cluster_knows_its_size_and_a_lone_document_is_one() -> None:
    found = run({**family(0, 5, 10), "copy": family(5)["d5"].upper(), "other": "something else entirely, all alone"})
    assert [row["cluster_size"] for row in found.values()] == [4, 4, 4, 4, 1]
    assert found["other"]["cluster"] is None


def test_drop_all_leaves_none_of_a_cluster_and_says_for_what_each_went() -> None:
    found = run({**family(0, 5, 10), "other": "something else entirely, all alone"}, copies="drop_all")
    assert kept(found) == ["other"]
    assert [row["survivor"] for row in found.values()] == [None] * 4
    assert [found[name]["matched"] for name in ("d0", "d5", "d10")] == ["d5", "d0", "d0"]
    assert found["d0"]["jaccard"] == pytest.approx(similarity(family(0)["d0"], family(5)["d5"]))
    assert {row["reason"] for row in found.values()} == {"near_duplicate", ""}
    assert {row["cluster"] for row in found.values()} == {"d0", None}


def test_drop_all_of_equal_texts_calls_them_exact() -> None:
    found = run({"a": "return x", "b": "return  x", "c": "yield x"}, copies="drop_all")
    assert kept(found) == ["c"]
    assert [found[name]["reason"] for name in "ab"] == ["exact_duplicate"] * 2
    assert [found[name]["matched"] for name in "ab"] == ["b", "a"]
    assert [found[name]["jaccard"] for name in "ab"] == [1.0, 1.0]


def test_no_document_is_dropped_for_one_of_a_source_that_it_is_protected_from() -> None:
    texts = family(0, 2, 4, 6)
    assert kept(run(texts, "bbaa")) == ["d0"]
    found = run(texts, "bbaa", protect={"a": ["b"]})
    assert kept(found) == ["d0", "d4"]  # the best of a stays, and drops the other of a
    assert [found[name]["survivor"] for name in ("d2", "d6")] == ["d0", "d4"]
    assert found["d6"]["matched"] == "d4"
    assert found["d6"]["jaccard"] == pytest.approx(similarity(texts["d4"], texts["d6"]))
    assert kept(run(texts, "abab", protect={"a": ["b"]})) == ["d0"]  # a is best, and b is not protected


def test_protection_holds_for_equal_texts_too() -> None:
    texts = dict.fromkeys(("b1", "a1", "a2", "b2"), "return x + y")
    found = run(texts, "baab", protect={"a": ["b"]})
    assert kept(found) == ["b1", "a1"]
    assert found["a2"]["survivor"] == "a1"
    assert found["b2"]["survivor"] == "b1"
    assert found["a2"]["reason"] == "exact_duplicate"
    assert found["a2"]["jaccard"] == 1.0


def test_classic_minhash_drops_without_a_similarity() -> None:
    found = run({**family(0, 5), "other": " ".join(f"x{place}" for place in range(50))}, confirm=False)
    assert kept(found) == ["d0", "other"]
    assert found["d5"]["matched"] == "d0"
    assert found["d5"]["jaccard"] is None
    assert found["d5"]["reason"] == "near_duplicate"


def test_licence_and_recency_rank_like_the_other_keys() -> None:
    texts = family(0, 1, 2)
    assert kept(run(texts, keys={"licence": [0.0, 1.0, 2.0], "recency": [9.0, 9.0, 1.0]})) == ["d2"]
    assert kept(run(texts, keys={"licence": [2.0, 2.0, 1.0], "recency": [None, 8.0, 9.0]})) == ["d1"]
