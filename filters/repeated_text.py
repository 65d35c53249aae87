"""Lines and paragraphs that many documents of a domain have in common: counted part by part, added up, then cut.

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
from filters.pieces import (
    BoolArray,
    Pieces,
    Ranges,
    as_texts,
    char_lengths,
    in_fences,
    join_lines,
    ranges_of,
    split_lines,
    with_stranded_blanks,
)
from filters.signing import Signer

What = Literal["line", "paragraph"]

#: Where each is in the recipe's `deduplicate`; the number is what stands for it in a table of counts.
WHATS: tuple[What, ...] = ("line", "paragraph")

#: Counts of pieces, sorted by key. `documents` and `copies` say how often, `best` is the smallest rank of a document.
COUNTS = pa.schema(
    [
        pa.field("high", pa.int64(), nullable=False),
        pa.field("low", pa.int64(), nullable=False),
        pa.field("what", pa.int8(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),
        pa.field("best", pa.int64(), nullable=False),
    ]
)

#: What `phimill` shows of a piece that was cut.
SHOWN_CHARS = 500


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
    from filters.url_hosts import registered_and_host

    domain, host = registered_and_host(url)
    try:
        return domain or host or urllib.parse.urlsplit(url).hostname
    except ValueError:
        return None


def count_pieces(
    keys: tuple[IntArray, IntArray], what: npt.NDArray[np.int8], documents: IntArray, ranks: IntArray
) -> pa.Table:
    """Returns how often each piece stands in some documents; see COUNTS.

    Args:
        keys: high and low half of each piece's key.
        what: place in WHATS of each.
        documents: the number of the document that each stands in.
        ranks: by document; the best one has the smallest rank.
    """
    high, low = keys
    order = np.lexsort((documents, low, high))
    high, low, documents = high[order], low[order], documents[order]
    starts = _starts(high, low)
    new_document = np.ones(len(high), dtype=np.int64)
    new_document[1:] = documents[1:] != documents[:-1]
    new_document[starts] = 1
    columns = {
        "high": high[starts],
        "low": low[starts],
        "what": what[order][starts],
        "documents": _sums(new_document, starts),
        "copies": np.diff(np.append(starts, len(high))),
        "best": np.minimum.reduceat(ranks[documents], starts) if len(starts) else starts,
    }
    return pa.table(columns, schema=COUNTS)


def add_up(tables: list[pa.Table], settings: Deduplicate) -> pa.Table:
    """Returns the counts of some parts' pieces together, of those alone that stand in enough documents."""
    table = pa.concat_tables([COUNTS.empty_table(), *tables]).combine_chunks()
    values = {name: np.asarray(table[name]) for name in COUNTS.names}
    order = np.lexsort((values["low"], values["high"]))
    values = {name: column[order] for name, column in values.items()}
    starts = _starts(values["high"], values["low"])
    summed = {name: _sums(values[name], starts) for name in ("documents", "copies")}
    best = np.minimum.reduceat(values["best"], starts) if len(starts) else starts
    firsts = {name: values[name][starts] for name in ("high", "low", "what")}
    least = np.array([entry.min_documents if entry else 0 for entry in (settings.lines, settings.paragraphs)])
    enough = summed["documents"] >= least[firsts["what"]]
    columns = {name: column[enough] for name, column in {**firsts, **summed, "best": best}.items()}
    return pa.table(columns, schema=COUNTS)


def _starts(high: IntArray, low: IntArray) -> IntArray:
    """Returns where the runs of equal keys begin."""
    new = np.ones(len(high), dtype=np.bool_)
    new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return np.flatnonzero(new)


def _sums(values: IntArray, starts: IntArray) -> IntArray:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, dtype=np.int64)


