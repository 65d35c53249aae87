from __future__ import annotations

from pathlib import Path

import pytest

from data.recipe import Synthesise
from synth.kinds.function import FunctionExercise
from synth.remembered import Remembered
from synth.sandbox.sandbox import Sandbox
from synth.specs import ExerciseSpec
from synth.verification import Verdict

RECORD = FunctionExercise("Double", "Double x.", "def f(x: int) -> int:\n    return 2 * x", ("assert f(3) == 6",))


@pytest.fixture
def spec() -> ExerciseSpec:
    return ExerciseSpec("numbers", (), "easy", "", "", "orchard", "", 1)


def test_what_was_shown_before_a_kill_is_not_run_again(tmp_path: Path, spec: ExerciseSpec) -> None:
    path = tmp_path / "examined.jsonl"
    with Sandbox() as sandbox:
        if sandbox.tier is None:
            pytest.skip("no sandbox here passes its canaries")
        with Remembered(path, "1") as examine:
            first = examine(RECORD, spec, Synthesise(), sandbox)
            ran = sandbox.cpu_s
        path.write_text(path.read_text() + '{"key": "cut sho')  # what a kill leaves
        with Remembered(path, "1") as examine:
            assert examine(RECORD, spec, Synthesise(), sandbox) == first
            assert sandbox.cpu_s == ran
        with Remembered(path, "2") as examine:
            assert examine(RECORD, spec, Synthesise(), sandbox) == first
            assert sandbox.cpu_s > ran > 0
    assert isinstance(first.verdict, Verdict)
    assert first.verdict.passed
