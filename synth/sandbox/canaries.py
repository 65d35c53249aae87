"""Programs that try to get out: a tier is used only if each of them fails under it.

Features are not asked for, since a kernel, a container or a distribution may offer one and
refuse its use; what counts is what a program can do.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.sandbox.launch import run
from synth.sandbox.program import Limits, Program, Step, Tier

_LIMITS = Limits(cpu_s=2, wall_s=20.0)
_LOOP_WALL_S = 0.25

#: Each attempt is an expression; True means that it was held back.
_ATTEMPTS = """
import ctypes, os, socket, threading

libc = ctypes.CDLL(None, use_errno=True)

def refused(function, *arguments):
    try:
        result = function(*arguments)
    except (OSError, MemoryError):
        return True
    return False

def missing(function, *arguments):
    return function(*arguments) == -1

def fork():
    if os.fork() == 0:
        os._exit(0)

def connect(family, address):
    with socket.socket(family) as end:
        end.settimeout(1)
        end.connect(address)

def honest():
    import asyncio, dataclasses, datetime, json, math, random, re
    async def answer():
        return 42
    box = []
    thread = threading.Thread(target=lambda: box.append(json.loads("[1]")))
    thread.start()
    thread.join()
    return box == [[1]] and asyncio.run(answer()) == 42
"""

_NAMES = {
    "honest": "honest()",
    "read a file": "refused(open, {secret!r})",
    "write a file": "refused(os.open, {target!r}, os.O_WRONLY | os.O_CREAT)",
    "write in its own folder": "refused(os.open, '.', os.O_WRONLY | os.O_TMPFILE)",
    "change a file": "refused(os.chmod, {secret!r}, 0)",
    "read the environment": "not os.environ and refused(open, '/proc/{parent}/environ')",
    "connect over TCP": "refused(connect, socket.AF_INET, ('127.0.0.1', {port}))",
    "connect to a socket of the host": "refused(connect, socket.AF_UNIX, {abstract!r})",
    "fork": "refused(fork)",
    "start a program": "refused(os.posix_spawn, '/usr/bin/env', ['env'], {{}})",
    "signal the parent": "refused(os.kill, {parent}, 0)",
    "trace": "missing(libc.ptrace, 0, 0, 0, 0)",
    "limit the parent": "missing(libc.prlimit, {parent}, 7, None, None)",
    "make a namespace": "missing(libc.unshare, 0x10000000)",
    "take memory": "refused(bytearray, {memory})",
}


def failures(tier: Tier) -> list[str]:
    """Returns the names of the attempts that a tier did not hold back; [] if it may be used."""
    with tempfile.TemporaryDirectory() as folder, _listen() as server, _listen(abstract=True) as abstract:
        os.chmod(folder, 0o777)  # only the sandbox, no file mode, may stand in the way
        secret = Path(folder, "secret")
        secret.write_text(secrets.token_hex())
        target = Path(folder, "target")
        values: dict[str, Any] = {
            "secret": str(secret),
            "target": str(target),
            "parent": os.getpid(),
            "port": server.getsockname()[1],
            "abstract": abstract.getsockname(),
            "memory": _LIMITS.memory_bytes,
        }
        steps: list[Step] = [("value", text.format(**values)) for text in _NAMES.values()]
        program = Program((("solution", _ATTEMPTS), *steps), watch=False)
        outcome = run(tier, program, _LIMITS)
        held = {report[1] for report in outcome.reports if report[0] == "value" and report[2] == ["b", 1]}
        failed = [name for index, name in enumerate(_NAMES, 1) if index not in held]
        if target.exists():
            failed.append("write a file, seen from outside")
    if not failed and not _stops_a_loop(tier):
        failed.append("run forever")
    return failed


def _listen(*, abstract: bool = False) -> socket.socket:
    server = socket.socket(socket.AF_UNIX if abstract else socket.AF_INET)
    server.bind(f"\0phimill-{secrets.token_hex(8)}" if abstract else ("127.0.0.1", 0))
    server.listen()
    return server


def _stops_a_loop(tier: Tier) -> bool:
    program = Program((("solution", "while True: pass"),), watch=False)
    return run(tier, program, replace(_LIMITS, wall_s=_LOOP_WALL_S)).ended == "timeout"
