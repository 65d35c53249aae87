"""`phimill serve`: the deployments `curate/scheduled` and `synth/on-demand`, on the user's Prefect or one of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from data.errors import PhimillError, UsageError
from data.recipe_file import find_recipe, read_recipe
from flows.children import end_children_with_us
from flows.launch import prepare_prefect
from flows.preflight import resolve_plan
from flows.road import HOME_FOLDER

#: A first start of Prefect's server on a busy machine takes up to a minute.
START_SECONDS = 180.0


def serve_deployments(recipes: list[str], out: Path, port: int) -> None:
    """Serves until interrupted: the first recipe is `curate/scheduled`, a further one `curate/scheduled-NAME`."""
    files = [read_recipe(recipe) for recipe in recipes]
    for file in files:
        resolve_plan(file)
    prepare_prefect(out / ".prefect")
    end_children_with_us()
    os.environ["PREFECT_LOGGING_LEVEL"] = "INFO"
    server = None if os.environ.get("PREFECT_API_URL") else start_server(port)
    paths = [find_recipe(recipe).absolute() for recipe in recipes]
    out = out.absolute()
    _leave_folder(out / ".prefect" / "empty")
    try:
        _serve(paths, out)
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def start_server(port: int) -> subprocess.Popen[bytes] | None:
    """Starts Prefect's server on loopback unless one answers there; returns it, healthy, or None."""
    url = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_API_URL"] = url
    if _healthy(url):
        return None
    print(f"phimill: starting Prefect's server on 127.0.0.1:{port} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        if _comes_up(server, url):
            print(f"phimill: pages at http://127.0.0.1:{port}; in other shells: export PREFECT_API_URL={url}")
            return server
        ended = server.poll()
        server.kill()
        server.wait()
        said.seek(0)
        last = [line for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()][-3:]
    trouble = f"did not answer within {START_SECONDS:.0f} s" if ended is None else f"ended with code {ended}"
    raise PhimillError(
        f"Prefect's server on 127.0.0.1:{port} {trouble}; choose another --port, or start one yourself and set "
        f"PREFECT_API_URL. Its last words: {' | '.join(last) or 'none'}"
    )


def _comes_up(server: subprocess.Popen[bytes], url: str) -> bool:
    """Waits until a server answers; False if it ends, or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if _healthy(url):
            return True
        time.sleep(0.5)
    return False


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _leave_folder(empty: Path) -> None:
    """Moves to an empty folder: Prefect puts the folder that it works in on sys.path, whatever -P says."""
    os.environ[HOME_FOLDER] = str(Path.cwd())
    empty.mkdir(parents=True, exist_ok=True)
    os.chdir(empty)


def end_as_by_ctrl_c(*_: object) -> None:
    """Handles SIGTERM: asyncio's own handler of SIGINT has the loop end in order."""
    signal.raise_signal(signal.SIGINT)


def _serve(recipes: list[Path], out: Path) -> None:
    from prefect import serve
    from prefect.runner import Runner
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.curate import curate
    from flows.synth_flow import synth

    deployments: list[Any] = []
    for number, recipe in enumerate(recipes):
        model = read_recipe(recipe).recipe
        try:
            schedule = Cron(model.schedule.cron, timezone=model.schedule.timezone) if model.schedule else None
        except ValueError as failure:
            raise UsageError(f"{recipe}: schedule.cron: {failure}") from failure
        parameters = {"recipe": str(recipe), "out": str(out / model.name)}
        deployments.append(
            curate.to_deployment(
                "scheduled" if number == 0 else f"scheduled-{model.name}",
                schedule=schedule,
                parameters=parameters,
                concurrency_limit=1,
                entrypoint_type=EntrypointType.MODULE_PATH,
                description=f"{recipe.name}: " + (model.description or "curation"),
            )
        )
    deployments.append(
        synth.to_deployment(
            "on-demand",
            parameters={"out": str(out / "exercises")},
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    )
    # Prefect's leaves its loop from within a callback: a page of tracebacks, and what ends the runs is never awaited.
    Runner.handle_sigterm = end_as_by_ctrl_c  # type: ignore[assignment]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a script starts what it does not wait for
        signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(*deployments, limit=2)
