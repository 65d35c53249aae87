"""How much of each group goes into the shards, and which documents these are.

Documents are whole: a group's budget is met by taking its documents in keyed order, each one
that still fits. So a budget is never exceeded, and the realised counts say what was reached.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import AccountingError
from data.keyed import keyed_hash
from data.recipe import Mixture
from data.schema import FATE_FIELDS


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the mixture takes.

    Attributes:
        taken: shape (rows,); the documents that go into the shards, in the order of the rows planned.
        reached: shape (rows,); tokens of its group with this document, had it been taken in its turn.
        budgets: group → tokens it may hold; groups that the recipe does not list are absent.
        planned: group → {"share", "tokens"}.
        realised: group → {"documents", "tokens", "share", "available_tokens"}, and "short_of" (tokens
            planned but not there) where a group is too small; tokens of repeated documents as often as these
            go in, and then "rows" says how many documents that makes.
        copies: shape (rows,); how often each document goes in if it is taken; None: all of them once.
    """

    taken: npt.NDArray[np.bool_]
    reached: npt.NDArray[np.int64]
    budgets: dict[str, int]
    planned: dict[str, dict[str, Any]]
    realised: dict[str, dict[str, Any]]
    copies: npt.NDArray[np.int64] | None = None


def repeats(cluster_sizes: npt.NDArray[np.int64], by_size: Mapping[int, int]) -> npt.NDArray[np.int64]:
    """Returns how often each document goes into the shards, by the size of its cluster of duplicates.

    Source: FineWeb-2's rehydration, huggingface/fineweb-2, README.
    """
    sizes = np.array(sorted(by_size), dtype=np.int64)
    times = np.array([1, *(by_size[int(size)] for size in sizes)], dtype=np.int64)
    found: npt.NDArray[np.int64] = times[np.searchsorted(sizes, cluster_sizes, side="right")]
    return found


