"""Programming languages by what a file says: modelines, `#!` lines, and marks (`data/sources/language_marks.py`)."""

from __future__ import annotations

import functools
import re

from data.sources.language_marks import BY_BEGINNING, BY_EXTENSION, INTERPRETERS

_EMACS = re.compile(r"-\*-[ \t]*+(?:[^\n]{0,200}?\bmode[ \t]*:[ \t]*)?([A-Za-z][\w+#.-]*)[ \t]*(?:;[^\n]{0,200}?)?-\*-")
_VIM = re.compile(r"\b(?:vim?|ex):[^\n]{0,200}?\b(?:filetype|ft|syntax|syn)=([A-Za-z][\w+#-]*)")
_SHEBANG = re.compile(r"#![ \t]*(?:\S*/)?env(?:[ \t]+(?:-\S+|\w+=\S*))*[ \t]+(\S+)|#![ \t]*(\S+)")
_VERSION = re.compile(r"[\d.]+\Z|\.exe\Z")

# C headers open a block for C++ compilers; what stands in it, and in comments, says nothing.
_FOR_CPLUSPLUS = re.compile(
    r"^[ \t]*+#[ \t]*+if(?:def[ \t]++|[ \t]++defined\W{0,10})__cplusplus\b[^\n]*+\n(?:(?![ \t]*+#)[^\n]*+\n)*+",
    re.MULTILINE,
)
_COMMENT = re.compile(r"/\*(?s:.*?)(?:\*/|\Z)|//[^\n]*+")

#: Extensions that several languages share.
SHARED = frozenset(BY_EXTENSION)


def by_modeline(text: str) -> str | None:
    """Returns the mode that Emacs (first two lines) or Vim (first and last five) is told to use, as it is written."""
    for line in text[:400].split("\n", 2)[:2]:
        if "-*-" in line and (match := _EMACS.search(line)) and match[1].lower() not in ("coding", "mode"):
            return match[1]
    for part in ("\n".join(text[:2000].split("\n", 5)[:5]), "\n".join(text[-2000:].rsplit("\n", 6)[-6:])):
        if ("vi" in part or "ex:" in part) and (match := _VIM.search(part)):
            return match[1]
    return None


def by_shebang(text: str) -> str | None:
    """Returns the language of the interpreter in a `#!` line, or null if there is none or it is not known."""
    if not text.startswith("#!"):
        return None
    match = _SHEBANG.match(text[:300].split("\n", 1)[0])
    if not match:
        return None
    program = (match[1] or match[2]).rsplit("/", 1)[-1].lower()
    return INTERPRETERS.get(program) or INTERPRETERS.get(_VERSION.sub("", program).rstrip("-"))


@functools.cache
def _marks(extension: str) -> tuple[tuple[str, re.Pattern[str] | None], ...]:
    return tuple((name, re.compile(mark, re.MULTILINE) if mark else None) for name, mark in BY_EXTENSION[extension])


@functools.cache
def _beginnings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((language, re.compile(mark)) for language, mark in BY_BEGINNING)


def choose(extension: str, head: str) -> str | None:
    """Returns which of the languages that share an extension a text is in; null if no mark is there."""
    if extension in ("h", "inc", "m"):
        head = _COMMENT.sub("/**/", _FOR_CPLUSPLUS.sub("", head))
    for language, mark in _marks(extension):
        if mark is None or mark.search(head):
            return language
    return None


def by_beginning(head: str) -> str | None:
    """Returns the language that the first characters of a file give away, or null."""
    head = head.removeprefix("\ufeff")
    for language, mark in _beginnings():
        if mark.match(head):
            return language
    return None
