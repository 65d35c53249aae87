from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from data import json_text
from data.json_text import atomic_json, json_pieces

VALUE = {
    "b": [1, 2.5, None, "\u2028 \u00e9 \ud800"],
    "a": {"": [], "x": {}},
    "c": [{"n": number} for number in range(50)],
}


@pytest.mark.parametrize("form", [{}, {"indent": 1}, {"indent": 1, "sort_keys": True, "ensure_ascii": False}])
@pytest.mark.parametrize("words", [1, 7, 2**16])
def test_pieces_are_what_json_writes(form: dict[str, Any], words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "PIECE_WORDS", words)
    pieces = list(json_pieces(VALUE, **form))
    assert "".join(pieces) == json.dumps(VALUE, **form)
    assert (len(pieces) > 10) is (words < 10)


def test_a_file_is_whole_or_as_before(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    atomic_json(path, {"a": "\u00e9"}, indent=1, ensure_ascii=False)
    assert path.read_bytes() == '{\n "a": "\u00e9"\n}\n'.encode()
    with pytest.raises(TypeError):
        atomic_json(path, [1, object()])
    assert path.read_text(encoding="utf-8").startswith("{")
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_a_long_list_is_written_in_little_memory() -> None:
    listed = [{"path": f"folder/file-{number}", "bytes": number, "sha256": "0" * 64} for number in range(40_000)]
    tracemalloc.start()
    try:
        size = sum(map(len, json_pieces(listed, indent=1)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 5_000_000
    assert peak < 8_000_000  # json.dumps takes five times as much
