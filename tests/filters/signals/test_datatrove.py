"""datatrove's filters as presets: its own classes are the oracle, decision by decision and letter by letter."""

from __future__ import annotations

import functools
import gzip
import json
from typing import Any, Iterator, NamedTuple, Sequence

import datatrove.utils.text
import numpy as np
import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from hypothesis import given, settings
from reference import texts

from data.recipe import FilterEntry
from filters import judge
from filters.judging.measuring import measure
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge_rows
from filters.signals.datatrove import DATATROVE_GROUPS, measure_datatrove


class Peer(NamedTuple):
    """A preset with settings, and the filter that it stands for."""

    preset: str
    filter: Any
    overrides: dict[str, Any]


PEERS = {
    "gopher-repetition": Peer("gopher-repetition", GopherRepetitionFilter(), {}),
    "gopher-quality": Peer("gopher-quality", GopherQualityFilter(), {}),
    "c4": Peer("c4", C4QualityFilter(), {}),
    "fineweb": Peer("fineweb", FineWebQualityFilter(), {}),
    "c4 as FineWeb runs it": Peer(
        "c4", C4QualityFilter(filter_no_terminal_punct=False), {"terminal_punctuation": False}
    ),
    "c4 with everything off": Peer(
        "c4",
        C4QualityFilter(
            remove_citations=False,
            filter_no_terminal_punct=False,
            min_num_sentences=-1,
            min_words_per_line=-1,
            max_word_length=-1,
            filter_lorem_ipsum=False,
            filter_javascript=False,
            filter_curly_bracket=False,
            filter_policy=False,
        ),
        {
            "strip_citations": False,
            "terminal_punctuation": False,
            "min_sentences": None,
            "min_words_per_line": None,
            "max_word_chars": None,
            "stop_at_lorem_ipsum": False,
            "drop_javascript": False,
            "stop_at_curly_bracket": False,
            "drop_policy": False,
        },
    ),
    "c4 with other bounds": Peer(
        "c4",
        C4QualityFilter(
            filter_no_terminal_punct=False,
            min_num_sentences=12,
            min_words_per_line=-1,
            max_word_length=30,
            filter_lorem_ipsum=False,
            filter_curly_bracket=False,
        ),
        {
            "terminal_punctuation": False,
            "min_sentences": 12,
            "min_words_per_line": None,
            "max_word_chars": 30,
            "stop_at_lorem_ipsum": False,
            "stop_at_curly_bracket": False,
        },
    ),
    "gopher-quality without its first rules": Peer(
        "gopher-quality",
        GopherQualityFilter(min_doc_words=1, min_avg_word_length=None, max_avg_word_length=None),
        {"min_words": 1, "min_mean_word_length": None, "max_mean_word_length": None},
    ),
    "gopher-repetition without its first rules": Peer(
        "gopher-repetition",
        GopherRepetitionFilter(
            dup_line_frac=None, dup_para_frac=None, dup_line_char_frac=None, dup_para_char_frac=None, top_n_grams=()
        ),
        dict.fromkeys(
            (
                "max_duplicate_line_share",
                "max_duplicate_paragraph_share",
                "max_duplicate_line_char_share",
                "max_duplicate_paragraph_char_share",
                "max_top_2gram_char_share",
                "max_top_3gram_char_share",
                "max_top_4gram_char_share",
            )
        ),
    ),
    "fineweb without its first rules": Peer(
        "fineweb",
        FineWebQualityFilter(line_punct_thr=0.0, short_line_thr=1.0, char_duplicates_ratio=0.2),
        {
            "min_terminal_punctuation_line_share": None,
            "max_short_line_share": None,
            "max_duplicate_line_char_share": 0.2,
        },
    ),
}
FAMILIES = ("gopher-repetition", "gopher-quality", "c4", "fineweb")

#: Where spaCy asserts and datatrove, for want of better, deletes it from the text; left alone.
BROKEN = "IS_ALPHA"


@pytest.fixture(scope="module", autouse=True)
def _words_split_once() -> Iterator[None]:
    """Lets the filters share datatrove's words and sentences of a text, which cost nearly all of the time."""
    before = datatrove.utils.text.split_into_parts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datatrove.utils.text, "split_into_parts", functools.lru_cache(20_000)(before.__wrapped__))
        yield


def verdict(oracle: Any, text: str) -> tuple[bool, str | None, str | None]:
    """What datatrove makes of a text: whether it is kept, the reason if not, the text that is left if so."""
    document = Document(text=text, id="0")
    answer = oracle.filter(document)
    kept, reason = answer if isinstance(answer, tuple) else (answer, None)
    return kept, reason, document.text if kept else None


def check(of: Sequence[str], *names: str) -> int:
    """Compares every verdict and returns how many texts were kept at all."""
    of = [text for text in of if BROKEN not in text]
    total = 0
    for name in names or PEERS:
        peer = PEERS[name]
        found = judge(of, f"{peer.preset}@datatrove", **peer.overrides)
        left = found["text"].to_pylist() if "text" in found.schema.names else of
        rows = zip(of, found["kept"].to_pylist(), found["peer_reason"].to_pylist(), left, strict=True)
        for text, kept, reason, cleaned in rows:
            assert (kept, reason, cleaned if kept else None) == verdict(peer.filter, text), (name, text[:1000])
            total += kept
    return total


