"""`phimill dedup index`: what was shipped before, so that it is not shipped again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.duplicate_index import DuplicateIndex, add_documents, compact_index, open_index, remove_documents
from data.errors import UsageError
from data.recipe import Deduplicate, Source
from data.schema import KINDS
from flows.dedup.inputs import recipe_for, settings_of
from flows.progress import Progress


def add_to_index(
    folder: Path,
    inputs: Sequence[Path],
    settings: Mapping[str, Any],
    *,
    text: str = "text",
    identity: str = "id",
    recipe: str | None = None,
) -> dict[str, Any]:
    """Adds the documents of some files to an index, which is made if it is not there; returns what was done.

    Args:
        folder: the index.
        inputs: JSONL and Parquet files, or folders of them; a published dataset's `data`, say.
        settings: fields of the recipe's `deduplicate`; none: the index's own, or the defaults.
        text: the column that holds the text.
        identity: the column that holds the documents' ids.
        recipe: whose `deduplicate` the settings start from.

    Raises:
        UsageError: the index was made with other settings, a document has no id, or two have the same.
    """
    from filters.duplicates.known_documents import made_with, sign_for_index
    from filters.duplicates.signing import Signer

    chosen = _recipe_settings(recipe, settings) if recipe else settings_of(settings) if settings else _own(folder)
    file = recipe_for(inputs, {}, text, identity)
    signer, progress = Signer(chosen), Progress()
    unread = 0

    def signed() -> Iterator[pa.Table]:
        nonlocal unread
        done = 0
        for table in _tables(file.recipe.sources, progress):
            living = table.filter(pc.equal(table["status"], ""))
            unread += table.num_rows - living.num_rows
            _check_ids(living)
            done += living.num_rows
            if living.num_rows:
                kinds = _kinds(living) if chosen.by_kind else living["kind"]
                own = pa.table({"id": living["origin_id"], "text": living["text"], "kind": kinds})
                yield sign_for_index(own, signer)
        progress.say(f"  {done:,} documents signed")

    counts = add_documents(folder, made_with(chosen), signed())
    return {**counts, "unreadable": unread, **facts_of(folder)}


def _recipe_settings(recipe: str, settings: Mapping[str, Any]) -> Deduplicate:
    from data.recipe_file import read_recipe

    given = read_recipe(recipe).recipe.deduplicate
    if given is None:
        raise UsageError(f"{recipe}: its `deduplicate` is null; there is nothing to sign by")
    named = given.model_dump(mode="json", include=given.model_fields_set | {"bands", "rows"})
    return settings_of({**named, "against": None, **settings})


def _kinds(table: pa.Table) -> pa.Array:
    """Returns the kinds that documents of a published dataset say they are of; of others, the input's."""
    told = [json.loads(metadata).get("kind") for metadata in table["metadata"].to_pylist()]
    return pc.coalesce(pa.array([kind if kind in KINDS else None for kind in told], pa.string()), table["kind"])


def _own(folder: Path) -> Deduplicate:
    try:
        with open_index(folder) as index:
            return Deduplicate(**{name: value for name, value in index.made_with.items() if name != "signature"})
    except UsageError:
        return Deduplicate()


def _tables(sources: Iterable[Source], progress: Progress) -> Iterator[pa.Table]:
    from data.sources import list_units, read_unit

    for source in sources:
        units = list_units(source, Path(os.sep), lambda path: "")
        with progress.step(source.name, len(units), len(units)) as done:
            for number, unit in enumerate(units, 1):
                yield from read_unit(unit, source)
                done(number)


def _check_ids(table: pa.Table) -> None:
    missing = table.filter(pc.is_null(table["origin_id"]))
    if missing.num_rows:
        raise UsageError(f"{missing['locator'][0]}: has no id; name the column of the ids with --id")


def remove_from_index(folder: Path, ids: Iterable[str]) -> dict[str, Any]:
    """Removes documents; returns what was done."""
    with open_index(folder):  # a folder that is none must not become one
        pass
    return {**remove_documents(folder, ids), **facts_of(folder)}


def compact(folder: Path) -> dict[str, Any]:
    """Joins small parts; returns what the index is then."""
    with open_index(folder):
        pass
    return _facts(compact_index(folder))


def facts_of(folder: Path, deep: bool = False) -> dict[str, Any]:
    """Returns what an index is.

    Args:
        folder: the index.
        deep: read every byte and compare it with its digest.

    Raises:
        DamageError: a file is not what was written.
    """
    with open_index(folder) as index:
        index.check() if deep else index.check(lambda path: _stated(index, path))
        return _facts(index)


def _stated(index: DuplicateIndex, path: Path) -> str:
    return next(part.sha256 for part in index.parts if index.path(part) == path)


def _facts(index: DuplicateIndex) -> dict[str, Any]:
    return {
        "documents": index.documents,
        "parts": len(index.parts),
        "bytes": index.bytes,
        "generation": index.generation,
        "made_with": index.made_with,
    }


def describe(facts: Mapping[str, Any]) -> str:
    """Returns what was done and what the index is as plain text."""
    lines = []
    if "added" in facts:
        lines.append(f"Added    {facts['added']:,} documents ({facts['known']:,} were known by their ids)")
    if facts.get("unreadable"):
        lines.append(f"Left     {facts['unreadable']:,} records that could not be read")
    if "removed" in facts:
        lines.append(f"Removed  {facts['removed']:,} documents")
    lines += [f"Unknown  {key}" for key in facts.get("unknown", [])[:10]]
    settings = ", ".join(f"{name} {value}" for name, value in facts["made_with"].items() if name != "signature")
    size = f"{facts['parts']} parts, {facts['bytes'] / 1e6:,.1f} MB"
    lines.append(f"Index    {facts['documents']:,} documents in {size}; generation {facts['generation']}")
    lines.append(f"         {settings}")
    return "\n".join(lines)
