"""The Prefect flow `synth`: exercises on demand, from the UI's form or from `prefect deployment run`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal, Sequence

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE

from data.errors import UsageError
from flows.on_demand import Order, fulfil, split
from flows.road import from_home
from flows.teaching.approval import needs_approval, wait_for_yes
from flows.teaching.watching import Watch
from flows.teaching.wishes import settings_of
from synth.tally import Tally

_SHOW_SECONDS = 3.0


@task(cache_policy=NO_CACHE, persist_result=False)
def ask_teacher(
    out: str, wishes: dict[str, Any], seed: int, name: str, benchmarks: Sequence[str] = ()
) -> dict[str, Any]:
    """Has the exercises written and verified; returns the counts."""
    files = tuple(map(Path, benchmarks))
    return fulfil(Order(Path(out), settings_of(**wishes), seed, name, watch=_shown(name), benchmarks=files))


def _shown(name: str) -> Any:
    """Returns what shows a tally on Prefect's pages, not more often than anybody looks."""
    artifact = create_progress_artifact(0.0, key=f"synth-{name}-progress", description="asked, run and decided")
    logger, watch = get_run_logger(), Watch(name)
    last = time.monotonic()

    def show(tally: Tally) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SHOW_SECONDS:
            last = now
            update_progress_artifact(artifact, 100.0 * tally.steps / max(1, tally.total))  # type: ignore[arg-type]
            logger.info(watch.line(tally, now - watch.begin))

    return show


@flow(name="synth", persist_result=False)
def synth(
    out: str,
    exercises: int = 100,
    topics: str | None = None,
    base_url: str = "builtin",
    model: str | None = None,
    max_usd: float | None = None,
    usd_per_million_input: float | None = None,
    usd_per_million_output: float | None = None,
    seed: int = 1,
    what: Literal["exercises", "textbooks"] = "exercises",
    kinds: str | None = None,
    spec: str | None = None,
    prompts: str | None = None,
    max_requests: int | None = None,
    max_total_tokens: int | None = None,
    min_level: Literal["parses", "runs", "passes", "strong", "agreed"] = "strong",
    batch: bool = False,
    approve: bool = False,
    benchmarks: str | None = None,
) -> dict[str, Any]:
    """Has a teacher write exercises or textbooks; programs are run in a sandbox before they are kept.

    Args:
        out: the out folder.
        exercises: requests to make.
        topics: comma-separated topics; default: the built-in list.
        base_url: `builtin`, or an OpenAI-compatible endpoint ending in /v1. Its key comes from
            OPENAI_API_KEY in the environment of `phimill serve`, never from a parameter.
        model: the model's name there.
        max_usd: hard stop; the model's price must be known.
        usd_per_million_input: the endpoint's price, where phimill's table does not have it.
        usd_per_million_output: the endpoint's price, where phimill's table does not have it.
        seed: another seed gives other exercises.
        what: exercises, or textbook sections and lessons.
        kinds: comma-separated kinds (`phimill synth kinds`), instead of the usual ones.
        spec: a file of axes and budgets (YAML), instead of topics and kinds.
        prompts: a folder of prompts that go before the shipped ones.
        max_requests: hard stop.
        max_total_tokens: hard stop.
        min_level: evidence that an exercise needs.
        batch: use the endpoint's Batch API.
        approve: say what it will cost, and wait for a yes in these pages before money is spent.
        benchmarks: comma-separated files of test items (JSONL) which nothing that is kept may repeat, in words or
            in what it does.
    """
    usual = ["section", "lesson"] if what == "textbooks" else None
    wishes = {
        "exercises": exercises, "topics": split(topics or None, "topics"),
        "kinds": split(kinds or None, "kinds") or usual, "base_url": base_url, "model": model, "max_usd": max_usd,
        "max_requests": max_requests, "max_total_tokens": max_total_tokens,
        "usd_per_million_input": usd_per_million_input, "usd_per_million_output": usd_per_million_output,
        "min_level": min_level, "spec": from_home(spec) if spec else None,
        "prompts": from_home(prompts) if prompts else None, "batch": batch or None, "approve": approve or None,
    }  # fmt: skip
    tests = [from_home(file) for file in split(benchmarks or None, "benchmarks") or ()]
    if missing := [file for file in tests if not Path(file).is_file()]:
        raise UsageError(f"benchmarks: no file {missing[0]!r} on the machine that serves")
    return _made(from_home(out), wishes, seed, what, tests)


def _made(out: str, wishes: dict[str, Any], seed: int, what: str, tests: Sequence[str]) -> dict[str, Any]:
    """Waits for a yes where one is needed, has all of it made, shows what became of it; returns the counts."""
    settings = settings_of(**wishes)
    if needs_approval(settings):
        wait_for_yes(settings, seed)
    facts = ask_teacher(out, wishes, seed, what, tests)
    rows = "\n".join(f"| {reason} | {count} |" for reason, count in sorted(facts["rejected"].items()))
    create_markdown_artifact(
        f"**{facts['kept']}** of {facts['requests']} {what} kept in `{out}`, {facts['usd']:.4f} USD\n\n"
        f"| rejected | |\n|---|---|\n{rows}\n",
        key=f"synth-{what}",
    )
    return {"kept": facts["kept"], "requests": facts["requests"], "usd": facts["usd"]}
