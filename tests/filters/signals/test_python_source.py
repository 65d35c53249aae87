"""Parsing Python in a child process: what it counts, and that nothing in a source can harm more than itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Sequence

import pytest

from data.errors import PhimillError
from filters.signals.python_child import LIMIT, MAX_SOURCE_BYTES, PARSED, RECORD, SYNTAX_ERROR, parse
from filters.signals.python_source import OUTCOME, Parser, parse_sources

#: A child whose parser does as a source says: dies, hangs, or runs out of memory.
MOCK = """
import ctypes
import filters.signals.python_child as child
ordinary = child.parse
child.BASE_SECONDS = 0.5
def parse(source):
    if source == b"die":
        ctypes.string_at(0)
    if source == b"exhaust":
        raise MemoryError
    if source == b"hang":
        child.signal.setitimer(child.signal.ITIMER_PROF, child.BASE_SECONDS)
        while True:
            pass
    return ordinary(source)
child.parse = parse
child.main()
"""


def counts(source: str) -> tuple[int, ...]:
    return tuple(RECORD.unpack(parse(source.encode())))


def outcomes(*sources: bytes) -> list[int]:
    found: list[int] = parse_sources(sources)[:, OUTCOME].tolist()
    return found


def test_statements_are_counted_as_opencoder_counts_them() -> None:
    source = """
class A:
    x = y = 1
    z: int = 2
    def f(self):
        return 1
    class B:
        inner = 3
def g():
    '''Doc.'''
    return 2
async def h(a): pass
if True:
    def i(): return 3
"""
    assert counts(source) == (PARSED, 3, 2, 2, 3, 1)


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("", 0),
        ("print(1)", 0),
        ("x = 1", 1),
        ("a.b = 1", 0),
        ("x += 1", 0),
        ("for i in y: pass", 1),
        ("for a.b in y: pass", 0),
        ("def f(): pass", 0),
        ("def f(x): pass", 1),
        ("def f(*x): pass", 0),
        ("try:\n    pass\nexcept E:\n    x = 1", 1),
        ("match a:\n    case 1:\n        x = 1", 1),
    ],
)
def test_variables_are_names_assigned_arguments_and_what_for_runs_over(source: str, variables: int) -> None:
    assert counts(source)[5] == variables


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (b"", PARSED),
        (b"\xef\xbb\xbfx = 1\n", PARSED),
        (b"# -*- coding: latin-1 -*-\nx = '\xc3\xa4'\n", PARSED),
        (b"x = '\\d'\n", PARSED),
        (b"return 1\n", PARSED),
        (b"1" + b"+1" * 5000, PARSED),
        (b"print 'python 2'", SYNTAX_ERROR),
        (b"x = 1\x00", SYNTAX_ERROR),
        (b"1" * 100_000, SYNTAX_ERROR),
        (b"(" * 100_000, SYNTAX_ERROR),
        (b"def f(:\n", SYNTAX_ERROR),
        (b"f'" + b'{f"' * 100, SYNTAX_ERROR),
        (b"-" * 100_000 + b"1", LIMIT),
        (b"not " * 100_000 + b"1", LIMIT),
        (b"a" + b".b" * 200_000, LIMIT),
        (b"f" + b"()" * 100_000, LIMIT),
        (b"lambda:" * 50_000 + b"1", LIMIT),
        (b"1 if 1 else " * 50_000 + b"1", LIMIT),
        (b"1" + b"+1" * 400_000, LIMIT),
        (b"x = 1\n" * 800_000, LIMIT),
    ],
)
def test_a_hostile_source_fails_alone(source: bytes, outcome: int) -> None:
    assert outcomes(b"x = 1", source, b"y = 2") == [PARSED, outcome, PARSED]


def test_a_source_at_the_limit_is_parsed_and_one_above_is_not() -> None:
    at = b"x" * (MAX_SOURCE_BYTES)
    assert outcomes(at, at + b"x") == [PARSED, LIMIT]


def test_nothing_of_a_source_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    assert outcomes(f"open({str(marker)!r}, 'w')".encode()) == [PARSED]
    assert not marker.exists()


def test_many_sources_come_back_in_their_order() -> None:
    sources = [b"def f():\n    pass\n" * (number % 7) for number in range(3000)]
    assert parse_sources(sources)[:, 1].tolist() == [number % 7 for number in range(3000)]
    assert parse_sources([]).shape == (0, 6)


@pytest.fixture
def mock(tmp_path: Path) -> Sequence[str]:
    script = tmp_path / "mock.py"
    script.write_text(MOCK)
    return (sys.executable, str(script))


@pytest.mark.parametrize("fault", [b"die", b"exhaust", b"hang"])
def test_a_source_that_ends_the_child_is_tried_in_a_new_one_and_given_up(mock: Sequence[str], fault: bytes) -> None:
    parser = Parser(mock)
    try:
        for sources in ([b"x", fault, b"y", b"("], [fault, b"x"], [b"x", fault], [fault, fault, b"x"]):
            expected = [{b"(": SYNTAX_ERROR, fault: LIMIT}.get(source, PARSED) for source in sources]
            assert parser.parse(sources)[:, OUTCOME].tolist() == expected
    finally:
        parser.close()


def test_a_child_that_was_killed_is_replaced_without_blame() -> None:
    parser = Parser()
    try:
        assert parser.parse([b"x = 1"])[0, OUTCOME] == PARSED
        assert parser._process is not None
        parser._process.kill()
        parser._process.wait()
        assert parser.parse([b"x = 1", b"y ="])[:, OUTCOME].tolist() == [PARSED, SYNTAX_ERROR]
    finally:
        parser.close()


def test_a_child_that_does_not_start_ends_the_run() -> None:
    with pytest.raises(PhimillError, match="does not start"):
        Parser((sys.executable, "-c", "pass")).parse([b"x"])


def test_the_child_dies_with_its_parent() -> None:
    program = (
        "from filters.signals.python_source import Parser\nimport time\n"
        "parser = Parser()\nparser.parse([b'x'])\nprint(parser._process.pid, flush=True)\ntime.sleep(1000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
