"""Reads the ledger twice as a stream: once to see how far values reach, once to count and sample.

Memory is bounded by the batch size, not by the ledger (clusters of duplicates excepted: one key
of each row that belongs to one).
"""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.ledger import LEDGER
from data.sources.languages import canonical
from flows.report import histograms
from flows.report.counting import Categories, Clusters, Overlap, count_values, hosts
from flows.report.histograms import Floats, Histogram
from flows.report.published import Published, Rule
from flows.report.sampling import Sampler

#: Rows that the first reading looks at, evenly spread, to choose the histograms' edges.
_SAMPLED_ROWS = 40_000

#: Groups of a rule's histogram.
PASSED, EXCUSED, FAILED = 0, 1, 2

CODE_KINDS = ("code", "exercise")

_QUARANTINE_EXAMPLES = 6


@dataclasses.dataclass
class Survey:
    """Everything that the report counts in the ledger by itself.

    Attributes:
        rows: the ledger's rows.
        with_text: rows that have text, which is what "before" means.
        histograms: by rule address; judged documents that passed, were excused, failed.
        other_cause: by rule address; documents that fail although their value keeps to the bound.
        length, quality: kept and other documents with text.
        jaccard: near-duplicates by their similarity to the document that they match.
        categories: language, programming language, kind, licence, site.
        cluster_sizes: one entry for each cluster of duplicates.
        largest_clusters: (cluster, size).
        benchmarks: documents by (benchmark, item); methods: by (benchmark, item, method).
        quarantine: documents by (reason, source); examples: up to a few rows of each.
        flow: documents and tokens by (stage, status, source); tokens of rows without text are 0.
        sample: the rows to show, see sampling.Sampler.
    """

    rows: int = 0
    with_text: int = 0
    histograms: dict[str, Histogram] = dataclasses.field(default_factory=dict)
    other_cause: Counter[str] = dataclasses.field(default_factory=Counter)
    length: Histogram | None = None
    quality: Histogram | None = None
    jaccard: Histogram | None = None
    categories: dict[str, Categories] = dataclasses.field(default_factory=dict)
    overlap: npt.NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.int64))
    cluster_sizes: npt.NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))
    largest_clusters: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    benchmarks: Counter[tuple[str, ...]] = dataclasses.field(default_factory=Counter)
    methods: Counter[tuple[str, ...]] = dataclasses.field(default_factory=Counter)
    quarantine: Counter[tuple[str, ...]] = dataclasses.field(default_factory=Counter)
    quarantined: dict[tuple[str, str], list[str]] = dataclasses.field(default_factory=dict)
    flow: Counter[tuple[str, ...]] = dataclasses.field(default_factory=Counter)
    flow_tokens: Counter[tuple[str, ...]] = dataclasses.field(default_factory=Counter)
    sample: pa.Table | None = None


def take_survey(published: Published) -> Survey:
    """Returns the survey of a published run's ledger."""
    survey = Survey(rows=published.rows())
    for name in ("language", "programming language", "kind", "licence", "site"):
        survey.categories[name] = Categories()
    _choose_edges(published, survey)
    overlap, clusters = Overlap([rule.address for rule in published.rules]), Clusters()
    sampler = Sampler(published.seed)
    columns = [*_fate_columns(published), *_measured(published)]
    for batch in published.batches(columns):
        flags = overlap.flags(batch)
        overlap.add(flags)
        clusters.add(batch)
        _count_rules(survey, published.rules, batch, flags)
        _count_categories(survey, batch)
        _count_others(survey, batch)
        sampler.add(batch)
    survey.overlap = overlap.matrix
    survey.cluster_sizes, survey.largest_clusters = clusters.result(most=12)
    survey.sample = sampler.result()
    return survey


