"""Packed token shards: each document's tokens and an end token, one after the other.

The layout is datatrove's, so that its readers and nanotron's open the files as they are:
`X.ds` holds the tokens (little-endian uint16, or uint32 for a vocabulary above 65,536),
`X.ds.index` the place after each document's end token (uint64, in tokens), `X.ds.metadata`
three lines of text. `index.json` tells the rest. Documents stand in the text shards' order:
token shard document `first_document + k` is row number `first_document + k` of all text shards.

Source: datatrove 0.10.1, pipeline/tokens/tokenizer.py and utils/dataset.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.atomic import atomic_path, atomic_write
from data.errors import DamageError, ModelError
from data.fingerprint import file_sha256
from data.parts import BATCH_BYTES
from data.recipe import Shards
from data.shards import ShardPlan, cut, in_order

#: The index of all token shards, relative to the dataset's folder.
INDEX = "tokens/index.json"


def plan_token_shards(rows: pa.Table, settings: Shards, seed: int) -> ShardPlan:
    """Cuts the final order of the kept documents into token shards.

    Args:
        rows: `id` and `tokens` of every kept document, in the order of the parts, and `copies` where some are repeated.
        settings: how many tokens a shard may have, end tokens included.
        seed: the recipe's seed.
    """
    sizes = np.asarray(rows["tokens"].to_numpy()).astype(np.int64) + 1
    return cut(rows, sizes, seed, settings.tokens, None, "tokens/train", ".ds")


def write_token_shards(
    folder: Path,
    made: ShardPlan,
    batches: Iterable[pa.Table],
    work: Path,
    *,
    vocabulary: int,
    eos: int,
    sequence: int,
    tokenizer: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Writes the token shards and their index.

    Args:
        folder: the dataset's folder; shards go to `folder/tokens`.
        made: the plan.
        batches: tables with `id` and `token_ids`, together the planned rows in their order.
        work: a folder for temporary files, emptied before and after.
        vocabulary: every token id is below it.
        eos: the token after each document.
        sequence: length of the training sequences to count.
        tokenizer: `path` and `sha256` of the tokenizer, for the index.

    Returns:
        `path, rows, tokens, sequences, bytes, sha256` of each shard; tokens with end tokens.
        A sequence is a window of `sequence` + 1 tokens, inputs and targets one token apart, as
        datatrove's reader cuts them.
    """
    kind = np.dtype("<u2" if vocabulary <= 2**16 else "<u4")
    selected = (batch.select(["id", "token_ids"]) for batch in batches)
    written = []
    # A token takes six bytes on its way: four in the temporary file and at most four when written.
    for path, groups in in_order(made, selected, work, BATCH_BYTES // 4):
        with atomic_path(folder / path) as temporary:
            ends = _write_tokens(temporary, groups, kind, vocabulary, eos)
            sha256, size = file_sha256(temporary), temporary.stat().st_size
        total = int(ends[-1]) if len(ends) else 0
        atomic_write(folder / f"{path}.index", ends.astype("<u8").tobytes())
        metadata = f"{Path(tokenizer['path']).name}|{kind.itemsize}\n{total}\n{total / 1e9:.6f} GT"
        atomic_write(folder / f"{path}.metadata", metadata)
        entry = {"path": path, "rows": len(ends), "tokens": total, "sequences": total // (sequence + 1)}
        written.append({**entry, "bytes": size, "sha256": sha256})
    index = _index(written, kind, vocabulary, eos, sequence, tokenizer)
    atomic_write(folder / INDEX, json.dumps(index, indent=1, sort_keys=True) + "\n")
    return written


def read_index(folder: Path) -> dict[str, Any]:
    """Returns `tokens/index.json` of a dataset."""
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_bytes())
    except (OSError, ValueError) as error:
        raise DamageError(f"{folder / INDEX}: cannot be read: {error}") from error
    return index


def open_tokens(folder: Path, shard: Mapping[str, Any], dtype: str) -> npt.NDArray[Any]:
    """Returns a shard's tokens, left on disk until they are used; shape (tokens,)."""
    path = folder / shard["path"]
    if not shard["tokens"]:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype=np.dtype(dtype).newbyteorder("<"), mode="r", shape=(shard["tokens"],))


def document_ends(folder: Path, shard: Mapping[str, Any]) -> npt.NDArray[np.uint64]:
    """Returns the place after each document's end token; shape (documents,)."""
    return np.fromfile(folder / f"{shard['path']}.index", dtype="<u8")


def document_at(folder: Path, number: int, place: int) -> tuple[int, int, int]:
    """Answers which document a packed token belongs to.

    Args:
        folder: the dataset.
        number: the token shard's number.
        place: the token's place in that shard.

    Returns:
        The document's number among all kept ones (rows of the text shards, one after the
        other), and where it begins and ends in the token shard, end token included.
    """
    shard = read_index(folder)["shards"][number]
    if not 0 <= place < shard["tokens"]:
        raise IndexError(f"{shard['path']} has {shard['tokens']} tokens; there is no token {place}")
    ends = document_ends(folder, shard)
    document = int(np.searchsorted(ends, place, side="right"))
    begin = int(ends[document - 1]) if document else 0
    return shard["first_document"] + document, begin, int(ends[document])


def _write_tokens(
    path: Path, groups: Iterator[pa.Table], kind: np.dtype[Any], vocabulary: int, eos: int
) -> npt.NDArray[np.int64]:
    """Writes the documents' tokens and returns where each one ends."""
    ends, total = [np.zeros(0, np.int64)], 0
    with path.open("wb") as file:
        for group in groups:
            lists = group["token_ids"].combine_chunks()
            if lists.null_count:
                raise ModelError(f"{path.name}: {lists.null_count} kept documents were never tokenised")
            values = np.asarray(lists.flatten().to_numpy(zero_copy_only=False))
            if len(values) and int(values.max()) >= vocabulary:
                raise ModelError(f"token {int(values.max())} is beyond the vocabulary of {vocabulary}")
            lengths = np.asarray(lists.value_lengths().to_numpy(zero_copy_only=False)).astype(np.int64)
            stops = np.cumsum(lengths)
            file.write(np.insert(values, stops, eos).astype(kind).tobytes())
            ends.append(total + stops + np.arange(1, len(stops) + 1))
            total += len(values) + len(stops)
    return np.concatenate(ends)


def _index(
    shards: list[dict[str, Any]],
    kind: np.dtype[Any],
    vocabulary: int,
    eos: int,
    sequence: int,
    tokenizer: Mapping[str, Any],
) -> dict[str, Any]:
    entries, first = [], 0
    for shard in shards:
        entries.append({**shard, "ends": f"{shard['path']}.index", "first_document": first})
        first += shard["rows"]
    return {
        "layout": "datatrove .ds: little-endian tokens, end token after each document, no padding",
        "dtype": kind.name,
        "eos": eos,
        "vocabulary": vocabulary,
        "sequence": sequence,
        "window": sequence + 1,
        "tokenizer": dict(tokenizer),
        "documents": first,
        "tokens": sum(shard["tokens"] for shard in shards),
        "sequences": sum(shard["sequences"] for shard in shards),
        "shards": entries,
    }
