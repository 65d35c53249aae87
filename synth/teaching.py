"""Exercises in one call, from Python."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any, Sequence

import pyarrow as pa
from pydantic import ValidationError

from data.errors import UsageError
from data.recipe import Synthesise
from synth.exercises import check_settings
from synth.generation import Generation
from synth.plans import Plan


@dataclasses.dataclass(frozen=True)
class Taught:
    """What a teacher made.

    Attributes:
        kept: one dictionary for each record that was kept: id, kind, title, text, chat, metadata.
        table: one row for every request, kept or not, as the document table has them.
        facts: counts, spending, identities.
    """

    kept: list[dict[str, Any]]
    table: pa.Table
    facts: dict[str, Any]


def teach(
    number: int = 100,
    *,
    kinds: Sequence[str] = ("function",),
    topics: Sequence[str] = (),
    base_url: str = "builtin",
    model: str | None = None,
    seed: int = 1,
    journal: Path | str | None = None,
    plan: Plan | None = None,
    min_level: str = "strong",
    prompts: str | None = None,
    **teacher: Any,
) -> Taught:
    """Returns what a teacher made of so many requests, run and judged.

    Args:
        number: requests to make.
        kinds: what to ask for, in turn (`synth.kinds.KINDS`).
        topics: default: the built-in list.
        base_url: `builtin`, an OpenAI-compatible endpoint, or `recorded:` and a path.
        model: the model's name there.
        seed: another one gives other exercises.
        journal: the request ledger; what it has settled is never asked for again. Default: none is kept.
        plan: what to ask for, instead of topics and kinds.
        min_level: evidence that is needed to be kept.
        prompts: a folder of prompts that go before the shipped ones.
        teacher: further fields of `data.recipe.Teacher`: max_usd, max_requests, concurrency, ….

    Raises:
        UsageError: something cannot be used as given.
        PhimillError: the endpoint is down or out of quota.
    """
    settings = _settings(
        {"base_url": base_url, **({"model": model} if model else {}), **teacher},
        {
            "exercises": number, "topics": list(topics), "kinds": list(kinds), "min_level": min_level,
            "prompts": prompts,
        },
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="phimill-") as place:
        ledger = Path(journal) if journal else Path(place) / "teacher.sqlite"
        with Generation(settings, seed, ledger, plan=plan) as generation:
            generation.run()
            table = generation.table()
            return Taught(_kept(generation, table), table, generation.facts())


def _settings(teacher: dict[str, Any], wishes: dict[str, Any]) -> Synthesise:
    """Returns settings; what cannot be one is named with what was found."""
    try:
        settings = Synthesise.model_validate({"teacher": teacher, **wishes})
    except ValidationError as failure:
        told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}, found {one['input']!r}" for one in failure.errors()]
        raise UsageError("; ".join(told)) from None
    check_settings(settings)
    return settings


def _kept(generation: Generation, table: pa.Table) -> list[dict[str, Any]]:
    rows = [row for row in table.to_pylist() if not row["status"]]
    records = [item.parsed.record for item in generation.items if not item.reason]
    return [
        {**{name: row[name] for name in ("id", "kind", "text", "metadata")}, "title": record.title, "chat": record.chat}
        for row, record in zip(rows, records, strict=True)
        if record is not None
    ]
