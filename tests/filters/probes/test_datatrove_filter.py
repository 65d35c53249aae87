"""Any datatrove filter as a filter of a recipe; run beside datatrove itself."""

from __future__ import annotations

import subprocess
import sys
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

SOURCE = '''
from datatrove.pipeline.filters.base_filter import BaseFilter


class Short(BaseFilter):
    """Drops short texts, each for one of three reasons."""

    def __init__(self, least: int = 4, exclusion_writer=None):
        super().__init__(exclusion_writer)
        self.least = least

    def filter(self, doc):
        if "raise" in doc.text:
            raise ValueError("cannot read this")
        if not doc.text:
            return False, "Empty text!"
        if len(doc.text) < self.least:
            return False, "too_short"
        return doc.metadata.get("url") != "http://unnamed.org"


class Batched(Short):
    def __init__(self, exclusion_writer=None):
        BaseFilter.__init__(self, exclusion_writer, batch_size=3)
        self.least = 4

    def filter_batch(self, batch):
        assert 1 <= len(batch) <= 3
        for doc in batch:
            doc.metadata["touched"] = doc.metadata.get("touched", 0) + 1
            assert doc.metadata["touched"] == 1
        return [self.filter(doc) for doc in batch]


class Upper(BaseFilter):
    def filter(self, doc):
        doc.text = doc.text.upper()
        return (True, "never said") if len(doc.text) > 4 else (False, "too_short")


class Halves(BaseFilter):
    def filter(self, doc):
        doc.text = doc.text + "\\ud800"
        return True


class Numbers(BaseFilter):
    def filter(self, doc):
        return False, f"score {id(doc)} {doc.id}"


class Nothing(BaseFilter):
    def filter(self, doc):
        doc.text = None
        return True


class Fails(BaseFilter):
    def __init__(self):
        raise OSError("no model here")

    def filter(self, doc):
        return True


class Needy(Short):
    _requires_dependencies = ["no_such_package_anywhere"]


def long(doc):
    return len(doc.text) >= 4
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SOURCE)
    return tmp_path


def plan(folder: Path, *entries: dict[str, Any]) -> Plan:
    source = {"name": "s", "kind": "jsonl", "path": "x"}
    recipe = Recipe.model_validate({"name": "r", "sources": [source], "filters": list(entries)})
    return resolve_filters(recipe.filters, (), lambda place, message: ValueError(place, message), folder)


def documents(texts: list[str | None], urls: list[str] | None = None) -> pa.Table:
    rows = len(texts)
    return pa.table(
        {
            "id": [f"id{number}" for number in range(rows)],
            "text": pa.array(texts, pa.large_string()),
            "url": pa.array(urls or [None] * rows, pa.string()),
            "kind": ["text"] * rows,
            "source": ["s"] * rows,
            "language": pa.array(["en"] * rows, pa.string()),
            "metadata": ['{"score": 0.5}'] * rows,
        }
    )


def judged(made: Plan, table: pa.Table) -> pa.Table:
    """What becomes of some documents, and the text that is left."""
    measured = measure(table, made.measure_settings(), None)
    seen = measured.append_column("kind", table["kind"]).append_column("source", table["source"])
    return judge_rows(seen, made, {}).append_column("text", measured["text"])


TEXTS = ["long enough", "abc", "", "four", None]


def test_the_filters_own_reason_is_the_ledgers(folder: Path) -> None:
    urls = ["http://a.org", "http://a.org", "http://a.org", "http://unnamed.org", "http://a.org"]
    found = judged(plan(folder, {"datatrove": "mine.py:Short"}), documents(TEXTS, urls))
    assert found["status"].to_pylist() == ["", "dropped", "dropped", "dropped", ""]
    assert found["reason"].to_pylist() == ["", "too_short", "empty_text", "short", ""]
    assert found["peer_reason"].to_pylist() == [None, "too_short", "Empty text!", None, None]
    assert found["rule"].to_pylist() == [None, "Short.dropped", "Short.dropped", "Short.dropped", None]
    assert found["failed"].to_pylist()[2] == ["empty_text"]
    assert found["failed_rules"].to_pylist()[2] == ["Short.dropped"]


def test_arguments_reach_the_filter_functions_too(folder: Path) -> None:
    made = plan(folder, {"name": "six", "datatrove": {"filter": "mine.py:Short", "arguments": {"least": 5}}})
    assert judged(made, documents(TEXTS))["reason"].to_pylist() == ["", "too_short", "empty_text", "too_short", ""]
    peer = "datatrove.pipeline.filters.LambdaFilter"
    lambda_ = {"filter": peer, "arguments": {"filter_function": {"function": "mine.py:long"}}}
    found = judged(plan(folder, {"datatrove": lambda_}), documents(TEXTS))
    assert found["reason"].to_pylist() == ["", "lambda_filter", "lambda_filter", "", ""]


def test_datatroves_own_filters_decide_as_they_do_in_datatrove() -> None:
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4ParagraphFilter, RegexFilter

    texts = ["word " * 60, "\n".join(["word " * 60] * 3), "secret", ""]
    made = plan(
        Path(),
        {"datatrove": "datatrove.pipeline.filters.C4ParagraphFilter"},
        {"datatrove": {"filter": "datatrove.pipeline.filters:RegexFilter", "arguments": {"regex_exp": "secret"}}},
    )
    found = judged(made, documents(list(texts)))
    for text, failed in zip(texts, found["failed"].to_pylist(), strict=True):
        paragraph = C4ParagraphFilter().filter(Document(text, "id"))
        expected = [] if paragraph is True else ["3_paragraphs"]
        assert failed == expected + ([] if RegexFilter("secret").filter(Document(text, "id")) else ["regex_filter"])


def test_batches_are_of_the_filters_size(folder: Path) -> None:
    table = documents(["long enough"] * 7 + ["abc"])
    assert judged(plan(folder, {"datatrove": "mine.py:Batched"}), table)["reason"].to_pylist() == [""] * 7 + [
        "too_short"
    ]


# --- texts that change


def test_what_follows_a_filter_that_modifies_is_measured_on_its_texts(folder: Path) -> None:
    made = plan(
        folder,
        {"name": "upper", "datatrove": {"filter": "mine.py:Upper", "modifies": True}},
        {"name": "after", "rules": [{"signal": "characters", "at_least": 6, "reason": "too_few_characters"}]},
    )
    found = judged(made, documents(["abcdef", "abcde", "abc"]))
    assert found["reason"].to_pylist() == ["", "too_few_characters", "too_short"]
    assert found["text"].to_pylist() == ["ABCDEF", "ABCDE", None]
    assert made.modifiers == ["upper"]


def test_a_text_that_changes_unannounced_is_an_error(folder: Path) -> None:
    with pytest.raises(PluginError, match="changed the text of document id0; say `modifies: true`"):
        judged(plan(folder, {"datatrove": "mine.py:Upper"}), documents(["abcdef"]))


def test_texts_that_cannot_be_written_are_mended_or_refused(folder: Path) -> None:
    found = judged(plan(folder, {"datatrove": {"filter": "mine.py:Halves", "modifies": True}}), documents(["a"]))
    assert found["text"].to_pylist() == ["a\ufffd"]
    with pytest.raises(PluginError, match="left document id0 with NoneType as its text"):
        judged(plan(folder, {"datatrove": {"filter": "mine.py:Nothing", "modifies": True}}), documents(["a"]))


# --- failures


def test_a_filter_that_raises_stops_the_run_and_names_the_document(folder: Path) -> None:
    made = plan(folder, {"name": "mine", "datatrove": "mine.py:Short"})
    with pytest.raises(
        PluginError, match=r"filters.mine: mine.py:Short: document id1: mine.py:\d+: ValueError: cannot"
    ):
        judged(made, documents(["long enough", "raise this"]))


@pytest.mark.parametrize("name", ["Short", "Batched"])
def test_or_it_drops_the_document_and_says_so(folder: Path, name: str) -> None:
    made = plan(folder, {"datatrove": {"filter": f"mine.py:{name}", "on_error": "drop"}})
    found = judged(made, documents(["long enough", "raise this", "abc", "long enough"]))
    assert found["reason"].to_pylist() == ["", "filter_failed", "too_short", ""]


def test_a_reason_for_each_document_is_refused(folder: Path) -> None:
    made = plan(folder, {"datatrove": "mine.py:Numbers"})
    with pytest.raises(PluginError, match="more than 100 different reasons"):
        judged(made, documents(["text"] * 150))


@pytest.mark.parametrize(
    ("peer", "key", "message"),
    [
        ("datatrove.pipeline.filters.RegxFilter", "filter", 'Did you mean "RegexFilter"'),
        ("datatrove.pipeline.filter.RegexFilter", "filter", "No module named"),
        ("mine.py:long", "filter", "is no class that inherits from datatrove's BaseFilter"),
        ("datatrove.pipeline.filters.SamplerFilter", "filter", "one stream of chance"),
        ({"filter": "mine.py:Short", "arguments": {"leest": 3}}, "arguments", 'takes no "leest". Did you mean "least"'),
        ({"filter": "mine.py:Short", "arguments": {"exclusion_writer": 3}}, "arguments", "the ledger holds"),
        ("datatrove.pipeline.filters.RegexFilter", "arguments", "cannot be made: .*regex_exp"),
        ("mine.py:Fails", "arguments", "OSError: no model here"),
        ("mine.py:Needy", "arguments", "Please install `no_such_package_anywhere`"),
    ],
)
def test_what_cannot_be_used_is_refused_before_work_begins(folder: Path, peer: Any, key: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as failure:
        plan(folder, {"datatrove": peer})
    place = ("filters", 0, "datatrove")  # the name of a filter alone stands for its `filter`
    assert failure.value.args[0] == (place if key == "filter" else (*place, key))


def test_settings_name_the_source_and_datatroves_version(folder: Path) -> None:
    def settings() -> dict[str, Any]:
        return plan(folder, {"datatrove": "mine.py:Short"}).measure_settings(places=False)

    before = settings()
    assert before["segments"][0]["probes"][0]["settings"]["datatrove"] == "0.10.1"
    assert str(folder) not in repr(before)
    (folder / "mine.py").write_text(SOURCE + "\n")
    assert settings() != before


def test_the_plan_survives_json(folder: Path) -> None:
    import json

    made = plan(folder, {"datatrove": "mine.py:Short"})
    again = Plan.from_json(json.loads(json.dumps(made.to_json())))
    assert again.rules == made.rules


def test_importing_datatrove_leaves_loggings_sinks_alone() -> None:
    code = """
import sys
from loguru import logger
lines = []
logger.remove()
logger.add(lines.append)
from filters.probes.datatrove_filter import keep_loguru
keep_loguru()
import datatrove.pipeline.filters
logger.info("still here")
assert len(lines) == 1 and "still here" in lines[0], lines
logger.remove()
logger.info("gone")
assert len(lines) == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
