"""Lists, a datatrove filter and a function of one's own on the whole road, with one worker and with two."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner

from data.errors import PluginError, RecipeError
from flows.benches.kills import published_digest
from flows.cli import main
from flows.progress import Silent
from flows.road import Request, drive

pytestmark = pytest.mark.slow

CODE = """
import pyarrow.compute as pc
from datatrove.pipeline.filters.base_filter import BaseFilter


class NoPlanets(BaseFilter):
    def filter(self, doc):
        if doc.metadata.get("url", "").endswith("/7"):
            return False, "Unlucky number"
        return "planet of the planet" not in doc.text


class Tidy(BaseFilter):
    def filter(self, doc):
        doc.text = doc.text.replace("river", "stream")
        return True


def questions(documents):
    return pc.count_substring(documents["text"], "?")
"""

RECIPE = """\
name: own
sources:
  - {name: prose, kind: jsonl, path: prose.jsonl}
  - {name: pages, kind: jsonl, path: pages.jsonl.gz, html_column: html}
language: null
filters:
  - preset: url-filter
    domains: [lists, {inline: [elsewhere.org]}]
    urls: {inline: [example.test/3, example.test/4]}
    hard_words: null
    soft_words: null
    substrings: null
  - preset: bad-words
    words: {en: words.txt}
    max_listed_words: 1
  - datatrove: mine.py:NoPlanets
  - name: tidy
    datatrove: {filter: mine.py:Tidy, modifies: true}
  - function: mine.py:questions
    name: asks
    rules:
      - {signal: asks.value, at_most: 0, reason: asks_questions}
deduplicate: {near: false}
tokenise: {vocabulary: 600}
max_quarantined: 0.1
"""


@pytest.fixture
def folder(corpus: Path, tmp_path: Path) -> Path:
    """Returns a copy of the corpus with lists, code and the recipe."""
    target = tmp_path / "corpus"
    shutil.copytree(corpus, target)
    (target / "lists" / "adult").mkdir(parents=True)
    (target / "lists" / "adult" / "domains").write_text("# none of these\nnowhere.test\n")
    (target / "words.txt").write_text("cheap pills\nbuy now\n")
    (target / "mine.py").write_text(CODE)
    (target / "own.yaml").write_text(RECIPE)
    return target


def run(folder: Path, out: Path, *changes: str, workers: int = 1) -> dict[str, Any]:
    return drive(Request(str(folder / "own.yaml"), str(out), changes, workers), Silent())


def steps_done(out: Path) -> dict[str, int]:
    events = [json.loads(line) for line in (out / ".work" / "journal.jsonl").read_text().splitlines()]
    last = max(n for n, event in enumerate(events) if event["event"] == "run")
    return {e["step"]: e["parts"] - e["reused"] for e in events[last:] if e["event"] == "step"}


def test_the_road_with_filters_of_ones_own(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    out = tmp_path / "out"
    manifest = run(folder, out, workers=2)
    rows = {row["origin_id"]: row for row in ds.dataset(str(out / "ledger"), format="parquet").to_table().to_pylist()}
    assert rows["page-3"]["reason"] == "listed_url"
    assert rows["page-3"]["rule"] == "url-filter.max_listed_url"
    assert rows["page-7"]["reason"] == "unlucky_number"
    assert rows["page-7"]["rule"] == "NoPlanets.dropped"
    assert rows["page-8"]["url-filter.listed_url"] == 0
    assert rows["doc-1"]["url-filter.listed_url"] is None
    assert rows["spam"]["failed"] == ["bad_words"]
    assert rows["spam"]["measured"] == 160  # "buy now" and "cheap pills", eighty times
    assert rows["leak"]["reason"] == "asks_questions"
    assert rows["leak"]["asks.value"] == 1
    assert not any(name.endswith(".reason") for name in rows["leak"])
    texts = " ".join(ds.dataset(str(out / "data"), format="parquet").to_table(columns=["text"])["text"].to_pylist())
    assert "stream" in texts
    assert "river" not in texts
    assert str(folder) not in json.dumps(manifest)
    digest = published_digest(out)
    request.getfixturevalue("no_charts")

    run(folder, out)
    assert {step: n for step, n in steps_done(out).items() if n and step not in ("mix", "publish")} == {}
    run(folder, out, "filters.bad-words.max_listed_words=2")
    assert steps_done(out)["measure"] == 0
    assert steps_done(out)["judge"] > 0

    other = tmp_path / "elsewhere"
    shutil.move(folder, other)
    run(other, out)
    assert steps_done(out)["measure"] == 0, "where lists and code stand does not count"
    assert published_digest(out) == digest
    run(other, tmp_path / "alone")
    assert published_digest(tmp_path / "alone") == digest

    (other / "mine.py").write_text(CODE + "\n# changed\n")
    run(other, out)
    assert steps_done(out)["measure"] > 0
    (other / "words.txt").write_text("nothing of the kind\n")
    run(other, out)
    assert steps_done(out)["measure"] > 0
    rows = {row["origin_id"]: row for row in ds.dataset(str(out / "ledger"), format="parquet").to_table().to_pylist()}
    assert rows["spam"]["failed"] == []


def test_a_filter_that_fails_in_a_worker_ends_the_run_with_its_message(folder: Path, tmp_path: Path) -> None:
    (folder / "mine.py").write_text(
        CODE.replace('return "planet', 'raise RuntimeError("out of order")\n        return "planet')
    )
    with pytest.raises(
        PluginError, match=r"filters.NoPlanets: mine.py:NoPlanets: document \w+: mine.py:\d+: RuntimeError"
    ):
        run(folder, tmp_path / "out", workers=2)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[lists, ", "[list, ", 8, "filters[0].domains: no such file"),
        ("words.txt", "wrods.txt", 14, "filters[1].words: no such file"),
        ("mine.py:NoPlanets", "mine.py:NoPlanet", 16, 'Did you mean "NoPlanets"'),
        ("mine.py:questions", "mein.py:questions", 19, "no such file"),
        ("modifies: true", "modifies: yes please", 18, "boolean"),
        ("modifies: true", "modify: true", 18, 'Did you mean "modifies"'),
    ],
)
def test_what_is_missing_is_named_by_the_recipes_line(
    folder: Path, old: str, new: str, line: int, message: str, tmp_path: Path
) -> None:
    (folder / "own.yaml").write_text(RECIPE.replace(old, new))
    with pytest.raises(RecipeError) as failure:
        run(folder, tmp_path / "out")
    assert str(failure.value).startswith(f"{folder / 'own.yaml'}:{line}: ")
    assert message in str(failure.value)
    done = CliRunner().invoke(main, ["recipe", "check", str(folder / "own.yaml")])
    assert done.exit_code == 2
    assert message in done.output
