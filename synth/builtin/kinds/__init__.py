"""How the built-in teacher answers each kind of prompt: a specification in, the JSON object of the reply out."""

from __future__ import annotations

from typing import Any, Callable

from synth.builtin.kinds import debugging, functions, lessons, predictions, problems, rephrasing, sections, steps
from synth.specs import ExerciseSpec

#: Writes an answer with a fault, "" for none, that `key` decides about.
Writer = Callable[[ExerciseSpec, str, ExerciseSpec], dict[str, Any]]

WRITERS: dict[str, Writer] = {
    "function": functions.write,
    "tests-from-code": functions.write_tests,
    "section": sections.write,
    "word-problem": problems.write,
    "fix-the-bug": debugging.write,
    "refactor": debugging.write_refactoring,
    "predict-output": predictions.write,
    "multi-step": steps.write,
    "lesson": lessons.write,
    **{f"rephrase-{name}": writer for name, writer in rephrasing.WRITERS.items()},
}
