"""Verdicts: at, below and above every bound; on text, and on signals alone."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import c4, presets, texts

from data.errors import AccountingError, UsageError
from data.recipe import FilterEntry
from data.schema import FATE_FIELDS
from filters import judge
from filters.judging.plan import Plan
from filters.judging.presets import list_presets
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge_rows

SHARED = Path(__file__).parents[3] / "../shared"

REAL = """Sorting a list

A list is put in order by its method sort, which changes the list itself and returns nothing. To leave
the list as it is and to have a new one, call the function sorted instead.

    >>> names = ["Mary", "anna", "Zoe"]
    >>> sorted(names, key=str.lower)
    ['anna', 'Mary', 'Zoe']

The argument key is a function that is called once for each item, and what it returns is compared instead
of the item. It is one of the most useful arguments that there are. Sorting is stable, that is to say, items
that compare equal keep the order that they had. Thanks to this you can sort by one thing and then by another.
Do you want the reverse order? Give the argument reverse. And for numbers there is no need for any key at all.
"""


def distinct(number: int, chars: int = 4, start: int = 0) -> list[str]:
    """Words of equal length, no two alike."""
    return [f"w{place:0{chars - 1}d}" for place in range(start, start + number)]


def lines(of: str, times: int, other: str, total: int = 100) -> str:
    """`total` lines, `times` of them ending or beginning as `of` says, no two alike."""
    made = [of.format(place) for place in range(times)] + [other.format(place + 500) for place in range(total - times)]
    return "\n".join(made)


def repeated(part: str, times: int, between: str) -> str:
    """100 parts of equal length, `times` of which repeat the first."""
    parts = [part.format(0)] * (times + 1) + [part.format(place) for place in range(100, 199 - times)]
    return between.join(parts)


def top(n: int, times: int) -> str:
    """100 words of equal length, `times` non-adjacent copies of one n-gram among them."""
    phrase, fillers = distinct(n, start=900), iter(distinct(100))
    words: list[str] = []
    for _ in range(times):
        words += [*phrase, next(fillers)]
    return " ".join([*words, *[next(fillers) for _ in range(100 - len(words))]])


def duplicate(n: int, times: int) -> str:
    """100n words of equal length, one n-gram standing times + 1 times."""
    phrase, fillers = distinct(n, 5, 9000), iter(distinct(100 * n, 5))
    words: list[str] = []
    for _ in range(times + 1):
        words += [*phrase, next(fillers)]
    return " ".join([*words, *[next(fillers) for _ in range(100 * n - len(words))]])


def share_of_words(good: str, bad: str, times: int, total: int = 100) -> str:
    return " ".join([good] * times + [bad] * (total - times))


#: (preset, bound, text from number, a number that fails, the number at the bound, one that is kept)
PUBLISHED: list[tuple[str, str, Callable[[int], str], int, int | None, int]] = [
    ("gopher-quality", "min_words", lambda n: "word " * n, 49, 50, 51),
    ("gopher-quality", "max_words", lambda n: "word " * n, 100_001, 100_000, 99_999),
    ("gopher-quality", "min_mean_word_length", lambda n: "abc " * 99 + "a" * n, 2, 3, 4),
    ("gopher-quality", "max_mean_word_length", lambda n: "abcdefghij " * 99 + "a" * n, 11, 10, 9),
    ("gopher-quality", "max_hash_word_ratio", lambda n: share_of_words("#tag", "word", n, 1000), 101, 100, 99),
    ("gopher-quality", "max_ellipsis_word_ratio", lambda n: share_of_words("so...", "word", n, 1000), 101, 100, 99),
    ("gopher-quality", "max_bullet_line_share", lambda n: lines("- item {}", n, "line {}"), 91, 90, 89),
    ("gopher-quality", "max_ellipsis_line_share", lambda n: lines("more {}…", n, "line {}"), 31, 30, 29),
    ("gopher-quality", "min_alphabetic_word_share", lambda n: share_of_words("word", "1,50", n), 79, 80, 81),
    ("gopher-quality", "min_stop_words", lambda n: "word " + " ".join(("The", "of,", "with")[:n]), 1, 2, 3),
    ("gopher-repetition", "max_duplicate_line_share", lambda n: repeated("line {:03d}", n, "\n"), 31, 30, 29),
    ("gopher-repetition", "max_duplicate_line_char_share", lambda n: repeated("line {:03d}", n, "\n"), 21, 20, 19),
    ("gopher-repetition", "max_duplicate_paragraph_share", lambda n: repeated("a {:03d}", n, "\n\n"), 31, 30, 29),
    ("gopher-repetition", "max_duplicate_paragraph_char_share", lambda n: repeated("a {:03d}", n, "\n\n"), 21, 20, 19),
    ("gopher-repetition", "max_top_2gram_char_share", lambda n: top(2, n), 11, 10, 9),
    ("gopher-repetition", "max_top_3gram_char_share", lambda n: top(3, n), 7, 6, 5),
    ("gopher-repetition", "max_top_4gram_char_share", lambda n: top(4, n), 5, 4, 3),
    ("gopher-repetition", "max_duplicate_5gram_char_share", lambda n: duplicate(5, n), 16, 15, 14),
    ("gopher-repetition", "max_duplicate_6gram_char_share", lambda n: duplicate(6, n), 15, 14, 13),
    ("gopher-repetition", "max_duplicate_7gram_char_share", lambda n: duplicate(7, n), 14, 13, 12),
    ("gopher-repetition", "max_duplicate_8gram_char_share", lambda n: duplicate(8, n), 13, 12, 11),
    ("gopher-repetition", "max_duplicate_9gram_char_share", lambda n: duplicate(9, n), 12, 11, 10),
    ("gopher-repetition", "max_duplicate_10gram_char_share", lambda n: duplicate(10, n), 11, 10, 9),
    ("c4", "max_lorem_ipsum", lambda n: "A line of words.\n" + "Lorem Ipsum it is.\n" * n, 1, 0, 0),
    ("c4", "max_curly_braces", lambda n: "A line of words.\n" + "It has a { brace.\n" * n, 1, 0, 0),
    ("c4", "min_sentences", lambda n: "It is one.\n" * n + "Menu without an end\n", 4, 5, 6),
    ("fineweb", "min_terminal_punctuation_line_share", lambda n: lines("line {}.", n, "line {}"), 12, None, 13),
    ("fineweb", "max_short_line_share", lambda n: lines("{:029d}", n, "{:030d}"), 67, None, 66),
    ("fineweb", "max_duplicate_line_char_share", lambda n: repeated("line {:03d}", n, "\n"), 10, None, 9),
    ("fineweb@code", "min_terminal_punctuation_line_share", lambda n: lines("line {}.", n, "line {}"), 11, 12, 13),
    ("fineweb@code", "max_short_line_share", lambda n: lines("{:030d}", n, "{:031d}"), 68, 67, 66),
    ("fineweb@code", "max_duplicate_line_char_share", lambda n: repeated("line {:03d}", n, "\n"), 2, 1, 0),
    ("fineweb@code", "max_newline_word_ratio", lambda n: "word " * 100 + "\n" * n, 31, 30, 29),
    ("starcoder", "max_line_chars", lambda n: "x = 1\n" * 20 + "y" * n + "\n", 1001, 1000, 999),
    ("starcoder", "max_mean_line_chars", lambda n: ("x" * 100 + "\n") * 99 + "y" * n, 101, 100, 99),
    ("starcoder", "min_alphanumeric_share", lambda n: "a" * n + "-" * (100 - n), 24, 25, 26),
    ("starcoder", "max_xml_header", lambda n: "<?xml version='1.0'?>" * n, 1, 0, 0),
]


@pytest.mark.parametrize(
    ("preset", "bound", "text", "fails", "at", "kept"), PUBLISHED, ids=[f"{row[0]}.{row[1]}" for row in PUBLISHED]
)
def test_a_text_is_dropped_on_one_side_of_the_bound_only(
    preset: str, bound: str, text: Callable[[int], str], fails: int, at: int | None, kept: int
) -> None:
    address = f"{preset.split('@')[0]}.{bound}"
    failed = judge([text(number) for number in (fails, kept, kept if at is None else at)], preset)["failed_rules"]
    assert [address in rules for rules in failed.to_pylist()] == [True, False, False]


@pytest.mark.parametrize(
    ("language", "bound", "bad", "good"),
    [
        (
            "html",
            "min_visible_text_share",
            "<p a='" + "b" * 393 + "'>" + "x" * 98,
            "<p a='" + "b" * 391 + "'>" + "x" * 101,
        ),
        ("html", "min_visible_text_chars", "<p>" + "x" * 100, "<p>" + "x" * 101),
        ("json", "min_data_chars", "x" * 99, "x" * 100),
        ("yaml", "max_data_chars", "x" * 5001, "x" * 5000),
        ("python", "min_comment_share", "x" * 989 + "\n# 34567890", "x" * 988 + "\n# 345678901"),
        ("java", "max_comment_share", "/" * 80 + "\n" + "x" * 19, "/" * 79 + "\n" + "x" * 20),
    ],
)
def test_rules_for_one_language_look_at_that_language_only(language: str, bound: str, bad: str, good: str) -> None:
    address = f"starcoder.{bound}"
    failed = judge([bad, good], "starcoder@code", language=language)["failed_rules"].to_pylist()
    assert [address in rules for rules in failed] == [True, False]
    other = judge([bad], "starcoder@code", language="go")["failed_rules"].to_pylist()
    assert address not in other[0]


def test_an_xml_header_is_in_place_in_xml() -> None:
    header = "<?xml version='1.0'?><a>some letters</a>"
    assert judge([header] * 2, "starcoder", language=["XML", "python"])["kept"].to_pylist() == [True, False]


def synthetic(plan: Plan, values: dict[str, list[float | None]], rows: int, language: str = "en") -> pa.Table:
    columns = {name: pa.array(values.get(name, [None] * rows), pa.float64()) for name in plan.signals}
    same = {"kind": "web", "source": "s", "language": language}
    return pa.table(
        {
            "id": [f"id{number}" for number in range(rows)],
            **{name: pa.array([value] * rows, pa.string()) for name, value in same.items()},
            **columns,
        }
    )


#: Settings that a preset cannot do without.
NEEDED: dict[str, dict[str, Any]] = {"bad-words": {"words": {"en": {"inline": ["word"]}}}}


def resolve(*entries: dict[str, object]) -> Plan:
    filters = [FilterEntry(**{"where": {"kind": ["web"]}, **entry}) for entry in entries]
    return resolve_filters(filters, {"quality"}, lambda place, text: ValueError(place, text))


@pytest.mark.parametrize("preset", [preset.full_name for preset in list_presets() if preset.rules])
def test_every_rule_of_every_preset_judges_by_the_next_float_to_its_bound(preset: str) -> None:
    plan = resolve({"preset": preset, **NEEDED.get(preset.split("@")[0], {})})
    for rule in plan.rules:
        bound = rule.number({})
        around = [np.nextafter(bound, -np.inf), bound, np.nextafter(bound, np.inf), None]
        language = rule.scope.language[0] if rule.scope.language else "en"
        fates = judge_rows(synthetic(plan, {rule.signal: around}, 4, language), plan, {})
        expected = {
            "at_least": [True, False, False, False],
            "above": [True, True, False, False],
            "at_most": [False, False, True, False],
            "below": [False, True, True, False],
        }[rule.compare]
        found = [rule.address in failed for failed in fates["failed_rules"].to_pylist()]
        assert found == expected, rule.address


def test_the_first_failing_rule_gives_the_reason_and_all_are_listed() -> None:
    plan = resolve(
        {"name": "a", "rules": [{"signal": "words", "at_least": 10, "reason": "short"}]},
        {
            "name": "b",
            "rules": [
                {"signal": "lines", "at_most": 3, "reason": "long"},
                {"signal": "words", "at_least": 5, "reason": "short"},
            ],
        },
    )
    fates = judge_rows(synthetic(plan, {"words": [20, 7, 3, 20], "lines": [1, 9, 9, 9]}, 4), plan, {})
    assert fates["status"].to_pylist() == ["", "dropped", "dropped", "dropped"]
    assert fates["reason"].to_pylist() == ["", "short", "short", "long"]
    assert fates["rule"].to_pylist() == [None, "a.min_words", "a.min_words", "b.max_lines"]
    assert fates["measured"].to_pylist() == [None, 7, 3, 9]
    assert fates["threshold"].to_pylist() == [None, 10, 10, 3]
    assert fates["failed"].to_pylist() == [[], ["short", "long"], ["short", "long"], ["long"]]
    assert fates["failed_rules"].to_pylist()[2] == ["a.min_words", "b.max_lines", "b.min_words"]
    assert fates.schema.names[: len(FATE_FIELDS)] == [field.name for field in FATE_FIELDS]


def test_no_rules_and_no_rows_are_judged_too() -> None:
    nothing = resolve()
    assert judge_rows(synthetic(nothing, {}, 2), nothing, {})["status"].to_pylist() == ["", ""]
    plan = resolve({"preset": "c4"})
    assert judge_rows(synthetic(plan, {}, 0), plan, {}).num_rows == 0
    assert judge([], "c4").num_rows == 0


def test_unless_excuses_only_those_of_whom_it_is_known_to_hold() -> None:
    plan = resolve(
        {"name": "a", "unless": "quality >= p50", "rules": [{"signal": "words", "at_least": 10, "reason": "short"}]}
    )
    table = synthetic(plan, {"words": [1, 1, 1, 20], "quality": [0.9, 0.1, None, 0.1]}, 4)
    fates = judge_rows(table, plan, {"quality@p50[kind=web]": 0.5})
    assert fates["reason"].to_pylist() == ["", "short", "short", ""]


def test_a_percentile_of_an_empty_pool_drops_nothing() -> None:
    plan = resolve({"preset": "quality", "min_quality": "p40"})
    fates = judge_rows(synthetic(plan, {"quality": [0.1]}, 1), plan, {"quality@p40[kind=web]": float("nan")})
    assert fates["status"].to_pylist() == [""]


def test_an_unwanted_language_counts_zero_and_none_is_not_judged() -> None:
    plan = resolve({"preset": "language", "keep": ["en", "de"]})
    fates = {}
    for language in ("en", "DE", "fr"):
        table = synthetic(plan, {"language_score": [0.64, 0.65, 0.99, None]}, 4, language)
        fates[language] = judge_rows(table, plan, {})
    assert fates["en"]["status"].to_pylist() == fates["DE"]["status"].to_pylist() == ["dropped", "", "", ""]
    assert fates["fr"]["status"].to_pylist() == ["dropped"] * 3 + [""]
    assert fates["fr"]["measured"].to_pylist() == [0, 0, 0, None]


def test_a_rule_looks_at_its_kinds_and_sources_only() -> None:
    plan = resolve({"preset": "gopher-quality", "where": {"kind": ["web"], "source": ["other"]}})
    assert judge_rows(synthetic(plan, {"words": [1]}, 1), plan, {})["status"].to_pylist() == [""]


def test_a_signal_that_was_not_measured_stops_the_run() -> None:
    plan = resolve({"preset": "gopher-quality"})
    with pytest.raises(AccountingError, match="words"):
        judge_rows(synthetic(plan, {}, 1).drop_columns(["words"]), plan, {})
    carried = resolve({"name": "a", "rules": [{"signal": "quality", "at_least": 1, "reason": "r"}]})
    assert judge_rows(synthetic(carried, {}, 1).drop_columns(["quality"]), carried, {})["status"].to_pylist() == [""]


# --- the function for notebooks


def test_real_documentation_with_code_passes_every_preset_for_prose() -> None:
    for preset in (
        "gopher-quality",
        "gopher-repetition",
        "c4",
        "fineweb",
        "fineweb@code",
        "prose-with-code",
        "language",
    ):
        assert judge([REAL], preset)["failed"].to_pylist() == [[]], preset


@pytest.mark.parametrize(
    ("preset", "reason"),
    [
        ("gopher-quality", "too_few_words"),
        ("gopher-repetition", ""),
        ("c4", "too_few_sentences"),
        ("c4-lines", ""),
        ("fineweb", "too_few_lines_end_in_punctuation"),
        ("fineweb@code", "too_few_lines_end_in_punctuation"),
        ("starcoder", "too_few_letters_and_digits"),
        ("prose-with-code", "too_few_words"),
        ("language", ""),
    ],
)
def test_empty_text_is_dropped_where_a_rule_asks_for_anything(preset: str, reason: str) -> None:
    assert judge([""], preset)["reason"].to_pylist() == [reason]


def test_c4_changes_the_text_and_then_judges_the_page() -> None:
    code = "function f() { return 1 }"  # goes with its line, so its brace does not count
    found = judge([f"{REAL}\n{code}", f"{REAL}\nA line that ends {'{'} here."], "c4")
    assert found["reason"].to_pylist() == ["", "curly_brace"]
    assert "return 1" not in found["text"].to_pylist()[0]
    assert "Give the argument reverse." in found["text"].to_pylist()[0]
    assert ">>>" not in found["text"].to_pylist()[0]
    assert {"words", "c4.words", "c4.sentences"} <= set(found.schema.names)
    assert judge([f"{REAL}\n{code}"], "c4", terminal_punctuation=False)["reason"].to_pylist() == ["curly_brace"]


def test_c4_lines_changes_the_text_and_drops_nothing() -> None:
    found = judge(["Menu\nThis is a sentence.", ""], "c4-lines")
    assert found["kept"].to_pylist() == [True, True]
    assert found["text"].to_pylist() == ["This is a sentence.", ""]


def test_presets_without_a_modifier_give_no_text() -> None:
    assert "text" not in judge([REAL], "gopher-quality").schema.names


def test_the_answer_has_the_promised_columns() -> None:
    found = judge([REAL, "short"], "gopher-quality", min_words=2)
    assert found.schema.names[:4] == ["kept", "reason", "peer_reason", "failed"]
    assert found["kept"].to_pylist() == [True, False]
    assert found["measured"].to_pylist() == [None, 1]
    assert found["threshold"].to_pylist() == [None, 2]
    assert found["words"].to_pylist()[1] == 1
    assert found["peer_reason"].to_pylist() == [None, None]


def test_quality_is_judged_by_scores_that_are_given() -> None:
    scores = {"quality": [0.9, 0.2, 0.6, None]}
    texts = ["a" * 10, "b" * 10, "c" * 10, "d"]
    assert judge(texts, "quality", signals=scores)["kept"].to_pylist() == [True, False, True, True]
    assert judge(texts, "quality", signals=scores, keep_token_share=0.3)["kept"].to_pylist() == [
        True,
        False,
        False,
        True,
    ]
    assert judge(texts, "quality", signals=scores, min_quality="p34")["kept"].to_pylist() == [True, False, True, True]


def test_wrong_calls_are_met_with_what_to_do() -> None:
    for call, message in [
        (lambda: judge(["a"], "gopher"), "unknown preset"),
        (lambda: judge(["a"], "c4", min_sentence=3), 'Did you mean "min_sentences"'),
        (lambda: judge("one text", "c4"), "a list of texts"),
        (lambda: judge(["a", 3], "c4"), r"texts\[1\]"),  # type: ignore[list-item]
        (lambda: judge(["a"], "c4", unless="words > 3"), "no bound"),
    ]:
        with pytest.raises(UsageError, match=message):
            call()


def test_a_column_of_a_table_is_judged_like_a_list() -> None:
    texts = ["some words", "other words"]
    assert judge(pa.chunked_array([texts]), "c4").equals(judge(texts, "c4"))
    assert judge(pa.array(texts), "c4").equals(judge(texts, "c4"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=120), max_size=3))
def test_any_text_is_judged_by_any_preset(texts: list[str]) -> None:
    for preset in list_presets():
        signals = {"quality": [0.5] * len(texts)} if preset.name == "quality" else None
        found = judge(texts, preset.full_name, signals=signals, language="python", **NEEDED.get(preset.name, {}))
        assert found.num_rows == len(texts)
        for row in found.select(["kept", "reason", "failed", "failed_rules"]).to_pylist():
            assert row["kept"] == (row["reason"] == "") == (row["failed"] == []) == (row["failed_rules"] == [])


# --- the papers' presets as whole decisions, against programs that say the same plainly


def check_against_reference(preset: str, of: list[str]) -> None:
    found = judge(of, f"{preset}@paper")
    for text, failed, reason in zip(of, found["failed"].to_pylist(), found["reason"].to_pylist(), strict=True):
        assert failed == presets.PRESETS[preset](text), repr(text[:500])
        assert reason == next(iter(failed), "")
    if preset.startswith("c4"):
        assert found["text"].to_pylist() == list(map(c4.clean_lines, of))


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_a_papers_preset_decides_as_its_reference_on_texts_of_this_machine(preset: str) -> None:
    check_against_reference(preset, [*texts.EDGES, *texts.texts_of_python(60)])


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_a_papers_preset_decides_as_its_reference_on_real_texts(kind: str) -> None:
    for preset in presets.PRESETS:
        check_against_reference(preset, texts.real_texts(kind, 100))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(texts.awkward_text, texts.any_text), max_size=5))
def test_a_papers_preset_decides_as_its_reference_on_any_text(of: list[str]) -> None:
    for preset in presets.PRESETS:
        check_against_reference(preset, of)


# --- texts made to take long

HOSTILE = (
    ".", "!", ":)", ":-(((", "x:) ) ", "a.b.c.", "1,1,1", "((((", "@@@@", "a@", "a.", "://", "http://a.b/ ",
    "[[[[[", "[1]", "\"'s\"", "word ", "a\n", "#\n", "\n", "\t \n", "\u2028", "--", "...", "<a", "<!--", '"""',
    "\\\\x", "def f():\n", "{\"a\":[", "lorem ", "use cookie", "A line of some words.\n",
    "a\u0300\u0301\u0302\u0303", "中", "\x00", "US$", "°C.", "1.1.1.1.", "e.g.", "I'm",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_more_than_two_seconds_a_megabyte(piece: str) -> None:
    size = 300_000
    text = piece * (size // len(piece.encode()))
    for preset in list_presets():
        if preset.name in ("quality", "language", "url-filter", "bad-words"):  # they do not look at texts so
            continue
        judge(["compiled now, if not before"], preset.full_name, language="python")
        start = time.process_time()
        judge([text], preset.full_name, language="python")
        assert time.process_time() - start < 2 * size / 1e6, preset.full_name


# --- the peers' own cases, where a preset reads the rule as they do

VECTORS = SHARED / "data/peer_vectors/datatrove_filters.jsonl.gz"
SAME = {
    "FineWebQualityFilter": (
        "fineweb@code",
        {"line_punct_thr": "min_terminal_punctuation_line_share", "short_line_thr": "max_short_line_share"},
    ),
    "C4QualityFilter": ("c4", {}),
    "GopherQualityFilter": ("gopher-quality", {"min_doc_words": "min_words", "max_doc_words": "max_words"}),
}


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared peer vectors are not beside this checkout")
def test_datatroves_own_cases_are_kept_and_dropped_alike() -> None:
    cases = [json.loads(line) for line in gzip.decompress(VECTORS.read_bytes()).splitlines()]
    judged = 0
    for case in cases:
        preset, names = SAME.get(case["op"]["name"], (None, {}))
        settings_ = case["op"]["kwargs"]
        if preset is None or not settings_.keys() <= names.keys() | {"short_line_length"}:
            continue
        overrides = {names[key]: value for key, value in settings_.items() if key in names}
        assert judge([case["text"]], preset, **overrides)["kept"].to_pylist() == [case["expected_keep"]], case["text"][
            :80
        ]
        judged += 1
    assert judged >= 10


TEXTBOOKS = SHARED / "data/textbooks/textbooks.jsonl.gz"


@pytest.mark.slow
@pytest.mark.skipif(not TEXTBOOKS.exists(), reason="the shared textbooks are not beside this checkout")
def test_prose_with_code_keeps_nine_of_ten_textbook_chapters() -> None:
    texts = [json.loads(line)["text"] for line in gzip.decompress(TEXTBOOKS.read_bytes()).splitlines()[::5]]
    kept = judge(texts, "prose-with-code")["kept"].to_pylist()
    assert sum(kept) / len(kept) >= 0.9
    assert sum(judge(texts, "fineweb")["kept"].to_pylist()) < sum(kept)