class Repeated:
    """The pieces that are repeated often enough, to be looked up."""

    def __init__(self, table: pa.Table) -> None:
        self._columns = {name: np.asarray(table[name].combine_chunks()) for name in COUNTS.names}

    def __getitem__(self, name: str) -> IntArray:
        """Returns a column of the table."""
        return self._columns[name]

    def find(self, high: IntArray, low: IntArray) -> IntArray:
        """Returns the place of each key in the table, -1 for none."""
        highs, lows = self._columns["high"], self._columns["low"]
        found = np.full(len(high), -1, dtype=np.int64)
        places = np.searchsorted(highs, high)
        asked = np.arange(len(high))
        while len(asked):  # once, but where two keys have the same first half
            inside = places[asked] < len(highs)
            asked = asked[inside]
            asked = asked[highs[places[asked]] == high[asked]]
            hit = lows[places[asked]] == low[asked]
            found[asked[hit]] = places[asked[hit]]
            asked = asked[~hit]
            places[asked] += 1
        return found

    def cut(self, read: Reading, ranks: IntArray, settings: Deduplicate) -> Cuts:
        """Returns what is cut out of some texts.

        Args:
            read: the texts.
            ranks: of each text's document, as they were counted.
            settings: say whether one copy stays.
        """
        keeps_one = np.array([bool(e and e.copies == "keep_one") for e in (settings.lines, settings.paragraphs)])
        seen = read.candidates
        found = self.find(seen.high, seen.low)
        goes = found >= 0
        stays = goes & keeps_one[seen.what]
        stays[stays] = self["best"][found[stays]] == ranks[seen.rows[stays]]
        goes[_first_of_each(found, seen.rows, stays)] = False
        lines, paragraphs = np.zeros(len(read.blank), np.bool_), np.zeros(len(read.paragraphs.rows), np.bool_)
        lines[seen.pieces[goes & (seen.what == 0)]] = True
        paragraphs[seen.pieces[goes & (seen.what == 1)]] = True
        in_paragraphs = paragraphs[read.paragraph_of]
        is_line = goes & (seen.what == 0)
        goes[is_line] = ~in_paragraphs[seen.pieces[is_line]]  # else it goes with its paragraph
        cut = with_stranded_blanks(read.lines, read.blank, lines | in_paragraphs)
        ranges, range_of = ranges_of(read.lines, cut, read.texts)
        whole = np.zeros(len(ranges.rows), dtype=np.bool_)
        whole[range_of[in_paragraphs]] = True
        texts = len(read.texts)
        single = lines & ~in_paragraphs
        return Cuts(
            ranges,
            whole,
            np.bincount(read.lines.rows[single], minlength=texts),
            np.bincount(read.paragraphs.rows[paragraphs], minlength=texts),
            np.flatnonzero(goes),
            found[goes],
        )


class Cuts(NamedTuple):
    """What is cut out of some texts.

    Attributes:
        ranges: the ranges of bytes.
        whole: whether each holds a repeated paragraph; else it is of repeated lines.
        lines, paragraphs: how many of each text go; lines of paragraphs that go do not count.
        pieces: which of the candidates they are.
        repeated: the place of each of these in the table of repeated pieces.
    """

    ranges: Ranges
    whole: BoolArray
    lines: IntArray
    paragraphs: IntArray
    pieces: IntArray
    repeated: IntArray


def _first_of_each(found: IntArray, rows: IntArray, asked: BoolArray) -> IntArray:
    """Returns the first of those asked about for each repeated piece and text."""
    places = np.flatnonzero(asked)
    order = places[np.lexsort((places, rows[places], found[places]))]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (found[order][1:] != found[order][:-1]) | (rows[order][1:] != rows[order][:-1])
    return order[new]


def show_cut(read: Reading, made: Cuts, repeated: Repeated) -> pa.Table:
    """Returns what was cut, each repeated piece once: key, what, group, text as it stood first, times it was cut."""
    seen = read.candidates
    order = np.lexsort((made.pieces, made.repeated))
    pieces, places = made.pieces[order], made.repeated[order]
    new = np.ones(len(places), dtype=np.bool_)
    new[1:] = places[1:] != places[:-1]
    starts = np.flatnonzero(new)
    chosen, places = pieces[starts], places[starts]
    line, paragraph = as_texts(read.lines, read.texts), as_texts(read.paragraphs, read.texts)
    both = pa.concat_arrays([line, paragraph])
    taken = both.take(pa.array(seen.pieces[chosen] + np.where(seen.what[chosen] == 1, len(line), 0)))
    groups = [read.groups[WHATS[what]][row] for what, row in zip(seen.what[chosen], seen.rows[chosen], strict=True)]
    return pa.table(
        {
            "high": repeated["high"][places],
            "low": repeated["low"][places],
            "what": pa.array(WHATS, pa.string()).take(pa.array(seen.what[chosen])),
            "group": pa.array(groups, pa.string()),
            "text": pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(taken), 0, SHOWN_CHARS).cast(pa.string()),
            "documents": repeated["documents"][places],
            "copies": repeated["copies"][places],
            "cut": np.diff(np.append(starts, len(made.pieces))),
        }
    )
