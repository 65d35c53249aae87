"""What a document is, and the fates that it can meet.

A document's row is born at ingest and keeps its place in its part for good: every later
step writes a file with the same rows in the same order (see `data/parts.py`).
"""

from __future__ import annotations

import json
from typing import Any, Iterable

import orjson
import pyarrow as pa
import xxhash

#: The stages of the road at which a document can leave it, in order.
STAGES = ("ingest", "extract", "judge", "deduplicate", "synthesise", "decontaminate", "mix")

#: How a document can end. "" in a part's status column means: it goes on.
STATUSES = ("kept", "dropped", "quarantined", "not_sampled")

KINDS = ("web", "code", "text", "textbook", "exercise")

#: Rows of an ingest part. `text` is null for pages whose HTML waits in `content`.
DOCUMENT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("origin_id", pa.string()),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("metadata", pa.string(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("content", pa.large_binary()),
        pa.field("content_type", pa.string()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

#: The columns that every step after ingest writes about a row's fate.
FATE_FIELDS = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("status", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("measured", pa.float64()),
    pa.field("threshold", pa.float64()),
]

#: Rows of a part of the step `extract`.
EXTRACT_SCHEMA = pa.schema(
    [
        *FATE_FIELDS,
        pa.field("text", pa.large_string()),
        pa.field("metadata", pa.string()),
        pa.field("language", pa.string()),
        pa.field("licence", pa.string()),
    ]
)

#: What is known of a document that has copies: which belong together, and through which pair.
CLUSTER_FIELDS = [
    pa.field("cluster", pa.string()),
    pa.field("cluster_size", pa.int64()),
    pa.field("survivor", pa.string()),
    pa.field("matched", pa.string()),
    pa.field("jaccard", pa.float64()),
]


def document_id(source: str, locator: str) -> str:
    """Returns the 128-bit id of the record at a place in a source, as 32 hexadecimal digits.

    It depends on the source's name and the record's place only, so it is the same in every
    run, on every machine and for every number of workers.
    """
    return xxhash.xxh3_128_hexdigest(f"{source}\x00{locator}".encode("utf-8", "surrogatepass"))


def to_metadata(values: dict[str, Any]) -> str:
    """Returns a document's metadata as JSON with sorted keys, without null values."""
    kept = values if None not in values.values() else {key: value for key, value in values.items() if value is not None}
    try:
        return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # integers beyond 64 bits, broken strings, objects
        return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def document(
    source: str,
    locator: str,
    *,
    kind: str,
    text: str | None = None,
    content: bytes | None = None,
    content_type: str | None = None,
    origin_id: str | None = None,
    url: str | None = None,
    language: str | None = None,
    licence: str | None = None,
    metadata: dict[str, Any] | None = None,
    status: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """Returns one row of an ingest part (see DOCUMENT_SCHEMA)."""
    return {
        "id": document_id(source, locator),
        "source": source,
        "origin_id": origin_id,
        "locator": locator,
        "url": url,
        "kind": kind,
        "language": language,
        "licence": licence,
        "metadata": to_metadata(metadata or {}),
        "text": text,
        "content": content,
        "content_type": content_type,
        "status": status,
        "reason": reason,
    }


def to_table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Returns rows made by `document` as an Arrow table with DOCUMENT_SCHEMA."""
    return pa.Table.from_pylist(list(rows), schema=DOCUMENT_SCHEMA)
