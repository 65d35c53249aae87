"""The filter is checked by running it: a small interpreter of the kernel's filter language."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from synth.sandbox import syscalls
from synth.sandbox.seccomp import PID_PLACEHOLDER, build_filter

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = "allowed", "killed"


def decide(program: bytes, architecture: int, number: int, *arguments: int) -> str | int:
    """Returns what a filter does with a system call: allowed, killed, or the error that it gives."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(value % 2**64 for value in padded))
    place = accumulator = 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("<HBBI", program, 8 * place)
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:
            accumulator &= constant
        elif code == 0x06:
            action = constant & 0xFFFF0000
            names = {0x7FFF0000: ALLOWED, 0x80000000: KILLED}
            return names[action] if action in names else int(constant & 0xFFFF)
        else:
            holds = {
                0x15: accumulator == constant,
                0x25: accumulator > constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }[code]
            place += if_true if holds else if_false


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(machine: str, name: str, *arguments: int) -> str | int:
    number = syscalls.number(name, machine)
    assert number is not None
    return decide(build_filter(machine), ARCHITECTURES[machine], number, *arguments)


def test_numbers_agree_with_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"no kernel headers for {machine} here")
    text = HEADERS[machine].read_text()
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    for group in (syscalls.PROCESSES, syscalls.NETWORK, syscalls.KERNEL, syscalls.SHARED, syscalls.FILES):
        for name in group:
            if name in known:
                assert syscalls.number(name, machine) == known[name], name


def test_every_named_call_is_refused_on_every_machine(machine: str) -> None:
    for group in (syscalls.PROCESSES, syscalls.NETWORK, syscalls.KERNEL, syscalls.SHARED, syscalls.FILES):
        for name in group:
            if syscalls.number(name, machine) is not None:
                assert ask(machine, name) == errno.EPERM, name


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (0x3D0F00,), ALLOWED),  # what glibc starts a thread with
        ("clone", (0x01200011,), errno.EPERM),  # … and a process
        ("clone", (0x10000 | 0x10000000,), errno.EPERM),  # a thread in a new user namespace
        ("clone3", (), errno.ENOSYS),
        ("openat", (0, 0, 0o2000000), ALLOWED),  # O_RDONLY, O_CLOEXEC
        ("openat", (0, 0, 1), errno.EACCES),
        ("openat", (0, 0, 2), errno.EACCES),
        ("openat", (0, 0, 0o100), errno.EACCES),
        ("openat", (0, 0, 0o1000), errno.EACCES),
        ("openat", (0, 0, 0o20200000), errno.EACCES),  # O_TMPFILE
        ("openat2", (), errno.ENOSYS),
        ("socketpair", (1, 1), ALLOWED),
        ("socketpair", (1, 1 | 0o2004000), ALLOWED),  # SOCK_NONBLOCK, SOCK_CLOEXEC
        ("socketpair", (1, 2), errno.EPERM),
        ("socketpair", (2, 1), errno.EPERM),
        ("sendto", (3, 0, 0, 0, 0), ALLOWED),
        ("sendto", (3, 0, 0, 0, 1), errno.EPERM),
        ("sendto", (3, 0, 0, 0, 1 << 32), errno.EPERM),
        ("kill", (PID_PLACEHOLDER,), ALLOWED),
        ("kill", (1,), errno.EPERM),
        ("kill", (-1,), errno.EPERM),
        ("kill", (0,), errno.EPERM),
        ("kill", (-PID_PLACEHOLDER,), errno.EPERM),
        ("tgkill", (PID_PLACEHOLDER, 7, 6), ALLOWED),
        ("tgkill", (1, 1, 9), errno.EPERM),
        ("prctl", (15,), ALLOWED),  # PR_SET_NAME
        ("prctl", (1,), errno.EPERM),
        ("prlimit64", (0,), ALLOWED),
        ("prlimit64", (1,), errno.EPERM),
        ("fcntl", (3, 4), ALLOWED),  # F_SETFL
        ("fcntl", (3, 8), errno.EPERM),
        ("fcntl", (3, 10), errno.EPERM),
        ("fcntl", (3, 15), errno.EPERM),
        ("ioctl", (0, 0x5401), ALLOWED),  # TCGETS, which isatty() asks
        ("ioctl", (0, 0x5412), errno.EPERM),
        ("ioctl", (0, 0x8901), errno.EPERM),
        ("seccomp", (), errno.EPERM),
    ],
)
def test_judged_calls_are_told_apart_by_their_arguments(
    machine: str, name: str, arguments: tuple[int, ...], expected: str | int
) -> None:
    assert ask(machine, name, *arguments) == expected


def test_ordinary_calls_pass() -> None:
    program = build_filter("x86_64")
    for number in (
        0,
        1,
        3,
        9,
        11,
        12,
        39,
        202,
        231,
        318,
    ):  # read write close mmap munmap brk getpid futex exit getrandom
        assert decide(program, ARCHITECTURES["x86_64"], number) == ALLOWED


def test_calls_of_another_architecture_end_the_process(machine: str) -> None:
    assert decide(build_filter(machine), 0x40000003, 11) == KILLED  # i386's execve


def test_the_second_set_of_numbers_ends_the_process_on_x86_64() -> None:
    assert decide(build_filter("x86_64"), ARCHITECTURES["x86_64"], 0x40000000 + 59) == KILLED


def test_calls_newer_than_the_newest_known_one_look_missing(machine: str) -> None:
    program, architecture = build_filter(machine), ARCHITECTURES[machine]
    assert decide(program, architecture, syscalls.NEWEST) == ALLOWED
    assert decide(program, architecture, syscalls.NEWEST + 1) == errno.ENOSYS
    assert decide(program, architecture, 4000) == errno.ENOSYS


def test_old_open_is_judged_by_its_second_argument() -> None:
    assert ask("x86_64", "open", 0, 0) == ALLOWED
    assert ask("x86_64", "open", 0, 0o101) == errno.EACCES


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        build_filter("riscv64")
