"""Chooses the documents that are shown: by keyed hash and by nearness to the bound, never by order."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.keyed import keyed_unit

#: Rows kept before the chosen ones are chosen again among themselves.
_PENDING_ROWS = 4_000

#: Documents of each reason that are chosen by hash; reasons that are shown as pairs get more.
RANDOM = 3
RANDOM_PAIRS = 6
NEAREST = 1


@dataclasses.dataclass
class Sampler:
    """Chooses a few rows of every group from a stream of batches, the same for any batch size.

    A group is (status, stage, reason), for kept documents (kept, source). Within a group the rows
    with the smallest keyed hashes of their ids are chosen, and the rows nearest to their bound.
    """

    seed: int
    _chosen: list[pa.Table] = dataclasses.field(default_factory=list)
    _rows: int = 0

    def add(self, batch: pa.Table) -> None:
        """Looks at a batch with the ledger's fate columns."""
        group = group_of(batch)
        chance = keyed_unit(self.seed, "report", batch["id"].to_pylist())
        table = batch.append_column("group", group).append_column("chance", pa.array(chance))
        table = table.append_column("distance", pa.array(_distances(batch)))
        self._chosen.append(_choose(table))
        self._rows += self._chosen[-1].num_rows
        if self._rows > _PENDING_ROWS:
            self._shrink()

    def result(self) -> pa.Table | None:
        """Returns the chosen rows, sorted by group and hash; `nearest` marks those at the bound."""
        if not self._chosen:
            return None
        self._shrink()
        table = self._chosen[0]
        ranks = _ranks(table, "chance")
        nearest = pa.array(ranks >= _quota(table))
        return table.append_column("nearest", nearest).sort_by([("group", "ascending"), ("chance", "ascending")])

    def _shrink(self) -> None:
        self._chosen = [_choose(pa.concat_tables(self._chosen))]
        self._rows = self._chosen[0].num_rows


def group_of(batch: pa.Table) -> pa.ChunkedArray:
    """Returns each row's group as a string: `kept\\tSOURCE` or `STATUS\\tSTAGE\\tREASON`."""
    fate = pc.binary_join_element_wise(batch["status"], batch["stage"], batch["reason"], "\t")
    kept = pc.binary_join_element_wise(batch["status"], batch["source"], "\t")
    return pc.if_else(pc.equal(batch["status"], "kept"), kept, fate)


def _distances(batch: pa.Table) -> npt.NDArray[np.float64]:
    """Returns how far each row's measured value is from its threshold; infinite where there is none."""
    gap = pc.abs(pc.subtract(batch["measured"].cast(pa.float64()), batch["threshold"].cast(pa.float64())))
    distances = np.asarray(gap.to_numpy(), dtype=np.float64).copy()
    distances[~np.isfinite(distances)] = np.inf
    return distances


def _choose(table: pa.Table) -> pa.Table:
    random = _ranks(table, "chance") < _quota(table)
    distance = np.asarray(table["distance"].to_numpy())
    nearest = (_ranks(table, "distance") < NEAREST) & np.isfinite(distance)
    return table.take(pa.array(np.flatnonzero(random | nearest)))


def _quota(table: pa.Table) -> npt.NDArray[np.int64]:
    paired = pc.is_in(table["reason"], pa.array(["near_duplicate", "exact_duplicate", "contaminated"]))
    return np.where(np.asarray(paired.to_numpy()), RANDOM_PAIRS, RANDOM)


def _ranks(table: pa.Table, key: str) -> npt.NDArray[np.int64]:
    """Returns each row's place (from 0) in its group by a key; ties are broken by the hash."""
    codes = np.asarray(table["group"].combine_chunks().dictionary_encode().indices.to_numpy())
    order = np.lexsort((np.asarray(table["chance"].to_numpy()), np.asarray(table[key].to_numpy()), codes))
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = within
    return ranks
