"""The road, in order. Follow one document and you walk the house from left to right."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.errors import PhimillError, UsageError
from data.recipe_file import RecipeFile
from flows.pool import Pool
from flows.preflight import check_all
from flows.progress import Progress
from flows.run import Run
from flows.steps.decontaminate import decontaminate
from flows.steps.deduplicate import deduplicate
from flows.steps.extract import extract
from flows.steps.ingest import ingest
from flows.steps.judge import judge
from flows.steps.measure import measure
from flows.steps.mix import mix
from flows.steps.publish import publish
from flows.steps.quality import score, train_quality
from flows.steps.synthesise import synthesise
from flows.steps.tokenise import tokenise
from flows.work import Work

#: Every step takes the run, leaves its results in it, and returns a few numbers for display.
ROAD: dict[str, Callable[[Run], dict[str, Any]]] = {
    "ingest": ingest,
    "extract": extract,
    "measure": measure,
    "quality": train_quality,
    "score": score,
    "judge": judge,
    "deduplicate": deduplicate,
    "synthesise": synthesise,
    "decontaminate": decontaminate,
    "tokenise": tokenise,
    "mix": mix,
    "publish": publish,
}


#: The variable that names the folder that relative paths mean, where a server works elsewhere.
HOME_FOLDER = "PHIMILL_FOLDER"


def from_home(path: str) -> str:
    """Returns a path as the person meant it who started the server; absolute paths stay."""
    home = os.environ.get(HOME_FOLDER)
    return str(Path(home, path)) if home else path


@dataclasses.dataclass(frozen=True)
class Request:
    """What a person asked for.

    Attributes:
        recipe: a file, or the name of a shipped recipe.
        out: the out folder.
        changes: `a.b=value` changes to the recipe.
        workers: processes; None means one for each available processor.
        sample: share of documents that enter, or None for all.
    """

    recipe: str
    out: str
    changes: tuple[str, ...] = ()
    workers: int | None = None
    sample: float | None = None


@contextmanager
def open_run(request: Request, progress: Progress | None = None) -> Iterator[Run]:
    """Checks everything that can be checked before work begins, locks the out folder, yields the run."""
    from data.publish import check_folder
    from data.recipe_file import read_recipe

    with named_failures(Path(request.out)):
        if request.workers is not None and request.workers < 1:
            raise UsageError(f"--workers {request.workers}: at least 1")
        check_folder(Path(request.out))
        with open_work(read_recipe(request.recipe, request.changes), request, progress) as run:
            yield run


@contextmanager
def open_work(file: RecipeFile, request: Request, progress: Progress | None = None) -> Iterator[Run]:
    """Checks a recipe that is read already, locks the out folder, yields the run."""
    plan = check_all(file)
    workers = request.workers or len(os.sched_getaffinity(0))
    with Work(Path(request.out).absolute()) as work, Pool(workers) as pool:
        work.note("run", recipe=str(file.path), changes=request.changes, workers=workers, sample=request.sample)
        yield Run(file, plan, work, pool, request.sample, progress or Progress())


@contextmanager
def named_failures(out: Path) -> Iterator[None]:
    """Turns what the system refuses (a full disk, a folder that cannot be written) into one line with the path."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as failure:
        raise PhimillError(
            f"{failure.filename or out}: {failure.strerror or failure}. What was published before is untouched; "
            "when the cause is gone, run the same command again: it goes on where it stopped"
        ) from failure


def drive(
    request: Request, progress: Progress | None = None, ask: Callable[[Run], object] = lambda run: None
) -> dict[str, Any]:
    """Drives the whole road in this process, without Prefect; returns the manifest.

    Args:
        request: what a person asked for.
        progress: where it is shown.
        ask: called before work begins; raises where a person says no.
    """
    with open_run(request, progress) as run:
        ask(run)
        for step in ROAD.values():
            step(run)
        return dict(run.facts["manifest"])


def parse_sample(text: str | None) -> float | None:
    """Returns the share that `1%` or `0.01` means; None for None.

    Raises:
        UsageError: not a share above 0 and at most 1.
    """
    if text is None:
        return None
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise UsageError(f"--sample {text}: expected a share such as 1% or 0.01")
    return share
