"""What a run shall do: the recipe's models. Reading one from YAML is in `data/recipe_file.py`.

Every field has a description; `phimill recipe schema` prints them as JSON Schema. A key that
is not listed here is an error. Preset names and their bounds are checked by `filters`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from data.deduplication import Deduplicate as Deduplicate
from data.errors import did_you_mean
from data.expectations import Expectation as Expectation
from data.filtering import FilterEntry as FilterEntry
from data.filtering import RuleEntry as RuleEntry
from data.filtering import Where as Where
from data.filtering import filter_name as filter_name
from data.schedule import Schedule as Schedule
from data.sources.settings import Source as Source
from data.strict import Kind, Name, Seconds, Share, Strict, misplaced
from data.teaching import Synthesise as Synthesise
from data.teaching import Teacher as Teacher


class Extract(Strict):
    """HTML, notebooks, PDF and DOCX to text."""

    engine: Literal["resiliparse", "trafilatura", "resiliparse+trafilatura", "plain"] = Field(
        "resiliparse",
        description="What finds the main content: resiliparse with phimill's model; trafilatura; the first, which asks "
        "the second about pages that it is unsure of; or plain, all that a reader sees.",
    )
    mojibake: Literal["keep", "repair"] = Field(
        "keep", description="Text that was once read with a wrong character set: as it is, or repaired by ftfy."
    )
    timeout_s: Seconds = Field(20.0, description="A page that takes longer is quarantined as timeout.")
    opt_out: bool = Field(True, description="Drop pages that opt out of training (noai, TDM reservation).")
    notebooks: Literal["script", "keep"] = Field(
        "script", description="Jupyter notebooks: scripts with their prose as comments, or JSON as they are."
    )


class Quality(Strict):
    """The quality classifier: trained here, or loaded. Its score is the signal `quality`, 0…1."""

    reference: list[str] = Field(default_factory=list, description="JSONL files of documents as one wants them.")
    text_column: str = Field("text", description="The reference files' text column.")
    model: str | None = Field(None, description="A fastText model file to load instead of training.")
    sha256: str | None = Field(None, description="The model file's SHA-256; required with `model`.")
    label: str = Field("__label__hq", description="The model's label whose probability is the score.")
    kinds: list[Kind] = Field(["web", "text"], description="Kinds of document that are scored.")
    sample: int = Field(2000, ge=10, description="At most this many raw documents are the negative examples.")
    epochs: int = Field(5, ge=1, description="Training passes.")
    word_ngrams: int = Field(2, ge=2, description="Longest word n-gram; 1 makes fastText train on noise (see README).")
    dim: int = Field(100, ge=10, description="Length of the word vectors.")

    @model_validator(mode="after")
    def _one_way(self) -> Quality:
        if bool(self.model) == bool(self.reference):
            raise ValueError("give either `reference` (train) or `model` with `sha256` (load)")
        if self.model and not self.sha256:
            raise ValueError("`model` needs `sha256`: a cut fastText file loads and answers 0.5 to everything")
        return self


class Language(Strict):
    """Natural language of web and text documents, found by a fastText model."""

    model: str = Field("lid.176", description="lid.176, or a fastText model file: lid.176.bin, GlotLID, your own.")
    sha256: str | None = Field(None, description="The model file's SHA-256; required with a file.")
    head_chars: int | None = Field(
        2000, ge=100, description="Characters of the text that are looked at; null: all, as datatrove does."
    )
    kinds: list[Kind] = Field(["web", "text", "textbook"], description="Kinds looked at.")
    languages: dict[str, str] = Field(
        default_factory=dict, description="The model's label, without __label__ → the language it stands for."
    )

    @model_validator(mode="after")
    def _known(self) -> Language:
        if self.file and not self.sha256:
            raise ValueError("a `model` file needs `sha256`: a cut fastText file loads and answers nonsense")
        if self.sha256 and not self.file:
            raise ValueError("`sha256` is for a `model` file of your own")
        return self

    @property
    def file(self) -> str | None:
        """The model file, if it is not the one that comes along."""
        return None if self.model == "lid.176" else self.model


class Benchmark(Strict):
    """Test items that must not be in the training data."""

    name: Name = Field(description="Unique name; the ledger shows it.")
    path: str = Field(description="JSONL (also .gz, .zst); each string field of a line is text of that item.")
    fields: list[str] | None = Field(None, description="Only these fields; default: every string field.")
    id_field: str | None = Field(None, description="The item's id; default: task_id, id, or the line number.")


class Decontaminate(Strict):
    """Documents that share word n-grams with benchmark items are dropped."""

    benchmarks: list[Benchmark] = Field(default_factory=list, description="Test sets to keep out.")
    ngram: int = Field(13, ge=3, description="Words of a matched run; shorter items are matched whole.")
    min_item_words: int = Field(5, ge=1, description="Item texts with fewer words identify nothing and are left out.")
    behaviour: bool = Field(
        False, description="Also run functions, in a sandbox, and drop those that do what a benchmark's solution does."
    )


class Tokenise(Strict):
    """The tokenizer: a byte-level BPE trained on the survivors, or a file."""

    tokenizer: str | None = Field(None, description="A tokenizer.json to use instead of training.")
    vocabulary: int = Field(8192, ge=300, description="Tokens to learn.")
    sample_bytes: int = Field(20_000_000, ge=10_000, description="Text to learn from, chosen by keyed hash and share.")


#: Copies of one document in the shards at most: a slip in a recipe must not fill a disk.
MAX_REPEATS = 100


class Mixture(Strict):
    """What goes into the shards: shares of tokens by kind or source."""

    by: Literal["kind", "source"] = Field("kind", description="What the shares are keyed by.")
    shares: dict[str, Share] = Field(default_factory=dict, description="Share of tokens; empty: take everything.")
    tokens: int | None = Field(None, ge=1, description="Token budget; default: as many as the shares allow.")
    repeat: dict[int, int] = Field(
        default_factory=dict,
        description="Size of a document's cluster of duplicates, and how often it then goes into the shards, up to the "
        "next size; FineWeb-2: {1: 1, 2: 2, 3: 3, 5: 5, 100: 8, 1000: 1}. Empty: everything once.",
    )

    @model_validator(mode="after")
    def _repeats(self) -> Mixture:
        for size, times in self.repeat.items():
            if size < 1 or not 1 <= times <= MAX_REPEATS:
                raise ValueError(f"repeat: {{{size}: {times}}}: a size is at least 1; times are 1 to {MAX_REPEATS}")
        return self

    @model_validator(mode="after")
    def _sums_to_one(self) -> Mixture:
        if self.shares and abs(sum(self.shares.values()) - 1.0) > 1e-6:
            raise ValueError(f"shares add up to {sum(self.shares.values()):g}, not 1")
        return self


class Shards(Strict):
    """How the shards are cut."""

    rows: int = Field(100_000, ge=1, description="Documents in one text shard, at most.")
    bytes: int = Field(256 * 2**20, ge=1, description="Bytes of text in one text shard, at most.")
    tokens: int = Field(100_000_000, ge=1, description="Tokens in one token shard, at most.")
    sequence: int = Field(2048, ge=8, description="Length of the packed sequences that the token index counts.")


class Watch(Strict):
    """How far a run may be from the one before it in the same folder; beyond, it is called a regression."""

    max_yield_change: Share = Field(0.1, description="Share of a source's records that are dropped or quarantined.")
    max_language_change: Share = Field(0.1, description="Any language's share of the kept documents.")
    max_score_change: Share = Field(0.1, description="Mean quality score, of what came in and of what was kept.")


class Recipe(Strict):
    """A whole run, from raw corpora to shards."""

    name: Name = Field(description="The dataset's name.")
    description: str = Field("", description="One or two sentences for the dataset card.")
    root: str | None = Field(None, description="Folder that relative paths start from; default: the recipe's own.")
    seed: int = Field(1, description="Seed of every keyed choice.")
    sources: list[Source] = Field(min_length=1, description="Where documents come from.")
    extract: Extract = Field(default_factory=Extract, description="How HTML becomes text.")
    language: Language | None = Field(default_factory=Language, description="null: no language detection.")
    quality: Quality | None = Field(None, description="null: no quality model.")
    filters: list[FilterEntry] = Field(default_factory=list, description="Applied in this order; all rules are judged.")
    deduplicate: Deduplicate | None = Field(default_factory=Deduplicate, description="null: keep duplicates.")
    synthesise: Synthesise | None = Field(None, description="null: no exercises.")
    decontaminate: Decontaminate = Field(default_factory=Decontaminate, description="Benchmarks to keep out.")
    tokenise: Tokenise = Field(default_factory=Tokenise, description="The tokenizer.")
    mixture: Mixture = Field(default_factory=Mixture, description="Shares and token budget.")
    shards: Shards = Field(default_factory=Shards, description="Where the shards are cut.")
    ledger: Literal["full", "reasons"] = Field("full", description="reasons: leave the signals' columns out.")
    max_quarantined: Share = Field(0.01, description="Share of a source's records that may be unreadable.")
    truth: str | None = Field(None, description="JSONL of what was planted; the run reports what it found of it.")
    schedule: Schedule | None = Field(None, description="null: only on demand.")
    watch: Watch = Field(default_factory=Watch, description="What counts as a regression against the run before.")
    expect: list[Expectation] = Field(default_factory=list, description="The recipe's tests: `phimill test RECIPE`.")

    @property
    def without_tests(self) -> Recipe:
        """The recipe as a dataset names it: what is expected of it makes no difference to any of its bytes."""
        return self.model_copy(update={"expect": []})

    @model_validator(mode="before")
    @classmethod
    def _name_filters(cls, values: Any) -> Any:
        """Gives every filter without a name its default one."""
        if isinstance(values, dict) and isinstance(values.get("filters"), list):
            named = []
            for entry in values["filters"]:
                unnamed = isinstance(entry, dict) and not entry.get("name") and filter_name(entry)
                named.append({**entry, "name": filter_name(entry)} if unnamed else entry)
            values = {**values, "filters": named}
        return values

    @model_validator(mode="after")
    def _protects_sources(self) -> Recipe:
        """A name that no source has would protect nothing, and nobody would notice."""
        protect = self.deduplicate.protect if self.deduplicate else {}
        known = [source.name for source in self.sources]
        for name in (*protect, *(other for others in protect.values() for other in others)):
            if name not in known:
                message = f"no source is named {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}."
                raise misplaced(("deduplicate", "protect", name), message)
        return self

    @model_validator(mode="after")
    def _unique_names(self) -> Recipe:
        named: dict[tuple[str, ...], list[str]] = {
            ("sources",): [source.name for source in self.sources],
            ("filters",): [entry.name for entry in self.filters],
            ("decontaminate", "benchmarks"): [benchmark.name for benchmark in self.decontaminate.benchmarks],
        }
        for place, names in named.items():
            for number, name in enumerate(names):
                if name in names[:number]:
                    raise misplaced((*place, number), f"two are named {name!r}; give one of them another `name`")
        return self
