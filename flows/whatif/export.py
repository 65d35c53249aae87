"""The changed thresholds as a recipe: YAML that runs, and says at its head what is to be expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data.recipe_file import write_recipe
from flows.report.formatting import stated
from flows.terminal import one_line, show_number

if TYPE_CHECKING:
    from flows.report.published import Published
    from flows.whatif.question import Question


def recipe_with(question: Question, published: Published, changes: Sequence[str], found: dict[str, Any]) -> str:
    """Returns the run's recipe under some settings, resolved, as YAML.

    Args:
        question: what can be asked of the run.
        published: the run.
        changes: as `Question.ask` takes them.
        found: the answer to them, as `answer` gives it.
    """
    recipe = question.recipe(changes)
    now, then = found["now"], found["then"]
    head = [
        f"{published.manifest['name']} with other thresholds; made from snapshot {published.manifest['snapshot']}.",
        *(f"  {_changed(rule)}" for rule in found["rules"]),
        f"The filters keep {then['documents']:,} of {found['judged']['documents']:,} documents, {then['tokens']:,} "
        f"tokens (before: {now['documents']:,}, {now['tokens']:,}), as the run's own tokenizer counts them.",
        "What comes after the filters (duplicates, benchmark text, the mixture) looks at them anew.",
    ]
    if not recipe.root:
        head.append(
            "Its paths start at this file's folder: put it beside the run's own recipe, or give --set root=FOLDER."
        )
    comment = "".join(f"# {one_line(line)}\n" if len(line) < 160 else _wrapped(line) for line in head)
    return comment + write_recipe(recipe)


def _wrapped(line: str) -> str:
    half = line.rfind(" ", 0, 110)
    return f"# {one_line(line[:half])}\n# {one_line(line[half + 1 :])}\n"


def _changed(rule: dict[str, Any]) -> str:
    return f"{rule['rule']}: {_bound(rule['now'])} -> {_bound(rule['then'])}"


def _bound(side: dict[str, Any] | None) -> str:
    if side is None:
        return "off"
    of_pool = f" ({stated(side['stated'])})" if side["stated"] else ""
    return f"{side['sign']} {show_number(side['bound'])}{of_pool}"
