"""The verifier against a teacher whose every fault is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flows.benches import synth as bench_synth
from flows.benches.synth import Findings, count
from synth.examining import Examined
from synth.sandbox.tiers import choose_tier
from synth.specs import ExerciseSpec
from synth.verification import Verdict


def test_what_verification_finds_is_what_the_teacher_did(capsys: pytest.CaptureFixture[str]) -> None:
    if choose_tier() == "none":
        pytest.skip("no sandbox here passes its canaries")
    found = bench_synth.bench_synth(72, ["function", "fix-the-bug", "predict-output", "tests-from-code"], 3, [], True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["requests"] == 72
    assert found.missed == []
    assert found.rejections == []
    assert sum(found.planted.values()) >= 5
    assert found.kept + sum(times for reason, times in found.reasons.items() if reason != "kept") == 72
    assert sum(found.levels.values()) == 72
    assert found.strong >= 0.95 * found.weighed > 0
    assert found.strong_before < found.strong
    assert found.skeletons >= found.kept // 2


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes items whose fault is what their topic says."""
    monkeypatch.setattr(bench_synth, "fault_of", lambda spec, rates: spec.topic)

    def item(fault: str, reason: str = "", **columns: Any) -> Any:
        spec = ExerciseSpec(fault, ("a", "b"), "easy", "", "", "", "", 1)
        known = {"mutation_score": 0.5, "final_mutation_score": 1.0, "killable": 4, "killed": 2, **columns}
        verdict = Verdict(True, "", "io_compared", "landlock", 3)
        examined = Examined(verdict, level="strong", skeleton=f"s{fault}", behaviour="b", columns=known)
        return SimpleNamespace(spec=spec, reason=reason, detail="", number=7, examined=examined)

    return item


def counted(*items: Any) -> Findings:
    return count(items)


def test_a_fault_is_caught_only_under_its_own_reason(faults: Callable[..., Any]) -> None:
    found = counted(faults("wrong_solution", "failed_tests"), faults("wrong_solution", "timeout"), faults("hostile"))
    assert (found.planted, found.caught) == ({"wrong_solution": 2, "hostile": 1}, {"wrong_solution": 1, "hostile": 0})
    assert found.missed == ["7 function wrong_solution: timeout", "7 function hostile: kept"]
    assert found.shares()["caught_share"] == 0.3333


def test_weak_tests_are_caught_when_they_are_made_strong(faults: Callable[..., Any]) -> None:
    found = counted(
        faults("weak_tests", added_tests=["assert f(1) == 2"]), faults("weak_tests", added_tests=None),
        faults("weak_tests", "weak_tests"), faults("weak_tests", added_tests=None, mutation_score=1.0),
    )  # fmt: skip
    assert (found.planted, found.caught) == ({"weak_tests": 4}, {"weak_tests": 3})


def test_the_first_of_several_alike_is_no_duplicate(faults: Callable[..., Any]) -> None:
    found = counted(faults("near_duplicate"), faults("near_duplicate"), faults("near_duplicate", "near_duplicate"))
    assert (found.sound, found.planted, found.caught) == (1, {"near_duplicate": 2}, {"near_duplicate": 1})


def test_repetitions_are_no_false_rejections(faults: Callable[..., Any]) -> None:
    found = counted(faults("", "duplicate_behaviour"), faults("", "failed_tests"), faults(""), faults("fenced"))
    assert (found.sound, found.rejected, found.rejections) == (3, 1, ["7 function: failed_tests: "])
    assert (found.kept, found.skeletons, found.behaviours, found.concepts, found.pairs) == (2, 2, 1, 2, 1)


def test_scores_are_counted_for_what_was_kept(faults: Callable[..., Any]) -> None:
    found = counted(
        faults(""), faults("", mutation_score=1.0), faults("", final_mutation_score=0.9), faults("", "timeout")
    )
    assert (found.weighed, found.strong, found.strong_before) == (3, 2, 1)
    assert (found.deciles[5], found.deciles[10]) == (2, 1)
