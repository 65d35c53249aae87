"""Bounds that only the whole pool can settle: percentiles, and shares of its tokens."""

from __future__ import annotations

import dataclasses
import functools
from typing import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.buffers import FloatArray
from filters.judging.conditions import Bound, Scope
from filters.judging.plan import Plan, pool_key


@dataclasses.dataclass(frozen=True)
class Needed:
    """A number that the pool decides: over a scope's documents that have the signal."""

    key: str
    signal: str
    bound: str
    scope: Scope


def needed_percentiles(plan: Plan) -> list[Needed]:
    """Returns what the plan's rules and conditions need of the pool, sorted by key."""
    needed: dict[str, Needed] = {}
    for rule in plan.rules:
        bounds: list[tuple[str, Bound]] = [(rule.signal, rule.bound)]
        if rule.unless is not None:
            bounds.append((rule.unless.signal, rule.unless.bound))
        for signal, bound in bounds:
            if isinstance(bound, str):
                key = pool_key(signal, bound, rule.scope)
                needed[key] = Needed(key, signal, bound, rule.scope)
    return [needed[key] for key in sorted(needed)]


def pool_bounds(
    plan: Plan, read: Callable[[list[str]], pa.Table], sorted_pools: SortedPools | None = None
) -> dict[str, float]:
    """Returns every number that the plan needs of the pool, by key (see `plan.pool_key`).

    Args:
        plan: the resolved filters.
        read: columns → table with kind, source, language and these columns, a row for each
            document of the pool; not called if nothing is needed.
        sorted_pools: filled here; who asks of the same documents again gives it again, and saves the sorting.
    """
    needed = needed_percentiles(plan)
    if not needed:
        return {}
    table = read(sorted({one.signal for one in needed} | {"bytes"}))
    pools = {} if sorted_pools is None else sorted_pools
    for one in needed:
        if (one.signal, one.scope) not in pools:
            pools[one.signal, one.scope] = _Pool.of(table, one.signal, one.scope)
    return {one.key: pools[one.signal, one.scope].settle(one.bound) for one in needed}


@dataclasses.dataclass
class _Pool:
    """A signal's values over a scope, and the bytes of the documents that have them."""

    values: FloatArray
    sizes: FloatArray

    @classmethod
    def of(cls, table: pa.Table, signal: str, scope: Scope) -> _Pool:
        mask = scope.mask(table)
        values = column_values(table, signal)[mask]
        there = ~np.isnan(values)
        return cls(values[there], np.nan_to_num(column_values(table, "bytes")[mask][there]))

    def settle(self, bound: str) -> float:
        if bound.startswith("p"):
            return _at_percentile(self._ascending, float(bound[1:]))
        return _at_share(*self._best_first, float(bound[1:]))

    @functools.cached_property
    def _ascending(self) -> FloatArray:
        return np.sort(self.values)

    @functools.cached_property
    def _best_first(self) -> tuple[FloatArray, FloatArray]:
        return _best_first(self.values, self.sizes)


#: Signal and scope → its documents' values, sorted once.
SortedPools = dict[tuple[str, Scope], _Pool]


def column_values(table: pa.Table, name: str) -> FloatArray:
    """Returns a numeric column with NaN for null; all NaN if the table has no such column."""
    if name not in table.schema.names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def percentile(values: npt.ArrayLike, q: float) -> float:
    """Returns the smallest value that at least q % of the values do not exceed.

    One of the values themselves, so that it does not depend on rounding; NaN for no values.
    """
    return _at_percentile(np.sort(np.asarray(values, dtype=np.float64)), q)


def best_share(values: npt.ArrayLike, weights: npt.ArrayLike, share: float) -> float:
    """Returns the highest bound that keeps at least a share of the weight; NaN for no values.

    Documents are taken best first until the share is reached; equals of the last one stay in.
    """
    return _at_share(*_best_first(np.asarray(values, np.float64), np.asarray(weights, np.float64)), share)


def _at_percentile(ascending: FloatArray, q: float) -> float:
    if not len(ascending):
        return float("nan")
    # 1e-9: 0.29 * 100 is 28.999…; a percentile is not meant that exactly.
    place = int(np.ceil(q / 100 * len(ascending) - 1e-9)) - 1
    return float(ascending[min(max(place, 0), len(ascending) - 1)])


def _best_first(scores: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the scores from the highest on, and the weight reached with each."""
    order = np.argsort(-scores, kind="stable")
    return scores[order], np.cumsum(sizes[order])


def _at_share(scores: FloatArray, reached: FloatArray, share: float) -> float:
    if not len(scores):
        return float("nan")
    place = int(np.searchsorted(reached, share * reached[-1] - 1e-9))
    return float(scores[min(place, len(scores) - 1)])
