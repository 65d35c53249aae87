"""Writes the report: one HTML file that needs nothing else and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from data.atomic import atomic_write
from flows.report import contents, formatting, funnel, palette
from flows.report.documents import Samples, Texts
from flows.report.excerpts import label, visible
from flows.report.gallery import Gallery
from flows.report.published import Published
from flows.report.survey import Survey, take_survey

#: A report is smaller than this, whatever the run's size.
MAX_BYTES = 5_000_000

#: Tried in turn until the page is small enough: charts of rules, share of the usual sampled documents.
_DETAIL = ((80, 1.0), (40, 0.5), (15, 0.15), (0, 0.0))


def write_report(folder: Path, target: Path, texts: Texts, timings: Sequence[dict[str, Any]] = ()) -> None:
    """Writes the report of a published run, whole or not at all.

    The same run, texts and timings give the same bytes.

    Args:
        folder: holds manifest.json and ledger/*.parquet.
        target: the HTML file.
        texts: returns documents' texts by id; ids without a text are left out.
        timings: for each step `step`, `seconds`, `parts` and `reused` (parts not run again).

    Raises:
        UsageError: the folder holds no published run.
    """
    published = Published(folder)
    survey = take_survey(published)
    for charted, share in _DETAIL:
        page = render_page(published, survey, texts, timings, charted, share).encode("utf-8", "backslashreplace")
        if len(page) < MAX_BYTES:
            break
    atomic_write(target, page)


def render_page(
    published: Published,
    survey: Survey,
    texts: Texts,
    timings: Sequence[dict[str, Any]] = (),
    charted: int = _DETAIL[0][0],
    share: float = 1.0,
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
        "contamination": contents.contamination(survey, gallery),
        "quarantine": contents.quarantine(survey),
        "exercises": contents.exercises(published, gallery),
        "mixture": contents.mixture(published, gallery),
        "truth": contents.truth(published),
        "timing": contents.timing(published, timings, gallery),
        "provenance": contents.provenance(published),
    }
    samples = Samples(published, survey, texts, share)
    environment = _environment()
    return environment.get_template("page.html.j2").render(
        manifest=published.manifest,
        survey=survey,
        samples=samples,
        style=Markup(palette.style_sheet() + Path(__file__).with_name("page.css").read_text(encoding="utf-8")),
        series={colour: place for place, colour in enumerate(palette.SERIES)},
        **sections,
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    for function in (formatting.count, formatting.short, formatting.share, formatting.value, formatting.size):
        environment.filters[function.__name__] = function
    environment.filters.update(words=formatting.words, plural=formatting.plural, label=label)
    return environment


def _shown(value: Any) -> Any:
    """Makes every string that the template prints visible; None prints nothing."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
