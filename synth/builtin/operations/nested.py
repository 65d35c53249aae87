"""Operations on matrices and on nested lists."""

from __future__ import annotations

from typing import Any

from synth.builtin.grammar import between, operation


def _leaves(x: list[Any]) -> list[int]:
    return [n for item in x for n in (_leaves(item) if isinstance(item, list) else [item])]


def _height(x: list[Any]) -> int:
    return 1 + max((_height(item) for item in x if isinstance(item, list)), default=0)


def _weighted(x: list[Any], depth: int = 1) -> int:
    return sum(_weighted(item, depth + 1) if isinstance(item, list) else depth * item for item in x)


def _mirrored(x: list[Any]) -> list[Any]:
    return [_mirrored(item) if isinstance(item, list) else item for item in x[::-1]]


def _spiral(x: list[list[int]]) -> list[int]:
    return [] if not x or not x[0] else x[0] + _spiral([list(row) for row in zip(*x[1:], strict=True)][::-1])


def _levels(x: list[Any]) -> list[int]:
    if not x:
        return []
    return [sum(n for n in x if not isinstance(n, list)), *_levels([n for v in x if isinstance(v, list) for n in v])]


operation(
    "transpose", "matrices", "matrix", "matrix", "swap rows and columns",
    lambda x: [[row[i] for row in x] for i in range(len(x[0]) if x else 0)],
    "[list($r) for $r in zip(*$x)]",
    "$y = []\nfor $i in range(len($x[0]) if $x else 0):\n    $y.append([$r[$i] for $r in $x])",
)  # fmt: skip
operation(
    "quarter_turn", "matrices", "matrix", "matrix", "turn it clockwise by a quarter",
    lambda x: [[row[i] for row in x][::-1] for i in range(len(x[0]) if x else 0)],
    "[list($r) for $r in zip(*$x[::-1])]",
    "$y = []\nfor $i in range(len($x[0]) if $x else 0):\n    $y.append([$r[$i] for $r in reversed($x)])",
)  # fmt: skip
operation(
    "matrix_scale", "matrices", "matrix", "matrix", "multiply every cell by $k",
    lambda x, k: [[n * k for n in row] for row in x],
    "[[$n * $k for $n in $r] for $r in $x]",
    "$y = []\nfor $r in $x:\n    $a = []\n    for $n in $r:\n        $a.append($k * $n)\n    $y.append($a)",
    k=between(2, 6),
)  # fmt: skip
operation(
    "flip_rows", "matrices", "matrix", "matrix", "reverse every row",
    lambda x: [row[::-1] for row in x],
    "[$r[::-1] for $r in $x]",
    "$y = []\nfor $r in $x:\n    $y.append(list(reversed($r)))",
)  # fmt: skip
operation(
    "sort_rows", "sorting", "matrix", "matrix", "sort the rows by their sums, equal sums in the order given",
    lambda x: [x[i] for i in sorted(range(len(x)), key=lambda i: (sum(x[i]), i))],
    "sorted($x, key=sum)",
    "$y = []\nfor $r in $x:\n    $i = 0\n    while $i < len($y) and sum($y[$i]) <= sum($r):\n        $i += 1\n"
    "    $y.insert($i, $r)",
)  # fmt: skip
operation(
    "column_sums", "matrices", "matrix", "ints", "add up every column",
    lambda x: [sum(row[i] for row in x) for i in range(len(x[0]) if x else 0)],
    "[sum($r) for $r in zip(*$x)]",
    "$y = [0] * (len($x[0]) if $x else 0)\nfor $r in $x:\n    for $i, $n in enumerate($r):\n        $y[$i] += $n",
)  # fmt: skip
operation(
    "flatten_rows", "nested data", "matrix", "ints", "write all rows one after another into one list",
    lambda x: [n for i in range(len(x)) for n in x[i]],
    "[$n for $r in $x for $n in $r]",
    "$y = []\nfor $r in $x:\n    $y.extend($r)",
    "$y = []\nfor $r in $x:\n    for $n in $r:\n        $y.append($n)",
)  # fmt: skip
operation(
    "diagonal", "matrices", "matrix", "ints", "list the cells of the main diagonal",
    lambda x: [x[i][i] for i in range(min(len(x), len(x[0]) if x else 0))],
    "[$r[$i] for $i, $r in enumerate($x) if $i < len($r)]",
    "$y = []\nfor $i in range(len($x)):\n    if $i < len($x[$i]):\n        $y.append($x[$i][$i])",
)  # fmt: skip
operation(
    "spiral", "matrices", "matrix", "ints", "list the cells in a clockwise spiral from the top left inwards",
    _spiral,
    "$y = []\n$a = [list($r) for $r in $x]\nwhile $a:\n    $y += $a.pop(0)\n"
    "    $a = [list($r) for $r in zip(*$a)][::-1]",
    "$y = []\n$a = list($x)\nwhile $a:\n    $y.extend($a[0])\n    $a = list(zip(*$a[1:]))\n    $a.reverse()",
)  # fmt: skip
operation(
    "border_sum", "matrices", "matrix", "int", "add up the cells on its border",
    lambda x: sum(map(sum, x)) - sum(sum(row[1:-1]) for row in x[1:-1]),
    "sum($n for $i, $r in enumerate($x) for $j, $n in enumerate($r) if $i in (0, len($x) - 1) or $j in "
    "(0, len($r) - 1))",
    "$y = 0\nfor $i in range(len($x)):\n    for $j in range(len($x[$i])):\n"
    "        if $i == 0 or $j == 0 or $i == len($x) - 1 or $j == len($x[$i]) - 1:\n            $y += $x[$i][$j]",
)  # fmt: skip
operation(
    "cells_above", "counting", "matrix", "natural", "count the cells greater than $k",
    lambda x, k: len([n for row in x for n in row if n > k]),
    "sum(1 for $r in $x for $n in $r if $n > $k)",
    "$y = 0\nfor $r in $x:\n    for $n in $r:\n        if $n > $k:\n            $y += 1",
    k=between(3, 12),
)  # fmt: skip
operation(
    "symmetric", "predicates", "matrix", "flag", "tell whether it equals itself with rows and columns swapped",
    lambda x: x == [[row[i] for row in x] for i in range(len(x[0]) if x else 0)],
    "$x == [list($r) for $r in zip(*$x)]",
    "$y = not $x or len($x) == len($x[0])\nif $y:\n    for $i in range(len($x)):\n        for $j in range($i):\n"
    "            if $x[$i][$j] != $x[$j][$i]:\n                $y = False",
)  # fmt: skip
operation(
    "leaves", "recursion", "tree", "ints", "list all integers in it, at any depth, from left to right",
    _leaves,
    "$y = []\n$a = list($x)\nwhile $a:\n    $v = $a.pop(0)\n    if isinstance($v, list):\n        $a = $v + $a\n"
    "    else:\n        $y.append($v)",
    "$y = list($x)\nwhile any(isinstance($v, list) for $v in $y):\n    $a = []\n    for $v in $y:\n"
    "        if isinstance($v, list):\n            $a.extend($v)\n        else:\n"
    "            $a.append($v)\n    $y = $a",
)  # fmt: skip
operation(
    "height", "recursion", "tree", "natural", "find how deep it is nested (1 if it holds no list)",
    _height,
    "$y = 0\n$a = [$x]\nwhile $a:\n    $y += 1\n    $a = [$w for $v in $a for $w in $v if isinstance($w, list)]",
    "def $f($v):\n    return 1 + max(($f($w) for $w in $v if isinstance($w, list)), default=0)\n\n$y = $f($x)",
)  # fmt: skip
operation(
    "weighted", "recursion", "tree", "int", "add up its integers, each multiplied by its depth (1 at the top)",
    _weighted,
    "def $f($v, $d):\n    $a = 0\n    for $w in $v:\n        if isinstance($w, list):\n"
    "            $a += $f($w, $d + 1)\n"
    "        else:\n            $a += $d * $w\n    return $a\n\n$y = $f($x, 1)",
    "$y = 0\n$d = 1\n$a = $x\nwhile $a:\n    $b = []\n    for $v in $a:\n        if isinstance($v, list):\n"
    "            $b.extend($v)\n        else:\n            $y += $d * $v\n    $a = $b\n    $d += 1",
)  # fmt: skip
operation(
    "mirrored", "recursion", "tree", "tree", "reverse the order at every level",
    _mirrored,
    "def $f($v):\n    return [$f($w) if isinstance($w, list) else $w for $w in reversed($v)]\n\n$y = $f($x)",
    "def $f($v):\n    $a = []\n    for $w in $v:\n        $a.insert(0, $f($w) if isinstance($w, list) else $w)\n"
    "    return $a\n\n$y = $f($x)",
)  # fmt: skip
operation(
    "level_sums", "recursion", "tree", "ints", "add up the integers of each level, from the top down",
    _levels,
    "$y = []\n$a = $x\nwhile $a:\n    $y.append(sum($v for $v in $a if not isinstance($v, list)))\n"
    "    $a = [$w for $v in $a if isinstance($v, list) for $w in $v]",
    "$y = []\n$a = list($x)\nwhile $a:\n    $n = 0\n    $b = []\n    for $v in $a:\n        if isinstance($v, list):\n"
    "            $b += $v\n        else:\n            $n += $v\n    $y.append($n)\n    $a = $b",
)  # fmt: skip
