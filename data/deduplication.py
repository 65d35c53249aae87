"""The recipe's `deduplicate`: what is a duplicate, and which copy stays."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from data.banding import best_bands
from data.errors import did_you_mean
from data.strict import Kind, Share, Strict

ShingleKind = Literal["words", "characters", "code", "masked_code"]
SurvivorKey = Literal["quality", "priority", "licence", "recency", "length"]

#: Settings that signatures depend on; a change of any other one does not sign anew.
SIGNED_BY = ("exact", "ignore_punctuation", "near", "bands", "rows", "shingles", "ngram", "by_kind", "seed")

#: Settings of what is cut out of documents that are no duplicates; they decide about no duplicate.
CUT_BY = ("lines", "paragraphs", "substrings", "min_chars_left")

#: Permutations of a signature at most: 2^16 × 4 bytes are 256 kB for a document.
MAX_PERMUTATIONS = 65536


class ShingleEntry(Strict):
    """What a document is cut into to be compared."""

    shingles: ShingleKind = Field("words", description="What a shingle is a run of.")
    ngram: int = Field(5, ge=1, description="How many of them make a shingle.")


class RepeatedText(Strict):
    """Lines, or paragraphs, that many documents have in common: menus, footers, notices. Code between fences stays."""

    min_documents: int = Field(7, ge=2, description="In how many documents it must stand; Llama 3 takes 7.")
    min_chars: int = Field(10, ge=1, description="Shorter ones stay: every third page has a heading `Examples`.")
    within: Literal["domain", "source", "corpus"] = Field(
        "domain", description="Whose documents are counted together: those of a registered domain (without a URL, of "
        "a source), of a source, or all."
    )  # fmt: skip
    equal: Literal["levelled", "words", "verbatim"] = Field(
        "levelled", description="levelled: after NFC, case and white space; words: without punctuation too."
    )
    copies: Literal["drop_all", "keep_one"] = Field(
        "drop_all", description="keep_one: the first one in the best document by `survivor` stays."
    )
    kinds: list[Kind] = Field(["web", "text"], min_length=1, description="Kinds of document that are looked at.")


class Substrings(Strict):
    """Runs of text that stand in the corpus twice, found by a suffix array; needs the extra `substrings`."""

    min_tokens: int = Field(50, ge=2, description="Shortest run that is cut; RefinedWeb and Nemotron-CC take 50.")
    tokens: Literal["words", "bytes"] = Field(
        "words", description="What is counted: words (between white space), or bytes, for scripts without spaces."
    )
    copies: Literal["keep_one", "drop_all"] = Field(
        "keep_one", description="keep_one: what the best document by `survivor` has stays; drop_all: every copy is cut."
    )
    kinds: list[Kind] = Field(["web", "text"], min_length=1, description="Kinds of document that are looked at.")
    max_memory_gb: float = Field(4.0, gt=0, description="The run stops before it starts if more would be needed.")


class Deduplicate(Strict):
    """Exact duplicates after normalisation, then near-duplicates by MinHash-LSH."""

    preset: str | None = Field(
        None, description="Published settings: fineweb, slimpajama, starcoder, refinedweb or nemotron-cc."
    )
    exact: bool = Field(True, description="Find texts that are equal after NFC, case and white space are levelled.")
    ignore_punctuation: bool = Field(False, description="exact: texts are equal if their words are.")
    near: bool = Field(True, description="Find near-duplicates.")
    permutations: int | None = Field(
        None, ge=1, le=MAX_PERMUTATIONS, description="Cut into the bands that suit `threshold` best, unless given."
    )
    bands: int = Field(14, ge=1, description="Bands of the signature.")
    rows: int = Field(8, ge=1, description="Rows of a band; bands × rows permutations.")
    shingles: ShingleKind = Field(
        "words",
        description="What a shingle is a run of: words, characters, code (words and signs), or masked_code (names and "
        "literals masked, which finds renamed copies; wants a longer `ngram`).",
    )
    ngram: int = Field(5, ge=1, description="How many words (or characters, or tokens) make a shingle.")
    by_kind: dict[Kind, ShingleEntry] = Field(
        default_factory=dict, description="Other shingles for kinds of document: {code: {shingles: code, ngram: 8}}."
    )
    threshold: Share = Field(0.7, description="True Jaccard similarity of shingle sets that confirms a pair.")
    confirm: bool = Field(
        True, description="Hold every pair that MinHash proposes against the texts; false: classic MinHash."
    )
    seed: int = Field(1, description="Seed of the permutations.")
    survivor: list[SurvivorKey] = Field(
        default_factory=lambda: ["quality", "priority", "length"],  # type: ignore[arg-type]
        description="Which copy survives: the highest by these keys in order, then the smallest id of its own.",
    )
    copies: Literal["keep_one", "drop_all"] = Field("keep_one", description="drop_all: none of a cluster survives.")
    against: str | None = Field(
        None,
        description="A folder made by `phimill dedup index`: documents shipped before, which stay; new copies of them "
        "are dropped. Relative to the recipe's `root`.",
    )
    protect: dict[str, list[str]] = Field(
        default_factory=dict,
        description="{A: [B]}: no document of source A is dropped because of one of source B.",
    )
    lines: RepeatedText | None = Field(None, description="Cut lines that many of the kept documents have in common.")
    paragraphs: RepeatedText | None = Field(None, description="Cut paragraphs (between blank lines) likewise.")
    substrings: Substrings | None = Field(None, description="Last, cut what stands in the kept documents twice.")
    min_chars_left: int = Field(
        20, ge=0, description="A document of which something was cut and less is left is dropped; RefinedWeb: 20."
    )

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, values: Any) -> Any:
        """Fills in the preset's values, and the bands that suit the threshold."""
        if not isinstance(values, dict):
            return values
        resolved = dict(values)
        if isinstance(resolved.get("preset"), str):
            resolved = {**_preset_values(resolved["preset"], resolved), **resolved}
        permutations, threshold = resolved.get("permutations"), resolved.get("threshold", 0.7)
        if {"bands", "rows"} & set(resolved) or not isinstance(permutations, int):
            return resolved
        if isinstance(threshold, int | float) and 0 <= threshold <= 1:
            resolved["bands"], resolved["rows"] = best_bands(float(threshold), min(permutations, MAX_PERMUTATIONS))
        return resolved

    @model_validator(mode="after")
    def _bounded(self) -> Deduplicate:
        if self.bands * self.rows > MAX_PERMUTATIONS:
            raise ValueError(f"bands × rows are {self.bands * self.rows} permutations; at most {MAX_PERMUTATIONS}")
        if self.permutations is not None and self.bands * self.rows > self.permutations:
            raise ValueError(
                f"bands × rows are {self.bands * self.rows} permutations, but `permutations` is {self.permutations}; "
                "give either both of `bands` and `rows`, or `permutations` and `threshold`"
            )
        return self

    def shingles_of(self, kind: str | None) -> ShingleEntry:
        """Returns what documents of a kind are cut into."""
        own = {str(name): entry for name, entry in self.by_kind.items()}.get(kind or "")
        return own or ShingleEntry(shingles=self.shingles, ngram=self.ngram)


def _preset_values(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Returns a preset's values, without its own bands where the recipe asks for a number of permutations."""
    from data.duplicate_presets import duplicate_presets

    known = duplicate_presets()
    if name not in known:
        raise ValueError(f"preset: unknown {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}")
    values = dict(known[name].values)
    if given.get("permutations") is not None:
        values = {key: value for key, value in values.items() if key not in ("bands", "rows")}
    return values
