"""The recipe's `filters`: presets with changed bounds, rules of one's own, a peer's filters, functions."""

from __future__ import annotations

import re
from typing import Any, Literal, Mapping

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from data.strict import Kind, Name, Strict


class Where(Strict):
    """Which documents a filter looks at; all of the given conditions must hold."""

    kind: list[Kind] | None = Field(None, description="Kinds of document.")
    source: list[str] | None = Field(None, description="Names of sources.")
    language: list[str] | None = Field(None, description="Natural languages (en) or programming languages (python).")

    @field_validator("kind", "source", "language", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class RuleEntry(Strict):
    """One line of judgement: a signal, a bound, a reason."""

    signal: str = Field(description="A measured signal, the quality score, or one that the input carries.")
    at_least: float | str | None = Field(None, description="Lower bound: a number, or p60: a percentile of the pool.")
    at_most: float | str | None = Field(None, description="Upper bound: a number, or p95.")
    reason: str = Field(description="The fault's name, such as too_few_words.")
    unless: str | None = Field(None, description="A condition that excuses, such as `quality >= p95`.")

    @model_validator(mode="after")
    def _one_bound(self) -> RuleEntry:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give exactly one of `at_least` and `at_most`")
        return self


class PeerFilter(Strict):
    """A datatrove filter, run as it is: every document becomes a Python object, which is slow."""

    filter: str = Field(
        description="Its class: datatrove.pipeline.filters.RegexFilter, or my_filters.py:Strict beside the recipe."
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="What it is made with; {function: my_filters.py:good} hands it a function."
    )
    modifies: bool = Field(False, description="Whether it changes texts; what follows is measured on the changed ones.")
    on_error: Literal["stop", "drop"] = Field(
        "stop", description="What an exception in it does: stop the run, or drop that document as filter_failed."
    )


class OwnFunction(Strict):
    """A Python function from a table of documents to a number for each."""

    function: str = Field(description="my_signals.py:teaching_value beside the recipe, or package.module:function.")
    signals: list[Name] = Field(["value"], min_length=1, description="What it measures; for several it gives a dict.")


class FilterEntry(BaseModel):
    """One step of judgement: a preset with changed bounds, own rules, a modifier, a peer's filter, a function.

    Every further key must be a bound of the preset (`min_words: 30`; null switches it off).
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Name = Field("", validate_default=False, description="Its address; default: the preset's name before @.")
    preset: str | None = Field(None, description="A preset, such as gopher-quality@paper; see `phimill presets`.")
    datatrove: PeerFilter | None = Field(None, description="A datatrove filter: its import path, or with arguments.")
    function: OwnFunction | None = Field(None, description="A signal of your own: FILE.py:FUNCTION, or with `signals`.")
    rules: list[RuleEntry] = Field(default_factory=list, description="Own rules, beside or instead of a preset.")
    where: Where = Field(default_factory=Where, description="Which documents it looks at.")
    unless: str | None = Field(None, description="A condition that excuses from all its rules.")

    @field_validator("datatrove", mode="before")
    @classmethod
    def _peer(cls, value: Any) -> Any:
        return {"filter": value} if isinstance(value, str) else value

    @field_validator("function", mode="before")
    @classmethod
    def _function(cls, value: Any) -> Any:
        return {"function": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _something(self) -> FilterEntry:
        ways = [way for way in ("preset", "datatrove", "function") if getattr(self, way)]
        if not ways and not self.rules:
            raise ValueError("a filter needs a `preset` or `rules` (or `datatrove`, or `function`)")
        if len(ways) > 1:
            raise ValueError(f"a filter has one of `{'` and `'.join(ways)}`, not both; make two filters of it")
        return self

    @property
    def bounds(self) -> dict[str, Any]:
        """The preset's bounds that the recipe changes."""
        return dict(self.model_extra or {})


def filter_name(entry: Mapping[str, Any]) -> str:
    """Returns a filter's name: its own, its preset's before the @, or that of its class or function; "" for none."""
    if entry.get("name"):
        return str(entry["name"])
    if entry.get("preset"):
        return str(entry["preset"]).split("@")[0]
    for way, key in (("datatrove", "filter"), ("function", "function")):
        named = entry.get(way)
        path = named.get(key) if isinstance(named, dict) else named
        if isinstance(path, str):
            return re.split(r"[.:]", path)[-1].lstrip("_")
    return ""
