"""Prefect for real: its ephemeral server, its artifacts, its deployments; and its death in mid-run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from data.compiled import cache_folder

pytestmark = pytest.mark.slow

PHIMILL = [sys.executable, "-P", "-m", "flows.cli"]


def environment(home: Path) -> dict[str, str]:
    """Returns the environment of a user without any Prefect settings, with a folder of his own.

    Only the cache of compiled code is this machine's: to compile anew takes longer than all the rest.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    cache = cache_folder()
    known = {} if cache is None else {"PHIMILL_CACHE": str(cache)}
    return {**kept, **known, "HOME": str(home), "DO_NOT_TRACK": "1"}


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Returns a folder where a user's own files bear our packages' names."""
    folder = tmp_path / "elsewhere"
    (folder / "data").mkdir(parents=True)
    for name in ("data/__init__.py", "filters.py", "synth.py", "flows.py"):
        (folder / name).write_text("raise RuntimeError('a stranger was imported')\n")
    return folder


@pytest.mark.timeout(1400)
def test_a_run_with_prefect_ends_well_and_leaves_its_artifacts(corpus: Path, stranger: Path) -> None:
    done = subprocess.run(
        [*PHIMILL, "run", str(corpus / "small.yaml"), "--out", "made"],
        cwd=stranger, env=environment(stranger), capture_output=True, text=True, timeout=1300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Made" in done.stdout
    assert (stranger / "made" / "manifest.json").exists()
    database = stranger / "made" / ".work" / "prefect" / "prefect.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as store:
        artifacts = {row[0]: row[1] for row in store.execute("select key, data from artifact")}
        states = [row[0] for row in store.execute("select state_type from flow_run")]
        tasks = {row[0] for row in store.execute("select name from task_run")}
    kinds = ("progress", "funnel", "reasons", "report", "summary")
    assert set(artifacts) >= {f"curation-{kind}" for kind in kinds}
    assert states == ["COMPLETED"]
    assert {"ingest", "judge", "deduplicate", "publish"} <= tasks
    counts = json.loads((stranger / "made" / "manifest.json").read_text())["counts"]
    assert f"{counts['kept']:,} documents" in artifacts["curation-summary"]
    funnel = [(row["stage"], row["in"], row["out"]) for row in json.loads(json.loads(artifacts["curation-funnel"]))]
    assert funnel == [(row["stage"], row["in"], row["out"]) for row in counts["stages"]]
    reasons = json.loads(json.loads(artifacts["curation-reasons"]))
    assert sum(row["documents"] for row in reasons) == counts["in"] - counts["kept"]


def steps(out: Path) -> int:
    """Returns how many steps the runs into a folder have done so far."""
    journal = out / ".work" / "journal.jsonl"
    return journal.read_text().count('"step"') if journal.exists() else 0


def begun(corpus: Path, folder: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Starts a run with Prefect; returns it in its midst, and its servers."""
    before = steps(folder / "made")
    process = subprocess.Popen(
        [*PHIMILL, "run", str(corpus / "small.yaml"), "--out", "made", "--workers", "1"],
        cwd=folder, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: steps(folder / "made") > before, 600)
    servers = [child for child in children(process.pid) if b"uvicorn" in cmdline(child) or b"prefect" in cmdline(child)]
    assert servers, "no server among the children"
    return process, servers


@pytest.mark.timeout(1400)
def test_a_killed_run_takes_its_server_along_and_a_killed_server_does_not_keep_the_next(
    corpus: Path, stranger: Path
) -> None:
    process, servers = begun(corpus, stranger)
    process.kill()
    process.wait()
    wait_for(lambda: not any(map(cmdline, servers)), 60)
    process, servers = begun(corpus, stranger)
    manifest = stranger / "made" / "manifest.json"
    for server in servers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
    wait_for(lambda: manifest.exists() or process.poll() is not None, 900)
    assert process.wait(300) == 0
    assert manifest.exists()


@pytest.mark.timeout(1400)
def test_deployments_run_from_any_folder(corpus: Path, stranger: Path) -> None:
    port = free_port()
    recipe = stranger / "small.yaml"
    hour = (time.gmtime().tm_hour + 12) % 24  # not while the test runs
    more = f"root: {corpus}\nschedule: {{cron: '0 {hour} * * *'}}\n"
    recipe.write_text((corpus / "small.yaml").read_text() + more)
    # Prefect's own pace is ten seconds from one look for runs to the next, and five for its schedules.
    pace = ("PREFECT_RUNNER_POLL_FREQUENCY", "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS")
    env = {**environment(stranger), "PREFECT_HOME": str(stranger / "prefect"), **dict.fromkeys(pace, "1")}
    with (stranger / "said.txt").open("w") as said:  # a pipe that nobody reads would fill, and stop it
        server = subprocess.Popen(
            [*PHIMILL, "serve", str(recipe), "--out", str(stranger / "out"), "--port", str(port)],
            cwd=stranger, env=env, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    other = stranger / "other"
    other.mkdir()
    asking = {**env, "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    prefect = [sys.executable, "-P", "-m", "prefect"]
    try:
        wait_for(lambda: is_deployed(asking["PREFECT_API_URL"], "synth/on-demand"), 600)
        wait_for(lambda: scheduled_runs(asking["PREFECT_API_URL"]) > 0, 200)  # its schedule, by the server alone
        for name, more in (("curate/scheduled", []), ("synth/on-demand", ["-p", "exercises=5"])):
            run = subprocess.run(
                [*prefect, "deployment", "run", name, *more, "--watch", "--watch-interval", "1"],
                cwd=other, env=asking, capture_output=True, text=True, timeout=500,
            )  # fmt: skip
            assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    finally:
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
    assert (stranger / "out" / "small" / "manifest.json").exists()
    assert (stranger / "out" / "exercises" / "exercises.jsonl").exists()


def is_deployed(api: str, name: str) -> bool:
    """Returns whether Prefect's server is there and knows a deployment."""
    try:
        with urllib.request.urlopen(f"{api}/deployments/name/{name}", timeout=60) as answer:
            return str(json.loads(answer.read())["name"]) == name.rpartition("/")[2]
    except OSError:
        return False


def scheduled_runs(api: str) -> int:
    """Returns how many runs Prefect's server has planned for later."""
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    asked = urllib.request.Request(
        f"{api}/flow_runs/count", json.dumps(wanted).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return int(answer.read())


def free_port() -> int:
    """Returns a port that nobody listens on, below those that the system hands out to others meanwhile."""
    for port in range(20_000 + os.getpid() % 10_000, 32_768):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def wait_for(condition: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found += [int(entry.name), *children(int(entry.name))]
        except OSError:
            continue
    return found


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
