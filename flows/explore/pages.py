"""Turns what a page shows into HTML: everything is escaped, and what cannot be seen is written out."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import Any

import jinja2

from flows.report import formatting, palette, templates

HERE = Path(__file__).parent


def make_environment() -> jinja2.Environment:
    """Returns the templates, with the report's own ways to write numbers."""
    environment = templates.environment(HERE / "templates")
    environment.filters.update(stated=formatting.stated, exact=_exact)
    environment.globals.update(address=_address, settings=_settings)
    return environment


def style_sheet() -> str:
    """Returns the explorer's CSS, in the report's colours, light and dark."""
    light = "".join(f"--{name}:{value};" for name, value, _ in palette.COLOURS)
    dark = "".join(f"--{name}:{value};" for name, _, value in palette.COLOURS)
    colours = f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    return colours + (HERE / "static" / "explore.css").read_text(encoding="utf-8")


def _exact(number: float | None) -> str:
    """Returns a number as a setting takes it."""
    return "" if number is None else f"{number:.15g}"


def _address(path: str, **fields: Any) -> str:
    """Returns a path with a query; empty fields are left out."""
    kept = [(name, value) for name, value in fields.items() if value not in (None, "", False)]
    return path + ("?" + urllib.parse.urlencode(kept, doseq=True) if kept else "")


def _settings(settings: list[str]) -> str:
    """Returns settings as the query of an address."""
    return urllib.parse.urlencode([("set", setting) for setting in settings])
