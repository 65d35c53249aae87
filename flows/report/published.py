"""Reads what a run published: its manifest, and its ledger as a stream of column batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DamageError
from data.ledger import COPIES, CUTS, LEDGER, signal_column
from data.manifest import read_manifest, snapshot_folder

#: How sources are called whose documents enter at the stage `synthesise`: a teacher's replies.
TAUGHT = "synth/"

#: How a benchmark's item was found in a document, in words; ledgers of older versions do not say it.
METHODS = {"ngram": "n-gram", "whole": "whole item", "behaviour": "behaviour", "": "not noted"}

#: Rows of a batch: 60 columns of them are 32 MB.
BATCH_ROWS = 65_536

#: Rows of a portion: a few columns of them stay in the processor's cache, and reading can end early.
PORTION_ROWS = 8_192


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of the manifest, with what the run counted for it.

    Attributes:
        signal: its column in the ledger.
        bound: a document passes if its signal is at least (or at most) this.
        stated: the bound as the recipe states it, where the pool makes a number of it (`p95`, `t0.85`).
        lower: whether the bound is a lower one.
        strict: whether a value at the bound itself fails (the manifest's `compare` is above or below).
        where: kinds, sources and languages that the rule looks at; empty: all.
    """

    address: str
    filter: str
    signal: str
    bound: float
    stated: str
    lower: bool
    strict: bool
    reason: str
    explanation: str
    source: str
    judged: int
    failed: int
    only: int
    tokens_failed: int
    where: dict[str, list[str]]

    @classmethod
    def of(cls, entry: dict[str, Any], where: dict[str, list[str]]) -> Rule:
        """Returns a manifest's entry as a rule."""
        side = entry.get("at_least") if entry.get("at_least") is not None else entry.get("at_most")
        bound = entry["bound"] if entry.get("bound") is not None else side
        bound = None if isinstance(bound, str) else bound
        return cls(
            address=entry["address"],
            filter=entry.get("filter") or entry["address"].split(".")[0],
            signal=signal_column(entry["signal"]),
            bound=float(bound) if bound is not None else float("nan"),
            stated=side if isinstance(side, str) else "",
            lower=entry.get("at_least") is not None,
            strict=entry.get("compare") in ("above", "below"),
            reason=entry.get("reason") or "",
            explanation=(entry.get("explanation") or "").strip(),
            source=(entry.get("source") or "").strip(),
            judged=int(entry.get("documents") or 0),
            failed=int(entry.get("failed") or 0),
            only=int(entry.get("only") or 0),
            tokens_failed=int(entry.get("tokens_failed") or 0),
            where=where,
        )

    def passes(self, measured: float) -> bool:
        """Whether a measured value keeps to the bound."""
        if self.strict and measured == self.bound:
            return False
        return measured >= self.bound if self.lower else measured <= self.bound

    @property
    def sign(self) -> str:
        """How a passing value stands to the bound."""
        return (">" if self.strict else "≥") if self.lower else ("<" if self.strict else "≤")

    @property
    def bound_is_right(self) -> bool:
        """Whether a value at the bound belongs to the side above it."""
        return self.lower != self.strict


class Published:
    """A run's out folder, as readers see it."""

    def __init__(self, folder: Path) -> None:
        """Reads the manifest.

        Raises:
            UsageError: nothing has been published there.
            DamageError: the manifest is not what was written.
        """
        self.folder = snapshot_folder(folder)
        self.manifest: dict[str, Any] = read_manifest(self.folder)

    @cached_property
    def rules(self) -> list[Rule]:
        """The manifest's rules in the order in which they were judged."""
        filters = {entry.get("name"): entry for entry in (self.manifest.get("recipe") or {}).get("filters") or []}
        rules = []
        for entry in self.manifest.get("rules") or []:
            where = entry.get("where") or (filters.get(entry.get("filter")) or {}).get("where") or {}
            rules.append(Rule.of(entry, {key: list(names) for key, names in where.items() if names}))
        return rules

    @property
    def seed(self) -> int:
        """The recipe's seed, which also keys what the report samples."""
        return int((self.manifest.get("recipe") or {}).get("seed") or 0)

    @cached_property
    def ledger_files(self) -> list[Path]:
        """The ledger's files in order."""
        files = sorted((self.folder / "ledger").glob("*.parquet"))
        if not files:
            raise DamageError(f"{self.folder}/ledger: holds no .parquet file; run again to publish anew")
        return files

    @cached_property
    def schema(self) -> pa.Schema:
        """The ledger's columns."""
        return pq.read_schema(self.ledger_files[0])

    @property
    def signals(self) -> list[str]:
        """The ledger's signal columns; none in a ledger of reasons only."""
        others = {*LEDGER.names, CUTS.name, COPIES.name}
        return [name for name in self.schema.names if name not in others]

    def rows(self) -> int:
        """Returns the number of the ledger's rows."""
        return sum(pq.read_metadata(path).num_rows for path in self.ledger_files)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yields the ledger's rows in order, at most BATCH_ROWS at a time; absent columns are left out."""
        have = [name for name in dict.fromkeys(columns) if name in self.schema.names]
        for path in self.ledger_files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BATCH_ROWS, columns=have):
                    yield pa.Table.from_batches([batch])

    def portions(self, columns: Sequence[str], repeated: Sequence[str] = ()) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yields a few columns of the ledger in order, PORTION_ROWS at most, with the number of the first row.

        Args:
            columns: what is read; absent columns are left out.
            repeated: which of them have few values; these come as dictionaries.
        """
        have, start = [name for name in columns if name in self.schema.names], 0
        for path in self.ledger_files:
            with pq.ParquetFile(path, read_dictionary=list(repeated)) as file:
                for batch in file.iter_batches(PORTION_ROWS, columns=have, use_threads=False):
                    yield start, batch
                    start += batch.num_rows
