"""RefinedWeb's line corrections, in DCLM's reading: a modifier, and the share of words that it took.

Source: Penedo et al. 2023, arXiv 2306.01116, appendix G.2; mlfoundations/dclm@15af3ce,
baselines/mappers/modifiers.py; mlfoundations/dclm@8383011, baselines_configs/dclm_baseline_refinedweb.yaml.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pyarrow as pa

from filters.buffers import joined, text_buffers, texts_from
from filters.characters import character_table
from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting, Findings

SWITCH, SHARE, NUMBER = "true or false", "a share of at most 1", "a number of 1 or more"

#: The settings in the order in which the kernel takes them: key → what it is.
FIX_SETTINGS = {
    "max_newlines": NUMBER,
    "max_uppercase_share": SHARE,
    "max_digit_share": SHARE,
    "drop_counters": SWITCH,
    "min_words_per_line": NUMBER,
    "strip_phrases": SWITCH,
    "max_phrase_line_words": NUMBER,
}


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the settings as numbers: 0 is off.

    Raises:
        BadSetting: a switch that is not true or false, a number or share that is none.
    """
    return {key: _check_setting(key, value) for key, value in settings.items()}


def _check_setting(key: str, value: object) -> float:
    expected = FIX_SETTINGS[key]
    if value is None:
        return 0.0
    if isinstance(value, bool):
        fits = expected == SWITCH
    elif isinstance(value, (int, float)) and math.isfinite(value):
        fits = {SWITCH: False, SHARE: 0 < value <= 1, NUMBER: value >= 1}[expected]
    else:
        fits = False
    if not fits:
        raise BadSetting(key, f"expected {expected}, or null for off, not {value!r}")
    return float(value)  # type: ignore[arg-type]


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns the corrected texts, and `removed_word_share`: 1 for a text that had no words."""
    from filters.kernels.line_fixes import fix_texts

    data, offsets = text_buffers(joined(documents["text"]))
    settings = np.array([probe.settings.get(key, 0.0) for key in FIX_SETTINGS])
    new_data, new_offsets, removed = fix_texts(data, offsets, character_table(), settings)
    found = {"removed_word_share": removed} if "removed_word_share" in probe.signals else {}
    return Findings(found, texts_from(new_data, new_offsets))
