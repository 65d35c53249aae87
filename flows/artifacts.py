"""Prefect artifacts: the manifest's numbers on the flow run, under keys that stay the same from run to run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.events import emit_event
from prefect.exceptions import PrefectException

from flows.summary import closing_words

#: What a Prefect server that is gone or broken can raise; a run goes on without its display.
SERVER_TROUBLE = (PrefectException, httpx.HTTPError, OSError, RuntimeError)

#: The event of a run that is beyond its recipe's `watch`.
REGRESSION = "phimill.dataset.regression"

#: A table with more rows than this is cut; the whole is in the report.
TABLE_ROWS = 100


class Showcase:
    """Shows one run in Prefect: a progress bar, the funnel, the reasons, a summary."""

    def __init__(self, steps: list[str], logger: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        self.steps, self.logger = steps, logger
        self._bar: UUID | None = None
        self._current = 0
        self._shown = -1.0
        self._gone = False
        self._attempt(self._start)

    def begin(self, step: str) -> None:
        """Says that a step begins."""
        self._current = self.steps.index(step)
        self.progress(step, 0.0)

    def progress(self, step: str, share: float) -> None:
        """Moves the bar; only by whole percents, because each move is a request."""
        percent = 100.0 * (self._current + min(1.0, share)) / len(self.steps)
        if percent - self._shown >= 2.0 or percent >= 100.0:
            self._shown = percent
            self._attempt(lambda: self._move(percent))

    def finish(self, manifest: dict[str, Any], out: Path, is_new: bool = True) -> None:
        """Leaves the funnel, the reasons and the summary.

        Args:
            manifest: what was published.
            out: where it stands.
            is_new: whether this run made it; a run that found nothing to do tells no regression a second time.
        """
        self._attempt(lambda: self._tables(manifest, out))
        drift = manifest.get("drift")
        if is_new and drift and drift["beyond"]:
            self._attempt(lambda: self._raise_regression(manifest, drift, out))

    def _start(self) -> None:
        self._bar = create_progress_artifact(0.0, key="curation-progress", description="The road, step by step")  # type: ignore[assignment]

    def _move(self, percent: float) -> None:
        if self._bar is not None:
            update_progress_artifact(self._bar, percent)

    def _tables(self, manifest: dict[str, Any], out: Path) -> None:
        counts = manifest["counts"]
        funnel = [
            {"stage": row["stage"], "in": row["in"], "out": row["out"], "left here": row["in"] - row["out"]}
            for row in counts["stages"]
        ]
        create_table_artifact(funnel, key="curation-funnel", description="Documents in and out of each stage")
        reasons = [
            {key: row[key] for key in ("stage", "status", "reason", "documents", "tokens")}
            for row in sorted(counts["reasons"], key=lambda row: -row["documents"])[:TABLE_ROWS]
        ]
        if reasons:
            create_table_artifact(reasons, key="curation-reasons", description="Why documents left the road")
        if manifest.get("drift"):
            rows = [
                {**{key: row[key] for key in ("measure", "name")}, **_percents(row), "beyond": row["beyond"]}
                for row in sorted(manifest["drift"]["rows"], key=lambda row: -abs(row["change"]))[:TABLE_ROWS]
            ]
            create_table_artifact(rows, key="curation-drift", description="What changed since the run before")
        report = (out / "report.html").absolute().as_uri()
        create_link_artifact(report, link_text="report.html", key="curation-report", description="The whole story")
        words = closing_words(manifest, out)
        create_markdown_artifact(f"```\n{words}\n```\n", key="curation-summary", description="What was made")

    def _raise_regression(self, manifest: dict[str, Any], drift: dict[str, Any], out: Path) -> None:
        """Raises the event that an automation can wait for: this run is beyond the recipe's `watch`."""
        beyond = [row for row in drift["rows"] if row["beyond"]]
        names = ", ".join(f"{row['measure']} of {row['name']}" for row in beyond)
        self.logger.warning("regression against snapshot %s: %s", drift["against"], names)
        emit_event(
            event=REGRESSION,
            resource={
                "prefect.resource.id": f"phimill.dataset.{manifest['name']}",
                "prefect.resource.name": manifest["name"],
                "phimill.snapshot": manifest["snapshot"],
            },
            payload={"out": str(out), "against": drift["against"], "beyond": beyond},
        )

    def _attempt(self, action: Callable[[], None]) -> None:
        """Shows something, or gives up for good: each try at a dead server takes its client half a minute."""
        if self._gone:
            return
        try:
            action()
        except SERVER_TROUBLE as trouble:
            self._gone = True
            self.logger.warning("Prefect cannot show this run any more (%s); the run goes on", type(trouble).__name__)


def _percents(row: dict[str, Any]) -> dict[str, str]:
    return {name: f"{row[name]:.1%}" for name in ("before", "after", "change", "limit")}
