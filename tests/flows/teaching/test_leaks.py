from __future__ import annotations

import json
from pathlib import Path

import pytest

import flows.teaching.leaks
from flows.teaching.leaks import Leaks
from synth.sandbox.tiers import choose_tier

pytestmark = pytest.mark.skipif(choose_tier() == "none", reason="no sandbox passes its canaries here")

ITEM = {
    "task_id": "own/7",
    "prompt": 'def running_best(numbers):\n    """For each place give the largest number seen up to there."""\n',
    "canonical_solution": "    best, found = None, []\n    for number in numbers:\n"
    "        best = number if best is None else max(best, number)\n        found.append(best)\n    return found\n",
    "test": "def check(candidate):\n    assert candidate([]) == []\n    assert candidate([3, 1, 4]) == [3, 3, 4]\n"
    "    assert candidate([9, 2, 9, 12]) == [9, 9, 9, 12]\n    assert candidate([-5, -7]) == [-5, -5]\n",
    "entry_point": "running_best",
}
REDONE = "def high_water(levels):\n    return [max(levels[: day + 1]) for day in range(len(levels))]\n"
OTHER = "def low_water(levels):\n    return [min(levels[: day + 1]) for day in range(len(levels))]\n"


def test_a_record_is_known_by_its_words_or_by_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(ITEM) + "\n")
    with Leaks([path], tmp_path) as leaks:
        assert leaks.names == ["own"]
        assert leaks.find(f"Do this. {ITEM['prompt']}", "", "textbook") == "has the words of own own/7"
        assert leaks.find("Levels by day.", REDONE, "exercise") == "does what own own/7 does"
        assert leaks.find("Levels by day.", OTHER, "exercise") == ""
    monkeypatch.delattr(flows.teaching.leaks, "learn_benchmarks")  # what solutions do is kept, and not learnt again
    with Leaks([path], tmp_path) as again:
        assert again.find("Levels by day.", REDONE, "exercise") == "does what own own/7 does"
