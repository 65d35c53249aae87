from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synth.asking
import synth.examining
import synth.generation
from data.errors import UsageError
from data.recipe import Synthesise
from data.schema import DOCUMENT_SCHEMA
from synth.builtin.faults import EXPECTED_REASONS, NO_FAULTS, FaultRates, fault_of
from synth.evidence import Evidence
from synth.examining import Examined
from synth.exercise_files import write_exercises
from synth.exercises import generate
from synth.generation import Generation
from synth.parsing import REASONS
from synth.prompts import draw_spec
from synth.skeletons import exact_form, skeleton
from synth.verification import Verdict, verify

FAULTY = FaultRates(0.1, 0.06, 0.06, 0.06, 0.06, 0.06, 0.06, 0.12, 0.06, 0.05, 0.05, weak_tests=0.06)


def digest(table: pa.Table) -> str:
    return hashlib.sha256(json.dumps(table.to_pylist(), sort_keys=True).encode()).hexdigest()


def believed(record: Any, *_: Any) -> Examined:
    """What an exercise would show that passes and is strong."""
    passed = Verdict(True, "", "io_compared", "landlock", 8)
    return Examined(passed, form=exact_form(record.code), skeleton=skeleton(record.code), level="strong")


def shown(verdict: Verdict) -> Any:
    """Returns a stand-in for examining that gives one verdict."""
    return lambda *_, **__: Evidence(verdict, verdict.reason, "passes" if verdict.passed else "parses")


@pytest.fixture
def unrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the sandbox out of tests that are not about it."""
    monkeypatch.setattr(synth.generation, "examine_record", believed)


def has_sandbox() -> bool:
    return verify("def f():\n    return 1", "assert f() == 1").reason != "unverified"


def test_every_request_is_a_row_in_order(tmp_path: Path, unrun: None) -> None:
    seen: list[int] = []
    table, facts = generate(Synthesise(exercises=60), 1, tmp_path / "j.sqlite", seen.append, FAULTY)
    rows = table.to_pylist()
    assert table.schema == DOCUMENT_SCHEMA
    assert len(rows) == facts["requests"] == 60
    assert len({row["id"] for row in rows}) == 60
    assert {row["source"] for row in rows} == {"synth/builtin"}
    assert facts["kept"] + sum(facts["rejected"].values()) == 60
    assert facts["rejected"] == dict(Counter(row["reason"] for row in rows if row["reason"]))
    assert {row["status"] for row in rows} == {"", "dropped"}
    assert set(facts["rejected"]) <= set(REASONS)
    assert (facts["kind"], facts["usd"], facts["sandbox"]) == ("procedural", 0.0, "landlock")
    topics = [json.loads(row["metadata"])["topic"] for row in rows]
    assert topics == [draw_spec(1, number).topic for number in range(60)]
    assert seen == sorted(seen)
    assert (min(seen) >= 1, max(seen)) == (True, 60)
    assert all(row["text"] for row in rows if not row["status"])


def test_a_second_run_asks_for_nothing_and_gives_the_same_bytes(
    tmp_path: Path, unrun: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, facts = generate(Synthesise(exercises=20), 1, tmp_path / "a.sqlite")
    other, _ = generate(Synthesise(exercises=20), 1, tmp_path / "b.sqlite")
    monkeypatch.setattr(synth.asking.Asker, "_asked", lambda *_: pytest.fail("something was asked"))
    again, facts_again = generate(Synthesise(exercises=20), 1, tmp_path / "a.sqlite")
    assert digest(first) == digest(other) == digest(again)
    assert facts == facts_again
    assert generate(Synthesise(exercises=8), 1, tmp_path / "a.sqlite")[0].num_rows == 8


def test_another_seed_gives_other_exercises(tmp_path: Path, unrun: None) -> None:
    one, two = (generate(Synthesise(exercises=10), seed, tmp_path / "j")[0] for seed in (1, 2))
    assert not set(one["locator"].to_pylist()) & set(two["locator"].to_pylist())


def test_the_cap_on_requests_holds_for_the_built_in_teacher_too(tmp_path: Path, unrun: None) -> None:
    settings = Synthesise.model_validate({"exercises": 12, "teacher": {"max_requests": 5}})
    rows = generate(settings, 1, tmp_path / "j", fault_rates=NO_FAULTS)[0].to_pylist()
    assert [row["reason"] for row in rows] == [""] * 5 + ["budget_exhausted"] * 7


@pytest.mark.parametrize("kept", [True, False])
def test_self_asserted_tests_are_mixed_in_only_on_demand(tmp_path: Path, kept: bool, monkeypatch: Any) -> None:
    verdict = Verdict(True, "", "self_asserted", "landlock", 8)
    monkeypatch.setattr(synth.examining, "examine", shown(verdict))
    settings = Synthesise(exercises=4, keep_self_asserted=kept)
    rows = generate(settings, 1, tmp_path / "j", fault_rates=NO_FAULTS)[0].to_pylist()
    assert {row["reason"] for row in rows} == ({""} if kept else {"self_asserted"})


def test_without_a_sandbox_everything_is_unverified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth.examining, "examine", shown(Verdict(False, "unverified", "none", "none")))
    table, facts = generate(Synthesise(exercises=5), 1, tmp_path / "j", fault_rates=NO_FAULTS)
    assert set(table["reason"].to_pylist()) == {"unverified"}
    assert (facts["kept"], facts["sandbox"]) == (0, None)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"topics": ["matrixes"]}, 'Did you mean "matrices"'), ({"teacher": {"model": "gpt"}}, "builtin-procedural-1")],
)
def test_what_the_built_in_teacher_cannot_do_is_said_at_once(tmp_path: Path, settings: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        generate(Synthesise.model_validate(settings), 1, tmp_path / "j")
    assert not (tmp_path / "j").exists()


def test_an_endpoint_with_other_topics_is_asked_and_named(misbehaving: Any, tmp_path: Path, unrun: None) -> None:
    server = misbehaving(lambda number, body: "ok" if number != 3 else "html")
    teacher = {"base_url": server.url, "model": "org/Model 7B", "concurrency": 1}
    settings = Synthesise.model_validate({"exercises": 4, "topics": ["origami"], "teacher": teacher})
    table, facts = generate(settings, 1, tmp_path / "j")
    assert set(table["source"].to_pylist()) == {"synth/org-Model-7B"}
    assert table["reason"].to_pylist() == ["", "duplicate_exercise", "bad_response", "duplicate_exercise"]
    assert (facts["kind"], facts["prompt_tokens"]) == ("llm", 120)
    assert '"origami"' in server.bodies[0]["messages"][1]["content"]


def test_the_key_never_reaches_the_rows(
    misbehaving: Any, tmp_path: Path, unrun: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-77aa-key")
    teacher = {"base_url": misbehaving("echo_key").url, "model": "m"}
    settings = Synthesise.model_validate({"exercises": 3, "teacher": teacher})
    table, facts = generate(settings, 1, tmp_path / "j")
    assert table["reason"].to_pylist() == ["leak"] * 3
    assert table["text"].to_pylist() == [None] * 3
    assert "canary" not in json.dumps([table.to_pylist(), facts])


def test_files_hold_what_was_kept_and_the_ledger_everything(tmp_path: Path, unrun: None) -> None:
    with Generation(Synthesise(exercises=15), 1, tmp_path / "j", rates=FAULTY) as generation:
        generation.run()
        facts = generation.facts()
        write_exercises(tmp_path / "out", generation.items, generation.table(), facts)
    exercises = [json.loads(line) for line in (tmp_path / "out/exercises.jsonl").read_text().split("\n")[:-1]]
    chats = [json.loads(line) for line in (tmp_path / "out/chat.jsonl").read_text().split("\n")[:-1]]
    assert len(exercises) == len(chats) == facts["kept"]
    for row, chat in zip(exercises, chats, strict=True):
        assert (row["prompt"][:4], row["prompt"][-3:]) == ("def ", '"""')
        assert row["prompt"] in row["solution"]
        assert all(test.startswith("assert ") for test in row["tests"])
        assert [message["role"] for message in chat["messages"]] == ["user", "assistant"]
    assert pq.read_table(tmp_path / "out/exercises.parquet").num_rows == facts["kept"]
    ledger = pq.read_table(tmp_path / "out/ledger.parquet")
    assert Counter(ledger["status"].to_pylist()) == {"kept": facts["kept"], "dropped": 15 - facts["kept"]}
    assert json.loads((tmp_path / "out/facts.json").read_text()) == facts


