"""Runs the hostile programs under one tier and prints, as JSON, what got out; run by test_sandbox_walls.py.

Stands alone, so that it can be run by another interpreter and another user.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from synth.sandbox.launch import run
from synth.sandbox.program import Limits, Outcome, Program, Tier
from synth.sandbox.tiers import candidate

LIMITS = Limits(cpu_s=1, wall_s=1.6)
SECRET = "secret-7c1f0a"


def main(tier_name: str, *kinds: str) -> None:
    """Prints {program: [what is wrong]} for every program that got out or left something."""
    os.environ["SECRET_IN_ENVIRONMENT"] = SECRET
    tier = candidate(tier_name)
    assert tier is not None
    programs = tomllib.loads(Path(__file__).with_name("hostile.toml").read_text("utf-8"))
    programs = {kind: programs[kind] if kind in kinds else {} for kind in programs}
    bystander = subprocess.Popen(["/bin/sleep", "1000"])
    server = socket.create_server(("127.0.0.1", 0))
    signals: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: signals.append(number))
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unix:
        os.chmod(folder, 0o777)
        unix.bind(f"{folder}/socket")
        unix.setblocking(False)
        server.setblocking(False)
        values = {
            "folder": folder,
            "secret": f"{folder}/secret",
            "target": f"{folder}/target",
            "socket": f"{folder}/socket",
            "parent": os.getpid(),
            "bystander": bystander.pid,
            "port": server.getsockname()[1],
        }
        for path in ("secret", "socket"):
            Path(folder, path).touch()
        Path(values["secret"]).write_text(SECRET)
        os.chmod(values["secret"], 0o666)
        os.chmod(values["socket"], 0o777)
        before = _facts(folder)
        with ThreadPoolExecutor(4) as pool:
            texts = [text.format(**values) for text in programs["endless"].values()]
            results = zip(programs["endless"], pool.map(lambda text: _run(tier, text), texts), strict=True)
            found = {name: wrong for name, wrong in results if wrong}
        for name, text in programs["escapes"].items():
            wrong = _run(tier, text.format(**values))
            if _facts(folder) != before:
                wrong.append(f"files changed: {_facts(folder)}")
            if _reached(server) or _reached(unix) or signals:
                wrong.append("reached the parent")
            if bystander.poll() is not None:
                wrong.append("killed a bystander")
                bystander = subprocess.Popen(["/bin/sleep", "1000"])
            if wrong:
                found[name] = wrong
    bystander.kill()
    bystander.wait()
    print(
        json.dumps(
            {"programs": sum(map(len, programs.values())), "wrong": found, "user": tier.user, "left": _children()}
        )
    )


def _run(tier: Tier, text: str) -> list[str]:
    started = time.monotonic()
    outcome = run(tier, Program((("solution", text), ("value", "bool(globals().get('escaped'))")), watch=False), LIMITS)
    wrong = []
    if outcome.ended == "unconfined":
        wrong.append(f"was not run: {outcome.output!r}")
    if SECRET in _said(outcome):
        wrong.append("saw the secret")
    if ["value", 1, ["b", 1]] in outcome.reports:
        wrong.append("says that it escaped")
    if time.monotonic() - started > LIMITS.wall_s + 30:
        wrong.append("was not stopped in time")
    return wrong


def _said(outcome: Outcome) -> str:
    words = [bytes.fromhex(field) for report in outcome.reports[:9] for field in report[2:4] if isinstance(field, str)]
    return f"{outcome.output!r} {words}"


def _facts(folder: str) -> list[tuple[object, ...]]:
    facts: list[tuple[object, ...]] = []
    for path in sorted(Path(folder).iterdir()):
        status = path.stat()
        facts.append((path.name, status.st_mode, status.st_uid, status.st_mtime_ns, status.st_size))
    for place in ("/tmp", "/dev/shm", os.path.dirname(os.__file__)):
        facts.append((place, any("phimill_sandbox_test" in name for name in os.listdir(place))))
    return facts


def _reached(server: socket.socket) -> bool:
    try:
        server.recv(9) if server.type == socket.SOCK_DGRAM else server.accept()
    except BlockingIOError:
        return False
    return True


def _children() -> list[str]:
    found = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True)
    return [name for name in found.stdout.split() if name != "ps"]


if __name__ == "__main__":
    main(*sys.argv[1:])
