"""Benchmark items: real functions whose files are held out of everything else in the sample."""

from __future__ import annotations

import ast
import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence

from data.sample_corpus.choices import ranked
from data.sample_corpus.machine import SourceFile
from data.syntax import parse_program

ITEMS = 40
MIN_WORDS, MAX_WORDS = 40, 150


@dataclasses.dataclass(frozen=True)
class Item:
    """A function to be written: what is asked, and how it was solved."""

    task_id: str
    prompt: str
    canonical_solution: str
    origin: str

    @property
    def code(self) -> str:
        """The whole function."""
        return self.prompt + self.canonical_solution


def choose_items(candidates: Sequence[SourceFile], others: Sequence[str]) -> list[Item]:
    """Returns one function each of ITEMS files, none of which occurs in any other file.

    Args:
        candidates: files that are not in the code pool.
        others: the texts of the code pool; vendored copies of a function disqualify it.
    """
    texts = [*others, *(file.text for file in candidates)]
    lines = Counter(line.strip() for text in texts for line in text.split("\n"))
    items: list[Item] = []
    taken: dict[str, int] = {}
    for file in ranked("benchmark", candidates, lambda file: file.name):
        if len(items) == ITEMS:
            break
        if taken.get(file.dist, 0) >= 3:  # no distribution shall dominate
            continue
        for item in _functions(file):
            if all(lines[line] == 1 for line in _telling_lines(item)):  # once is in its own file
                items.append(item)
                taken[file.dist] = taken.get(file.dist, 0) + 1
                break
    ordered = sorted(items, key=lambda item: item.origin)
    return [dataclasses.replace(item, task_id=f"Sample/{number}") for number, item in enumerate(ordered)]


def _functions(file: SourceFile) -> Iterator[Item]:
    try:
        tree = parse_program(file.text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = file.text.splitlines(keepends=True)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)]
    for node in ranked("function", functions, lambda node: f"{file.name}:{node.name}"):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
        middle, end = node.body[0].end_lineno or 0, node.end_lineno or 0
        prompt, solution = "".join(lines[start:middle]), "".join(lines[middle:end])
        fits = MIN_WORDS <= len((prompt + solution).split()) <= MAX_WORDS
        if fits and len((ast.get_docstring(node) or "").split()) >= 13 and len(solution.split()) >= 13:
            yield Item("", prompt, solution, f"{file.name}:{node.name}")


def _telling_lines(item: Item) -> list[str]:
    lines = [line.strip() for line in item.code.splitlines()]
    return sorted((line for line in lines if len(line) >= 30), key=len, reverse=True)[:6]
