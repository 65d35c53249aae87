"""What DCLM measures and how it fixes lines, slowly: in the words of `filters/signals/dclm.py` and `line_fixes.py`."""

from __future__ import annotations

import re

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
ELLIPSES = ("...", ". . .", "…")

COUNTED = "likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers"
COUNTER = re.compile(rf"\W*\d[\d,.]*[kmb]?\s+({COUNTED})\W*")
#: The dots of "Read more..." stand for any character, since DCLM takes the phrase for a pattern.
PHRASES = (r"\s?items in cart", r"\s?read more...$", r"^sign-in\s?")


def quality(text: str) -> dict[str, float]:
    """Returns the signals of dclm-quality."""
    runs = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    symbols = sum(text.count(symbol) for symbol in ("#", *ELLIPSES))
    return {
        "dclm_words": count_words(text),
        "dclm_mean_word_length": sum(map(len, runs)) / len(runs) if runs else 0,
        "dclm_symbol_word_ratio": symbols / len(runs) if runs else 0,
        "dclm_bullet_line_share": sum(line[0] in "●•*-" for line in lines) / max(len(lines), 1),
        "dclm_ellipsis_line_share": sum(line.endswith(ELLIPSES) for line in lines) / max(len(lines), 1),
        "dclm_nonalphabetic_word_share": sum(not any(map(str.isalpha, run)) for run in runs) / max(len(runs), 1),
        "dclm_stop_words": sum(run.lower() in STOP_WORDS for run in runs),
    }


def count_words(text: str) -> int:
    """Returns the words that fastText finds and that begin with a letter or digit."""
    return sum(word[0].isalnum() for word in re.split("[ \t\n\v\f\r\0]+", text) if word)


def fix_lines(
    text: str,
    max_newlines: int | None = 2,
    max_uppercase_share: float | None = 0.5,
    max_digit_share: float | None = 0.999999,
    drop_counters: bool = True,
    min_words_per_line: int | None = 2,
    strip_phrases: bool = True,
    max_phrase_line_words: int | None = 10,
) -> tuple[str, float]:
    """Returns a text as the line rules leave it, and what share of its words is gone; all of it if it had none."""
    before = count_words(text)
    if max_newlines:
        text = re.sub(f"\n{{{max_newlines + 1},}}", "\n" * max_newlines, text)
    lines = text.split("\n")
    if max_uppercase_share is not None:
        lines = stripped([x for x in lines if not x or sum(map(str.isupper, x)) / len(x) <= max_uppercase_share])
    if max_digit_share is not None:
        lines = stripped([x for x in lines if not x or sum(map(str.isdigit, x)) / len(x) <= max_digit_share])
    if drop_counters:
        lines = stripped([x for x in lines if not COUNTER.fullmatch(x.lower())])
    if min_words_per_line:
        lines = [x for x in lines if not x or len(x.split()) >= min_words_per_line]
    for phrase in PHRASES if strip_phrases else ():
        lines = without(phrase, lines, max_phrase_line_words)
    after = "\n".join(lines)
    return after, (before - count_words(after)) / before if before else 1.0


def without(phrase: str, lines: list[str], most_words: int | None) -> list[str]:
    """Returns lines, the short ones without a phrase; a short one of which nothing is left goes."""
    left = []
    for line in lines:
        if most_words is None or len(line.split()) <= most_words:
            bare = re.sub(phrase, "", line, flags=re.IGNORECASE)
            if line and not bare.strip():
                continue
            line = bare
        left.append(line)
    return stripped(left)


def stripped(lines: list[str]) -> list[str]:
    """Returns the lines of the text that they make, stripped."""
    return "\n".join(lines).strip().split("\n")
