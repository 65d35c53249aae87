"""The documents of a recipe's tests: files and inline texts as tables, and whether what is expected can be checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.errors import RecipeError, did_you_mean
from data.recipe import Expectation, Recipe, Source
from data.recipe_file import RecipeFile
from data.schema import document, to_table

if TYPE_CHECKING:
    from data.sources import InputFile
    from filters.judging.plan import Plan

#: The name of the source that documents of a test are from, if it names none.
NOWHERE = "expected"

#: How files that hold many documents end.
_RECORDS = (".jsonl", ".ndjson", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst", ".jsonl.zstd", ".json.zstd")
_TABLES = (".parquet", ".pq")

#: Languages by file name that are prose.
_PROSE = (None, "text", "markdown", "restructuredtext", "latex")


def check_expectations(file: RecipeFile, plan: Plan) -> None:
    """Makes sure that every file of the recipe's tests exists and every name in them is known.

    Raises:
        RecipeError: naming the first that is wrong, with file and line.
    """
    sources = [source.name for source in file.recipe.sources]
    reasons = list(dict.fromkeys([rule.reason for rule in plan.rules] + [rule.address for rule in plan.rules]))
    peers_name_faults = any(rule.said for rule in plan.rules)
    for number, wanted in enumerate(file.recipe.expect):
        if wanted.source is not None and wanted.source not in sources:
            hint = did_you_mean(wanted.source, sources)
            raise file.error(("expect", number, "source"), f'unknown source "{wanted.source}".{hint}')
        if wanted.reason is not None and wanted.reason not in reasons and not peers_name_faults:
            hint = did_you_mean(wanted.reason, reasons)
            raise file.error(("expect", number, "reason"), f'no rule drops for "{wanted.reason}".{hint}')
        if wanted.key in ("keep", "drop"):
            list_files(file, number)


def list_files(file: RecipeFile, number: int) -> list[InputFile]:
    """Returns the files that an expectation names, sorted.

    Raises:
        RecipeError: there is none.
    """
    from data.sources.listing import list_source

    wanted = file.recipe.expect[number]
    listing = Source(name=NOWHERE, kind="files", path=wanted.listed, groups=1)
    try:
        units = list_source(listing, file.root, lambda path: "")
    except RecipeError as failure:
        raise file.error(("expect", number, wanted.key), failure.message) from failure
    return [one for unit in units for one in unit.files]


def read_documents(file: RecipeFile, number: int) -> Iterator[pa.Table]:
    """Yields an expectation's documents as tables that `survival.Judge` takes, with `locator`.

    Raises:
        RecipeError: a document that cannot be read.
    """
    wanted = file.recipe.expect[number]
    if wanted.key in ("keep_text", "drop_text"):
        yield _with_signals(to_table(_inline(wanted, file.recipe)), None)
        return
    like = source_of(wanted, file.recipe)
    for input_file in list_files(file, number):
        for table in read_file(input_file, like, kind_of(wanted, file.recipe, input_file.relative), wanted.text_column):
            _check_readable(file, number, table)
            yield _in_language(table, wanted.language)


def read_file(file: InputFile, like: Source | None, kind: str, text_column: str | None = None) -> Iterator[pa.Table]:
    """Yields a file's documents: JSONL and Parquet hold many, any other file is one.

    Args:
        file: what `list_source` found.
        like: the source whose columns and signals it has.
        kind: what its documents are.
        text_column: default: the source's.
    """
    from data.sources import Unit, read_unit

    name = file.relative.lower()
    reader = "jsonl" if name.endswith(_RECORDS) else "parquet" if name.endswith(_TABLES) else "files"
    base = like or Source(name=NOWHERE, kind="jsonl", path=".")
    columns = {"text_column": text_column or base.text_column, "html_column": None}
    source = base.model_copy(update={"kind": reader, "document_kind": kind, **columns})
    for table in read_unit(Unit(source.name, "expected", (file,), ""), source):
        yield _with_signals(table, source)


def source_of(wanted: Expectation, recipe: Recipe) -> Source | None:
    """Returns the source that an expectation's documents shall be from, if it names one."""
    return next((source for source in recipe.sources if source.name == wanted.source), None)


def kind_of(wanted: Expectation, recipe: Recipe, name: str) -> str:
    """Returns what a test's documents are; see `Expectation.kind`."""
    from data.sources.languages import language_of

    like = source_of(wanted, recipe)
    if wanted.kind is not None:
        return wanted.kind
    if like is not None:
        return like.documents_are
    many = name.lower().endswith((*_RECORDS, *_TABLES))
    if name and not many and language_of(name) not in _PROSE:
        return "code"
    return next((s.documents_are for s in recipe.sources if s.documents_are not in ("code", "exercise")), "text")


def _inline(wanted: Expectation, recipe: Recipe) -> list[dict[str, Any]]:
    like = source_of(wanted, recipe)
    name, kind = like.name if like else NOWHERE, kind_of(wanted, recipe, "")
    return [
        document(name, f"text {number}", kind=kind, text=text, language=wanted.language)
        for number, text in enumerate(wanted.listed, 1)
    ]


def _with_signals(table: pa.Table, source: Source | None) -> pa.Table:
    """Adds the signals that the input carries as columns."""
    signals = sorted(source.signals) if source else []
    if not signals:
        return table
    carried = [json.loads(text).get("signals", {}) for text in table["metadata"].to_pylist()]
    for name in signals:
        table = table.append_column(name, pa.array([row.get(name) for row in carried], pa.float64()))
    return table


def _check_readable(file: RecipeFile, number: int, table: pa.Table) -> None:
    for row in table.select(["status", "reason", "locator"]).to_pylist():
        if row["status"]:
            message = f"{row['locator']} cannot be read ({row['reason']}); a test's documents must be whole"
            raise file.error(("expect", number, file.recipe.expect[number].key), message)


def _in_language(table: pa.Table, language: str | None) -> pa.Table:
    if language is None:
        return table
    column = pa.array([language] * table.num_rows, pa.string())
    return table.set_column(table.schema.get_field_index("language"), "language", column)
