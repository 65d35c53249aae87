"""Gives up every right, then runs one program and reports what its expressions gave.

`launch.py` compiles this file and hands the code, with `settings`, to a fresh interpreter,
so it imports nothing of phimill. What it reports are claims only: the
program shares its memory and could write the reports itself, so nothing here is secret and
whoever reads them judges the claimed values, never the fact of a report.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
import types
from typing import Any

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
MAX_DEPTH = 100


class TooLarge(Exception):
    """A value is longer than may be reported."""


class Reports:
    """Writes reports, one JSON list of ASCII a line, to the parent's pipe."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.write = os.write

    def send(self, *fields: str | int) -> None:
        """Sends numbers and ready-made JSON texts as one report."""
        data = f"[{','.join(map(str, fields))}]\n".encode("ascii")
        while data:
            data = data[self.write(self.descriptor, data) :]


def quoted(text: object, limit: int = 300) -> str:
    """Returns a JSON string of the text's UTF-8 bytes in hexadecimal digits; "" if it is no plain text."""
    return f'"{text[:limit].encode("utf-8", "surrogatepass").hex()}"' if type(text) is str else '""'


def confine(settings: Settings) -> None:
    """Gives up rights for good: parent's death, privileges, limits, files and network, system calls."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(function: str, *arguments: Any) -> int:
        result: int = getattr(libc, function)(
            *(ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
        )
        if result < 0:
            raise OSError(ctypes.get_errno(), f"{function}{arguments}")
        return result

    drop_capabilities(call)
    call("prctl", 1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    if settings["parent"] and os.getppid() != settings["parent"]:
        os._exit(1)  # the parent died before it could be watched
    call("prctl", 4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: no core, not even through a pipe
    libc.mallopt(-8, 2)  # M_ARENA_MAX: an arena for each thread would eat the address space
    for kind, limit in settings["limits"]:
        hard = limit + 1 if kind == resource.RLIMIT_CPU else limit  # a signal first, which tells a timeout
        inherited = resource.getrlimit(kind)[1]
        if inherited != resource.RLIM_INFINITY:
            limit, hard = min(limit, inherited), min(hard, inherited)
        resource.setrlimit(kind, (limit, hard))
    call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if settings["landlock"]:
        restrict_files(call, settings["landlock"])
    program = settings["filter"].replace(struct.pack("<I", settings["placeholder"]), struct.pack("<I", os.getpid()))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    call("prctl", 22, 2, ctypes.c_char_p(header), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


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
            leave(0)

    sys.addaudithook(hook)


def encode(value: object, room: list[int], depth: int = 0) -> str:
    """Returns a value as JSON that names every type; what is not plain data gives only its type's name."""
    kind = type(value)
    if value is None:
        text = '["n"]'
    elif kind is bool:
        text = f'["b",{value:d}]'
    elif kind is int:
        text = f'["i","{value:x}"]'
    elif kind is float:
        text = f'["f","{value!r}"]'
    elif kind is complex:
        text = f'["c","{value.real!r}","{value.imag!r}"]'  # type: ignore[attr-defined]
    elif kind is str:
        text = f'["s",{quoted(value, room[0])}]'
    elif kind is bytes:
        text = f'["y","{value[: room[0]].hex()}"]'  # type: ignore[index]
    elif depth < MAX_DEPTH and kind in (list, tuple, set, frozenset):
        items = [encode(item, room, depth + 1) for item in value]  # type: ignore[attr-defined]
        text = f'["{kind.__name__}",[{",".join(items)}]]'
    elif depth < MAX_DEPTH and kind is dict:
        pairs = [
            f"[{encode(key, room, depth + 1)},{encode(item, room, depth + 1)}]"
            for key, item in value.items()  # type: ignore[attr-defined]
        ]
        text = f'["dict",[{",".join(pairs)}]]'
    else:
        text = f'["o",{quoted(kind.__name__)}]'
    room[0] -= len(text)
    if room[0] < 0:
        raise TooLarge
    return text


def describe(error: BaseException) -> tuple[str, str]:
    """Returns an exception's type and message, as JSON strings."""
    try:
        return quoted(type(error).__name__), quoted(str(error))
    except BaseException:  # noqa: BLE001 - a hostile __str__ may raise anything
        return quoted(type(error).__name__), '""'


def run(steps: list[tuple[str, str]], reports: Reports, max_bytes: int) -> None:
    """Runs the steps in order in one module and reports the value of each `value` step."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module  # dataclasses and typing look their module up
    space = module.__dict__
    for index, (kind, source) in enumerate(steps):
        try:
            if kind == "value":
                found = eval(compile(source, "<test>", "eval", dont_inherit=True), space)
                reports.send('"value"', index, encode(found, [max_bytes]))
            else:
                exec(compile(source, f"<{kind}>", "exec", dont_inherit=True), space)
        except TooLarge:
            reports.send('"large"', index)
            return
        except BaseException as error:  # noqa: BLE001 - SystemExit is the program's too
            reports.send('"raised"', index, *describe(error))
            return
    reports.send('"done"')


def main(settings: Settings) -> None:
    """Confines this process, runs the program and ends without running its exit handlers."""
    reports = Reports(settings["descriptor"])
    if settings["seed"] is not None:
        import random

        random.seed(settings["seed"])  # verdicts should not depend on luck
    confine(settings)
    sys.modules.pop("ctypes", None)  # so that importing it again is seen
    reports.send('"ready"')
    if settings["watch"]:
        watch(reports, tuple(root if root.endswith("/") else f"{root}/" for root in settings["roots"]))
    sys.argv[:] = [""]
    os.environ.clear()
    run(settings["steps"], reports, settings["max_bytes"])
    os._exit(0)
