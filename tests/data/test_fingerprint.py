"""Which code a step depends on."""

from __future__ import annotations

import ast
from pathlib import Path

from data.fingerprint import PACKAGES, _imports

ROOT = Path(__file__).parents[2]


def imported(source: str) -> set[str]:
    """Returns what Python's own parser says that a module imports, each name with the module that it comes from."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] in PACKAGES}


def test_no_import_of_any_module_is_missed() -> None:
    modules = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert modules
    missed = {path: imported(source) - set(_imports(source)) for path in modules if (source := path.read_text())}
    assert {path: names for path, names in missed.items() if names} == {}


def test_imports_are_found_however_they_are_laid_out() -> None:
    source = """
import data.first as one, json, data.second
from data import (  # what (and why)
    third,
    fourth as other,
)  # why
def later():
    from synth.fifth import sixth
"""
    assert set(_imports(source)) >= {"data.first", "data.second", "data.third", "data.fourth", "synth.fifth"}
    assert not any(name.startswith("json") for name in _imports(source))


def test_an_import_in_brackets_that_are_not_closed_takes_no_time() -> None:
    source = "from data import (\n" + "    third,  # what, and why\n" * 2000 + "("  # were each end tried: for ever
    assert _imports(source)[0] == "data"