def numbers(batch: pa.Table, name: str) -> Floats:
    """Returns a column as floats, NaN where it is null."""
    return np.asarray(batch[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def judged_by(rule: Rule, batch: pa.Table, values: Floats) -> npt.NDArray[np.bool_]:
    """Returns which rows a rule looked at: those with a value, and of its kinds, sources, languages."""
    mask = ~np.isnan(values)
    for column, wanted in rule.where.items():
        if column in ("kind", "source", "language"):
            mask &= np.asarray(pc.is_in(batch[column], pa.array(wanted, pa.string())).to_numpy())
    return mask


def _fate_columns(published: Published) -> list[str]:
    return [name for name in LEDGER.names if name in published.schema.names]


def _measured(published: Published) -> list[str]:
    signals = [rule.signal for rule in published.rules] + ["quality"]
    return [name for name in dict.fromkeys(signals) if name in published.signals]


def _choose_edges(published: Published, survey: Survey) -> None:
    """Reads evenly spread rows and prepares the empty histograms."""
    names = _measured(published)
    step = max(1, survey.rows // _SAMPLED_ROWS)
    pieces: dict[str, list[Floats]] = {name: [] for name in [*names, "tokens"]}
    position = 0
    for batch in published.batches([*names, "tokens"]):
        first = -position % step
        position += batch.num_rows
        for name, kept in pieces.items():
            kept.append(numbers(batch, name)[first::step])
    samples = {name: np.concatenate(kept) if kept else np.zeros(0) for name, kept in pieces.items()}
    for rule in published.rules:
        if rule.signal in names and np.isfinite(rule.bound):
            histogram = histograms.for_bound(samples[rule.signal], rule.bound, rule.bound_is_right)
            if histogram is not None:
                survey.histograms[rule.address] = histogram
    lengths = samples["tokens"]
    survey.length = histograms.plain(np.maximum(lengths[np.isfinite(lengths)], 1.0))
    if "quality" in names:
        survey.quality = histograms.plain(samples["quality"])
    threshold = ((published.manifest.get("recipe") or {}).get("deduplicate") or {}).get("threshold") or 0.7
    edges = np.linspace(max(0.0, threshold - 0.1), 1.0, 41)
    survey.jaccard = Histogram(edges, np.zeros((1, len(edges) - 1), np.int64))


def _count_rules(survey: Survey, rules: list[Rule], batch: pa.Table, flags: npt.NDArray[np.bool_]) -> None:
    for place, rule in enumerate(rules):
        histogram = survey.histograms.get(rule.address)
        if histogram is None:
            continue
        column = numbers(batch, rule.signal)
        mask = judged_by(rule, batch, column) | (flags[:, place] & ~np.isnan(column))
        values = column[mask]
        passes = (values >= rule.bound if rule.lower else values <= rule.bound) & ~(
            rule.strict & (values == rule.bound)
        )
        groups = np.where(flags[mask, place], FAILED, np.where(passes, PASSED, EXCUSED))
        survey.other_cause[rule.address] += int(np.count_nonzero(passes & (groups == FAILED)))
        histogram.add(values, groups)


def _count_categories(survey: Survey, batch: pa.Table) -> None:
    table = batch.filter(pc.is_valid(batch["tokens"]))
    survey.with_text += table.num_rows
    kept = pc.equal(table["status"], "kept")
    tokens = numbers(table, "tokens")
    groups = np.asarray(kept.to_numpy()).astype(np.int64)
    if survey.length is not None:
        survey.length.add(np.maximum(tokens, 1.0), groups)
    if survey.quality is not None:
        quality = numbers(table, "quality")
        scored = ~np.isnan(quality)
        survey.quality.add(quality[scored], groups[scored])
    is_code = pc.is_in(table["kind"], pa.array(CODE_KINDS))
    language = pc.fill_null(table["language"], "unknown")
    site = hosts(table["url"])
    for name, column, mask in (
        ("language", language, pc.invert(is_code)),
        ("programming language", _canonical(language), is_code),
        ("kind", table["kind"], None),
        ("licence", pc.fill_null(table["licence"], "not stated"), None),
        ("site", site, pc.is_valid(site)),
    ):
        columns = [column, table["tokens"], kept]
        if mask is not None:
            columns = [pc.filter(values, mask) for values in columns]
        survey.categories[name].add(*columns)


def _canonical(languages: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns languages by the names that rules know them by: a table's `Python` is `python`."""
    given = pc.unique(languages)
    names = pa.array([canonical(name) for name in given.to_pylist()], pa.string())
    return pc.take(names, pc.index_in(languages, given))


def _count_others(survey: Survey, batch: pa.Table) -> None:
    fate = [batch["stage"], batch["status"], batch["source"]]
    count_values(survey.flow, fate, survey.flow_tokens, batch["tokens"])
    near = batch.filter(pc.and_(pc.is_valid(batch["jaccard"]), pc.not_equal(batch["status"], "kept")))
    if near.num_rows and survey.jaccard is not None:
        survey.jaccard.add(numbers(near, "jaccard"), np.zeros(near.num_rows, np.int64))
    hits = batch.filter(pc.is_valid(batch["benchmark"]))
    if hits.num_rows:
        item = [hits["benchmark"], hits["benchmark_item"]]
        count_values(survey.benchmarks, item)
        method = hits["benchmark_method"] if "benchmark_method" in hits.column_names else pa.nulls(hits.num_rows)
        count_values(survey.methods, [*item, method])
    bad = batch.filter(pc.equal(batch["status"], "quarantined"))
    if bad.num_rows:
        count_values(survey.quarantine, [bad["reason"], bad["source"]])
        for row in bad.select(["reason", "source", "locator"]).to_pylist():
            examples = survey.quarantined.setdefault((row["reason"], row["source"]), [])
            if len(examples) < _QUARANTINE_EXAMPLES:
                examples.append(row["locator"])
