"""The Prefect flow: one task a step, small values in and out. Prefect shows; the truth is on disk."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import Showcase
from flows.progress import Progress
from flows.road import ROAD, Request, from_home, open_run, parse_sample
from flows.run import Run

#: Runs that are under way in this process, by out folder: tasks are handed names, not runs.
_UNDER_WAY: dict[str, Run] = {}

#: Told when a dataset has been published, so that a caller can end even if Prefect does not.
published = threading.Event()


@task(cache_policy=NO_CACHE, persist_result=False)
def step(name: str, out: str) -> dict[str, Any]:
    """Runs one step of the road for the run that holds `out`."""
    return ROAD[name](_UNDER_WAY[out])


@flow(name="curate", persist_result=False)
def curate(
    recipe: str,
    out: str,
    changes: list[str] | None = None,
    workers: int | None = None,
    sample: str | None = None,
    approved: bool = False,
) -> dict[str, Any]:
    """Turns raw corpora into training shards.

    Args:
        recipe: a recipe file, or the name of a shipped recipe.
        out: the out folder; unchanged steps found there are reused.
        changes: changes to the recipe, such as `filters.gopher-quality.min_words=30`.
        workers: processes; default: one for each processor.
        sample: share of documents to take, such as `1%`.
        approved: whether money may be spent at once, though the recipe says `synthesise.approve`.

    Returns:
        The manifest's counts and where it stands.
    """
    out = from_home(out)
    recipe = from_home(recipe) if Path(from_home(recipe)).is_file() else recipe
    request = Request(recipe, out, tuple(changes or ()), workers, parse_sample(sample))
    showcase = Showcase(list(ROAD), get_run_logger())
    with open_run(request, Progress(observer=showcase.progress)) as run:
        _UNDER_WAY[out] = run
        done: dict[str, Any] = {}
        try:
            for name in ROAD:
                showcase.begin(name)
                if name == "synthesise" and not approved:
                    _wait_for_yes(run)
                done = step.with_options(name=name, task_run_name=name)(name, out)
            manifest = run.facts["manifest"]
            published.set()
            showcase.finish(manifest, run.work.out, is_new=not done.get("reused"))
        finally:
            _UNDER_WAY.pop(out, None)
    return {"out": str(run.work.out), "snapshot": manifest["snapshot"], "counts": manifest["counts"]["by_source"]}


def _wait_for_yes(run: Run) -> None:
    """Waits for a person if the recipe asks for it, and something is still to be paid for."""
    from flows.steps.synthesise import is_made, place_of, settings_in
    from flows.teaching.approval import needs_approval, wait_for_yes

    settings = settings_in(run)
    if settings is not None and needs_approval(settings) and not is_made(place_of(run, settings)[0]):
        wait_for_yes(settings, run.recipe.seed)
