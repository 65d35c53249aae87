"""Writes the report: one HTML file that needs nothing else and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from data.atomic import atomic_write
from flows.report import contents, funnel, history, palette
from flows.report.cuts import cuts
from flows.report.documents import Samples, Texts
from flows.report.exercises import exercises
from flows.report.gallery import Gallery
from flows.report.published import Published
from flows.report.survey import Survey, take_survey
from flows.report.templates import environment

#: A report is smaller than this, whatever the run's size.
MAX_BYTES = 5_000_000

#: Tried in turn until the page is small enough: charts of rules, share of the usual sampled documents.
_DETAIL = ((80, 1.0), (40, 0.5), (15, 0.15), (0, 0.0))


def write_report(
    folder: Path,
    target: Path,
    texts: Texts,
    timings: Sequence[dict[str, Any]] = (),
    earlier: Path | None = None,
) -> None:
    """Writes the report of a published run, whole or not at all.

    The same run, texts and timings give the same bytes.

    Args:
        folder: holds manifest.json and ledger/*.parquet.
        target: the HTML file.
        texts: returns documents' texts by id; ids without a text are left out.
        timings: for each step `step`, `seconds`, `parts` and `reused` (parts not run again).
        earlier: another run's folder, to be compared with.

    Raises:
        UsageError: the folder holds no published run.
    """
    published = Published(folder)
    survey = take_survey(published)
    compared = history.comparison(published, Published(earlier) if earlier else None)
    for charted, share in _DETAIL:
        page = render_page(published, survey, texts, timings, charted, share, compared).encode(
            "utf-8", "backslashreplace"
        )
        if len(page) < MAX_BYTES:
            break
    atomic_write(target, page)


@debug_mode(False)  # Altair holds every part of a chart against its schema; the tests of the charts have it do so
def render_page(
    published: Published,
    survey: Survey,
    texts: Texts,
    timings: Sequence[dict[str, Any]] = (),
    charted: int = _DETAIL[0][0],
    share: float = 1.0,
    compared: dict[str, Any] | None = None,
) -> str:
    """Returns the report's HTML, with charts for so many rules and a share of the usual samples."""
    gallery = Gallery()
    sections: dict[str, Any] = {
        "overview": funnel.overview(published),
        "funnel": funnel.funnel(published, survey, gallery),
        "rules": funnel.rules(published, survey, gallery, charted),
        "overlap": funnel.overlap(published, survey, gallery),
        "distributions": contents.distributions(survey, gallery),
        "duplicates": contents.duplicates(published, survey, gallery),
        "cuts": cuts(published),
        "contamination": contents.contamination(survey, gallery),
        "quarantine": contents.quarantine(survey),
        "exercises": exercises(published, gallery),
        "quality": history.quality(published, gallery),
        "comparison": compared,
        "drift": history.drift(published),
        "mixture": contents.mixture(published, gallery),
        "truth": contents.truth(published),
        "timing": contents.timing(published, timings, gallery),
        "provenance": contents.provenance(published),
    }
    samples = Samples(published, survey, texts, share)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            manifest=published.manifest,
            survey=survey,
            samples=samples,
            style=style(),
            series={colour: place for place, colour in enumerate(palette.SERIES)},
            **sections,
        )
    )


def style() -> Markup:
    """Returns the style sheet of all pages."""
    return Markup(palette.style_sheet() + Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
