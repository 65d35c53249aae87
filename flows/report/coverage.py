"""The coverage matrix: which combinations of a specification's axes are filled, and which are thin."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from flows.report.excerpts import label
from flows.report.exercise_charts import CellSum, coverage_matrix
from flows.report.formatting import count, plural, share, words
from flows.report.gallery import Gallery

#: Rows and columns of a matrix that can be read, and thin cells that are listed.
ROWS, COLUMNS, LISTED = 60, 24, 15
_BETWEEN = " · "
_EASE = ("easy", "medium", "hard")


def coverage(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any] | None:
    """Returns the matrix of a generation's cells and its thinnest ones; None where nothing was asked for.

    Without a specification there are no targets: what was asked for stands in their place.
    """
    variety = teacher.get("variety") or {}
    cells = variety.get("coverage") or teacher.get("cells") or []
    if not cells:
        return None
    rows, columns = axes_of(cells)
    fields = summed(cells, rows, columns)
    ranked = _thinnest_first(fields)
    names = {field.row: None for field in ranked}
    shown = set(list(names)[:ROWS])
    order = list(dict.fromkeys(field.row for field in fields if field.row in shown))
    thin = sorted((cell for cell in cells if filled(cell) < 0.5), key=lambda cell: (filled(cell), -cell["asked"]))
    chart = coverage_matrix(
        [field for field in fields if field.row in shown], order, _columns([field.column for field in fields])
    )
    others = [axis for axis in cells[0]["cell"] if len({str(cell["cell"][axis]) for cell in cells}) > 1]
    others = [axis for axis in others if axis not in (rows, *columns)]
    wish = "wished for" if variety.get("coverage") else "asked for"
    empty = sum(cell["kept"] == 0 for cell in cells)
    finding = f"Each of {plural(len(cells), 'cell')} got at least half of what was {wish}"
    if thin:
        finding = (
            f"Of {plural(len(cells), 'cell')}, {count(len(thin))} got less than half of what was {wish}, "
            f"{count(empty)} got nothing ({share(empty, len(cells))})"
        )
    return {
        "specification": variety.get("specification"),
        "finding": finding,
        "wish": wish,
        "is_wide": len({field.column for field in fields}) > 6,
        "chart": gallery.draw(chart, f"Exercises kept by {rows} and {', '.join(columns) or 'in all'}"),
        "rows": words(rows),
        "columns": " × ".join(words(axis) for axis in columns),
        "summed": ", ".join(words(axis) for axis in others),
        "left_out": len(names) - len(shown),
        "thin": [
            {
                "name": label(", ".join(map(str, cell["cell"].values())), 120),
                "target": _target(cell),
                "asked": cell["asked"],
                "kept": cell["kept"],
                "lost": [(words(reason), number) for reason, number in _largest(cell["rejected"])],
            }
            for cell in thin[:LISTED]
        ],
        "thin_left_out": len(thin) - LISTED,
    }


def axes_of(cells: Sequence[dict[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Returns the axis that goes down, which has most values, and those that go across, as many fields as fit."""
    values = {axis: {cell["cell"][axis] for cell in cells} for axis in cells[0]["cell"]}
    down = max(values, key=lambda axis: len(values[axis]))
    others = [axis for axis in values if axis != down and len(values[axis]) > 1]
    fitting = [
        (number, axes)
        for size in range(len(others) + 1)
        for axes in itertools.combinations(others, size)
        if (number := math.prod(len(values[axis]) for axis in axes)) <= COLUMNS
    ]
    return down, max(fitting, key=lambda pair: pair[0])[1]


def summed(cells: Sequence[dict[str, Any]], down: str, across: Sequence[str]) -> list[CellSum]:
    """Returns the cells summed up over all other axes, in their order."""
    sums: dict[tuple[str, str], list[int]] = {}
    for cell in cells:
        column = _BETWEEN.join(str(cell["cell"][axis]) for axis in across) or "all"
        field = sums.setdefault((label(str(cell["cell"][down]), 80) or "—", label(column, 80)), [0, 0, 0])
        for place, number in enumerate((_target(cell), cell["asked"], cell["kept"])):
            field[place] += number
    return [CellSum(*names, *numbers) for names, numbers in sums.items()]


def _columns(names: Sequence[str]) -> list[str]:
    """Returns the columns by their axes' values, each in the order of its first appearance, but the easy ones first."""
    parts = {name: name.split(_BETWEEN) for name in names}
    seen: list[dict[str, int]] = []
    for column in parts.values():
        for place, part in enumerate(column):
            seen += [dict.fromkeys(_EASE, 0)] if place == len(seen) else []
            seen[place].setdefault(part, len(seen[place]))
    ease = {name: place for place, name in enumerate(_EASE)}
    return sorted(parts, key=lambda name: [ease.get(part, seen[at][part]) for at, part in enumerate(parts[name])])


def filled(cell: dict[str, Any]) -> float:
    """Returns the share of what was wished for that a cell has."""
    target = _target(cell)
    return float(cell["kept"] / target) if target else 1.0


def _target(cell: dict[str, Any]) -> int:
    return int(cell["target"] if "target" in cell else cell["asked"])


def _thinnest_first(fields: Sequence[CellSum]) -> list[CellSum]:
    return sorted(fields, key=lambda field: (field.filled, -field.target))


def _largest(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
