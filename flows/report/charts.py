"""Draws the report's charts with Altair. A chart is given as a Vega-Lite specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np

from flows.report import formatting, palette
from flows.report.histograms import Histogram
from flows.report.published import Rule
from flows.report.survey import EXCUSED, FAILED, PASSED

Spec = dict[str, Any]

#: Width of charts in a card, and of those across the page.
CARD, WIDE = 330, 900

_FONT = "Helvetica, Arial, sans-serif"


def rule_histogram(rule: Rule, histogram: Histogram) -> Spec:
    """Returns the histogram of a rule's signal over the judged documents, its bound as a line."""
    colours = {PASSED: palette.KEPT, EXCUSED: palette.EXCUSED, FAILED: palette.DROPPED}
    fates = {PASSED: "pass", EXCUSED: "are out of bounds but excused", FAILED: "fail"}
    low_fails = rule.lower
    order = (FAILED, EXCUSED, PASSED) if low_fails else (PASSED, EXCUSED, FAILED)
    bars = _stacked(histogram, [(group, colours[group], fates[group]) for group in order])
    layers = [_bin_marks(bars, histogram, rule.signal)]
    edges = histogram.edges
    inside = edges[0] <= rule.bound <= edges[-1]
    at = min(max(rule.bound, float(edges[0])), float(edges[-1]))
    if histogram.whole and inside:
        at = float(np.ceil(rule.bound) - 0.5 if rule.bound_is_right else np.floor(rule.bound) + 0.5)
    note = f"{rule.sign} {formatting.value(rule.bound)}" + ("" if inside else " ▸" if at == edges[-1] else " ◂")
    place = (at - edges[0]) / (edges[-1] - edges[0])
    if histogram.logarithmic:
        place = np.log(at / edges[0]) / np.log(edges[-1] / edges[0])
    mark = _data([{"x": at, "text": note}])
    if inside:
        layers.append(mark.mark_rule(color=palette.INK, strokeWidth=1.5, aria=False).encode(x=alt.X("x:Q")))
    side: Literal["left", "right"] = "right" if place > 0.6 else "left"
    layers.append(
        mark.mark_text(
            align=side, dx=-5 if side == "right" else 5, y=-7, fontSize=11, fontWeight=600, aria=False
        ).encode(x=alt.X("x:Q"), text=alt.Text("text:N"), color=alt.ColorValue(palette.INK))
    )
    return with_look(alt.layer(*layers).properties(width=CARD - 92, height=96))


def before_and_after(histogram: Histogram, unit: str, width: int = CARD - 92) -> Spec:
    """Returns the histogram of all documents with text, the kept ones in front; groups are (others, kept)."""
    everything = histogram.counts.sum(axis=0)
    back = _bins(histogram, np.zeros_like(everything), everything, palette.BEFORE, "came in")
    front = _bins(histogram, np.zeros_like(everything), histogram.counts[1], palette.KEPT, "kept")
    return with_look(_bin_marks(back + front, histogram, unit).properties(width=width, height=130))


def single(histogram: Histogram, unit: str, bound: float | None) -> Spec:
    """Returns a plain histogram of what was dropped, with an optional bound."""
    counts = histogram.counts.sum(axis=0)
    layers = [
        _bin_marks(_bins(histogram, np.zeros_like(counts), counts, palette.DROPPED, "documents"), histogram, unit)
    ]
    if bound is not None:
        layers.append(
            _data([{"x": bound}]).mark_rule(color=palette.INK, strokeWidth=1.5, aria=False).encode(x=alt.X("x:Q"))
        )
    return with_look(alt.layer(*layers).properties(width=CARD - 92, height=130))


def curves(rows: Sequence[Sequence[float]], bound: float | None) -> Spec:
    """Returns two falling lines: the shares of reference and of raw documents that a threshold keeps.

    Args:
        rows: (threshold, share of the reference kept, share of the raw pool kept), rising.
        bound: the recipe's threshold, drawn as a line.
    """
    layers = []
    for place, colour, name in ((1, palette.KEPT, "reference"), (2, palette.DROPPED, "raw")):
        values = [{"x": 0.0, "y": 1.0}, *({"x": row[0], "y": row[place]} for row in rows)]
        x = alt.X("x:Q").axis(title="threshold", tickCount=5, grid=False).scale(domain=[0, 1])
        y = alt.Y("y:Q").axis(title="share kept", format="%", tickCount=3).scale(domain=[0, 1])
        line = _data(values).mark_line(color=colour, strokeWidth=2, interpolate="step-before")
        layers.append(line.encode(x=x, y=y, description=alt.DescriptionValue(f"{name} documents kept")))
    if bound is not None:
        layers.append(
            _data([{"x": bound}]).mark_rule(color=palette.INK, strokeWidth=1.5, aria=False).encode(x=alt.X("x:Q"))
        )
    return with_look(alt.layer(*layers).properties(width=CARD - 92, height=130))


