"""Starts the child of a tier with one program."""

from __future__ import annotations

import marshal
import os
import subprocess
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from synth.sandbox import child, interpreter, landlock, seccomp
from synth.sandbox.program import Limits, Outcome, Program, Tier
from synth.sandbox.watcher import Watcher

_BOOTSTRAP = (
    "import marshal, sys\n"
    "code, settings = marshal.loads(sys.stdin.buffer.read())\n"
    "space = {'__name__': 'child'}\n"
    "exec(code, space)\n"
    "space['main'](settings)\n"
)


def run(tier: Tier, program: Program, limits: Limits) -> Outcome:
    """Runs a program once under a tier; nothing of it is left when this returns."""
    results, child_end = os.pipe()
    try:
        process = _start(tier, program, child_end)
    except BaseException:
        os.close(results)
        raise
    finally:
        os.close(child_end)
    watcher = Watcher(process, results, limits)
    try:
        watcher.follow(_payload(tier, program, limits, child_end))
    finally:
        watcher.stop()
    return watcher.outcome()


def _start(tier: Tier, program: Program, child_end: int) -> subprocess.Popen[bytes]:
    identity: dict[str, Any] = {}
    if tier.user is not None:
        identity = {"user": tier.user, "group": tier.user, "extra_groups": []}
    # -s -E -P are what -I stands for; -E is left out, since the hash seed travels in the environment.
    python = [interpreter.executable(), "-s", "-S", "-P", "-B", "-X", "utf8", "-c", _BOOTSTRAP]
    return subprocess.Popen(
        [*tier.command, *python],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=interpreter.environment(program.hash_seed),
        bufsize=0,
        start_new_session=True,
        pass_fds=(child_end,),
        **identity,
    )


@cache
def _child_code() -> CodeType:
    source = Path(child.__file__).read_text("utf-8")  # imported so that fingerprints of imports know it
    code = compile(source, "<sandbox>", "exec", dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


@cache
def _walls() -> dict[str, Any]:
    readable = interpreter.readable_paths()
    return {
        "landlock": landlock.rules(readable),
        "filter": seccomp.build_filter(),
        "placeholder": seccomp.PID_PLACEHOLDER,
        "roots": readable,
    }


def _payload(tier: Tier, program: Program, limits: Limits, descriptor: int) -> bytes:
    """Returns what the child reads; marshal is safe in this direction only."""
    settings = {
        **_walls(),
        "steps": list(program.steps),
        "seed": program.hash_seed if program.seeds_random else None,
        "watch": program.watch,
        "descriptor": descriptor,
        "parent": os.getpid() if tier.watches_parent else 0,
        "limits": limits.for_child(),
        "max_bytes": limits.result_bytes // 2,
    }
    return marshal.dumps((_child_code(), settings))
