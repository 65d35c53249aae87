"""RedPajama-V2's quality signals, under its own names: those that one document is enough for.

What it has line by line is a mean over lines here (`rps_lines_…`), javascript a sum. A line ends with its
line feed. Normalised is a text in lower case, in NFD and without ASCII punctuation; words of other signals
are runs of word characters or of marks. RedPajama rounds to 8 decimals, here nothing is rounded.

Left out, since they need models or lists: ccnet_perplexity and ccnet_bucket, the three importance weights,
the three classifiers' scores (give them as signals of the source), rps_doc_stop_word_fraction (preset
stop-words), rps_doc_ldnoobw_words (preset bad-words), rps_doc_ut1_blacklist (preset url-filter). Left out
too: lengths before CCNet's deduplication of lines. ccnet_language_score is `language_score`.

Source: togethercomputer/RedPajama-Data@855a8e0, app/src/core/quality_signals and core/document.py.
"""

from __future__ import annotations

import string
import unicodedata

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, text_buffers
from filters.characters import character_table

RAW = {
    "ccnet_length": "Characters.",
    "ccnet_nlines": "Lines, with or without text; the last may lack its line feed.",
    "rps_doc_frac_lines_end_with_ellipsis": "Lines that end in ... or …; null for no lines.",
    "rps_lines_ending_with_terminal_punctution_mark": "Lines that end in . ! ? or ”; null for no lines.",
    "rps_lines_start_with_bulletpoint": "Lines that begin with one of • ‣ ▶ ◀ ◦ ■ □ ▪ ▫ –; null for no lines.",
    "rps_lines_uppercase_letter_fraction": "Upper-case letters by characters of a line; mean over lines.",
    "rps_doc_curly_bracket": "Curly brackets by characters.",
    "rps_doc_num_sentences": "Stretches between . ! and ? that have a letter, digit or underscore.",
    "rps_doc_symbol_to_word_ratio": "Occurrences of #, ... and … per word; null for no words.",
    "rps_doc_frac_no_alph_words": "Words without an ASCII letter; null for no words.",
    "rps_doc_frac_all_caps_words": "Words in upper case; null for no words.",
}
NORMALISED = {
    "rps_lines_num_words": "Normalised words of a line; mean over lines.",
    "rps_lines_numerical_chars_fraction": "Numeric characters by characters of a normalised line; mean over lines.",
    "rps_lines_javascript_counts": "Normalised words that are javascript.",
    "rps_doc_lorem_ipsum": "Occurrences of lorem ipsum by normalised characters.",
    "rps_doc_word_count": "Normalised words.",
    "rps_doc_mean_word_length": "Their characters per word; null for none.",
    "rps_doc_frac_unique_words": "Different words among them; null for none.",
    "rps_doc_unigram_entropy": "Entropy of their frequencies, in nats; null for none.",
    **{f"rps_doc_frac_chars_top_{n}gram": f"Characters of words under the most frequent {n}-gram." for n in (2, 3, 4)},
    **{
        f"rps_doc_frac_chars_dupe_{n}grams": f"Characters of words under {n}-grams that stand twice, first copies too."
        for n in (5, 6, 7, 8, 9, 10)
    },
}

#: Groups of signals, as in `signals.GROUPS`.
REDPAJAMA_GROUPS = {"redpajama": {**RAW, **NORMALISED}}

RAW_NAMES, NORMALISED_NAMES = tuple(RAW), tuple(NORMALISED)
LINES_COLUMN = RAW_NAMES.index("ccnet_nlines")

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def measure_redpajama(texts: pa.Array) -> dict[str, FloatArray]:
    """Returns the signals of REDPAJAMA_GROUPS; NaN where RedPajama has null.

    Args:
        texts: large_string without nulls.
    """
    from filters.kernels.redpajama import measure_normalised, measure_raw

    normalised = pa.array(map(_normalise, texts.to_pylist()), pa.large_string(), size=len(texts))
    raw = measure_raw(*text_buffers(texts), character_table())
    lines = np.ascontiguousarray(raw[:, LINES_COLUMN])
    tables = {RAW_NAMES: raw, NORMALISED_NAMES: measure_normalised(*text_buffers(normalised), character_table(), lines)}
    return {
        name: np.ascontiguousarray(table[:, column])
        for names, table in tables.items()
        for column, name in enumerate(names)
    }


def _normalise(text: str) -> str:
    """Returns the normalised text, its white space as it is: a kernel cannot do without Python's tables here."""
    return unicodedata.normalize("NFD", text.translate(_NO_PUNCTUATION).lower())
