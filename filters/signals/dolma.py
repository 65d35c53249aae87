"""What Dolma's Gopher tagger measures, under names of their own: `dolma_words` and so on.

Words stand between white space. Where the paper says mean word length it takes the median, a symbol
counts once in a word, stop words count again and again and in lower case only, and a line that stands
twice counts twice. Lines stand between line feeds, empty ones too.

Source: allenai/dolma@1c696dd, python/dolma/taggers/gopher.py (gopher_v1).
"""

from __future__ import annotations

from typing import Iterable

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.characters import character_table

QUALITY = {
    "dolma_words": "Runs of characters that are not white space.",
    "dolma_median_word_length": "Median of their characters; the mean of the two in the middle, 0 for none.",
    "dolma_symbol_word_share": "Words with # or … in them; three full stops are no symbol.",
    "dolma_alphabetic_word_share": "Words with a letter.",
    "dolma_stop_words": "Words that are the, be, to, of, and, that, have or with, in lower case and bare, each time.",
    "dolma_bullet_line_share": "Lines, empty ones too, that begin with * or -.",
    "dolma_ellipsis_line_share": "Lines, empty ones too, whose last character is ….",
}
REPETITION = {
    "dolma_duplicate_line_share": "Lines, empty ones too, that stand more than once, all copies.",
    "dolma_duplicate_line_char_share": "Their characters, by characters of words.",
    **{
        f"dolma_top_{n}gram_char_share": f"Characters of the first of the most frequent {n}-grams times its number, "
        "by characters of words; null for fewer words."
        for n in (2, 3, 4)
    },
    **{
        f"dolma_duplicate_{n}gram_char_share": f"Characters of all {n}-grams that stand more than once, by those of "
        f"all {n}-grams; null for fewer words."
        for n in (5, 6, 7, 8, 9, 10)
    },
}

#: Groups of signals, as in `signals.GROUPS`.
DOLMA_GROUPS = {"dolma-quality": QUALITY, "dolma-repetition": REPETITION}


def measure_dolma(texts: pa.Array, groups: Iterable[str]) -> dict[str, FloatArray]:
    """Returns the signals of some of DOLMA_GROUPS, NaN where there is nothing to measure.

    Args:
        texts: large_string without nulls.
        groups: names from DOLMA_GROUPS; others do not matter.
    """
    from filters.kernels.dolma import measure_dolma as measure

    wanted = set(groups)
    data, offsets = text_buffers(texts)
    tables = measure(data, offsets, character_table(), "dolma-repetition" in wanted)
    return {
        name: np.ascontiguousarray(table[:, column])
        for (group, names), table in zip(DOLMA_GROUPS.items(), tables, strict=True)
        if group in wanted
        for column, name in enumerate(names)
    }
