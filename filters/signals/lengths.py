"""How long a text is, as SlimPajama and mC4 count.

SlimPajama's paper and code differ: the first takes punctuation and white space away before it counts, the
second leaves one blank between words.

Source: Cerebras/modelzoo@4e2a4e0, slimpajama/preprocessing/filter.py, and its README at 8586491; Xue et al.
2021, arXiv 2010.11934, section 3.1; datatrove 0.10.1, C4ParagraphFilter.
"""

from __future__ import annotations

from typing import Iterable

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.characters import character_table

SLIMPAJAMA = {
    "slimpajama_characters": "Characters without ASCII punctuation, in lower case, white space as one blank, stripped.",
    "slimpajama_bare_characters": "The same without any white space.",
}
LONG_LINES = {
    "third_longest_line_chars": "Characters of the third longest line between line feeds; 0 for fewer lines.",
}

#: Groups of signals, as in `signals.GROUPS`.
LENGTH_GROUPS = {"slimpajama": SLIMPAJAMA, "long-lines": LONG_LINES}


def measure_lengths(texts: pa.Array, groups: Iterable[str]) -> dict[str, FloatArray]:
    """Returns the signals of some of LENGTH_GROUPS.

    Args:
        texts: large_string without nulls.
        groups: names from LENGTH_GROUPS; others do not matter.
    """
    from filters.kernels.lengths import measure_lengths as measure

    data, offsets = text_buffers(texts)
    table = measure(data, offsets, character_table())
    names = [name for group in LENGTH_GROUPS.values() for name in group]
    wanted = {name for group in groups for name in LENGTH_GROUPS.get(group, ())}
    return {name: np.ascontiguousarray(table[:, column]) for column, name in enumerate(names) if name in wanted}
