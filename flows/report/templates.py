"""What fills in the templates of pages: hostile text is escaped, what cannot be seen is written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from flows.report import formatting
from flows.report.excerpts import label, visible

_NUMBERS = (formatting.count, formatting.short, formatting.share, formatting.value, formatting.size)


def environment(*folders: Path) -> jinja2.Environment:
    """Returns the templates of the report and those in further folders, with the report's ways to write numbers."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters.update({function.__name__: function for function in _NUMBERS})
    made.filters.update(change=formatting.change, words=formatting.words, plural=formatting.plural, label=label)
    made.filters.update(breakable=breakable)
    return made


def breakable(address: str) -> Markup:
    """Returns the name of a rule or signal that lines break behind its dots and underscores, not within words."""
    return Markup(str(escape(visible(address))).replace(".", ".<wbr>").replace("_", "_<wbr>"))


def _shown(value: Any) -> Any:
    """Makes every string that the template prints visible; None prints nothing."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
