"""The same cells through several prompts and models, side by side: the daily loop of people who do this."""

from __future__ import annotations

import collections
import dataclasses
import json
from pathlib import Path
from typing import Any, Sequence

import jinja2

from data.atomic import atomic_write
from data.errors import UsageError
from data.recipe import Synthesise
from flows.on_demand import JOURNAL, Order, opened, split
from flows.progress import Progress
from flows.teaching.plans import plan_of
from flows.teaching.preview import verdict_of
from flows.teaching.wishes import settings_of
from flows.terminal import new_table, open_console
from flows.work import Work
from synth.builtin.answers import MODEL
from synth.exercises import check_settings
from synth.forecast import wilson
from synth.rows import Item

SHIPPED = "shipped"
_SAMPLES = 6
_SAMPLE_CHARS = 3000


@dataclasses.dataclass(frozen=True)
class Side:
    """One pair of prompts and model: its settings and what came of its cells."""

    name: str
    prompts: str
    settings: Synthesise
    items: list[Item]
    facts: dict[str, Any]


def compare(
    *,
    out: Path,
    folders: Sequence[str] = (),
    models: Sequence[str] = (),
    exercises: int = 50,
    topics: str | None = None,
    kinds: Sequence[str] = (),
    seed: int = 1,
    shared: bool = True,
    **wishes: Any,
) -> dict[str, Any]:
    """Runs every pair of prompts and model on the same cells, through one journal, so that caps hold for all.

    A model may bring its endpoint along: MODEL@https://host/v1.
    """
    given = {"topics": split(topics, "--topics"), "kinds": list(kinds) or None, "exercises": exercises, **wishes}
    model = given.pop("model", None)
    pairs = [(folder, name) for folder in folders or [SHIPPED] for name in models or [model or MODEL]]
    orders = [(*pair, _settings(*pair, **given)) for pair in pairs]
    for _, _, settings in orders:
        check_settings(settings)
    sides = []
    with Work(out.absolute()) as work:
        for folder, name, settings in orders:
            label = f"{Path(folder).name} × {name.split('@')[0]}"
            plan = plan_of(settings, seed)
            order = Order(out, settings, seed, label, plan, shared=shared)
            with opened(order, work.root / JOURNAL) as (generation, watch):
                generation.run()
                if watch:
                    watch.stop()
                sides.append(Side(label, folder, settings, generation.items, generation.facts()))
    found = {"cells": exercises, "sides": [_measured(side) for side in sides]}
    atomic_write(out / "compare.json", json.dumps(found, indent=1, sort_keys=True) + "\n")
    _write_page(out / "report.html", found, sides)
    _say(found)
    Progress().say(f"side by side: {out}/report.html")
    return found


def _settings(folder: str, model: str, **given: Any) -> Synthesise:
    name, _, url = model.partition("@")
    if folder != SHIPPED and not Path(folder).is_dir():
        raise UsageError(f"--prompts {folder}: no such folder; expected folders of prompts, or `{SHIPPED}` for ours")
    wish = {**given, "prompts": None if folder == SHIPPED else folder}
    if url:
        wish["base_url"] = url
    is_builtin = name == MODEL and wish.get("base_url") in (None, "builtin")
    return settings_of(**wish, model=None if is_builtin else name)


def _measured(side: Side) -> dict[str, Any]:
    """Returns yield, cost and novelty of a side."""
    facts, items = side.facts, side.items
    kept = [item for item in items if not item.reason]
    low, high = wilson(len(kept), len(items))
    skeletons = {item.examined.skeleton for item in kept if item.examined and item.examined.skeleton}
    openers = collections.Counter(" ".join(item.parsed.record.text.split()[:5]) for item in kept if item.parsed.record)
    words = [len(item.parsed.record.text.split()) for item in kept if item.parsed.record]
    tokens = facts["prompt_tokens"] + facts["completion_tokens"]
    return {
        "name": side.name,
        "prompts": side.prompts,
        "model": side.settings.teacher.model,
        "asked": len(items),
        "kept": len(kept),
        "yield": len(kept) / max(1, len(items)),
        "yield_low": low,
        "yield_high": high,
        "rejected": facts["rejected"],
        "usd": facts["usd"] if facts["price"] else None,
        "usd_per_kept": facts["usd"] / len(kept) if facts["price"] and kept else None,
        "tokens_per_kept": tokens / len(kept) if kept else None,
        "skeletons_per_kept": len(skeletons) / len(kept) if kept else None,
        "commonest_opener_share": openers.most_common(1)[0][1] / len(kept) if openers else None,
        "words": sorted(words)[len(words) // 2] if words else None,
        "repaired": facts["repaired"],
        "shared": facts["shared"],
    }


def _say(found: dict[str, Any]) -> None:
    drawn = new_table("prompts × model", "kept>", "yield>", "USD>", "tokens>", "new>")
    drawn.caption, drawn.caption_justify = "USD and tokens for each that was kept; new: skeletons among them", "left"
    for row in found["sides"]:
        drawn.add_row(
            row["name"],
            f"{row['kept']}/{row['asked']}",
            f"{row['yield_low']:.0%}–{row['yield_high']:.0%}",
            "?" if row["usd_per_kept"] is None else f"{row['usd_per_kept']:.5f}",
            "" if row["tokens_per_kept"] is None else f"{row['tokens_per_kept']:,.0f}",
            "" if row["skeletons_per_kept"] is None else f"{row['skeletons_per_kept']:.0%}",
        )
    open_console().print(drawn)


def _write_page(target: Path, found: dict[str, Any], sides: Sequence[Side]) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("compare.html.j2").render(found=found, cells=_cells(sides))
    atomic_write(target, page)


def _cells(sides: Sequence[Side]) -> list[dict[str, Any]]:
    """Returns a few cells with what every side made of them; those where sides differ come first."""
    from flows.report.excerpts import mask, visible

    cells: list[dict[str, Any]] = []
    for number in range(min((len(side.items) for side in sides), default=0)):
        row = [side.items[number] for side in sides]
        made = []
        for item in row:
            record = item.parsed.record
            text = record.text if record else item.reply.content or item.answer.outcome
            made.append(
                {"verdict": verdict_of(item), "kept": not item.reason, "text": visible(mask(text[:_SAMPLE_CHARS]))}
            )
        spec = row[0].spec
        title = f"{spec.kind}, {spec.topic}, {spec.difficulty}, {', '.join(spec.concepts)}"
        cells.append({"number": number + 1, "title": title, "made": made})
    differing = sorted(cells, key=lambda cell: (len({made["kept"] for made in cell["made"]}) == 1, cell["number"]))
    return differing[:_SAMPLES]
