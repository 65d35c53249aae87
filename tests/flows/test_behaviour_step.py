"""Functions that do what a benchmark's solutions do are found by what they do, where words find nothing."""

from __future__ import annotations

import gzip
import json
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from data.ledger import read_ledger
from data.recipe import Benchmark
from filters.contamination.ngrams import find_contamination
from flows.road import Request, drive
from flows.steps.behaviour import Comparer, learn_benchmarks, with_behaviour, without_programs
from synth.benchmark_functions import learn_function
from synth.sandbox.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
rewrite = runpy.run_path(str(ROOT / "tests/synth/rewriting.py"))["rewrite"]
BENCHMARKS = ROOT / "../shared/data/benchmarks"
ITEMS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/synth/reimplemented.toml").read_text("utf-8"))["item"]
TELLING = [item for item in ITEMS if item["id"] != "simple"]


def lines(items: list[dict[str, Any]]) -> str:
    named = ("id", "solution", "tests")
    return "".join(json.dumps({name: item[name] for name in named}) + "\n" for item in items)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, Path]:
    path = tmp_path_factory.mktemp("benchmark") / "own.jsonl"
    path.write_text(lines(ITEMS), "utf-8")
    table = learn_benchmarks([Benchmark(name="own", path=str(path))])
    if not table.num_rows:
        pytest.skip("no sandbox here passes its canaries")
    return table, path


@pytest.fixture(scope="module")
def comparer(learned: tuple[pa.Table, Path]) -> Iterator[Comparer]:
    with Comparer(learned[0]) as opened:
        yield opened


def test_every_item_can_be_run_on_forty_inputs_and_one_is_a_single_operation(learned: tuple[pa.Table, Path]) -> None:
    table, _ = learned
    assert table["problem"].to_pylist() == [""] * len(ITEMS)
    assert all(len(inputs) >= 40 for inputs in table["inputs"].to_pylist())
    assert table["operation"].to_pylist() == ["", "", "", "", "", "", "sum(a)"]


def test_a_benchmark_without_programs_is_told_to_be_one_in_which_nothing_can_be_found(
    learned: tuple[pa.Table, Path], tmp_path: Path
) -> None:
    prose = tmp_path / "prose.jsonl"
    prose.write_text('{"question": "How many apples are left?", "answer": "3 + 4 = 7, so 7"}\n')
    benchmarks = [Benchmark(name="own", path=str(learned[1])), Benchmark(name="prose", path=str(prose))]
    [line] = without_programs(benchmarks, learn_benchmarks(benchmarks))
    assert line.startswith("prose: no item has a Python function")


@pytest.mark.parametrize("item", TELLING, ids=lambda item: item["id"])
def test_another_program_that_does_the_same_is_found(comparer: Comparer, item: dict[str, Any]) -> None:
    found = comparer.find(item["again"])
    assert found is not None
    assert (found.benchmark, found.item, found.score) == ("own", item["id"], 1.0)


@pytest.mark.parametrize("item", TELLING, ids=lambda item: item["id"])
def test_a_program_that_nearly_does_the_same_is_not(comparer: Comparer, item: dict[str, Any]) -> None:
    assert comparer.find(item["nearly"]) is None


def test_it_is_found_in_prose_and_between_other_functions(comparer: Comparer) -> None:
    text = f"A page about words.\n\ndef plain(x):\n    return x\n{TELLING[0]['again']}\nAnd more of it, isn't it.\n"
    found = comparer.find(text)
    assert found is not None
    assert found.item == "runs"


def test_single_operations_count_only_where_that_is_asked_for(comparer: Comparer) -> None:
    (simple,) = (item for item in ITEMS if item["id"] == "simple")
    assert comparer.find(simple["again"]) is None
    found = comparer.find(simple["again"], simple=True)
    assert found is not None
    assert found.item == "simple"
    assert comparer.find(simple["nearly"], simple=True) is None


def test_words_find_none_of_them(learned: tuple[pa.Table, Path]) -> None:
    found = find_contamination([item["again"] for item in ITEMS], [learned[1]])
    assert not any(found["contaminated"].to_pylist())


def test_what_words_have_found_stays_as_it_was(learned: tuple[pa.Table, Path], tmp_path: Path) -> None:
    pq.write_table(learned[0], tmp_path / "behaviour.parquet")
    texts = [TELLING[0]["again"], TELLING[1]["solution"], "def f(x):\n    return 3 * x", None, ITEMS[-1]["again"]]
    documents = pa.table({"text": texts, "kind": ["code", "code", "code", "web", "exercise"]})
    words = find_contamination(texts, [learned[1]])
    found = with_behaviour(words, documents, str(tmp_path / "behaviour.parquet"))
    assert found["method"].to_pylist() == ["behaviour", "ngram", None, None, "behaviour"]
    assert found["item"].to_pylist() == ["runs", "second", None, None, "simple"]
    assert found.schema == words.schema


@pytest.mark.parametrize(
    "text",
    ["", None, "no code", "def f(x):\n    return x", "def f(x):\n    return 0", "def f(x):\n    while True: pass",
     "def f(x):\n    raise ValueError", "def f(x):\n    import os\n    os._exit(0)", "def f(a, b, c, d): return a"],
)  # fmt: skip
def test_what_does_nothing_of_the_kind_is_not_found(comparer: Comparer, text: str | None) -> None:
    assert comparer.find(text) is None


