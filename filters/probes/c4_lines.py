"""What changes a text before it is judged: C4's line rules, in the readings of paper, TFDS and datatrove.

A modifier is no filter: it drops lines, never documents. What it leaves is measured anew,
and the rules that follow decide.

Source: Raffel et al. 2020, arXiv 1910.10683, section 2.2; datatrove 0.10.1, pipeline/filters/c4_filters.py;
tensorflow/datasets, text/c4_utils.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.buffers import joined, text_buffers, texts_from
from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting, Findings

#: The settings in the order in which the kernel takes them: key → whether it is a switch (else a number).
LINE_SETTINGS = {
    "terminal_punctuation": True,
    "min_words_per_line": False,
    "max_word_chars": False,
    "drop_javascript": True,
    "drop_policy": True,
    "strip_citations": True,
    "stop_at_lorem_ipsum": True,
    "stop_at_curly_bracket": True,
}

#: The kinds of probe that this module owns, in the order of the kernel's readings.
READINGS = ("c4-lines", "c4-lines-datatrove", "c4-lines-tfds")


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the settings as numbers: 0 is off.

    Raises:
        BadSetting: a switch that is not true or false, a number that is none.
    """
    return {key: _check_setting(key, value) for key, value in settings.items()}


def _check_setting(key: str, value: object) -> float:
    if value is None:
        return 0.0
    if LINE_SETTINGS[key]:
        if isinstance(value, bool):
            return float(value)
        raise BadSetting(key, f"expected true or false, not {value!r}")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1:
        return float(value)
    raise BadSetting(key, f"expected a number of 1 or more, or null for off, not {value!r}")


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns the texts as the line rules leave them, and what a peer's reading has counted on the way.

    The paper's reading has no signals of its own: its page rules look at what is left. The others end a
    page at `lorem ipsum` (lorem_ipsum_lines is 1) or a curly bracket (curly_bracket_lines), whichever comes
    first, and count the sentences of the lines kept until then; page_characters is the page's length before.
    """
    from filters.english_rules import english_rules
    from filters.kernels.c4 import clean_texts

    data, offsets = text_buffers(joined(documents["text"]))
    settings = np.array([probe.settings.get(key, 0.0) for key in LINE_SETTINGS])
    reading = READINGS.index(probe.kind)
    new_data, new_offsets, faults, sentences = clean_texts(data, offsets, *english_rules(), reading, settings)
    columns = {"lorem_ipsum_lines": faults == 2, "curly_bracket_lines": faults == 3, "kept_sentences": sentences}
    if "page_characters" in probe.signals:
        columns["page_characters"] = pc.utf8_length(documents["text"]).to_numpy()
    found = {name: values.astype(np.float64) for name, values in columns.items() if name in probe.signals}
    return Findings(found, texts_from(new_data, new_offsets))
