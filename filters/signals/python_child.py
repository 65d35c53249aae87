"""The process that parses Python source files for `filters.signals.python_source`, and dies with it.

Protocol: the parent sends batches, a count (4 bytes, little-endian) and for each source its length and
its UTF-8. The child answers with one zero byte when it is ready, then with one record for each source.
Nothing of a source is ever run.
"""

from __future__ import annotations

import ast
import gc
import os
import resource
import signal
import struct
import sys
import threading
import warnings
from typing import IO, Any, Iterable

from data.child import bound_self

PARSED, SYNTAX_ERROR, LIMIT = 0, 1, 2

#: A record: PARSED, SYNTAX_ERROR or LIMIT, then the numbers of `Counts`.
RECORD = struct.Struct("<B5I")

#: A larger source is not parsed: it is data. Trees take up to 750 times their source (measured), so 525 MB here.
MAX_SOURCE_BYTES = 700_000
MEMORY_BYTES = 2 * 2**30
#: Processor time of one source: 30 times what ordinary code needs, so that the machine's speed decides nothing.
BASE_SECONDS, SECONDS_PER_MB = 2.0, 5.0
#: Room for the parser's own recursion, which the interpreter bounds by RECURSION_LIMIT, not by what the stack holds.
STACK_BYTES = 128 * 2**20
RECURSION_LIMIT = 10_000
#: With less memory than this in use, MemoryError means that the parser's depth was exhausted, not the memory.
ROOMY_KIB = 2**20


class Counts:
    """What a module's statements are: how many functions, trivial ones, classes and class variables; any variables.

    Source: OpenCoder, utils/code/python_utils.py: functions are `def`, not `async def`; a trivial one is a single
    `return`; class variables are names assigned in classes that stand in no other class; variables are names
    assigned, arguments, and what `for` runs over.
    """

    def __init__(self, body: list[ast.stmt]) -> None:
        self.functions = self.trivial_functions = self.classes = self.class_variables = self.variables = 0
        waiting: list[tuple[Iterable[Any], bool]] = [(body, False)]
        while waiting:
            statements, in_class = waiting.pop()
            for node in statements:
                self._count(node, in_class)
                below = in_class or isinstance(node, ast.ClassDef)
                for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                    inner = getattr(node, field, None)
                    if inner:
                        waiting.append((inner, below))

    def _count(self, node: ast.stmt, in_class: bool) -> None:
        if isinstance(node, ast.FunctionDef):
            self.functions += 1
            self.trivial_functions += len(node.body) == 1 and isinstance(node.body[0], ast.Return)
            self.variables |= bool(node.args.args)
        elif isinstance(node, ast.ClassDef):
            self.classes += 1
            if not in_class:
                self.class_variables += sum(map(_assigned_names, node.body))
        elif isinstance(node, ast.Assign):
            self.variables |= _assigned_names(node) > 0
        elif isinstance(node, ast.For):
            self.variables |= isinstance(node.target, ast.Name)

    def record(self, outcome: int) -> bytes:
        """Returns the record of a source."""
        numbers = (self.functions, self.trivial_functions, self.classes, self.class_variables, self.variables)
        return RECORD.pack(outcome, *numbers)


def _assigned_names(node: ast.stmt) -> int:
    if isinstance(node, ast.Assign):
        return sum(isinstance(target, ast.Name) for target in node.targets)
    return int(isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))


def parse(source: bytes) -> bytes:
    """Returns the record of a source.

    Raises:
        MemoryError: memory is exhausted; this process is not to be used any more.
    """
    outcome, body = LIMIT, []
    signal.setitimer(signal.ITIMER_PROF, BASE_SECONDS + SECONDS_PER_MB * len(source) / 1e6)
    try:
        if len(source) <= MAX_SOURCE_BYTES:
            body = ast.parse(source.decode().removeprefix("\ufeff")).body  # noqa: TID251 - a process of its own
            outcome = PARSED
    except (SyntaxError, ValueError):  # ValueError: a NUL, or an integer too long to convert
        outcome = SYNTAX_ERROR
    except MemoryError:
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > ROOMY_KIB:
            raise
    except (RecursionError, OverflowError, SystemError):
        pass
    signal.setitimer(signal.ITIMER_PROF, 0)
    return Counts(body).record(outcome)


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answers batches until the stream ends."""
    replies.write(b"\0")
    replies.flush()
    while len(head := requests.read(4)) == 4:
        sources = []
        for _ in range(struct.unpack("<I", head)[0]):
            size = requests.read(4)
            sources.append(requests.read(struct.unpack("<I", size)[0]) if len(size) == 4 else b"")
        for source in sources:
            replies.write(parse(source))
            replies.flush()
        gc.collect()


def _serve_standard_streams() -> None:
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, replies)
    except (MemoryError, BrokenPipeError):
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Serves the parent on standard input and output, on a thread whose stack the parser cannot overflow."""
    warnings.simplefilter("ignore")
    gc.disable()  # trees have no cycles, and collecting halves the speed
    bound_self(MEMORY_BYTES)
    sys.setrecursionlimit(RECURSION_LIMIT)
    threading.stack_size(STACK_BYTES)
    threading.Thread(target=_serve_standard_streams).start()


if __name__ == "__main__":
    main()
