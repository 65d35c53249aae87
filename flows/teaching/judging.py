"""Judges what lies in an out folder by a rubric, and says how far the judge agrees with itself."""

from __future__ import annotations

import collections
import dataclasses
import json
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import UsageError
from data.objects import read_objects
from data.recipe import Teacher
from flows.on_demand import JOURNAL
from flows.progress import Progress
from flows.teaching.wishes import settings_of
from flows.work import Work
from synth.asking import Asker
from synth.builtin.faults import DEFAULT_RATES
from synth.journal import Journal
from synth.judging import MAX_SCORE, Agreement, Judgement, judge_texts
from synth.prompts import Prompts
from synth.shared_answers import SharedAnswers, default_path

FILE = "judged.jsonl"
_NAMES = ("exercises.jsonl", "textbooks.jsonl", "rephrased.jsonl")


def judge(
    folder: Path,
    *,
    min_score: int = 3,
    margin: int = 1,
    retest: float = 0.05,
    seed: int = 1,
    strong_model: str | None = None,
    strong_url: str | None = None,
    prompts: str | None = None,
    shared: bool = True,
    **wishes: Any,
) -> dict[str, Any]:
    """Writes judged.jsonl beside what was made, the records with their scores; returns the counts."""
    teacher = settings_of(**wishes).teacher
    if teacher.base_url == "builtin":
        raise UsageError(
            "judge: the built-in teacher judges nothing; name a language model with --base-url and --model"
        )
    rows = [row for name in _NAMES if (folder / name).exists() for _, row in read_objects(folder / name)]
    if not rows:
        raise UsageError(f"{folder}: holds none of {', '.join(_NAMES)}")
    teachers = [teacher, *_strong(teacher, strong_model, strong_url)]
    progress = Progress()
    with Work(folder.absolute()) as work:
        store = SharedAnswers(default_path()) if shared else None
        with Journal(work.root / JOURNAL, store) as journal, progress.step("judge", len(rows), len(rows)) as done:
            number = iter(range(1, 10**9))
            judgement = judge_texts(
                [(str(row["id"]), str(row["text"])) for row in rows],
                [Asker(one, journal, DEFAULT_RATES) for one in teachers],
                min_score=min_score,
                margin=margin,
                retest_share=retest,
                seed=seed,
                prompts=Prompts(Path(prompts)) if prompts else Prompts(),
                on_answer=lambda: done(min(len(rows), next(number))),
            )
    lines = [{**row, "judge": dataclasses.asdict(score)} for row, score in zip(rows, judgement.scores, strict=True)]
    atomic_write(folder / FILE, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    facts = _facts(judgement, min_score)
    _tell(facts, judgement, folder / FILE, progress)
    return facts


def _facts(judgement: Judgement, min_score: int) -> dict[str, Any]:
    found = collections.Counter(score.score for score in judgement.scores)
    return {
        "records": len(judgement.scores),
        "scores": {str(score): found[score] for score in range(MAX_SCORE + 1)},
        "unread": found[None],
        "reach": sum(score.score is not None and score.score >= min_score for score in judgement.scores),
        "min_score": min_score,
        "itself": dataclasses.asdict(judgement.itself),
        "between": dataclasses.asdict(judgement.between),
    }


def _tell(facts: dict[str, Any], judgement: Judgement, file: Path, progress: Progress) -> None:
    for score in range(MAX_SCORE, -1, -1):
        progress.say(f"  {facts['scores'][str(score)]:>6}  score {score}")
    if facts["unread"]:
        progress.say(f"  {facts['unread']:>6}  not scored: no answer, or none that could be read")
    progress.say(f"{facts['reach']} of {facts['records']} reach {facts['min_score']}: {file}")
    progress.say(f"the judge with itself: {_words(judgement.itself)}; with the strong one: {_words(judgement.between)}")


def _strong(teacher: Teacher, model: str | None, url: str | None) -> list[Teacher]:
    if model is None:
        if url is not None:
            raise UsageError("--strong-url: name the model there with --strong-model")
        return []
    return [teacher.model_copy(update={"model": model, "base_url": url or teacher.base_url})]


def _words(found: Agreement) -> str:
    if not found.pairs:
        return "not measured"
    kappa = "" if found.kappa is None else f", weighted kappa {found.kappa:.2f}"
    return f"{found.exact:.0%} equal of {found.pairs}, {found.distance:.2f} apart{kappa}"
