"""Draws how likely MinHash finds a pair, by its similarity: a picture of its own, outside the report."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from data.atomic import atomic_write
from data.errors import UsageError
from flows.report import palette
from flows.report.charts import Spec, with_look
from flows.report.svg import render

FORMATS = (".png", ".svg", ".html")


def check_name(target: Path) -> None:
    """Makes sure that a picture of this name can be drawn.

    Raises:
        UsageError: none of the formats.
    """
    if target.suffix.lower() not in FORMATS:
        raise UsageError(f"{target}: expected a name that ends in {', '.join(FORMATS)}")


def recall_chart(points: Sequence[tuple[float, float]], facts: Mapping[str, Any]) -> Spec:
    """Returns the curve with the threshold and the similarity that is found every other time."""
    curve = alt.Chart(alt.InlineData(values=[{"s": at, "p": chance} for at, chance in points]))
    similarity = alt.X(
        "s:Q", title="Jaccard similarity", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(grid=False)
    )
    chance = alt.Y("p:Q", title="chance to be found", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    line = curve.mark_line(color=palette.KEPT, strokeWidth=2).encode(x=similarity, y=chance)
    area = curve.mark_area(color=palette.KEPT, opacity=0.12).encode(x=similarity, y=chance)
    marks = [
        {"s": facts["threshold"], "p": 0.94, "words": f"threshold {facts['threshold']:g}"},
        {"s": facts["half"], "p": 0.5, "words": f"half at {facts['half']:.3f}"},
    ]
    noted = alt.Chart(alt.InlineData(values=marks))
    rules = noted.mark_rule(color=palette.MUTED, strokeDash=[3, 3]).encode(x=alt.X("s:Q"))
    words = noted.mark_text(align="right", dx=-6, fontSize=11).encode(
        x=alt.X("s:Q"), y=alt.Y("p:Q"), text=alt.Text("words:N"), color=alt.ColorValue(palette.INK)
    )
    return with_look(alt.layer(area, line, rules, words).properties(width=560, height=300))


def write_chart(target: Path, points: Sequence[tuple[float, float]], facts: Mapping[str, Any]) -> None:
    """Draws the curve into a PNG, SVG or HTML file, as its name says.

    Raises:
        UsageError: the name says none of them.
    """
    check_name(target)
    spec = recall_chart(points, facts)
    words = f"MinHash with {facts['bands']} bands of {facts['rows']} rows"
    if target.suffix.lower() == ".html":
        drawn = render(spec, "recall", words)
        page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(words)}</title>"
        look = f"<style>{palette.style_sheet()}body{{font:15px Helvetica,Arial,sans-serif;background:var(--surface);"
        look += "color:var(--ink);max-width:46rem;margin:2rem auto}svg{width:100%}</style>"
        atomic_write(target, f"{page}{look}<h1>{html.escape(words)}</h1>{drawn}{_table(facts)}</html>\n")
        return
    spec["config"]["background"] = "white"
    if target.suffix.lower() == ".png":
        atomic_write(target, vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[]))
    else:
        atomic_write(target, vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _table(facts: Mapping[str, Any]) -> str:
    cells = "".join(f"<tr><td>{mark}<td>{chance:.1%}" for mark, chance in facts["recall"].items())
    return f"<table><tr><th>similarity<th>found{cells}</table>"
