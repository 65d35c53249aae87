"""What a wish will cost, before it is asked for and after a few were: bounds, and an interval for the yield."""

from __future__ import annotations

import dataclasses
import math
from typing import Sequence

from data.recipe import Synthesise
from synth.budget import price_of
from synth.prompts import Prompts
from synth.rows import Item
from synth.specs import ExerciseSpec
from synth.usage import OVERHEAD_TOKENS

_BYTES_PER_TOKEN = 4  # of English, for tokenizers in use; only for the likely figure, never for a cap


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a wish can cost.

    Attributes:
        requests: calls, without repeats.
        worst_usd: if every prompt byte were a token and every reply as long as allowed; None: no price known.
        likely_usd: with four bytes to a token, and replies half as long as allowed.
        cap_usd: the hard stop; nothing is spent beyond it.
    """

    requests: int
    worst_usd: float | None
    likely_usd: float | None
    cap_usd: float | None

    def in_words(self) -> str:
        """Returns the estimate as a person reads it."""
        if self.worst_usd is None or self.likely_usd is None:
            return f"{self.requests:,} requests, price unknown"
        cap = "" if self.cap_usd is None else f", and never more than {self.cap_usd:,.2f} USD"
        return f"{self.requests:,} requests, about {self.likely_usd:,.2f} USD, {self.worst_usd:,.2f} at worst{cap}"


def estimate(settings: Synthesise, prompts: Prompts, specs: Sequence[ExerciseSpec]) -> Estimate:
    """Returns what a wish can cost, judged by some of its specifications."""
    number, teacher = settings.exercises, settings.teacher
    price = price_of(teacher)
    if price is None or not specs:
        return Estimate(number, None, None, teacher.max_usd)
    sizes = [sum(len(message["content"].encode()) for message in prompts.messages(spec)) for spec in specs]
    size, longest = sum(sizes) / len(sizes), teacher.max_output_tokens
    worst = price.nano_usd(math.ceil(size) + OVERHEAD_TOKENS, longest, in_batch=teacher.batch)
    likely = price.nano_usd(math.ceil(size / _BYTES_PER_TOKEN), longest // 2, in_batch=teacher.batch)
    return Estimate(number, worst * number / 1e9, likely * number / 1e9, teacher.max_usd)


@dataclasses.dataclass(frozen=True)
class Pilot:
    """What the first requests say about the rest.

    Attributes:
        asked, kept: of the pilot.
        low, high: between which the share of kept ones lies, with 95 % confidence.
        usd: what one request has cost on average; None where no price is known.
        tokens: prompt and reply tokens of one request on average.
        completion_tokens: reply tokens of one request on average.
    """

    asked: int
    kept: int
    low: float
    high: float
    usd: float | None
    tokens: float
    completion_tokens: float


def pilot_of(items: Sequence[Item], has_price: bool) -> Pilot:
    """Returns what some decided requests say about those that will follow."""
    kept = sum(not item.reason for item in items)
    low, high = wilson(kept, len(items))
    tokens = sum(sum(item.answer.usage or ()) for item in items) / max(1, len(items))
    replies = sum((item.answer.usage or (0, 0))[1] for item in items) / max(1, len(items))
    usd = sum(item.nano_usd for item in items) / 1e9 / max(1, len(items)) if has_price else None
    return Pilot(len(items), kept, low, high, usd, tokens, replies)


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Returns the bounds of a share with 95 % confidence; good for few trials, too (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - spread), min(1.0, middle + spread)
