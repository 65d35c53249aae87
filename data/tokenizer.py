"""Tokens: a byte-level BPE learned from the survivors, or one read from a file.

The only module that imports `tokenizers`. No text is unknown to a byte-level tokenizer, and
no text becomes a special token: a page that writes `<|endoftext|>` is a page about it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from itertools import chain
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_write
from data.errors import ModelError
from data.mixture import apportion, exact_shares, keyed_order

#: What ends a document; token 0 of a tokenizer that is trained here.
END = "<|endoftext|>"

#: Names under which known tokenizers carry their end token, in order of preference.
END_NAMES = (END, "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "<|im_end|>")

#: Text handed to the library at a time: an encoding costs about 30 times its text.
CALL_BYTES = 2**20

#: Words whose tokens are remembered; a million take about 200 MB.
REMEMBERED_WORDS = 500_000

# GPT-2's pattern as the library applies it, on text that has ASCII characters only.
_ASCII_WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", re.ASCII)

# No word reaches over these places: before a line break between two visible characters, and
# before a space between two letters.
_CUT = re.compile(r"(?<=[!-~])\n(?=[!-~])|(?<=[A-Za-z]) (?=[A-Za-z])")

# No text is learned from these: to learn, the library takes some 60 times the memory that a word takes.
_ENDLESS_WORD = re.compile(r"(?<!\S)\S{4096,}|(?<!\s)\s{4096,}")

# Pieces with other characters go to the library, three times slower: small, to lose little text to it.
_ASCII_PIECE_CHARS, _OTHER_PIECE_CHARS = 2**18, 128
_LONGEST_REMEMBERED = 64


def train(texts: Iterable[str], vocabulary: int, out: Path) -> None:
    """Learns a byte-level BPE from texts and writes it to `out` as tokenizer.json.

    The same texts give the same bytes, in any order and with any number of threads. A small
    sample may hold fewer pairs worth merging than `vocabulary` asks for. Words of 4,096 and more characters,
    such as data within code, are passed over.
    """
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, pre_tokenizers, trainers

    tokenizer = Library(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=_LONGEST_REMEMBERED,
        show_progress=False,
    )
    with _parallel(True):
        tokenizer.train_from_iterator((piece for text in texts for piece in _ENDLESS_WORD.split(text)), trainer=trainer)
    atomic_write(out, tokenizer.to_str(pretty=True) + "\n")


def choose_sample(rows: pa.Table, shares: Mapping[str, float], budget_bytes: int, seed: int) -> list[str]:
    """Returns the ids of documents to learn from, in keyed order, up to a budget of text.

    Each group gives documents in keyed order until its share of the budget is full; the last
    one may go over it. What a small group cannot fill goes to the others by their shares.
    Without shares, or where none of the groups with a share has a document, all are one group.

    Args:
        rows: `id`, `group`, `bytes` of the documents to choose from.
        shares: group → share of the text.
        budget_bytes: text to choose.
        seed: the recipe's seed.
    """
    order = keyed_order(seed, "tokenise", rows["id"].to_pylist())
    sizes = np.asarray(rows["bytes"].to_numpy()).astype(np.int64)[order]
    groups = np.array(rows["group"].to_pylist(), dtype=object)[order]
    present = {name: share for name, share in shares.items() if share > 0 and bool((groups == name).any())}
    if not present:
        groups, present = np.full(len(groups), ""), {"": 1.0}
    available = {name: int(sizes[groups == name].sum()) for name in present}
    chosen = np.zeros(len(sizes), np.bool_)
    for name, budget in _fill(budget_bytes, present, available).items():
        members = np.flatnonzero(groups == name)
        before = np.cumsum(sizes[members]) - sizes[members]
        chosen[members[before < budget]] = True
    ids = rows["id"].take(pa.array(order[chosen]))
    return [str(key) for key in ids.to_pylist()]


class Tokenizer:
    """A tokenizer file, ready to encode.

    Attributes:
        path: the file.
        sha256: the file's digest.
        vocabulary: number of token ids; every id is below it.
        eos: id of the token that ends a document.
    """

    def __init__(self, path: Path, *, parallel: bool = False) -> None:
        """Reads a tokenizer.json.

        Args:
            path: the file.
            parallel: use all cores; for a process that does not share the machine with others.
        """
        from tokenizers import Tokenizer as Library

        try:
            content = path.read_bytes()
            self._library = Library.from_buffer(content)
            described = json.loads(content)
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ModelError(f"{path}: is not a tokenizer file of the tokenizers library: {error}") from error
        self.path, self.sha256 = path, hashlib.sha256(content).hexdigest()
        self._library.no_truncation()
        self._library.no_padding()
        self._library.encode_special_tokens = True
        self._parallel = parallel
        self.vocabulary = max(self._library.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        self.eos = self._find_end()
        self._cuts = _is_plain_byte_level(described)
        self._words = _Words(self._library)

    def encode(self, texts: Sequence[str]) -> list[npt.NDArray[np.uint32]]:
        """Returns the token ids of each text, without an end token."""
        pieces = [self._pieces(text) for text in texts]
        slow = [piece for text in pieces for piece in text if not (self._cuts and piece.isascii())]
        encoded = iter(self._call_library(slow))
        result = []
        for text in pieces:
            ids = [self._words.encode(piece) if self._cuts and piece.isascii() else next(encoded) for piece in text]
            result.append(np.fromiter(chain.from_iterable(ids), np.uint32))
        return result

    def count(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """Returns the number of tokens of each text, without an end token; shape (len(texts),)."""
        return np.fromiter((len(ids) for ids in self.encode(texts)), np.int64, len(texts))

    def decode(self, ids: Sequence[int] | npt.NDArray[Any]) -> str:
        """Returns the text of token ids, special tokens included."""
        return str(self._library.decode([int(token) for token in ids], skip_special_tokens=False))

    def _find_end(self) -> int:
        for name in END_NAMES:
            token = self._library.token_to_id(name)
            if token is not None:
                return int(token)
        raise ModelError(
            f"{self.path}: has no end-of-document token (looked for {', '.join(END_NAMES)}); "
            f"add {END} to it as a special token"
        )

    def _pieces(self, text: str) -> list[str]:
        """Returns the text in pieces that are encoded alone exactly as they are within it."""
        size = _ASCII_PIECE_CHARS if text.isascii() else _OTHER_PIECE_CHARS
        if not self._cuts or len(text) <= size:
            return [text]
        pieces, start = [], 0
        while len(text) - start > size:
            cut = _CUT.search(text, start + size - 1)
            if cut is None:
                break
            pieces.append(text[start : cut.start()])
            start = cut.start()
        return [*pieces, text[start:]]

    def _call_library(self, pieces: Sequence[str]) -> Iterator[list[int]]:
        waiting: list[str] = []
        size = 0
        with _parallel(self._parallel):
            for piece in pieces:
                waiting.append(piece)
                size += len(piece)
                if size >= CALL_BYTES:
                    yield from (encoding.ids for encoding in self._encode_batch(waiting))
                    waiting, size = [], 0
            yield from (encoding.ids for encoding in self._encode_batch(waiting))

    def _encode_batch(self, pieces: list[str]) -> list[Any]:
        return list(self._library.encode_batch_fast(pieces, add_special_tokens=False))


class _Words(dict[str, list[int]]):
    """Tokens of words seen before. Most words are: this is three times as fast as the library."""

    def __init__(self, library: Any) -> None:
        super().__init__()
        self._library = library

    def encode(self, text: str) -> Iterable[int]:
        if len(self) > REMEMBERED_WORDS:
            self.clear()
        return chain.from_iterable(map(self.__getitem__, _ASCII_WORD.findall(text)))

    def __missing__(self, word: str) -> list[int]:
        ids: list[int] = self._library.encode(word, add_special_tokens=False).ids
        if len(word) <= _LONGEST_REMEMBERED:
            self[word] = ids
        return ids


def count_tokens(table: pa.Table, alive: pa.BooleanArray, tokenizer: Tokenizer) -> pa.Table:
    """Returns how many tokens each row has, and for rows that go on which.

    Args:
        table: `id` and `text`, a batch of at most 16 MB.
        alive: true for rows that have not ended yet.
        tokenizer: what counts.

    Returns:
        `id`; `tokens` (int64, null where there is no text); `token_ids` (list<uint32>, null
        for rows that have ended or have no text).
    """
    has_text = table["text"].is_valid().combine_chunks()
    encoded = tokenizer.encode(table["text"].drop_null().to_pylist())
    counts = np.zeros(table.num_rows, np.int64)
    is_text = np.asarray(has_text.to_numpy(zero_copy_only=False))
    counts[is_text] = [len(ids) for ids in encoded]
    goes_on = np.asarray(alive.to_numpy(zero_copy_only=False))
    shown = goes_on & is_text
    values = [ids for ids, keep in zip(encoded, goes_on[is_text], strict=True) if keep]
    ends = np.concatenate([[0], np.cumsum(np.where(shown, counts, 0))]).astype(np.int32)
    token_ids = pa.ListArray.from_arrays(
        pa.array(ends), pa.array(np.concatenate([np.zeros(0, np.uint32), *values])), mask=pa.array(~shown)
    )
    tokens = pc.if_else(has_text, pa.array(counts), pa.scalar(None, pa.int64()))
    return pa.table({"id": table["id"], "tokens": tokens, "token_ids": token_ids})


def _fill(budget: int, shares: Mapping[str, float], available: Mapping[str, int]) -> dict[str, int]:
    """Splits a budget by shares; what a group cannot use goes to those that can."""
    budgets: dict[str, int] = {}
    waiting = dict(shares)
    while waiting:
        parts = apportion(budget - sum(budgets.values()), exact_shares(waiting))
        full = [name for name in waiting if available[name] <= parts[name]]
        if not full:
            return {**budgets, **parts}
        for name in full:
            budgets[name] = available[name]
            del waiting[name]
    return budgets


def _is_plain_byte_level(described: Mapping[str, Any]) -> bool:
    """Answers whether words are found by GPT-2's pattern alone, with nothing before or around it."""
    words = described.get("pre_tokenizer") or {}
    ordinary = [token for token in described.get("added_tokens") or [] if not token.get("special")]
    return (
        words.get("type") == "ByteLevel"
        and words.get("add_prefix_space") is False
        and words.get("use_regex", True) is True
        and not described.get("normalizer")
        and not ordinary
        and (described.get("model") or {}).get("dropout") in (None, 0)
    )


@contextlib.contextmanager
def _parallel(wanted: bool) -> Iterator[None]:
    """Tells the library for a while whether to use threads; it reads the variable at each call."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "true" if wanted else "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
