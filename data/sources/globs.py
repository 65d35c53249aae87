"""Glob patterns against relative paths, the way .gitignore files mean them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

GLOB_CHARACTERS = set("*?[")


def matches(path: str, pattern: str) -> bool:
    """Returns whether a path with forward slashes matches a pattern.

    `*` and `?` stay within a folder, `**` spans folders. A pattern without a slash may match the
    name in any folder; one that ends with a slash matches all that the folder holds.
    """
    return _compiled(pattern).fullmatch(path) is not None


def fits(path: str, patterns: Iterable[str]) -> bool:
    """Returns whether a path matches one of some patterns."""
    return any(matches(path, pattern) for pattern in patterns)


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = "/" in pattern.rstrip("/")
    pattern = pattern.lstrip("/")
    if pattern.endswith("/"):
        pattern += "**"
    expression = "" if anchored else "(?:.*/)?"
    position = 0
    while position < len(pattern):
        piece = _PIECE.match(pattern, position)
        token = piece[0] if piece else pattern[position]
        position += len(token)
        if token == "**/":
            expression += "(?:.*/)?"
        elif token.startswith("**"):
            expression += ".*"
        elif token == "*":
            expression += "[^/]*"
        elif token == "?":
            expression += "[^/]"
        elif len(token) > 1:
            expression += "[" + ("^/" if token[1] in "!^" else "") + _class_body(token) + "]"
        else:
            expression += re.escape(token)
    return re.compile(expression, re.DOTALL)


_PIECE = re.compile(r"\*\*/|\*{2,}|\*|\?|\[[!^]?\]?[^\]]*\]")


def _class_body(token: str) -> str:
    body = token[1:-1].lstrip("!^") if token[1] in "!^" else token[1:-1]
    return body.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
