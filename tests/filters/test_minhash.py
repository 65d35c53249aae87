import itertools
import random

import numpy as np
from datasketch import MinHash

from filters.minhash import HEADS, NEXT, agreement, band_keys, candidate_pairs, permutations, sign_shingles
from filters.shingles import hash_windows, hash_words, jaccard, mix, shingle, shingle_set, words


def test_permutations_are_the_same_for_a_seed_and_have_odd_multipliers() -> None:
    assert np.array_equal(permutations(112, 1), permutations(112, 1))
    assert not np.array_equal(permutations(112, 1), permutations(112, 2))
    assert (permutations(112, 1)[:, 0] % 2 == 1).all()


def test_a_signature_is_the_minimum_over_all_shingles_whatever_the_block_boundaries() -> None:
    drawn = random.Random(3)
    lengths = [0, 1, 5000, 0, 3, 1023, 1, 1, 2049, 0]
    pieces = [np.array([drawn.getrandbits(64) for _ in range(length)], dtype=np.uint64) for length in lengths]
    offsets = np.cumsum([0, *lengths])
    seeds = permutations(6, 7)
    signatures = sign_shingles(np.concatenate(pieces), offsets, seeds)
    for row, piece in enumerate(pieces):
        for column, (multiplier, addend) in enumerate(seeds.tolist()):
            slow = min(((multiplier * x + addend) % 2**64 for x in piece.tolist()), default=2**64 - 1) >> 32
            assert int(signatures[row, column]) == slow


def test_agreement_estimates_the_jaccard_similarity_as_closely_as_datasketch() -> None:
    drawn = random.Random(5)
    errors, oracle_errors = [], []
    for share in np.linspace(0.1, 0.95, 30):
        common = [f"w{drawn.randrange(10**6)}" for _ in range(300)]
        other = [word if drawn.random() < share else f"v{drawn.randrange(10**6)}" for word in common]
        texts = [" ".join(common), " ".join(other)]
        true = jaccard(*(shingle_set(text, 1) for text in texts))
        signatures = sign_shingles(*shingle(texts, 1), permutations(112, 1))
        errors.append(float(agreement(signatures, np.array([[0, 1]]))[0]) - true)
        oracles = [MinHash(num_perm=112) for _ in texts]
        for oracle, text in zip(oracles, texts, strict=True):
            oracle.update_batch([word.encode() for word in words(text)])
        oracle_errors.append(oracles[0].jaccard(oracles[1]) - true)
    assert np.std(errors) < 0.06  # the binomial error at 112 places is at most 0.047
    assert np.std(errors) < 1.5 * np.std(oracle_errors)
    assert abs(np.mean(errors)) < 0.03


def keys_of(rows: list[list[int]]) -> np.ndarray:
    return mix(np.array(rows, dtype=np.uint64))


def test_candidates_are_the_pairs_that_agree_in_a_band() -> None:
    keys = keys_of([[1, 5], [2, 6], [1, 6], [3, 7], [1, 8]])
    assert candidate_pairs(keys).tolist() == [[0, 2], [0, 4], [1, 2], [2, 4]]


def test_no_documents_or_one_make_no_candidates() -> None:
    assert len(candidate_pairs(np.empty((0, 14), dtype=np.uint64))) == 0
    assert len(candidate_pairs(keys_of([[1, 2]]))) == 0


def test_a_long_run_has_few_pairs_and_keeps_those_that_are_alike() -> None:
    # 3,000 documents share band 0; each also shares its other seven bands with one twin.
    drawn = random.Random(9)
    rows = [[1, *twin] for twin in ([drawn.getrandbits(60) for _ in range(7)] for _ in range(1500)) for _ in range(2)]
    places = list(range(len(rows)))
    drawn.shuffle(places)
    keys = keys_of([rows[place] for place in places])
    found = set(map(tuple, candidate_pairs(keys).tolist()))
    where = {place: row for row, place in enumerate(places)}
    twins = {tuple(sorted((where[2 * k], where[2 * k + 1]))) for k in range(1500)}
    assert twins <= found
    assert len(found) <= len(rows) * (NEXT + HEADS) + len(twins)


def test_equal_signatures_share_all_bands_and_others_none() -> None:
    texts = ["a b c d e f g h", "a b c d e f g h", "i j k l m n o p"]
    keys = band_keys(sign_shingles(*shingle(texts, 5), permutations(112, 1)), 14)
    assert keys.shape == (3, 14)
    assert (keys[0] == keys[1]).all()
    assert not (keys[0] == keys[2]).any()


def test_bands_find_pairs_as_often_as_theory_says() -> None:
    drawn = np.random.default_rng(1)
    found = {0.5: 0, 0.9: 0}
    for similarity, _ in itertools.product(found, range(300)):
        both = int(200 * 2 * similarity / (1 + similarity))
        shared, left, right = np.split(drawn.integers(0, 2**63, 200 + 200 - both, dtype=np.uint64), [both, 200])
        hashes = np.concatenate((shared, left, shared, right))
        signatures = sign_shingles(hashes, np.array([0, 200, 400]), permutations(112, 1))
        found[similarity] += len(candidate_pairs(band_keys(signatures, 14)))
    # 1 - (1 - J^8)^14: 0.053 at J = 0.5, 0.9997 at J = 0.9.
    assert 4 <= found[0.5] <= 32
    assert found[0.9] >= 298


def test_hash_windows_of_fewer_words_than_asked_for_is_empty() -> None:
    assert len(hash_windows(hash_words(["a", "b"]), 3)) == 0