def test_a_solution_that_reaches_for_the_machine_is_not_run() -> None:
    item = {
        "id": "x",
        "solution": "import os\ndef f(x):\n    os.remove(x)\n    return x",
        "tests": ["assert f('a') == 1"],
    }
    with Sandbox() as sandbox:
        assert learn_function(item, sandbox) is None


def records(name: str) -> list[dict[str, Any]]:
    path = BENCHMARKS / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("shared/data/benchmarks is not beside this repository")
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


ANEW = {
    2: "def g(v: float) -> float:\n    whole = int(v)\n    return v - whole",
    12: "def g(words):\n    return max(words, key=len) if words else None",
    16: "def g(t):\n    seen = ''\n    for s in t.lower():\n        if s not in seen: seen += s\n    return len(seen)",
    34: "def g(a):\n    out = []\n    for x in sorted(a):\n        if out[-1:] != [x]: out.append(x)\n    return out",
    66: "def g(t):\n    return sum(map(ord, filter(str.isupper, t)))",
    133: "def g(a):\n    n = 0\n    for x in a:\n        up = int(x) if x == int(x) or x < 0 else int(x) + 1\n"
         "        n += up * up\n    return n",
}  # fmt: skip


def test_humaneval_written_anew_is_found(tmp_path: Path) -> None:
    path = tmp_path / "humaneval.jsonl"
    chosen = [item for number, item in enumerate(records("humaneval")) if number in ANEW]
    path.write_text("".join(json.dumps(item) + "\n" for item in chosen), "utf-8")
    with Comparer(learn_benchmarks([Benchmark(name="humaneval", path=str(path))])) as comparer:
        found = {number: comparer.find(text, simple=True) for number, text in ANEW.items()}
    assert {number: alike and alike.item for number, alike in found.items()} == {n: f"HumanEval/{n}" for n in ANEW}
    assert not any(find_contamination(ANEW.values(), [path])["contaminated"].to_pylist())


@pytest.mark.slow
def test_nine_in_ten_benchmark_solutions_are_found_when_they_are_written_anew(tmp_path: Path) -> None:
    """Every 12th of HumanEval and every 60th of MBPP; of all, 349 of 355 were found."""
    chosen = [*records("humaneval")[::12], *records("mbpp")[::60]]
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in chosen), "utf-8")
    with Sandbox() as sandbox:
        if sandbox.tier is None:
            pytest.skip("no sandbox here passes its canaries")
        learned = [learn_function(item, sandbox) for item in chosen]
    can_be_run = [rewrite(one.program) for one in learned if one is not None and not one.problem]
    assert len(can_be_run) >= 0.85 * len(chosen)
    with Comparer(learn_benchmarks([Benchmark(name="some", path=str(path))])) as comparer:
        found = [comparer.find(text, simple=True) for text in can_be_run]
    assert sum(alike is not None for alike in found) >= 0.9 * len(can_be_run)
    assert sum(find_contamination(can_be_run, [path])["contaminated"].to_pylist()) <= 0.05 * len(can_be_run)


RECIPE = """
name: anew
sources: [{name: docs, kind: jsonl, path: docs.jsonl, document_kind: code}]
filters: []
deduplicate: null
decontaminate: {behaviour: true, benchmarks: [{name: own, path: own.jsonl}, {name: words, path: words.jsonl}]}
tokenise: {vocabulary: 300}
"""


@pytest.mark.slow
def test_a_run_drops_what_does_a_solution_and_keeps_what_nearly_does(
    learned: tuple[pa.Table, Path], tmp_path: Path
) -> None:
    (tmp_path / "own.jsonl").write_bytes(learned[1].read_bytes())
    (tmp_path / "words.jsonl").write_text(
        '{"id": "w", "question": "Which of these five words is not a word at all?"}\n'
    )
    texts = [(f"{item['id']}-{how}", item[how]) for item in TELLING for how in ("again", "nearly")]
    lined = [json.dumps({"id": name, "text": text}) for name, text in texts]
    (tmp_path / "docs.jsonl").write_text("".join(f"{line}\n" for line in lined), "utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    drive(Request(str(tmp_path / "recipe.yaml"), str(tmp_path / "out"), workers=1))
    rows = [row for table in read_ledger(tmp_path / "out") for row in table.to_pylist()]
    dropped = {row["origin_id"]: (row["reason"], row["benchmark_item"]) for row in rows if row["status"] == "dropped"}
    assert dropped == {f"{item['id']}-again": ("contaminated", item["id"]) for item in TELLING}
    assert {row["benchmark_method"] for row in rows} == {"behaviour", None}


def test_behaviour_without_a_sandbox_is_refused_before_work_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIMILL_SANDBOX", "none")
    for name in ("own", "words", "docs"):
        (tmp_path / f"{name}.jsonl").write_text('{"id": "1", "text": "five words are enough here"}\n')
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    with pytest.raises(UsageError, match="install bubblewrap"):
        drive(Request(str(tmp_path / "recipe.yaml"), str(tmp_path / "out"), workers=1))
