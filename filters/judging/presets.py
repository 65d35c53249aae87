"""The shelf of presets: named, versioned lists of rules, kept as YAML in `preset_files/`.

A preset's full name is `name@variant`. The bare name means the variant `paper`, the one that says
`bare: true`, or the only one. Variants exist because implementations of one description decide differently.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any, Mapping, cast

import yaml

from data.errors import UsageError, did_you_mean
from filters.judging.conditions import Bound
from filters.judging.plan import Compare

FOLDER = Path(__file__).parents[1] / "preset_files"
#: libyaml's, where PyYAML has it: the shelf takes Python's reader a seventh of a second.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_COMPARISONS: tuple[Compare, ...] = ("at_least", "at_most", "above", "below")
_SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclasses.dataclass(frozen=True)
class PresetRule:
    """One rule of a preset.

    Attributes:
        key: the bound's name in a recipe, carrying direction and unit.
        signal: what is measured.
        compare: how a good document's value stands to the bound.
        bound: the default; None is off.
        reason: the fault's name.
        explanation: one sentence for people.
        source: paper or project, and the place in it.
        peer_reason: the peer's name for the fault.
        languages: only these; None is all.
        not_languages: not these.
        wanted: key of the list that says which languages' scores count.
        token_share: the bound is the share of the pool's tokens to keep, best first.
        replaces: key of a bound that is off when this one is set and that one is not.
    """

    key: str
    signal: str
    compare: Compare
    bound: Bound | None
    reason: str
    explanation: str
    source: str
    peer_reason: str | None = None
    languages: tuple[str, ...] | None = None
    not_languages: tuple[str, ...] | None = None
    wanted: str | None = None
    token_share: bool = False
    replaces: str | None = None


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting of a probe, or a list that a rule needs: key, default, explanation, source."""

    key: str
    default: Any
    explanation: str
    source: str


@dataclasses.dataclass(frozen=True)
class Preset:
    """A named list of rules.

    Attributes:
        where: kinds of document that it looks at unless the recipe says otherwise.
        rules: in the order in which the first failing one gives the reason.
        lists: lists that rules need.
        probe: the kind of probe that it brings along (see `filters/probes/protocol.py`); None for none.
        settings: the probe's settings.
        probe_signals: what the probe measures, and what each signal says.
        modifies: whether the probe changes the text.
        bare: whether the name without a variant means this one.
    """

    name: str
    variant: str
    version: int
    description: str
    source: str
    where: Mapping[str, list[str]]
    rules: tuple[PresetRule, ...]
    lists: tuple[Setting, ...]
    probe: str | None
    settings: tuple[Setting, ...]
    probe_signals: Mapping[str, str]
    modifies: bool
    bare: bool

    @property
    def full_name(self) -> str:
        """`name@variant`."""
        return f"{self.name}@{self.variant}"

    @property
    def keys(self) -> list[str]:
        """Everything that a recipe can set."""
        return [setting.key for setting in (*self.lists, *self.settings)] + [rule.key for rule in self.rules]


@functools.cache
def list_presets() -> tuple[Preset, ...]:
    """Returns every preset on the shelf, sorted by name, the one that the bare name means first."""
    presets = [_read(yaml.load(path.read_text(encoding="utf-8"), _LOADER)) for path in FOLDER.glob("*.yaml")]
    return tuple(sorted(presets, key=lambda preset: (preset.name, not preset.bare, preset.variant)))


def load_preset(name: str) -> Preset:
    """Returns the preset of a name with or without its variant.

    Raises:
        UsageError: no such preset; the message names the nearest.
    """
    bare = "@" not in name
    for preset in list_presets():
        if name == (preset.name if bare else preset.full_name):
            return preset
    known = [preset.name for preset in list_presets()] + [preset.full_name for preset in list_presets()]
    raise UsageError(f'unknown preset "{name}".{did_you_mean(name, known)} `phimill presets` lists them.')


