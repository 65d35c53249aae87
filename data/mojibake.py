"""Text that was read with a wrong character set somewhere on its way, and written again: repaired by ftfy."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def _settings() -> Any:
    """Returns ftfy's settings: it undoes wrong decodings, and leaves quotes, ligatures and widths as they are."""
    import ftfy

    return ftfy.TextFixerConfig(
        unescape_html=False,
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        fix_line_breaks=False,
        remove_terminal_escapes=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )


def repaired(text: str) -> tuple[str, bool]:
    """Returns a text without mojibake ("cafÃ©" is "café"), and whether it had any."""
    if text.isascii():
        return text, False
    import ftfy

    fixed = ftfy.fix_text(text, _settings())
    return fixed, fixed != text
