"""Operations on lists of integers that give lists."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from synth.builtin.grammar import among, between, operation

operation(
    "keep_multiples", "filtering lists", "ints", "ints", "keep only the values divisible by $k",
    lambda x, k: [n for n in x if n % k == 0],
    "[$n for $n in $x if $n % $k == 0]",
    "list(filter(lambda $n: $n % $k == 0, $x))",
    "$y = []\nfor $n in $x:\n    if $n % $k == 0:\n        $y.append($n)",
    k=between(2, 5),
)  # fmt: skip
operation(
    "keep_above", "filtering lists", "ints", "ints", "keep only the values greater than $k",
    lambda x, k: [n for n in x if n > k],
    "[$n for $n in $x if $n > $k]",
    "list(filter(lambda $n: $n > $k, $x))",
    "$y = []\nfor $n in $x:\n    if $n <= $k:\n        continue\n    $y.append($n)",
    k=between(0, 20),
)  # fmt: skip
operation(
    "keep_below", "filtering lists", "ints", "ints", "keep only the values less than $k",
    lambda x, k: [n for n in x if n < k],
    "[$n for $n in $x if $n < $k]",
    "list(filter(lambda $n: $n < $k, $x))",
    "$y = []\nfor $n in $x:\n    if $n < $k:\n        $y += [$n]",
    k=between(10, 40),
)  # fmt: skip
operation(
    "keep_odd", "filtering lists", "ints", "ints", "keep only the odd values",
    lambda x: [n for n in x if n % 2],
    "[$n for $n in $x if $n % 2 == 1]",
    "list(filter(lambda $n: $n % 2 != 0, $x))",
    "$y = []\nfor $n in $x:\n    if $n % 2:\n        $y.append($n)",
)  # fmt: skip
operation(
    "drop_range", "filtering lists", "ints", "ints", "leave out the values from $k to $m, both included",
    lambda x, k, m: [n for n in x if not k <= n <= m],
    "[$n for $n in $x if not $k <= $n <= $m]",
    "[$n for $n in $x if $n < $k or $n > $m]",
    "$y = []\nfor $n in $x:\n    if $n < $k or $n > $m:\n        $y.append($n)",
    k=between(3, 8), m=between(9, 22),
)  # fmt: skip
operation(
    "keep_singletons", "duplicates in lists", "ints", "ints", "keep only the values that occur exactly once",
    lambda x: [n for n in x if x.count(n) == 1],
    "[$n for $n in $x if $x.count($n) == 1]",
    "$a = {}\nfor $n in $x:\n    $a[$n] = $a.get($n, 0) + 1\n$y = [$n for $n in $x if $a[$n] == 1]",
)  # fmt: skip
operation(
    "distinct", "duplicates in lists", "ints", "ints", "remove repeated values, keeping each first occurrence",
    lambda x: [n for i, n in enumerate(x) if n not in x[:i]],
    "list(dict.fromkeys($x))",
    "$a = set()\n$y = []\nfor $n in $x:\n    if $n not in $a:\n        $a.add($n)\n        $y.append($n)",
    "$y = []\nfor $n in $x:\n    if $n not in $y:\n        $y.append($n)",
)  # fmt: skip
operation(
    "collapse_runs", "duplicates in lists", "ints", "ints", "collapse runs of equal neighbours to a single value",
    lambda x: [n for i, n in enumerate(x) if i == 0 or x[i - 1] != n],
    "[$n for $i, $n in enumerate($x) if $i == 0 or $n != $x[$i - 1]]",
    "$y = []\nfor $n in $x:\n    if not $y or $y[-1] != $n:\n        $y.append($n)",
)  # fmt: skip
operation(
    "squares", "mapping lists", "ints", "ints", "square every value",
    lambda x: [n * n for n in x],
    "[$n * $n for $n in $x]",
    "[$n ** 2 for $n in $x]",
    "list(map(lambda $n: $n * $n, $x))",
    "$y = []\nfor $n in $x:\n    $y.append($n * $n)",
)  # fmt: skip
operation(
    "scale", "mapping lists", "ints", "ints", "multiply every value by $k",
    lambda x, k: [n * k for n in x],
    "[$n * $k for $n in $x]",
    "list(map(lambda $n: $k * $n, $x))",
    "$y = []\nfor $n in $x:\n    $y.append($n * $k)",
    k=between(2, 9),
)  # fmt: skip
operation(
    "shift", "mapping lists", "ints", "ints", "add $k to every value",
    lambda x, k: [n + k for n in x],
    "[$n + $k for $n in $x]",
    "list(map(lambda $n: $n + $k, $x))",
    "$y = []\nfor $n in $x:\n    $y.append($n + $k)",
    k=between(1, 12),
)  # fmt: skip
operation(
    "clamp", "mapping lists", "ints", "ints", "raise values below $k to $k and lower values above $m to $m",
    lambda x, k, m: [k if n < k else m if n > m else n for n in x],
    "[min(max($n, $k), $m) for $n in $x]",
    "[$k if $n < $k else ($m if $n > $m else $n) for $n in $x]",
    "$y = []\nfor $n in $x:\n    if $n < $k:\n        $y.append($k)\n    elif $n > $m:\n        $y.append($m)\n"
    "    else:\n        $y.append($n)",
    k=between(1, 6), m=between(12, 24),
)  # fmt: skip
operation(
    "remainders", "mapping lists", "ints", "ints", "replace every value by its remainder after division by $k",
    lambda x, k: [n % k for n in x],
    "[$n % $k for $n in $x]",
    "list(map(lambda $n: $n % $k, $x))",
    "$y = []\nfor $n in $x:\n    $y.append($n % $k)",
    k=between(3, 10),
)  # fmt: skip
operation(
    "absolutes", "mapping lists", "ints", "ints", "replace every value by its distance from $k",
    lambda x, k: [abs(n - k) for n in x],
    "[abs($n - $k) for $n in $x]",
    "list(map(lambda $n: abs($n - $k), $x))",
    "$y = []\nfor $n in $x:\n    $y.append($n - $k if $n > $k else $k - $n)",
    k=between(4, 18),
)  # fmt: skip
operation(
    "weigh_by_place", "mapping lists", "ints", "ints", "multiply every value by its position, counting from 1",
    lambda x: [n * (i + 1) for i, n in enumerate(x)],
    "[$i * $n for $i, $n in enumerate($x, start=1)]",
    "$y = []\nfor $i in range(len($x)):\n    $y.append(($i + 1) * $x[$i])",
)  # fmt: skip
operation(
    "differences", "neighbouring items", "ints", "ints", "take the difference of each value from the one before it",
    lambda x: [x[i + 1] - x[i] for i in range(len(x) - 1)],
    "[$b - $a for $a, $b in zip($x, $x[1:])]",
    "[$x[$i] - $x[$i - 1] for $i in range(1, len($x))]",
    "$y = []\nfor $i in range(len($x) - 1):\n    $y.append($x[$i + 1] - $x[$i])",
)  # fmt: skip
operation(
    "window_sums", "neighbouring items", "ints", "ints", "take the sum of every window of $k neighbours",
    lambda x, k: [sum(x[i : i + k]) for i in range(len(x) - k + 1)],
    "[sum($x[$i:$i + $k]) for $i in range(len($x) - $k + 1)]",
    "$y = []\nfor $i in range(len($x) - $k + 1):\n    $a = 0\n    for $j in range($i, $i + $k):\n"
    "        $a += $x[$j]\n    $y.append($a)",
    k=between(2, 4),
)  # fmt: skip
operation(
    "window_peaks", "neighbouring items", "ints", "ints", "take the largest value of every window of $k neighbours",
    lambda x, k: [max(x[i : i + k]) for i in range(len(x) - k + 1)],
    "[max($x[$i:$i + $k]) for $i in range(len($x) - $k + 1)]",
    "$y = []\nfor $i in range(len($x) - $k + 1):\n    $y.append(max($x[$i:$i + $k]))",
    k=between(2, 4),
)  # fmt: skip
operation(
    "local_peaks", "neighbouring items", "ints", "ints", "keep only values greater than both of their neighbours",
    lambda x: [x[i] for i in range(1, len(x) - 1) if x[i - 1] < x[i] > x[i + 1]],
    "[$b for $a, $b, $c in zip($x, $x[1:], $x[2:]) if $a < $b > $c]",
    "$y = []\nfor $i in range(1, len($x) - 1):\n    if $x[$i] > $x[$i - 1] and $x[$i] > $x[$i + 1]:\n"
    "        $y.append($x[$i])",
)  # fmt: skip
operation(
    "running_total", "running results", "ints", "ints", "build the list of running totals",
    lambda x: list(accumulate(x)),
    "[sum($x[:$i + 1]) for $i in range(len($x))]",
    "$y = []\n$a = 0\nfor $n in $x:\n    $a += $n\n    $y.append($a)",
)  # fmt: skip
operation(
    "running_peak", "running results", "ints", "ints", "replace every value by the largest seen so far",
    lambda x: list(accumulate(x, max)),
    "[max($x[:$i + 1]) for $i in range(len($x))]",
    "$y = []\nfor $n in $x:\n    if $y and $y[-1] > $n:\n        $y.append($y[-1])\n    else:\n        $y.append($n)",
)  # fmt: skip
operation(
    "record_highs", "running results", "ints", "ints", "keep only values greater than everything before them",
    lambda x: [n for i, n in enumerate(x) if all(m < n for m in x[:i])],
    "[$n for $i, $n in enumerate($x) if all($n > $m for $m in $x[:$i])]",
    "$y = []\nfor $n in $x:\n    if not $y or $n > $y[-1]:\n        $y.append($n)",
)  # fmt: skip
operation(
    "every_kth", "slicing", "ints", "ints", "keep every ${k}th value, starting with the first",
    lambda x, k: x[::k],
    "$x[::$k]",
    "[$n for $i, $n in enumerate($x) if $i % $k == 0]",
    "$y = []\nfor $i in range(0, len($x), $k):\n    $y.append($x[$i])",
    k=between(4, 6),
)  # fmt: skip
operation(
    "first_k", "slicing", "ints", "ints", "keep only the first $k values",
    lambda x, k: x[:k],
    "$x[:$k]",
    "[$n for $i, $n in enumerate($x) if $i < $k]",
    "$y = []\nfor $n in $x:\n    if len($y) == $k:\n        break\n    $y.append($n)",
    k=between(2, 5),
)  # fmt: skip
operation(
    "drop_ends", "slicing", "ints", "ints", "leave out the first and the last value",
    lambda x: x[1:-1],
    "$x[1:-1]",
    "[$n for $i, $n in enumerate($x) if 0 < $i < len($x) - 1]",
    "$y = []\nfor $i in range(1, len($x) - 1):\n    $y.append($x[$i])",
)  # fmt: skip
operation(
    "backwards", "slicing", "ints", "ints", "reverse the order of the values",
    lambda x: x[::-1],
    "$x[::-1]",
    "list(reversed($x))",
    "$y = []\nfor $n in $x:\n    $y.insert(0, $n)",
)  # fmt: skip
operation(
    "rotate", "slicing", "ints", "ints", "move the first $k values to the end",
    lambda x, k: x[k:] + x[:k],
    "$x[$k:] + $x[:$k]",
    "$y = list($x)\nif len($y) > $k:\n    for $i in range($k):\n        $y.append($y.pop(0))",
    k=between(2, 3),
)  # fmt: skip
operation(
    "descending", "sorting", "ints", "ints", "sort the values from largest to smallest",
    lambda x: sorted(x, reverse=True),
    "sorted($x, reverse=True)",
    "sorted($x, key=lambda $n: -$n)",
    "$y = list($x)\n$y.sort()\n$y.reverse()",
)  # fmt: skip
operation(
    "ascending", "sorting", "ints", "ints", "sort the values from smallest to largest",
    lambda x: sorted(x),
    "sorted($x)",
    "$y = list($x)\n$y.sort()",
    "$y = []\nfor $n in $x:\n    $i = 0\n    while $i < len($y) and $y[$i] <= $n:\n        $i += 1\n"
    "    $y.insert($i, $n)",
)  # fmt: skip
operation(
    "by_remainder", "sorting", "ints", "ints",
    "sort the values by their remainder after division by $k, equal remainders by the value itself",
    lambda x, k: sorted(sorted(x), key=lambda n: n % k),
    "sorted($x, key=lambda $n: ($n % $k, $n))",
    "$y = sorted($x)\n$y.sort(key=lambda $n: $n % $k)",
    k=between(3, 10),
)  # fmt: skip
operation(
    "evens_first", "sorting", "ints", "ints", "put the even values before the odd ones, keeping the order within both",
    lambda x: sorted(x, key=lambda n: n % 2),
    "[$n for $n in $x if $n % 2 == 0] + [$n for $n in $x if $n % 2]",
    "sorted($x, key=lambda $n: $n % 2)",
    "$a = []\n$b = []\nfor $n in $x:\n    if $n % 2 == 0:\n        $a.append($n)\n    else:\n        $b.append($n)\n"
    "$y = $a + $b",
)  # fmt: skip


def _chunks(x: list[Any], k: int) -> list[list[Any]]:
    return [x[i : i + k] for i in range(0, len(x) - k + 1, k)]


operation(
    "chunks", "slicing", "ints", "matrix", "cut the values into rows of $k, leaving out an unfinished last row",
    _chunks,
    "[$x[$i:$i + $k] for $i in range(0, len($x) - $k + 1, $k)]",
    "$y = []\n$a = []\nfor $n in $x:\n    $a.append($n)\n    if len($a) == $k:\n        $y.append($a)\n        $a = []",
    k=between(2, 4),
)  # fmt: skip
operation(
    "by_parity", "grouping", "ints", "series", 'split the values into a dictionary with the keys "even" and "odd"',
    lambda x: {"even": [n for n in x if n % 2 == 0], "odd": [n for n in x if n % 2 == 1]},
    '{"even": [$n for $n in $x if $n % 2 == 0], "odd": [$n for $n in $x if $n % 2 == 1]}',
    '$y = {"even": [], "odd": []}\nfor $n in $x:\n    $y["odd" if $n % 2 else "even"].append($n)',
)  # fmt: skip
operation(
    "by_threshold", "grouping", "ints", "series",
    'split the values into a dictionary: "low" for those up to $k, "high" for the others',
    lambda x, k: {"low": [n for n in x if n <= k], "high": [n for n in x if n > k]},
    '{"low": [$n for $n in $x if $n <= $k], "high": [$n for $n in $x if $n > $k]}',
    '$y = {"low": [], "high": []}\nfor $n in $x:\n    if $n > $k:\n        $y["high"].append($n)\n    else:\n'
    '        $y["low"].append($n)',
    k=between(6, 18),
)  # fmt: skip
operation(
    "sign_counts", "counting", "ints", "counts",
    'count how many values lie below, at and above $k, under the keys "below", "equal" and "above"',
    lambda x, k: {"below": sum(n < k for n in x), "equal": x.count(k), "above": sum(n > k for n in x)},
    '{"below": len([$n for $n in $x if $n < $k]), "equal": $x.count($k), "above": len([$n for $n in $x if $n > $k])}',
    '$y = {"below": 0, "equal": 0, "above": 0}\nfor $n in $x:\n    if $n < $k:\n        $y["below"] += 1\n'
    '    elif $n > $k:\n        $y["above"] += 1\n    else:\n        $y["equal"] += 1',
    k=among(5, 7, 8, 10, 12, 15),
)  # fmt: skip
operation(
    "labels", "mapping lists", "ints", "words",
    'replace every value by "small" below $k, "large" above $m and "medium" between',
    lambda x, k, m: ["small" if n < k else "large" if n > m else "medium" for n in x],
    '["small" if $n < $k else ("large" if $n > $m else "medium") for $n in $x]',
    '$y = []\nfor $n in $x:\n    if $n < $k:\n        $y.append("small")\n    elif $n <= $m:\n'
    '        $y.append("medium")\n    else:\n        $y.append("large")',
    k=between(4, 9), m=between(11, 24),
)  # fmt: skip
operation(
    "padded", "formatting text", "ints", "words", "write every value as text, padded with zeros to $k characters",
    lambda x, k: [str(n).zfill(k) for n in x],
    "[str($n).zfill($k) for $n in $x]",
    "[f\"{$n:0{$k}d}\" for $n in $x]",
    "$y = []\nfor $n in $x:\n    $y.append(str($n).zfill($k))",
    k=between(3, 5),
)  # fmt: skip