def _read(values: dict[str, Any]) -> Preset:
    return Preset(
        name=values["name"],
        variant=values["variant"],
        version=values["version"],
        description=" ".join(values["description"].split()),
        source=values["source"],
        where=values.get("where", {}),
        rules=tuple(_read_rule(rule, values["source"]) for rule in values.get("rules", [])),
        lists=tuple(_read_setting(entry, values["source"]) for entry in values.get("lists", [])),
        probe=values.get("probe"),
        settings=tuple(_read_setting(entry, values["source"]) for entry in values.get("settings", [])),
        probe_signals=values.get("signals", {}),
        modifies=values.get("modifies", False),
        bare=values.get("bare", values["variant"] == "paper"),
    )


def _read_rule(values: dict[str, Any], source: str) -> PresetRule:
    compare = next(name for name in _COMPARISONS if name in values)
    rest = {key: value for key, value in values.items() if key != compare}
    for key in ("languages", "not_languages"):
        if key in rest:
            rest[key] = tuple(rest[key])
    rest["explanation"] = " ".join(rest["explanation"].split())
    bound = values[compare]
    number = float(bound) if isinstance(bound, int) else cast("Bound | None", bound)
    return PresetRule(compare=compare, bound=number, **{"source": source, **rest})


def _read_setting(values: dict[str, Any], source: str) -> Setting:
    explanation = " ".join(values["explanation"].split())
    return Setting(values["key"], values["default"], explanation, values.get("source", source))


def overview() -> str:
    """Returns a line for each preset: its full name, how many rules it has, what it is."""
    width = max(len(preset.full_name) for preset in list_presets())
    lines = []
    for preset in list_presets():
        what = f"{len(preset.rules)} rules" + (", changes the text" if preset.modifies else "")
        lines.append(f"{preset.full_name:<{width}}  {what}. {preset.description.split('. ')[0].rstrip('.')}.")
    return "\n".join(lines)


def describe(name: str) -> str:
    """Returns a preset for people: every rule with signal, bound, reason, explanation and source.

    Raises:
        UsageError: no such preset.
    """
    preset = load_preset(name)
    looks = " and ".join(f"{key} {', '.join(value)}" for key, value in preset.where.items()) or "every document"
    parts = [f"{preset.full_name}, version {preset.version}", preset.description, f"Source: {preset.source}"]
    parts.append(f"Looks at: {looks} (unless the recipe's `where` says otherwise)")
    parts += [_describe_setting(entry, preset.source) for entry in preset.lists]
    if preset.settings:
        parts.append("First it changes the text:" if preset.modifies else "It measures with these settings:")
        parts += [_describe_setting(setting, preset.source) for setting in preset.settings]
    if preset.probe_signals:
        parts.append("It measures:")
        parts += [f"  {name}\n      {text}" for name, text in preset.probe_signals.items()]
    if preset.rules:
        parts.append("A document is kept if:")
        parts += [_describe_rule(rule, preset.source) for rule in preset.rules]
    return "\n\n".join(parts)


def _describe_setting(setting: Setting, source: str) -> str:
    default = json.dumps(setting.default)
    return f"  {setting.key}: {default}\n      {setting.explanation}" + _other_source(setting.source, source)


def _other_source(own: str, source: str) -> str:
    return "" if own == source else f"\n      Source: {own}"


def _describe_rule(rule: PresetRule, source: str) -> str:
    bound = "off" if rule.bound is None else f"{rule.bound:g}" if isinstance(rule.bound, float) else rule.bound
    only = f" (only {', '.join(rule.languages)})" if rule.languages else ""
    only += f" (not {', '.join(rule.not_languages)})" if rule.not_languages else ""
    peer = f", there called {rule.peer_reason}" if rule.peer_reason else ""
    return (
        f"  {rule.key}: {bound}    {rule.signal} {_SIGNS[rule.compare]} {bound}{only}, else {rule.reason}{peer}\n"
        f"      {rule.explanation}{_other_source(rule.source, source)}"
    )
