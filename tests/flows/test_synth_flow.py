from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Runs the flow twice beside a server of its own; says no the first time, yes the second.
PLAY = """
import json, os, sys, threading, time
from synth.builtin.server import serve

def main(folder):
    from prefect.client.orchestration import get_client
    from prefect.testing.utilities import prefect_test_harness
    found = {}
    with serve() as url, prefect_test_harness(server_startup_timeout=300):
        from flows.synth_flow import synth

        def run(out):
            wish = {"exercises": 3, "base_url": url, "model": "builtin-procedural-1", "approve": True}
            prices = {"usd_per_million_input": 1, "usd_per_million_output": 2, "max_usd": 1.0}
            try:
                found[out] = synth(out=out, **wish, **prices)
            except Exception as error:
                found[out] = str(error)

        for answer in ("no", "yes"):
            out = f"{folder}/{answer}"
            thread = threading.Thread(target=run, args=(out,))
            thread.start()
            end = time.monotonic() + 200
            with get_client(sync_client=True) as client:
                paused = []
                while not paused and thread.is_alive() and time.monotonic() < end:
                    paused = [one for one in client.read_flow_runs() if one.state and one.state.is_paused()]
                    time.sleep(0.2)
                found[f"begun before {answer}"] = os.path.exists(out)
                client.resume_flow_run(paused[0].id, run_input={"approved": answer == "yes"})
            thread.join(200)
    print(json.dumps(found))

main(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_no_money_is_spent_before_a_person_says_yes(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PHIMILL_CACHE": str(tmp_path / "cache"),
    }
    environment.pop("PREFECT_API_URL", None)
    play = subprocess.run(
        [sys.executable, "-P", "-c", PLAY, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert play.returncode == 0, play.stderr[-3000:]
    found = json.loads(play.stdout.strip().split("\n")[-1])
    assert found[f"{tmp_path}/no"] == "the spending was not approved; nothing was spent"
    assert (found["begun before no"], found["begun before yes"]) == (False, False)
    assert not (tmp_path / "no").exists()
    assert found[f"{tmp_path}/yes"]["requests"] == 3
    assert found[f"{tmp_path}/yes"]["usd"] > 0
