"""Starts the confined process of a tier, and hands it one program after the other."""

from __future__ import annotations

import marshal
import os
import select
import socket
import struct
import subprocess
import time
from functools import cache
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from synth.sandbox import child, interpreter, landlock, running, seccomp
from synth.sandbox.program import Limits, Outcome, Program, Tier
from synth.sandbox.watcher import Pipes, Watcher, stop_process

_BOOTSTRAP = (
    "import marshal, sys\n"
    "codes, settings = marshal.loads(sys.stdin.buffer.read())\n"
    "for name, code in codes:\n"
    "    module = sys.modules[name] = type(sys)(name)\n"
    "    exec(code, module.__dict__)\n"
    "for name, code in codes:\n"
    "    del sys.modules[name]\n"
    "module.main(settings)\n"
)
_START_S = 60.0  # a start takes 0.1 s; a machine may be busy


def run(tier: Tier, program: Program, limits: Limits) -> Outcome:
    """Runs a program once under a tier; nothing of it is left when this returns."""
    with Nursery(tier, program.hash_seed) as nursery:
        return nursery.run(program, limits)


class Nursery:
    """A confined process that forks a child for every program; after a failure it is of no more use.

    No program can tell what ran before it: the process itself runs none and reads none, nothing
    can be written, and a child that ends leaves nothing, since it could start nothing.

    Attributes:
        usable: whether it will take another program.
    """

    def __init__(self, tier: Tier, hash_seed: int) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.usable, self.ran = True, 0
        with theirs:
            try:
                self._process = _start(tier, hash_seed, theirs.fileno())
            except BaseException:
                self._control.close()
                raise
            settings = {**_walls(), "control": theirs.fileno(), "parent": os.getpid() if tier.watches_parent else 0}
        stdin = self._process.stdin
        assert stdin is not None
        try:
            with stdin:
                stdin.write(marshal.dumps((_child_code(), settings)))
        except BrokenPipeError:
            self.usable = False
        self.usable = self.usable and self._hear(1, _START_S) == b"r"

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self, program: Program, limits: Limits) -> Outcome:
        """Runs a program; `unconfined` if the walls do not stand."""
        if not self.usable:
            return Outcome(output=self._last_words())
        self.ran += 1
        with Pipes() as pipes:
            try:
                socket.send_fds(self._control, [b"j"], pipes.theirs)
            except OSError:
                self.usable = False
                return Outcome(output=b"the sandbox has died")
            pipes.let_go()
            watcher = Watcher(self._process.pid, pipes, limits)
            watcher.follow(_payload(program, limits))
            end = self._hear(12, watcher.seconds_left) if watcher.ended == "exited" else b""
            if len(end) < 12:
                watcher.give_up(self._process.poll() is not None)
                self.close()
                return watcher.outcome(-9, 0.0)
            status, microseconds = struct.unpack("<iQ", end)
            return watcher.outcome(os.waitstatus_to_exitcode(status), microseconds / 1e6)

    def close(self) -> None:
        """Ends the process and all that belongs to it."""
        self.usable = False
        self._control.close()
        stop_process(self._process)

    def _hear(self, size: int, seconds: float) -> bytes:
        """Returns what the process says of itself, fewer bytes if it dies or takes too long."""
        deadline, said = time.monotonic() + seconds, b""
        while len(said) < size:
            ready, _, _ = select.select([self._control], [], [], max(0.0, deadline - time.monotonic()))
            try:
                more = self._control.recv(size - len(said)) if ready else b""
            except OSError:
                more = b""
            if not more:
                break
            said += more
        return said

    def _last_words(self) -> bytes:
        """Returns what a process that would not start said, once it is gone."""
        stdout = self._process.stdout
        if stdout is None or stdout.closed:
            return b""
        self._process.kill()
        return stdout.read()[-2000:]


def _start(tier: Tier, hash_seed: int, control: int) -> subprocess.Popen[bytes]:
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
        env=interpreter.environment(hash_seed),
        bufsize=0,
        start_new_session=True,
        pass_fds=(control,),
        **identity,
    )


@cache
def _child_code() -> list[tuple[str, CodeType]]:
    found = []
    for module in (running, child):  # imported so that fingerprints of imports know them
        source = Path(str(module.__file__)).read_text("utf-8")
        code = compile(source, "<sandbox>", "exec", dont_inherit=True)
        assert isinstance(code, CodeType)
        found.append((module.__name__, code))
    return found


@cache
def _walls() -> dict[str, Any]:
    readable = interpreter.readable_paths()
    return {
        "landlock": landlock.rules(readable),
        "filter": seccomp.build_filter(),
        "placeholder": seccomp.PID_PLACEHOLDER,
        "roots": readable,
    }


def _payload(program: Program, limits: Limits) -> bytes:
    """Returns what the child reads; marshal is safe in this direction only."""
    settings = {
        "steps": list(program.steps),
        "seed": program.hash_seed if program.seeds_random else None,
        "watch": program.watch,
        "limits": limits.for_child(),
        "seconds": limits.cpu_s if limits.cpu_s != int(limits.cpu_s) else 0,
        "max_bytes": limits.result_bytes // 2,
    }
    return marshal.dumps(settings)
