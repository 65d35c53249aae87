"""datasketch itself is the oracle: the same signatures, and its own indexes take them."""

from __future__ import annotations

import random
from typing import Any, get_args

import numpy as np
import pytest
import xxhash
from datasketch import MinHash, MinHashLSH, MinHashLSHEnsemble, MinHashLSHForest

from data.errors import UsageError
from filters.duplicates.datasketch_signatures import Scheme, shingles, sign, to_minhashes

SCHEMES = get_args(Scheme)

TEXTS = [
    "the quick brown fox jumps over the lazy dog and runs away from it",
    "The quick, brown fox\njumps over the lazy dog and runs away from it!",
    "five words are one shingle",
    "four words are none",
    "",
    None,
    "naïve café Straße e\u0301te\u0301 日本語 文字 words of other scripts stand here as well",
    "again and again " * 200,
    " ".join(["x" * length for length in (1, 10, 11, 12, 13, 50, 51, 52, 100, 120, 200)]),
]


def oracle(text: str | None, **settings: Any) -> Any:
    made = MinHash(**settings)
    made.update_batch(shingles(text or ""))
    return made


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("permutations", "seed"), [(128, 1), (1, 7), (112, 42)])
def test_signatures_are_those_of_datasketch(scheme: Scheme, permutations: int, seed: int) -> None:
    found = sign(TEXTS, permutations=permutations, seed=seed, scheme=scheme)
    wanted = [oracle(text, num_perm=permutations, seed=seed, scheme=scheme).hashvalues for text in TEXTS]
    assert found.dtype == wanted[0].dtype
    assert np.array_equal(found, np.array(wanted))


@pytest.mark.parametrize("length", [*range(50, 60), *range(114, 124), 183, 184])
def test_shingles_of_every_length_about_a_block_of_sha1_are_hashed_right(length: int) -> None:
    text = "y" * length
    assert np.array_equal(sign([text], ngram=1)[0], oracle_of([text.encode()]).hashvalues)


def oracle_of(hashed: list[bytes]) -> Any:
    made = MinHash()
    made.update_batch(hashed)
    return made


@pytest.mark.parametrize("ngram", [1, 2, 13])
def test_random_texts_of_random_lengths_are_signed_as_datasketch_signs_them(ngram: int) -> None:
    draw = random.Random(ngram)
    texts = [" ".join("w" * draw.randint(1, 20) for _ in range(draw.randint(0, 60))) for _ in range(1100)]
    found = sign(texts, ngram=ngram, permutations=16)
    for text, row in zip(texts[::20], found[::20], strict=True):
        wanted = MinHash(num_perm=16)
        wanted.update_batch(shingles(text, ngram))
        assert np.array_equal(row, wanted.hashvalues)


@pytest.mark.parametrize(
    ("scheme", "hash_function"),
    [
        ("affine32", xxhash.xxh32_intdigest),
        ("affine64", xxhash.xxh3_64_intdigest),
        ("legacy", xxhash.xxh32_intdigest),
    ],
)
def test_another_hash_gives_what_datasketch_gives_with_it(scheme: Scheme, hash_function: Any) -> None:
    found = sign(TEXTS, scheme=scheme, hash_function=hash_function)
    wanted = [oracle(text, scheme=scheme, hashfunc=hash_function).hashvalues for text in TEXTS]
    assert np.array_equal(found, np.array(wanted))


def test_a_hash_that_is_too_wide_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 32 bits"):
        sign(TEXTS, hash_function=xxhash.xxh3_64_intdigest)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"scheme": "affine23"}, 'Did you mean "affine32"'), ({"permutations": 0}, "at least 1"), ({"ngram": 0}, "at")],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sign(TEXTS, **settings)


def test_no_texts_give_no_signatures() -> None:
    assert sign([], permutations=8).shape == (0, 8)


def test_objects_equal_those_that_datasketch_makes() -> None:
    made = to_minhashes(sign(TEXTS, seed=3), seed=3)
    assert all(mine == oracle(text, seed=3) for mine, text in zip(made, TEXTS, strict=True))
    assert made[0].jaccard(oracle(TEXTS[1], seed=3)) == 1.0
    with pytest.raises(ValueError, match="different seeds"):
        made[0].jaccard(oracle(TEXTS[1], seed=4))


def test_they_load_into_lsh_and_are_found_by_its_own_minhash() -> None:
    index = MinHashLSH(threshold=0.8, num_perm=128)
    for number, made in enumerate(to_minhashes(sign(TEXTS[2:]))):
        index.insert(number, made)
    index.insert("fox", to_minhashes(sign(TEXTS[:1]))[0])
    assert index.query(oracle(TEXTS[1])) == ["fox"]


def test_they_load_into_a_forest_and_an_ensemble() -> None:
    made = to_minhashes(sign(TEXTS))
    forest = MinHashLSHForest(num_perm=128)
    for number in (0, 2, 6, 7):
        forest.add(number, made[number])
    forest.index()
    assert forest.query(oracle(TEXTS[1]), 1) == [0]
    ensemble = MinHashLSHEnsemble(threshold=0.9, num_perm=128, num_part=2)
    ensemble.index([(number, made[number], len(set(shingles(TEXTS[number] or "")))) for number in (0, 2, 6, 7)])
    assert list(ensemble.query(oracle(TEXTS[1]), len(shingles(TEXTS[1] or "")))) == [0]
