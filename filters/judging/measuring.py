"""Measures a table of documents: signals, language, and the text that modifiers leave."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.compiled import kernel_folder
from data.fingerprint import digest
from data.recipe import Language
from data.schema import KINDS
from filters.buffers import FloatArray, IntArray, joined
from filters.classifiers.language import detect
from filters.judging.conditions import BoolArray, Scope
from filters.judging.plan import LANGUAGE_SCORE, Probe, Segment, segments_from_json
from filters.probes.protocol import DOCUMENT_COLUMNS, owner
from filters.signals.catalogue import measure_signals

AnyArray = npt.NDArray[Any]

#: Bytes of text measured at a time: enough to make arrays worth while, few enough to keep them small.
CHUNK_BYTES = 4_000_000


#: Kinds of probe that run code which is not phimill's.
OTHERS = ("datatrove", "function")


def measure(table: pa.Table, settings: Mapping[str, Any], language: Language | None) -> pa.Table:
    """Returns each document's signals, in the same order.

    Args:
        table: id, text, kind, language, source; url and metadata if there are any.
        settings: `Plan.measure_settings()`.
        language: how natural language is detected; None: it is not.

    Returns:
        id, language (detected for the kinds that `language` names and where there are letters,
        else as it came), language_score, every signal of the settings (null where a document has
        no text or its kind is not measured so), NAME.reason of filters that name faults themselves,
        text (after the last modifier; null where that changed nothing). Columns depend on the
        settings alone.
    """
    segments = segments_from_json(settings)
    texts = joined(table["text"])
    languages, scores = _languages(table, texts, language)
    known = _documents(table, languages)
    columns: dict[str, AnyArray] = {LANGUAGE_SCORE: scores}
    current = texts
    for segment in segments:
        if segment.modifier is not None:
            current = _probe(segment.modifier, current, known, columns)
        for probe in segment.probes:
            _probe(probe, current, known, columns)
        columns.update(_measure_groups(segment, current, known))
    if current is texts:
        changed = pa.nulls(len(texts), pa.large_string())
    else:
        changed = pc.if_else(pc.equal(current, texts), pa.scalar(None, pa.large_string()), current)
    arrays = {name: _to_arrow(values) for name, values in columns.items()}
    return pa.table({"id": table["id"], "language": languages, **arrays, "text": changed})


def prepare(settings: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    """Compiles what measuring by these settings needs, once for all workers and later runs, and says so.

    Args:
        settings: `Plan.measure_settings()`.
        tell: is told one line before work that takes more than a moment.
    """
    own = {"segments": [_without_others(segment) for segment in settings["segments"]]}
    needed = [
        [
            sorted(set(sum(segment.groups.values(), ()))),
            [probe.kind for probe in (segment.modifier, *segment.probes) if probe],
        ]
        for segment in segments_from_json(own)
    ]
    folder = kernel_folder("filters.kernels")
    mark = folder / f"ready-{digest(needed)}" if folder else None
    if mark is not None and mark.exists():
        return
    kept = "once on this machine" if folder else "at every start, for no cache folder can be written"
    tell(f"compiling the measuring code for this processor ({kept}; up to a minute)")
    measure(_specimens(), own, None)
    if mark is not None:
        with contextlib.suppress(OSError):  # no room for the mark: it is compiled all the same
            mark.touch()


def _without_others(segment: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a segment without the probes that run other people's code."""
    probes = [probe for probe in segment["probes"] if probe["kind"] not in OTHERS]
    modifier = segment["modifier"]
    return {**segment, "probes": probes, "modifier": None if modifier and modifier["kind"] in OTHERS else modifier}


def _specimens() -> pa.Table:
    """Returns a small document of each kind."""
    rows = len(KINDS)
    return pa.table(
        {
            "id": [f"{number:032d}" for number in range(rows)],
            "text": pa.array(["A specimen of text.\n"] * rows, pa.large_string()),
            "kind": list(KINDS),
            "source": ["specimen"] * rows,
            "language": ["python"] * rows,
        }
    )


