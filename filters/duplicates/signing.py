"""Signatures: what duplicates are found by, made for each text on its own, without a Python object per word.

A `Signer` is made once for some settings and signs any number of tables. It also cuts texts into
the sets of shingles that pairs are confirmed by.

- Levelled: NFC, case-folded, white space collapsed and stripped; see `filters/levelling.py`.
- A word is a run of letters, digits and underscores (`\\w`, with combining accents).
- A character is one of the levelled text, white space included.
- A code token is a name or number (ASCII letters, digits, `_`, all beyond ASCII) or a single other sign; case counts.
- A text too short for a shingle is compared for equality only, by its short form, in which white space
  counts only between two words: `return x+y` equals `return x + y`.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import Deduplicate
from data.keyed import keyed_hash
from filters.buffers import ByteArray, IntArray, joined, text_buffers
from filters.duplicates.code_words import SPELLINGS
from filters.levelling import GROWTH, level_tables, words_alphabet

UInt32Array = npt.NDArray[np.uint32]
UInt64Array = npt.NDArray[np.uint64]

#: Levelled text that is digested at a time, beside one long text.
ROOM_BYTES = 2**20

#: Changes whenever equal texts get other signatures than before.
SIGNATURE_VERSION = 3

_MODES = {"words": 0, "characters": 1, "code": 2, "masked_code": 3}
#: More than any text has, so that none has a shingle.
_NEVER = 2**31
_EVERY_BIT = (1 << 64) - 1
_MULTIPLIER = 0x9E3779B97F4A7C15


class ShingleSets(NamedTuple):
    """The distinct shingle hashes of some texts: text i has values[starts[i] : ends[i]], in no order."""

    values: UInt64Array
    starts: IntArray
    ends: IntArray

    def of(self, text: int) -> UInt64Array:
        """Returns the hashes of one text."""
        return self.values[self.starts[text] : self.ends[text]]


def permutations(count: int, seed: int) -> tuple[UInt32Array, UInt32Array]:
    """Returns a multiplier (odd) and an offset for each permutation, each of shape (count,)."""
    drawn = [keyed_hash(seed, "minhash", str(number)) for number in range(count)]
    table = np.array(drawn, dtype=np.uint64)
    return (table >> np.uint64(32)).astype(np.uint32) | np.uint32(1), table.astype(np.uint32)


def hash_unit(levelled: bytes) -> int:
    """Returns the hash of a levelled word or of a code token, as the kernels make it."""
    running = 0
    for byte in levelled:
        running = ((running ^ byte) * _MULTIPLIER) & _EVERY_BIT
    return spread(running)


def spread(value: int) -> int:
    """Returns 64 bits spread evenly, one to one (the finaliser of splitmix64)."""
    value ^= value >> 30
    value = (value * 0xBF58476D1CE4E5B9) & _EVERY_BIT
    value ^= value >> 27
    value = (value * 0x94D049BB133111EB) & _EVERY_BIT
    return value ^ (value >> 31)


def band_names(bands: int) -> list[str]:
    """Returns the names of the columns that hold the bands' keys."""
    return [f"band_{number:05d}" for number in range(bands)]


