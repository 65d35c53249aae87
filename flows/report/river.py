"""The funnel as a river: each source's documents from stage to stage, and where they leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from data.schema import STAGES
from flows.report import formatting, palette
from flows.report.charts import Spec, with_look
from flows.report.published import TAUGHT

#: Share of a stage's column that its bar takes, and where in the column the leaving ones go.
_BAR, _LEAVE, _CURVE_POINTS = 0.05, 0.52, 25

#: Sources with a band of their own; the rest flows in one.
_BANDS = len(palette.SERIES) - 1


class River:
    """Bands between stages, as areas that Altair draws.

    Attributes:
        areas: points (x, top, bottom) of each area, with its number, colour, opacity and tooltip.
        words: texts with their places.
    """

    def __init__(self, amounts: Counter[tuple[str, ...]], stages: Sequence[str], unit: str) -> None:
        """Lays out the river.

        Args:
            amounts: documents or tokens by (stage, status, source); stage "" has those that stay.
            stages: the stages in order; those at which nothing leaves get no column.
            unit: what is counted, for tooltips.
        """
        self.unit = unit
        self.stages = [stage for stage in stages if any(key[0] == stage and n for key, n in amounts.items())]
        totals: Counter[str] = Counter()
        for (_, _, source), number in amounts.items():
            totals[source] += number
        ranked = sorted(totals, key=lambda source: (-totals[source], source))
        self.sources = [source for source in ranked[:_BANDS] if totals[source]]
        self.others = len([source for source in ranked[_BANDS:] if totals[source]])
        self.total = max(sum(totals.values()), 1)
        self.areas: list[dict[str, Any]] = []
        self.words: list[dict[str, Any]] = []
        bands = {source: place for place, source in enumerate(self.sources)}
        self._lost = np.zeros((len(self.stages) + 1, _BANDS + 1))
        self._taught = np.zeros(_BANDS + 1)
        by_status: dict[int, Counter[str]] = {}
        for (stage, status, source), number in amounts.items():
            row = self.stages.index(stage) if stage in self.stages else len(self.stages)
            self._lost[row, bands.get(source, _BANDS)] += number
            self._taught[bands.get(source, _BANDS)] += number if source.startswith(TAUGHT) else 0
            by_status.setdefault(row, Counter())[status] += number
        self._status = by_status
        self._enters = len([stage for stage in self.stages if STAGES.index(stage) < STAGES.index("synthesise")])
        self._draw()

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Each band's source and colour."""
        named = [(source, palette.SERIES[place]) for place, source in enumerate(self.sources)]
        further = "1 further source" if self.others == 1 else f"{self.others} further sources"
        return named + ([(further, palette.SERIES[-1])] if self.others else [])

    def spec(self, width: int, height: int) -> Spec:
        """Returns the chart."""
        columns = len(self.stages) + 0.8
        x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, columns], nice=False))
        scale = alt.Scale(domain=[1.06 * self.total, 0], nice=False)
        areas = (
            alt.Chart(alt.InlineData(values=self.areas))
            .mark_area(line=False)
            .encode(
                x=x,
                y=alt.Y("top:Q", axis=None, scale=scale),
                y2=alt.Y2("bottom:Q"),
                detail=alt.Detail("number:N"),
                color=alt.Color("colour:N", scale=None),
                opacity=alt.Opacity("opacity:Q", scale=None),
                description=alt.Description("tell:N"),
            )
        )
        layers = [areas]
        for look in sorted({word["look"] for word in self.words}):
            chosen = [word for word in self.words if word["look"] == look]
            layers.append(
                alt.Chart(alt.InlineData(values=chosen))
                .mark_text(
                    align="left", baseline="top", fontSize=12, fontWeight=look[0], color=look[1], dy=look[2], aria=False
                )
                .encode(x=x, y=alt.Y("y:Q", axis=None, scale=scale), text=alt.Text("text:N"))
            )
        return with_look(alt.layer(*layers).properties(width=width, height=height))

    def _draw(self) -> None:
        gap = 0.02 * self.total
        alive = self._lost[::-1].cumsum(axis=0)[::-1]
        alive[: self._enters] -= self._taught
        for column in range(len(self.stages) + 1):
            tops = np.concatenate([[0.0], np.cumsum(alive[column])])
            name = self.stages[column] if column < len(self.stages) else "kept"
            self._bars(column, alive[column], tops)
            self._say(column, 0.0, name, palette.INK, -35, weight=600)
            self._say(column, 0.0, _number(alive[column].sum()), palette.MUTED, -20)
            if column == len(self.stages):
                break
            next_tops = np.concatenate([[0.0], np.cumsum(alive[column + 1])])
            leaving = next_tops[-1] + gap
            lost = self._lost[column]
            for band in (int(place) for place in np.flatnonzero(alive[column])):
                stay = alive[column + 1][band]
                source = self.sources[band] if band < len(self.sources) else "further sources"
                start, colour = tops[band], palette.SERIES[band]
                if stay:
                    tell = f"{source}: {formatting.count(stay)} {self.unit} pass {name}"
                    self._link(column, 1.0, (start, next_tops[band]), stay, colour, 0.45, tell)
                if lost[band]:
                    tell = f"{source}: {formatting.count(lost[band])} {self.unit} leave at {name}"
                    self._link(column, _LEAVE, (start + stay, leaving), lost[band], palette.DROPPED, 0.35, tell)
                    self._bar(column + _LEAVE, leaving, lost[band], self._leaving_colour(column), tell)
                    leaving += lost[band]
            gone = float(lost.sum())
            self._say(column + _LEAVE - 0.1, leaving, f"−{_number(gone)}", palette.DROPPED, 6, weight=600)
            part = formatting.share(gone, float(alive[column].sum()))
            self._say(column + _LEAVE - 0.1, leaving, part, palette.MUTED, 21)

    def _leaving_colour(self, column: int) -> str:
        return palette.STATUS_COLOURS.get(self._status[column].most_common(1)[0][0], palette.DROPPED)

    def _bars(self, column: int, alive: Any, tops: Any) -> None:
        for band in (int(place) for place in np.flatnonzero(alive)):
            source = self.sources[band] if band < len(self.sources) else "further sources"
            tell = f"{source}: {formatting.count(alive[band])} {self.unit}"
            self._bar(column, tops[band], alive[band], palette.SERIES[band], tell)

    def _bar(self, x: float, top: float, height: float, colour: str, tell: str) -> None:
        points = [(x, top, top + height), (x + _BAR, top, top + height)]
        self._area(points, colour, 1.0, tell)

    def _link(
        self,
        column: float,
        reach: float,
        tops: tuple[float, float],
        height: float,
        colour: str,
        opacity: float,
        tell: str,
    ) -> None:
        along = np.linspace(0.0, 1.0, _CURVE_POINTS)
        ease = along * along * (3.0 - 2.0 * along)
        xs = column + _BAR + (reach - _BAR) * along
        ys = tops[0] + (tops[1] - tops[0]) * ease
        self._area([(x, y, y + height) for x, y in zip(xs, ys, strict=True)], colour, opacity, tell)

    def _area(self, points: Sequence[tuple[float, float, float]], colour: str, opacity: float, tell: str) -> None:
        number = self.areas[-1]["number"] + 1 if self.areas else 0
        for x, top, bottom in points:
            self.areas.append(
                {
                    "x": round(float(x), 4),
                    "top": float(top),
                    "bottom": float(bottom),
                    "number": number,
                    "colour": colour,
                    "opacity": opacity,
                    "tell": tell,
                }
            )

    def _say(self, x: float, y: float, text: str, colour: str, dy: int, weight: int = 400) -> None:
        """Places words, dy pixels below y."""
        self.words.append({"x": x, "y": float(y), "text": text, "look": (weight, colour, dy)})


def _number(amount: float) -> str:
    return formatting.count(amount) if amount < 100_000 else formatting.short(float(amount))