def _documents(table: pa.Table, languages: pa.Array) -> pa.Table:
    """Returns what is known of the documents beside their text; columns that there are not are null."""
    columns = {
        name: table[name] if name in table.schema.names else pa.nulls(table.num_rows, pa.string())
        for name in DOCUMENT_COLUMNS
        if name != "text"
    }
    return pa.table({**columns, "language": languages})


def _languages(table: pa.Table, texts: pa.Array, language: Language | None) -> tuple[pa.Array, FloatArray]:
    """Returns each document's language and the detected one's score."""
    stated: list[str | None] = table["language"].to_pylist()
    scores = np.full(len(stated), np.nan)
    if language is not None:
        rows = np.flatnonzero(Scope(kind=tuple(language.kinds)).mask(table))
        heads = texts.take(pa.array(rows)).to_pylist()
        found, scores[rows] = detect(
            heads, language.head_chars, model=language.model, sha256=language.sha256, languages=language.languages
        )
        for row, name in zip(rows.tolist(), found, strict=True):
            stated[row] = name or stated[row]
    return pa.array(stated, pa.string()), scores


def _to_arrow(values: AnyArray) -> pa.Array:
    """Returns a column of signals as float64, one of named faults as string."""
    return pa.array(values, pa.string() if values.dtype == np.object_ else pa.float64(), from_pandas=True)


def _probe(probe: Probe, texts: pa.Array, known: pa.Table, columns: dict[str, AnyArray]) -> pa.Array:
    """Fills the probe's columns and returns the texts as they are after it."""
    for signal in probe.signals:
        columns[probe.column(signal)] = np.full(len(texts), np.nan)
    if probe.said:
        columns[probe.said] = np.full(len(texts), None, dtype=np.object_)
    mask = probe.scope.mask(known) & _there(texts)
    rows = np.flatnonzero(mask)
    pieces = []
    for chunk in _chunks(rows, texts):
        documents = known.take(pa.array(chunk)).append_column("text", _picked(texts, chunk))
        findings = owner(probe.kind).measure(probe, documents)
        for signal, values in findings.columns.items():
            columns[probe.column(signal)][chunk] = values
        if probe.said:
            columns[probe.said][chunk] = findings.reasons
        if findings.texts is not None:
            pieces.append(findings.texts)
    if not pieces:
        return texts
    return pc.replace_with_mask(texts, pa.array(mask), pa.chunked_array(pieces).combine_chunks())


def _picked(texts: pa.Array, rows: IntArray) -> pa.Array:
    """Returns the texts of ascending rows, without a copy where no row between them is left out."""
    if rows[-1] - rows[0] + 1 == len(rows):
        return texts.slice(int(rows[0]), len(rows))
    return texts.take(pa.array(rows))


def _there(texts: pa.Array) -> BoolArray:
    """Returns which documents have a text."""
    return np.asarray(texts.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _measure_groups(segment: Segment, texts: pa.Array, known: pa.Table) -> dict[str, FloatArray]:
    """Returns the columns of the segment's groups; NaN where a kind is not measured so."""
    columns = {segment.column(signal): np.full(len(texts), np.nan) for signal in segment.signals}
    kinds = np.asarray(known["kind"].to_numpy(zero_copy_only=False))
    for groups in sorted(set(segment.groups.values())):
        wanted = [kind for kind, names in segment.groups.items() if names == groups]
        rows = np.flatnonzero(np.isin(kinds, wanted) & _there(texts))
        for chunk in _chunks(rows, texts):
            documents = known.take(pa.array(chunk))
            languages = documents["language"].to_pylist()
            found = measure_signals(_picked(texts, chunk), groups, languages, documents)
            for signal, values in found.items():
                columns[segment.column(signal)][chunk] = values
    return columns


def _chunks(rows: IntArray, texts: pa.Array) -> Iterator[IntArray]:
    """Yields the rows in runs of about CHUNK_BYTES bytes of text."""
    if not len(rows):
        return
    sizes = np.asarray(pc.binary_length(texts).to_numpy(zero_copy_only=False), dtype=np.float64)[rows]
    numbers = np.floor(np.cumsum(np.nan_to_num(sizes)) / CHUNK_BYTES)
    yield from np.split(rows, np.flatnonzero(np.diff(numbers)) + 1)
