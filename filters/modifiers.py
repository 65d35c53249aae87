"""What changes a text before it is judged: C4's line rules.

A modifier is no filter: it drops lines, never documents. What it leaves is measured anew,
and the rules that follow decide.

Source: Raffel et al. 2020, arXiv 1910.10683, section 2.2.
"""

from __future__ import annotations

import re
from typing import Mapping

#: Marks that end a line of C4: full stop, exclamation mark, question mark, closing quotation mark.
LINE_ENDS = (".", "!", "?", '"', "'", "”", "’", "»")

#: Phrases of policy notices; a line with one of them goes.
POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)

#: The settings of `clean_lines`: key → whether it is a switch (else a number).
LINE_SETTINGS = {
    "terminal_punctuation": True,
    "min_words_per_line": False,
    "max_word_chars": False,
    "drop_javascript": True,
    "drop_policy": True,
    "strip_citations": True,
}

_CITATION = re.compile(r"\[\d*+\]|\[edit\]|\[citation needed\]")


def check_setting(key: str, value: object) -> float:
    """Returns a setting as a number: 0 is off.

    Raises:
        ValueError: a switch that is not true or false, a number that is none.
    """
    if value is None:
        return 0.0
    if LINE_SETTINGS[key]:
        if isinstance(value, bool):
            return float(value)
        raise ValueError(f"expected true or false, not {value!r}")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1:
        return float(value)
    raise ValueError(f"expected a number of 1 or more, or null for off, not {value!r}")


def clean_lines(text: str, settings: Mapping[str, float]) -> str:
    """Returns the lines that the settings let stand, stripped, joined by line feeds.

    Args:
        text: any text.
        settings: a number for each key of LINE_SETTINGS, 0 for off:
            strip_citations takes [1], [edit], [citation needed] out of lines, then
            terminal_punctuation drops lines that do not end in LINE_ENDS, or end in an ellipsis,
            min_words_per_line drops shorter ones (words between white space),
            max_word_chars drops lines with a longer word,
            drop_javascript drops lines with that word,
            drop_policy drops lines with one of POLICY_PHRASES.
    """
    cleaned = (_clean_line(line.strip(), settings) for line in text.split("\n"))
    return "\n".join(line for line in cleaned if line is not None).strip()


def _clean_line(line: str, settings: Mapping[str, float]) -> str | None:
    """Returns the line as it may stay, or None."""
    if settings["strip_citations"] and "[" in line:
        line = _CITATION.sub("", line).strip()
    if settings["terminal_punctuation"] and (not line.endswith(LINE_ENDS) or line.endswith("...")):
        return None
    if settings["min_words_per_line"] or settings["max_word_chars"]:
        words = line.split()
        if len(words) < settings["min_words_per_line"]:
            return None
        if settings["max_word_chars"] and max(map(len, words), default=0) > settings["max_word_chars"]:
            return None
    lowered = line.lower()
    if settings["drop_javascript"] and "javascript" in lowered:
        return None
    if settings["drop_policy"] and any(phrase in lowered for phrase in POLICY_PHRASES):
        return None
    return line
