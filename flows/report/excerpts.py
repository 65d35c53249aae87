"""Makes a document's own strings fit to be shown: secrets masked, nothing invisible, bounded.

Web text is hostile on a page (bidirectional overrides, zero-width characters) and in a terminal
(escape sequences). Escaping for HTML is the template's business.
"""

from __future__ import annotations

import re
import unicodedata

#: What is masked, and what stands in its place. Every pattern is linear in the text's length:
#: each repeat is bounded and no two neighbouring repeats share a character.
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.S,
        ),
        "[private key]",
    ),
    (re.compile(r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{4,2000}\.[\w-]{0,2000}"), "[token]"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"), "[access key]"),
    (re.compile(r"\bgh[pousr]_\w{16,255}|\bgithub_pat_\w{16,255}"), "[access key]"),
    (re.compile(r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,255}"), "[access key]"),
    (re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{8,255}"), "[access key]"),
    (re.compile(r"\bAIza[\w-]{30,50}|\bhf_[A-Za-z0-9]{20,64}|\bglpat-[\w-]{16,64}"), "[access key]"),
    (re.compile(r"(?<=://)[^\s/@:]{1,128}:[^\s/@]{1,128}(?=@)"), "[credentials]"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"), "[e-mail]"),
)

#: Characters of a text that are masked before it is cut; a cut first could leave half a secret.
_LOOKED_AT = 50_000


def mask(text: str) -> str:
    """Returns the text with e-mail addresses, keys and private keys replaced by their names."""
    for pattern, name in _SECRETS:
        text = pattern.sub(name, text)
    return text


def visible(text: str) -> str:
    r"""Returns the text with every control, format, bidirectional or lone surrogate character
    written out as `\x1b`, `\u202e` or `\U000e0041`; line feeds, tabs and spaces stay."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
        else _written_out(character)
        for character in text
    )


def excerpt(text: str, chars: int = 700, tail: int = 0) -> str:
    """Returns the start (and the last `tail` characters) of a text, masked and visible.

    The result has at most `chars` characters and a note of what was left out, so hostile text
    cannot make a page long. Of a text beyond _LOOKED_AT characters only the start is shown.
    """
    shown = visible(mask(text[:_LOOKED_AT])).strip("\n")
    whole = len(text) <= _LOOKED_AT
    if whole and len(shown) <= chars:
        return shown
    if whole and tail:
        return f"{shown[: chars - tail].rstrip()}\n[…]\n{shown[-tail:].lstrip()}"
    return f"{shown[:chars].rstrip()} […]"


def label(text: str | None, chars: int = 120) -> str:
    """Returns a short string (id, URL, place) on one line, masked, visible, cut in its middle."""
    if not text:
        return ""
    shown = visible(mask(text[:4000])).replace("\n", "\\n").replace("\t", "\\t")
    if len(shown) <= chars:
        return shown
    return f"{shown[: chars - chars // 3]}…{shown[-(chars // 3) + 1 :]}"


def _written_out(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
