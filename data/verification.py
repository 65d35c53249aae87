"""Whether a dataset is still what was published. Every problem names the file it is in."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.account import check_account, count
from data.errors import AccountingError, DamageError, UsageError
from data.fingerprint import file_sha256
from data.ledger import read_ledger
from data.manifest import (
    CURRENT,
    LABELS,
    MANIFEST,
    SEAL,
    list_files,
    read_manifest,
    read_seal,
    seal_of,
    snapshot_folder,
)
from data.token_shards import INDEX, document_ends, open_tokens, read_index


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something that is not as it was published.

    Attributes:
        file: path relative to the dataset's folder.
        what: what was found, and what was expected.
    """

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def verify(folder: Path, deep: bool = False) -> list[Problem]:
    """Returns what is wrong with the dataset in a folder; nothing, if it is whole.

    Args:
        folder: an out folder, a snapshot or a copy of one.
        deep: also read every byte: digests, then rows, ids, tokens and the ledger against each other.

    Raises:
        UsageError: there is no dataset here, nor a trace of one.
    """
    base = snapshot_folder(folder)
    if not (folder / CURRENT).is_symlink() and not (base / MANIFEST).exists() and not (base / SEAL).exists():
        read_manifest(folder)
    problems = list(_check_seal(base))
    if problems:
        return problems
    manifest: dict[str, Any] = json.loads((base / MANIFEST).read_bytes())
    problems = [
        *_check_links(folder, base),
        *_check_files(folder, base, manifest["files"], deep),
        *_check_sums(manifest),
    ]
    if deep and not problems:
        problems = list(_check_content(base, manifest))
    return problems


def _check_seal(base: Path) -> Iterator[Problem]:
    """A manifest that was edited proves nothing, so nothing else is looked at then."""
    if not base.is_dir():
        yield Problem(CURRENT, f"names {base.name}, which is missing")
    elif not (base / MANIFEST).is_file():
        yield Problem(MANIFEST, "is missing")
    elif read_seal(base / SEAL) is None:
        yield Problem(SEAL, f"is missing, or holds no digest of {MANIFEST}")
    elif (found := hashlib.sha256((base / MANIFEST).read_bytes()).hexdigest()) != read_seal(base / SEAL):
        yield Problem(MANIFEST, f"is not what was written: its SHA-256 is not the one in {SEAL}")
    elif (base / SEAL).read_bytes() != seal_of(found).encode():
        yield Problem(SEAL, f"is not what was written: the digest and {MANIFEST}, two blanks between them, a line end")


def _check_links(folder: Path, base: Path) -> Iterator[Problem]:
    """In an out folder, every name leads to the published snapshot."""
    if base == folder:
        return
    names = {entry.name for entry in base.iterdir()}
    for name in sorted(names):
        link = folder / name
        if not os.path.lexists(link):
            yield Problem(name, "its link in the out folder is missing")
        elif not link.is_symlink() or os.readlink(link) != f"{CURRENT}/{name}":
            yield Problem(name, f"does not lead to {CURRENT}/{name}: something else was put in its place")
    for entry in sorted(folder.iterdir()):
        if entry.name not in names and not entry.name.startswith(".") and entry.name != LABELS:
            yield Problem(entry.name, "is not part of the dataset")


def _check_files(folder: Path, base: Path, entries: Mapping[str, Mapping[str, Any]], deep: bool) -> Iterator[Problem]:
    found = {name for name in list_files(base) if name not in (MANIFEST, SEAL)}
    if base == folder:  # a copy may carry the out folder's hidden entries, or a repository's
        found = {name for name in found if not name.startswith(".") and name != LABELS}
    for name in sorted({*entries, *found}):
        path = base / name
        if name not in entries:
            yield Problem(name, "is not part of the dataset: the manifest does not list it")
        elif name not in found:
            yield Problem(name, "is missing")
        elif path.is_symlink():
            yield Problem(name, "is a link; a file was written")
        elif path.stat().st_size != entries[name]["bytes"]:
            yield Problem(name, f"has {path.stat().st_size:,} bytes; {entries[name]['bytes']:,} were written")
        elif deep and file_sha256(path) != entries[name]["sha256"]:
            yield Problem(name, "is damaged: its SHA-256 is not the one in the manifest")


