"""The pause before money is spent: what a run will cost is said, and a person says yes or no."""

from __future__ import annotations

from pathlib import Path

from data.errors import PhimillError
from data.recipe import Synthesise
from flows.teaching.plans import plan_of
from synth.forecast import Estimate, estimate
from synth.prompts import Prompts

#: How long a flow waits for a person before it gives up; nothing was spent then.
WAIT_SECONDS = 7 * 24 * 3600
_SAMPLE = 8


def needs_approval(settings: Synthesise) -> bool:
    """Whether a person must say yes first: the recipe asks for it, and the teacher is no free one."""
    teacher = settings.teacher
    return settings.approve and teacher.base_url != "builtin" and not teacher.base_url.startswith("recorded:")


def estimate_of(settings: Synthesise, seed: int) -> Estimate:
    """Returns what a run can cost, judged by its first requests."""
    prompts = Prompts(Path(settings.prompts) if settings.prompts else None)
    return estimate(settings, prompts, plan_of(settings, seed).plan(_SAMPLE))


def wait_for_yes(settings: Synthesise, seed: int) -> None:
    """Pauses the Prefect flow run until a person approves in its pages.

    Raises:
        PhimillError: the person said no, or nobody answered; nothing was spent.
    """
    from prefect import pause_flow_run
    from prefect.input import RunInput

    class Approval(RunInput):
        """Whether to spend the money."""

        approved: bool = False

    words = question(settings, seed)
    asking = Approval.with_initial_data(description=f"## Spend money?\n\n{words}\n", approved=False)
    try:
        answer = pause_flow_run(wait_for_input=asking, timeout=WAIT_SECONDS)
    except TimeoutError as error:
        raise PhimillError("nobody approved the spending in time; nothing was spent") from error
    if not answer.approved:
        raise PhimillError("the spending was not approved; nothing was spent")


def question(settings: Synthesise, seed: int) -> str:
    """Returns what will be spent, in words."""
    teacher = settings.teacher
    return f"{teacher.model} at {teacher.base_url}: {estimate_of(settings, seed).in_words()}."
