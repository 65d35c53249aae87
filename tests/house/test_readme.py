"""What the README names is there: commands, and the files and folders of its map."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from flows.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str = "phimill") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[f"{path} {name}"] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{path} {name}")
    return found


def table() -> str:
    begin = README.index("| command ")
    return README[begin : README.index("\n\n", begin)]


def test_every_command_of_the_readme_exists() -> None:
    known = commands(main)
    for words in re.findall(r"(?m)(?:`|/|: |^)phimill((?: [a-z][a-z-]*)+)", README):
        first = "phimill " + words.split()[0]
        assert first in known, words
        if isinstance(known[first], click.Group) and first != "phimill dedup":  # its first word may be an input
            assert "phimill " + " ".join(words.split()[:2]) in known, words


@pytest.mark.parametrize("name", [name for name in commands(main) if name.count(" ") == 1])
def test_every_command_stands_in_the_table(name: str) -> None:
    assert f"`{name}" in table(), name


def test_the_map_of_the_house_names_what_is_there() -> None:
    block = README[README.index("```\ndata/  ") + 4 :]
    folder, named = ROOT, 0
    for line in block[: block.index("```")].splitlines():
        if line and not line.startswith(" "):
            folder = ROOT / line.split("/")[0]
            assert folder.is_dir()
        elif line.strip():
            for name in re.split(r",\s+", re.split(r"\s{2,}", line.strip())[0]):
                path = folder / name.rstrip("/")
                assert path.is_dir() if name.endswith("/") else path.with_suffix(".py").is_file(), (
                    f"{folder.name}: {name}"
                )
                named += 1
    assert named > 50
