"""Text that was read with a wrong character set somewhere on its way, and written again: repaired by ftfy."""

from __future__ import annotations

import functools
import re
from typing import Any

#: A tag's end and the text after it.
_TEXT = re.compile(">[^<]+")


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


def repaired_markup(source: str) -> tuple[str, bool]:
    """Returns HTML whose texts, not its tags, are without mojibake, and whether it had any: each text for itself.

    A page is repaired before its blocks are judged, since a model makes little of mojibake.
    """
    if source.isascii():
        return source, False
    fixed = _TEXT.sub(_repaired_text, source)
    return fixed, fixed != source


def _repaired_text(found: re.Match[str]) -> str:
    text = found[0]
    if text.isascii():
        return text
    fixed, is_changed = repaired(text.replace("&nbsp;", "\xa0"))  # "à" is "Ã" and a hard space
    return fixed.replace("\xa0", "&nbsp;") if is_changed else text
