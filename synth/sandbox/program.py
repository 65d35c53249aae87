"""What a run in the sandbox is made of: a program, its limits, the tier's walls, and how it ended."""

from __future__ import annotations

import marshal
import math
import resource
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any, Iterable, Literal, Sequence

#: `solution` and `test` are statements; `value` is an expression, `try` one that may raise; `calls` are many calls
#: of one function (see `calls`). `fresh` begins another module, whose steps may fail and take so many seconds each;
#: `again` one of which only that is reported in which it differs from the first.
Step = tuple[Literal["solution", "test", "value", "try", "calls", "fresh", "again"], Any]
Ended = Literal["exited", "timeout", "output_too_large", "too_many_threads", "unconfined"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use; the address space is absolute, not above the parent's.

    Attributes:
        cpu_s: processor time; a program can put off the end of a second that is not whole, to that of the next.
    """

    cpu_s: float = 5
    wall_s: float = 12.0
    memory_bytes: int = 512 << 20
    output_bytes: int = 1 << 20
    result_bytes: int = 2 << 20

    def with_wall(self, seconds: float) -> Limits:
        """Returns the same limits with another one on the clock."""
        return replace(self, wall_s=seconds)

    def for_child(self) -> list[tuple[int, int]]:
        """Returns the limits that the child sets on itself, by resource number."""
        return [
            (resource.RLIMIT_AS, self.memory_bytes),
            (resource.RLIMIT_CPU, math.ceil(self.cpu_s)),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_STACK, 8 << 20),
        ]


@dataclass(frozen=True, slots=True)
class Tier:
    """A way to wall a program off.

    Attributes:
        command: goes before the interpreter's own.
        user: whom to become first; None: nobody else.
        watches_parent: whether the child itself must end with its parent.
    """

    name: str
    command: tuple[str, ...] = ()
    user: int | None = None
    watches_parent: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: steps in one module; `value` steps are expressions whose values are reported.

    Attributes:
        hash_seed: seeds the hashes of strings, and `random` where `seeds_random`.
        watch: ends the program as unsafe when it reaches for the machine.
    """

    steps: tuple[Step, ...]
    hash_seed: int = 0
    seeds_random: bool = False
    watch: bool = True


@dataclass(slots=True)
class Outcome:
    """How a run ended and what the child claimed, as far as it was well formed.

    Attributes:
        ended: `unconfined` means that the program was not run, because the walls did not stand.
        status: exit status; minus the signal's number if one ended it.
        was_busy: at a timeout, whether the program was using a processor or waiting for one.
        cpu_s: processor time that it took, 0 if it was stopped from outside.
    """

    ended: Ended = "unconfined"
    status: int = 0
    reports: list[list[Any]] = field(default_factory=list)
    output: bytes = b""
    was_busy: bool = False
    cpu_s: float = 0.0


def packed(code: CodeType) -> bytes:
    """Returns a program that is compiled already as a step `solution` takes it, in the place of its source."""
    return marshal.dumps(code)


def calls(
    function: str,
    arguments: Iterable[Sequence[Any]],
    seconds: float = 0.05,
    max_bytes: int = 20_000,
    *,
    patience: int = 4,
    whole: bool = False,
) -> tuple[Literal["calls"], dict[str, Any]]:
    """Returns the step that calls a function with many arguments; an exception ends one call, not the step.

    Args:
        function: an expression that gives it, evaluated for every call.
        arguments: plain data.
        seconds: processor time of one call.
        max_bytes: of one result.
        patience: after so many calls that took too long there are no more.
        whole: report all results together, so that none is left of a step that ends the process.
    """
    settings = {
        "function": function,
        "arguments": [marshal.dumps(list(values)) for values in arguments],
        "seconds": seconds,
        "bytes": max_bytes,
        "patience": patience,
        "whole": whole,
    }
    return ("calls", settings)
