from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from flows.cli import main
from flows.teaching.wishes import is_local, settings_of
from synth.verification import verify


def has_sandbox() -> bool:
    return verify("def f():\n    return 1", "assert f() == 1").reason != "unverified"


pytestmark = pytest.mark.skipif(not has_sandbox(), reason="no sandbox passes its canaries here")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIMILL_CACHE", str(tmp_path / "cache"))
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def phimill(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def test_exercises_are_written_with_their_provenance(tmp_path: Path) -> None:
    done = phimill("synth", "exercises", "-n", "12", "--out", tmp_path / "o", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads((tmp_path / "o/facts.json").read_text())
    rows, chats = lines(tmp_path / "o/exercises.jsonl"), lines(tmp_path / "o/chat.jsonl")
    assert 6 <= len(rows) == len(chats) == facts["kept"] == pq.read_table(tmp_path / "o/exercises.parquet").num_rows
    assert pq.read_table(tmp_path / "o/ledger.parquet").num_rows == 12
    wanted = {
        *("prompt", "topic", "difficulty", "audience", "style", "seed", "temperature", "teacher_kind", "teacher_model"),
        *("teacher_fingerprint", "request_id", "structured", "parse_path", "prompt_tokens", "completion_tokens"),
        *("sandbox", "evidence", "evidence_level", "mutation_score", "skeleton"),
    }
    for row in rows:
        assert {name for name in wanted if row["metadata"].get(name) is None} == set()
        assert verify(row["solution"], "\n".join(row["tests"])).passed
    page = (tmp_path / "o/report.html").read_text()
    assert f"{facts['kept']} exercises kept of 12 asked for" in page
    assert "a program, not a language model" in page
    assert "<script" not in page


def test_what_repeats_a_benchmark_is_not_kept(tmp_path: Path) -> None:
    words = ("synth", "exercises", "-n", "8", "--seed", "3")
    assert phimill(*words, "--out", tmp_path / "o").exit_code == 0
    first, *rest = lines(tmp_path / "o/exercises.jsonl")
    (tmp_path / "bench.jsonl").write_text(json.dumps({"task_id": "b/1", "text": first["prompt"]}) + "\n")
    done = phimill(*words, "--benchmarks", tmp_path / "bench.jsonl", "--out", tmp_path / "p", "--json")
    assert done.exit_code == 0, done.output
    rows = pq.read_table(tmp_path / "p/ledger.parquet").to_pylist()
    leaks = {row["id"]: json.loads(row["metadata"])["detail"] for row in rows if row["reason"] == "contaminated"}
    assert leaks == {first["id"]: "has the words of bench b/1"}
    assert [row["id"] for row in lines(tmp_path / "p/exercises.jsonl")] == [row["id"] for row in rest]
    facts = json.loads(done.stdout)
    assert (facts["rejected"]["contaminated"], list(facts["benchmarks"])) == (1, ["bench.jsonl"])
    assert len([*(tmp_path / "cache").glob("benchmarks-*.parquet")]) == 1  # for all runs on this machine


def test_the_page_and_the_facts_count_the_same_also_where_a_round_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "name: little\ntopics: [python/sorting, python/errors]\ncells: [topic, difficulty]\nbudget: {kept: 39}\n"
    )
    words = ("--spec", tmp_path / "s.yaml", "-n", "9", "--max-total-tokens", "90000", "--out", tmp_path / "o", "--json")
    done = phimill("synth", "exercises", *words)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts == json.loads((tmp_path / "o/facts.json").read_text())
    matrix = facts["variety"]["coverage"]
    assert len(matrix) == 13 * 3
    for rows in (matrix, facts["cells"]):  # a round of 39 was planned, and 9 of it were asked
        assert (sum(row["asked"] for row in rows), sum(row["kept"] for row in rows)) == (9, facts["kept"])
    reached = facts["reached"]["function"]
    assert sum(level["requests"] for level in reached.values()) == 9
    assert sum(level["kept"] for level in reached.values()) == facts["kept"] > 4
    assert facts["levels"] == {level: row["kept"] for level, row in reached.items() if row["kept"]}
    page = (tmp_path / "o/report.html").read_text()
    empty = sum(row["kept"] == 0 for row in matrix)
    assert f"Of 39 cells, {empty} got less than half of what was wished for, {empty} got nothing" in page
    used = facts["prompt_tokens"] + facts["completion_tokens"]
    assert f"{used:,} of 90,000".replace(",", "\u202f") in page
    assert len(re.findall("<svg", page)) >= 6


def test_a_preview_shows_verdicts_and_nobody_who_could_say_yes_means_no(tmp_path: Path) -> None:
    words = ("synth", "exercises", "-n", "12", "--out", tmp_path / "o", "--preview", "3")
    done = phimill(*words)
    assert done.exit_code == 0
    assert [f"\n{number}. " in done.output for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "kept, strong: " in done.output
    assert "add --yes" in done.output
    assert json.loads((tmp_path / "o/facts.json").read_text())["requests"] == 3
    assert phimill(*words, "--yes").exit_code == 0
    assert json.loads((tmp_path / "o/facts.json").read_text())["requests"] == 12


def test_money_is_not_capped_by_a_guess(tmp_path: Path) -> None:
    url = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    done = phimill("synth", "exercises", *url, "--max-usd", "5", "--out", tmp_path / "o")
    assert (done.exit_code, "price of 'm'" in done.output, "--prices" in done.output) == (2, True, True)


def test_a_cap_holds_on_the_server_s_own_account(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    prices = ("--usd-per-million-input", "1", "--usd-per-million-output", "10")
    words = ("synth", "exercises", "--base-url", server.url, "--model", "m", "--max-usd", "0.008", *prices)
    done = phimill(*words, "-n", "40", "--max-output-tokens", "200", "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert "stopped by max_usd" in done.output
    assert 0 < server.charged * 240_000 <= 8_000_000
    before = server.number
    again = phimill(*words, "-n", "40", "--max-output-tokens", "200", "--out", tmp_path / "p")
    assert again.exit_code == 0
    assert f"{before} answers were there from other runs" in again.output


def test_what_was_made_before_a_breakdown_is_there(misbehaving: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("synth.generation.ROUND", 4)
    server = misbehaving(lambda number, body: "quota" if number > 6 else "ok")
    words = ("--base-url", server.url, "--model", "m", "--concurrency", "1", "--out", tmp_path / "o")
    done = phimill("synth", "exercises", "-n", "12", *words)
    assert (done.exit_code, "no credit or quota left" in done.output) == (1, True)
    assert json.loads((tmp_path / "o/facts.json").read_text())["requests"] == 4
    assert len(lines(tmp_path / "o/exercises.jsonl")) == 1


def test_a_recorded_run_can_be_shipped_and_asked_again(tmp_path: Path) -> None:
    assert phimill("synth", "exercises", "-n", "6", "--out", tmp_path / "a").exit_code == 0
    assert phimill("synth", "record", tmp_path / "a", "--out", tmp_path / "t.jsonl.gz").exit_code == 0
    recorded = ("--base-url", f"recorded:{tmp_path / 't.jsonl.gz'}")
    done = phimill("synth", "exercises", "-n", "6", *recorded, "--out", tmp_path / "b")
    assert done.exit_code == 0, done.output
    first, second = lines(tmp_path / "a/exercises.jsonl"), lines(tmp_path / "b/exercises.jsonl")
    assert [row["text"] for row in first] == [row["text"] for row in second]
    assert {row["metadata"]["teacher_kind"] for row in second} == {"recorded"}
    more = phimill("synth", "exercises", "-n", "7", *recorded, "--out", tmp_path / "c")
    assert (more.exit_code, "holds no answer to 1 of 7" in more.output) == (1, True)


def test_textbooks_and_rephrasings_are_made(tmp_path: Path) -> None:
    done = phimill("synth", "textbooks", "-n", "4", "--topics", "strings", "--out", tmp_path / "t")
    assert done.exit_code == 0, done.output
    assert {row["kind"] for row in lines(tmp_path / "t/textbooks.jsonl")} == {"textbook"}
    text = " ".join(f"A lighthouse keeper counts the ships that pass in the evening of day {n}." for n in range(12))
    (tmp_path / "d.jsonl").write_text(
        "".join(json.dumps({"id": str(n), "text": f"{n} {text}"}) + "\n" for n in range(3))
    )
    done = phimill("synth", "rephrase", "--from", tmp_path / "d.jsonl", "--style", "faq,qa", "--out", tmp_path / "r")
    assert done.exit_code == 0, done.output
    facts = json.loads((tmp_path / "r/facts.json").read_text())
    assert (facts["requests"], set(facts["prompts"])) == (3, {"rephrase-faq", "rephrase-qa"})
    ledger = pq.read_table(tmp_path / "r/ledger.parquet")["metadata"].to_pylist()
    assert [json.loads(metadata)["document"] for metadata in ledger] == ["0", "1", "2"]
    again = phimill("synth", "rephrase", "--from", tmp_path / "t/textbooks.jsonl", "--out", tmp_path / "r")
    assert (again.exit_code, "were written by a teacher, and such are not told again" in str(again.output)) == (2, True)


def test_prompts_are_compared_on_the_same_cells(tmp_path: Path) -> None:
    from synth.prompts import FOLDER

    (tmp_path / "mine/function").mkdir(parents=True)
    text = (FOLDER / "function/system.j2").read_text()
    (tmp_path / "mine/function/system.j2").write_text(f"{text}\nBe brief.")
    words = ("synth", "compare", "--prompts", "shipped", tmp_path / "mine", "-n", "5", "--out", tmp_path / "o")
    done = phimill(*words)
    assert done.exit_code == 0, done.output
    sides = json.loads((tmp_path / "o/compare.json").read_text())["sides"]
    assert [(side["name"], side["asked"]) for side in sides] == [
        ("shipped × builtin-procedural-1", 5), ("mine × builtin-procedural-1", 5),
    ]  # fmt: skip
    assert "Cell 1" in (tmp_path / "o/report.html").read_text()
    assert phimill("synth", "compare", "--prompts", "nowhere", "-n", "5", "--out", tmp_path / "p").exit_code == 2


def test_the_doctor_says_what_an_endpoint_can_do(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving(
        lambda number, body: "400" if body.get("response_format", {}).get("type") == "json_schema" else "ok"
    )
    words = ("--base-url", server.url, "--model", "m", "--pilot", "4", "--levels", "1,4", "-n", "50", "--json")
    done = phimill("synth", "doctor", *words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    can = found["can"]
    assert (can["structured_output"], can["usage"], can["token_field"]) == ("json_object", True, "max_tokens")
    assert (found["local"], [row["concurrency"] for row in found["speed"]]) == (True, [1, 4])
    assert (found["pilot"]["asked"], found["forecast"]["requests"], found["forecast"]["usd"]) == (4, 50, None)


def test_foreign_replies_are_judged_by_how_far_they_come(tmp_path: Path) -> None:
    replies = [
        "I would use a loop.",
        "#include <stdio.h>\nint main() { return 0; }",
        "```python\ndef f(x):\n    return x +\n```",
        "def f(x):\n    return 1 / 0\n\nf(1)",
        "import os\nos.system('id')",
        "Sure:\n```python\ndef f(x):\n    return x + 1\n```",
        'def f(x):\n    """Adds.\n\n    >>> f(1)\n    2\n    """\n    return x + 1',
        "def f(x):\n    return x + 2\n\nassert f(1) == 2",
    ]
    rows = [{"instruction": f"task {number}", "output": reply} for number, reply in enumerate(replies)]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = phimill("synth", "import", tmp_path / "r.jsonl", "--model", "gpt", "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert [row["level"] for row in lines(tmp_path / "o/replies.jsonl")] == [
        *("no_code", "not_python", "not_python", "fails", "unsafe", "runs", "passes_its_tests", "fails_its_tests"),
    ]
    assert phimill("synth", "record", tmp_path / "o", "--out", tmp_path / "t.jsonl").exit_code == 0
    assert len(lines(tmp_path / "t.jsonl")) == len(replies)


REAL = Path(__file__).parents[3] / "../shared/data/instruct/gpteacher_codegen.jsonl.gz"


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is not there")
def test_real_replies_have_the_yield_that_was_counted(tmp_path: Path) -> None:
    done = phimill("synth", "import", REAL, "-n", "60", "--model", "gpt-4", "--out", tmp_path / "o", "--json")
    facts = json.loads(done.stdout)
    print(facts)
    assert facts["replies"] == sum(facts["levels"].values()) == 60
    assert 5 <= facts["run"] <= facts["programs"] <= 25  # most of them are in other languages


def test_a_name_alone_is_looked_for_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert settings_of(model="m").teacher.base_url == "http://localhost:8000/v1"
    assert settings_of().teacher.base_url == "builtin"
    assert [is_local(url) for url in ("http://[::1]/v1", "http://127.9.9.9:1/v1", "http://10.0.0.1/v1")] == [
        *(True, True, False)
    ]


def test_the_key_is_in_no_list_of_processes_and_in_no_file(misbehaving: Any, tmp_path: Path) -> None:
    seen: list[str] = []

    def look(number: int, body: dict[str, Any]) -> str:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                seen.append((entry / "cmdline").read_bytes().decode("utf-8", "replace"))
            except OSError:
                continue
        return "echo_key"

    server = misbehaving(look)
    key = "canary-process-list-7"
    env = {**os.environ, "OPENAI_API_KEY": key, "PHIMILL_CACHE": str(tmp_path / "cache")}
    words = ["synth", "exercises", "--base-url", server.url, "--model", "m", "-n", "2", "--out", str(tmp_path / "o")]
    run = subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", *words], env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert server.authorizations[0] == f"Bearer {key}"
    assert any("flows.cli" in line for line in seen)
    assert not [line for line in seen if key in line]
    assert key not in run.stdout + run.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def test_the_time_for_a_call_is_not_the_time_of_a_program() -> None:
    settings = settings_of(timeout_s=300.0)
    assert settings.teacher.timeout_s == 300.0
    assert settings.timeout_s == settings_of().timeout_s == 5.0


def test_the_built_in_teachers_model_is_compared_at_an_endpoint_too(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    words = ("--models", "builtin-procedural-1", "-n", "2", "--base-url", server.url, "--not-shared")
    done = phimill("synth", "compare", *words, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert server.number > 0
