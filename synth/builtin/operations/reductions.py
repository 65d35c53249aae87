"""Operations on lists of integers that give one value."""

from __future__ import annotations

import functools
from itertools import groupby, pairwise

from synth.builtin.grammar import between, operation


def _best_run(x: list[int]) -> int:
    return max((sum(x[i:j]) for i in range(len(x)) for j in range(i + 1, len(x) + 1)), default=0)


def _longest_rise(x: list[int]) -> int:
    rising = [x[i:j] for i in range(len(x)) for j in range(i + 1, len(x) + 1)]
    return max((len(r) for r in rising if all(a < b for a, b in pairwise(r))), default=0)


@functools.lru_cache(1024)
def _apart(x: tuple[int, ...]) -> int:
    return max(x[0] + _apart(x[2:]), _apart(x[1:])) if x else 0


operation(
    "total", "aggregating", "ints", "int", "add up all values",
    lambda x: sum(x),
    "sum($x)",
    "$y = 0\nfor $n in $x:\n    $y += $n",
)  # fmt: skip
operation(
    "largest", "aggregating", "ints", "int", "take the largest value (0 if there is none)",
    lambda x: sorted(x)[-1] if x else 0,
    "max($x, default=0)",
    "max($x) if $x else 0",
    "$y = $x[0] if $x else 0\nfor $n in $x:\n    if $n > $y:\n        $y = $n",
)  # fmt: skip
operation(
    "smallest", "aggregating", "ints", "int", "take the smallest value (0 if there is none)",
    lambda x: sorted(x)[0] if x else 0,
    "min($x, default=0)",
    "sorted($x)[0] if $x else 0",
    "$y = $x[0] if $x else 0\nfor $n in $x:\n    if $n < $y:\n        $y = $n",
)  # fmt: skip
operation(
    "spread", "aggregating", "ints", "int", "take the largest value minus the smallest (0 if there is none)",
    lambda x: sorted(x)[-1] - sorted(x)[0] if x else 0,
    "max($x, default=0) - min($x, default=0)",
    "$y = 0\nif $x:\n    $a = $b = $x[0]\n    for $n in $x:\n        $a = min($a, $n)\n        $b = max($b, $n)\n"
    "    $y = $b - $a",
)  # fmt: skip
operation(
    "mean", "aggregating", "ints", "real", "take the mean, rounded to two decimal places (0.0 if there is none)",
    lambda x: round(sum(x) / len(x), 2) if x else 0.0,
    "round(sum($x) / len($x), 2) if $x else 0.0",
    "$y = 0.0\nif $x:\n    $a = 0\n    for $n in $x:\n        $a += $n\n    $y = round($a / len($x), 2)",
)  # fmt: skip
operation(
    "low_median", "sorting", "ints", "int",
    "take the middle value in sorted order, the lower of the two if their number is even (0 if there is none)",
    lambda x: sorted(x)[(len(x) - 1) // 2] if x else 0,
    "sorted($x)[(len($x) - 1) // 2] if $x else 0",
    "$y = 0\nif $x:\n    $a = sorted($x)\n    while len($a) > 2:\n        $a = $a[1:-1]\n    $y = $a[0]",
)  # fmt: skip
operation(
    "runner_up", "sorting", "ints", "int",
    "take the second largest of the different values (0 if there are fewer than two)",
    lambda x: sorted(set(x))[-2] if len(set(x)) > 1 else 0,
    "sorted(set($x))[-2] if len(set($x)) > 1 else 0",
    "$a = sorted(set($x), reverse=True)\n$y = $a[1] if len($a) >= 2 else 0",
)  # fmt: skip
operation(
    "top_sum", "sorting", "ints", "int", "add up the $k largest values",
    lambda x, k: sum(sorted(x, reverse=True)[:k]),
    "sum(sorted($x, reverse=True)[:$k])",
    "$y = 0\n$a = list($x)\nfor $i in range(min($k, len($x))):\n    $n = max($a)\n    $a.remove($n)\n    $y += $n",
    k=between(2, 4),
)  # fmt: skip
operation(
    "alternating_sum", "aggregating", "ints", "int", "add the values at even positions and subtract the others",
    lambda x: sum(x[::2]) - sum(x[1::2]),
    "sum($x[::2]) - sum($x[1::2])",
    "sum($n if $i % 2 == 0 else -$n for $i, $n in enumerate($x))",
    "$y = 0\n$a = 1\nfor $n in $x:\n    $y += $a * $n\n    $a = -$a",
)  # fmt: skip
operation(
    "count_above", "counting", "ints", "natural", "count the values greater than $k",
    lambda x, k: len([n for n in x if n > k]),
    "sum(1 for $n in $x if $n > $k)",
    "len([$n for $n in $x if $n > $k])",
    "$y = 0\nfor $n in $x:\n    if $n > $k:\n        $y += 1",
    k=between(3, 16),
)  # fmt: skip
operation(
    "count_distinct", "counting", "ints", "natural", "count the different values",
    lambda x: len(set(x)),
    "len(set($x))",
    "$a = []\nfor $n in $x:\n    if $n not in $a:\n        $a.append($n)\n$y = len($a)",
)  # fmt: skip
operation(
    "most_common", "counting", "ints", "int",
    "take the most frequent value, the smallest of several (0 if there is none)",
    lambda x: min(x, key=lambda n: (-x.count(n), n), default=0),
    "min($x, key=lambda $n: (-$x.count($n), $n), default=0)",
    "$a = {}\nfor $n in $x:\n    $a[$n] = $a.get($n, 0) + 1\n$y = 0\n$b = 0\nfor $n in sorted($a):\n"
    "    if $a[$n] > $b:\n        $y = $n\n        $b = $a[$n]",
)  # fmt: skip
operation(
    "count_changes", "neighbouring items", "ints", "natural",
    "count the places where a value differs from the one before",
    lambda x: sum(x[i] != x[i - 1] for i in range(1, len(x))),
    "sum(1 for $a, $b in zip($x, $x[1:]) if $a != $b)",
    "$y = 0\nfor $i in range(1, len($x)):\n    if $x[$i] != $x[$i - 1]:\n        $y += 1",
)  # fmt: skip
operation(
    "inversions", "searching", "ints", "natural",
    "count the pairs in which an earlier value is greater than a later one",
    lambda x: sum(a > b for i, a in enumerate(x) for b in x[i:]),
    "sum(1 for $i, $a in enumerate($x) for $b in $x[$i + 1:] if $a > $b)",
    "$y = 0\nfor $i in range(len($x)):\n    for $j in range($i + 1, len($x)):\n        if $x[$i] > $x[$j]:\n"
    "            $y += 1",
)  # fmt: skip
operation(
    "pairs_with_sum", "searching", "ints", "natural", "count the pairs of places whose values add up to $k",
    lambda x, k: sum(a + b == k for i, a in enumerate(x) for b in x[i + 1 :]),
    "sum(1 for $i, $a in enumerate($x) for $b in $x[$i + 1:] if $a + $b == $k)",
    "$y = 0\n$a = {}\nfor $n in $x:\n    $y += $a.get($k - $n, 0)\n    $a[$n] = $a.get($n, 0) + 1",
    k=between(8, 24),
)  # fmt: skip
operation(
    "place_of_largest", "searching", "ints", "int",
    "find the position of the first largest value (-1 if there is none)",
    lambda x: x.index(sorted(x)[-1]) if x else -1,
    "$x.index(max($x)) if $x else -1",
    "max(range(len($x)), key=lambda $i: $x[$i], default=-1)",
    "$y = -1\nfor $i, $n in enumerate($x):\n    if $y < 0 or $n > $x[$y]:\n        $y = $i",
)  # fmt: skip
operation(
    "first_at_least", "searching", "ints", "int",
    "find the position of the first value of at least $k (-1 if there is none)",
    lambda x, k: [*[i for i, n in enumerate(x) if n >= k], -1][0],
    "next(($i for $i, $n in enumerate($x) if $n >= $k), -1)",
    "$y = -1\nfor $i, $n in enumerate($x):\n    if $n >= $k:\n        $y = $i\n        break",
    k=between(8, 26),
)  # fmt: skip
operation(
    "best_run", "dynamic programming", "ints", "int",
    "find the largest sum of neighbouring values, taking at least one (0 if there is none)",
    _best_run,
    "$y = $a = $x[0] if $x else 0\nfor $n in $x[1:]:\n    $a = max($n, $a + $n)\n    $y = max($y, $a)",
    "max((sum($x[$i:$j]) for $i in range(len($x)) for $j in range($i + 1, len($x) + 1)), default=0)",
)  # fmt: skip
operation(
    "longest_rise", "dynamic programming", "ints", "natural",
    "find the length of the longest run of neighbours in strictly rising order",
    _longest_rise,
    "$y = 0\n$a = 0\nfor $i, $n in enumerate($x):\n    $a = $a + 1 if $i and $n > $x[$i - 1] else 1\n"
    "    $y = max($y, $a)",
    "$y = 0\n$i = 0\nwhile $i < len($x):\n    $j = $i + 1\n    while $j < len($x) and $x[$j] > $x[$j - 1]:\n"
    "        $j += 1\n    $y = max($y, $j - $i)\n    $i = $j",
)  # fmt: skip
operation(
    "longest_run", "counting", "ints", "natural", "find the length of the longest run of equal neighbours",
    lambda x: max((len(list(g)) for _, g in groupby(x)), default=0),
    "$y = 0\n$a = 0\nfor $i, $n in enumerate($x):\n    if $i and $n == $x[$i - 1]:\n        $a += 1\n    else:\n"
    "        $a = 1\n    if $a > $y:\n        $y = $a",
    "max(($j - $i for $i in range(len($x)) for $j in range($i + 1, len($x) + 1) if len(set($x[$i:$j])) "
    "== 1), default=0)",
)  # fmt: skip
operation(
    "skip_neighbours", "dynamic programming", "ints", "int",
    "find the largest sum of values no two of which are neighbours (taking none gives 0)",
    lambda x: _apart(tuple(x)),
    "$a = 0\n$b = 0\nfor $n in $x:\n    $a, $b = $b, max($b, $a + $n)\n$y = $b",
    "$y = 0\n$a = 0\nfor $n in $x:\n    $b = max($y, $a + $n)\n    $a = $y\n    $y = $b",
)  # fmt: skip


operation(
    "is_rising", "predicates", "ints", "flag", "tell whether every value is at least as large as the one before it",
    lambda x: x == sorted(x),
    "all($a <= $b for $a, $b in zip($x, $x[1:]))",
    "$x == sorted($x)",
    "$y = True\nfor $i in range(1, len($x)):\n    if $x[$i] < $x[$i - 1]:\n        $y = False\n        break",
)  # fmt: skip
operation(
    "has_repeat", "predicates", "ints", "flag", "tell whether any value occurs more than once",
    lambda x: any(x.count(n) > 1 for n in x),
    "len(set($x)) < len($x)",
    "$y = False\n$a = set()\nfor $n in $x:\n    if $n in $a:\n        $y = True\n    $a.add($n)",
)  # fmt: skip
operation(
    "any_multiple", "predicates", "ints", "flag", "tell whether any value is divisible by $k",
    lambda x, k: [n for n in x if n % k == 0] != [],
    "any($n % $k == 0 for $n in $x)",
    "$y = False\nfor $n in $x:\n    if $n % $k == 0:\n        $y = True\n        break",
    k=between(4, 9),
)  # fmt: skip
operation(
    "all_below", "predicates", "ints", "flag", "tell whether all values are less than $k",
    lambda x, k: [n for n in x if n >= k] == [],
    "all($n < $k for $n in $x)",
    "not any($n >= $k for $n in $x)",
    "$y = True\nfor $n in $x:\n    if $n >= $k:\n        $y = False",
    k=between(18, 38),
)  # fmt: skip
