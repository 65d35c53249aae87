"""A user's own function as a signal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.errors import PluginError
from data.recipe import Recipe
from filters.judging.measuring import measure
from filters.judging.plan import Plan
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge_rows

SOURCE = """
import pyarrow as pa
import pyarrow.compute as pc

LEVEL = 3

def size(documents):
    return pc.utf8_length(documents["text"])

def several(documents):
    return {"long": pc.greater(pc.utf8_length(documents["text"]), 4), "missing": pa.nulls(documents.num_rows)}

def seen(documents):
    assert documents.schema.names == ["id", "url", "source", "kind", "language", "metadata", "text"]
    return pc.utf8_length(documents["url"])

def numpy(documents):
    return pc.utf8_length(documents["text"]).to_numpy() / 2

def short(documents):
    return pa.array([1.0])

def words(documents):
    return pa.array(["a"] * documents.num_rows)

def listed(documents):
    return [1] * documents.num_rows

def broken(documents):
    return 1 / 0
"""

TEXTS = ["a", "four", "five!", None, ""]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SOURCE)
    return tmp_path


def plan(folder: Path, *entries: dict[str, Any]) -> Plan:
    source = {"name": "s", "kind": "jsonl", "path": "x"}
    recipe = Recipe.model_validate({"name": "r", "sources": [source], "filters": list(entries)})
    return resolve_filters(recipe.filters, (), lambda place, message: ValueError(place, message), folder)


def documents(texts: list[str | None] | None = None) -> pa.Table:
    texts = TEXTS if texts is None else texts
    rows = len(texts)
    return pa.table(
        {
            "id": [str(number) for number in range(rows)],
            "text": pa.array(texts, pa.large_string()),
            "url": pa.array([f"http://a.org/{number}" for number in range(rows)], pa.string()),
            "kind": ["text"] * rows,
            "source": ["s"] * rows,
            "language": pa.nulls(rows, pa.string()),
            "metadata": ["{}"] * rows,
        }
    )


def measured(folder: Path, function: Any, name: str = "own") -> pa.Table:
    made = plan(folder, {"name": name, "function": function})
    return measure(documents(), made.measure_settings(), None)


def test_a_rule_looks_at_what_the_function_gives(folder: Path) -> None:
    made = plan(
        folder,
        {"function": "mine.py:size", "rules": [{"signal": "size.value", "at_least": 4, "reason": "too_short"}]},
    )
    found = measure(documents(), made.measure_settings(), None)
    assert found["size.value"].to_pylist() == [1, 4, 5, None, 0]
    seen = found.append_column("kind", documents()["kind"]).append_column("source", documents()["source"])
    assert judge_rows(seen, made, {})["reason"].to_pylist() == ["too_short", "", "", "", "too_short"]


def test_a_function_can_give_several_signals(folder: Path) -> None:
    found = measured(folder, {"function": "mine.py:several", "signals": ["missing", "long"]})
    assert found["own.long"].to_pylist() == [0, 0, 1, None, 0]
    assert found["own.missing"].null_count == 5


def test_it_sees_the_columns_of_the_documents_in_its_scope(folder: Path) -> None:
    assert measured(folder, "mine.py:seen")["own.value"].to_pylist() == [14, 14, 14, None, 14]
    made = plan(folder, {"function": "mine.py:size", "where": {"kind": "code"}})
    assert measure(documents(), made.measure_settings(), None)["size.value"].null_count == 5


def test_numpy_arrays_are_taken_too(folder: Path) -> None:
    assert measured(folder, "mine.py:numpy")["own.value"].to_pylist() == [0.5, 2, 2.5, None, 0]


def test_an_importable_function_is_named_by_its_module(folder: Path) -> None:
    for path in ("pyarrow.compute:utf8_length", "pyarrow.compute.utf8_length"):
        with pytest.raises(PluginError, match="utf8_length"):  # it is found, and does not take a table
            measured(folder, path)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("mine.py:short", "gave 1 values for 4 documents"),
        ("mine.py:words", "gave string; expected numbers"),
        ("mine.py:listed", "gave list; expected a pyarrow array"),
        ("mine.py:broken", r"mine.py:\d+: ZeroDivisionError: division by zero"),
        ("mine.py:several", "gave long, missing; expected one array"),
        ({"function": "mine.py:size", "signals": ["a", "b"]}, "expected a dictionary of a, b"),
    ],
)
def test_what_cannot_be_used_names_the_filter_and_the_function(folder: Path, function: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message) as failure:
        measured(folder, function)
    assert str(failure.value).startswith("filters.own: mine.py:")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("other.py:size", "no such file"),
        ("mine.py:sise", 'has no "sise". Did you mean "size"'),
        ("mine.py", "expected FILE.py:NAME"),
        ("size", "expected FILE.py:NAME"),
        ("mine:size", "for a file beside the recipe write mine.py:size"),
        ("mine.py:LEVEL", "is no function but int"),
        ("syntax.py:size", r"syntax.py:1: SyntaxError"),
        ("raises.py:size", r"raises.py:1: ZeroDivisionError"),
        ({"function": "mine.py:size", "signals": ["reason"]}, 'cannot be named "reason"'),
    ],
)
def test_what_is_not_there_is_refused_before_work_begins(folder: Path, function: Any, message: str) -> None:
    (folder / "syntax.py").write_text("def (")
    (folder / "raises.py").write_text("1 / 0")
    with pytest.raises(ValueError, match=message) as failure:
        plan(folder, {"name": "own", "function": function})
    assert failure.value.args[0][:3] == ("filters", 0, "function")


def test_the_source_counts_and_where_it_stands_does_not(folder: Path, tmp_path: Path) -> None:
    def settings(root: Path) -> dict[str, Any]:
        return plan(root, {"function": "mine.py:size"}).measure_settings(places=False)

    before = settings(folder)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "mine.py").write_text(SOURCE)
    assert settings(other) == before
    (other / "mine.py").write_text(SOURCE + "\n")
    assert settings(other) != before


def test_a_function_that_changes_under_way_is_refused(folder: Path) -> None:
    made = plan(folder, {"function": "mine.py:numpy"})
    text = SOURCE + "# more\n"
    settings = made.measure_settings()
    (folder / "mine.py").write_text(text)
    from filters.probes.own_code import _from_file

    _from_file.cache_clear()
    from filters.probes.own_function import _load

    _load.cache_clear()
    with pytest.raises(PluginError, match="no longer the file"):
        measure(documents(), settings, None)


def test_an_unknown_signal_of_its_own_is_met_with_the_nearest(folder: Path) -> None:
    with pytest.raises(ValueError, match=r'Did you mean "size.value"'):
        plan(folder, {"function": "mine.py:size", "rules": [{"signal": "size.valu", "at_least": 4, "reason": "r"}]})


def test_no_documents_and_no_number_are_no_trouble(folder: Path) -> None:
    made = plan(folder, {"function": "mine.py:size"})
    assert measure(documents([]), made.measure_settings(), None).num_rows == 0
    (folder / "mine.py").write_text(
        "import pyarrow as pa\ndef size(t):\n    return pa.array([float('nan')] * len(t))\n"
    )
    found = measure(documents(), plan(folder, {"function": "mine.py:size"}).measure_settings(), None)
    assert found["size.value"].null_count == 5
    assert not any(math.isnan(value) for value in found["size.value"].drop_null().to_pylist())
