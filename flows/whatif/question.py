"""What is asked: settings such as `filters.gopher-quality.min_words=30`, and the plans before and after them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NoReturn

from data.errors import PhimillError, RecipeError, UsageError, did_you_mean
from data.recipe import FilterEntry, Recipe
from data.recipe_file import RecipeFile, recipe_of
from flows.preflight import resolve_plan

if TYPE_CHECKING:
    from filters.judging.plan import Plan, Segment
    from flows.report.published import Published

#: What a manifest says of a rule that must be what this phimill makes of the same recipe.
_STATED = ("signal", "compare", "at_least", "at_most", "reason")

#: How YAML writes that there is nothing.
_NULL = ("", "~", "null", "Null", "NULL")


class Question:
    """A published dataset's recipe, which can be asked for its plan under other settings.

    Attributes:
        file: the recipe as it was run.
        plan: its filters, as the ledger was judged.

    Raises:
        UsageError: the ledger holds no signals.
        PhimillError: the dataset was judged by rules that this phimill does not have.
    """

    def __init__(self, published: Published, folder: Path) -> None:
        self._values: dict[str, Any] = published.manifest.get("recipe") or {}
        self._folder, self._path = folder, folder / "recipe.yaml"
        try:
            self.file: RecipeFile = recipe_of(self._values, (), self._path)
            self.plan: Plan = resolve_plan(self.file, measures=False)
        except RecipeError as failure:
            raise PhimillError(f"{failure}\n{self._another_version()}") from failure
        if self.file.recipe.ledger == "reasons":
            raise UsageError(
                f"{folder}: its ledger holds reasons only, no signals (recipe: `ledger: reasons`); "
                "run the recipe with --set ledger=full, then ask again"
            )
        self._check_rules(published.manifest.get("rules") or [])

    def ask(self, changes: Sequence[str]) -> Plan:
        """Returns the plan under some settings.

        Args:
            changes: `filters.NAME.KEY=VALUE`; NAME is the filter's name or number, KEY a bound, or for
                a recipe's own rule the end of its address; null switches a rule off. `root=` is taken
                too: where the recipe's lists stand.

        Raises:
            UsageError: no such filter or bound, or the answer needs what the ledger does not hold.
        """
        settings, off = [], []
        for change in changes:
            setting, address = self._translate(change)
            settings += [setting] if setting else []
            off += [address] if address else []
        plan = resolve_plan(recipe_of(self._values, settings, self._path), measures=False)
        plan = dataclasses.replace(plan, rules=tuple(rule for rule in plan.rules if rule.address not in off))
        self._check_stored(plan)
        return plan

    def recipe(self, changes: Sequence[str]) -> Recipe:
        """Returns the recipe under some settings, which `ask` takes; own rules that are switched off are left out."""
        self.ask(changes)
        translated = [self._translate(change) for change in changes]
        recipe = recipe_of(self._values, [setting for setting, _ in translated if setting], self._path).recipe
        off = {address for _, address in translated if address}
        filters = [self._without(entry, off) for entry in recipe.filters]
        return recipe.model_copy(update={"filters": [entry for entry in filters if entry is not None]})

    def _without(self, entry: FilterEntry, off: set[str]) -> FilterEntry | None:
        """Returns a filter without some of its own rules; None if nothing of it is left."""
        gone = {number for end, (number, _) in self._own_rules(entry).items() if f"{entry.name}.{end}" in off}
        if not gone:
            return entry
        rules = [rule for number, rule in enumerate(entry.rules) if number not in gone]
        has_more = bool(rules) or any((entry.preset, entry.function, entry.datatrove))
        return entry.model_copy(update={"rules": rules}) if has_more else None

    def setting(self, change: str) -> str:
        """Returns a change as `phimill run --set` takes it; "" for an own rule switched off: no setting does that."""
        return self._translate(change)[0] or ""

    def address(self, key: str) -> str:
        """Returns the address of the rule whose bound a key is, if it is one's."""
        name, _, inner = key.removeprefix("filters.").partition(".")
        entry = self._entry(name)
        by_place = {f"rules.{number}.{side}": end for end, (number, side) in self._own_rules(entry).items()}
        return f"{entry.name}.{by_place.get(inner, inner)}"

    def _translate(self, change: str) -> tuple[str | None, str | None]:
        """Returns a setting as a recipe takes it, and the address of an own rule that is to be off."""
        key, sign, raw = change.partition("=")
        steps = key.strip().split(".")
        if not sign:
            raise UsageError(f"--set {change}: expected filters.NAME.KEY=VALUE")
        if steps == ["root"]:
            return change, None
        steps = steps[1:] if steps[0] == "filters" else self._without_prefix(steps, key)
        entry = self._entry(steps[0])
        inner = ".".join(steps[1:])
        if not inner or inner == "name":
            raise UsageError(f"--set {change}: expected one of its bounds, filters.{entry.name}.KEY=VALUE")
        own = self._own_rules(entry)
        if inner not in own:
            self._check_key(entry, inner, own)
            return f"filters.{entry.name}.{inner}={raw}", None
        number, side = own[inner]
        if raw.strip() in _NULL:
            return None, f"{entry.name}.{inner}"
        return f"filters.{entry.name}.rules.{number}.{side}={raw}", None

    def _without_prefix(self, steps: list[str], key: str) -> list[str]:
        names = [entry.name for entry in self.file.recipe.filters]
        if steps[0] in names:
            return steps
        if steps[0] in Recipe.model_fields:
            raise UsageError(
                f"--set {key}: what `{steps[0]}` does is not stored in a ledger, only what the filters judge by. A run "
                f"tells: `{self._command(key + '=')}` does again what depends on it"
            )
        known = [*names, "filters", *(rule.address for rule in self.plan.rules)]
        raise UsageError(
            f"--set {key}: expected filters.NAME.KEY.{did_you_mean(key.removeprefix('filter.'), known)} "
            f"The filters are {', '.join(names)}."
        )

    def _entry(self, name: str) -> FilterEntry:
        entries = self.file.recipe.filters
        for number, entry in enumerate(entries):
            if name in (entry.name, str(number)):
                return entry
        names = [entry.name for entry in entries]
        raise UsageError(
            f"filters.{name}: no such filter.{did_you_mean(name, names)} The filters are {', '.join(names)}."
        )

    def _own_rules(self, entry: FilterEntry) -> dict[str, tuple[int, str]]:
        """Returns key → (number, at_least or at_most) of a filter's own rules; they follow its preset's."""
        rules = [rule for rule in self.plan.rules if rule.filter == entry.name]
        own = rules[len(rules) - len(entry.rules) :]
        return {
            rule.address.removeprefix(f"{entry.name}."): (number, "at_most" if rule.at_least is None else "at_least")
            for number, rule in enumerate(own)
        }

    def _check_key(self, entry: FilterEntry, inner: str, own: dict[str, tuple[int, str]]) -> None:
        """Raises if a filter without a preset has no such rule; a preset's bounds are checked with the recipe."""
        if entry.preset is None and inner.split(".")[0] not in FilterEntry.model_fields:
            raise UsageError(
                f"filters.{entry.name}.{inner}: no such bound.{did_you_mean(inner, own)} It has: {', '.join(own)}."
            )

    def _check_rules(self, stated: list[dict[str, Any]]) -> None:
        """Raises if the ledger was judged by other rules than this phimill reads from the recipe."""
        now = {rule.address: {name: getattr(rule, name) for name in _STATED} for rule in self.plan.rules}
        then = {rule["address"]: {name: rule.get(name) for name in _STATED} for rule in stated}
        for address in {**then, **now}:
            if now.get(address) != then.get(address):
                change = f"judged as {_in_words(then.get(address))}, and is now {_in_words(now.get(address))}"
                raise PhimillError(f"{self._folder}: rule {address} {change}. {self._another_version()}")

    def _check_stored(self, plan: Plan) -> None:
        """Raises if judging by a plan needs what was not measured for this dataset."""
        for before, after in itertools.zip_longest(self.plan.segments, plan.segments):
            other = _other_probes(before, after)
            if other:
                raise UsageError(
                    f"filters.{other}: this changes what is measured (or the text that is), and the ledger holds what "
                    f"was measured before. {self._a_run()}"
                )
            here = before.groups if before else {}
            for kind, groups in sorted(after.groups.items() if after else ()):
                if set(groups) - set(here.get(kind, ())):
                    self._refuse_unmeasured(plan, kind)

    def _refuse_unmeasured(self, plan: Plan, kind: str) -> NoReturn:
        signals = list(dict.fromkeys(rule.signal for rule in plan.rules if rule not in self.plan.rules))
        shown = ", ".join(signals[:3]) + (f" (and {len(signals) - 3} more)" if len(signals) > 3 else "")
        raise UsageError(f"the ledger holds no {shown or 'such signal'} for documents of kind {kind}. {self._a_run()}")

    def _a_run(self) -> str:
        return f"A run tells: `{self._command()}` measures again; what was read and extracted is reused"

    def _command(self, setting: str = "") -> str:
        return f"phimill run RECIPE --out {quote(str(self._folder))} --set {setting}…"

    def _another_version(self) -> str:
        return (
            "The ledger seems to have been made by another version of phimill, or the lists that the recipe names are "
            f"elsewhere (--set root=FOLDER). Run the recipe again into {self._folder}, then ask"
        )


def _in_words(rule: dict[str, Any] | None) -> str:
    """Returns a rule as a manifest states it in a few words."""
    if rule is None:
        return "no rule at all"
    side = "at_most" if rule["at_least"] is None else "at_least"
    return f"{rule['signal']} {side} {rule[side]} ({rule['compare']}), else {rule['reason']}"


def _other_probes(before: Segment | None, after: Segment | None) -> str:
    """Returns the name of a filter whose own measuring differs, or an empty string."""
    probes = [_probes(segment) for segment in (before, after)]
    names = [name for name in {**probes[0], **probes[1]} if probes[0].get(name) != probes[1].get(name)]
    return names[0] if names else ""


def _probes(segment: Segment | None) -> dict[str, Any]:
    """Returns filter → all that its own measuring depends on."""
    if segment is None:
        return {}
    every = [*([segment.modifier] if segment.modifier else []), *segment.probes]
    return {probe.name: dataclasses.asdict(probe) for probe in every}