class Signer:
    """Signs texts by some settings, and cuts them into shingle sets."""

    def __init__(self, settings: Deduplicate) -> None:
        self.settings = settings
        entries = [settings.shingles_of(None), *settings.by_kind.values()]
        self._kinds: list[str] = ["", *map(str, settings.by_kind)]
        modes = [(_MODES[entry.shingles], entry.ngram if settings.near else _NEVER) for entry in entries]
        # The salt keeps shingles of different kinds apart.
        self._forms = np.array([(mode, ngram, mode * 2**32 + ngram) for mode, ngram in modes], dtype=np.int64)
        alphabet, folds = level_tables()
        self._tables = (words_alphabet() if settings.ignore_punctuation else alphabet, folds, _keyword_table())
        self._seeds = permutations(settings.bands * settings.rows, settings.seed)

    def sign(self, table: pa.Table, *, signatures: bool = False) -> pa.Table:
        """Returns what duplicates are found by, for each row's text on its own.

        Args:
            table: `id` and `text` (null: no text); `kind` if the settings go by kind.
            signatures: also return the signatures that the bands are made of.

        Returns:
            `id`; `exact`, 16 bytes that only equal texts share (null for empty text, or if not wanted);
            `band_00000` …, a 64-bit key for each band (null for text too short for a shingle); if wanted
            `signature`, bands × rows 32-bit minima, little-endian, null where the keys are.
        """
        settings, rows = self.settings, table.num_rows
        texts, form_of = joined(table["text"]).fill_null(""), self._forms_of(table)
        width = settings.bands * settings.rows
        minima = np.empty((rows if signatures else 1, width), dtype=np.uint32)
        keys = np.zeros((rows, settings.bands if settings.near else 1), dtype=np.uint64)
        shingles = np.zeros(rows, dtype=np.int64)
        digests: list[bytes | None] = [None] * rows
        self._sign_texts(texts, form_of, (minima, keys, shingles), digests, certain=False)
        unsure = np.flatnonzero(shingles < 0)
        if len(unsure):
            self._sign_unsure(texts, form_of, unsure, (minima, keys, shingles), digests)
        if settings.exact:
            _digest_blank(table["text"], digests)
        none = shingles == 0
        columns = {"id": table["id"].cast(pa.string()), "exact": pa.array(digests, pa.binary(16))}
        if settings.near:
            by_band = np.ascontiguousarray(keys.T)
            columns |= {name: pa.array(by_band[k], mask=none) for k, name in enumerate(band_names(settings.bands))}
            if signatures:
                packed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * width), rows, [None, pa.py_buffer(minima)])
                columns["signature"] = pc.if_else(pa.array(~none), packed, None)
        return pa.table(columns)

    def shingle_sets(self, table: pa.Table) -> ShingleSets:
        """Returns the distinct shingle hashes of each row's text.

        Args:
            table: `text` and, if the settings go by kind, `kind`.
        """
        texts, form_of = joined(table["text"]).fill_null(""), self._forms_of(table)
        sets = self._cut_texts(texts, form_of, certain=False)
        unsure = np.flatnonzero(sets.ends < 0)
        if not len(unsure):
            return sets
        # Those that may not be in NFC again, behind the others.
        again = self._cut_texts(_composed(texts, unsure), form_of[unsure], certain=True)
        sets.starts[unsure] = again.starts + len(sets.values)
        sets.ends[unsure] = again.ends + len(sets.values)
        return ShingleSets(np.concatenate((sets.values, again.values)), sets.starts, sets.ends)

    def _cut_texts(self, texts: pa.Array, form_of: npt.NDArray[np.uint8], *, certain: bool) -> ShingleSets:
        from filters.kernels.minhash import cut_texts

        data, offsets = text_buffers(texts)
        room = GROWTH * int(np.diff(offsets).max(initial=0)) + 64
        slots = np.empty(_power_of_two(2 * room), dtype=np.uint64)
        out, units = np.empty(room, dtype=np.uint8), np.empty(room, dtype=np.uint64)
        values = np.empty(GROWTH * int(offsets[-1] - offsets[0]) + 64, dtype=np.uint64)  # most of it is never touched
        starts, ends, size = cut_texts(
            data, offsets, self._forms, form_of, self._tables, certain, out, units, values, slots
        )
        return ShingleSets(values[:size], starts, ends)

    def _forms_of(self, table: pa.Table) -> npt.NDArray[np.uint8]:
        """Returns for each row which of the forms its kind has."""
        if len(self._kinds) == 1:
            return np.zeros(table.num_rows, dtype=np.uint8)
        kinds = pc.index_in(table["kind"].cast(pa.string()), pa.array(self._kinds)).fill_null(0)
        return np.asarray(kinds).astype(np.uint8)

    def _sign_texts(
        self,
        texts: pa.Array,
        form_of: npt.NDArray[np.uint8],
        found: tuple[UInt32Array, UInt64Array, IntArray],
        digests: list[bytes | None],
        *,
        certain: bool,
    ) -> None:
        """Fills in what is found about some texts; -1 shingles for one that may not be in NFC."""
        from filters.kernels.minhash import sign_texts

        settings = self.settings
        data, offsets = text_buffers(texts)
        longest = int(np.diff(offsets).max(initial=0))
        out = np.empty(ROOM_BYTES + GROWTH * longest, dtype=np.uint8)
        ends = np.zeros(len(texts), dtype=np.int64)
        room = (out, ends, np.empty(GROWTH * longest + 64, dtype=np.uint64))
        options, short_form = (certain, settings.exact), settings.near
        first = 0
        while first < len(texts):
            after = sign_texts(
                data, offsets, first, self._forms, form_of, self._tables, options, short_form, self._seeds, found, room
            )
            if settings.exact:
                _digest(out, ends[first:after], digests, first)
            first = after

    def _sign_unsure(
        self,
        texts: pa.Array,
        form_of: npt.NDArray[np.uint8],
        unsure: IntArray,
        found: tuple[UInt32Array, UInt64Array, IntArray],
        digests: list[bytes | None],
    ) -> None:
        """Signs the texts that may not be in NFC, after Python has put them into it."""
        minima, keys, shingles = found
        own = (
            minima[unsure] if len(minima) == len(texts) and len(texts) > 1 else minima.copy(),
            np.zeros((len(unsure), keys.shape[1]), dtype=np.uint64),
            np.zeros(len(unsure), dtype=np.int64),
        )
        own_digests: list[bytes | None] = [None] * len(unsure)
        self._sign_texts(_composed(texts, unsure), form_of[unsure], own, own_digests, certain=True)
        if len(minima) == len(texts):
            minima[unsure] = own[0]
        keys[unsure], shingles[unsure] = own[1], own[2]
        for row, value in zip(unsure.tolist(), own_digests, strict=True):
            digests[row] = value


def _composed(texts: pa.Array, numbers: IntArray) -> pa.Array:
    """Returns some of the texts in NFC."""
    strings = texts.take(pa.array(numbers)).to_pylist()
    return pa.array([unicodedata.normalize("NFC", text) for text in strings], pa.large_string())


def _digest_blank(texts: pa.Array | pa.ChunkedArray, digests: list[bytes | None]) -> None:
    """Fills in the digests of texts of white space alone: such a text equals the very same one."""
    none = [place for place, digest in enumerate(digests) if digest is None]
    for place, text in zip(none, texts.take(pa.array(none, pa.int64())).to_pylist(), strict=True):
        if text and not text.strip():
            digests[place] = hashlib.sha256(b"\0" + text.encode()).digest()[:16]


def _digest(out: ByteArray, ends: IntArray, digests: list[bytes | None], first: int) -> None:
    # A keyless cryptographic hash: equal digests need no confirmation, not even against an adversary.
    levelled, begin = out.data, 0
    for place, end in enumerate(ends.tolist(), first):
        if end > begin:
            digests[place] = hashlib.sha256(levelled[begin:end]).digest()[:16]
        begin = end


@functools.cache
def _keyword_table() -> UInt64Array:
    from filters.kernels.sets import make_set

    table: UInt64Array = make_set(np.array([hash_unit(word.encode()) for word in SPELLINGS], dtype=np.uint64))
    return table


def _power_of_two(least: int) -> int:
    return 1 << max(6, (least - 1).bit_length())
