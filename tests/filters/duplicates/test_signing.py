import hashlib
import random
import sys
import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import shingles as slow

from data.banding import chance_found
from data.recipe import Deduplicate
from filters import shingles
from filters.duplicates.signing import Signer, band_names, permutations

#: Letters of one, two, three and four bytes, marks, what folds to several characters, all kinds of white space.
CHARACTERS = "aB_9 .éÀ\u0301\u0323İßΣςΐ\u1f80ſK你가\u1161\u11a8\u0958\u093c\u0c7f\n\t\x1c\u00a0\u2003-\u212a😀Ⓐ\u0345"

SEEDS = {seed: list(zip(*(part.tolist() for part in permutations(112, seed)), strict=True)) for seed in (1, 2)}


def table(texts: list[str | None], **columns: Any) -> pa.Table:
    return pa.table({"id": [str(i) for i in range(len(texts))], "text": pa.array(texts, pa.large_string()), **columns})


def sets_of(texts: list[str | None], **values: Any) -> list[set[int]]:
    found = Signer(Deduplicate(**values)).shingle_sets(table(texts))
    return [set(found.of(number).tolist()) for number in range(len(texts))]


def digest(text: str) -> bytes | None:
    return hashlib.sha256(text.encode()).digest()[:16] if text else None


def digests(texts: list[str | None], **values: Any) -> list[bytes | None]:
    found: list[bytes | None] = Signer(Deduplicate(**values)).sign(table(texts))["exact"].to_pylist()
    return found


def test_permutations_are_the_same_for_a_seed_and_have_odd_multipliers() -> None:
    assert np.array_equal(permutations(112, 1), permutations(112, 1))
    assert not np.array_equal(permutations(112, 1), permutations(112, 2))
    assert (permutations(112, 1)[0] % 2 == 1).all()
    assert np.array_equal(permutations(112, 1)[0][:20], permutations(20, 1)[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_signatures_and_keys_are_those_of_the_slow_reference(seed: int) -> None:
    drawn = random.Random(3)
    lengths = [5, 6, 36, 37, 500, 2047, 2048, 2052, 2053, 5000]  # about the blocks of 2048 and the vectors of 32
    texts = [" ".join(f"Wörd{drawn.randrange(300)}" for _ in range(length)) for length in lengths]
    signed = Signer(Deduplicate(seed=seed)).sign(table(["", *texts, "too short"]), signatures=True)
    for row, text in enumerate(texts, 1):
        minima = slow.signature(slow.shingle_hashes(text), SEEDS[seed])
        assert np.frombuffer(signed["signature"][row].as_py(), np.uint32).tolist() == minima
        assert [signed[name][row].as_py() for name in band_names(14)] == slow.band_keys(minima, 14)
    for name in (*band_names(14), "signature"):
        assert signed[name].is_null().to_pylist() == [True, *[False] * len(texts), True]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet=st.sampled_from(CHARACTERS), max_size=30), min_size=1, max_size=4))
def test_words_characters_tokens_and_equality_are_those_of_the_slow_reference(texts: list[str]) -> None:
    # White space alone, of which levelling leaves nothing, equals itself: the digest of a zero byte and the text.
    blank = {text: digest(f"\0{text}") for text in texts if text and not text.strip()}
    assert digests(list(texts), near=False) == [blank.get(text, digest(slow.levelled(text))) for text in texts]
    assert digests(list(texts), near=False, ignore_punctuation=True) == [
        blank.get(text, digest(" ".join(slow.words(text)))) for text in texts
    ]
    for kind, size in (("words", 1), ("words", 2), ("characters", 3), ("code", 2)):
        expected = [slow.shingle_hashes(text, size, kind) for text in texts]
        assert sets_of(list(texts), shingles=kind, ngram=size) == expected


def test_every_character_is_levelled_as_python_does() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts: list[str | None] = [f"x{character}y z" for character in characters]
    assert digests(texts, near=False) == [digest(slow.levelled(text)) for text in texts if text]
    found = Signer(Deduplicate(ngram=1)).shingle_sets(table(texts))
    sizes = (found.ends - found.starts).tolist()
    wrong = [
        character
        for character, text, size in zip(characters, texts, sizes, strict=True)
        if text and size != len(set(slow.words(text)))
    ]
    assert not wrong


def test_words_are_those_that_contamination_compares() -> None:
    texts = ["Straße_1 İstanbul, ΣΑΣ’s naïve — 你好 x\u0301y", unicodedata.normalize("NFD", "Où est l’été à Nîmes")]
    for text, found in zip(texts, sets_of(list(texts), ngram=1), strict=True):
        words = {word.encode() for word in shingles.words(text)}
        assert found == {slow.spread(slow.hash_bytes(word) + 1) for word in words}


