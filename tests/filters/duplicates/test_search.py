import gzip
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasketch import MinHash, MinHashLSH
from reference.shingles import jaccard, shingle_set, words

from data.errors import UsageError
from data.recipe import Deduplicate
from filters.duplicates import confirmation
from filters.duplicates.search import deduplicate, find_duplicates, sign
from filters.duplicates.signing import band_names

SHARED = Path(__file__).parents[3] / "../shared/data/e2e_dev"

LONG = "The quick brown fox jumps over the lazy dog while seven small wizards box quickly in the old stone barn."


def varied(seed: int, count: int = 200) -> list[str]:
    drawn = random.Random(seed)
    return [f"word{drawn.randrange(5000)}" for _ in range(count)]


def edited(text: list[str], changes: int, seed: int = 0) -> list[str]:
    drawn = random.Random(seed)
    copy = list(text)
    for place in drawn.sample(range(len(copy)), changes):
        copy[place] = f"other{drawn.randrange(10**6)}"
    return copy


def rows(table: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def test_texts_that_differ_in_case_white_space_or_composition_are_equal() -> None:
    texts = ["Café au lait", "  cafe\u0301\n AU\u00a0LAIT ", "Cafe au lait"]
    found = rows(deduplicate(texts))
    # The longer text survives: the decomposed one, which has more characters.
    assert [row["kept"] for row in found] == [False, True, True]
    assert found[0]["matched"] == found[0]["survivor"] == "1"
    assert found[0]["jaccard"] == 1.0
    assert found[0]["cluster"] == found[1]["cluster"] == "0"
    assert found[2] == {
        "id": "2", "cluster": None, "kept": True, "survivor": None, "matched": None, "jaccard": None
    }  # fmt: skip


def test_two_short_equal_texts_are_duplicates_and_two_that_share_only_words_are_not() -> None:
    found = rows(deduplicate(["return x + y", "return x + y", "return x - y"]))
    assert [row["kept"] for row in found] == [True, False, True]


def test_empty_texts_are_never_duplicates_and_blank_ones_only_of_the_very_same() -> None:
    assert all(row["kept"] for row in rows(deduplicate(["", "", None, None, " \n", "\t"])))
    assert [row["kept"] for row in rows(deduplicate(["\n", "\n", "\n\n", ""]))] == [True, False, True, True]


def test_texts_of_signs_alone_are_compared_for_equality() -> None:
    assert [row["kept"] for row in rows(deduplicate(["!!!", "!!!", "???"]))] == [True, False, True]


def test_a_text_of_exactly_one_shingle_has_a_signature_and_a_shorter_one_none() -> None:
    table = pa.table({"id": ["a", "b", "c"], "text": pa.array(["a b c d e", "a b c d", None], pa.large_string())})
    signed = sign(table, Deduplicate(), signatures=True)
    assert signed.schema.field("exact").type == pa.binary(16)
    assert signed.schema.field("signature").type == pa.binary(4 * 112)
    assert signed.column_names == ["id", "exact", *band_names(14), "signature"]
    for column in ("band_00000", "band_00013", "signature"):
        assert signed[column].is_valid().to_pylist() == [True, False, False]
    assert signed["exact"].is_valid().to_pylist() == [True, True, False]


def test_a_near_duplicate_is_dropped_for_the_longer_text_with_its_true_similarity() -> None:
    first = varied(1)
    texts = [" ".join(edited(first, 3)), " ".join([*first, "tail", "end"]), " ".join(varied(2))]
    found = rows(deduplicate(texts, ids=["x", "y", "z"]))
    assert [row["kept"] for row in found] == [False, True, True]
    assert found[0]["survivor"] == found[0]["matched"] == "y"
    assert found[0]["cluster"] == "x"
    assert found[0]["jaccard"] == jaccard(shingle_set(texts[0], 5), shingle_set(texts[1], 5))
    assert 0.7 <= found[0]["jaccard"] < 1


def similar_pair(common: int) -> tuple[list[str], float]:
    """Two texts of single-word shingles with a known similarity: `common` of 100 in each."""
    shared = [f"s{i}" for i in range(common)]
    texts = [" ".join([*shared, *(f"{side}{i}" for i in range(100 - common))]) for side in "ab"]
    return texts, common / (200 - common)


@pytest.mark.parametrize(("threshold", "kept"), [(0.86, True), (90 / 110, False), (0.80, False)])
def test_a_pair_below_the_threshold_is_kept_and_one_at_it_is_dropped(threshold: float, kept: bool) -> None:
    texts, similarity = similar_pair(90)
    found = rows(deduplicate(texts, ngram=1, threshold=threshold, bands=56, rows=2))
    assert found[1]["kept"] is kept
    if not kept:
        assert found[1]["jaccard"] == pytest.approx(similarity, abs=1e-12)


def test_in_a_chain_the_far_end_is_matched_with_the_middle() -> None:
    # A–B and B–C share 80 of 100 shingles (J = 0.67); A–C share 60 (J = 0.43).
    a = [f"w{i}" for i in range(100)]
    b = [f"w{i}" for i in range(20, 120)]
    c = [f"w{i}" for i in range(40, 140)]
    texts = [" ".join(part) for part in (a, b, c)]
    settings = {"ngram": 1, "threshold": 0.6, "bands": 56, "rows": 2}
    found = rows(deduplicate(texts, ids=["a", "b", "c"], **settings))
    assert [row["survivor"] for row in found] == ["c", "c", "c"]  # the longest: its words have more digits
    assert found[1]["matched"] == "c"
    assert found[0]["matched"] == "b"
    assert found[0]["jaccard"] == pytest.approx(80 / 120)
    assert {row["cluster"] for row in found} == {"a"}


def run(
    texts: dict[str, str], ranks: dict[str, tuple[float | None, int]], **settings: Any
) -> dict[str, dict[str, Any]]:
    chosen = Deduplicate(**settings)
    ids = list(texts)
    table = pa.table({"id": ids, "text": pa.array(list(texts.values()), pa.large_string())})
    rank_table = pa.table(
        {
            "id": list(ranks),
            "quality": pa.array([quality for quality, _ in ranks.values()], pa.float64()),
            "priority": [priority for _, priority in ranks.values()],
            "length": [len(texts[name]) for name in ranks],
        }
    )
    found = find_duplicates(sign(table, chosen), rank_table, table.take, chosen)
    assert found["id"].to_pylist() == ids
    return {row["id"]: row for row in rows(found)}


def test_the_survivor_is_the_best_by_quality_then_priority_then_length_then_id() -> None:
    text = LONG
    texts = dict.fromkeys("abcd", text)
    unknown: tuple[float | None, int] = (None, 0)
    assert run(texts, {"d": unknown, "c": unknown, "b": (0.1, 0), "a": unknown})["a"]["survivor"] == "b"
    assert run(texts, {"d": unknown, "c": (float("nan"), 9), "b": (0.1, 0), "a": unknown})["a"]["survivor"] == "b"
    assert run(texts, {"d": (0.5, 2), "c": (0.5, 1), "b": (0.1, 9), "a": unknown})["a"]["survivor"] == "d"
    longer = {**texts, "c": text + "  "}
    assert run(longer, dict.fromkeys("abcd", unknown))["a"]["survivor"] == "c"
    assert run(texts, dict.fromkeys("abcd", unknown))["b"]["survivor"] == "a"
    assert run(longer, {**dict.fromkeys("abcd", unknown), "d": (0.9, 0)}, survivor=["length"])["a"]["survivor"] == "c"


def test_reasons_tell_equal_from_near_and_a_copy_is_matched_with_its_equal() -> None:
    first = varied(4)
    near = " ".join(edited(first, 3))
    texts = {"a": " ".join([*first, "more", "words"]), "b": near, "c": near.upper()}
    found = run(texts, dict.fromkeys("abc", (None, 0)))
    assert [found[i]["reason"] for i in "abc"] == ["", "near_duplicate", "exact_duplicate"]
    assert found["c"]["matched"] == "b"
    assert found["c"]["survivor"] == "a"
    assert found["c"]["jaccard"] == 1.0
    assert found["b"]["matched"] == "a"


def test_exact_and_near_can_be_switched_off() -> None:
    first = varied(5)
    texts = [" ".join(first), " ".join(first).upper(), " ".join(edited(first, 3)), "a b", "a b"]
    assert [row["kept"] for row in rows(deduplicate(texts, near=False))] == [True, False, True, True, False]
    # Without the pass for equal texts these are near-duplicates, unless too short for a shingle.
    assert [row["kept"] for row in rows(deduplicate(texts, exact=False))].count(True) == 3
    assert all(row["kept"] for row in rows(deduplicate(texts, exact=False, near=False)))


def test_the_result_does_not_depend_on_order_parts_or_how_texts_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(11)
    texts: dict[str, str] = {}
    for family in range(12):
        original = varied(100 + family, 80)
        for member in range(6):
            texts[f"{family:02}-{member}"] = " ".join(edited(original, member * 2, seed=member))
        texts[f"{family:02}-copy"] = texts[f"{family:02}-1"].upper()
    expected = rows(deduplicate(texts.values(), texts.keys()))
    monkeypatch.setattr(confirmation, "FETCH_BYTES", 2000)
    for _ in range(3):
        ids = list(texts)
        drawn.shuffle(ids)
        again = rows(deduplicate([texts[i] for i in ids], ids))
        assert sorted(again, key=lambda row: row["id"]) == sorted(expected, key=lambda row: row["id"])
    assert 20 < sum(not row["kept"] for row in expected) < 72

    halves = [pa.table({"id": ids[at::2], "text": [texts[i] for i in ids[at::2]]}) for at in (0, 1)]
    whole = sign(pa.table({"id": list(texts), "text": list(texts.values())}), Deduplicate())
    parts = pa.concat_tables(sign(half, Deduplicate()) for half in halves)
    assert parts.sort_by("id").equals(whole.sort_by("id"))


def test_the_clusters_are_those_of_comparing_all_pairs() -> None:
    drawn = random.Random(21)
    texts = []
    for family in range(60):
        original = varied(1000 + family, drawn.randrange(6, 150))
        texts += [" ".join(edited(original, len(original) * percent // 100, percent)) for percent in (0, 1, 2, 9, 40)]
    found = rows(deduplicate(texts, threshold=0.7, bands=30, rows=4))
    sets = [shingle_set(text, 5) for text in texts]
    levelled = [" ".join(text.split()) for text in texts]
    parents = list(range(len(texts)))

    def root(place: int) -> int:
        while parents[place] != place:
            place = parents[place]
        return place

    for left, right in itertools.combinations(range(len(texts)), 2):
        if levelled[left] == levelled[right] or jaccard(sets[left], sets[right]) >= 0.7:
            parents[root(right)] = root(left)
    slow: dict[int, set[int]] = {}
    for place in range(len(texts)):
        slow.setdefault(root(place), set()).add(place)
    fast: dict[str, set[int]] = {}
    for place, row in enumerate(found):
        fast.setdefault(row["cluster"] or f"alone {place}", set()).add(place)
    assert sorted(map(sorted, fast.values())) == sorted(map(sorted, slow.values()))
    assert len(slow) < 200
    for members in slow.values():
        assert sum(found[place]["kept"] for place in members) == 1


def test_hundreds_of_alike_documents_form_one_cluster() -> None:
    frame = varied(7, 300)
    texts = [" ".join([*frame, f"page{number}"]) for number in range(400)] + [" ".join(varied(8, 300))]
    found = rows(deduplicate(texts))
    assert [row["kept"] for row in found].count(True) == 2
    assert {row["cluster"] for row in found[:-1]} == {"0"}


def test_default_ids_are_plain_numbers_and_the_first_of_equals_survives() -> None:
    found = rows(deduplicate([f"text number {i % 10}" for i in range(12)]))
    assert [row["id"] for row in found] == [str(i) for i in range(12)]
    assert [row["survivor"] for row in found[-2:]] == ["0", "1"]


def test_no_texts_give_an_empty_table() -> None:
    found = deduplicate([])
    assert found.column_names == ["id", "cluster", "kept", "survivor", "matched", "jaccard"]
    assert found.num_rows == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"treshold": 0.8}, 'Did you mean "threshold"'),
        ({"threshold": 2}, "threshold"),
        ({"ids": ["a", "a"]}, "distinct"),
        ({"ids": ["a"]}, "1 ids"),
    ],
)
def test_wrong_arguments_are_refused_with_what_to_do(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        deduplicate(["x", "y"], **arguments)


def test_half_a_surrogate_pair_is_a_text_like_any_other() -> None:
    assert deduplicate(["\ud800 x", "\ufffd X", None, "y"])["kept"].to_pylist() == [True, False, True, True]


def test_what_is_no_text_is_refused_by_its_place() -> None:
    with pytest.raises(UsageError, match=r"texts\[1\]: expected a text, not int"):
        deduplicate(["x", 1])  # type: ignore[list-item]


@pytest.fixture(scope="module")
def mixture() -> dict[str, str]:
    if not SHARED.is_dir():
        pytest.skip("the shared test data (../shared/data/e2e_dev) is not beside this repository")
    with gzip.open(SHARED / "mix-text.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = {record["id"]: record["text"] for record in map(json.loads, file)}
    table = pq.read_table(SHARED / "mix-code.parquet", columns=["id", "text"])
    return texts | dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def found_in_mixture(mixture: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows(deduplicate(mixture.values(), mixture.keys()))}


def read_lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def together(found: dict[str, dict[str, Any]], left: str, right: str) -> bool:
    return found[left]["cluster"] is not None and found[left]["cluster"] == found[right]["cluster"]


def test_planted_duplicates_are_found(mixture: dict[str, str], found_in_mixture: dict[str, dict[str, Any]]) -> None:
    copies = [line for line in read_lines("truth.jsonl.gz") if line["dup_of"]]
    hits = {line["id"]: together(found_in_mixture, line["id"], line["dup_of"]) for line in copies}
    equal = [line["id"] for line in copies if line["dup_kind"] in ("exact", "exact_normalised")]
    edits = [
        line["id"] for line in copies if line["dup_kind"].startswith("near_edit") and line["dup_jaccard_w5"] >= 0.8
    ]
    near = [line["id"] for line in copies if line["dup_kind"].startswith("near") and line["dup_jaccard_w5"] >= 0.8]
    assert len(equal) == 36
    assert all(hits[name] for name in equal)
    assert len(edits) >= 15
    assert sum(hits[name] for name in edits) >= len(edits) - 1
    assert sum(hits[name] for name in near) >= len(near) - 1


def test_no_pair_below_the_threshold_is_dropped(mixture: dict[str, str], found_in_mixture: Any) -> None:
    dropped = [row for row in found_in_mixture.values() if not row["kept"]]
    assert len(dropped) > 60
    for row in dropped:
        left, right = mixture[row["id"]], mixture[row["matched"]]
        equal = " ".join(left.casefold().split()) == " ".join(right.casefold().split())
        assert equal or jaccard(shingle_set(left, 5), shingle_set(right, 5)) >= 0.7


def test_near_duplicates_are_found_as_often_as_by_datasketch(mixture: dict[str, str], found_in_mixture: Any) -> None:
    long = {name: words(text) for name, text in mixture.items() if len(words(text)) >= 5}
    index = MinHashLSH(num_perm=112, params=(14, 8))
    signatures = {}
    for name, found in long.items():
        grams = {" ".join(found[i : i + 5]).encode() for i in range(len(found) - 4)}
        signatures[name] = MinHash(num_perm=112)
        signatures[name].update_batch(list(grams))
        index.insert(name, signatures[name])
    oracle = {
        (min(name, other), max(name, other))
        for name in long
        for other in index.query(signatures[name])
        if other != name and jaccard(shingle_set(mixture[name], 5), shingle_set(mixture[other], 5)) >= 0.7
    }
    assert len(oracle) > 50
    missed = [pair for pair in oracle if not together(found_in_mixture, *pair)]
    assert len(missed) <= 0.1 * len(oracle)
