"""Texts read as the lines and paragraphs that are counted: which are long enough, and the key of each.

Two pieces of text are equal if they have the same 128-bit key: a cryptographic digest of the levelled piece,
combined with one of the group (a domain, say) that is counted together. So nothing has to be confirmed, and the
result does not depend on how documents are divided into parts, nor on their order.
"""

from __future__ import annotations

import hashlib
import urllib.parse
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import Deduplicate, RepeatedText
from filters.buffers import IntArray, joined
from filters.cuts.pieces import BoolArray, Pieces, as_texts, char_lengths, in_fences, join_lines, split_lines
from filters.duplicates.signing import Signer

What = Literal["line", "paragraph"]

#: Where each is in the recipe's `deduplicate`; the number is what stands for it in a table of counts.
WHATS: tuple[What, ...] = ("line", "paragraph")


class Candidates(NamedTuple):
    """The pieces of some texts that are long enough to be counted.

    Attributes:
        what: place in WHATS of each.
        rows: the text that each is of; ascending for lines, then again for paragraphs.
        pieces: its number among the lines, or among the paragraphs.
        high, low: its key.
    """

    what: npt.NDArray[np.int8]
    rows: IntArray
    pieces: IntArray
    high: IntArray
    low: IntArray


class Reading(NamedTuple):
    """Some texts as lines and paragraphs."""

    texts: pa.Array
    groups: dict[What, list[str]]
    lines: Pieces
    blank: BoolArray
    paragraphs: Pieces
    paragraph_of: IntArray
    candidates: Candidates


class RepeatReader:
    """Reads texts as the settings want lines and paragraphs counted."""

    def __init__(self, settings: Deduplicate) -> None:
        given: dict[What, RepeatedText | None] = {"line": settings.lines, "paragraph": settings.paragraphs}
        self.wanted: dict[What, RepeatedText] = {what: entry for what, entry in given.items() if entry is not None}
        self._signers = {
            what: Signer(Deduplicate(near=False, ignore_punctuation=entry.equal == "words"))
            for what, entry in self.wanted.items()
            if entry.equal != "verbatim"
        }

    def read(self, table: pa.Table) -> Reading:
        """Returns texts as pieces with keys; code between fences is left alone, fences included.

        Args:
            table: `text`, `kind`, `source`, `url`.
        """
        texts = joined(table["text"]).fill_null("")
        lines = split_lines(texts)
        line_chars = char_lengths(as_texts(lines, texts))
        blank = line_chars == 0
        fenced = in_fences(lines, texts)
        paragraphs, paragraph_of = join_lines(lines, blank)
        groups = {what: group_names(table, entry) for what, entry in self.wanted.items()}
        found = []
        for what, entry in self.wanted.items():
            pieces = lines if what == "line" else paragraphs
            chars = line_chars if what == "line" else char_lengths(as_texts(pieces, texts))
            looked_at = np.array([kind in entry.kinds for kind in table["kind"].to_pylist()], dtype=np.bool_)
            code = fenced if what == "line" else np.bincount(paragraph_of[fenced], minlength=len(chars)) > 0
            numbers = np.flatnonzero((chars >= entry.min_chars) & looked_at[pieces.rows] & ~code)
            high, low, telling = self._keys(what, as_texts(pieces, texts).take(pa.array(numbers)))
            numbers = numbers[telling]
            rows = pieces.rows[numbers]
            group_high, group_low = _group_keys(what, groups[what])
            place = np.full(len(rows), WHATS.index(what), dtype=np.int8)
            found.append(Candidates(place, rows, numbers, high ^ group_high[rows], low ^ group_low[rows]))
        whole = Candidates(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
        return Reading(texts, groups, lines, blank, paragraphs, paragraph_of, whole)

    def _keys(self, what: What, pieces: pa.Array) -> tuple[IntArray, IntArray, IntArray]:
        """Returns the keys of the pieces that levelling leaves something of, and which these are."""
        signer = self._signers.get(what)
        if signer is None:
            stripped = pc.utf8_trim_whitespace(pieces).cast(pa.large_binary()).to_pylist()
            digests = [hashlib.sha256(piece).digest()[:16] for piece in stripped]
            return *_halves(b"".join(digests)), np.arange(len(digests))
        exact = signer.sign(pa.table({"id": pa.nulls(len(pieces), pa.string()), "text": pieces}))["exact"]
        return *_halves(b"".join(exact.drop_null().to_pylist())), np.flatnonzero(np.asarray(exact.is_valid()))


def _halves(digests: bytes) -> tuple[IntArray, IntArray]:
    numbers = np.frombuffer(digests, dtype="<i8")
    return numbers[0::2], numbers[1::2]


def _group_keys(what: What, groups: list[str]) -> tuple[IntArray, IntArray]:
    """Returns what the keys of each text's pieces are combined with."""
    names = sorted(set(groups))
    place = {name: number for number, name in enumerate(names)}
    hashed = (hashlib.sha256(f"{what}\0{name}".encode("utf-8", "surrogatepass")).digest()[:16] for name in names)
    high, low = _halves(b"".join(hashed))
    of_row = np.array([place[group] for group in groups], dtype=np.int64)
    return high[of_row], low[of_row]


def group_names(table: pa.Table, entry: RepeatedText) -> list[str]:
    """Returns which documents each one is counted with: `example.org`, or `source NAME`, or "" for all."""
    if entry.within == "corpus":
        return [""] * table.num_rows
    sources = [f"source {name}" for name in table["source"].to_pylist()]
    if entry.within == "source":
        return sources
    urls = table["url"].to_pylist()
    domain_of = {url: _domain(url) for url in set(urls) if url}
    return [domain_of.get(url) or source for url, source in zip(urls, sources, strict=True)]


def _domain(url: str) -> str | None:
    """Returns the registered domain of a URL, else its host: a name of one's own network, or a number."""
    from filters.probes.url_hosts import registered_and_host

    domain, host = registered_and_host(url)
    try:
        return domain or host or urllib.parse.urlsplit(url).hostname
    except ValueError:
        return None
