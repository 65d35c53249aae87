"""Child processes that are bounded, and stopped."""

from __future__ import annotations

import subprocess
import sys

import pytest

from data.child import stop_child

BOUND = (
    "import resource, signal\n"
    "from data.child import bound_self\n"
    "bound_self(2 * 2**30)\n"
    "print(resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[1],"
    " signal.getsignal(signal.SIGINT) is signal.SIG_IGN, flush=True)\n"
    "try:\n"
    "    bytearray(3 * 2**30)\n"
    "except MemoryError:\n"
    "    print('no', flush=True)\n"
)


def test_a_bound_child_has_so_much_memory_and_no_more_and_leaves_ctrl_c_to_its_parent() -> None:
    said = subprocess.run([sys.executable, "-P", "-c", BOUND], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(2 * 2**30), "0", "True", "no"]


RESIDENT = (
    "import mmap\n"
    "from data.child import bound_resident\n"
    "set_aside = mmap.mmap(-1, 300 * 2**20, mmap.MAP_PRIVATE)\n"  # as libraries do; never touched
    "bound_resident(250 * 2**20)\n"
    "held = bytearray(100 * 2**20)\n"
    "try:\n"
    "    more = bytearray(150 * 2**20)\n"
    "except MemoryError:\n"
    "    print('no', flush=True)\n"
    "del held\n"
    "bytearray(150 * 2**20)\n"
    "print('again', flush=True)\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process touches")
def test_a_child_may_use_so_much_memory_beside_what_is_set_aside_and_gets_back_what_it_frees() -> None:
    said = subprocess.run([sys.executable, "-P", "-c", RESIDENT], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["no", "again"]


def test_a_child_that_never_reads_is_stopped_and_its_pipes_are_closed() -> None:
    command = [sys.executable, "-P", "-c", "import time; time.sleep(1000)"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"x" * 1000)  # waits in a buffer; to flush it into a dead child is no failure
    stop_child(child)
    assert child.returncode == -9
    assert child.stdin.closed
    assert child.stdout.closed
