from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.recipe_file import RecipeFile, read_recipe
from flows.named_files import content_mistakes

ROWS = [{"id": f"r{number}", "text": f"Text number {number} of the reference.", "body": None} for number in range(12)]
RECIPE = """\
name: small
sources: [{name: a, kind: jsonl, path: rows.jsonl}]
"""


def _recipe(folder: Path, *changes: str) -> RecipeFile:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    (folder / "few.jsonl").write_text("\n".join(map(json.dumps, [*ROWS[:9], ROWS[0]])))
    (folder / "no.jsonl").write_text("not JSON\n")
    (folder / "recipe.yaml").write_text(RECIPE)
    return read_recipe(folder / "recipe.yaml", changes)


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ("tokenise.tokenizer=rows.jsonl", "tokenise.tokenizer", "is not a tokenizer file"),
        ("truth=no.jsonl", "truth", "no.jsonl:1: not JSON"),
        ("truth=rows.jsonl", "truth", "rows.jsonl:1"),
        ("decontaminate.benchmarks=[{name: b, path: no.jsonl}]", "decontaminate.benchmarks[0]", "not JSON"),
        ("decontaminate.benchmarks=[{name: b, path: rows.jsonl, fields: [t]}]", "decontaminate.benchmarks[0]", "'t'"),
        ("quality={reference: [no.jsonl]}", "quality.reference", "not JSON"),
        ("quality={reference: [few.jsonl]}", "quality.reference", "9 distinct texts under 'text'"),
        ("quality={reference: [rows.jsonl], text_column: body}", "quality.reference", "0 distinct texts under 'body'"),
        ("quality={reference: [rows.jsonl, no.jsonl]}", "quality.reference", "not JSON"),
    ],
)  # fmt: skip
def test_what_a_late_step_could_not_read_is_told_with_its_key(
    tmp_path: Path, change: str, place: str, said: str
) -> None:
    (told,) = map(str, content_mistakes(_recipe(tmp_path, change)))
    assert f": {place}: " in told
    assert said in told


def test_files_that_can_be_read_and_files_that_are_missing_are_no_mistake_of_content(tmp_path: Path) -> None:
    sound = "quality={reference: [rows.jsonl]}"
    more = "decontaminate={benchmarks: [{name: b, path: rows.jsonl}]}"
    assert not list(content_mistakes(_recipe(tmp_path, sound, more, "truth=gone", "tokenise.tokenizer=gone")))
    assert not list(content_mistakes(_recipe(tmp_path, "quality={reference: [few.jsonl, rows.jsonl]}")))
