"""Starts a run from the command line: with Prefect by default, without it on request; and always ends."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from data.errors import PhimillError, UsageError
from flows.children import end_children_with_us
from flows.road import Request, drive, open_run, parse_sample
from flows.run import Run
from flows.summary import closing_words

#: A dead Prefect server can hold the process for minutes after the work is done; it gets this long.
GRACE_SECONDS = 40.0


def launch(
    recipe: str, out: Path, changes: tuple[str, ...], workers: int | None, sample: str | None, server: bool
) -> None:
    """Runs a recipe and prints what was made."""
    out = out.absolute()
    request = Request(recipe, str(out), changes, workers, parse_sample(sample))
    if not server:
        manifest = drive(request, ask=ask_here)
        print(closing_words(manifest, _shown(out)), flush=True)
        return
    with open_run(request) as run:  # every setting that is wrong is named before Prefect's slow start
        approved = ask_here(run)
    prepare_prefect(out / ".work" / "prefect")
    end_children_with_us()
    print("phimill: starting Prefect …", file=sys.stderr, flush=True)
    _run_flow(request, out, sample, approved)


def prepare_prefect(home: Path) -> None:
    """Sets Prefect's environment, before its first import, and makes its folder; what the user has set stays.

    Prefect itself makes no folder within a folder that is not there, and its server then ends at once.
    """
    if "PREFECT_HOME" not in os.environ:
        home.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "PREFECT_HOME": str(home.absolute()),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLIENT_MAX_RETRIES": "2",
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)


def ask_here(run: Run) -> bool:
    """Asks the person at the terminal before money is spent, if the recipe wants that; True if that is settled.

    Raises:
        PhimillError: the answer is no.
        UsageError: nobody is here to be asked, and no Prefect server that lasts.
    """
    from flows.steps.synthesise import is_made, place_of, settings_in

    settings = settings_in(run)
    if settings is None or not settings.approve:
        return False
    from flows.teaching.approval import needs_approval, question

    if not needs_approval(settings) or is_made(place_of(run, settings)[0]):
        return False
    words = question(settings, run.recipe.seed)
    if os.isatty(0) and sys.stderr.isatty():
        import click

        if not click.confirm(f"{words} Spend it?", default=False, err=True):
            raise PhimillError("the spending was not approved; nothing was spent")
        return True
    if os.environ.get("PREFECT_API_URL"):
        return False  # the flow run waits in the server's pages
    raise UsageError(
        f"synthesise.approve: {words} Nobody is here to say yes: run it in a terminal, or by `phimill serve`, "
        "or with --set synthesise.approve=false"
    )


def _run_flow(request: Request, out: Path, sample: str | None, approved: bool) -> None:
    from flows.curate import curate, published

    said = threading.Lock()

    def say() -> None:
        if said.acquire(blocking=False):
            print(closing_words(_manifest(out), _shown(out)), flush=True)

    def leave_in_time() -> None:
        published.wait()
        threading.Event().wait(GRACE_SECONDS)
        say()
        _leave(0)

    threading.Thread(target=leave_in_time, daemon=True, name="leave-in-time").start()
    try:
        curate(request.recipe, str(out), list(request.changes), request.workers, sample, approved)
    except BaseException as failure:
        timer = threading.Timer(GRACE_SECONDS, _leave, (getattr(failure, "exit_code", 1),))
        timer.daemon = True
        timer.start()
        raise
    say()


def _leave(code: int) -> None:
    """Ends this process, and with it its children, without waiting for Prefect."""
    print(f"phimill: Prefect did not end within {GRACE_SECONDS:.0f} s of the work; leaving it", file=sys.stderr)
    sys.stdout.flush()
    os._exit(code)


def _manifest(out: Path) -> dict[str, Any]:
    from data.manifest import read_manifest

    return dict(read_manifest(out))


def _shown(out: Path) -> Path:
    """Returns the folder as a person would type it from here."""
    try:
        return out.relative_to(Path.cwd())
    except ValueError:
        return out
