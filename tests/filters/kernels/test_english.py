"""English words and sentences: spaCy is the oracle, through datatrove's own tokenizer."""

from __future__ import annotations

import itertools
import random
from typing import Any, Iterable, Iterator, Sequence

import numpy as np
import pytest
from datatrove.utils.text import split_into_sentences
from datatrove.utils.word_tokenizers import load_word_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import texts
from spacy.lang import char_classes
from spacy.lang.en import English
from spacy.pipeline.sentencizer import Sentencizer

from filters.english_rules import english_rules
from filters.kernels.english import count_sentences, split_english
from filters.kernels.texts import decode, places

SPECIALS = sorted(English.Defaults.tokenizer_exceptions)
EMOTICONS = [
    text for text in SPECIALS if not any(map(str.isalnum, text)) or text in ("xD", "XD", "8)", ":P", ":o", "(o:")
]
UNITS = sorted({*char_classes.LIST_UNITS, *(sign.replace("\\", "") for sign in char_classes.LIST_CURRENCY)})
SENTENCE_MARKS = sorted(Sentencizer.default_punct_chars)

#: Where spaCy asserts; datatrove then deletes it from the text.
BROKEN = "IS_ALPHA"


def split(text: str) -> tuple[list[str], int]:
    """The words of a text and the number of its sentences, as the kernel has them."""
    rules = english_rules()
    data = np.frombuffer(text.encode(), dtype=np.uint8)
    size = len(data)
    codes = np.zeros(size + 1, dtype=np.uint32)
    n = decode(data, 0, size, codes)
    classes = rules.classes[codes]
    begins, ends = places(size + 1), places(size + 1)
    count = split_english(codes, classes, n, rules.keys, rules.facts, begins, ends)
    words = [text[begin:end] for begin, end in zip(begins[:count], ends[:count], strict=True)]
    return words, count_sentences(codes, classes, n, begins, ends, count)


def expected(text: str) -> tuple[list[str], int]:
    """The words of a text and the number of its sentences, as datatrove has them."""
    tokenizer: Any = load_word_tokenizer("en")
    return tokenizer.word_tokenize(text), len(split_into_sentences(text))


def check(text: str) -> None:
    if BROKEN not in text:
        assert split(text) == expected(text), repr(text)


def check_chunks(chunks: Iterable[str], size: int = 300) -> int:
    """Checks chunks, `size` of them in a text, since a text costs more than a chunk; returns how many there were."""
    checked = 0
    for batch in batches([chunk for chunk in chunks if BROKEN not in chunk], size):
        text = "\n".join(batch)
        if split(text) != expected(text):
            for chunk in batch:
                check(chunk)
            check(text)
        checked += len(batch)
    return checked


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


@pytest.mark.parametrize(
    ("text", "words", "sentences"),
    [
        ("", [], 1),
        (" \n ", [], 1),
        ("Don't stop.", ["Do", "n't", "stop", "."], 1),
        ("At 5pm. In the U.S. we ate.", ["At", "5", "pm", ".", "In", "the", "U.S.", "we", "ate", "."], 2),
        ("x:) ) :))", ["x", ":", ")", ")", ":))"], 1),
        ("(see http://a.org/b?c=d.)", ["(", "see", "http://a.org/b?c=d", ".", ")"], 1),
        ("an e-mail,three 5km.", ["an", "e", "-", "mail", ",", "three", "5", "km", "."], 1),
        ("end.Next…then", ["end", ".", "Next", "…", "then"], 2),
        ("Why?!  Because.\n\nSo.", ["Why", "?", "!", "Because", ".", "So", "."], 3),
    ],
)
def test_words_and_sentences_are_those_that_spacy_finds(text: str, words: list[str], sentences: int) -> None:
    assert split(text) == (words, sentences)
    check(text)


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_every_chunk_of_real_texts_is_split_alike(kind: str) -> None:
    chunks = {chunk for text in texts.real_texts(kind, 150) for chunk in text.split()}
    assert check_chunks(sorted(chunks)) > 5_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_real_texts_are_split_alike(kind: str) -> None:
    for text in texts.real_texts(kind, 40):
        check(text)


def test_texts_of_this_machine_are_split_alike() -> None:
    for text in [*texts.texts_of_python(20), *texts.EDGES]:
        if len(text) < 30_000:
            check(text)


BEFORE = ("", "(", '"', "''", "$", "US$", "..", "—", "x", "'", "+", "1")
AFTER = ("", ".", ",", ")", "'s", "’S", "...", "x", "!", "''", "km", "-a", "/b")


@pytest.mark.slow
def test_special_cases_are_found_behind_and_before_every_kind_of_affix() -> None:
    chunks = ("".join(parts) for parts in itertools.product(BEFORE, SPECIALS, AFTER))
    assert check_chunks(chunks, size=1000) > 200_000


@pytest.mark.slow
def test_special_cases_side_by_side_are_split_alike() -> None:
    draw = random.Random(1)
    pairs = itertools.chain(
        itertools.product(EMOTICONS, EMOTICONS), ((draw.choice(SPECIALS), draw.choice(SPECIALS)) for _ in range(5_000))
    )
    assert check_chunks(text for pair in pairs for text in ("".join(pair), " ".join(pair))) > 20_000


