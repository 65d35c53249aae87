"""What copies are ranked by beside quality, priority and length: how free their licence is, and how recent they are."""

from __future__ import annotations

import datetime
import json
import re

import pyarrow as pa

#: SPDX identifiers, in lower case, of licences that ask for no more than attribution.
_PERMISSIVE = (
    "0bsd afl-3.0 apache-2.0 artistic-2.0 blueoak-1.0.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 "
    "cc-by-2.0 cc-by-3.0 cc-by-4.0 cc0-1.0 isc mit mit-0 ms-pl ncsa postgresql psf-2.0 python-2.0 unlicense upl-1.0 "
    "w3c wtfpl x11 zlib"
)

PERMISSIVE = frozenset(_PERMISSIVE.split())

#: Metadata that say when a document was written, or at least read.
DATES = ("published", "date")


def rank_licences(licences: pa.ChunkedArray) -> pa.Array:
    """Returns 2 for a permissive licence, 1 for another one, 0 where none is stated."""
    encoded = licences.combine_chunks().dictionary_encode()
    ranks = [_licence_rank(name or "") for name in encoded.dictionary.to_pylist()]
    return pa.array(ranks, pa.float64()).take(encoded.indices).fill_null(0.0)


def _licence_rank(licence: str) -> float:
    """Of alternatives (MIT OR GPL-2.0) one permissive is enough; where all hold (AND), all must be."""
    if not licence.strip():
        return 0.0
    for alternative in re.split(r"\s+or\s+|/", licence.strip().lower()):
        if all(name.strip("() ") in PERMISSIVE for name in re.split(r"\s+and\s+", alternative)):
            return 2.0
    return 1.0


def rank_dates(metadata: pa.ChunkedArray) -> pa.Array:
    """Returns the day that each document's metadata name, counted from the year 1; null where none."""
    return pa.array([_day(json.loads(entry)) for entry in metadata.to_pylist()], pa.float64())


def _day(metadata: dict[str, object]) -> float | None:
    for name in DATES:
        match = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(metadata.get(name, "")))
        if match:
            try:
                return float(datetime.date(*map(int, match.groups())).toordinal())
            except ValueError:  # 2023-02-30
                continue
    return None
