from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from data.errors import RecipeError
from data.fingerprint import file_sha256
from data.recipe import Source
from data.recipe_file import read_recipe
from data.sources import list_units, read_unit


def recipe(tmp_path: Path, source: str) -> Any:
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nsources:\n  - {{name: one, path: x, {source}}}\n")
    return read_recipe(str(path)).recipe.sources[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("kind: csv, split: test", "`split` is for huggingface; kind csv has no use for it"),
        ("kind: jsonl, delimiter: ;", "`delimiter` is for csv"),
        ("kind: csv, delimiter: '\"'", "a quote or a line end cannot stand between values"),
        ("kind: warc, text_column: body", "`text_column` is for jsonl, json, csv"),
        ("kind: files, revision: main", "`revision` is for huggingface, git"),
        ("kind: git, groups: 3", "`groups` is for html, files, books, documents"),
        ("kind: wikipedia, signals: {a: b}", "`signals` is for jsonl"),
        ("kind: parquet, columns: the-stak", 'no table layout "the-stak".*Did you mean "the-stack"'),
        ("kind: parquet, columns: {txt: a}", 'no column plays "txt".*Did you mean "text"'),
        ("kind: jsnl", "jsonl"),
        ("kind: common-crawl", "needs `select`"),
    ],
)
def test_a_key_that_a_kind_has_no_use_for_is_an_error_with_its_line(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(RecipeError, match=rf"mine\.yaml:3: sources\[0\].*{message}"):
        recipe(tmp_path, source)


def test_a_layout_gives_the_columns_and_the_keys_beside_it_count_more(tmp_path: Path) -> None:
    stack = recipe(tmp_path, "kind: parquet, columns: the-stack")
    assert (stack.text_column, stack.path_column, stack.id_column) == ("content", "max_stars_repo_path", "hexsha")
    assert (stack.language_column, stack.licence_column, stack.documents_are) == (
        "lang",
        "max_stars_repo_licenses",
        "code",
    )
    mine = recipe(tmp_path, "kind: csv, columns: {text: body, licence: lic}, licence_column: other")
    assert (mine.text_column, mine.licence_column, mine.id_column) == ("body", "other", "id")
    assert Source(**stack.model_dump()) == stack


def test_a_table_of_the_stack_is_one_line_in_a_recipe(tmp_path: Path) -> None:
    table = pa.table(
        {
            "hexsha": ["aa", "bb"],
            "content": ["x = 1\n", "fn main() {}\n"],
            "lang": ["Python", "Rust"],
            "max_stars_repo_path": ["a/b.py", "src/main.rs"],
            "max_stars_repo_name": ["me/one", "me/two"],
            "max_stars_repo_licenses": [["MIT"], ["Apache-2.0", "MIT"]],
            "max_stars_count": [3, None],
            "avg_line_length": [5.0, 12.0],
        }
    )
    pq.write_table(table, tmp_path / "part.parquet")
    source = Source(
        name="s", kind="parquet", path="part.parquet", columns="the-stack", signals={"stars": "max_stars_count"}
    )
    rows = [
        row
        for unit in list_units(source, tmp_path, file_sha256)
        for one in read_unit(unit, source)
        for row in one.to_pylist()
    ]
    assert [(row["origin_id"], row["language"], row["licence"], row["kind"]) for row in rows] == [
        ("aa", "Python", "MIT", "code"),
        ("bb", "Rust", "Apache-2.0 OR MIT", "code"),
    ]
    assert '"max_stars_repo_path":"a/b.py"' in rows[0]["metadata"]
    assert '"signals":{"stars":3.0}' in rows[0]["metadata"]
    assert '"signals":{}' in rows[1]["metadata"]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.git",
        "ssh://git@example.org/a.git",
        "git@example.org:me/a.git",
        "s3://b/a.git",
        "git://x/a",
    ],
)
def test_a_repository_is_not_fetched_and_it_is_said_how_to_clone_it(address: str) -> None:
    with pytest.raises(ValidationError, match="git clone --mirror"):
        Source(name="s", kind="git", path=address, hosts=["example.org"])


@pytest.mark.parametrize("address", ["hf://datasets/me/set", "https://example.org/a.parquet", "s3://b/a.parquet"])
def test_a_dataset_of_the_hub_is_called_by_name(address: str) -> None:
    with pytest.raises(ValidationError, match="called by its name alone"):
        Source(name="s", kind="huggingface", path=address, hosts=["example.org"])


def test_archives_of_a_crawl_are_where_ranges_can_be_had_and_hold_no_secret() -> None:
    for archives, message in (
        ("s3://commoncrawl/", "cannot be at s3://"),
        ("https://data.example.org/?token=hunter2", "published with the recipe"),
        ("https://me:hunter2@data.example.org/", "published with the recipe"),
        ("https://other.example.org/", "`hosts` does not list it"),
    ):
        with pytest.raises(ValidationError, match=message):
            Source(name="s", kind="common-crawl", path="x", hosts=["data.example.org"], archives=archives,
                   select={"domains": ["example.org"]})  # fmt: skip
