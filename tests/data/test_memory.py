from __future__ import annotations

import subprocess
import sys

import pytest

from data import memory

PROGRAM = (
    "from data.memory import trim\nfrom data.pages.source import tree_of\n"
    "def held(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
    "tree_of('<p>x')\nbefore = held()\ntree = tree_of('<p>x' * 200_000)\nfull = held()\n"
    "del tree\ntrim()\nprint(before, full, held())"
)


@pytest.mark.skipif(memory._trim() is None, reason="only glibc gives back on demand")
def test_what_a_tree_took_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-P", "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    before, full, after = map(int, said.split())
    assert full - before > 40 * 2**20
    assert after - before < (full - before) / 4
