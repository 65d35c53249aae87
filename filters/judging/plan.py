"""A recipe's filters, resolved: what to measure, and every rule with its bound."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, Mapping

from data.schema import KINDS
from filters.judging.conditions import EVERYTHING, Bound, Condition, Scope
from filters.signals.catalogue import CODE_GROUPS, GROUPS, PROSE_GROUPS

Compare = Literal["at_least", "at_most", "above", "below"]

#: How columns end that hold no signal but the fault that a peer's filter named.
SAID = ".reason"

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
        said: the column of texts in which a peer's filter named each document's fault itself; it goes before `reason`.
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
    said: str | None = None
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
class Probe:
    """A filter's own way of measuring, which has settings: line rules, a list, a peer's filter, a function.

    Attributes:
        name: the filter's name in the recipe.
        kind: which probe; see `probes.owner`.
        settings: plain values that the measured numbers depend on, digests of files among them.
        signals: what it measures; a signal's column is `NAME.SIGNAL`.
        scope: which documents it looks at; others have null.
        says_why: whether it names each document's fault itself, in the text column `NAME.reason`.
        files: SHA-256 → where a file that the settings name stands; no part of what the numbers depend on.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    signals: tuple[str, ...] = ()
    scope: Scope = EVERYTHING
    says_why: bool = False
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def column(self, signal: str) -> str:
        """Returns the column that holds one of its signals."""
        return f"{self.name}.{signal}"

    @property
    def said(self) -> str | None:
        """The column of texts that holds the faults that it names, if it does."""
        return self.name + SAID if self.says_why else None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Probe:
        """Returns the probe that `dataclasses.asdict` made a dictionary of."""
        return cls(**{**values, "signals": tuple(values["signals"]), "scope": Scope.of(values["scope"])})


@dataclasses.dataclass(frozen=True)
class Segment:
    """A stretch of the filter list between two modifiers.

    Attributes:
        modifier: the probe that changes the text before anything is measured here; None in the first.
        probes: what filters measure here with settings of their own.
        groups: kind → groups of signals to be measured on the text as it is here.
    """

    modifier: Probe | None = None
    probes: tuple[Probe, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The modifier's name in the recipe, "" before the first."""
        return self.modifier.name if self.modifier else ""

    def column(self, signal: str) -> str:
        """Returns the column that holds a signal of a group measured here."""
        return f"{self.name}.{signal}" if self.name else signal

    @property
    def signals(self) -> list[str]:
        """The signals of groups measured here for any kind, in the order of `signals.GROUPS`."""
        used = {group for groups in self.groups.values() for group in groups}
        return [signal for group, names in GROUPS.items() if group in used for signal in names]

    @property
    def every_probe(self) -> tuple[Probe, ...]:
        """The modifier, if there is one, and the other probes."""
        return ((self.modifier,) if self.modifier else ()) + self.probes

    @property
    def columns(self) -> list[str]:
        """Every column that this segment gives, in order."""
        own = [probe.column(signal) for probe in self.every_probe for signal in probe.signals]
        return own + [self.column(signal) for signal in self.signals]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Segment:
        """Returns the segment that `dataclasses.asdict` made a dictionary of."""
        groups = {kind: tuple(names) for kind, names in values["groups"].items()}
        modifier = Probe.from_json(values["modifier"]) if values["modifier"] else None
        return cls(modifier, tuple(map(Probe.from_json, values["probes"])), groups)


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
        return [LANGUAGE_SCORE, *(column for segment in self.segments for column in segment.columns)]

    @property
    def signals(self) -> list[str]:
        """Every column that a rule could look at."""
        return [*self.measured, *self.given]

    @property
    def modifiers(self) -> list[str]:
        """The names of the filters that change the text."""
        return [segment.name for segment in self.segments if segment.modifier]

    def measure_settings(self, places: bool = True) -> dict[str, Any]:
        """Returns what measuring depends on: signals and modifiers, no bound of a rule.

        Args:
            places: whether probes' `files` are there too, which measuring needs and a fingerprint does not.
        """
        segments = self.segments if places else [_without_places(segment) for segment in self.segments]
        return {"segments": [dataclasses.asdict(segment) for segment in segments]}

    def to_json(self) -> dict[str, Any]:
        """Returns the plan as plain values, from which judging starts."""
        rules = [dataclasses.asdict(rule) for rule in self.rules]
        return {**self.measure_settings(places=False), "rules": rules, "given": list(self.given)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """Returns the plan that `to_json`, and JSON if one likes, made plain."""
        rules = tuple(Rule.from_json(rule) for rule in values["rules"])
        return cls(rules, segments_from_json(values), tuple(values["given"]))


def _without_places(segment: Segment) -> Segment:
    """Returns a segment whose probes do not say where their files stand."""
    modifier = segment.modifier and dataclasses.replace(segment.modifier, files={})
    probes = tuple(dataclasses.replace(probe, files={}) for probe in segment.probes)
    return dataclasses.replace(segment, modifier=modifier, probes=probes)


def segments_from_json(values: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Returns the segments of `Plan.measure_settings`."""
    return tuple(Segment.from_json(segment) for segment in values["segments"])


def sorted_groups(groups: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Returns groups by kind in the order of `signals.GROUPS`, so that equal plans are equal as JSON."""
    return {kind: tuple(group for group in GROUPS if group in names) for kind, names in sorted(groups.items())}
