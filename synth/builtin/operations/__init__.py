"""The grammar's operations, one module for each family."""

from __future__ import annotations

from synth.builtin.grammar import OPERATIONS
from synth.builtin.operations import (
    collections,
    dates,
    errors,
    generators,
    machines,
    nested,
    numbers,
    records,
    reductions,
    sequences,
    strings,
)

__all__ = [
    "OPERATIONS",
    "collections",
    "dates",
    "errors",
    "generators",
    "machines",
    "nested",
    "numbers",
    "records",
    "reductions",
    "sequences",
    "strings",
]
