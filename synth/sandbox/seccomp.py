"""Builds the seccomp filter: which system calls the program may still make.

A list of refusals with a lid: every call newer than the newest known one is answered as if
the kernel did not have it. Nothing may be written anywhere, so every call that changes a
file is refused too, whatever the tier's other walls say.
"""

from __future__ import annotations

import errno
import platform
import struct

from synth.sandbox.syscalls import FILES, KERNEL, MACHINES, NETWORK, NEWEST, PROCESSES, SHARED, number

#: What the child replaces, in four bytes, by its own process id: it may signal itself only.
PID_PLACEHOLDER = 0x5EEDF11D

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
_X32_BIT = 0x40000000  # x86_64 kernels may offer a second set of numbers
_LOAD, _EQUAL, _GREATER, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE = _ERRNO | errno.EPERM
_MISSING = _ERRNO | errno.ENOSYS

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE
_PR_SET_PDEATHSIG = 1
_FCNTL_OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals sent by the kernel on our behalf
_IOCTL_REFUSED = (0x8901, 0x8902, 0x5412, 0x541C)  # FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX

Instructions = list[tuple[int, int, int, int]]


def is_known_machine() -> bool:
    """Whether system call numbers are known for this machine."""
    return platform.machine() in MACHINES


def build_filter(machine: str | None = None) -> bytes:
    """Returns the filter as the kernel's array of 8-byte instructions.

    Args:
        machine: `x86_64` or `aarch64`; default: this machine.

    Raises:
        KeyError: the machine's numbers are not known.
    """
    machine = machine or platform.machine()
    program: Instructions = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":
        program += [(_GREATER_EQUAL, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    program += [(_GREATER, 0, 1, NEWEST), (_RETURN, 0, 0, _MISSING)]
    for name, block in _judgements().items():
        program += _when(number(name, machine), block)
    for group in (PROCESSES, NETWORK, KERNEL, SHARED, FILES):
        for name in group:
            program += _when(number(name, machine), [(_RETURN, 0, 0, _REFUSE)])
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _when(call: int | None, block: Instructions) -> Instructions:
    """Returns `block` behind a test for a call's number; a block always ends in a return."""
    return [] if call is None else [(_EQUAL, 0, len(block), call), *block]


def _argument(position: int, *, high: bool = False) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, 16 + 8 * position + (4 if high else 0))


def _allow_if_equal(position: int, value: int) -> Instructions:
    return [_argument(position), (_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]


def _refuse_if_any_of(position: int, values: tuple[int, ...]) -> Instructions:
    block = [_argument(position)]
    for value in values:
        block += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE)]
    return [*block, (_RETURN, 0, 0, _ALLOW)]


def _read_only(position: int) -> Instructions:
    refused = _ERRNO | errno.EACCES
    return [_argument(position), (_ANY_BIT, 0, 1, _WRITING), (_RETURN, 0, 0, refused), (_RETURN, 0, 0, _ALLOW)]


def _judgements() -> dict[str, Instructions]:
    threads_only: Instructions = [
        _argument(0),
        (_ANY_BIT, 0, 2, _CLONE_THREAD),
        (_ANY_BIT, 1, 0, _CLONE_NAMESPACES),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    stream_pairs: Instructions = [  # a datagram pair could be turned to a socket of the host
        _argument(0),
        (_EQUAL, 0, 4, 1),  # AF_UNIX
        _argument(1),
        (0x54, 0, 0, 0xF),  # and: the flags NONBLOCK and CLOEXEC away
        (_EQUAL, 0, 1, 1),  # SOCK_STREAM
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    no_address: Instructions = [
        _argument(4),
        (_EQUAL, 0, 3, 0),
        _argument(4, high=True),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return {
        "clone": threads_only,
        "clone3": [(_RETURN, 0, 0, _MISSING)],  # its flags lie in memory; glibc then uses clone
        "open": _read_only(1),
        "openat": _read_only(2),
        "openat2": [(_RETURN, 0, 0, _MISSING)],
        "socketpair": stream_pairs,
        "sendto": no_address,  # send() is sendto without an address
        "kill": _allow_if_equal(0, PID_PLACEHOLDER),
        "tgkill": _allow_if_equal(0, PID_PLACEHOLDER),
        "prctl": _refuse_if_any_of(0, (_PR_SET_PDEATHSIG,)),
        "prlimit64": _allow_if_equal(0, 0),  # another process's limits could be lowered until it dies
        "fcntl": _refuse_if_any_of(1, _FCNTL_OWNERS),
        "ioctl": _refuse_if_any_of(1, _IOCTL_REFUSED),
        "seccomp": [(_RETURN, 0, 0, _REFUSE)],
    }
