"""The charts of what a teacher made: cells and how full they are, and how new the answers were."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import altair as alt

from flows.report import palette
from flows.report.charts import CARD, Spec, with_look

#: A cell with less than this share of what was wished for is thin.
THIN_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class CellSum:
    """What one field of the coverage matrix has: records wished for, asked for and kept."""

    row: str
    column: str
    target: int
    asked: int
    kept: int

    @property
    def filled(self) -> float:
        """The share of what was wished for that is there."""
        return min(1.0, self.kept / self.target) if self.target else 0.0

    @property
    def is_thin(self) -> bool:
        """Whether it lacks most of it."""
        return self.filled < THIN_SHARE


def coverage_matrix(cells: Sequence[CellSum], rows: Sequence[str], columns: Sequence[str]) -> Spec:
    """Returns a field for each cell with what was kept; the fuller the darker, thin ones in the colour of losses."""
    values: list[dict[str, Any]] = [
        {
            "row": cell.row,
            "column": cell.column,
            "text": f"{cell.kept}",
            "colour": palette.DROPPED if cell.is_thin else palette.KEPT,
            "strength": 0.16 + 0.5 * (THIN_SHARE - cell.filled) if cell.is_thin else 0.1 + 0.9 * cell.filled,
            "ink": palette.ON_COLOUR if not cell.is_thin and cell.filled > 0.6 else palette.INK,
            "tell": f"{cell.row}, {cell.column}: {cell.kept} kept of {cell.asked} asked"
            + (f", {cell.target} wished for" if cell.target != cell.asked else ""),
        }
        for cell in cells
    ]
    top = alt.Axis(orient="top", labelAngle=-40, title=None, labelLimit=170, ticks=False, labelColor=palette.INK)
    side = alt.Axis(title=None, ticks=False, labelLimit=230, labelPadding=6, labelColor=palette.INK)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("column:N", sort=list(columns), axis=top), y=alt.Y("row:N", sort=list(rows), axis=side)
    )
    fields = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("colour:N", scale=None),
        opacity=alt.Opacity("strength:Q", scale=None, legend=None),
        description=alt.Description("tell:N"),
    )
    words = base.mark_text(fontSize=10, aria=False).encode(
        text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None)
    )
    step = max(34, min(56, 560 // max(1, len(columns))))
    return with_look(alt.layer(fields, words).properties(width=alt.Step(step), height=alt.Step(20)))


def novelty_curves(points: Sequence[dict[str, Any]]) -> Spec:
    """Returns two lines over the records kept: new skeletons and new behaviours in 1,000."""
    layers = []
    for name, colour in (("skeletons", palette.KEPT), ("behaviours", palette.SERIES[3])):
        values = [
            {"x": point["kept"], "y": point[name], "tell": f"at {point['kept']} kept: {point[name]:.0f} new {name}"}
            for point in points
        ]
        base = alt.Chart(alt.InlineData(values=values)).encode(
            x=alt.X("x:Q", scale=alt.Scale(zero=True, nice=False)).axis(
                title="exercises kept", tickCount=4, tickMinStep=1, grid=False, format="~s", labelFlush=True
            ),
            y=alt.Y("y:Q", scale=alt.Scale(domain=[0, 1000])).axis(title="new in 1,000", tickCount=3, format=",d"),
        )
        layers.append(base.mark_line(color=colour, strokeWidth=2, aria=False))
        layers.append(base.mark_circle(color=colour, size=26, opacity=1).encode(description=alt.Description("tell:N")))
    return with_look(alt.layer(*layers).properties(width=CARD - 92, height=150))