def test_a_text_longer_than_the_room_for_levelled_texts_is_one_of_many() -> None:
    long = " ".join(f"w{number}" for number in range(400_000))
    texts: list[str | None] = ["a b", long, "c d", long.upper(), None, "C  D"]
    found = digests(texts)
    assert found[1] == found[3] == digest(long)
    assert found[2] == found[5]
    assert found[4] is None


def test_short_forms_ignore_white_space_that_does_not_part_words() -> None:
    texts = ["return x + y", "return x+y", "return  x +y", "returnx+y", "return x - y", "( a )", "(a)", "é + ü", "É+Ü"]
    found = digests(list(texts))
    assert found[0] == found[1] == found[2]
    assert len({found[0], found[3], found[4]}) == 3
    assert found[5] == found[6]
    assert found[7] == found[8]
    assert digests(["return x + y"], near=False) != digests(["return x+y"], near=False)


def test_masked_code_tells_structure_and_not_names_or_literals() -> None:
    texts: list[str | None] = [
        'def area(width, height):\n    return width * height * 2.5 + len("two words")',
        "def flaeche(breite, hoehe):\n    return breite * hoehe * 7 + size('x')",
        'def area(width, height):\n    yield width * height * 2.5 + len("two words")',
        "let s = 'it\\'s' // don't",
        "let t = `a\nb` // won't",
        '"""doc\nstring""" + x',
        "'s' + y",
    ]
    found = sets_of(texts, shingles="masked_code", ngram=4)
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert found[3] == found[4]
    strings = sets_of(texts[5:], shingles="masked_code", ngram=3)
    assert strings[0] == strings[1] != set()
    kept = sets_of(texts, shingles="code", ngram=4)
    assert not kept[0] & kept[1]


def test_shingles_go_by_kind_and_those_of_different_kinds_do_not_meet() -> None:
    text = "one two three four five six seven eight"
    chosen = Deduplicate(by_kind={"code": {"shingles": "code", "ngram": 5}, "web": {"ngram": 3}})
    rows = table([text] * 4, kind=["code", "web", "textbook", None])
    sets = Signer(chosen).shingle_sets(rows)
    found = [set(sets.of(number).tolist()) for number in range(4)]
    assert found == [
        slow.shingle_hashes(text, 5, "code"),
        slow.shingle_hashes(text, 3),
        slow.shingle_hashes(text, 5),
        slow.shingle_hashes(text, 5),
    ]
    assert not found[0] & found[2]
    keys = Signer(chosen).sign(rows)["band_00000"].to_pylist()
    assert len(set(keys)) == 3


def test_texts_that_need_composing_are_signed_like_composed_ones() -> None:
    composed = " ".join(f"été{number} à Nîmes" for number in range(40))
    texts: list[str | None] = ["plain text of some six words", composed, unicodedata.normalize("NFD", composed)]
    for batch in (texts, texts[1:], texts[2:]):
        signed = Signer(Deduplicate()).sign(table(batch), signatures=True)
        expected = slow.signature(slow.shingle_hashes(composed), SEEDS[1])
        assert np.frombuffer(signed["signature"][-1].as_py(), np.uint32).tolist() == expected
        assert signed["exact"][-1].as_py() == digest(slow.levelled(composed))


def test_slices_and_chunks_of_a_table_are_signed_like_the_whole() -> None:
    texts: list[str | None] = [" ".join(f"w{i}{k}" for k in range(i)) for i in range(30)]
    whole = table(texts)
    signed = Signer(Deduplicate()).sign(whole)
    pieces = pa.concat_tables([whole.slice(0, 7), whole.slice(7, 1), whole.slice(8)])
    assert Signer(Deduplicate()).sign(pieces).equals(signed)
    assert Signer(Deduplicate()).sign(whole.slice(9, 8)).equals(signed.slice(9, 8))
    assert Signer(Deduplicate()).sign(whole.slice(0, 0)).num_rows == 0


def test_bands_find_pairs_as_often_as_theory_says() -> None:
    drawn = random.Random(1)
    expected, variance, found = 0.0, 0.0, 0
    texts: list[str | None] = []
    for number in range(600):
        common = drawn.randrange(120, 200)
        shared = [f"s{number}_{i}" for i in range(common)]
        texts += [" ".join([*shared, *(f"{side}{number}_{i}" for i in range(200 - common))]) for side in "ab"]
        chance = chance_found(common / (400 - common), 14, 8)
        expected, variance = expected + chance, variance + chance * (1 - chance)
    signed = Signer(Deduplicate(ngram=1)).sign(table(texts))
    keys = np.stack([np.asarray(signed[name]) for name in band_names(14)])
    found = int((keys[:, 0::2] == keys[:, 1::2]).any(axis=0).sum())
    assert abs(found - expected) <= 3 * variance**0.5