def bars(
    rows: Sequence[tuple[str, float, str]], colour: str = palette.KEPT, width: int = CARD - 150, first: str = ""
) -> Spec:
    """Returns horizontal bars, one for each (label, length, words beside the bar).

    Args:
        rows: what to draw, from the top.
        colour: of the bars.
        width: of the bars and the words beside them, in pixels.
        first: colour of the first bar, where it is of another sort.
    """
    values: list[dict[str, Any]] = [
        {"label": label, "n": number, "text": text, "colour": first or colour if place == 0 else colour}
        for place, (label, number, text) in enumerate(rows)
    ]
    base = _data(values).encode(y=_names([row["label"] for row in values]))
    top = max([number for _, number, _ in rows] + [1e-9])
    x = alt.X("n:Q").axis(None).scale(domain=[0, top * 1.45], nice=False)
    marks = base.mark_bar(height=13, cornerRadiusEnd=2).encode(
        x=x, description=alt.Description("text:N"), color=alt.Color("colour:N", scale=None)
    )
    words = base.mark_text(align="left", dx=5, fontSize=11, color=palette.INK, aria=False).encode(
        x=x, text=alt.Text("text:N")
    )
    return with_look(alt.layer(marks, words).properties(width=width, height=alt.Step(22)))


def compared(
    rows: Sequence[tuple[str, float, float]], words: tuple[str, str], tick: bool = False, width: int = CARD - 150
) -> Spec:
    """Returns horizontal bars of two shares each, the first behind (or as a tick), the second in front.

    Args:
        rows: (label, first share, second share).
        words: what the two shares are, for the tooltips.
        tick: draw the first share as a tick, as a plan that was to be reached.
    """
    values: list[dict[str, Any]] = [
        {
            "label": name,
            "a": a,
            "b": b,
            "text": f"{a:.1%} → {b:.1%}",
            "tell": f"{name}: {words[0]} {a:.1%}, {words[1]} {b:.1%}",
        }
        for name, a, b in rows
    ]
    base = _data(values).encode(y=_names([row["label"] for row in values]), description=alt.Description("tell:N"))
    top = max([max(a, b) for _, a, b in rows] + [1e-9])
    scale = alt.Scale(domain=[0, top * 1.5], nice=False)
    layers = [] if tick else [base.mark_bar(color=palette.BEFORE, height=17, cornerRadiusEnd=2).encode(_x("a", scale))]
    layers.append(base.mark_bar(color=palette.KEPT, height=9, cornerRadiusEnd=2).encode(_x("b", scale)))
    if tick:
        layers.append(base.mark_tick(color=palette.PLANNED, thickness=2, height=19).encode(_x("a", scale)))
    ends = [{**row, "end": max(row["a"], row["b"])} for row in values]
    layers.append(
        _data(ends)
        .mark_text(align="left", dx=6, fontSize=11, color=palette.INK, aria=False)
        .encode(x=_x("end", scale), y=_names([row["label"] for row in values]), text=alt.Text("text:N"))
    )
    return with_look(alt.layer(*layers).properties(width=width, height=alt.Step(25)))


def fates(rows: Sequence[tuple[str, dict[str, int]]], width: int = CARD) -> Spec:
    """Returns one bar of full length for each (label, documents by status)."""
    values = []
    for name, counts in rows:
        total, begin = max(sum(counts.values()), 1), 0.0
        for status, number in counts.items():
            end = begin + number / total
            tell = f"{name}: {formatting.count(number)} {formatting.words(status)}, {number / total:.1%}"
            values.append({"label": name, "a": begin, "b": end, "colour": palette.STATUS_COLOURS[status], "tell": tell})
            begin = end
    chart = (
        _data(values)
        .mark_bar(height=15)
        .encode(
            x=alt.X("a:Q").axis(format="%", title=None, tickCount=5).scale(domain=[0, 1]),
            x2=alt.X2("b:Q"),
            y=_names([name for name, _ in rows]),
            color=alt.Color("colour:N", scale=None),
            description=alt.Description("tell:N"),
        )
    )
    return with_look(chart.properties(width=width, height=alt.Step(24)))


def heat_map(names: Sequence[str], shares: Any, counts: Any) -> Spec:
    """Returns a matrix: of the documents that fail the row's rule, the share that fails the column's too."""
    values = []
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            if row == column:
                continue
            share = float(shares[row][column])
            tell = f"{share:.0%} of those that fail {one} fail {other} too ({formatting.count(counts[row][column])})"
            text = f"{100 * share:.0f}" if share >= 0.005 else ""
            dark = palette.ON_COLOUR if share > 0.55 else palette.INK
            values.append({"row": one, "column": other, "share": share, "text": text, "dark": dark, "tell": tell})
    top = alt.Axis(orient="top", labelAngle=-40, title=None, labelLimit=190, ticks=False)
    base = _data(values).encode(
        x=alt.X("column:N", sort=list(names), axis=top),
        y=_names(names, "row"),
    )
    cells = base.mark_rect(color=palette.KEPT, cornerRadius=2).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 1]), legend=None),
        description=alt.Description("tell:N"),
    )
    words = base.mark_text(fontSize=10, aria=False).encode(
        text=alt.Text("text:N"), color=alt.Color("dark:N", scale=None)
    )
    step = 34
    return with_look(alt.layer(cells, words).properties(width=alt.Step(step), height=alt.Step(24)))


