"""`phimill bench kills`: kill a run with SIGKILL at random moments, finish it, compare with an undisturbed one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from data.errors import PhimillError
from data.fingerprint import file_sha256
from data.keyed import keyed_unit

#: What must be byte-identical however often a run was killed.
PUBLISHED = ("data", "tokens", "ledger")


def published_digest(out: Path) -> str:
    """Returns one digest for all published shards, tokens and ledger files, names included."""
    total = hashlib.sha256()
    for folder in PUBLISHED:
        for path in sorted((out / folder).rglob("*")):
            if path.is_file():
                total.update(f"{path.relative_to(out)} {file_sha256(path)}\n".encode())
    return total.hexdigest()


def run_command(recipe: str, out: Path, *more: str) -> list[str]:
    """Returns the command line of an uninterrupted run without Prefect."""
    return [sys.executable, "-P", "-m", "flows.cli", "run", recipe, "--out", str(out), "--no-server", *more]


def run_to_end(command: Sequence[str]) -> float:
    """Runs a command; returns its seconds.

    Raises:
        PhimillError: it did not end with 0; its last words are in the message.
    """
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise PhimillError(f"ended with {done.returncode}: {' '.join(command)}\n{done.stderr[-2000:]}")
    return time.monotonic() - begin


def run_and_kill(command: Sequence[str], after: float) -> bool:
    """Starts a command and kills its whole process group after some seconds; False if it had ended before."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def kill_moments(number: int, seed: int, seconds: float) -> list[float]:
    """Returns random moments, the same for a seed, spread over the length of a run."""
    return [float(share) * seconds for share in keyed_unit(seed, "kills", [str(n) for n in range(number)])]


def bench_kills(number: int, seed: int, out: Path) -> None:
    """Runs the quickstart once undisturbed and `number` times killed at a random moment and then finished."""
    from data.sample_corpus import write_sample_corpus

    corpus = out / "corpus"
    write_sample_corpus(corpus)
    root = f"root={json.dumps(str(corpus.absolute()))}"
    seconds = run_to_end(run_command("quickstart", out / "undisturbed", "--set", root))
    expected = published_digest(out / "undisturbed")
    print(f"undisturbed: {seconds:.1f} s, {expected[:16]}", flush=True)
    differing = 0
    for count, moment in enumerate(kill_moments(number, seed, seconds), 1):
        folder = out / "killed"
        shutil.rmtree(folder, ignore_errors=True)
        command = run_command("quickstart", folder, "--set", root)
        killed = run_and_kill(command, moment)
        rest = run_to_end(command)
        same = published_digest(folder) == expected
        differing += not same
        what = f"killed after {moment:.1f} s" if killed else "ended before its kill"
        print(f"{count:>3}: {what}, finished in {rest:.1f} s: {'same' if same else 'DIFFERENT'}", flush=True)
    if differing:
        raise PhimillError(f"{differing} of {number} interrupted runs differ from the undisturbed one")
    print(f"all {number} equal")
