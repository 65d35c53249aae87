"""Texts of servers and teachers, without what could trick a terminal or cannot be written."""

from __future__ import annotations

import re

CONTROLS = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def strip_controls(text: str) -> str:
    """Returns a text without control characters, terminal sequences and lone surrogates; line feeds and tabs stay."""
    return _SURROGATES.sub("\ufffd", CONTROLS.sub("", text.replace("\r\n", "\n")))
