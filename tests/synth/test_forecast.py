from __future__ import annotations

import pytest

from data.recipe import Synthesise
from synth.forecast import estimate, wilson
from synth.plans import PlainPlan
from synth.prompts import PROMPTS


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 20, 0.0, 0.1611),
        (20, 20, 0.8389, 1.0),
        (18, 20, 0.6990, 0.9721),
        (50, 100, 0.4038, 0.5962),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_bounds_of_a_yield_are_wilson_s(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_an_estimate_lies_between_what_is_likely_and_what_is_possible() -> None:
    prices = {"usd_per_million_input": 1.0, "usd_per_million_output": 10.0}
    teacher = {"base_url": "https://h/v1", "model": "m", "max_output_tokens": 1000, "max_usd": 2.0, **prices}
    settings = Synthesise.model_validate({"exercises": 1000, "teacher": teacher})
    specs = PlainPlan(1).plan(4)
    found = estimate(settings, PROMPTS, specs)
    size = sum(len(message["content"].encode()) for spec in specs for message in PROMPTS.messages(spec)) / 4
    assert found.worst_usd == pytest.approx(1000 * ((size + 200) * 1e-6 + 1000 * 1e-5), rel=1e-3)
    assert found.likely_usd == pytest.approx(1000 * (size / 4 * 1e-6 + 500 * 1e-5), rel=1e-3)
    assert "never more than 2.00 USD" in found.in_words()
    unpriced = settings.model_copy(
        update={"teacher": settings.teacher.model_copy(update={"usd_per_million_input": None, "max_usd": None})}
    )
    assert estimate(unpriced, PROMPTS, specs).in_words() == "1,000 requests, price unknown"
