"""Cut: what documents that are no duplicates have in common, by the line, the paragraph, or the run of words.

Texts change here, after everything was judged; so a document of which too little is left is dropped here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError
from data.fingerprint import digest, step_fingerprint
from data.ledger import CUTS
from data.parts import Part, alive, count_rows, read_between, read_part, scatter, write_part, write_tables
from data.recipe import Deduplicate
from data.texts import read_texts
from flows.run import Run

#: The steps, in order; both stand in the ledger under the stage `deduplicate`.
CUTTING = ("repeats", "substrings")

BEFORE = ("ingest", "extract", "judge", "deduplicate")

#: Rows of pieces that are added up at a time: about 1 GB.
ADDED_ROWS = 8_000_000

_REPEATS = ["filters.repeated_text", "flows.steps.cut"]
_LIBRARIES = ("numpy", "numba", "tldextract")

IntArray = npt.NDArray[np.int64]


def cut(run: Run, settings: Deduplicate) -> None:
    """Adds the steps `repeats` and `substrings` to run.parts, as the settings want them."""
    if settings.lines is None and settings.paragraphs is None and settings.substrings is None:
        return
    wanting = (settings.lines, settings.paragraphs, settings.substrings)
    if any(entry is not None and entry.copies == "keep_one" for entry in wanting):
        _rank(run, settings)
    if settings.lines is not None or settings.paragraphs is not None:
        _cut_repeats(run, settings)
    if settings.substrings is not None:
        from flows.steps.substrings import cut_substrings

        cut_substrings(run, settings)


def _rank(run: Run, settings: Deduplicate) -> None:
    """Adds the step `rank`: which living document is the best, from 0; null for the others."""
    from filters.clusters import rank, tie_places
    from flows.steps.deduplicate import LivingRows, ranks_of

    living = LivingRows(run.parts, BEFORE)
    table = ranks_of(run, settings, living)
    keys = [np.asarray(table[key].cast(pa.float64()).fill_null(float("nan"))) for key in settings.survivor]
    exact = living.column("exact").combine_chunks() if settings.exact else None
    order = rank(tie_places(living.column("id").combine_chunks(), table["name"].combine_chunks(), exact), keys)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    start, ranked = 0, []
    folder = run.folder("rank", digest([settings.survivor, [part.keys["deduplicate"] for part in run.parts]]))
    for part, mask in zip(run.parts, living.masks, strict=True):
        own = ranks[start : start + (pc.sum(mask).as_py() or 0)]
        start += len(own)
        key = digest([part.name, digest_of(own)])
        target = folder / f"{part.name.replace('/', '-')}-{key}.parquet"
        if not target.exists():
            ids = read_part(part.files["ingest"], ["id"])
            write_part(target, ids.append_column("rank", scatter(pa.table({"rank": own}), mask)["rank"]))
        ranked.append(part.having("rank", key, target))
    run.parts = ranked


def digest_of(numbers: npt.NDArray[Any]) -> str:
    """Returns a digest of numbers."""
    return digest(np.ascontiguousarray(numbers).tobytes().hex() + f"/{numbers.dtype}")


def ranks_in(part: Part, mask: pa.Array) -> IntArray:
    """Returns the rank of each living document of a part; all are equal where nobody asks for one."""
    if "rank" not in part.files:
        return np.zeros(pc.sum(mask).as_py() or 0, dtype=np.int64)
    return np.asarray(read_part(part.files["rank"], ["rank"])["rank"].filter(mask)).astype(np.int64)


def _cut_repeats(run: Run, settings: Deduplicate) -> None:
    from flows.steps.deduplicate import digest_of_mask

    chosen = settings.model_dump(mode="json", include={"lines", "paragraphs", "min_chars_left"})
    counted = {key: _counted(chosen[key]) for key in ("lines", "paragraphs")}
    fingerprint = step_fingerprint("count", version=1, settings=counted, modules=_REPEATS, libraries=_LIBRARIES)
    reads = ["measure", "rank"]
    parts = run.map_parts(
        "count",
        fingerprint,
        count_part,
        {"settings": chosen},
        reads=reads,
        extra=lambda part: {"alive": digest_of_mask(alive(part, BEFORE))},
        label="count repeats",
    )
    table = _add_up(run, parts, settings, chosen)
    fingerprint = step_fingerprint(
        "repeats", version=1, settings=chosen, modules=_REPEATS, libraries=_LIBRARIES, reads=[table.parent.name]
    )
    run.parts = run.map_parts(
        "repeats",
        fingerprint,
        cut_part,
        {"settings": chosen, "table": str(table)},
        reads=[*reads, "deduplicate"],
        label="cut repeats",
    )
    folder = run.folder("repeats", fingerprint)
    run.facts["cut_pieces"] = _gather_shown(run.parts, folder / f"removed-{digest(_keys(run.parts))}.parquet")


def _counted(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    return entry and {key: value for key, value in entry.items() if key != "min_documents"}


def _keys(parts: list[Part]) -> list[str]:
    return [part.keys["repeats"] for part in parts]


def living_documents(part: Part, before: str) -> Iterator[tuple[pa.Table, pa.Array, IntArray]]:
    """Yields a part's documents with the texts that a step finds, which of them are alive, and the ranks of these."""
    mask = alive(part, [*BEFORE, *CUTTING[: CUTTING.index(before)]])
    ranks, start, ranked = ranks_in(part, alive(part, BEFORE)), 0, 0
    before_cut = alive(part, BEFORE)
    for batch in read_texts(part, ["id", "kind", "source", "url"], before=before):
        here = mask.slice(start, batch.num_rows)
        alive_before = before_cut.slice(start, batch.num_rows)
        start += batch.num_rows
        own = ranks[ranked : ranked + (pc.sum(alive_before).as_py() or 0)]
        ranked += len(own)
        yield batch, here, own[np.asarray(here.filter(alive_before))]


