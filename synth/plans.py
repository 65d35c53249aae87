"""What is asked for, in which order: the plain plan that walks through topics and kinds."""

from __future__ import annotations

import dataclasses
from typing import Protocol, Sequence

from data.errors import UsageError
from synth.draws import Draws
from synth.kinds.registry import find_kind
from synth.prompts import draw_spec
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one specification."""

    spec: ExerciseSpec
    kept: bool
    reason: str
    skeleton: str = ""
    behaviour: str = ""
    opener: str = ""


class Plan(Protocol):
    """Says what to ask for next; may learn from what became of what it asked for before."""

    @property
    def finished(self) -> str:
        """Why there is nothing more to ask for; "" if there is."""

    def plan(self, number: int) -> list[ExerciseSpec]:
        """Returns the next specifications; fewer if there are no more."""

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Takes in what became of those planned before, in their order."""


class PlainPlan:
    """Topics and kinds in turn, everything else by keyed hash.

    Args:
        seed: another one gives other specifications.
        topics: default: the built-in list.
        kinds: what to ask for, in turn.
    """

    finished = ""

    def __init__(self, seed: int, topics: Sequence[str] = (), kinds: Sequence[str] = ("function",)) -> None:
        self.seed, self.topics, self.kinds, self.number = seed, list(topics), [find_kind(name) for name in kinds], 0
        for kind in self.kinds:
            if kind.needs_document:
                raise UsageError(f"kinds: {kind.name!r} is made from documents: phimill synth rephrase --from SHARDS")

    def plan(self, number: int) -> list[ExerciseSpec]:
        """Returns the next specifications."""
        first, self.number = self.number, self.number + number
        return [self._spec(place) for place in range(first, self.number)]

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Learns nothing."""

    def _spec(self, place: int) -> ExerciseSpec:
        kind = self.kinds[place % len(self.kinds)]
        # Each kind walks through all topics: with as many kinds as topics, the two would walk in step.
        spec = draw_spec(self.seed, place // len(self.kinds) if len(self.kinds) > 1 else place, self.topics or None)
        if len(self.kinds) == 1 and kind.name == spec.kind:
            return spec
        draws = Draws(self.seed, f"synthesise-{kind.name}", str(place))
        style = spec.style if spec.style in kind.styles else draws.choice(kind.styles)
        return dataclasses.replace(spec, kind=kind.name, style=style, seed=draws.bits() >> 1)


class DocumentPlan:
    """Documents in their order, each in every one of the wished kinds in turn.

    Args:
        seed: another one gives other draws.
        documents: id and text, in order.
        kinds: the kinds that each is made into, in turn.
        every: whether each document is made into all of the kinds, instead of one.

    Attributes:
        origins: a specification's seed → the id of its document.
    """

    finished = ""

    def __init__(
        self, seed: int, documents: Sequence[tuple[str, str]], kinds: Sequence[str], every: bool = False
    ) -> None:
        self.kinds = [find_kind(name) for name in kinds]
        pairs = [
            (name, text, kind)
            for place, (name, text) in enumerate(documents)
            for kind in (self.kinds if every else [self.kinds[place % len(self.kinds)]])
        ]
        self._specs = [self._spec(seed, name, text, kind.name, kind.styles) for name, text, kind in pairs]
        self.origins = {spec.seed: name for spec, (name, _, _) in zip(self._specs, pairs, strict=True)}
        self.number = 0

    def __len__(self) -> int:
        return len(self._specs)

    def plan(self, number: int) -> list[ExerciseSpec]:
        """Returns the next specifications; none when all documents were asked for."""
        first, self.number = self.number, self.number + number
        if self.number >= len(self._specs):
            self.finished = "all documents were asked for"
        return self._specs[first : self.number]

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Learns nothing."""

    def _spec(self, seed: int, name: str, text: str, kind: str, styles: Sequence[str]) -> ExerciseSpec:
        draws = Draws(seed, f"rephrase-{kind}", name)
        drawn = draw_spec(draws.bits() >> 1, 0)
        return dataclasses.replace(
            drawn, topic="", concepts=(), style=draws.choice(styles), kind=kind, document=text, seed=draws.bits() >> 1
        )
