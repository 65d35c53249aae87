"""Stop words by language."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.recipe import FilterEntry
from filters.characters import CLINGING_MARKS
from filters.judging.plan import Plan, Probe
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge
from filters.probes.protocol import BadSetting
from filters.probes.stop_words import check, measure
from filters.signals.catalogue import measure_signals

SIGNALS = ("stop_words", "stop_word_share")
NOWHERE = Path()


def found(texts: list[str], languages: list[str | None], words: object) -> list[tuple[float, float]]:
    probe = Probe("f", "stop-words", check({"words": words}, NOWHERE), SIGNALS)
    table = pa.table({"text": pa.array(texts, pa.large_string()), "language": pa.array(languages, pa.string())})
    columns = measure(probe, table).columns
    return list(zip(*(columns[name].tolist() for name in SIGNALS), strict=True))


def test_each_text_is_compared_with_the_list_of_its_language() -> None:
    words = {"de": ["der", "und"], "en": "default"}
    texts = ["Der Hund und der Hase.", "The dog and the hare.", "Der Hund und der Hase.", "", " \n"]
    assert found(texts, ["de", "en", "en", "de", "de"], words) == [
        (2, 3 / 5),
        (2, 3 / 5),
        (0, 0),
        (0, 0),
        (0, 0),
    ]


def test_a_language_without_a_list_has_no_value() -> None:
    values = found(["le chien et le chat"] * 3, ["fr", None, "de"], {"de": ["und"]})
    assert np.isnan(values[:2]).all()
    assert values[2] == (0, 0)


def test_labels_of_glotlid_find_the_list_of_their_language() -> None:
    values = found(["und so"] * 4, ["deu_Latn", "DE", "deu_Latn", "gsw_Latn"], {"de": ["und"]})
    assert [value[0] for value in values[:3]] == [1, 1, 1]
    assert np.isnan(values[3]).all()
    assert found(["und so"], ["deu_Latn"], {"de": ["und"], "deu_Latn": ["so", "und"]})[0][0] == 2


def test_words_are_compared_in_lower_case_and_without_punctuation_around_them() -> None:
    words = {"x": ["ÜBER", "και", "σας", "o'clock", "a", "ab"]}
    texts = ["«über», Über! _ÜBER_ über-", "ΚΑΙ ΣΑΣ σας", "O'CLOCK oclock", "b abc aba a ab AB.", "—\u2028a\u00a0b"]
    assert [value[0] for value in found(texts, ["x"] * 5, words)] == [1, 2, 1, 2, 1]
    assert [value[1] for value in found(texts, ["x"] * 5, words)] == [1, 1, 1 / 2, 3 / 6, 1 / 3]


def test_the_english_default_is_gophers_and_gives_the_numbers_of_the_signals() -> None:
    draw = random.Random(3)
    pieces = [
        "the",
        "The,",
        "(be)",
        "to",
        "of-",
        "and",
        "that's",
        "have",
        "WITH",
        "cat",
        "\n",
        "\t",
        "é",
        "the\u2009end",
    ]
    texts = [" ".join(draw.choices(pieces, k=draw.randrange(60))) for _ in range(300)]
    signals = measure_signals(pa.array(texts, pa.large_string()), ["words"])
    expected = list(zip(*(signals[name].tolist() for name in SIGNALS), strict=True))
    assert found(texts, ["en"] * len(texts), {"en": "default"}) == expected


def test_random_texts_are_counted_as_a_slow_reader_counts_them() -> None:
    draw = random.Random(5)
    letters = "abäßÄ.-'ЖжΣςİı一\U0001f600\n "
    lists = {name: ["".join(draw.choices(letters[:11], k=3)) for _ in range(40)] for name in ("x", "y")}
    usable = {name: [word for word in words if word.strip(CLINGING_MARKS)] for name, words in lists.items()}
    texts = ["".join(draw.choices(letters, k=draw.randrange(400))) for _ in range(400)]
    languages: list[str | None] = [draw.choice("xy") for _ in texts]

    def bare(word: str) -> str:
        lower = [c.lower() if len(c.lower()) == 1 else c for c in word.strip(CLINGING_MARKS)]
        return "".join(lower).replace("ς", "σ")

    for text, language, value in zip(texts, languages, found(texts, languages, usable), strict=True):
        known = {bare(word) for word in usable[language or ""]}
        hits = [bare(word) for word in text.split() if bare(word) in known]
        assert value == (len(set(hits)), len(hits) / len(text.split()) if text.split() else 0)


def test_hostile_texts_are_read_in_time() -> None:
    values = found(["x" * 1_000_000, "." * 1_000_000, "a " * 500_000, "\x00" * 1000], ["x"] * 4, {"x": ["a"]})
    assert values == [(0, 0), (0, 0), (1, 1), (0, 0)]


def test_lists_come_from_files_and_from_spacy(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text("\ufeffund\n\n# comment\nDER\n", encoding="utf-8")
    (tmp_path / "fr.txt.gz").write_bytes(gzip.compress(b"le\nla"))
    settings = check({"words": {"de": "de.txt", "fr": "fr.txt.gz"}}, tmp_path)
    assert settings == {"words": {"de": ["der", "und"], "fr": ["la", "le"]}}
    pytest.importorskip("spacy", reason="spaCy is not installed")
    german = check({"words": {"de": "spacy:de"}}, tmp_path)["words"]["de"]
    assert {"und", "der", "nicht"} <= set(german)
    assert german == sorted(german)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["der"], "words by language"),
        ({}, "words by language"),
        ({False: ["ikke"]}, "`no` wants quotes"),
        ({"de": 7}, "not de: 7"),
        ({"de": "default"}, "no default for de"),
        ({"de": []}, "there are no words"),
        ({"de": [True]}, "want quotes"),
        ({"de": ["zum Beispiel"]}, "no single word"),
        ({"de": ["..."]}, "no single word"),
        ({"de": "none.txt"}, "no such file"),
        ({"qq": "spacy:qq"}, "no stop words for qq"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(words: object, expected: str) -> None:
    with pytest.raises(BadSetting, match=expected):
        check({"words": words}, NOWHERE)


def plan(**settings: object) -> Plan:
    entry = FilterEntry(preset="stop-words", name="stop-words", **settings)
    return resolve_filters([entry], set(), lambda place, text: ValueError(f"{place}: {text}"))


def test_a_wrong_setting_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"'filters', 0, 'words'.*no default for de"):
        plan(words={"de": "default"})


def test_two_different_words_are_asked_for() -> None:
    texts = ["the cat, the hat", "the cat and hat", "", "the be to of"]
    assert judge(texts, "stop-words", language="en")["kept"].to_pylist() == [False, True, False, True]
    german = judge(["Der Hund.", "Der Hund und der Hase."], "stop-words", language="de", words={"de": ["der", "und"]})
    assert german["kept"].to_pylist() == [False, True]
    assert german["reason"].to_pylist() == ["too_few_stop_words", ""]


def test_a_share_can_be_asked_for_too() -> None:
    texts = ["the and cat", "the and cat dog"]
    found = judge(texts, "stop-words", language="en", min_stop_word_share=0.6)
    assert found["reason"].to_pylist() == ["", "hardly_any_stop_words"]
