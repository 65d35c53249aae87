"""The report of a run: one HTML file without scripts, made from the manifest and the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.report.page import write_report

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    """Imports Altair and Jinja2 when a report is written, not when the command starts."""
    if name == "write_report":
        from flows.report.page import write_report

        return write_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
