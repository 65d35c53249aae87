"""Notebooks to scripts, cell by cell, and how extraction takes them."""

from __future__ import annotations

import ast
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.extraction import Extractor
from data.notebooks import to_script
from data.recipe import Extract, Source
from data.schema import to_table
from data.sources.records import record_row

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "code"


def notebook(*cells: tuple[str, str], **metadata: Any) -> str:
    kinds = {"c": "code", "m": "markdown", "r": "raw"}
    listed = [
        {"cell_type": kinds[kind], "source": source.splitlines(keepends=True), "outputs": [{"text": "SECRET"}]}
        for kind, source in cells
    ]
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def script(*cells: tuple[str, str], **metadata: Any) -> str:
    found = to_script(notebook(*cells, **metadata))
    assert found is not None
    return found.text


def test_code_stays_prose_becomes_comments_and_outputs_go() -> None:
    text = script(("m", "# Title\n\nSome *words*."), ("c", "x = 1\nprint(x)"), ("r", "raw"))
    assert text == "# # Title\n#\n# Some *words*.\n\nx = 1\nprint(x)\n\n# raw\n"


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1\n"),
        ("!pip install a \\\n  b\nx = 1", "# !pip install a \\\n#   b\nx = 1\n"),
        ("if x:\n    !ls 'it\n", "if x:\n    pass  # !ls 'it\n"),
        ("files = !ls\nt = %timeit -o f()", "# files = !ls\n# t = %timeit -o f()\n"),
        ("len?\nlen??\n?len", "# len?\n# len??\n# ?len\n"),
        ("%%time\nx = 1", "# %%time\nx = 1\n"),
        ("%%bash\necho 'a\ncd", "# %%bash\n# echo 'a\n# cd\n"),
        ("x = (a\n  %b)\ny = a \\\n  % b", "x = (a\n  %b)\ny = a \\\n  % b\n"),
        ('"""\n%not\n!not\n"""\na != b', '"""\n%not\n!not\n"""\na != b\n'),
        ("# a ) comment (\n%pip list", "# a ) comment (\n# %pip list\n"),
        ("s = '%d (' % 1\n%pip list", "s = '%d (' % 1\n# %pip list\n"),
    ],
)
def test_only_what_ipython_alone_understands_is_commented_out(code: str, plain: str) -> None:
    assert script(("c", code)) == plain


def test_the_kernel_decides_language_and_comments() -> None:
    r = to_script(notebook(("m", "a"), ("c", "x %>%\n  f()\n!x"), kernelspec={"name": "ir", "language": "R"}))
    assert r is not None
    assert (r.language, r.text) == ("r", "# a\n\nx %>%\n  f()\n!x\n")
    julia = to_script(notebook(("m", "a"), kernelspec={"name": "julia-1.9"}))
    assert julia is not None
    assert julia.language == "julia"
    scala = to_script(notebook(("m", "a"), language_info={"name": "scala"}))
    assert scala is not None
    assert (scala.language, scala.text) == ("scala", "// a\n")


def test_a_kernel_whose_comments_are_not_known_leaves_the_notebook_as_it_is() -> None:
    text = notebook(("m", "a"), language_info={"name": "Brainfuck"})
    found = to_script(text)
    assert found is not None
    assert (found.text, found.language) == (text, "jupyter-notebook")


def test_old_notebooks_keep_their_cells_in_worksheets() -> None:
    cells = [{"cell_type": "code", "input": "x = 1", "language": "python"}, {"cell_type": "heading", "source": "T"}]
    found = to_script(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
    assert found is not None
    assert found.text == "x = 1\n\n# T\n"


def test_pictures_in_prose_are_left_out_and_nan_in_outputs_is_no_fault() -> None:
    assert script(("m", "![a](data:image/png;base64," + "A" * 400 + ")")) == "# ![a](data:image/png;base64,)\n"
    broken = notebook(("c", "x = 1")).replace('"SECRET"', "NaN")
    found = to_script(broken)
    assert found is not None
    assert found.text == "x = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"cells": 1}',
        "version https://git-lfs.github.com/spec/v1\n",
        '{"cells": [' * 5000,
        "[" * 100_000 + "NaN",
        '{"cells": [{"cell_type": "code", "source": "\\ud800"}]}',
    ],
)
def test_what_is_no_notebook_is_none(text: str) -> None:
    assert to_script(text) is None


def test_shapes_that_nobody_writes_do_no_harm() -> None:
    odd = {"cells": [1, None, {}, {"cell_type": "code", "source": {"a": 1}}, {"cell_type": 3, "source": [1, "x"]}]}
    for metadata in ({}, [], None, {"kernelspec": 3, "language_info": {"name": 4}}, {"kernelspec": {"name": ["a"]}}):
        assert to_script(json.dumps({**odd, "metadata": metadata})) is not None


@given(st.text(max_size=200))
def test_any_python_that_parses_still_parses(code: str) -> None:
    try:
        tree = ast.dump(ast.parse(code))
    except (SyntaxError, ValueError):
        tree = ""
    text = script(("c", code))
    if tree and not any(mark in code for mark in "%!?\r\x0c\x00"):
        assert ast.dump(ast.parse(text)) == tree


@pytest.mark.parametrize("piece", ["(\n", "'", '"""', "%x\\\n", "\\", "a.\n", "[a,'\" ", "!", "x = (%a\n", "{'''"])
def test_hostile_cells_cost_no_more_than_long_ones(piece: str) -> None:
    text = notebook(("c", piece * (500_000 // len(piece))))
    started = time.process_time()
    to_script(text)
    assert time.process_time() - started < 2


def extracted(rows: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    with Extractor(Extract(**settings)) as extractor:
        found: list[dict[str, Any]] = extractor.extract(to_table(rows)).to_pylist()
    return found


def rows_of(*records: dict[str, Any]) -> list[dict[str, Any]]:
    source = Source(name="s", kind="jsonl", path="x", document_kind="code")
    return [record_row(record, source, f"x:{number}") for number, record in enumerate(records)]


def test_extraction_converts_by_language_or_path_and_counts_what_is_broken() -> None:
    text = notebook(("m", "a"), ("c", "x = 1"))
    rows = rows_of(
        {"text": text, "language": "Jupyter Notebook"},
        {"text": text, "path": "a/b.ipynb"},
        {"text": text, "language": "json"},
        {"text": "<<<<<<< HEAD", "path": "b.ipynb"},
        {"text": notebook(), "path": "c.ipynb"},
    )
    found = extracted(rows)
    assert [row["text"] for row in found] == ["# a\n\nx = 1\n"] * 2 + [None] * 3
    assert [row["language"] for row in found] == ["python", "python", None, None, None]
    assert [(row["status"], row["reason"]) for row in found] == [
        *[("", "")] * 3, ("dropped", "bad_notebook"), ("dropped", "empty"),
    ]  # fmt: skip
    assert json.loads(found[1]["metadata"]) == {"converted_from": "jupyter-notebook", "path": "a/b.ipynb"}
    kept = extracted(rows, notebooks="keep")
    assert [row["text"] for row in kept] == [None] * 5
    assert all(row["status"] == "" for row in kept)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/data/code")
def test_real_notebooks_become_python_that_parses() -> None:
    with gzip.open(CORPUS / "code-0000.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines] + pq.read_table(CORPUS / "code-0001.parquet").to_pylist()
    notebooks = [row["text"] for row in rows if row["language"] == "Jupyter Notebook"]
    assert len(notebooks) == 13
    for text in notebooks:
        found = to_script(text)
        assert found is not None
        assert found.language == "python"
        ast.parse(found.text)
