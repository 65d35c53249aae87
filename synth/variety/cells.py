"""Cells: the combinations of axes that a specification wants filled, and the requests drawn for each."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Iterator, Sequence

from data.errors import UsageError
from synth.draws import Draws
from synth.kinds.registry import KINDS
from synth.specs import ExerciseSpec
from synth.topic_trees import Leaf
from synth.variety.files import VarietyFile
from synth.variety.settings import Variety

#: Kinds that tell facts; topics with facts suit no others.
_PROSE = ("lesson",)
MAX_CELLS = 100_000
_DOCUMENTS = Leaf("documents", "seed", "seed documents")

Values = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Cell:
    """One combination of values on the axes that are filled evenly.

    Attributes:
        values: axis → value, in the specification's order of axes.
        share: its exact part of the records wished for.
        target: the most that it may get, at least one.
    """

    values: tuple[tuple[str, str], ...]
    share: float
    target: int

    @property
    def key(self) -> str:
        """The cell's name: its values, joined."""
        return " | ".join(value for _, value in self.values)

    def value(self, axis: str) -> str:
        """Returns the cell's value on an axis; "" if it is no axis of the cells."""
        return dict(self.values).get(axis, "")


def cells_of(file: VarietyFile) -> list[Cell]:
    """Returns all cells, in order, with how many records each shall have.

    Raises:
        UsageError: no topic suits a kind.
    """
    variety = file.variety
    total, found = sum(variety.kinds.values()), list[Cell]()
    for kind, weight in variety.kinds.items():
        combinations = list(dict.fromkeys(itertools.islice(_combinations(file, kind), MAX_CELLS)))
        if len(combinations) == MAX_CELLS:
            axes = ", ".join(variety.cells)
            raise UsageError(f"{file.path}: cells: {axes} have {MAX_CELLS:,} combinations or more; name fewer axes")
        if not combinations:
            raise UsageError(f"{file.path}: none of the topics suits the kind {kind!r}; topics of facts suit lessons")
        part = variety.budget.kept * weight / total / len(combinations)
        target = max(1, math.ceil(part - 1e-9))
        target = min(target, variety.budget.per_cell) if variety.budget.per_cell is not None else target
        found += [Cell(values, part, target) for values in combinations]
    merged: dict[tuple[tuple[str, str], ...], Cell] = {}
    for cell in found:  # without `kind` among the axes, cells of several kinds are one
        known = merged.get(cell.values, Cell(cell.values, 0, 0))
        merged[cell.values] = Cell(cell.values, known.share + cell.share, known.target + cell.target)
    return list(merged.values())


def _combinations(file: VarietyFile, kind: str) -> Iterator[tuple[tuple[str, str], ...]]:
    variety = file.variety
    plain: dict[str, Sequence[str]] = {
        "audience": variety.audiences,
        "difficulty": variety.difficulties,
        "style": _styles(variety, kind),
        "setting": variety.settings,
        "name_word": variety.name_words,
        "persona": ["", *variety.personas],
    }
    for leaf in leaves_for(kind, file.leaves):
        of_leaf: dict[str, Sequence[str]] = {
            "kind": [kind],
            "tree": [leaf.tree],
            "branch": [leaf.branch],
            "topic": [leaf.name],
        }
        pairs = [" + ".join(pair) for pair in pairs_of(variety, leaf, file.leaves)]
        axes = {**of_leaf, "concepts": pairs, **plain}
        for values in itertools.product(*(axes[axis] for axis in variety.cells)):
            yield tuple(zip(variety.cells, values, strict=True))


def leaves_for(kind: str, leaves: Sequence[Leaf]) -> list[Leaf]:
    """Returns the topics that a kind can be about."""
    if KINDS[kind].needs_document:
        return [_DOCUMENTS]
    return [leaf for leaf in leaves if kind in _PROSE or not leaf.facts]


def pairs_of(variety: Variety, leaf: Leaf, leaves: Sequence[Leaf]) -> list[tuple[str, ...]]:
    """Returns the concepts of a topic, its pairs, and pairs with concepts of other topics chosen by keyed hash."""
    if not leaf.concepts:
        return [()]
    single = [(concept,) for concept in leaf.concepts]
    within = list(itertools.combinations(leaf.concepts, 2))
    known = sorted({concept for other in leaves for concept in other.concepts} - set(leaf.concepts))
    draws = Draws(0, "concept pairs", leaf.address)
    across = [(draws.choice(leaf.concepts), other) for other in draws.sample(known, variety.pairs_across)]
    return [*single, *within, *across]


def draw_in(file: VarietyFile, cell: Cell, seed: int, number: int, documents: Sequence[str]) -> ExerciseSpec:
    """Returns the specification of a cell's request `number`; it depends on seed, cell and number alone.

    Args:
        file: the specification of variety.
        cell: whose values are given; all others are drawn by keyed hash.
        seed: another one gives other requests.
        number: of the request within the cell.
        documents: the seed documents.
    """
    variety, values = file.variety, dict(cell.values)
    draws = Draws(seed, "variety", f"{cell.key}\x00{number}")
    kind = values.get("kind") or _weighted(draws, variety.kinds)
    leaf = _leaf(draws, file, kind, values)
    pair = values.get("concepts")
    concepts = tuple(pair.split(" + ")) if pair else draws.choice(pairs_of(variety, leaf, file.leaves))
    wanted = KINDS[kind].needs_document or (variety.documents is not None and draws.chance(variety.documents.share))
    persona = values.get("persona")
    if persona is None:
        named = variety.personas and draws.chance(variety.persona_share)
        persona = draws.choice(variety.personas) if named else ""
    return ExerciseSpec(
        topic="" if leaf is _DOCUMENTS else leaf.name,
        concepts=concepts,
        difficulty=values.get("difficulty") or draws.choice(variety.difficulties),
        audience=values.get("audience") or draws.choice(variety.audiences),
        style=values.get("style") or draws.choice(_styles(variety, kind)),
        setting=values.get("setting") or draws.choice(variety.settings),
        name_word=values.get("name_word") or draws.choice(variety.name_words),
        seed=draws.bits() >> 1,
        kind=kind,
        persona=persona,
        document=draws.choice(documents) if wanted and documents else "",
    )


def _leaf(draws: Draws, file: VarietyFile, kind: str, values: Values) -> Leaf:
    suiting = leaves_for(kind, file.leaves)
    fitting = [
        leaf
        for leaf in suiting
        if all(
            values.get(axis, held) == held
            for axis, held in (("tree", leaf.tree), ("branch", leaf.branch), ("topic", leaf.name))
        )
    ]
    return draws.choice(fitting or suiting)


def _weighted(draws: Draws, weights: dict[str, float]) -> str:
    place = draws.below(10**9) / 10**9 * sum(weights.values())
    for name, weight in weights.items():
        if place < weight:
            return name
        place -= weight
    return next(reversed(weights))


def _styles(variety: Variety, kind: str) -> Sequence[str]:
    return variety.styles.get(kind) or KINDS[kind].styles