def count_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes how often each line and paragraph stands in one part's living documents."""
    from filters.repeated_text import RepeatReader, count_pieces

    chosen, part = Deduplicate(**settings["settings"]), Part(**part_json)
    reader = RepeatReader(chosen)
    columns: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    start = 0
    for batch, here, own in living_documents(part, "repeats"):
        seen = reader.read(batch.filter(here)).candidates
        found: list[npt.NDArray[Any]] = [seen.high, seen.low, seen.what, seen.rows + start, own]
        for column, values in zip(columns, found, strict=True):
            column.append(values)
        start += len(own)
    kinds = (np.int64, np.int64, np.int8, np.int64, np.int64)
    high, low, what, documents, ranks = (
        np.concatenate([np.zeros(0, kind), *column]) for kind, column in zip(kinds, columns, strict=True)
    )
    write_part(Path(target), count_pieces((high, low), what, documents, ranks))


def _add_up(run: Run, parts: list[Part], settings: Deduplicate, chosen: dict[str, Any]) -> Path:
    """Returns the table of all pieces that stand in enough documents, added up a range of keys at a time."""
    from filters.repeated_text import add_up

    files = [part.files["count"] for part in parts]
    folder = run.folder("add", digest([chosen, [part.keys["count"] for part in parts]]))
    target = folder / "repeated.parquet"
    if not target.exists():
        ranges = max(1, sum(map(count_rows, files)) // ADDED_ROWS)
        bounds = [(2**64 * number) // ranges - 2**63 for number in range(ranges + 1)]
        with run.timed("add up", todo=ranges) as done:
            tables = []
            for number in range(ranges):
                pieces = [read_between(file, "high", bounds[number], bounds[number + 1] - 1) for file in files]
                tables.append(add_up(pieces, settings))
                done(number + 1)
            write_part(target, pa.concat_tables(tables or [add_up([], settings)]))
    return target


def cut_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's texts without what is repeated; and beside them, first, which pieces these were."""
    from filters.repeated_text import RepeatReader, show_cut

    chosen, part, shown = Deduplicate(**settings["settings"]), Part(**part_json), []
    reader, repeated = RepeatReader(chosen), _repeated(settings["table"])

    def tables() -> Iterator[pa.Table]:
        for batch, here, ranks in living_documents(part, "repeats"):
            living = batch.filter(here)
            read = reader.read(living)
            made = repeated.cut(read, ranks, chosen)
            shown.append(show_cut(read, made, repeated))
            counts = {"removed_lines": made.lines, "removed_paragraphs": made.paragraphs}
            what = ["paragraph" if whole else "line" for whole in made.whole.tolist()]
            yield cut_rows(read.texts, made.ranges, what, counts, chosen, batch["id"], here)
        write_part(beside(target), _sum_shown(shown))

    write_tables(Path(target), tables())


def beside(target: str | Path) -> Path:
    """Returns where the pieces stand that were cut out of a part."""
    return Path(target).with_suffix(".removed.parquet")


@lru_cache(maxsize=1)
def _repeated(table: str) -> Any:
    """Returns the table of repeated pieces; its folder's name says what it holds."""
    from filters.repeated_text import Repeated

    return Repeated(read_part(table))


def cut_rows(
    texts: pa.Array,
    ranges: Any,
    what: Sequence[str],
    counts: dict[str, Any],
    settings: Deduplicate,
    ids: pa.ChunkedArray,
    mask: pa.Array,
) -> pa.Table:
    """Returns a step's rows: the texts without some ranges, or the fate of those of which too little is left.

    Args:
        texts: of the living documents.
        ranges: what is cut out of them.
        what: what each range is.
        counts: further columns about the living documents.
        settings: say how little is too little.
        ids: of all documents.
        mask: which of them are alive.
    """
    from filters.pieces import char_lengths, in_characters, without

    after = without(texts, ranges)
    touched = np.zeros(len(texts), dtype=np.bool_)
    touched[ranges.rows] = True
    left = char_lengths(after)
    dropped = touched & (left < settings.min_chars_left)
    removed = np.asarray(pc.utf8_length(texts)) - np.asarray(pc.utf8_length(after))
    changed = pa.array(touched & ~dropped)
    starts, ends = in_characters(texts, ranges)
    spans = pa.StructArray.from_arrays(
        [pa.array(what, pa.string()), pa.array(starts), pa.array(ends)], fields=list(CUTS.type.value_type)
    )
    offsets = np.searchsorted(ranges.rows, np.arange(len(texts) + 1)).astype(np.int32)
    some = pa.table(
        {
            "status": pa.array(np.where(dropped, "dropped", ""), pa.string()),
            "reason": pa.array(np.where(dropped, "too_little_left", ""), pa.string()),
            "measured": pa.array(left.astype(np.float64), mask=~dropped),
            "threshold": pa.array(np.full(len(texts), float(settings.min_chars_left)), mask=~dropped),
            "text_bytes": pc.if_else(
                changed, pc.binary_length(after.cast(pa.large_binary())), pa.scalar(None, pa.int64())
            ),
            # A dropped document keeps its text, so that one can see what was dropped.
            "text": pc.if_else(changed, after, pa.scalar(None, pa.large_string())),
            **{name: pa.array(column.astype(np.float64)) for name, column in counts.items()},
            "removed_chars": pa.array(removed.astype(np.float64)),
            "cuts": pa.ListArray.from_arrays(pa.array(offsets), spans, type=CUTS.type),
        }
    )
    whole = scatter(some, mask)
    for name in ("status", "reason"):
        place = whole.schema.get_field_index(name)
        whole = whole.set_column(place, pa.field(name, pa.string(), False), pc.fill_null(whole[name], ""))
    return whole.add_column(0, pa.field("id", pa.string(), False), ids.cast(pa.string()))


def _sum_shown(tables: list[pa.Table]) -> pa.Table:
    """Returns what was cut, each piece once."""
    if not tables:
        return REMOVED.empty_table()
    whole = pa.concat_tables(tables)
    facts = ["what", "group", "text", "documents", "copies"]
    wanted: list[tuple[str, str]] = [*((name, "min") for name in facts), ("cut", "sum")]
    summed = whole.group_by(["high", "low"], use_threads=False).aggregate(wanted)
    columns = {"high": summed["high"], "low": summed["low"], **{name: summed[f"{name}_min"] for name in facts}}
    return pa.table({**columns, "cut": summed["cut_sum"]}).cast(REMOVED)


#: What was cut: each repeated piece once, how often it stands in the kept documents, and how often it was cut.
REMOVED = pa.schema(
    [
        pa.field("high", pa.int64(), nullable=False),
        pa.field("low", pa.int64(), nullable=False),
        pa.field("what", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),
        pa.field("cut", pa.int64(), nullable=False),
    ]
)


def _gather_shown(parts: list[Part], target: Path) -> str:
    """Writes what was cut out of all parts, the most frequent first; returns where it stands."""
    if not target.exists():
        whole = _sum_shown([read_part(beside(part.files["repeats"])) for part in parts])
        keys = [("cut", "descending"), ("what", "ascending"), ("group", "ascending"), ("text", "ascending")]
        ordered = whole.sort_by([*keys, ("high", "ascending")])
        write_part(target, ordered.drop_columns(["high", "low"]))
    return str(target)


def check_memory(needed: int, settings: Deduplicate) -> None:
    """Raises UsageError if substrings would take more memory than the recipe allows."""
    wanted = settings.substrings
    if wanted is not None and needed > wanted.max_memory_gb * 1e9:
        raise UsageError(
            f"deduplicate.substrings: the suffix array would take {needed / 1e9:.2f} GB, max_memory_gb is "
            f"{wanted.max_memory_gb:g}. Raise it, name fewer `kinds`, or run over fewer documents; "
            "what was done so far is kept"
        )