@pytest.mark.slow
@pytest.mark.skipif(not has_sandbox(), reason="no sandbox passes its canaries here")
def test_planted_faults_are_caught_and_sound_exercises_kept(tmp_path: Path) -> None:
    rows = generate(Synthesise(exercises=90), 5, tmp_path / "j", fault_rates=FAULTY)[0].to_pylist()
    wrong: list[tuple[Any, ...]] = []
    near_duplicates = 0
    for number, row in enumerate(rows):
        fault = fault_of(draw_spec(5, number), FAULTY)
        if fault == "near_duplicate" and row["reason"] == "":
            near_duplicates += 1  # the first of its kind
        elif fault == "weak_tests" and row["reason"] == "":
            metadata = json.loads(row["metadata"])  # found out, and mended by tests of ours
            wrong += [] if metadata.get("final_mutation_score", 1.0) == 1.0 else [(number, fault)]
        elif row["reason"] != EXPECTED_REASONS[fault]:
            wrong.append((number, fault, row["reason"], row["metadata"]))
    assert wrong == []
    assert near_duplicates <= 3
    assert {fault_of(draw_spec(5, number), FAULTY) for number in range(90)} == {*EXPECTED_REASONS} - {"benchmark_clone"}


def run_child(journal: str, out: str) -> None:
    """What the killed process does."""
    synth.generation.examine_record = believed
    table, _ = generate(Synthesise(exercises=80), 1, Path(journal), fault_rates=FAULTY)
    Path(out).write_text(digest(table))


@pytest.mark.slow
def test_the_built_in_teacher_gives_the_same_bytes_however_often_it_is_killed(tmp_path: Path) -> None:
    def child(journal: Path) -> subprocess.Popen[bytes]:
        code = (
            "import importlib.util\n"
            f"spec = importlib.util.spec_from_file_location('t', {__file__!r})\n"
            "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
            f"module.run_child({str(journal)!r}, {str(tmp_path / 'digest')!r})\n"
        )
        return subprocess.Popen([sys.executable, "-P", "-c", code])

    chosen = random.Random(4)
    for _ in range(2):
        process = child(tmp_path / "killed.sqlite")
        wal = tmp_path / "killed.sqlite-wal"
        deadline = time.monotonic() + 200
        while not wal.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chosen.uniform(0.2, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert child(tmp_path / "killed.sqlite").wait(300) == 0
    killed = (tmp_path / "digest").read_text()
    assert child(tmp_path / "whole.sqlite").wait(300) == 0
    assert (tmp_path / "digest").read_text() == killed
