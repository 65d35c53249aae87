"""Bounds and conditions as a recipe writes them, and which documents a rule looks at."""

from __future__ import annotations

import dataclasses
import math
import operator
import re
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.classifiers.language_codes import are_in, common

BoolArray = npt.NDArray[np.bool_]

#: A bound: a number; `p95`, a percentile of the pool; `t0.4`, the best share of the pool's tokens.
Bound = float | str

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
_CONDITION = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(>=|<=|>|<)\s*(\S+)\s*")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def parse_bound(value: object) -> Bound:
    """Returns a number as float, a percentile as it is.

    Raises:
        ValueError: neither a finite number nor p0 … p100.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if isinstance(value, str):
        if _PERCENTILE.fullmatch(value):
            return value
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise ValueError(f"expected a number, or a percentile of the pool such as p95, not {value!r}")


@dataclasses.dataclass(frozen=True)
class Condition:
    """What excuses a document from a rule: `quality >= p95`."""

    signal: str
    sign: str
    bound: Bound

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Returns the condition that a recipe states.

        Raises:
            ValueError: not of the form `signal sign bound`.
        """
        match = _CONDITION.fullmatch(text)
        if not match:
            raise ValueError(f"expected a signal, one of >= <= > <, and a number or percentile, not {text!r}")
        return cls(match[1], match[2], parse_bound(match[3]))

    def holds(self, values: npt.NDArray[np.float64], bound: float) -> BoolArray:
        """Returns for each value whether the condition holds; never for NaN."""
        with np.errstate(invalid="ignore"):
            held: BoolArray = _COMPARE[self.sign](values, bound)
        return held


@dataclasses.dataclass(frozen=True)
class Scope:
    """Which documents a rule or modifier looks at; None is no condition, all must hold.

    Attributes:
        kind: kinds of document.
        source: names of sources.
        language: natural or programming languages, in lower case; `en` is `eng_Latn` too.
        not_language: languages that it does not look at, in lower case.
    """

    kind: tuple[str, ...] | None = None
    source: tuple[str, ...] | None = None
    language: tuple[str, ...] | None = None
    not_language: tuple[str, ...] | None = None

    @classmethod
    def of(cls, conditions: Mapping[str, Sequence[str] | None]) -> Scope:
        """Returns a scope from lists, as YAML and JSON have them."""
        values = {key: None if value is None else tuple(value) for key, value in conditions.items()}
        for key in ("language", "not_language"):
            names = values.get(key)
            if names is not None:
                values[key] = tuple(name.lower() for name in names)
        return cls(**values)

    def narrowed(self, language: Sequence[str] | None, not_language: Sequence[str] | None) -> Scope:
        """Returns the part of this scope that is in some languages and not in others."""
        inner = Scope.of({"language": language, "not_language": not_language})
        both = inner.language if self.language is None else self.language
        if inner.language is not None and self.language is not None:
            both = common(self.language, inner.language)
        return dataclasses.replace(self, language=both, not_language=inner.not_language)

    @property
    def key(self) -> str:
        """Its conditions in one short text; empty for none."""
        stated = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return ";".join(f"{name}={','.join(value)}" for name, value in stated.items())

    def mask(self, table: pa.Table) -> BoolArray:
        """Returns for each row of (kind, source, language) whether it is looked at; shape (rows,)."""
        mask = np.ones(table.num_rows, dtype=np.bool_)
        if self.kind is not None:
            mask &= _is_in(table["kind"], self.kind)
        if self.source is not None:
            mask &= _is_in(table["source"], self.source)
        if self.language is not None:
            mask &= _as_mask(are_in(table["language"], self.language))
        if self.not_language is not None:
            mask &= ~_as_mask(are_in(table["language"], self.not_language))
        return mask


#: The scope without conditions.
EVERYTHING = Scope()


def _is_in(column: pa.ChunkedArray, names: Sequence[str]) -> BoolArray:
    return _as_mask(pc.is_in(column, value_set=pa.array(list(names), column.type)))


def _as_mask(column: pa.Array | pa.ChunkedArray) -> BoolArray:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.bool_)
