"""Listed words in texts: datatrove's C4BadWordsFilter and its regular expressions are the oracle."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.recipe import FilterEntry
from filters.judging.plan import Probe
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge
from filters.probes.word_lists import measure

SHARED = Path(__file__).parents[4] / "shared/data"
LDNOOBW = SHARED / "lists/ldnoobw_badwords.jsonl.gz"
WORDS = {
    "en": ["bad", "bad word", "2x", "@home", "so_so", "Loud", "sm", "ab", "abc", "🖕", "naïve", "c++"],
    "de": ["böse", "ſtumm", "straße", "İ"],
    "ja": ["悪い", "グロ", "sm女王", "x"],
    "tlh": ["Qu'vatlh"],
}


def checked(words: Any, preset: str = "bad-words@datatrove", **changes: Any) -> Probe:
    entry = FilterEntry(name="w", preset=preset, words=words, **changes)
    plan = resolve_filters([entry], (), lambda place, message: ValueError(place, message))
    return plan.segments[0].probes[0]


def inline(words: dict[str, list[str]]) -> dict[str, Any]:
    return {language: {"inline": some} for language, some in words.items()}


def hits(texts: list[str], languages: list[str | None], probe: Probe) -> list[float]:
    documents = {"text": pa.array(texts, pa.large_string()), "language": pa.array(languages, pa.string())}
    return measure(probe, pa.table(documents)).columns["listed_words"].tolist()


def peer(words: dict[str, list[str]], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """datatrove's filter, on lists that lie in a folder instead of being fetched."""
    import datatrove.pipeline.filters.c4_filters as c4

    for language, some in words.items():
        (folder / language).write_text("".join(f"{word}\n" for word in some), encoding="utf-8")
    monkeypatch.setattr(c4, "cached_asset_path_or_download", lambda url, **more: str(folder / url.rsplit("/", 1)[-1]))
    return c4.C4BadWordsFilter(fail_on_missing_language=False)


def drops(made: Any, text: str, language: str) -> bool:
    from datatrove.data import Document

    return made.filter(Document(text, "id", metadata={"language": language})) is not True


PIECES = [word for words in WORDS.values() for word in words] + [
    *(
        " ",
        ".",
        "_",
        "-",
        "'",
        "\n",
        "é",
        "a",
        "1",
        "٣",
        "字",
        "\u0301",
        "\u200b",
        "ß",
        "Σ",
        "ΑΣ",
        "İ",
        "BAD",
        "ABC",
        "",
        "🖕",
        "²",
    ),
]


def test_any_mixture_of_words_and_marks_is_decided_as_datatrove_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, probe = peer(WORDS, tmp_path, monkeypatch), checked(inline(WORDS))
    draw = random.Random(7)
    texts = ["".join(draw.choice(PIECES) for _ in range(draw.randint(0, 6))) for _ in range(8000)]
    languages = [draw.choice(list(WORDS)) for _ in texts]
    found = [hit > 0 for hit in hits(texts, languages, probe)]
    assert sum(found) > 800
    wrong = [
        (text, language)
        for text, language, drop in zip(texts, languages, found, strict=True)
        if drop != drops(made, text, language)
    ]
    assert wrong == []


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_decided_as_the_expression_decides(text: str) -> None:
    some = [re.escape(word) for word in WORDS["en"] if word != "sm"]
    expression = re.compile(rf"(?:\W|^)({'|'.join(some)})(?:\W|$)")
    assert (hits([text], ["en"], checked(inline(WORDS)))[0] > 0) == bool(expression.search(text.lower()))


