"""A variety specification: the axes that requests are drawn from, the cells that are filled, the budget."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from data.errors import did_you_mean
from data.strict import Name, Share, Strict
from synth.kinds.registry import KINDS
from synth.prompts import axes

Axis = Literal[
    "kind", "tree", "branch", "topic", "concepts", "audience", "difficulty", "style", "setting", "name_word", "persona"
]


class SeedDocuments(Strict):
    """Texts that requests are made from."""

    path: str = Field(description="JSONL (also .gz, .zst), Parquet or text files, or a folder of them.")
    text_column: str = Field("text", description="The column that holds the text.")
    max_chars: int = Field(3000, ge=200, description="Longer documents are cut at the end of a sentence.")
    min_chars: int = Field(200, ge=1, description="Shorter documents are left out.")
    most: int = Field(5000, ge=1, description="How many are chosen, by keyed hash.")
    share: Share = Field(
        0.0, description="Share of requests of kinds that need no document but get one as inspiration."
    )


class CellBudget(Strict):
    """How much is asked for."""

    kept: int = Field(500, ge=1, description="Records wished for, over all cells.")
    per_cell: int | None = Field(
        None, ge=1, description="Most records of one cell; default: an equal part, rounded up."
    )
    most_tries: float = Field(3.0, ge=1, description="A cell is given up after so many requests per record wished for.")


class NoveltyFloor(Strict):
    """When more of the same is not worth its price."""

    floor_per_1000: int = Field(50, ge=0, le=1000, description="Fewer new programs in 1,000 records end the run.")
    window: int = Field(300, ge=20, description="Records, duplicates of others included, over which the rate is taken.")
    by: Literal["skeleton", "behaviour"] = Field("skeleton", description="What counts as new.")


class Variety(Strict):
    """What to ask a teacher for, so that the answers differ."""

    name: Name = Field(description="The specification's name.")
    kinds: dict[str, float] = Field({"function": 1.0}, min_length=1, description="Kinds, with weights.")
    topics: list[str] = Field(
        ["python"], min_length=1, description="Trees, tree/branch, tree/branch/topic, or topics by name."
    )
    trees: list[str] = Field(default_factory=list, description="Files with further trees of topics.")
    pairs_across: int = Field(2, ge=0, description="Concept pairs that each topic forms with other topics' concepts.")
    audiences: list[str] = Field(
        default_factory=lambda: list(axes()["audiences"]), min_length=1, description="Readers."
    )
    difficulties: list[Literal["easy", "medium", "hard"]] = Field(
        ["easy", "medium", "hard"], min_length=1, description="How hard."
    )
    styles: dict[str, list[str]] = Field(default_factory=dict, description="Styles by kind; default: the kind's own.")
    settings: list[str] = Field(
        default_factory=lambda: list(axes()["settings"]), min_length=1, description="Little worlds for names and data."
    )
    name_words: list[str] = Field(
        default_factory=lambda: list(axes()["name_words"]),
        min_length=1,
        description="Words that function names must contain.",
    )
    personas: list[str] = Field(default_factory=list, description="Who asks, in words.")
    persona_share: Share = Field(0.5, description="Share of requests that name a persona, if there are any.")
    documents: SeedDocuments | None = Field(None, description="Seed documents; kinds that rephrase need them.")
    cells: list[Axis] = Field(
        ["kind", "topic", "difficulty"], min_length=1, description="The axes whose combinations are filled evenly."
    )
    budget: CellBudget = Field(default_factory=CellBudget, description="How much.")
    novelty: NoveltyFloor = Field(default_factory=NoveltyFloor, description="When to stop.")

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: dict[str, float]) -> dict[str, float]:
        for name, weight in kinds.items():
            _check_kind(name)
            if weight <= 0:
                raise ValueError(f"{name}: a weight must be above 0; leave out what is not wanted")
        return kinds

    @field_validator("styles")
    @classmethod
    def _known_styles(cls, styles: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, listed in styles.items():
            _check_kind(name)
            if not listed:
                raise ValueError(f"{name}: name at least one style, or leave the kind out")
        return styles

    @field_validator("cells")
    @classmethod
    def _each_axis_once(cls, cells: list[Axis]) -> list[Axis]:
        if len(set(cells)) < len(cells):
            raise ValueError("an axis stands twice")
        return cells

    @model_validator(mode="after")
    def _documents_for_kinds(self) -> Variety:
        needing = [name for name in self.kinds if KINDS[name].needs_document]
        if needing and self.documents is None:
            raise ValueError(f"the kind {needing[0]!r} is made from documents; name them under `documents`")
        if "persona" in self.cells and not self.personas:
            raise ValueError("cells: `persona` needs `personas`")
        return self


def _check_kind(name: str) -> None:
    if name not in KINDS:
        raise ValueError(f"no kind is named {name!r}.{did_you_mean(name, KINDS)} There are: {', '.join(KINDS)}.")
