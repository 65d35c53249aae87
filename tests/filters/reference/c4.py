"""C4's line rules as the paper has them: Raffel et al. 2020, arXiv 1910.10683, section 2.2."""

from __future__ import annotations

import re

LINE_ENDS = (".", "!", "?", '"', "'", "”", "’", "»")
POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")


def clean_lines(
    text: str,
    *,
    strip_citations: bool = True,
    terminal_punctuation: bool = True,
    min_words_per_line: int | None = 3,
    max_word_chars: int | None = None,
    drop_javascript: bool = True,
    drop_policy: bool = True,
) -> str:
    """Returns the lines that the rules let stand, stripped, joined by line feeds."""
    kept = []
    for line in map(str.strip, text.split("\n")):
        if strip_citations:
            line = CITATION.sub("", line).strip()
        if terminal_punctuation and (not line.endswith(LINE_ENDS) or line.endswith("...")):
            continue
        words = line.split()
        if min_words_per_line and len(words) < min_words_per_line:
            continue
        if max_word_chars and any(len(word) > max_word_chars for word in words):
            continue
        if drop_javascript and "javascript" in line.lower():
            continue
        if drop_policy and any(phrase in line.lower() for phrase in POLICIES):
            continue
        kept.append(line)
    return "\n".join(kept).strip()
