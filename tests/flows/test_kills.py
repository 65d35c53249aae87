"""Safe to kill at any moment: 20 random kills, and the published bytes are those of an undisturbed run."""

from __future__ import annotations

import bisect
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from flows.benches.kills import kill_moments, published_digest, run_command, run_to_end

pytestmark = pytest.mark.slow

#: Kills in a row before a run may finish; each hits what the killed ones before it left to do.
ROUNDS, KILLS = 2, 10


def journal(out: Path) -> list[str]:
    """Returns the lines about beginnings and finished steps that all runs into a folder have written so far."""
    path = out / ".work" / "journal.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if '"event": "run"' in line or '"event": "step"' in line]


def milestones(out: Path) -> list[float]:
    """Returns when the only run into a folder had begun and had ended each step, in seconds from its beginning."""
    times = [json.loads(line)["at"] for line in journal(out)]
    return [time - times[0] for time in times]


def run_and_kill(command: list[str], out: Path, passed: int, seconds: float) -> bool:
    """Kills a run with all that it has started, so many seconds after a milestone; False if it had ended before."""
    before = len(journal(out))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and len(journal(out)) - before < passed:
        time.sleep(0.05)
    try:
        assert process.wait(seconds) == 0
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


@pytest.mark.timeout(1400)
def test_twenty_kills_leave_no_trace_in_what_is_published(corpus: Path, tmp_path: Path) -> None:
    recipe = str(corpus / "small.yaml")
    first, again, out = tmp_path / "undisturbed", tmp_path / "again", tmp_path / "killed"
    run_to_end(run_command(recipe, first))
    expected = published_digest(first)
    # The second run finds answers and tables that the first one left in the cache folder, as all later ones do.
    run_to_end(run_command(recipe, again))
    known = milestones(again)
    moments = kill_moments(ROUNDS * KILLS, 11, known[-1])
    for number in range(ROUNDS):
        command = run_command(recipe, out, "--workers", str(1 + number % 2))
        shutil.rmtree(out, ignore_errors=True)
        # Early kills first: a late one would leave the rest of the round nothing to hit.
        for moment in sorted(moments[number * KILLS : (number + 1) * KILLS]):
            # Counted from the step before: what the killed runs finished passes in no time, in this one too.
            passed = bisect.bisect(known, moment)
            while not run_and_kill(command, out, passed, moment - known[passed - 1]):
                shutil.rmtree(out)  # the machine was slower when the run was timed: once more, and earlier
                moment /= 2
                passed = bisect.bisect(known, moment)
        run_to_end(command)
        assert published_digest(out) == expected, f"round {number}"
