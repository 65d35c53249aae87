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
from filters.conditions import BoolArray
from filters.judging import fails, pool_bounds, rule_values
from filters.plan import Plan, Rule
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
        rules: the rules that can be asked for.
    """

    table: pa.Table
    rows: IntArray
    plan: Plan
    rules: tuple[Rule, ...]
    _flags: dict[Rule, BoolArray] = dataclasses.field(default_factory=dict)

    @cached_property
    def failing(self) -> IntArray:
        """How many rules each document fails by the ledger."""
        return np.asarray(pc.list_value_length(self._lists).to_numpy(zero_copy_only=False), dtype=np.int64)

    @cached_property
    def tokens(self) -> IntArray:
        """Each document's tokens, as the dataset's tokenizer counted them."""
        return np.asarray(pc.fill_null(self.table["tokens"], 0).to_numpy(), dtype=np.int64)

    def flags(self, rule: Rule) -> BoolArray:
        """Returns which documents fail a rule, by the stored signals."""
        if rule not in self._flags:
            values = rule_values(rule, self.table)
            self._flags[rule] = fails(rule, values, self.table, self._pool)
        return self._flags[rule]

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
        counted = pc.value_counts(self.table[column].filter(pa.array(some))).to_pylist()
        return {pair["values"]: pair["counts"] for pair in counted}

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

    @cached_property
    def _pool(self) -> dict[str, float]:
        """The numbers that the pool decides."""
        return pool_bounds(dataclasses.replace(self.plan, rules=self.rules), lambda columns: self.table)


def read_evidence(published: Published, plan: Plan, rules: Sequence[Rule]) -> Evidence:
    """Returns what the ledger holds on the documents that were judged.

    Args:
        published: the dataset.
        plan: the plan that judged them.
        rules: all that will be looked at; their signals are read.

    Raises:
        PhimillError: a signal is not in the ledger.
    """
    signals = _signals(rules)
    columns = {name: name for name in _ALWAYS} | {signal_column(name): name for name in signals}
    there = [name for name in columns if name in published.schema.names]
    missing = sorted(set(columns) - set(there) - {"signal.bytes"})
    if missing:
        raise PhimillError(f"the ledger has no column {missing[0]}; run the recipe again, then ask")
    tables = [_read(path, there) for path in published.ledger_files]
    table = pa.concat_tables(tables).rename_columns([columns[name] for name in there])
    judged = pc.and_(
        pc.invert(pc.is_in(table["stage"], pa.array(["ingest", "extract"]))),
        pc.invert(pc.starts_with(table["source"], TAUGHT)),
    )
    rows = np.flatnonzero(np.asarray(judged.to_numpy()))
    return Evidence(table if len(rows) == table.num_rows else table.filter(judged), rows, plan, tuple(rules))


def _signals(rules: Iterable[Rule]) -> list[str]:
    """Returns the signals that some rules look at, `bytes` if one wants a share of the pool's tokens."""
    names: set[str] = set()
    for rule in rules:
        pairs: list[tuple[str, Any]] = [(rule.signal, rule.bound)]
        pairs += [(rule.unless.signal, rule.unless.bound)] if rule.unless else []
        for signal, bound in pairs:
            names |= {signal, "bytes"} if isinstance(bound, str) and bound.startswith("t") else {signal}
    return sorted(names)


def _read(path: Any, columns: list[str]) -> pa.Table:
    with pq.ParquetFile(path, memory_map=True, pre_buffer=True) as file:
        return file.read(columns=columns)