SCHEMES = ("", "http://", "HTTPS://", "git+ssh://", "é://", "9://", "://", "http:/", "mailto:")
USERS = ("", "me@", "a:b@", "@", "a@b@", ":@")
HOSTS = (
    "a.com", "www.a-b.co.uk", "a_b.com", "-a.com", "a-.com", "a..com", ".com", "a.c", "a.COM", "a.c0m", "com", "é.рф",
    "中.中中", "xn--p1ai.org", "a" * 63 + ".com", "b" * 64 + ".com", "c" * 65 + ".com", "a." + "d" * 63,
    "a." + "d" * 64,
)  # fmt: skip
TAILS = (
    "",
    ":80",
    ":8",
    ":65535",
    ":655351",
    ":٣٣",
    ":",
    "/",
    "/a,b",
    "/:)",
    "?",
    "?a=b",
    "#x",
    "/a.b...",
    "a",
    ".",
    ",",
    "'s",
)
OCTETS = (
    "0", "1", "9", "10", "31", "32", "99", "100", "127", "168", "169", "172", "192", "199", "200", "223", "224", "249",
    "250", "254", "255", "256", "020", "1000", "٣", "1٣", "٣1", "1٣٣", "2٣", "25٣", "२",
)  # fmt: skip


@pytest.mark.slow
def test_urls_of_every_shape_are_told_from_what_only_looks_like_them() -> None:
    assert check_chunks(map("".join, itertools.product(SCHEMES, USERS, HOSTS, TAILS))) > 15_000


@pytest.mark.slow
def test_addresses_are_told_from_other_numbers_with_dots() -> None:
    draw = random.Random(2)
    addresses = {".".join(draw.choice(OCTETS) for _ in range(draw.choice((3, 4, 4, 4, 4, 5)))) for _ in range(20_000)}
    for place, octet in itertools.product(range(4), map(str, range(260))):
        addresses.add(".".join([*["1"] * place, octet, *["1"] * (3 - place)]))
        addresses.update(f"{first}.{octet}.1.1" for first in (10, 127, 169, 172, 192))
    ends = ("", ":80", "/x", ".", "a")
    assert check_chunks(f"{address}{draw.choice(ends)}" for address in sorted(addresses)) > 15_000


@pytest.mark.slow
def test_units_after_digits_are_split_alike() -> None:
    numbers, ends = ("5", "1.5", "10,000", "٣", "x5", "5x", "½", ""), ("", ".", ",", "s", "/h", "²", "'s", ".)", "+")
    assert check_chunks(map("".join, itertools.product(numbers, UNITS, ends))) > 4_000


#: Where a character can stand.
PLACES = (
    "{}",
    "a{}b",
    "{}a",
    "a{}",
    "1{}",
    "{}1",
    "A{}B",
    "a{}.",
    "{}.",
    "a.{}",
    "AB{}.",
    "'{}s",
    "({})",
    "www.a{}.com",
    "http://a.b:{}0",
)


@pytest.mark.slow
def test_characters_of_every_kind_are_what_they_are_to_spacy() -> None:
    classes = english_rules().classes
    kinds: dict[int, list[int]] = {}
    for code, bits in enumerate(classes.tolist()):
        if not 0xD800 <= code < 0xE000:
            kinds.setdefault(bits, []).append(code)
    # Some of each kind, and all of the first pages of Unicode, where the odd ones live.
    codes = {
        code for members in kinds.values() for code in (*members[:5], *members[-5:], *members[:: len(members) // 5 + 1])
    }
    codes |= {*range(0x0250), *range(0x2000, 0x2100), *range(0x3000, 0x3040)}
    for place in PLACES:
        check_chunks(map(place.format, map(chr, sorted(codes))))


_any_piece = st.one_of(
    st.sampled_from(SPECIALS),
    st.sampled_from(EMOTICONS),
    st.sampled_from([*texts.MARKS, *"¿¡«»“”‘’´`°§€£²½·"]),
    st.sampled_from(UNITS),
    st.sampled_from(SENTENCE_MARKS),
    st.sampled_from(texts.WORDS),
    st.sampled_from(OCTETS),
    st.characters(exclude_categories=["Cs"]),
)


@settings(max_examples=800, deadline=None)
@given(st.lists(_any_piece, max_size=12).map("".join))
def test_chunks_of_any_pieces_are_split_alike(text: str) -> None:
    check(text)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.one_of(_any_piece, st.sampled_from(texts.SPACES), st.just(" ")), max_size=60).map("".join))
def test_texts_of_any_pieces_and_white_space_are_split_alike(text: str) -> None:
    check(text)


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.lists(
            st.one_of(st.sampled_from(EMOTICONS), st.sampled_from(list(":;=8xX-^*'()[]/\\|DPpOo03<>._ "))), max_size=60
        ),
        st.builds(list.__mul__, st.lists(st.sampled_from(EMOTICONS), min_size=1, max_size=2), st.integers(2, 20)),
    ).map("".join)
)
def test_storms_of_emoticons_are_split_alike(text: str) -> None:
    check(text)
    check(f"x{text} {text}")


@settings(max_examples=300, deadline=None)
@given(texts.any_text)
def test_any_text_is_split_alike(text: str) -> None:
    check(text)


@settings(max_examples=300, deadline=None)
@given(texts.awkward_text)
def test_awkward_texts_are_split_alike(text: str) -> None:
    check(text)
