"""What DCLM's reading of Gopher's quality rules measures, under names of their own: `dclm_words` and so on.

Words stand between white space, except where they are counted: there fastText splits them, and those
that begin with no letter or digit do not count. Stop words count again and again, in any case and bare.
Lines are stripped, blank ones are none.

Source: mlfoundations/dclm@c7ed275, baselines/mappers/filters/content_filters.py and core_utils.py.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.characters import character_table

QUALITY = {
    "dclm_words": "Runs without ASCII white space and NUL that begin with a letter or digit.",
    "dclm_mean_word_length": "Characters per run without white space; 0 for none.",
    "dclm_symbol_word_ratio": "Occurrences of #, ..., `. . .` and … per such run.",
    "dclm_bullet_line_share": "Lines that begin with ●, •, * or -.",
    "dclm_ellipsis_line_share": "Lines that end in ..., `. . .` or ….",
    "dclm_nonalphabetic_word_share": "Runs without white space that have no letter.",
    "dclm_stop_words": "Runs that are the, be, to, of, and, that, have or with, in any case and bare, each time.",
}

#: Groups of signals, as in `signals.GROUPS`.
DCLM_GROUPS = {"dclm-quality": QUALITY}


def measure_dclm(texts: pa.Array) -> dict[str, FloatArray]:
    """Returns the signals of DCLM_GROUPS.

    Args:
        texts: large_string without nulls.
    """
    from filters.kernels.dclm import measure_dclm as measure

    data, offsets = text_buffers(texts)
    table = measure(data, offsets, character_table())
    return {name: np.ascontiguousarray(table[:, column]) for column, name in enumerate(QUALITY)}
