"""The charts of one page: draws each, with ids of its own."""

from __future__ import annotations

from markupsafe import Markup

from flows.report.charts import Spec
from flows.report.svg import render


class Gallery:
    """Hands out rendered charts that can stand beside each other in a page."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, spec: Spec, description: str) -> Markup:
        """Returns a chart as inline SVG; safe for a page, see svg.clean.

        Args:
            spec: the chart, as the functions of charts.py give it.
            description: what a reader who cannot see it is told.
        """
        self._drawn += 1
        return Markup(render(spec, f"c{self._drawn}", description))
