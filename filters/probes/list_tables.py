"""Lists as what URLs are looked up in: sets of hashes, and tries of substrings.

The set of a list that stands in files is kept in the cache folder, named by the SHA-256 of its
files, and mapped into memory: 4.6 million domains are read in two seconds once, and after that
by any number of workers in no time and in the same 67 MB.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.atomic import atomic_path
from data.compiled import cache_folder
from data.lists import EntryList
from filters.buffers import read_only, text_buffers
from filters.kernels.lists import hash_entry, hash_lines
from filters.kernels.sets import hash_bytes, make_set, make_trie
from filters.probes.url_hosts import to_ascii, to_bytes, with_ascii_host

UInt64Array = npt.NDArray[np.uint64]

#: Raised when entries are hashed in another way.
VERSION = 1

_OTHERS = re.compile("[^a-zA-Z0-9]+")


@functools.lru_cache(maxsize=64)
def prepare(key: str, entries: EntryList, fold: bool) -> Any:
    """Returns a list as what it is looked up in, read-only.

    Args:
        key: the setting: domains, urls, curated_hosts, hard_words, soft_words (sets), substrings (a trie).
        entries: the list.
        fold: whether case does not count; see `kernels/listed_urls.py`.

    Raises:
        UsageError: a file is gone, damaged, or has changed.
    """
    if key in ("substrings", "hard_words", "soft_words"):
        words = [word for word in map(_letters, entries.entries()) if word]
        if key == "substrings":
            return tuple(map(read_only, make_trie(*text_buffers(pa.array(words, pa.large_binary())))))
        hashes = [hash_bytes(read_only(to_bytes(word)), 0, len(word)) for word in words]
        return read_only(make_set(np.array(hashes, dtype=np.uint64)))
    if not entries.files:
        return read_only(_build(entries, key == "urls", fold))
    kind = "urls" if key == "urls" else "domains"
    return read_only(_kept(f"{kind}-{VERSION}-{entries.digest}-{'folded' if fold else 'exact'}", entries, fold))


def _kept(name: str, entries: EntryList, fold: bool) -> UInt64Array:
    """Returns a list's set from the cache folder, mapped into memory; builds and keeps it if it is not there."""
    folder = cache_folder()
    if folder is None:
        return _build(entries, name.startswith("urls"), fold)
    path = folder / "lists" / f"{name}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # not there, cut short, not ours: made again
        mapped: UInt64Array = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
        return mapped
    table = _build(entries, name.startswith("urls"), fold)
    # Without room for it every process makes its own.
    with contextlib.suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, table)
    return table


def _letters(entry: str) -> bytes:
    """Returns the ASCII letters and digits of a word, which are all that is compared, in lower case."""
    return _OTHERS.sub("", entry).lower().encode()


def _build(entries: EntryList, whole_urls: bool, fold: bool) -> UInt64Array:
    """Returns the set of a list of domains or URLs."""
    pieces = [np.zeros(0, dtype=np.uint64)]
    for content in entries.contents():
        hashes, odd = hash_lines(read_only(to_bytes(content)), whole_urls, fold)
        lines = [content[begin:end].decode("utf-8", "replace").strip() for begin, end in odd.tolist()]
        pieces += [hashes, np.array([_hash_odd(line, whole_urls, fold) for line in lines], dtype=np.uint64)]
    table: UInt64Array = make_set(np.concatenate(pieces))
    return table


def _hash_odd(line: str, whole_urls: bool, fold: bool) -> int:
    """Returns the hash of an entry that is not ASCII."""
    if fold:
        line = with_ascii_host(line) if whole_urls else to_ascii(line.removeprefix("*."))
    data = line.encode()
    return int(hash_entry(read_only(to_bytes(data)), 0, len(data), whole_urls, fold, np.empty(len(data) + 1, np.uint8)))
