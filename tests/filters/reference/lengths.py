"""How SlimPajama and mC4 count a text's length, slowly."""

from __future__ import annotations

import re
import string


def measure(text: str) -> dict[str, float]:
    """Returns the signals of `filters/signals/lengths.py`."""
    bare = "".join(character for character in text.lower() if character not in string.punctuation)
    longest = sorted(map(len, text.split("\n")), reverse=True)
    return {
        "slimpajama_characters": len(re.sub(r"\s+", " ", bare.strip())),
        "slimpajama_bare_characters": len(re.sub(r"\s+", "", bare)),
        "third_longest_line_chars": longest[2] if len(longest) > 2 else 0,
    }
