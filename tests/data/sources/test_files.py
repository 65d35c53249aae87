from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.files import read_file

LINES = {
    "de": "Die Möwen fliegen über den Häfen, während die Flut steigt.",
    "fr": "Les bateaux attendent la marée haute près du phare, où l'été s'achève déjà.",
    "es": "El niño miró la marea en el puerto mientras el barco salía mañana.",
    "pt": "Não há maré alta no porto, então os barcos não sairão amanhã.",
    "sv": "Måsarna flyger över hamnen när vattnet stiger på kvällen.",
    "en": "The café by the harbour serves naïve sailors crème brûlée.",
    "cs": "Příliv zvedá vodu v přístavu o tři metry dvakrát denně.",
}


def read(tmp_path: Path, content: bytes, name: str, kind: str) -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(content)
    source = Source(name="s", kind=kind, path=str(path))
    (row,) = read_file(InputFile(str(path), name, len(content), ""), source)
    return row


@pytest.mark.parametrize("odd", [1, 2, 5, 20])
@pytest.mark.parametrize("language", LINES)
def test_a_file_in_utf_8_with_lines_in_another_set_is_in_no_third_one(tmp_path: Path, language: str, odd: int) -> None:
    encoding = "cp1250" if language == "cs" else "cp1252"
    lines = [
        f"# {LINES[language]} {number}".encode(encoding if number // 2 % (60 // odd) == 7 % (60 // odd) else "utf-8")
        if number % 2
        else f"x{number} = {number}".encode()
        for number in range(120)
    ]
    row = read(tmp_path, b"\n".join(lines), "a.py", "files")
    assert (row["status"], row["reason"], row["text"]) == ("quarantined", "bad_encoding", None)
    assert json.loads(row["metadata"])["line"] == 2 * (7 % (60 // odd)) + 2


@pytest.mark.parametrize("language", LINES)
def test_a_file_that_is_all_in_another_set_is_read(tmp_path: Path, language: str) -> None:
    encoding = "cp1250" if language == "cs" else "cp1252"
    text = f"# {LINES[language]}\nx = 1\n" * 60
    assert read(tmp_path, text.encode(encoding), "a.py", "files")["text"] == text
