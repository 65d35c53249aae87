"""YAML files: whatever is wrong with one is told with its line, and nothing in it breaks the reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import RecipeError
from data.yaml_file import read_yaml


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nsources: &s [*s]\n", r":2: sources\[0\]: refers by its alias to what it stands in itself"),
        ("&r\nname: x\nfilters: *r\n", r":3: filters: refers by its alias"),
        ("name: " + "[" * 3000 + "\n", "nested too deeply"),
        ("name: x\n? [a, b]\n: 1\n", ":2: not YAML: found unhashable key"),
        ("name: x\nseed: \0\n", r":2: not YAML: the character U\+0000"),
        (b"name: x\ndescription: caf\xe9\n", ":2: not UTF-8: the byte 0xe9"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
            "keys and entries, with what aliases stand for",
        ),
    ],
    ids=["cycle", "cycle of keys", "depth", "list for a key", "NUL", "latin-1", "billion laughs"],
)
def test_a_file_that_would_break_the_reader_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecipeError, match=message):
        read_yaml(path, "a mapping")
