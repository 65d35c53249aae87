from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

import pytest
import zstandard

from data.sources import InputFile
from data.sources.members import Damage
from data.sources.pieces import read_pieces


def pieces(tmp_path: Path, content: bytes) -> list[bytes | Damage]:
    (tmp_path / "a").write_bytes(content)
    return list(read_pieces(InputFile(str(tmp_path / "a"), "a", len(content), "")))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_packed_file_that_holds_nothing_is_told_from_one_that_was_read(tmp_path: Path, pack: Any) -> None:
    nothing = pack(b"")
    assert pieces(tmp_path, nothing) == [Damage(0, len(nothing), "empty_file")]
    assert b"".join(pieces(tmp_path, nothing + pack(b"a,b\n"))) == b"a,b\n"  # type: ignore[arg-type]


def test_of_damage_nothing_more_is_said(tmp_path: Path) -> None:
    (damage,) = pieces(tmp_path, gzip.compress(b"a,b\n" * 100)[:-9])
    assert isinstance(damage, Damage)
    assert damage.reason == "truncated"
