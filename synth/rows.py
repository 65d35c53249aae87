"""One request on its way, the row that it ends as, and the facts about all of them."""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import Any

from data.recipe import Synthesise, Teacher
from data.schema import document
from synth.asking import Asker
from synth.budget import price_of
from synth.examining import Examined
from synth.kinds.reading import ParsedRecord
from synth.kinds.registry import find_kind
from synth.parsing import Reply
from synth.prompts import Prompts
from synth.requests import Answer, Request
from synth.specs import ExerciseSpec


@dataclasses.dataclass
class Item:
    """One request on its way to becoming a row.

    Attributes:
        number: its place, from 0.
        document: the id of its seed document; "" if it has none, or none that bears an id.
        repair: what was asked because the first reply could not be used.
        second: an independent second solution, where one was asked for and given.
        further: the keys of what else was asked for its sake.
        repaired_from: the first reply's reason, if there was a second one.
        nano_usd: what its calls have cost.
    """

    number: int
    spec: ExerciseSpec
    request: Request
    answer: Answer = dataclasses.field(default_factory=lambda: Answer("not_sent"))
    reply: Reply = dataclasses.field(default_factory=Reply)
    parsed: ParsedRecord = dataclasses.field(default_factory=lambda: ParsedRecord(None))
    document: str = ""
    repair: Request | None = None
    repaired_from: str = ""
    second: str | None = None
    further: list[str] = dataclasses.field(default_factory=list)
    examined: Examined | None = None
    reason: str = ""
    detail: str = ""
    nano_usd: int = 0

    @property
    def keys(self) -> list[str]:
        """The keys of its requests in the journal."""
        return [self.request.key, *([self.repair.key] if self.repair else []), *self.further]


def row_of(asker: Asker, prompts: Prompts, item: Item) -> dict[str, Any]:
    """Returns the document that a request ended as."""
    record, kind = item.parsed.record, find_kind(item.spec.kind)
    return document(
        f"synth/{teacher_name(asker.teacher)}",
        item.request.key,
        kind=kind.document_kind,
        text=(record.text or None) if record else None,
        language=kind.language,
        metadata={**_asked(asker, prompts, item), **_answered(asker, item), **_found(item)},
        status="dropped" if item.reason else "",
        reason=item.reason,
    )


def _asked(asker: Asker, prompts: Prompts, item: Item) -> dict[str, Any]:
    """Returns what was asked, and of whom."""
    spec, teacher = item.spec, asker.teacher
    return {
        "kind": spec.kind,
        "topic": spec.topic or None,
        "concepts": list(spec.concepts) or None,
        "difficulty": spec.difficulty,
        "audience": spec.audience,
        "style": spec.style,
        "setting": spec.setting,
        "persona": spec.persona or None,
        "document": item.document or None,
        "prompt": prompts.digest(spec.kind),
        "seed": spec.seed,
        "temperature": teacher.temperature,
        "max_output_tokens": teacher.max_output_tokens,
        "teacher_kind": asker.kind,
    }


def _answered(asker: Asker, item: Item) -> dict[str, Any]:
    """Returns who answered, how, and what that cost."""
    usage = item.answer.usage
    path = item.parsed.path
    return {
        "teacher_model": item.reply.model or asker.teacher.model,
        "teacher_fingerprint": item.reply.fingerprint,
        "request_id": item.answer.request_id or None,
        "origin": item.answer.origin or None,
        "structured": item.answer.mode or None,
        "parse_path": (f"repair+{path}" if item.repaired_from and not item.reason else path) or None,
        "repaired_from": item.repaired_from or None,
        "prompt_tokens": usage[0] if usage else None,
        "completion_tokens": usage[1] if usage else None,
        "usd": item.nano_usd / 1e9 if asker.kind == "llm" and price_of(asker.teacher) else None,
    }


def _found(item: Item) -> dict[str, Any]:
    """Returns what reading and running it showed."""
    record, examined = item.parsed.record, item.examined
    return {
        "title": record.title if record else None,
        "evidence": None,
        "sandbox": None,
        "tests": sum(len(check.tests) for check in record.checks) if record else None,
        **(examined.columns if examined else {}),
        "detail": item.detail or None,
    }


def teacher_name(teacher: Teacher | Synthesise) -> str:
    """Returns the teacher's name as it stands in the source of its documents."""
    teacher = teacher.teacher if isinstance(teacher, Synthesise) else teacher
    if teacher.base_url == "builtin":
        return "builtin"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", teacher.model).strip("-.") or "endpoint"


def facts_of(asker: Asker, prompts: Prompts, items: list[Item]) -> dict[str, Any]:
    """Returns counts, spending and identities, for the manifest."""
    teacher, price = asker.teacher, price_of(asker.teacher)
    rejected = collections.Counter(item.reason for item in items if item.reason)
    kept = [item for item in items if not item.reason]
    verdicts = [item.examined.verdict for item in items if item.examined and item.examined.verdict]
    tiers = {verdict.sandbox for verdict in verdicts if verdict.sandbox != "none"}
    kinds = sorted({item.spec.kind for item in items})
    return {
        "name": teacher_name(teacher),
        "kind": asker.kind,
        "model": teacher.model,
        "base_url": teacher.base_url,
        "identity": asker.identity,
        "fingerprint": ", ".join(sorted({item.reply.fingerprint for item in items if item.reply.fingerprint})) or None,
        "prompts": prompts.digest(kinds[0]) if len(kinds) == 1 else {kind: prompts.digest(kind) for kind in kinds},
        "price": price.in_words() if price else None,
        "requests": len(items),
        "kept": len(kept),
        "rejected": dict(sorted(rejected.items())),
        "levels": dict(
            sorted(collections.Counter(item.examined.level or "prose" for item in kept if item.examined).items())
        ),
        "repaired": sum(bool(item.repaired_from) and not item.reason for item in items),
        "shared": sum(item.answer.origin == "shared" for item in items),
        "usd": sum(item.nano_usd for item in items) / 1e9,
        "sandbox": min(tiers) if tiers else None,
        "skeletons": len({item.examined.skeleton for item in kept if item.examined and item.examined.skeleton}),
    }