#: 1,500 real texts: awkward ones are those of `texts.EDGES`, too short for the choice by hash.
REAL = {"web": 400, "textbooks": 300, "code": 250, "quality": 200, "e2e": 200, "languages": 150}


def test_there_are_enough_real_texts() -> None:
    assert sum(REAL.values()) >= 1500
    assert set(REAL) == set(texts.KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", REAL)
def test_real_texts_are_judged_as_datatrove_judges_them(kind: str) -> None:
    found = texts.real_texts(kind, REAL[kind], most_chars=8_000)
    assert len(found) == REAL[kind]
    assert check(found, *FAMILIES, "c4 as FineWeb runs it") > 0


@pytest.mark.slow
def test_longer_real_texts_are_judged_alike_under_other_settings() -> None:
    for kind in texts.KINDS:
        check(texts.real_texts(kind, 15, most_chars=40_000))


def test_texts_of_this_machine_are_judged_alike() -> None:
    assert check(texts.texts_of_python(40, most_chars=8_000)) > 0


def test_texts_at_the_edges_are_judged_alike() -> None:
    check([text for text in texts.EDGES if len(text) < 20_000])


@pytest.mark.slow
@pytest.mark.parametrize("name", texts.large_texts())
def test_a_megabyte_of_one_thing_is_judged_alike(name: str) -> None:
    check([texts.large_texts()[name]], *FAMILIES, "c4 as FineWeb runs it")


@settings(max_examples=200, deadline=None)
@given(texts.awkward_text)
def test_awkward_texts_are_judged_alike(text: str) -> None:
    check([text, f"{text}\n{text}", f"The {text} of a line.\n" * 3])


@settings(max_examples=150, deadline=None)
@given(texts.any_text)
def test_any_text_is_judged_alike(text: str) -> None:
    check([text, f"{text} word. " * 12])


#: datatrove's names for the settings that its own test cases change.
NAMES = {
    "min_doc_words": "min_words",
    "max_doc_words": "max_words",
    "line_punct_thr": "min_terminal_punctuation_line_share",
    "short_line_thr": "max_short_line_share",
    "new_line_ratio": "max_newline_word_ratio",
}
PRESETS = {
    "GopherRepetitionFilter": "gopher-repetition",
    "GopherQualityFilter": "gopher-quality",
    "C4QualityFilter": "c4",
    "FineWebQualityFilter": "fineweb",
}


def test_every_case_of_datatroves_own_tests_comes_out_as_there() -> None:
    path = texts.shared("data/peer_vectors/datatrove_filters.jsonl.gz")
    cases = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(cases) == 25
    for case in cases:
        name, settings_ = case["op"]["name"], case["op"]["kwargs"]
        assert settings_.pop("short_line_length", 30) == 30  # what the signal is measured with
        if name in PRESETS:
            overrides = {NAMES[key]: value for key, value in settings_.items()}
            found = judge([case["text"]], f"{PRESETS[name]}@datatrove", **overrides)
        else:
            found = judge_by_filter(case["text"], f"datatrove.pipeline.filters.{name}")
        assert (found["reason"].to_pylist() == [""]) == case["expected_keep"], case
        if case["expected_reason"]:
            assert found["peer_reason"].to_pylist() == [case["expected_reason"]], case


def judge_by_filter(text: str, path: str) -> pa.Table:
    """Judges a text by a filter that has no preset, run as it is."""
    entry = FilterEntry(name="peer", datatrove=path)
    plan = resolve_filters([entry], (), lambda place, message: ValueError(place, message))
    same = {"id": "0", "kind": "text", "source": "s", "language": "en", "text": text}
    table = pa.table({name: pa.array([value], pa.large_string()) for name, value in same.items()})
    measured = measure(table, plan.measure_settings(), None)
    return judge_rows(measured.append_column("kind", table["kind"]).append_column("source", table["source"]), plan, {})


def test_numbers_are_not_there_where_the_filter_compares_nothing() -> None:
    found = measure_datatrove(pa.array(["", " ", "one"], pa.large_string()), DATATROVE_GROUPS)
    assert np.isnan(found["datatrove_mean_word_length"]).tolist() == [True, True, False]
    assert np.isnan(found["datatrove_top_2gram_char_share"]).tolist() == [True, True, True]
    assert np.isnan(found["datatrove_newline_word_ratio"]).tolist() == [True, True, False]
    assert found["datatrove_duplicate_5gram_char_share"].tolist() == [0, 0, 0]


def test_groups_measured_alone_give_what_they_give_together() -> None:
    some = pa.array(texts.EDGES, pa.large_string())
    together = measure_datatrove(some, DATATROVE_GROUPS)
    assert list(together) == [name for names in DATATROVE_GROUPS.values() for name in names]
    for group, names in DATATROVE_GROUPS.items():
        alone = measure_datatrove(some, [group])
        assert list(alone) == list(names)
        for name in names:
            np.testing.assert_array_equal(alone[name], together[name])