def _check_sums(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        check_account(manifest["counts"], None, manifest["shards"])
        for entry in [*manifest["shards"], *(manifest.get("token_shards") or [])]:
            if manifest["files"][entry["path"]] != {"bytes": entry["bytes"], "sha256": entry["sha256"]}:
                yield Problem(entry["path"], "stands in the manifest twice, with different digests or sizes")
    except AccountingError as error:
        yield Problem(MANIFEST, str(error))
    except KeyError as error:
        yield Problem(MANIFEST, f"says nothing about {error}")


def _check_content(base: Path, manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Reads everything and compares; only for files whose digests are right."""
    try:
        yield from _check_ledger(base, manifest)
        tokens: list[np.ndarray[Any, Any]] = []
        yield from _check_shards(base, manifest["shards"], tokens)
        if manifest.get("token_shards"):
            counted = np.concatenate([np.zeros(0, np.int64), *tokens])
            yield from _check_tokens(base, manifest["token_shards"], counted)
    except (pa.ArrowException, AccountingError, DamageError, UsageError, KeyError, OSError) as error:
        yield Problem(MANIFEST, f"what it lists cannot be read as it says: {error}")


def _check_ledger(base: Path, manifest: Mapping[str, Any]) -> Iterator[Problem]:
    counted = count(read_ledger(base))
    for key, value in counted.items():
        if manifest["counts"].get(key) != value:
            yield Problem("ledger", f"adds up to another {key!r} than {MANIFEST} says")
    ids = _together(table["id"] for table in read_ledger(base, ["id"]))
    if len(pc.unique(ids)) != len(ids):
        yield Problem("ledger", f"{len(ids) - len(pc.unique(ids)):,} ids stand in it more than once")


def _check_shards(
    base: Path, shards: Iterable[Mapping[str, Any]], tokens: list[np.ndarray[Any, Any]]
) -> Iterator[Problem]:
    """Compares each shard with its manifest entry and with the ledger; gathers its token counts."""
    places, copies = _kept_places(base), _Copies(base)
    for shard in shards:
        with pq.ParquetFile(base / shard["path"], page_checksum_verification=True) as file:
            rows = file.read(columns=["id", "tokens"])
        tokens.append(np.asarray(rows["tokens"].to_numpy()).astype(np.int64))
        if rows.num_rows != shard["rows"]:
            yield Problem(shard["path"], f"has {rows.num_rows:,} rows; {shard['rows']:,} were written")
        if int(tokens[-1].sum()) != shard["tokens"]:
            yield Problem(shard["path"], f"has {int(tokens[-1].sum()):,} tokens; {shard['tokens']:,} were written")
        expected = places.filter(pc.equal(places["shard"], shard["path"]))
        numbers = np.asarray(expected["row"].to_numpy())
        all_met = copies.take_others(rows["id"], numbers) and len(numbers) == len(np.unique(numbers))
        if not all_met or not _equal(expected["id"], rows["id"].take(pa.array(numbers))):
            yield Problem(shard["path"], "its rows are not those that the ledger says are there")
    if copies.missing:
        yield Problem("ledger", f"{copies.missing:,} copies of repeated documents are in no shard")
    known = pa.array([shard["path"] for shard in shards], pa.string())
    strays = places.filter(pc.invert(pc.is_in(places["shard"], value_set=known)))
    if strays.num_rows:
        yield Problem("ledger", f"{strays.num_rows:,} kept rows name a shard that does not exist")


def _equal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    return bool(one.combine_chunks().equals(other.combine_chunks()))


class _Copies:
    """The copies after the first of repeated documents, which the ledger counts but gives no places of."""

    def __init__(self, base: Path) -> None:
        self._left: collections.Counter[str] = collections.Counter()
        for table in read_ledger(base, ["id", "copies"]):
            if "copies" in table.schema.names:
                more = table.filter(pc.greater(table["copies"], 1))
                extra = pc.subtract(more["copies"], 1).to_pylist()
                self._left.update(dict(zip(more["id"].to_pylist(), extra, strict=True)))

    @property
    def missing(self) -> int:
        """How many were not met."""
        return sum(self._left.values())

    def take_others(self, ids: pa.ChunkedArray, firsts: np.ndarray[Any, Any]) -> bool:
        """Meets a shard's rows other than the first copies; returns whether all of them are expected."""
        is_first = np.zeros(len(ids), np.bool_)
        if len(firsts) and not 0 <= firsts.min() <= firsts.max() < len(ids):
            return False
        is_first[firsts] = True
        met = collections.Counter(ids.filter(pa.array(~is_first)).to_pylist())
        self._left.subtract(met)
        expected = all(self._left[key] >= 0 for key in met)
        for key in met:
            self._left[key] = max(self._left[key], 0)
        return expected


def _kept_places(base: Path) -> pa.Table:
    """Returns id, shard and row of the ledger's kept rows, by shard and row."""
    columns = ["id", "status", "shard", "row"]
    kept = [table.filter(pc.equal(table["status"], "kept")) for table in read_ledger(base, columns)]
    schema = pa.schema([("id", pa.string()), ("shard", pa.string()), ("row", pa.int64())])
    places = pa.concat_tables([schema.empty_table(), *(table.select(schema.names).cast(schema) for table in kept)])
    return places.sort_by([("shard", "ascending"), ("row", "ascending")])


def _check_tokens(base: Path, shards: Iterable[Mapping[str, Any]], counted: np.ndarray[Any, Any]) -> Iterator[Problem]:
    """Compares the packed tokens with their index and with the text shards' token counts."""
    index = read_index(base)
    first = 0
    for shard in shards:
        ends = document_ends(base, shard).astype(np.int64)
        packed = open_tokens(
            base, {**shard, "tokens": shard["bytes"] // np.dtype(index["dtype"]).itemsize}, index["dtype"]
        )
        lengths = np.diff(ends, prepend=0)
        if len(packed) != shard["tokens"] or len(ends) != shard["rows"] or (len(ends) and ends[-1] != len(packed)):
            yield Problem(shard["path"], f"has {len(packed):,} tokens in {len(ends):,} documents, not what was written")
        elif not np.array_equal(lengths - 1, counted[first : first + len(ends)]):
            yield Problem(shard["path"], "its documents have other lengths than the text shards say")
        elif len(ends) and not bool((packed[ends - 1] == index["eos"]).all()):
            yield Problem(shard["path"], "a document in it does not end in the end token")
        elif len(packed) and int(packed.max()) >= index["vocabulary"]:
            yield Problem(shard["path"], "holds a token beyond the vocabulary")
        first += len(ends)
    if first != len(counted):
        yield Problem(INDEX, f"packs {first:,} documents; the text shards have {len(counted):,}")


def _together(columns: Iterable[pa.ChunkedArray]) -> pa.ChunkedArray:
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pa.chunked_array(chunks, pa.string())
