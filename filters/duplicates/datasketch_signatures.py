"""Signatures that are datasketch's, bit for bit; the one owner of datasketch.

They load into its LSH, LSHForest and LSHEnsemble, with any of its storages, and compare with
those that its own `MinHash` makes of `shingles(text, ngram)` by the same seed, permutations and hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.errors import UsageError, did_you_mean
from filters.buffers import text_buffers
from filters.shingles import words

Scheme = Literal["affine32", "affine64", "legacy"]
Signatures = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

#: Gets a shingle, returns a number of 32 bits (affine64: of 64), as datasketch's `hashfunc`.
HashFunction = Callable[[bytes], int]

#: Text signed at a time.
BATCH_TEXTS = 1024


def shingles(text: str, ngram: int = 5) -> list[bytes]:
    """Returns what is hashed: runs of words, levelled and one space apart, as UTF-8; none of a shorter text."""
    found = words(text)
    return [" ".join(found[place : place + ngram]).encode() for place in range(len(found) - ngram + 1)]


def sign(
    texts: Iterable[str | None],
    *,
    ngram: int = 5,
    permutations: int = 128,
    seed: int = 1,
    scheme: Scheme = "affine32",
    hash_function: HashFunction | None = None,
) -> Signatures:
    """Returns the texts' signatures, as `datasketch.MinHash` makes them of their shingles.

    Args:
        texts: null is a text without words.
        ngram: words of a shingle.
        permutations: datasketch's `num_perm`.
        seed: datasketch's.
        scheme: datasketch's: affine32, affine64, or legacy (that of datasketch 1).
        hash_function: datasketch's `hashfunc`; None: SHA-1, its default, compiled.

    Returns:
        shape (texts, permutations); uint32 for affine32, else uint64. A text without shingles
        has the signature of an empty MinHash: the highest number throughout.

    Raises:
        UsageError: the scheme is unknown, or a number is below 1.
    """
    if scheme not in get_args(Scheme):
        raise UsageError(f"scheme: unknown {scheme!r}.{did_you_mean(scheme, get_args(Scheme))}")
    if ngram < 1 or permutations < 1:
        raise UsageError(f"ngram {ngram}, permutations {permutations}: at least 1")
    empty = _minhash(permutations, seed, scheme)
    given = [text or "" for text in texts]
    minima: Signatures = np.tile(empty.hashvalues, (len(given), 1))
    for begin in range(0, len(given), BATCH_TEXTS):
        rows = minima[begin : begin + BATCH_TEXTS]
        some = given[begin : begin + BATCH_TEXTS]
        if hash_function is None:
            _sign_sha1(some, ngram, scheme, empty.permutations, rows)
        else:
            _sign_hashed(some, ngram, scheme, empty.permutations, rows, hash_function)
    return minima


def to_minhashes(
    signatures: Signatures, *, seed: int = 1, scheme: Scheme = "affine32", hash_function: HashFunction | None = None
) -> list[Any]:
    """Returns `datasketch.MinHash` objects with these signatures; seed, scheme and hash as they were made with."""
    from datasketch import MinHash

    permutations = _minhash(signatures.shape[1], seed, scheme).permutations
    return [
        MinHash(seed=seed, hashfunc=hash_function, hashvalues=row, permutations=permutations, scheme=scheme)
        for row in signatures
    ]


def _minhash(permutations: int, seed: int, scheme: Scheme) -> Any:
    from datasketch import MinHash

    return MinHash(num_perm=permutations, seed=seed, scheme=scheme)


def _lower(scheme: Scheme) -> Any:
    from filters.kernels.datasketch import lower_32, lower_64, lower_legacy

    return {"affine32": lower_32, "affine64": lower_64, "legacy": lower_legacy}[scheme]


def _sign_sha1(
    texts: Sequence[str], ngram: int, scheme: Scheme, permutations: npt.NDArray[Any], minima: Signatures
) -> None:
    from filters.kernels.datasketch import sign_words

    data, offsets = text_buffers(pa.array([" ".join(words(text)) for text in texts], pa.large_string()))
    sign_words(data, offsets, ngram, _lower(scheme), np.ascontiguousarray(permutations), minima)


def _sign_hashed(
    texts: Sequence[str],
    ngram: int,
    scheme: Scheme,
    permutations: npt.NDArray[Any],
    minima: Signatures,
    hash_function: HashFunction,
) -> None:
    lower, width = _lower(scheme), 64 if scheme == "affine64" else 32
    for text, row in zip(texts, minima, strict=True):
        hashes = [hash_function(shingle) for shingle in shingles(text, ngram)]
        if hashes and not 0 <= min(hashes) <= max(hashes) < 1 << width:
            raise UsageError(f"hash_function: gave a number that {scheme} cannot hold; at most {width} bits")
        lower(np.array(hashes, dtype=np.uint64), len(hashes), np.ascontiguousarray(permutations), row)
