"""What datatrove 0.10.1's filters measure, under names of their own: `datatrove_words` and so on.

The same decisions need the same numbers, oddities included: words are spaCy's tokens, so that a
full stop is a word; shares are of all characters, white space too, while n-grams are of words.
English only; datatrove has other tokenizers for other languages.

Source: datatrove 0.10.1, pipeline/filters/gopher_repetition_filter.py, gopher_quality_filter.py,
fineweb_quality_filter.py.
"""

from __future__ import annotations

from typing import Iterable

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.english_rules import english_rules

REPETITION = {
    "datatrove_characters": "Characters of the text.",
    "datatrove_duplicate_paragraph_share": "Paragraphs (between two or more line feeds) that equal an earlier one.",
    "datatrove_duplicate_paragraph_char_share": "Characters of the text in such paragraphs.",
    "datatrove_duplicate_line_share": "Lines (between line feeds, empty ones at the ends too) equal to an earlier one.",
    "datatrove_duplicate_line_char_share": "Characters of the text in such lines.",
    **{
        f"datatrove_top_{n}gram_char_share": f"Characters of the first of the most frequent {n}-grams, blanks "
        "included, times its number, by characters of the text; null for fewer words."
        for n in (2, 3, 4)
    },
    **{
        f"datatrove_duplicate_{n}gram_char_share": f"Characters of {n}-grams seen before, the search going on behind "
        "each, by characters of the text; words are joined without blanks."
        for n in (5, 6, 7, 8, 9, 10)
    },
}
QUALITY = {
    "datatrove_words": "Tokens with a character that is no punctuation.",
    "datatrove_mean_word_length": "Characters of these per token; null for none.",
    "datatrove_hash_word_ratio": "Occurrences of # per token, punctuation too.",
    "datatrove_ellipsis_word_ratio": "Occurrences of ... and … per token.",
    "datatrove_bullet_line_share": "Lines (str.splitlines) that begin with • or -.",
    "datatrove_ellipsis_line_share": "Lines that end in ... or ….",
    "datatrove_alphabetic_word_share": "Tokens with a letter.",
    "datatrove_stop_words": "How many of the, be, to, of, and, that, have, with are tokens, in lower case.",
    "datatrove_tokens": "Tokens, punctuation too.",
}
FINEWEB = {
    "datatrove_lines": "Lines (between line feeds) that are not blank.",
    "datatrove_terminal_line_share": "Lines whose last character ends sentences; white space at the end counts.",
    "datatrove_short_line_share": "Lines of at most 30 characters.",
    "datatrove_repeated_line_char_share": "Characters of lines equal to an earlier one, by characters but line feeds.",
    "datatrove_newline_word_ratio": "Line feeds per token.",
}

#: Groups of signals, as in `signals.GROUPS`.
DATATROVE_GROUPS = {
    "datatrove-repetition": REPETITION,
    "datatrove-quality": QUALITY,
    "datatrove-fineweb": FINEWEB,
}


def measure_datatrove(texts: pa.Array, groups: Iterable[str]) -> dict[str, FloatArray]:
    """Returns the signals of some of DATATROVE_GROUPS, NaN where the filter compares nothing.

    Args:
        texts: large_string without nulls.
        groups: names from DATATROVE_GROUPS; others do not matter.
    """
    from filters.kernels.datatrove import measure_datatrove as measure

    wanted = [group for group in DATATROVE_GROUPS if group in set(groups)]
    data, offsets = text_buffers(texts)
    tables = measure(data, offsets, *english_rules(), *(group in wanted for group in DATATROVE_GROUPS))
    return {
        name: np.ascontiguousarray(table[:, column])
        for (group, names), table in zip(DATATROVE_GROUPS.items(), tables, strict=True)
        if group in wanted
        for column, name in enumerate(names)
    }
