"""Machine code is loaded without numba and LLVM once it is kept, and compiled anew where what is kept is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from data.machine_image import ELF

ROOT = Path(__file__).parents[2]

#: Unpacks a run of small members; says where they end, what they hold, and whether numba, or what it compiles with,
#: was needed.
PROGRAM = """
import gzip, os, platform, sys, tempfile
from data.sources import run_unpacker
from data.sources.unpacking import Window
members = [gzip.compress(b"WARC/1.0 %d" % number, mtime=0) for number in range(300)]
with tempfile.TemporaryFile() as file:
    file.write(b"".join(members[:200]) + gzip.compress(b"else") + b"".join(members[200:]))
    file.flush()
    (run,) = run_unpacker.load()().runs(Window(file.fileno()), 0)
assert run.end == sum(map(len, members[:200]))
assert run.content.tobytes() == b"".join(map(gzip.decompress, members[:200]))
assert run.member(7).content == b"WARC/1.0 7"
print("numba" in sys.modules or ("llvmlite" in sys.modules and platform.machine() == "x86_64"))
"""


#: As on processors that images are not made for.
WITHOUT_IMAGES = "from data import machine_code\nmachine_code.linked = lambda code, entry: None\n"


def needs_compiler(cache: Path, before: str = "") -> bool:
    run = subprocess.run(
        [sys.executable, "-c", before + PROGRAM],
        env={**os.environ, "PHIMILL_CACHE": str(cache)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip() == "True"


def test_kept_machine_code_is_loaded_without_a_compiler_unless_it_is_damaged(tmp_path: Path) -> None:
    assert needs_compiler(tmp_path)
    (kept,) = tmp_path.rglob("unpack-*.code")
    whole = kept.read_bytes()
    assert not needs_compiler(tmp_path)
    for damaged in (whole[:-100], whole[:100] + b"\0" + whole[101:], b""):
        kept.write_bytes(damaged)
        assert needs_compiler(tmp_path)
        assert kept.read_bytes() == whole


def test_where_no_image_can_be_made_llvm_loads_the_object_file(tmp_path: Path) -> None:
    needs_compiler(tmp_path, WITHOUT_IMAGES)
    (kept,) = tmp_path.rglob("unpack-*.code")
    whole = kept.read_bytes()
    assert ELF in whole
    needs_compiler(tmp_path, WITHOUT_IMAGES)
    assert kept.read_bytes() == whole
