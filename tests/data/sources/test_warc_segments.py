from __future__ import annotations

import os
import tempfile

import pytest

from data.sources.warc import _NEXT_WARC_RECORD
from data.sources.warc_segments import FIRST_SEARCH_BYTES, OVERLAP_BYTES, WINDOW_BYTES, Segment

HEAD = b"WARC/1.0\r\nWARC-Type: response\r\n"


@pytest.mark.parametrize("edge", [FIRST_SEARCH_BYTES, FIRST_SEARCH_BYTES - OVERLAP_BYTES + WINDOW_BYTES])
@pytest.mark.parametrize("before", [b"\n", b"x"], ids=["line", "hole"])
def test_the_next_record_is_found_where_two_searches_meet(edge: int, before: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        for place in range(edge - len(HEAD) - 2, edge + 3):
            content = b"x" * (place - 1) + before + HEAD
            os.pwrite(file.fileno(), content, 0)
            for source in (content, file.fileno()):
                assert Segment(0, len(content), source).find(_NEXT_WARC_RECORD, 0) == place
        place = edge - OVERLAP_BYTES  # what the first search has seen of it is all that the second sees
        content = b"x" * (place - 1) + before + HEAD
        assert Segment(0, len(content), content).find(_NEXT_WARC_RECORD, 0) == place


def test_what_lies_near_each_other_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(bytes(range(256)) * 2000)
        file.flush()
        segment = Segment(0, 512_000, file.fileno())
        assert segment.read(300, 4) == bytes(range(44, 48))
        monkeypatch.setattr(os, "pread", None)
        assert segment.read(256 * 700, 3) == b"\0\1\2"
        monkeypatch.undo()
        assert segment.read(511_998, 10) == b"\xfe\xff"
        assert segment.read(600_000, 10) == b""


def test_a_block_that_no_single_read_brings_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux reads 2 GiB at most."""
    own = os.pread
    with tempfile.TemporaryFile() as file:
        file.write(bytes(range(256)) * 2000)
        file.flush()
        segment = Segment(0, 512_000, file.fileno())
        monkeypatch.setattr(os, "pread", lambda handle, length, offset: own(handle, min(length, 100_000), offset))
        assert segment.piece(256, 400_000) == (bytes(range(256)) * 2000)[256:400_256]
        os.truncate(file.fileno(), 300_000)
        assert len(segment.piece(0, 400_000)) == 300_000
