"""Gives up every right, then forks a process for each program, which reports what its expressions gave.

`launch.py` compiles this file and `running.py` and hands the code, with `settings`, to a fresh
interpreter, so they import nothing else of phimill. The first process runs our code alone: it never sees a
program, it forks a child that reads one, and waits for its end. What a child reports are
claims only: the program shares its memory and could write the reports itself, so nothing here
is secret and whoever reads them judges the claimed values, never the fact of a report.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import ctypes
import gc
import marshal
import os
import resource
import select
import struct
import sys
from typing import Any

from synth.sandbox.running import Reports, quoted, run

Settings = dict[str, Any]
UNSAFE_IMPORTS = frozenset({"ctypes", "_ctypes"})
# fmt: off
UNSAFE_EVENTS = frozenset({
    "fcntl.fcntl", "fcntl.flock", "fcntl.ioctl", "fcntl.lockf", "gc.get_objects", "gc.get_referents",
    "gc.get_referrers", "os.chflags", "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.kill",
    "os.killpg", "os.link", "os.lockf", "os.mkdir", "os.posix_spawn", "os.remove", "os.removexattr",
    "os.rename", "os.rmdir", "os.setxattr", "os.spawn", "os.symlink", "os.system", "os.truncate", "os.unshare",
    "os.utime", "pty.spawn", "resource.prlimit", "resource.setrlimit", "socket.bind", "socket.connect",
    "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname", "socket.getnameinfo",
    "socket.sendmsg", "socket.sendto", "subprocess.Popen", "sys.addaudithook", "sys.setprofile", "sys.settrace",
    "syslog.syslog", "urllib.Request",
})
# fmt: on
PRELOADED = ("collections", "functools", "heapq", "itertools", "math", "operator", "random", "re", "string", "typing")
LIBC = ctypes.CDLL(None, use_errno=True)


def system_call(function: str, *arguments: Any) -> int:
    """Calls a function of libc; whole numbers are passed as long.

    Raises:
        OSError: it failed.
    """
    result: int = getattr(LIBC, function)(
        *(ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}{arguments}")
    return result


def die_with(parent: int) -> None:
    """Ties this process's life to its parent's; 0: the parent is somebody else's business."""
    system_call("prctl", 1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    if parent and os.getppid() != parent:
        os._exit(1)  # the parent died before it could be watched


def shut_in(settings: Settings) -> None:
    """Gives up for good what no child needs: privileges, files, network."""
    drop_capabilities(system_call)
    die_with(settings["parent"])
    system_call("prctl", 4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: no core, not even through a pipe
    LIBC.mallopt(-8, 2)  # M_ARENA_MAX: an arena for each thread would eat the address space
    system_call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if settings["landlock"]:
        restrict_files(system_call, settings["landlock"])


def confine(settings: Settings, limits: list[tuple[int, int]]) -> None:
    """Gives up the rest: memory and time beyond the limits, and nearly all system calls."""
    for kind, limit in limits:
        hard = limit + 1 if kind == resource.RLIMIT_CPU else limit  # a signal first, which tells a timeout
        inherited = resource.getrlimit(kind)[1]
        if inherited != resource.RLIM_INFINITY:
            limit, hard = min(limit, inherited), min(hard, inherited)
        resource.setrlimit(kind, (limit, hard))
    program = settings["filter"].replace(struct.pack("<I", settings["placeholder"]), struct.pack("<I", os.getpid()))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    system_call("prctl", 22, 2, ctypes.c_char_p(header), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def drop_capabilities(call: Any) -> None:
    """Leaves a superuser only what the owner of its files may do; others have nothing to lose."""
    for capability in range(64):
        try:
            call("prctl", 24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        except OSError:
            break  # there are no more of them, or none to give up
    call("capset", ctypes.c_char_p(struct.pack("<II", 0x20080522, 0)), ctypes.c_char_p(bytes(24)))


def restrict_files(call: Any, rules: dict[str, Any]) -> None:
    """Lets only the named paths be read, and nothing be written, run, bound or connected to."""
    attributes = struct.pack("<QQQ", rules["fs"], rules["net"], rules["scoped"])
    ruleset = call("syscall", 444, ctypes.c_char_p(attributes), rules["bytes"], 0)
    for path, rights in rules["paths"]:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # one path fewer to read
        rule = struct.pack("<Qi", rights, descriptor)
        call("syscall", 445, ruleset, 1, ctypes.c_char_p(rule), 0)
        os.close(descriptor)
    call("syscall", 446, ruleset, 0)
    os.close(ruleset)


def watch(reports: Reports, roots: tuple[str, ...]) -> None:
    """Ends the program as unsafe when it reaches for the machine; the walls hold without it."""
    leave = os._exit

    def is_outside(path: object) -> bool:
        if isinstance(path, bytes):
            path = path.decode("utf-8", "surrogateescape")
        if not isinstance(path, str) or path in ("<solution>", "<test>"):
            return False  # an open descriptor, or the compiler in search of a line to quote
        return ".." in path or not path.startswith(roots)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            writes = (type(mode) is str and mode.strip("rbtU") != "") or (type(flags) is int and flags & 3 != 0)
            unsafe = is_outside(arguments[0]) or writes
        elif event == "import":
            unsafe = arguments[0] in UNSAFE_IMPORTS
        elif event in ("os.listdir", "os.scandir"):
            unsafe = is_outside(arguments[0])
        elif event == "socket.__new__":
            unsafe = arguments[1] != 1  # AF_UNIX, whose pairs asyncio needs
        else:
            unsafe = event in UNSAFE_EVENTS or event.startswith("ctypes.")
        if unsafe:
            reports.send('"unsafe"', quoted(event))
            reports.let_go()
            leave(0)

    sys.addaudithook(hook)


def run_program(settings: Settings, descriptors: tuple[int, int, int], parent: int) -> None:
    """Turns a freshly forked process into one program's, runs it and ends without exit handlers."""
    given, output, results = descriptors
    with open(given, "rb", closefd=True) as pipe:
        program: dict[str, Any] = marshal.loads(pipe.read())
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(results, 3)
    os.closerange(4, 1 << 16)  # among them the way to the parent
    die_with(parent)
    reports = Reports(3)
    if program["seed"] is not None:
        import random

        random.seed(program["seed"])  # verdicts should not depend on luck
    confine(settings, program["limits"])
    sys.modules.pop("ctypes", None)  # so that importing it again is seen
    reports.send('"ready"')
    if program["watch"]:
        watch(reports, tuple(root if root.endswith("/") else f"{root}/" for root in settings["roots"]))
    if program["seconds"]:
        _signal.setitimer(_signal.ITIMER_PROF, program["seconds"])  # ends the process
    run(program["steps"], reports, program["max_bytes"])


def await_end(child: int, control: Any) -> bytes:
    """Waits for a child's end and returns its status and microseconds; ends everything if the parent is gone."""
    ended = os.pidfd_open(child)
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(control.fileno(), 0)  # hanging up is always told
    while all(place != ended for place, _ in waiting.poll()):
        os.kill(child, 9)
        os.waitpid(child, 0)
        os._exit(1)
    os.close(ended)
    _, status, usage = os.wait4(child, 0)
    return struct.pack("<iQ", status, int(1e6 * (usage.ru_utime + usage.ru_stime)))


def preload() -> None:
    """Imports what programs import most, once for all children."""
    for name in PRELOADED:
        __import__(name)


def main(settings: Settings) -> None:
    """Shuts this process in and forks a child for every three pipes that the parent sends."""
    control = _socket.socket(fileno=settings["control"])
    shut_in(settings)
    sys.argv[:] = [""]
    os.environ.clear()
    control.send(b"r")
    served = 0
    compile("0", "<warm>", "eval")  # the first one takes 2 ms, which every child would pay
    gc.freeze()  # a child then copies fewer pages
    while True:
        message, parts, _, _ = control.recvmsg(1, _socket.CMSG_SPACE(12))
        if not message:
            os._exit(0)
        first, second, third = struct.unpack("3i", parts[0][2][:12])
        server = os.getpid()
        child = os.fork()
        if not child:
            try:
                run_program(settings, (first, second, third), server)
                os._exit(0)
            except BaseException:  # noqa: BLE001 - nothing may go on in the child's place
                sys.excepthook(*sys.exc_info())
                os._exit(1)
        for descriptor in (first, second, third):
            os.close(descriptor)
        control.send(await_end(child, control))
        served += 1
        if served == 1:
            preload()