def keyed_order(seed: int, stage: str, ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Returns the positions of ids in keyed order, whatever order they come in; shape (len(ids),)."""
    hashes = pa.array(np.fromiter((keyed_hash(seed, stage, key) for key in ids), np.uint64, len(ids)))
    keys = pa.table({"hash": hashes, "id": pa.array(ids, pa.string())})
    order = pc.sort_indices(keys, sort_keys=[("hash", "ascending"), ("id", "ascending")])
    return np.asarray(order.to_numpy(zero_copy_only=False)).astype(np.int64)


def apportion(total: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Splits a whole number by shares that add up to one; the largest remainders get what is over."""
    exact = {name: total * share for name, share in shares.items()}
    parts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[: total - sum(parts.values())]:
        parts[name] += 1
    return parts


def take_in_turn(tokens: npt.NDArray[np.int64], budget: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Takes each item that still fits into the budget, in order.

    Returns:
        taken, shape (n,); and the sum that taking each item would have made in its turn, shape (n,).
    """
    taken = np.zeros(len(tokens), np.bool_)
    waiting, left = np.arange(len(tokens)), budget
    while len(waiting):  # each pass takes a whole run; what is left shrinks fast, so passes are few
        waiting = waiting[tokens[waiting] <= left]
        sums = np.cumsum(tokens[waiting])
        run = int(np.searchsorted(sums, left, side="right"))
        taken[waiting[:run]] = True
        left -= int(sums[run - 1]) if run else 0
        waiting = waiting[run:]
    before = np.cumsum(np.where(taken, tokens, 0)) - np.where(taken, tokens, 0)
    return taken, before + tokens


def plan(rows: pa.Table, settings: Mixture, seed: int) -> Plan:
    """Decides which of the live documents go into the shards.

    Without shares, each group's share is what it has. Without a token budget, the total is the
    largest at which every group that has anything can fill its share; groups that have nothing
    are left out and reported.

    Args:
        rows: `id`, `group` (kind or source) and `tokens` of every document that is still alive, and
            `cluster_size` if the settings repeat by it.
        settings: shares and budget.
        seed: the recipe's seed.
    """
    if rows["tokens"].null_count:
        raise AccountingError(f"mix: {rows['tokens'].null_count} documents that go on were never counted in tokens")
    tokens = np.asarray(rows["tokens"].to_numpy()).astype(np.int64)
    copies = None
    if settings.repeat:
        copies = repeats(np.asarray(rows["cluster_size"].to_numpy()).astype(np.int64), settings.repeat)
        tokens = tokens * copies  # a document goes in as often as it shall, or not at all
    names, codes = _codes(rows["group"])
    sums = np.bincount(codes, weights=tokens, minlength=len(names)) if names else np.zeros(0)
    available = {name: int(total) for name, total in zip(names, sums, strict=True)}
    shares = _shares(settings, available)
    budgets = _budgets(shares, available, settings.tokens)
    order = keyed_order(seed, "mix", rows["id"].to_pylist())
    taken = np.zeros(len(tokens), np.bool_)
    reached = np.zeros(len(tokens), np.int64)
    for code, name in enumerate(names):
        if name in budgets:
            members = order[codes[order] == code]
            taken[members], reached[members] = take_in_turn(tokens[members], budgets[name])
    planned = {name: {"share": float(shares[name]), "tokens": budgets[name]} for name in sorted(shares)}
    realised = _realised(names, codes, tokens, taken, available, budgets)
    if copies is not None:
        for code, name in enumerate(names):
            realised[name]["rows"] = int(copies[taken & (codes == code)].sum())
    return Plan(taken, reached, budgets, planned, realised, copies)


def fates(rows: pa.Table, made: Plan, start: int = 0) -> pa.Table:
    """Returns what the mixture decided on a run of the planned rows (FATE_FIELDS, and `copies` where it repeats).

    A document over its group's budget says how many tokens the group would have had with it
    (`measured`) and how many it may have (`threshold`).

    Args:
        rows: `id` and `group`: planned rows number `start` and following.
        made: the plan.
        start: where the run begins among the planned rows.
    """
    stop = start + rows.num_rows
    groups = rows["group"].to_pylist()
    taken = made.taken[start:stop].tolist()
    reasons = [
        "" if is_taken else "over_budget" if group in made.budgets else "not_in_mixture"
        for is_taken, group in zip(taken, groups, strict=True)
    ]
    is_over = np.array([reason == "over_budget" for reason in reasons], np.bool_)
    budgets = [float(made.budgets[group]) if over else 0.0 for group, over in zip(groups, is_over, strict=True)]
    table = pa.Table.from_arrays(
        [
            rows["id"].combine_chunks(),
            pa.array(["not_sampled" if reason else "" for reason in reasons], pa.string()),
            pa.array(reasons, pa.string()),
            pa.array(made.reached[start:stop].astype(np.float64), mask=~is_over),
            pa.array(np.array(budgets, np.float64), mask=~is_over),
        ],
        schema=pa.schema(FATE_FIELDS),
    )
    if made.copies is None:
        return table
    copies = pa.array(made.copies[start:stop], mask=~made.taken[start:stop])
    return table.append_column("copies", copies)


def exact_shares(shares: Mapping[str, float]) -> dict[str, Fraction]:
    """Returns shares as the decimal fractions that a person wrote, adding up to exactly one."""
    written = {name: Fraction(str(share)) for name, share in shares.items() if share > 0}
    total = sum(written.values(), Fraction(0))
    return {name: share / total for name, share in written.items()}


def _codes(groups: pa.ChunkedArray) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Returns the groups' names, sorted, and each row's group as its place among them."""
    names = sorted(pc.unique(groups).to_pylist())
    codes = pc.index_in(groups, value_set=pa.array(names, pa.string()))
    return names, np.asarray(codes.to_numpy()).astype(np.int64)


def _shares(settings: Mixture, available: Mapping[str, int]) -> dict[str, Fraction]:
    """Returns each wanted group's share."""
    if settings.shares:
        return exact_shares(settings.shares)
    total = sum(available.values())
    return {name: Fraction(tokens, total) if total else Fraction(0) for name, tokens in available.items()}


def _budgets(shares: Mapping[str, Fraction], available: Mapping[str, int], tokens: int | None) -> dict[str, int]:
    """Returns each wanted group's budget in tokens."""
    if tokens is not None:
        total = tokens if sum(shares.values()) == 1 else 0
        return apportion(total, shares)
    present = {name: share for name, share in shares.items() if available.get(name, 0) > 0}
    if not present:
        return dict.fromkeys(shares, 0)
    # The fraction stays exact, so the group that limits the total keeps its last document.
    total_share = sum(present.values(), Fraction(0))
    largest = min(Fraction(available[name]) / (share / total_share) for name, share in present.items())
    return {name: int(largest * share / total_share) if name in present else 0 for name, share in shares.items()}


def _realised(
    names: Sequence[str],
    codes: npt.NDArray[np.int64],
    tokens: npt.NDArray[np.int64],
    taken: npt.NDArray[np.bool_],
    available: Mapping[str, int],
    budgets: Mapping[str, int],
) -> dict[str, dict[str, Any]]:
    """Returns what each group, wanted or there, came to."""
    total = int(tokens[taken].sum())
    realised: dict[str, dict[str, Any]] = {}
    for name in sorted({*names, *budgets}):
        chosen = taken & (codes == names.index(name)) if name in names else np.zeros(len(tokens), np.bool_)
        count = int(tokens[chosen].sum())
        realised[name] = {
            "documents": int(chosen.sum()),
            "tokens": count,
            "share": count / total if total else 0.0,
            "available_tokens": available.get(name, 0),
        }
        if budgets.get(name, 0) > available.get(name, 0):
            realised[name]["short_of"] = budgets[name] - available.get(name, 0)
    return realised
