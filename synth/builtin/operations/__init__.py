"""The grammar's operations, one module for each kind of value that they work on."""

from __future__ import annotations

from synth.builtin.grammar import OPERATIONS
from synth.builtin.operations import collections, nested, numbers, reductions, sequences, strings

__all__ = ["OPERATIONS", "collections", "nested", "numbers", "reductions", "sequences", "strings"]
