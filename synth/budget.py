"""What tokens cost, and how much may be spent: prices are looked up or given, never guessed."""

from __future__ import annotations

import dataclasses
import functools
import math
from pathlib import Path
from typing import Any

import yaml

from data.errors import UsageError, did_you_mean
from data.recipe import Teacher
from synth.journal import Caps

TABLE = Path(__file__).parent / "price_table.yaml"


@dataclasses.dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, and where that stands; `batch` is the share of it that a batch costs."""

    usd_per_million_input: float
    usd_per_million_output: float
    source: str
    batch: float = 1.0

    def nano_usd(self, prompt_tokens: int, completion_tokens: int, *, in_batch: bool = False) -> int:
        """Returns what tokens cost in thousand millionths of a dollar, rounded up."""
        dollars = prompt_tokens * self.usd_per_million_input + completion_tokens * self.usd_per_million_output
        return math.ceil(dollars * (self.batch if in_batch else 1.0) * 1000 - 1e-6)

    def in_words(self) -> str:
        """Returns the price as a person reads it."""
        return (
            f"{self.usd_per_million_input:g} USD per million tokens in, {self.usd_per_million_output:g} out "
            f"({self.source})"
        )


def price_of(settings: Teacher) -> Price | None:
    """Returns the price of a teacher's tokens, or None if nobody has said it.

    Raises:
        UsageError: the price file cannot be read, or money is capped and the price unknown.
    """
    given = (settings.usd_per_million_input, settings.usd_per_million_output)
    if settings.base_url == "builtin" or settings.base_url.startswith("recorded:"):
        return Price(0.0, 0.0, "costs nothing")
    if given[0] is not None and given[1] is not None:
        return Price(given[0], given[1], "as given")
    found = _looked_up(settings)
    if found is None and settings.max_usd is not None:
        raise UsageError(
            f"max_usd: the price of {settings.model!r} at {settings.base_url} is unknown, so money cannot be capped. "
            "Give --usd-per-million-input and --usd-per-million-output (0 for a model of your own), or --prices FILE, "
            "or cap --max-requests or --max-total-tokens instead."
        )
    return found


def caps_of(settings: Teacher) -> Caps:
    """Returns the hard limits in the journal's units."""
    nano_usd = None if settings.max_usd is None else math.floor(settings.max_usd * 1e9)
    return Caps(nano_usd, settings.max_requests, settings.max_total_tokens)


def _looked_up(settings: Teacher) -> Price | None:
    for path in [Path(settings.prices)] if settings.prices else [TABLE]:
        version, rows = _table(path)
        for row in rows:
            if row["endpoint"].rstrip("/") == settings.base_url.rstrip("/") and row["model"] == settings.model:
                named = f"phimill's table of {version}" if path == TABLE else f"{path}, {version}"
                return Price(float(row["input"]), float(row["output"]), named, float(row.get("batch", 1.0)))
        if settings.prices:
            known = [row["model"] for row in rows]
            raise UsageError(
                f"{path}: has no row with endpoint {settings.base_url} and model {settings.model}."
                f"{did_you_mean(settings.model, known)}"
            )
    return None


@functools.cache
def _table(path: Path) -> tuple[str, list[dict[str, Any]]]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows = loaded["prices"]
        for row in rows:
            unknown = set(row) - {"endpoint", "model", "input", "output", "batch"}
            if unknown:
                raise ValueError(f"unknown key {min(unknown)!r}")
            if not (float(row["input"]) >= 0 and float(row["output"]) >= 0 and 0 <= float(row.get("batch", 1)) <= 1):
                raise ValueError(f"a price below 0, or a batch share outside 0 to 1, for {row['model']!r}")
            str(row["endpoint"]), str(row["model"])
        return str(loaded["version"]), rows
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path}: is no price table ({error}); expected `version:` and `prices:`, a list of "
            "{endpoint: URL, model: NAME, input: USD, output: USD} for a million tokens"
        ) from error
