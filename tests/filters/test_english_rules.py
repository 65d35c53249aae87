"""spaCy's rules as tables: only those that the kernel was written for, and whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spacy.lang.en import English
from spacy.pipeline.sentencizer import Sentencizer

from data.errors import UsageError
from filters import english_rules as rules
from filters.characters import character_table
from filters.english_rules import RULES_DIGEST, EnglishRules, english_rules, text_hash

#: The bits that are not those of `characters.py`.
OWN_BITS = (
    rules.PREFIX | rules.SUFFIX | rules.ICON | rules.ALPHA | rules.ALPHA_LOWER | rules.ALPHA_UPPER | rules.QUOTE
    | rules.BEFORE_DOT | rules.HOST | rules.SENTENCE_MARK | rules.SYMBOL | rules.STOP_CHARACTER | rules.FULL_STOP
    | rules.DIVIDING
)  # fmt: skip


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has tables made anew, as on a machine that has none."""
    monkeypatch.setattr("data.compiled.cache_folder", lambda: None)


def make() -> EnglishRules:
    return english_rules.__wrapped__()


def with_one_more(some: Any) -> Any:
    return {**some, "phimillish": [{65: "phi"}, {65: "millish"}]} if isinstance(some, dict) else [*some, "phimill"]


@pytest.mark.usefixtures("no_cache")
@pytest.mark.parametrize("name", ["prefixes", "suffixes", "infixes", "tokenizer_exceptions"])
def test_another_set_of_rules_is_refused_and_told_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(English.Defaults, name, with_one_more(getattr(English.Defaults, name)))
    with pytest.raises(UsageError) as refusal:
        make()
    for part in (RULES_DIGEST, "spaCy", "@datatrove", "constraints.txt"):
        assert part in str(refusal.value)


@pytest.mark.usefixtures("no_cache")
def test_another_url_pattern_or_another_sentence_mark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("spacy.lang.tokenizer_exceptions.URL_PATTERN", "phimill")
        with pytest.raises(UsageError, match="other rules"):
            make()
    monkeypatch.setattr(Sentencizer, "default_punct_chars", [*Sentencizer.default_punct_chars, "¶"])
    with pytest.raises(UsageError, match="other rules"):
        make()


@pytest.mark.usefixtures("no_cache")
def test_tables_made_now_are_those_that_were_kept() -> None:
    for made, kept in zip(make(), english_rules(), strict=True):
        np.testing.assert_array_equal(made, kept)


def test_no_two_special_cases_have_one_hash() -> None:
    texts = list(English.Defaults.tokenizer_exceptions)
    assert len(set(map(text_hash, texts))) == len(texts)


def test_the_bits_of_other_tables_mean_what_they_mean_there() -> None:
    others = character_table()
    assert not (others & OWN_BITS).any()
    np.testing.assert_array_equal(english_rules().classes & ~np.uint32(OWN_BITS), others)