def _data(values: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=values))


def _x(field: str, scale: alt.Scale) -> alt.X:
    return alt.X(f"{field}:Q", axis=None, scale=scale)


def _names(names: Sequence[str], field: str = "label") -> alt.Y:
    axis = alt.Axis(title=None, ticks=False, domain=False, labelLimit=190, labelPadding=6, labelColor=palette.INK)
    return alt.Y(f"{field}:N", sort=list(dict.fromkeys(names)), axis=axis)


def _stacked(histogram: Histogram, groups: list[tuple[int, str, str]]) -> list[dict[str, Any]]:
    """Returns bins of several groups, stacked in their order."""
    values: list[dict[str, Any]] = []
    floor = np.zeros(histogram.counts.shape[1], np.int64)
    for group, colour, fate in groups:
        values += _bins(histogram, floor, histogram.counts[group], colour, fate)
        floor = floor + histogram.counts[group]
    return values


def _bins(histogram: Histogram, floor: Any, counts: Any, colour: str, fate: str) -> list[dict[str, Any]]:
    values = []
    edges, last = histogram.edges, len(counts) - 1
    for place in np.flatnonzero(counts):
        low, high = float(edges[place]), float(edges[place + 1])
        if histogram.whole:
            first, end = int(np.ceil(low)), int(np.floor(high))
            span = f"{formatting.count(first)}–{formatting.count(end)}" if end > first else formatting.count(first)
        else:
            span = f"{formatting.value(low)}–{formatting.value(high)}"
        if place == last and histogram.beyond[1]:
            span = f"≥ {formatting.value(low)}"
        if place == 0 and histogram.beyond[0]:
            span = f"≤ {formatting.value(high)}"
        number = int(counts[place])
        values.append(
            {
                "a": low,
                "b": high,
                "low": int(floor[place]),
                "high": int(floor[place]) + number,
                "colour": colour,
                "tell": f"{span}: {formatting.count(number)} {fate}",
            }
        )
    return values


def _bin_marks(values: list[dict[str, Any]], histogram: Histogram, unit: str) -> alt.Chart:
    edges = histogram.edges
    kind: Literal["log", "linear"] = "log" if histogram.logarithmic else "linear"
    scale = alt.Scale(type=kind, domain=[float(edges[0]), float(edges[-1])], nice=False, zero=False)
    form = "~s" if float(edges[-1]) >= 10_000 or histogram.logarithmic else ".6~g"
    form = ".0e" if histogram.logarithmic and float(edges[0]) < 0.01 else form
    axis = alt.Axis(title=unit, tickCount=5, format=form, grid=False, labelFlush=True)
    height = histogram.counts.sum(axis=0)
    steep = _is_steep(histogram)
    form = "~s" if height.max(initial=0) >= 10_000 else ",d"
    y = alt.Y(
        "low:Q",
        scale=alt.Scale(type="sqrt" if steep else "linear", nice=True),
        axis=alt.Axis(title="documents" + (" (√)" if steep else ""), tickCount=3, tickMinStep=1, format=form),
    )
    marks: alt.Chart = (
        _data(values)
        .mark_bar(binSpacing=0.6)
        .encode(
            x=alt.X("a:Q", scale=scale, axis=axis),
            x2=alt.X2("b:Q"),
            y=y,
            y2=alt.Y2("high:Q"),
            color=alt.Color("colour:N", scale=None),
            description=alt.Description("tell:N"),
        )
    )
    return marks


def _is_steep(histogram: Histogram) -> bool:
    """Whether one group would vanish on a linear axis: its highest bin is under 1/25 of the highest of all."""
    tops = [int(row.max(initial=0)) for row in histogram.counts if row.any()]
    return len(tops) > 1 and min(tops) * 25 < max(tops)


def with_look(chart: Any) -> Spec:
    """Returns a chart's specification with the house's look."""
    small = {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "titleColor": palette.MUTED}
    lines = {"gridColor": palette.GRID, "domainColor": palette.GRID, "tickColor": palette.GRID}
    spec: Spec = chart.to_dict(validate=False)
    spec["config"] = {
        "background": None,
        "font": _FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {**small, **lines, "labelColor": palette.MUTED, "titlePadding": 5, "domain": False, "tickSize": 3},
        "scale": {"bandPaddingInner": 0.08},
    }
    return spec
