"""What is known: the ledger's columns that an answer needs, and every rule's verdict by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.errors import PhimillError
from data.ledger import signal_column
from filters.buffers import FloatArray
from filters.judging.conditions import BoolArray
from filters.judging.plan import Plan, Rule
from filters.judging.pool import SortedPools
from filters.judging.verdicts import fails, needed_percentiles, pool_bounds, rule_values
from flows.report.published import TAUGHT, Published

IntArray = npt.NDArray[np.int64]

#: Columns that every answer needs. The ledger's `bytes` is not among them: here it is the signal.
_ALWAYS = ("source", "kind", "language", "status", "stage", "reason", "tokens", "failed_rules")


@dataclasses.dataclass
class Evidence:
    """The documents that the filters judged, as columns.

    Attributes:
        table: their rows of the ledger; signals by their own names.
        rows: each one's row in the ledger, from 0.
        plan: the plan that judged them.
    """

    table: pa.Table
    rows: IntArray
    plan: Plan
    _source: Published
    _judged: pa.Array | None
    _flags: dict[Rule, BoolArray] = dataclasses.field(default_factory=dict)
    _pool: dict[str, float] = dataclasses.field(default_factory=dict)
    _codes: dict[str, tuple[IntArray, list[str]]] = dataclasses.field(default_factory=dict)
    _sorted: SortedPools = dataclasses.field(default_factory=dict)

    @cached_property
    def failing(self) -> IntArray:
        """How many rules each document fails by the ledger."""
        return np.asarray(pc.list_value_length(self._lists).to_numpy(zero_copy_only=False), dtype=np.int64)

    @cached_property
    def tokens(self) -> IntArray:
        """Each document's tokens, as the dataset's tokenizer counted them."""
        return np.asarray(pc.fill_null(self.table["tokens"], 0).to_numpy(), dtype=np.int64)

    def learn(self, rules: Sequence[Rule]) -> None:
        """Reads what some rules look at, as far as it is not there, and settles what the pool decides.

        Raises:
            PhimillError: a signal is not in the ledger.
        """
        wanted = [name for name in _signals(rules) if name not in self.table.schema.names]
        columns = {signal_column(name): name for name in wanted}
        there = [column for column in columns if column in self._source.schema.names]
        missing = sorted(set(columns) - set(there) - {"signal.bytes"})
        if missing:
            raise PhimillError(f"the ledger has no column {missing[0]}; run the recipe again, then ask")
        if there:
            read = _read(self._source, there, self._judged)
            for column in there:
                self.table = self.table.append_column(columns[column], read[column])
        plan = dataclasses.replace(self.plan, rules=tuple(rules))
        if {one.key for one in needed_percentiles(plan)} - self._pool.keys():
            self._pool |= pool_bounds(plan, lambda columns: self.table, self._sorted)

    def forget(self, most: int) -> None:
        """Drops the oldest verdicts but so many, so that a long session's memory stays bounded."""
        for rule in list(self._flags)[: max(len(self._flags) - most, 0)]:
            del self._flags[rule]

    def flags(self, rule: Rule) -> BoolArray:
        """Returns which documents fail a rule that was learned, by the stored signals."""
        if rule not in self._flags:
            values = rule_values(rule, self.table)
            self._flags[rule] = fails(rule, values, self.table, self._pool)
        return self._flags[rule]

    def values(self, rule: Rule) -> FloatArray:
        """Returns what a rule compares, of the documents that it looks at and that have a value."""
        values = rule_values(rule, self.table)
        return values[~np.isnan(values) & rule.scope.mask(self.table)]

    def number(self, rule: Rule) -> float:
        """Returns a rule's bound as a number, settled over the stored pool if it must be."""
        return rule.number(self._pool)

    def ledger_flags(self, address: str) -> BoolArray:
        """Returns which documents fail a rule, by the ledger."""
        flags = np.zeros(self.table.num_rows, dtype=np.bool_)
        codes, rows = self._verdicts
        flags[rows[codes == self._addresses.index(address)]] = True
        return flags

    def overlap(self, some: BoolArray) -> dict[str, int]:
        """Returns for each rule how many of some documents fail it by the ledger."""
        codes, rows = self._verdicts
        counts = np.bincount(codes[some[rows]], minlength=len(self._addresses))
        return {address: int(number) for address, number in zip(self._addresses, counts, strict=True)}

    def check(self, rules: Iterable[Rule]) -> None:
        """Makes sure that judging by the stored signals gives the ledger's verdicts.

        Raises:
            PhimillError: it does not, so no answer could be trusted.
        """
        for rule in rules:
            differ = int((self.flags(rule) != self.ledger_flags(rule.address)).sum())
            if differ:
                raise PhimillError(
                    f"rule {rule.address}: judged by the ledger's own signals, {differ:,} of {self.table.num_rows:,} "
                    "documents have another verdict than the ledger holds. It seems to have been made by another "
                    "version of phimill; run the recipe again, then ask"
                )

    def by(self, column: str, some: BoolArray) -> dict[str, int]:
        """Returns how often each value of a text column occurs among some documents."""
        codes, names = self._coded(column)
        counts = np.bincount(codes[some], minlength=len(names))
        return {name: int(number) for name, number in zip(names, counts, strict=True) if number}

    def _coded(self, column: str) -> tuple[IntArray, list[str]]:
        """Returns for each document the number of its value in a text column, and the values."""
        if column not in self._codes:
            coded = self.table[column].combine_chunks().dictionary_encode()
            codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
            self._codes[column] = codes, coded.dictionary.to_pylist()
        return self._codes[column]

    @cached_property
    def _lists(self) -> pa.ListArray:
        return self.table["failed_rules"].combine_chunks()

    @cached_property
    def _addresses(self) -> list[str]:
        return [rule.address for rule in self.plan.rules]

    @cached_property
    def _verdicts(self) -> tuple[IntArray, IntArray]:
        """For every failed rule of every document: the rule's number, and the document's row."""
        lists = self._lists
        codes = pc.index_in(lists.flatten(), pa.array(self._addresses, pa.string()))
        if codes.null_count:
            raise PhimillError("the ledger names rules that its recipe does not have; run the recipe again, then ask")
        rows = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
        return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64), rows


