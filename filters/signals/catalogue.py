"""What can be measured on a text: the numbers that rules of every kind of document compare.

A *word* is a run of characters that are not white space (Unicode's, as `str.split` has it), with
whatever punctuation clings to it. A *line* stands between line feeds, stripped of white space at
both ends; blank lines are no lines. A *paragraph* stands between blank lines. A text without words,
lines or characters has 0 for every share and ratio. The signals of source code are in
`filters/signals/source_files.py`, the numbers that peers measure in their own way in modules named after them.
"""

from __future__ import annotations

from typing import Iterable, Sequence

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.characters import character_table
from filters.signals.peers import PEER_GROUPS, measure_peers
from filters.signals.source_files import SOURCE_GROUPS, measure_source

COUNTS = {
    "characters": "Characters (Unicode code points).",
    "bytes": "Bytes of the text in UTF-8.",
    "newlines": "Line feeds.",
    "lorem_ipsum": "Occurrences of the phrase `lorem ipsum`, in any case.",
    "curly_braces": "Occurrences of `{`.",
    "sentences": "Runs of . ! ? … before white space or the end, and a rest that has a word.",
}
WORDS = {
    "words": "Runs of characters that are not white space.",
    "mean_word_length": "Characters per word, with the punctuation that clings to it.",
    "hash_word_ratio": "Occurrences of # per word.",
    "ellipsis_word_ratio": "Occurrences of ... or … per word.",
    "newline_word_ratio": "Line feeds per word.",
    "alphabetic_word_share": "Words with at least one letter.",
    "stop_words": "How many of the, be, to, of, and, that, have, with occur.",
    "stop_word_share": "Words that are one of these.",
}
LINES = {
    "lines": "Lines that are not blank.",
    "bullet_line_share": "Lines that begin with a bullet (- * • ‣ ◦ and their like).",
    "ellipsis_line_share": "Lines that end in ... or ….",
    "terminal_punctuation_line_share": "Lines that end in punctuation that ends a sentence or a quotation.",
    "short_line_share": "Lines of fewer than 30 characters.",
    "short_line_share_30": "Lines of at most 30 characters.",
    "prose_char_share": "Characters in lines of 5 or more words that end in terminal punctuation or a colon, or "
    "have 20 words.",
    "duplicate_line_share": "Lines that equal an earlier line.",
    "duplicate_line_char_share": "Characters of lines in lines that equal an earlier one.",
    "duplicate_paragraph_share": "Paragraphs that equal an earlier paragraph.",
    "duplicate_paragraph_char_share": "Characters of paragraphs in paragraphs that equal an earlier one.",
}
REPETITION = {
    **{f"top_{n}gram_char_share": f"Characters of words under the most frequent word {n}-gram." for n in (2, 3, 4)},
    **{
        f"duplicate_{n}gram_char_share": f"Characters of words under word {n}-grams that have occurred before."
        for n in (5, 6, 7, 8, 9, 10)
    },
}

#: Groups of signals that are measured together, and what each signal says.
GROUPS: dict[str, dict[str, str]] = {
    "counts": COUNTS,
    "words": WORDS,
    "lines": LINES,
    "repetition": REPETITION,
    **SOURCE_GROUPS,
    **PEER_GROUPS,
}
SIGNALS = {name: text for group in GROUPS.values() for name, text in group.items()}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}

#: Groups that every document of a kind has; other kinds than code are prose.
CODE_GROUPS = ("counts", "words", "code")
PROSE_GROUPS = ("counts", "words", "lines", "repetition")


def measure_signals(
    texts: pa.Array,
    groups: Iterable[str],
    languages: Sequence[str | None] | None = None,
    documents: pa.Table | None = None,
) -> dict[str, FloatArray]:
    """Returns every signal of the groups, each of shape (len(texts),).

    Args:
        texts: large_string without nulls; a few MB at most, so that the arrays stay small.
        groups: names from `GROUPS`.
        languages: programming languages, for the signals of code.
        documents: their ids and metadata, for the signals of code.
    """
    wanted, signals = set(groups), {}
    prose = [group for group in _PROSE if group in wanted]
    if prose:
        signals.update(_measure_prose(texts, prose))
    if wanted & SOURCE_GROUPS.keys():
        signals.update(measure_source(texts, wanted, languages or [None] * len(texts), documents))
    if wanted & PEER_GROUPS.keys():
        signals.update(measure_peers(texts, wanted))
    return signals


#: The groups that one kernel measures together, in the order of its columns.
_PROSE = ("counts", "words", "lines", "repetition")


def _measure_prose(texts: pa.Array, groups: Sequence[str]) -> dict[str, FloatArray]:
    """Returns the signals of some of the groups in `_PROSE`.

    Readings of Gopher's Table A1 where it leaves room: characters are those of words; white space
    counts neither above nor below the line. The *top* n-gram is the one that occurs most often, at
    least twice; among equals, the one that covers most. An occurrence is a *duplicate* if the same
    n-gram has begun earlier in the document. A character under two occurrences counts once.

    Source: Rae et al. 2021, arXiv 2112.11446, A.1.1 and Table A1.
    """
    from filters.kernels.prose import measure_prose

    data, offsets = text_buffers(texts)
    table = measure_prose(data, offsets, character_table(), *(group in groups for group in _PROSE[1:]))
    names = [name for group in _PROSE for name in GROUPS[group]]
    wanted = {name for group in groups for name in GROUPS[group]}
    return {name: np.ascontiguousarray(table[:, column]) for column, name in enumerate(names) if name in wanted}
