"""What `--help` says of every command: one line that fits, an example that parses, a word on each option."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from flows.cli import SECTIONS, main

#: What a terminal of 80 columns leaves for a command's line, with the longest name before it.
ROOM = 80 - 6 - len("sample-corpus")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


ALL = dict(commands(main, "phimill"))
LEAVES = {name: command for name, command in ALL.items() if not isinstance(command, click.Group)}


def examples(command: click.Command) -> list[str]:
    lines = [line.strip() for line in (command.help or "").splitlines()]
    return [line for line in lines if line.startswith("phimill ") and "--help" not in line]


def test_every_command_stands_in_one_section() -> None:
    listed = [str(command.name) for section in SECTIONS.values() for command in section]
    assert sorted(listed) == sorted(main.commands)


@pytest.mark.parametrize("name", ALL)
def test_a_command_is_told_in_one_line_that_is_not_cut(name: str) -> None:
    said = ALL[name].get_short_help_str(ROOM)
    assert said.endswith(".")
    assert not said.endswith("...")


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_is_for(name: str) -> None:
    context = click.Context(ALL[name], info_name=name)
    options = [param for param in ALL[name].get_params(context) if isinstance(param, click.Option)]
    assert [option.opts for option in options if not option.help] == []


def named(line: str) -> tuple[str, list[str]]:
    """Returns the command that a line names, and the words after it."""
    words = shlex.split(line.split(" > ")[0])
    size = max((size for size in range(2, len(words) + 1) if " ".join(words[:size]) in ALL), default=0)
    name = " ".join(words[:size])
    return ("phimill dedup run", words[2:]) if name == "phimill dedup" else (name, words[size:])


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_an_example_whose_options_exist(name: str) -> None:
    shown = examples(ALL[name])
    assert shown or name not in LEAVES
    for line in shown:
        assert len(line) <= 118, line
        example, words = named(line)
        LEAVES[example].make_parser(click.Context(LEAVES[example], info_name=example)).parse_args(words)
