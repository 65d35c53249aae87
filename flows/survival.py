"""What a recipe's filters do to some documents, without a run: how many survive, and which rule kills the others.

A run settles some bounds over its whole pool and trains its quality model on it. A handful of
documents is no pool, so rules that need one are left out here, and it is said which.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from data.parts import split_by_bytes
from data.recipe import Language, Recipe
from filters.judging.plan import Plan, Rule
from filters.judging.verdicts import judge_rows, measure

if TYPE_CHECKING:
    from filters.classifiers.quality import Scorer

#: Documents judged at a time; between two portions a waiting person is told how far it is.
PORTION = 2_000

#: The signal that the quality model gives.
QUALITY = "quality"


@dataclasses.dataclass(frozen=True)
class Judged:
    """Some documents' verdicts (see `filters.judging.verdicts.judge_rows`) and what was measured for them."""

    fates: pa.Table
    signals: pa.Table


@dataclasses.dataclass
class Survival:
    """Counts over any number of documents.

    Attributes:
        documents: all of them.
        kept: those that fail no rule.
        reasons: reason of the first failing rule → documents.
        first: address of the first failing rule → documents.
        failed: address of any failing rule → documents.
        only: address of a rule that is the only one to fail a document → documents.
        left_out: address of a rule that was not judged → why.
    """

    documents: int = 0
    kept: int = 0
    reasons: Counter[str] = dataclasses.field(default_factory=Counter)
    first: Counter[str] = dataclasses.field(default_factory=Counter)
    failed: Counter[str] = dataclasses.field(default_factory=Counter)
    only: Counter[str] = dataclasses.field(default_factory=Counter)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share that is kept; NaN for no documents."""
        return self.kept / self.documents if self.documents else float("nan")

    def add(self, fates: pa.Table) -> None:
        """Counts some verdicts."""
        self.documents += fates.num_rows
        rows = fates.select(["reason", "rule", "failed_rules"]).to_pylist()
        dropped = [row for row in rows if row["rule"] is not None]
        self.kept += len(rows) - len(dropped)
        self.reasons.update(row["reason"] for row in dropped)
        self.first.update(row["rule"] for row in dropped)
        self.failed.update(address for row in dropped for address in row["failed_rules"])
        self.only.update(row["rule"] for row in dropped if len(row["failed_rules"]) == 1)


def survival(
    plan: Plan, recipe: Recipe, documents: pa.Table | Iterable[pa.Table], root: Path = Path(), given: Iterable[str] = ()
) -> Survival:
    """Returns how many documents a recipe's filters keep, and which rules drop the others.

    Args:
        plan: the recipe's filters, from `preflight.resolve_plan`.
        recipe: says how language is found and quality scored.
        documents: tables as `Judge` takes them.
        root: the folder that the recipe's relative paths start from.
        given: signals that the documents carry as columns.
    """
    judge = Judge(plan, recipe, root, given)
    found = Survival(left_out=judge.left_out)
    for table in [documents] if isinstance(documents, pa.Table) else documents:
        for judged in judge.portions(table):
            found.add(judged.fates)
    return found


class Judge:
    """Judges documents as a run would, by the rules that need no pool.

    Args:
        plan, recipe, root, given: see `survival`.

    Attributes:
        plan: the rules that are judged.
        left_out: address of a rule that is not → why.
    """

    def __init__(self, plan: Plan, recipe: Recipe, root: Path = Path(), given: Iterable[str] = ()) -> None:
        self._language = _placed(recipe.language, root)
        self._quality = recipe.quality
        self._scorer = _load_model(recipe, root)
        there = {*given, *([QUALITY] if self._scorer else [])}
        reasons = {rule.address: _why_not(rule, plan, there) for rule in plan.rules}
        self.left_out = {address: why for address, why in reasons.items() if why}
        self.plan = dataclasses.replace(plan, rules=tuple(r for r in plan.rules if not reasons[r.address]))

    def portions(self, documents: pa.Table, done: Callable[[int], None] = lambda number: None) -> Iterator[Judged]:
        """Yields the verdicts of a table's documents, in order, a portion at a time.

        Args:
            documents: id, text, kind, source, language; url, metadata and given signals if there are any.
            done: is told the number of documents after each portion.
        """
        for start in range(0, documents.num_rows, PORTION):
            for portion in split_by_bytes(documents.slice(start, PORTION)):
                yield self.judge(portion)
                done(portion.num_rows)

    def judge(self, documents: pa.Table) -> Judged:
        """Returns the verdicts of some documents and their signals."""
        measured = measure(documents, self.plan.measure_settings(), self._language).drop_columns(["text"])
        seen = measured.append_column("kind", documents["kind"]).append_column("source", documents["source"])
        for name in self.plan.given:
            if name in documents.schema.names:
                seen = seen.append_column(name, documents[name].cast(pa.float64()))
        if self._scorer is not None:
            seen = seen.append_column(QUALITY, self._scores(documents))
        return Judged(judge_rows(seen, self.plan, {}), seen)

    def _scores(self, documents: pa.Table) -> pa.Array:
        assert self._scorer is not None
        assert self._quality is not None
        scores = self._scorer.score(documents["text"].to_pylist())
        looked_at = np.isin(np.asarray(documents["kind"].to_pylist()), self._quality.kinds)
        return pa.array(np.where(looked_at, scores, np.nan), pa.float64(), from_pandas=True)


def _why_not(rule: Rule, plan: Plan, there: set[str]) -> str:
    """Returns why a rule cannot be judged on a handful of documents, or an empty string."""
    excuse = rule.unless
    if isinstance(rule.bound, str):
        what = "a share of the pool's tokens" if rule.bound.startswith("t") else "a percentile of the pool"
        return f"its bound is {what}"
    if excuse is not None and isinstance(excuse.bound, str):
        return f"what excuses from it ({excuse.signal} {excuse.sign} {excuse.bound}) is a percentile of the pool"
    for signal in (rule.signal, *([excuse.signal] if excuse else [])):
        if signal in plan.given and signal not in there:
            return (
                "the quality model is trained in a run" if signal == QUALITY else f"no document here carries {signal}"
            )
    return ""


def _placed(language: Language | None, root: Path) -> Language | None:
    """Returns how language is found, a model file of the user's own by its full path."""
    if language is None or language.file is None:
        return language
    return language.model_copy(update={"model": str(root / language.file)})


def _load_model(recipe: Recipe, root: Path) -> Scorer | None:
    """Returns the quality model that the recipe loads; None if it trains one, or has none."""
    settings = recipe.quality
    if settings is None or settings.model is None:
        return None
    from filters.classifiers.quality import Scorer

    return Scorer(root / settings.model, settings.sha256 or "", settings.label)
