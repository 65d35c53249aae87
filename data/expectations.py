"""The recipe's `expect`: documents that its filters must keep or drop, which `phimill test` looks at."""

from __future__ import annotations

from pydantic import Field, model_validator

from data.strict import Kind, Share, Strict


class Expectation(Strict):
    """Documents that the filters must keep, or must drop. `phimill test` looks; runs take no notice.

    Give one of `keep`, `drop`, `keep_text` and `drop_text`.
    """

    keep: str | list[str] | None = Field(
        None,
        description="Files whose documents must be kept: files, folders or glob patterns, relative to `root`. JSONL "
        "(also .gz, .zst) and Parquet hold many documents, any other file is one.",
    )
    drop: str | list[str] | None = Field(None, description="Files whose documents must be dropped.")
    keep_text: str | list[str] | None = Field(None, description="A text, or some, that must be kept.")
    drop_text: str | list[str] | None = Field(None, description="A text, or some, that must be dropped.")
    at_least: Share = Field(1.0, description="Share of the documents that must be kept (or dropped).")
    reason: str | None = Field(
        None, description="drop: only documents that fail for this reason count, or by the rule of this address."
    )
    source: str | None = Field(
        None, description="The recipe's source that they shall be from: its kind, columns, signals, rules by source."
    )
    kind: Kind | None = Field(
        None,
        description="What they are; default: the source's kind; without one, code for source files, and for prose the "
        "kind of the recipe's first source of prose.",
    )
    language: str | None = Field(None, description="Their language, natural or programming, where it is not found.")
    text_column: str | None = Field(None, description="The column that holds the text; default: the source's, or text.")

    @model_validator(mode="after")
    def _one_demand(self) -> Expectation:
        given = [name for name in ("keep", "drop", "keep_text", "drop_text") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of `keep`, `drop`, `keep_text` and `drop_text`")
        if self.reason is not None and self.keeps:
            raise ValueError("`reason` is why documents must be dropped; it goes with `drop` or `drop_text`")
        return self

    @property
    def keeps(self) -> bool:
        """Whether the documents must be kept."""
        return self.drop is None and self.drop_text is None

    @property
    def key(self) -> str:
        """Which of the four it is."""
        return next(n for n in ("keep", "drop", "keep_text", "drop_text") if getattr(self, n) is not None)

    @property
    def listed(self) -> list[str]:
        """The paths or texts, as a list."""
        value = getattr(self, self.key)
        return [value] if isinstance(value, str) else list(value)
