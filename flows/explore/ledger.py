"""Finds documents in the ledger's Parquet files, a million of them while one waits: DuckDB, and its only owner."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import UsageError
from data.sources.languages import canonical
from flows.explore.query import Query
from flows.report.lookup import places_of, rows_at
from flows.report.published import Published
from flows.report.survey import CODE_KINDS

IntArray = npt.NDArray[np.int64]

#: What a list of documents shows of each.
LISTED = (
    *("id", "origin_id", "source", "kind", "locator", "url", "language", "status", "stage", "reason", "rule"),
    *("measured", "threshold", "failed_rules", "cluster", "jaccard", "tokens"),
)

#: Columns beside the signals that a list can be sorted by.
SORTABLE = ("tokens", "bytes", "measured", "jaccard", "cluster_size")

#: Answers that are held in memory, the numbers of their rows: 8 bytes each.
HELD = 8

#: Rows of a ledger of which the words that `q` is looked for in are held in memory too: about 110 bytes each.
HELD_ROWS = 5_000_000

#: Columns in which `q` is looked for.
_SEARCHED = ("id", "origin_id", "locator", "url")


#: Everything that DuckDB needs for Parquet is built in: nothing is to be fetched.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 4,
    "memory_limit": "2GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Ledger:
    """A run's ledger as one table of DuckDB's, with each row's number.

    Raises:
        UsageError: DuckDB is not installed.
    """

    def __init__(self, published: Published) -> None:
        try:
            import duckdb
        except ModuleNotFoundError:
            raise UsageError(
                f"the explorer needs DuckDB, which is not installed: {sys.executable} -m pip install 'duckdb>=1.4,<3'"
            ) from None
        self.published = published
        self._connection = duckdb.connect(":memory:", config=_SETTINGS)
        files = [str(path.resolve()) for path in published.ledger_files]
        # Nothing but the ledger can be reached from here on, whatever a query says.
        self._connection.execute(f"SET allowed_paths = {_listed(files)}")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        source = f"read_parquet({_listed(map(_plain, files))}, file_row_number = true, filename = true)"
        self._connection.execute(
            f"CREATE VIEW ledger AS SELECT * EXCLUDE (filename, file_row_number), "
            f"file_row_number + {_offset(published, files)} AS ledger_row FROM {source}"
        )
        self._found: dict[str, tuple[IntArray, int]] = {}
        self._facets: dict[str, list[tuple[str, int]]] = {}
        self._lock, self._words_lock = threading.Lock(), threading.Lock()
        self._has_words: bool | None = None
        self._language: str | None = None

    def warm(self) -> None:
        """Reads what every search looks through, so that the first one comes at once; too large a ledger is not."""
        with self._words_lock:
            if self._has_words is None:
                self._has_words = self.published.rows() <= HELD_ROWS
                if self._has_words:
                    words = f"lower(concat_ws(chr(10), {', '.join(_SEARCHED)}))"
                    self._connection.cursor().execute(
                        f"CREATE TABLE searched AS SELECT ledger_row, {words} AS words FROM ledger"
                    )

    def find(self, query: Query, labels: Mapping[str, str], start: int, number: int) -> list[dict[str, Any]]:
        """Returns some of the documents that a query asks for, in its order, as LISTED and `ledger_row`.

        Args:
            query: what is asked.
            labels: id → label, for the query's `label`.
            start: the first one, from 0.
            number: how many at most.
        """
        return self.listed(self.rows(query, labels)[start : start + number].tolist())

    def listed(self, found: list[int]) -> list[dict[str, Any]]:
        """Returns the documents in some rows as LISTED and `ledger_row`, in the order given."""
        rows = rows_at(self.published, places_of(self.published, found), list(LISTED))
        return [{**row, "ledger_row": place} for row, place in zip(rows, found, strict=True)]

    def count(self, query: Query, labels: Mapping[str, str]) -> dict[str, int]:
        """Returns how many documents a query asks for, and their tokens."""
        rows, tokens = self._matching(query, labels)
        return {"documents": len(rows), "tokens": tokens}

    def rows(self, query: Query, labels: Mapping[str, str]) -> IntArray:
        """Returns the numbers of the rows that a query asks for, in its order."""
        return self._matching(query, labels)[0]

    def _matching(self, query: Query, labels: Mapping[str, str]) -> tuple[IntArray, int]:
        """Returns the numbers of the rows that a query asks for, in its order, and the sum of their tokens.

        One pass answers the list, its count and every later page of it; the page's rows are read by their places.
        """
        key = query.model_copy(update={"text": ""}).address()
        if not query.label and (known := self._found.get(key)) is not None:  # labels change, the ledger does not
            return known
        where, values = self._where(query, labels)
        order = f" ORDER BY {self._order(query)}" if query.sort else ""
        cursor = self._connection.cursor()  # each thread needs its own
        try:
            found = cursor.execute(f"SELECT ledger_row, tokens FROM ledger {where}{order}", values).fetchnumpy()
        finally:
            cursor.close()
        rows = np.asarray(found["ledger_row"], dtype=np.int64)
        answer = rows if query.sort else np.sort(rows), int(np.ma.sum(found["tokens"]) or 0)
        if not query.label:
            with self._lock:
                self._found[key] = answer
                while len(self._found) > HELD:
                    del self._found[next(iter(self._found))]
        return answer

    def row_of(self, key: str) -> int | None:
        """Returns the number of the row with this id."""
        found = self._rows("SELECT ledger_row FROM ledger WHERE id = ? LIMIT 1", [key])
        return int(found[0]["ledger_row"]) if found else None

    def facets(self, column: str, most: int = 200) -> list[tuple[str, int]]:
        """Returns a column's values with their numbers of documents, the most frequent first."""
        with self._lock:
            if column not in self._facets:
                name = self._value(column)
                text = (
                    f"SELECT {name} AS value, count(*) AS documents FROM ledger "
                    f"WHERE value IS NOT NULL AND value <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {int(most)}"
                )
                self._facets[column] = [(row["value"], int(row["documents"])) for row in self._rows(text, [])]
            return self._facets[column]

    def _value(self, column: str) -> str:
        """Returns SQL for a column's values; those of code's language by the names that the report has: `python`."""
        if column != "language":
            return _name(column)
        if self._language is None:
            is_code = f"kind IN {(*CODE_KINDS,)}"
            found = self._rows(f"SELECT DISTINCT language AS name FROM ledger WHERE {is_code} AND language <> ''", [])
            renamed = {row["name"]: name for row in found if (name := canonical(row["name"])) != row["name"]}
            given, names = _listed(renamed), _listed(map(str, renamed.values()))
            self._language = (
                f"CASE WHEN {is_code} AND list_contains({given}, language) "
                f"THEN {names}[list_position({given}, language)] ELSE language END"
                if renamed
                else "language"
            )
        return self._language

    def clusters(self, start: int, number: int) -> list[dict[str, Any]]:
        """Returns clusters of duplicates, the largest first: cluster, documents, kept, sources, tokens, near."""
        text = (
            "SELECT cluster, count(*) AS documents, count(*) FILTER (status = 'kept') AS kept, "
            "count(DISTINCT source) AS sources, sum(tokens) AS tokens, min(jaccard) AS near, "
            "coalesce(any_value(url), any_value(origin_id), any_value(locator)) AS example "
            "FROM ledger WHERE cluster IS NOT NULL GROUP BY cluster HAVING count(*) > 1 "
            "ORDER BY documents DESC, cluster LIMIT ? OFFSET ?"
        )
        return self._rows(text, [number, start])

    def cluster_count(self) -> int:
        """Returns how many clusters have two or more documents."""
        text = "SELECT cluster FROM ledger WHERE cluster IS NOT NULL GROUP BY cluster HAVING count(*) > 1"
        return int(self._rows(f"SELECT count(*) AS number FROM ({text})", [])[0]["number"])

    def members(self, cluster: str, most: int) -> list[dict[str, Any]]:
        """Returns a cluster's documents, the one that survived first, then by likeness."""
        columns = ", ".join(map(_name, (*LISTED, "survivor", "matched", "shard", "row")))
        text = (
            f"SELECT {columns}, ledger_row FROM ledger WHERE cluster = ? "
            "ORDER BY stage = 'deduplicate', jaccard DESC NULLS LAST, ledger_row LIMIT ?"
        )
        return self._rows(text, [cluster, most])

    def rows_of(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Returns the documents with these ids, as LISTED and `ledger_row`; ids that are not there are left out."""
        columns = ", ".join(map(_name, LISTED))
        text = f"SELECT {columns}, ledger_row FROM ledger WHERE id IN (SELECT unnest(?))"
        return {row["id"]: row for row in self._rows(text, [list(keys)])} if keys else {}

    def _rows(self, text: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        cursor = self._connection.cursor()  # each thread needs its own
        try:
            found = cursor.execute(text, list(values))
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        finally:
            cursor.close()

    def _order(self, query: Query) -> str:
        if query.sort not in (*SORTABLE, *self.published.signals):
            raise UsageError(f"sort: the ledger has no signal {query.sort}")
        return f"{_name(query.sort)} {'DESC' if query.down else 'ASC'} NULLS LAST, ledger_row"

    def _where(self, query: Query, labels: Mapping[str, str]) -> tuple[str, list[Any]]:
        parts: list[str] = []
        values: list[Any] = []
        for column in ("status", "stage", "reason", "source", "kind", "language", "cluster"):
            if wanted := getattr(query, column):
                parts.append(f"{self._value(column)} = ?")
                values.append(wanted)
        if query.rule:
            parts.append("list_contains(failed_rules, ?)")
            values.append(query.rule)
        if query.only:
            parts.append("len(failed_rules) = 1")
        if query.q.strip():
            self.warm()
            if self._has_words:
                parts.append("ledger_row IN (SELECT ledger_row FROM searched WHERE contains(words, ?))")
                values.append(query.q.strip().lower())
            else:
                parts.append("(" + " OR ".join(f"contains(lower({name}), ?)" for name in _SEARCHED) + ")")
                values += [query.q.strip().lower()] * len(_SEARCHED)
        if query.label:
            named = [key for key, label in labels.items() if query.label in ("any", "none", label)]
            parts.append(f"id {'NOT ' if query.label == 'none' else ''}IN (SELECT unnest(?::VARCHAR[]))")
            values.append(named)
        self._add_signal(query, parts, values)
        return ("WHERE " + " AND ".join(parts) if parts else ""), values

    def _add_signal(self, query: Query, parts: list[str], values: list[Any]) -> None:
        if not query.signal:
            return
        if query.signal not in (*SORTABLE, *self.published.signals):
            raise UsageError(f"signal: the ledger has no signal {query.signal}")
        parts.append(f"{_name(query.signal)} IS NOT NULL")
        for sign, bound in ((">=", query.at_least), ("<=", query.at_most)):
            if bound is not None:
                parts.append(f"{_name(query.signal)} {sign} ?")
                values.append(bound)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


def _plain(path: str) -> str:
    """Returns a path as a pattern that matches it alone."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _offset(published: Published, files: Sequence[str]) -> str:
    """Returns SQL for the number of the first row of a row's file."""
    import pyarrow.parquet as pq

    cases, before = [], 0
    for path in files:
        cases.append(f"WHEN {_listed([path])[1:-1]} THEN {before}")
        before += pq.read_metadata(path).num_rows
    return f"CASE filename {' '.join(cases)} END"
