"""Names that languages answer to."""

from __future__ import annotations

import pyarrow as pa
import pytest

from filters.classifiers.language_codes import are_in, common, names
from filters.judging.conditions import Scope


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("en",)),
        ("eng_Latn", ("eng_latn", "eng", "en")),
        ("cmn_Hani", ("cmn_hani", "cmn", "zh")),
        ("srp_Cyrl", ("srp_cyrl", "srp", "sr")),
        ("gsw_Latn", ("gsw_latn", "gsw")),
        ("als", ("als",)),
        ("eng", ("eng",)),
        ("Objective_C", ("objective_c", "objective-c")),
        ("Protocol Buffer", ("protocol buffer", "protobuf")),
        ("C++", ("c++",)),
        ("Python", ("python",)),
    ],
)
def test_labels_with_a_script_and_programming_languages_have_further_names(
    language: str, expected: tuple[str, ...]
) -> None:
    assert names(language) == expected


def test_a_wanted_name_finds_every_language_that_answers_to_it() -> None:
    column = pa.chunked_array([["eng_Latn", "en", None], ["Python", "deu_Latn", ""]])
    assert are_in(column, ["en"]).to_pylist() == [True, True, False, False, False, False]
    assert are_in(column, ["eng"]).to_pylist() == [True, False, False, False, False, False]
    assert are_in(column, ["deu_latn", "python"]).to_pylist() == [False, False, False, True, True, False]
    assert are_in(column, []).to_pylist() == [False] * 6
    assert are_in(pa.chunked_array([], pa.string()), ["en"]).to_pylist() == []


@pytest.mark.parametrize("wanted", ["cpp", "c++"])
def test_a_programming_language_is_found_by_any_name_of_it(wanted: str) -> None:
    column = pa.chunked_array([["C++", "c++", "cpp", "c"]])
    assert are_in(column, [wanted]).to_pylist() == [True, True, True, False]


def test_of_two_names_for_one_language_the_narrower_is_common_to_both() -> None:
    assert common(("en", "de"), ("eng_latn", "de")) == ("de", "eng_latn")
    assert common(("eng_latn",), ("en",)) == ("eng_latn",)
    assert common(("en",), ("fr",)) == ()


def test_a_scope_with_labels_narrows_to_what_its_rule_wants() -> None:
    scope = Scope.of({"language": ["deu_Latn", "eng_Latn"]}).narrowed(["en"], None)
    rows = pa.table({"language": ["eng_Latn", "deu_Latn", "en"]})
    assert scope.mask(rows).tolist() == [True, False, False]
