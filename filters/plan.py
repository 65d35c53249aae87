"""A recipe's filters, resolved: what to measure, and every rule with its bound."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, Mapping

from data.schema import KINDS
from filters.conditions import EVERYTHING, Bound, Condition, Scope
from filters.signals import CODE_GROUPS, GROUPS, PROSE_GROUPS

Compare = Literal["at_least", "at_most", "above", "below"]

#: The signal that language detection gives.
LANGUAGE_SCORE = "language_score"


@dataclasses.dataclass(frozen=True)
class Rule:
    """One line of judgement.

    Attributes:
        address: `<filter>.<key>`, unique in the plan.
        filter: the filter's name in the recipe.
        signal: the column that it looks at.
        compare: how a good document's value stands to the bound; `above` and `below` are strict.
        bound: a number, or what the pool makes a number of (see `conditions.Bound`).
        reason: the fault's name.
        peer_reason: the peer's name for it, in presets that stand for a peer.
        scope: which documents it looks at.
        unless: what excuses a document.
        wanted: languages whose score counts; another language's counts as 0. Only for language_score.
        explanation: one sentence for people.
        source: where the bound comes from.
    """

    address: str
    filter: str
    signal: str
    compare: Compare
    bound: Bound
    reason: str
    peer_reason: str | None = None
    scope: Scope = EVERYTHING
    unless: Condition | None = None
    wanted: tuple[str, ...] = ()
    explanation: str = ""
    source: str = ""

    @property
    def at_least(self) -> Bound | None:
        """The bound, if it is a lower one."""
        return self.bound if self.compare in ("at_least", "above") else None

    @property
    def at_most(self) -> Bound | None:
        """The bound, if it is an upper one."""
        return self.bound if self.compare in ("at_most", "below") else None

    @property
    def where(self) -> dict[str, list[str]]:
        """The conditions of its scope that are stated."""
        return {key: list(value) for key, value in dataclasses.asdict(self.scope).items() if value is not None}

    def number(self, pool: Mapping[str, float]) -> float:
        """Returns the bound as a number, given what the pool makes of its percentiles (NaN if nothing)."""
        return bound_number(self.signal, self.bound, self.scope, pool)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Rule:
        """Returns the rule that `dataclasses.asdict` made a dictionary of."""
        unless = Condition(**values["unless"]) if values["unless"] else None
        changed = {"scope": Scope.of(values["scope"]), "unless": unless, "wanted": tuple(values["wanted"])}
        return cls(**{**values, **changed})


def pool_key(signal: str, bound: Bound, scope: Scope) -> str:
    """Returns the name of a number that the pool decides, such as `quality@p95`."""
    return f"{signal}@{bound}" + (f"[{scope.key}]" if scope.key else "")


def bound_number(signal: str, bound: Bound, scope: Scope, pool: Mapping[str, float]) -> float:
    """Returns a bound as a number."""
    return pool[pool_key(signal, bound, scope)] if isinstance(bound, str) else bound


@dataclasses.dataclass(frozen=True)
class Segment:
    """A stretch of the filter list between two modifiers.

    Attributes:
        name: the modifier's name in the recipe, "" before the first.
        lines: the modifier's settings (see `modifiers.clean_lines`); None before the first.
        scope: which documents the modifier changes.
        groups: kind → groups of signals to be measured on the text as it is here.
    """

    name: str = ""
    lines: Mapping[str, float] | None = None
    scope: Scope = EVERYTHING
    groups: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def column(self, signal: str) -> str:
        """Returns the column that holds a signal measured here."""
        return f"{self.name}.{signal}" if self.name else signal

    @property
    def signals(self) -> list[str]:
        """The signals measured here for any kind, in the order of `signals.GROUPS`."""
        used = {group for groups in self.groups.values() for group in groups}
        return [signal for group, names in GROUPS.items() if group in used for signal in names]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Segment:
        """Returns the segment that `dataclasses.asdict` made a dictionary of."""
        groups = {kind: tuple(names) for kind, names in values["groups"].items()}
        return cls(values["name"], values["lines"], Scope.of(values["scope"]), groups)


def default_groups(name: str) -> dict[str, set[str]]:
    """Returns the groups that a segment measures even if no rule asks for them: kind → groups."""
    if name:
        return {kind: {"counts", "words"} for kind in KINDS}
    return {kind: set(CODE_GROUPS if kind == "code" else PROSE_GROUPS) for kind in KINDS}


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that measuring and judging need to know of a recipe.

    Attributes:
        rules: in the order in which the first failing one gives the reason.
        segments: at least one.
        given: signals that are not measured on text here: the input's own, quality.
    """

    rules: tuple[Rule, ...]
    segments: tuple[Segment, ...]
    given: tuple[str, ...] = ()

    @property
    def measured(self) -> list[str]:
        """The columns of signals that `measure` gives, in order."""
        columns = [segment.column(signal) for segment in self.segments for signal in segment.signals]
        return [LANGUAGE_SCORE, *columns]

    @property
    def signals(self) -> list[str]:
        """Every column that a rule could look at."""
        return [*self.measured, *self.given]

    @property
    def modifiers(self) -> list[str]:
        """The names of the filters that change the text."""
        return [segment.name for segment in self.segments if segment.lines is not None]

    def measure_settings(self) -> dict[str, Any]:
        """Returns what measuring depends on: signals and modifiers, no bound of a rule."""
        return {"segments": [dataclasses.asdict(segment) for segment in self.segments]}

    def to_json(self) -> dict[str, Any]:
        """Returns the plan as plain values."""
        rules = [dataclasses.asdict(rule) for rule in self.rules]
        return {**self.measure_settings(), "rules": rules, "given": list(self.given)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """Returns the plan that `to_json`, and JSON if one likes, made plain."""
        rules = tuple(Rule.from_json(rule) for rule in values["rules"])
        return cls(rules, segments_from_json(values), tuple(values["given"]))


def segments_from_json(values: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Returns the segments of `Plan.measure_settings`."""
    return tuple(Segment.from_json(segment) for segment in values["segments"])


def sorted_groups(groups: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Returns groups by kind in the order of `signals.GROUPS`, so that equal plans are equal as JSON."""
    return {kind: tuple(group for group in GROUPS if group in names) for kind, names in sorted(groups.items())}