@pytest.mark.skipif(not LDNOOBW.exists(), reason="the shared lists are not beside this checkout")
def test_ldnoobws_28_languages_are_decided_as_datatrove_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gzip.open(LDNOOBW, "rt", encoding="utf-8") as file:
        words = {row["lang"]: row["words"] for row in map(json.loads, file)}
    made, probe = peer(words, tmp_path, monkeypatch), checked(str(LDNOOBW))
    draw = random.Random(1)
    texts, languages = [], []
    for language, some in words.items():
        for _ in range(60):
            pieces = [
                draw.choice([draw.choice(some), draw.choice(some).upper(), "so", "字", " ", ", "]) for _ in range(4)
            ]
            texts.append(draw.choice(["", " "]).join(pieces))
            languages.append(language)
    for name in ("lingua_sentences", "udhr"):
        for path in sorted(SHARED.glob(f"langid/{name}*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                rows = [json.loads(line) for line in file][::5]
            texts += [row["text"] for row in rows]
            languages += [row.get("lang") or str(row.get("bcp47")).split("-")[0] for row in rows]
    found = [hit > 0 for hit in hits(texts, languages, probe)]
    assert found == [drops(made, text, language) for text, language in zip(texts, languages, strict=True)]
    folder = hits(texts, languages, checked(str(tmp_path)))
    assert [hit > 0 for hit in folder] == found


# --- what is counted, and for whom


def test_every_place_at_which_a_word_begins_is_counted() -> None:
    probe = checked({"en": {"inline": ["bad", "bad word"]}, "ja": {"inline": ["悪い"]}})
    texts = ["bad bad, BAD", "bad word", "badly", "bad", "", "bad_bad", "悪い悪い"]
    assert hits(texts, ["en"] * 6 + ["ja"], probe) == [3, 1, 0, 1, 0, 0, 2]


def test_capitals_in_the_list_count_only_where_case_is_folded() -> None:
    lists = {"en": {"inline": ["Loud"]}}
    assert hits(["LOUD"], ["en"], checked(lists)) == [0]
    assert hits(["LOUD"], ["en"], checked(lists, "bad-words@paper")) == [1]


def test_excepted_words_stand() -> None:
    lists = {"en": {"inline": ["sm", "bad"]}}
    assert hits(["sm"], ["en"], checked(lists)) == [0]
    assert hits(["sm"], ["en"], checked(lists, "bad-words@paper")) == [1]
    assert hits(["bad"], ["en"], checked(lists, **{"except": ["bad"]})) == [0]


def test_a_language_without_a_list_is_not_judged() -> None:
    probe = checked({"en": {"inline": ["bad"]}})
    found = hits(["bad", "bad", "bad"], ["en", None, "fr"], probe)
    assert found[:2] == [1, 1]
    assert np.isnan(found[2])
    assert np.isnan(hits(["bad"], [None], checked({"en": {"inline": ["bad"]}}, default_language=None))[0])
    verdicts = judge(["a bad day", "a good day"], "bad-words", words={"en": {"inline": ["bad"]}})
    assert verdicts["reason"].to_pylist() == ["bad_words", ""]


def test_lists_come_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "en.txt.gz").write_bytes(gzip.compress(b"# words\nbad\n"))
    (tmp_path / "de").write_text("böse\n", encoding="utf-8")
    probe = checked(str(tmp_path))
    assert hits(["bad", "böse"], ["en", "DE"], probe) == [1, 1]
    assert str(tmp_path) not in repr(probe.settings)
    assert hits(["bad"], ["en"], checked({"en": [str(tmp_path / "en.txt.gz"), {"inline": ["x"]}]})) == [1]


@pytest.mark.parametrize(
    ("words", "changes", "key", "message"),
    [
        (None, {}, "words", "phimill brings no list along"),
        ("nowhere.txt", {}, "words", "expected lists by language"),
        ("nowhere.jsonl", {}, "words", "no such file"),
        ({"en": "nowhere.txt"}, {}, "words", "no such file"),
        ({"inline": ["a"]}, {}, "words", "expected lists by language"),
        ({"en": {"inline": ["a"]}}, {"fold": 1}, "fold", "true or false"),
        ({"en": {"inline": ["a"]}}, {"default_language": 1}, "default_language", "language code"),
        ({"en": {"inline": ["a"]}}, {"unseparated": "ja"}, "unseparated", "list of texts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(words: Any, changes: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as failure:
        checked(words, **changes)
    assert failure.value.args[0] == ("filters", 0, key)


def test_a_list_that_is_no_json_lines_of_words_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "words.jsonl").write_text('{"lang": "en", "words": ["a"]}\n{"lang": "de", "words": "b"}\n')
    with pytest.raises(ValueError, match=r"words.jsonl:2: expected"):
        checked(str(tmp_path / "words.jsonl"))
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="cannot be read"):
        checked({"en": str(tmp_path / "bad.gz")})
