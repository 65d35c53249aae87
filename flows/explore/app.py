"""The explorer's pages and their addresses. Reading changes nothing; the one thing that is written is a label."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from data.errors import PhimillError
from data.manifest import LABELS as LABELS_FILE
from flows.explore import clusters, overview
from flows.explore.asking import Asker
from flows.explore.guard import Guard, Session
from flows.explore.labels import LABELS, Labels
from flows.explore.ledger import SORTABLE, Ledger
from flows.explore.pages import HERE, make_environment, style_sheet
from flows.explore.query import Query, query_of, settings_of, whole_number
from flows.explore.reader import line_of, page_of
from flows.explore.texts import seek
from flows.report.published import Published

#: Documents on a page, border samples of a rule and side.
PAGE, SAMPLES = 50, 3


class Explorer:
    """What is looked at: a run, what people said of it, and runs to compare it with.

    Attributes:
        others: folder → run, in the order given.
    """

    def __init__(self, folder: Path, labels: Path | None = None, others: list[Path] | None = None) -> None:
        """Opens everything.

        Raises:
            UsageError: nothing is published there, DuckDB is missing, or the labels file is none.
        """
        self.folder = folder
        self.published = Published(folder)
        self.ledger = Ledger(self.published)
        self.asker = Asker(self.published, folder)
        self.labels = Labels(labels or folder / LABELS_FILE)
        self.others = {str(path): Published(path) for path in others or []}
        self.comparisons: dict[str, dict[str, Any]] = {}

    def warm(self) -> None:
        """Reads what the first search and the first what-if need, so that they come at once."""
        self.ledger.warm()
        self.asker.warm()

    @property
    def label_of(self) -> dict[str, str]:
        """Id → label."""
        return {key: str(entry["label"]) for key, entry in self.labels.entries().items()}

    @cached_property
    def movable(self) -> list[str]:
        """Addresses of the rules whose bounds can be moved; empty where nothing can be asked."""
        try:
            return [rule.address for rule in self.asker.question.plan.rules if self.asker.can_move(rule)]
        except PhimillError:
            return []


class Pages:
    """The functions behind the addresses."""

    def __init__(self, explorer: Explorer, session: Session) -> None:
        self.explorer, self.session = explorer, session
        self.templates: jinja2.Environment = make_environment()

    def routes(self) -> list[Route]:
        """Returns every address."""
        pages: dict[str, Callable[[Request], Response]] = {
            "/": self.overview,
            "/documents": self.documents,
            "/documents/list": self.listed,
            "/document": self.document,
            "/whatif": self.whatif,
            "/whatif/answer": self.answer,
            "/whatif/samples": self.samples,
            "/whatif/rule": self.rule,
            "/whatif/recipe.yaml": self.recipe,
            "/clusters": self.clusters,
            "/cluster": self.cluster,
            "/compare": self.compare,
            "/labels": self.labels,
            "/static/explore.css": lambda request: Response(style_sheet(), media_type="text/css"),
            "/static/explore.js": lambda request: Response(
                (HERE / "static" / "explore.js").read_text(encoding="utf-8"), media_type="text/javascript"
            ),
            "/favicon.ico": lambda request: Response(status_code=204),
        }
        return [*(Route(path, page) for path, page in pages.items()), Route("/label", self.label, methods=["POST"])]

    def overview(self, request: Request) -> Response:
        """Shows the funnel, the reasons and the rules."""
        return self._page("overview.html.j2", here="overview", **overview.facts(self.explorer))

    def documents(self, request: Request) -> Response:
        """Shows the filters and the first documents."""
        query = query_of(request)
        choices = {name: self.explorer.ledger.facets(name) for name in overview.FACETS}
        rules = [rule.address for rule in self.explorer.published.rules]
        signals = [*self.explorer.published.signals]
        return self._page(
            "documents.html.j2",
            here="documents",
            choices=choices,
            rules=rules,
            signals=signals,
            sortable=[*SORTABLE, *signals],
            labels=LABELS,
            **self._found(query, request),
        )

    def listed(self, request: Request) -> Response:
        """Shows a page of documents alone."""
        return self._page("list.html.j2", **self._found(query_of(request), request))

    def _found(self, query: Query, request: Request) -> dict[str, Any]:
        start = whole_number(request, "start")
        labels = self.explorer.label_of
        if query.text.strip():
            return self._sought(query, start)
        found = self.explorer.ledger.find(query, labels, start, PAGE)
        lines = [line_of(self.explorer, row) for row in found]
        total = self.explorer.ledger.count(query, labels)
        return {"query": query, "lines": lines, "total": total, "start": start, "page": PAGE, "sought": None}

    def _sought(self, query: Query, start: int) -> dict[str, Any]:
        """Returns the documents of a query, from one row on, that hold words inside their texts."""
        explorer, labels = self.explorer, self.explorer.label_of
        rows = np.sort(explorer.ledger.rows(query, labels))
        sought = seek(explorer.published, explorer.folder, query.text, rows[np.searchsorted(rows, start) :])
        lines = [
            {**line_of(explorer, row), "excerpt": sought.rows[row["ledger_row"]]}
            for row in explorer.ledger.listed(list(sought.rows))
        ]
        before = int(np.searchsorted(rows, start))
        total = explorer.ledger.count(query, labels)
        return {"query": query, "lines": lines, "total": total, "start": start, "sought": sought, "before": before}

    def document(self, request: Request) -> Response:
        """Shows one document: by its id, or as the n-th of those that a query asks for (`at`)."""
        query, key, at = query_of(request), request.query_params.get("id"), request.query_params.get("at")
        if at is not None:
            place = whole_number(request, "at")
            found = self.explorer.ledger.find(query, self.explorer.label_of, place, 1)
            if not found:
                return RedirectResponse(f"/documents?{query.address()}", 303)
            row = int(found[0]["ledger_row"])
        else:
            place, row = -1, self._row_of(key or "")
        one = page_of(self.explorer, row, query.text)
        return self._page("document.html.j2", here="documents", one=one, query=query, at=place, labels=LABELS)

    def _row_of(self, key: str) -> int:
        row = self.explorer.ledger.row_of(key)
        if row is None:
            raise HTTPException(404, "No document has this id.")
        return row

    def whatif(self, request: Request) -> Response:
        """Shows the rules with their bounds, and what the filters would keep."""
        settings = settings_of(request)
        explorer = self.explorer
        chosen = request.query_params.get("rule") or ""
        changed = [setting.removeprefix("filters.").partition("=")[0] for setting in settings]
        opened = chosen if chosen in explorer.movable else next((one for one in changed if one in explorer.movable), "")
        return self._page(
            "whatif.html.j2",
            here="whatif",
            rules=overview.rules(explorer),
            movable=explorer.movable,
            found=explorer.asker.answer(settings),
            settings_=settings,
            changed=changed,
            slider=explorer.asker.slider(opened, settings) if opened else None,
            explanations={rule.address: rule.explanation for rule in explorer.published.rules},
        )

    def answer(self, request: Request) -> Response:
        """Shows the numbers of a what-if alone."""
        settings = settings_of(request)
        return self._page("answer.html.j2", found=self.explorer.asker.answer(settings), settings_=settings)

    def samples(self, request: Request) -> Response:
        """Shows documents gained and lost next to the changed bounds."""
        settings = settings_of(request)
        return self._page("samples.html.j2", samples=self.explorer.asker.samples(settings, SAMPLES))

    def rule(self, request: Request) -> Response:
        """Shows one rule's slider."""
        settings = settings_of(request)
        slider = self.explorer.asker.slider(request.query_params.get("rule") or "", settings)
        return self._page("slider.html.j2", slider=slider, settings_=settings)

    def recipe(self, request: Request) -> Response:
        """Gives the changed thresholds as a recipe."""
        text = self.explorer.asker.recipe(settings_of(request))
        headers = {"content-disposition": 'attachment; filename="changed.yaml"'}
        return Response(text, media_type="application/yaml", headers=headers)

    def clusters(self, request: Request) -> Response:
        """Shows the clusters of duplicates, the largest first."""
        start = whole_number(request, "start")
        found = self.explorer.ledger.clusters(start, PAGE)
        total = self.explorer.ledger.cluster_count()
        return self._page("clusters.html.j2", here="clusters", found=found, total=total, start=start, page=PAGE)

    def cluster(self, request: Request) -> Response:
        """Shows a cluster's documents, two of them side by side."""
        wanted = request.query_params
        facts = clusters.facts(
            self.explorer, wanted.get("id") or "", wanted.get("left") or "", wanted.get("right") or ""
        )
        if facts is None:
            raise HTTPException(404, "There is no such cluster.")
        return self._page("cluster.html.j2", here="clusters", **facts)

    def compare(self, request: Request) -> Response:
        """Shows what differs from another run."""
        from flows.comparison.runs import compare

        other = request.query_params.get("with") or next(iter(self.explorer.others), "")
        if other and other not in self.explorer.others:
            raise HTTPException(404, "There is no such run; name it with --against when you start the explorer.")
        if other and other not in self.explorer.comparisons:
            left = self.explorer.others[other]
            self.explorer.comparisons[other] = compare(left, self.explorer.published, samples=20)
        found = self.explorer.comparisons.get(other)
        return self._page("compare.html.j2", here="compare", found=found, other=other)

    def labels(self, request: Request) -> Response:
        """Shows what has been labelled."""
        return self._page("labels.html.j2", here="labels", **overview.labelled(self.explorer))

    async def label(self, request: Request) -> Response:
        """Labels a document."""
        try:
            asked = json.loads(await request.body())
            key, label = str(asked["id"]), asked["label"]
        except (ValueError, KeyError, TypeError):
            raise HTTPException(400, 'Expected {"id": …, "label": …}.') from None
        if label is not None and label not in LABELS:
            raise HTTPException(400, f"The labels are {', '.join(LABELS)}.")
        from starlette.concurrency import run_in_threadpool

        await run_in_threadpool(self._set_label, key, label)
        return JSONResponse({"id": key, "label": label, "labelled": len(self.explorer.label_of)})

    def _set_label(self, key: str, label: str | None) -> None:
        row = self.explorer.ledger.rows_of([key]).get(key)
        if row is None:
            raise HTTPException(404, "No document has this id.")
        self.explorer.labels.set(key, label, row)

    def _page(self, template: str, **values: Any) -> Response:
        common = {
            "name": self.explorer.published.manifest["name"],
            "folder": str(self.explorer.folder),
            "word": self.session.word,
            "others": list(self.explorer.others),
            "labelled": len(self.explorer.label_of),
            "labels_file": str(self.explorer.labels.path),
        }
        html = self.templates.get_template(template).render({**common, **values})
        return HTMLResponse(html.encode("utf-8", "backslashreplace"))

    def failed(self, request: Request, failure: Exception) -> Response:
        """Says what was wrong with a request."""
        status = failure.status_code if isinstance(failure, HTTPException) else 400
        said = failure.detail if isinstance(failure, HTTPException) else str(failure)
        if request.url.path in ("/", "/documents", "/document", "/whatif", "/clusters", "/cluster", "/compare"):
            answer = self._page("failed.html.j2", here="", said=said)
            answer.status_code = status
            return answer
        return PlainTextResponse(said, status)


def make_app(explorer: Explorer, session: Session) -> Guard:
    """Returns the explorer as an ASGI application, guarded."""
    pages = Pages(explorer, session)
    handlers: dict[Any, Any] = {PhimillError: pages.failed, HTTPException: pages.failed}
    return Guard(Starlette(routes=pages.routes(), exception_handlers=handlers), session)
