"""From a recipe's filters to a plan: presets looked up, bounds overridden, names checked."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

from data.errors import UsageError, did_you_mean, together
from data.recipe import FilterEntry, RuleEntry, filter_name
from filters.judging.conditions import Bound, Condition, Scope, parse_bound
from filters.judging.plan import (
    LANGUAGE_SCORE,
    Compare,
    Plan,
    Probe,
    Rule,
    Segment,
    default_groups,
    sorted_groups,
)
from filters.judging.presets import Preset, PresetRule, load_preset
from filters.probes.protocol import BadSetting, owner
from filters.signals.catalogue import GROUP_OF, SIGNALS

__all__ = ["Plan", "Rule", "resolve_filters"]

#: Columns that stand beside the signals while documents are measured and judged.
_COLUMNS = frozenset({"id", "text", "text_bytes", "kind", "source", "language"})

#: What a filter of one's own is when it is written as one value: the key that stands for.
_SHORT = {"function": "function", "datatrove": "filter"}

Place = tuple[str | int, ...]
MakeError = Callable[[Place, str], Exception]


def resolve_filters(
    entries: Sequence[FilterEntry],
    known_signals: Iterable[str],
    error: MakeError,
    root: Path | None = Path(),
    *,
    needed_only: bool = False,
) -> Plan:
    """Returns the plan of a recipe's filters.

    Args:
        entries: the recipe's `filters`.
        known_signals: signals that are not measured on text: the input's own, and `quality`.
        error: makes the exception for a place such as ("filters", 2, "min_wrods") and a message.
        root: the folder from which relative paths in the filters' settings start; None: the settings
            are left as they are, for a plan that judges what has been measured.
        needed_only: measure nothing but what the rules look at; what-ifs then have less to go by.

    Raises:
        whatever `error` makes: an unknown preset, bound or signal, or a bound of the wrong type.
    """
    resolver = _Resolver(set(known_signals), error, root, needed_only)
    mistakes: list[Exception] = []
    for number, entry in enumerate(entries):
        try:
            resolver.add(("filters", number), entry)
        except UsageError as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise together(mistakes)
    return resolver.plan()


class _Resolver:
    """Builds a plan, filter by filter."""

    def __init__(self, given: set[str], error: MakeError, root: Path | None, needed_only: bool) -> None:
        self.given, self.error, self.root, self.needed_only = given, error, root, needed_only
        clash = sorted(given & (SIGNALS.keys() | {LANGUAGE_SCORE}))
        if clash:
            raise error(("sources",), f'the input\'s signal "{clash[0]}" has the name of a measured one; rename it')
        taken = sorted(given & _COLUMNS)
        if taken:
            raise error(("sources",), f'the input\'s signal "{taken[0]}" has the name of a column; rename it')
        self.rules: list[Rule] = []
        self.segments = [Segment()]
        self.groups = [self._groups_at_first("")]

    def plan(self) -> Plan:
        """Returns what has been built."""
        pairs = zip(self.segments, self.groups, strict=True)
        segments = tuple(dataclasses.replace(segment, groups=sorted_groups(groups)) for segment, groups in pairs)
        return Plan(tuple(self.rules), segments, tuple(sorted(self.given)))

    def _groups_at_first(self, name: str) -> dict[str, set[str]]:
        """Returns what a segment measures before a rule has asked for anything."""
        groups = default_groups(name)
        return {kind: set() for kind in groups} if self.needed_only else groups

    def add(self, place: Place, entry: FilterEntry) -> None:
        """Adds a recipe's filter."""
        try:
            preset = load_preset(entry.preset) if entry.preset else None
        except UsageError as failure:
            raise self.error((*place, "preset"), str(failure)) from failure
        known = preset.keys if preset else []
        owner = f"{preset.full_name} has no bound" if preset else "a filter without a preset has no key"
        unknown = [
            self.error((*place, key), f'{owner} "{key}".{did_you_mean(key, known)}{_listed(known)}')
            for key in entry.bounds
            if key not in known
        ]
        if unknown:
            raise together(unknown)
        where = {**(preset.where if preset else {}), **entry.where.model_dump(exclude_none=True)}
        scope = Scope.of(where)
        unless = self._condition((*place, "unless"), entry.unless)
        if not entry.name:
            entry = entry.model_copy(update={"name": filter_name(entry.model_dump())})
        if preset:
            self._add_preset(place, entry, preset, scope, unless)
        if entry.datatrove or entry.function:
            self._add_own_code(place, entry, scope, unless)
        for number, rule in enumerate(entry.rules):
            self._add_own((*place, "rules", number), entry.name, rule, scope, unless)

    def _add_preset(
        self, place: Place, entry: FilterEntry, preset: Preset, scope: Scope, unless: Condition | None
    ) -> None:
        bounds = {**{part.key: part.default for part in (*preset.settings, *preset.lists)}, **entry.bounds}
        probe: Probe | None = None
        if preset.probe:
            settings = {setting.key: bounds[setting.key] for setting in preset.settings}
            probe = Probe(entry.name, preset.probe, settings, tuple(preset.probe_signals), scope)
            probe = self._add_probe(place, probe, preset.modifies)
        for rule in preset.rules:
            own = probe is not None and rule.signal in probe.signals
            if not own and rule.signal not in {*self.given, *SIGNALS, LANGUAGE_SCORE}:
                raise self.error((*place, "preset"), self._unknown_signal(rule.signal))
            narrowed = scope.narrowed(rule.languages, rule.not_languages)
            # Before the bound: switching it off re-measures nothing.
            column = probe.column(rule.signal) if probe and own else self._column(rule.signal, scope)
            bound = self._bound(place, preset, rule, entry.bounds)
            if bound is None:
                continue
            resolved = Rule(
                address=f"{entry.name}.{rule.key}",
                filter=entry.name,
                signal=column,
                compare=rule.compare,
                bound=bound,
                reason=rule.reason,
                peer_reason=rule.peer_reason,
                scope=narrowed,
                unless=unless,
                explanation=rule.explanation,
                source=rule.source,
            )
            self.rules += self._by_language(place, resolved, rule.wanted, bounds) if rule.wanted else [resolved]

    def _add_own_code(self, place: Place, entry: FilterEntry, scope: Scope, unless: Condition | None) -> None:
        """Adds a datatrove filter, whose only rule is its own decision, or a function."""
        if entry.function:
            signals = tuple(entry.function.signals)
            probe = Probe(entry.name, "function", entry.function.model_dump(), signals, scope)
            self._add_probe((*place, "function"), probe)
        if entry.datatrove:
            settings = entry.datatrove.model_dump()
            probe = Probe(entry.name, "datatrove", settings, ("dropped",), scope, says_why=True)
            self._add_probe((*place, "datatrove"), probe, entry.datatrove.modifies)
            self.rules.append(
                Rule(
                    address=f"{entry.name}.dropped",
                    filter=entry.name,
                    signal=probe.column("dropped"),
                    compare="at_most",
                    bound=0.0,
                    reason=re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", entry.name).lower(),
                    said=probe.said,
                    scope=scope,
                    unless=unless,
                    explanation="The filter's own decision.",
                    source=entry.datatrove.filter,
                )
            )

    def _add_probe(self, place: Place, probe: Probe, modifies: bool = False) -> Probe:
        """Returns a filter's probe with its settings checked, and adds it; one that modifies begins a segment."""
        if self.root is not None:
            try:
                settings = owner(probe.kind).check(probe.settings, self.root)
            except BadSetting as failure:
                inner = place if _SHORT.get(str(place[-1])) == failure.key else (*place, failure.key)
                raise self.error(inner, str(failure)) from failure
            probe = dataclasses.replace(probe, files=settings.pop("files", {}), settings=settings)
        if modifies:
            self.segments.append(Segment(modifier=probe))
            self.groups.append(self._groups_at_first(probe.name))
        else:
            last = self.segments[-1]
            self.segments[-1] = dataclasses.replace(last, probes=(*last.probes, probe))
        return probe

    def _add_own(self, place: Place, name: str, entry: RuleEntry, scope: Scope, unless: Condition | None) -> None:
        compare: Compare = "at_most" if entry.at_least is None else "at_least"
        value = entry.at_most if entry.at_least is None else entry.at_least
        bound = self._parse((*place, compare), entry.signal, value)
        address = f"{name}.{'max' if compare == 'at_most' else 'min'}_{entry.signal}"
        taken = sum(rule.address == address or rule.address.startswith(f"{address}-") for rule in self.rules)
        self.rules.append(
            Rule(
                address=f"{address}-{taken + 1}" if taken else address,
                filter=name,
                signal=self._signal((*place, "signal"), entry.signal, scope),
                compare=compare,
                bound=bound,
                reason=entry.reason,
                scope=scope,
                unless=self._condition((*place, "unless"), entry.unless) or unless,
                explanation=SIGNALS.get(entry.signal, ""),
                source="the recipe",
            )
        )

    def _signal(self, place: Place, signal: str, scope: Scope) -> str:
        """Returns the column of a signal that a recipe names; a full name such as c4.words is one already."""
        if signal in self.given or signal == LANGUAGE_SCORE:
            return signal
        if signal in SIGNALS:
            return self._column(signal, scope)
        for number, segment in enumerate(self.segments):
            if signal in segment.columns:
                return signal
            bare = signal.removeprefix(f"{segment.name}.")
            if segment.name and signal != bare and bare in SIGNALS:
                return self._column(bare, scope, number)
        raise self.error(place, self._unknown_signal(signal))

    def _column(self, signal: str, scope: Scope, number: int = -1) -> str:
        """Returns a signal's column in a segment, and sees to it that it will be measured."""
        if signal not in SIGNALS:
            return signal
        group = GROUP_OF[signal]
        # Where a scope names no kind, a signal is measured where it means something:
        # lines and repetition on prose, comments on code.
        kinds = scope.kind or [kind for kind, groups in default_groups("").items() if group in groups]
        for kind in kinds:
            self.groups[number][kind].add(group)
        return self.segments[number].column(signal)

    def _unknown_signal(self, signal: str) -> str:
        if signal == "quality":
            return "there is no signal `quality`: the recipe has no `quality` model"
        measured = [column for segment in self.segments for column in segment.columns]
        known = [*SIGNALS, LANGUAGE_SCORE, *self.given, *measured]
        return f'unknown signal "{signal}".{did_you_mean(signal, known)}'

    def _bound(self, place: Place, preset: Preset, rule: PresetRule, given: dict[str, Any]) -> Bound | None:
        """Returns a rule's bound, or None if it is off."""
        replaced = any(other.replaces == rule.key and given.get(other.key) is not None for other in preset.rules)
        value = given.get(rule.key, None if replaced else rule.bound)
        if value is None:
            return None
        bound = self._parse((*place, rule.key), rule.signal if not rule.token_share else "token_share", value)
        if rule.token_share:
            if isinstance(bound, str):
                raise self.error((*place, rule.key), f"expected a share between 0 and 1, not {bound!r}")
            return f"t{bound:g}"
        return bound

    def _parse(self, place: Place, signal: str, value: object) -> Bound:
        try:
            bound = parse_bound(value)
        except ValueError as failure:
            raise self.error(place, str(failure)) from failure
        if signal.endswith("_share") and isinstance(bound, float) and not 0 <= bound <= 1:
            raise self.error(place, f"expected a share between 0 and 1, not {value!r}")
        return bound

    def _condition(self, place: Place, text: str | None) -> Condition | None:
        if text is None:
            return None
        try:
            condition = Condition.parse(text)
        except ValueError as failure:
            raise self.error(place, str(failure)) from failure
        return dataclasses.replace(condition, signal=self._signal(place, condition.signal, Scope()))

    def _by_language(self, place: Place, rule: Rule, key: str, bounds: dict[str, Any]) -> list[Rule]:
        """Returns a rule for each wanted language that has a bound of its own, then the one for all others."""
        value = bounds[key]
        wanted = {value: None} if isinstance(value, str) else dict.fromkeys(value) if isinstance(value, list) else value
        if not isinstance(wanted, dict) or not wanted or not all(isinstance(name, str) for name in wanted):
            expected = "a language code such as en, a list of them, or bounds such as {en: 0.65, de: 0.5}"
            raise self.error((*place, key), f"expected {expected}, not {value!r}")
        wanted = {name.lower(): bound for name, bound in wanted.items()}
        own = {name: bound for name, bound in wanted.items() if bound is not None}
        rules = [
            dataclasses.replace(
                rule,
                address=f"{rule.filter}.{key}.{name}",
                bound=self._parse((*place, key, name), rule.signal, bound),
                scope=rule.scope.narrowed([name], None),
            )
            for name, bound in own.items()
        ]
        rest = rule.scope.narrowed(None, list(own)) if own else rule.scope
        return [*rules, dataclasses.replace(rule, scope=rest, wanted=tuple(wanted))]


def _listed(known: Sequence[str]) -> str:
    return f" It has: {', '.join(known)}." if known else ""
