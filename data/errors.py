"""Every error that phimill raises on purpose, and the exit code that the command ends with.

    PhimillError            1   the run failed
    ├── UsageError          2   a command or setting cannot be used as given
    │   └── RecipeError     2   … and it stands in a recipe: file, line, nearest known name
    ├── QuarantineError     3   more records were unreadable than the recipe allows
    ├── LockedError        11   another run holds the out folder
    ├── AccountingError     1   documents in ≠ kept + dropped + quarantined + not sampled
    ├── DamageError         1   a file that phimill wrote is no longer what it wrote
    ├── ModelError          1   a model or tokenizer is not the one that the recipe names
    └── PluginError         1   a filter or function that the recipe brings along failed

A bad document is never an error: it is a decision, counted in the ledger.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Iterable


class PhimillError(Exception):
    """Says where, what was found, what was expected and what to do."""

    exit_code = 1


class UsageError(PhimillError):
    """A command, setting or argument cannot be used as given."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe cannot be used; `str()` starts with `file:line: key:` where known.

    Attributes:
        others: further mistakes, each of which `str()` puts on a line of its own.
    """

    others: tuple[Exception, ...] = ()

    def __init__(self, message: str, *, key: str = "", file: str = "", line: int | None = None) -> None:
        self.message, self.key, self.file, self.line = message, key, file, line
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{key}: {message}" if key else f"{place}{message}")

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.others)])


class QuarantineError(PhimillError):
    """More of a source's records were unreadable than `max_quarantined` allows."""

    exit_code = 3


class LockedError(PhimillError):
    """Another run holds the out folder."""

    exit_code = 11


class AccountingError(PhimillError):
    """Documents went missing or were counted twice; nothing may be published."""


class DamageError(PhimillError):
    """A file that phimill wrote is no longer what it wrote."""


class ModelError(PhimillError):
    """A model or tokenizer file is missing, damaged or not the one that was named."""


class PluginError(PhimillError):
    """A filter or function that the recipe brings along failed, or gave what cannot be used."""


def together(mistakes: Iterable[Exception]) -> Exception:
    """Returns one error for all of some mistakes, a recipe's in the order of its lines; else the first of them."""
    flat: list[Exception] = [inner for one in mistakes for inner in (one, *getattr(one, "others", ()))]
    first, *others = sorted(flat, key=lambda mistake: getattr(mistake, "line", None) or 0)
    for one in flat:
        if isinstance(one, RecipeError):
            one.others = tuple(others) if one is first else ()
    return first


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Returns ` Did you mean "x"?` for the nearest known name, or an empty string."""
    nearest = get_close_matches(found, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{nearest[0]}"?' if nearest else ""