def read_evidence(published: Published, plan: Plan, rules: Sequence[Rule]) -> Evidence:
    """Returns what the ledger holds on the documents that were judged.

    Args:
        published: the dataset.
        plan: the plan that judged them.
        rules: all that will be looked at; their signals are read.

    Raises:
        PhimillError: a signal is not in the ledger.
    """
    table = _read(published, _ALWAYS)
    judged = pc.and_(
        pc.invert(pc.is_in(table["stage"], pa.array(["ingest", "extract"]))),
        pc.invert(pc.starts_with(table["source"], TAUGHT)),
    )
    rows = np.flatnonzero(np.asarray(judged.to_numpy()))
    some = len(rows) < table.num_rows
    evidence = Evidence(table.filter(judged) if some else table, rows, plan, published, judged if some else None)
    evidence.learn(rules)
    return evidence


def _signals(rules: Iterable[Rule]) -> list[str]:
    """Returns the signals that some rules look at, `bytes` if one wants a share of the pool's tokens."""
    names: set[str] = set()
    for rule in rules:
        pairs: list[tuple[str, Any]] = [(rule.signal, rule.bound)]
        pairs += [(rule.unless.signal, rule.unless.bound)] if rule.unless else []
        for signal, bound in pairs:
            names |= {signal, "bytes"} if isinstance(bound, str) and bound.startswith("t") else {signal}
    return sorted(names)


def _read(published: Published, columns: Sequence[str], judged: pa.Array | None = None) -> pa.Table:
    """Returns some columns of the ledger, or of those rows of it that are true in `judged`."""
    tables = []
    for path in published.ledger_files:
        with pq.ParquetFile(path, memory_map=True, pre_buffer=True) as file:
            tables.append(file.read(columns=list(columns)))
    table = pa.concat_tables(tables)
    return table if judged is None else table.filter(judged)
