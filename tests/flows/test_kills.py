"""Safe to kill at any moment: 20 random kills, and the published bytes are those of an undisturbed run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.benches.kills import kill_moments, published_digest, run_and_kill, run_command, run_to_end

pytestmark = pytest.mark.slow

#: Kills in a row before a run may finish; each hits what the killed ones before it left to do.
ROUNDS, KILLS = 4, 5


@pytest.mark.timeout(1400)
def test_twenty_kills_leave_no_trace_in_what_is_published(corpus: Path, tmp_path: Path) -> None:
    recipe = str(corpus / "small.yaml")
    first = tmp_path / "undisturbed"
    run_to_end(run_command(recipe, first))
    expected = published_digest(first)
    # The second run finds answers and tables that the first one left in the cache folder, as all later ones do.
    seconds = run_to_end(run_command(recipe, tmp_path / "again"))
    # What killed runs leave done makes the later ones shorter: a kill near the end would hit nothing.
    moments = kill_moments(ROUNDS * KILLS, 11, 0.7 * seconds)
    for number in range(ROUNDS):
        out = tmp_path / "killed"
        command = run_command(recipe, out, "--workers", str(1 + number % 2))
        shutil.rmtree(out, ignore_errors=True)
        # Early kills first: a late one would leave the rest of the round nothing to hit.
        for moment in sorted(moments[number * KILLS : (number + 1) * KILLS]):
            while not run_and_kill(command, moment):
                shutil.rmtree(out)  # the machine was slower when the run was timed: once more, and earlier
                moment /= 2
        run_to_end(command)
        assert published_digest(out) == expected, f"round {number}"
