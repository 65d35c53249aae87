"""The Prefect flow `synth`: exercises on demand, from the UI's form or from `prefect deployment run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.on_demand import write_on_demand
from flows.road import from_home


@task(cache_policy=NO_CACHE, persist_result=False)
def ask_teacher(out: str, wishes: dict[str, Any]) -> dict[str, Any]:
    """Has the exercises written and verified; returns the counts."""
    return write_on_demand(Path(out), **wishes)


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
) -> dict[str, Any]:
    """Has a teacher write exercises; each is run in a sandbox before it is kept.

    Args:
        out: the out folder.
        exercises: requests to make.
        topics: comma-separated topics; default: the built-in list.
        base_url: `builtin`, or an OpenAI-compatible endpoint ending in /v1. Its key comes from
            OPENAI_API_KEY in the environment of `phimill serve`, never from a parameter.
        model: the model's name there.
        max_usd: hard stop.
        usd_per_million_input: the endpoint's price; needed with max_usd.
        usd_per_million_output: the endpoint's price; needed with max_usd.
        seed: another seed gives other exercises.
    """
    out = from_home(out)
    facts = ask_teacher(
        out,
        {
            "number": exercises,
            "topics": topics,
            "base_url": base_url,
            "model": model,
            "max_usd": max_usd,
            "usd_per_million_input": usd_per_million_input,
            "usd_per_million_output": usd_per_million_output,
            "seed": seed,
        },
    )
    rows = "\n".join(f"| {reason} | {count} |" for reason, count in sorted(facts["rejected"].items()))
    create_markdown_artifact(
        f"**{facts['kept']}** of {facts['requests']} exercises kept in `{out}`\n\n| rejected | |\n|---|---|\n{rows}\n",
        key="synth-exercises",
    )
    return {"kept": facts["kept"], "requests": facts["requests"]}
