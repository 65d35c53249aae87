"""One request on its way, the row that it ends as, and the facts about all of them."""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import Any

from data.recipe import Synthesise
from data.schema import document
from synth.builtin.answers import identity
from synth.builtin.faults import FaultRates
from synth.parsing import Exercise, Parsed, Reply
from synth.prompts import prompt_hash
from synth.requests import Answer, Request
from synth.skeletons import skeleton
from synth.specs import ExerciseSpec
from synth.texts import write_text
from synth.verification import Verdict


@dataclasses.dataclass
class Item:
    """One request on its way to becoming a row."""

    spec: ExerciseSpec
    request: Request
    answer: Answer = dataclasses.field(default_factory=lambda: Answer("not_sent"))
    reply: Reply = dataclasses.field(default_factory=Reply)
    parsed: Parsed = dataclasses.field(default_factory=lambda: Parsed(None))
    verdict: Verdict | None = None
    reason: str = ""
    detail: str = ""
    form: str = ""


def endpoint_identity(settings: Synthesise, rates: FaultRates) -> str:
    """Returns what stands for the endpoint in the journal."""
    if settings.teacher.base_url == "builtin":
        return f"builtin:{identity(rates)}"
    return settings.teacher.base_url.rstrip("/")


def row_of(settings: Synthesise, item: Item) -> dict[str, Any]:
    """Returns the document that a request ended as."""
    exercise, verdict = item.parsed.exercise, item.verdict
    usage = item.answer.usage
    metadata = {
        "topic": item.spec.topic,
        "concepts": list(item.spec.concepts) or None,
        "difficulty": item.spec.difficulty,
        "audience": item.spec.audience,
        "style": item.spec.style,
        "setting": item.spec.setting,
        "title": exercise.title if exercise else None,
        "prompt": prompt_hash(),
        "teacher_kind": _kind(settings),
        "teacher_model": item.reply.model or settings.teacher.model,
        "teacher_fingerprint": item.reply.fingerprint,
        "structured": item.answer.mode or None,
        "parse_path": item.parsed.path or None,
        "evidence": verdict.evidence if verdict else None,
        "sandbox": verdict.sandbox if verdict else None,
        "tests": len(exercise.tests) if exercise else None,
        "skeleton": skeleton(exercise.solution) if exercise and verdict else None,
        "detail": item.detail or None,
        "prompt_tokens": usage[0] if usage else None,
        "completion_tokens": usage[1] if usage else None,
    }
    return document(
        f"synth/{teacher_name(settings)}",
        item.request.key,
        kind="exercise",
        text=_text(exercise),
        language="python",
        metadata=metadata,
        status="dropped" if item.reason else "",
        reason=item.reason,
    )


def _text(exercise: Exercise | None) -> str | None:
    return write_text(exercise) if exercise is not None and (exercise.solution or exercise.tests) else None


def _kind(settings: Synthesise) -> str:
    return "procedural" if settings.teacher.base_url == "builtin" else "llm"


def teacher_name(settings: Synthesise) -> str:
    """Returns the teacher's name as it stands in the source of its documents."""
    if settings.teacher.base_url == "builtin":
        return "builtin"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", settings.teacher.model).strip("-.") or "endpoint"


def facts_of(settings: Synthesise, items: list[Item], spent: int, rates: FaultRates) -> dict[str, Any]:
    """Returns counts, spending and identities, for the manifest.

    Args:
        settings: the recipe's section.
        items: all requests, judged.
        spent: what they have cost, in nano-USD.
        rates: the built-in teacher's fault rates.
    """
    rejected = collections.Counter(item.reason for item in items if item.reason)
    kept = [item for item in items if not item.reason]
    usages = [item.answer.usage for item in items if item.answer.usage]
    fingerprints = sorted({item.reply.fingerprint for item in items if item.reply.fingerprint})
    tiers = {item.verdict.sandbox for item in items if item.verdict and item.verdict.sandbox != "none"}
    endpoint = endpoint_identity(settings, rates)
    return {
        "name": teacher_name(settings),
        "kind": _kind(settings),
        "model": settings.teacher.model,
        "base_url": settings.teacher.base_url,
        "identity": endpoint,
        "fingerprint": ", ".join(fingerprints) or None,
        "prompts": prompt_hash(),
        "requests": len(items),
        "kept": len(kept),
        "rejected": dict(sorted(rejected.items())),
        "usd": spent / 1e9,
        "prompt_tokens": sum(usage[0] for usage in usages),
        "completion_tokens": sum(usage[1] for usage in usages),
        "sandbox": min(tiers) if tiers else None,
        "skeletons": len({skeleton(item.parsed.exercise.solution) for item in kept if item.parsed.exercise}),
    }
