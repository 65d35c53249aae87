"""Operations on dictionaries and lists of records."""

from __future__ import annotations

from typing import Any

from synth.builtin.grammar import among, between, operation


def _reach(x: dict[str, list[str]], s: str) -> list[str]:
    found = [s]
    for node in found:
        found += [n for n in dict.fromkeys(x.get(node, [])) if n not in found]
    return sorted(found)


def _has_cycle(x: dict[str, Any]) -> bool:
    left = dict(x)
    while any(not set(n) & set(left) for n in left.values()):
        left = {k: n for k, n in left.items() if set(n) & set(left)}
    return bool(left)


operation(
    "keep_counts", "dictionaries", "counts", "counts", "keep only the entries with a number of at least $k",
    lambda x, k: {g: v for g, v in x.items() if v >= k},
    "{$g: $v for $g, $v in $x.items() if $v >= $k}",
    "dict(filter(lambda $p: $p[1] >= $k, $x.items()))",
    "$y = {}\nfor $g in $x:\n    if $x[$g] >= $k:\n        $y[$g] = $x[$g]",
    k=between(2, 9),
)  # fmt: skip
operation(
    "top_entries", "sorting", "counts", "counts",
    "keep only the $k entries with the largest numbers, equal ones by key",
    lambda x, k: {g: x[g] for g in sorted(sorted(x), key=lambda g: -x[g])[:k]},
    "dict(sorted($x.items(), key=lambda $p: (-$p[1], $p[0]))[:$k])",
    "$y = {}\nfor $g in sorted($x, key=lambda $h: (-$x[$h], $h))[:$k]:\n    $y[$g] = $x[$g]",
    k=between(2, 3),
)  # fmt: skip
operation(
    "grow", "dictionaries", "counts", "counts", "multiply every number by $k",
    lambda x, k: {g: v * k for g, v in x.items()},
    "{$g: $v * $k for $g, $v in $x.items()}",
    "{$g: $x[$g] * $k for $g in $x}",
    "$y = {}\nfor $g, $v in $x.items():\n    $y[$g] = $k * $v",
    k=between(2, 6),
)  # fmt: skip
operation(
    "above_mean", "dictionaries", "counts", "counts",
    "keep only the entries whose number is greater than the mean of all",
    lambda x: {g: v for g, v in x.items() if v * len(x) > sum(x.values())},
    "{$g: $v for $g, $v in $x.items() if $v > sum($x.values()) / len($x)}",
    "$y = {}\n$a = sum($x.values())\nfor $g, $v in $x.items():\n    if $v * len($x) > $a:\n        $y[$g] = $v",
)  # fmt: skip
operation(
    "ranking", "sorting", "counts", "words",
    "list the keys from the largest number to the smallest, equal ones alphabetically",
    lambda x: sorted(sorted(x), key=lambda g: -x[g]),
    "sorted($x, key=lambda $g: (-$x[$g], $g))",
    "[$p[0] for $p in sorted($x.items(), key=lambda $q: (-$q[1], $q[0]))]",
    "$y = sorted($x)\n$y.sort(key=lambda $g: $x[$g], reverse=True)",
)  # fmt: skip
operation(
    "winners", "searching", "counts", "words", "list the keys with the largest number, in alphabetical order",
    lambda x: sorted(g for g in x if x[g] == max(x.values())),
    "sorted($g for $g, $v in $x.items() if $v == max($x.values()))",
    "$y = []\nfor $g in sorted($x):\n    if not $y or $x[$g] > $x[$y[0]]:\n        $y = [$g]\n"
    "    elif $x[$g] == $x[$y[0]]:\n        $y.append($g)",
)  # fmt: skip
operation(
    "sum_counts", "aggregating", "counts", "int", "add up all its numbers",
    lambda x: sum(x.values()),
    "sum($x.values())",
    "$y = 0\nfor $g in $x:\n    $y += $x[$g]",
)  # fmt: skip
operation(
    "count_values", "dictionaries", "counts", "ints", "list its numbers in rising order",
    lambda x: sorted(x.values()),
    "sorted($x.values())",
    "$y = list($x.values())\n$y.sort()",
)  # fmt: skip
operation(
    "entries", "tuples and records", "counts", "pairs", "list its entries as (key, number) tuples, sorted by key",
    lambda x: [(g, x[g]) for g in sorted(x)],
    "sorted($x.items())",
    "[($g, $x[$g]) for $g in sorted($x)]",
    "$y = []\nfor $g in sorted($x):\n    $y.append(($g, $x[$g]))",
)  # fmt: skip
operation(
    "written_out", "formatting text", "counts", "text",
    'write its entries as "key=number", sorted by key, joined by "$s"',
    lambda x, s: s.join(g + "=" + str(x[g]) for g in sorted(x)),
    '"$s".join(f"{$g}={$v}" for $g, $v in sorted($x.items()))',
    '$a = []\nfor $g in sorted($x):\n    $a.append($g + "=" + str($x[$g]))\n$y = "$s".join($a)',
    s=among(", ", "; ", " ", "&"),
)  # fmt: skip
operation(
    "sum_by_name", "grouping", "pairs", "counts", "add up the numbers of each name",
    lambda x: {g: sum(v for h, v in x if h == g) for g, _ in x},
    "$y = {}\nfor $g, $v in $x:\n    $y[$g] = $y.get($g, 0) + $v",
    "{$g: sum($v for $h, $v in $x if $h == $g) for $g, _ in $x}",
)  # fmt: skip
operation(
    "best_by_name", "grouping", "pairs", "counts", "find the largest number of each name",
    lambda x: {g: max(v for h, v in x if h == g) for g, _ in x},
    "$y = {}\nfor $g, $v in $x:\n    if $g not in $y or $v > $y[$g]:\n        $y[$g] = $v",
    "{$g: max($v for $h, $v in $x if $h == $g) for $g, _ in $x}",
)  # fmt: skip
operation(
    "count_by_name", "counting", "pairs", "counts", "count the entries of each name",
    lambda x: {g: [h for h, _ in x].count(g) for g, _ in x},
    "$y = {}\nfor $p in $x:\n    $y[$p[0]] = $y.get($p[0], 0) + 1",
    "{$g: sum(1 for $p in $x if $p[0] == $g) for $g, _ in $x}",
)  # fmt: skip
operation(
    "gather", "grouping", "pairs", "series", "gather the numbers of each name in a list",
    lambda x: {g: [v for h, v in x if h == g] for g, _ in x},
    "$y = {}\nfor $g, $v in $x:\n    $y.setdefault($g, []).append($v)",
    "$y = {}\nfor $g, $v in $x:\n    if $g not in $y:\n        $y[$g] = []\n    $y[$g].append($v)",
    "{$g: [$v for $h, $v in $x if $h == $g] for $g, _ in $x}",
)  # fmt: skip
operation(
    "rank_pairs", "sorting", "pairs", "pairs", "sort the tuples by number, largest first, equal numbers by name",
    lambda x: sorted(sorted(x), key=lambda p: -p[1]),
    "sorted($x, key=lambda $p: (-$p[1], $p[0]))",
    "$y = sorted($x)\n$y.sort(key=lambda $p: $p[1], reverse=True)",
)  # fmt: skip
operation(
    "keep_pairs", "tuples and records", "pairs", "pairs", "keep only the tuples with a number greater than $k",
    lambda x, k: [p for p in x if p[1] > k],
    "[($g, $v) for $g, $v in $x if $v > $k]",
    "list(filter(lambda $p: $p[1] > $k, $x))",
    "$y = []\nfor $p in $x:\n    if $p[1] > $k:\n        $y.append($p)",
    k=between(3, 12),
)  # fmt: skip
operation(
    "pair_names", "tuples and records", "pairs", "words", "list the names in order",
    lambda x: [p[0] for p in x],
    "[$g for $g, _ in $x]",
    "[$p[0] for $p in $x]",
    "$y = []\nfor $g, $v in $x:\n    $y.append($g)",
)  # fmt: skip
operation(
    "pair_numbers", "tuples and records", "pairs", "ints", "list the numbers in order",
    lambda x: [p[1] for p in x],
    "[$v for _, $v in $x]",
    "list(map(lambda $p: $p[1], $x))",
    "$y = []\nfor $p in $x:\n    $y.append($p[1])",
)  # fmt: skip
operation(
    "series_sizes", "counting", "series", "counts", "replace every list by its length",
    lambda x: {g: len(v) for g, v in x.items()},
    "{$g: len($v) for $g, $v in $x.items()}",
    "$y = {}\nfor $g in $x:\n    $y[$g] = len($x[$g])",
)  # fmt: skip
operation(
    "series_flat", "nested data", "series", "ints", "put all its numbers into one list, key by key in sorted order",
    lambda x: [n for g in sorted(x) for n in x[g]],
    "[$n for $g in sorted($x) for $n in $x[$g]]",
    "$y = []\nfor $g in sorted($x):\n    $y.extend($x[$g])",
)  # fmt: skip
operation(
    "series_keep", "nested data", "series", "series", "keep only the keys whose list holds at least $k numbers",
    lambda x, k: {g: v for g, v in x.items() if len(v) >= k},
    "{$g: $v for $g, $v in $x.items() if len($v) >= $k}",
    "$y = {}\nfor $g, $v in $x.items():\n    if len($v) < $k:\n        continue\n    $y[$g] = $v",
    k=between(2, 3),
)  # fmt: skip
operation(
    "richest", "searching", "series", "text",
    "find the key whose numbers add up to most, the first in the alphabet of several "
    "(an empty string if there is none)",
    lambda x: min(x, key=lambda g: (-sum(x[g]), g), default=""),
    'min($x, key=lambda $g: (-sum($x[$g]), $g), default="")',
    '$y = ""\nfor $g in sorted($x):\n    if $y == "" or sum($x[$g]) > sum($x[$y]):\n        $y = $g',
)  # fmt: skip
operation(
    "group_sizes", "counting", "groups", "counts", "count the strings under each key",
    lambda x: {g: len(v) for g, v in x.items()},
    "{$g: len($v) for $g, $v in $x.items()}",
    "$y = {}\nfor $g, $v in $x.items():\n    $y[$g] = len($v)",
)  # fmt: skip
operation(
    "invert", "nested data", "groups", "groups",
    "turn it round: map each string to the sorted keys under which it stands",
    lambda x: {w: sorted(g for g in x if w in x[g]) for v in x.values() for w in v},
    "$y = {}\nfor $g in sorted($x):\n    for $w in $x[$g]:\n        if $g not in $y.setdefault($w, []):\n"
    "            $y[$w].append($g)",
    "{$w: sorted($g for $g in $x if $w in $x[$g]) for $v in $x.values() for $w in $v}",
)  # fmt: skip
operation(
    "members", "nested data", "groups", "words", "list all its strings once, in alphabetical order",
    lambda x: sorted({w for v in x.values() for w in v}),
    "sorted({$w for $v in $x.values() for $w in $v})",
    "$a = set()\nfor $v in $x.values():\n    $a.update($v)\n$y = sorted($a)",
)  # fmt: skip
operation(
    "reachable", "graphs", "groups", "words",
    'read it as a graph and list the nodes that can be reached from "$s" ("$s" included), in alphabetical order',
    _reach,
    '$a = {"$s"}\n$b = ["$s"]\nwhile $b:\n    $g = $b.pop()\n    for $w in $x.get($g, []):\n        if $w not in $a:\n'
    "            $a.add($w)\n            $b.append($w)\n$y = sorted($a)",
    '$y = ["$s"]\nfor $g in $y:\n    for $w in $x.get($g, []):\n        if $w not in $y:\n            $y.append($w)\n'
    "$y = sorted($y)",
    s=among("a", "b", "c", "d"),
)  # fmt: skip
operation(
    "arrows_in", "graphs", "groups", "counts", "read it as a graph and count the arrows into each node that has any",
    lambda x: {w: sum(v.count(w) for v in x.values()) for v in x.values() for w in v},
    "$y = {}\nfor $v in $x.values():\n    for $w in $v:\n        $y[$w] = $y.get($w, 0) + 1",
    "{$w: sum($u.count($w) for $u in $x.values()) for $v in $x.values() for $w in $v}",
)  # fmt: skip
operation(
    "dead_ends", "graphs", "groups", "words",
    "read it as a graph and list the nodes without outgoing arrows, in alphabetical order",
    lambda x: sorted({w for w in [*x, *(n for v in x.values() for n in v)] if not x.get(w)}),
    "sorted({$w for $v in $x.values() for $w in $v if not $x.get($w)} | {$g for $g, $v in $x.items() if not $v})",
    "$a = set($x)\nfor $v in $x.values():\n    $a.update($v)\n$y = []\nfor $w in sorted($a):\n"
    "    if len($x.get($w, [])) == 0:\n        $y.append($w)",
)  # fmt: skip
operation(
    "has_cycle", "graphs", "groups", "flag",
    "read it as a graph and tell whether following arrows can lead back to a node",
    _has_cycle,
    "$a = dict($x)\n$b = True\nwhile $b:\n    $b = [$g for $g in $a if not any($w in $a for $w in $a[$g])]\n"
    "    for $g in $b:\n        del $a[$g]\n$y = len($a) > 0",
    "$y = False\nfor $g in $x:\n    $a = list($x[$g])\n    $b = set()\n    while $a:\n        $w = $a.pop()\n"
    "        if $w == $g:\n            $y = True\n        if $w not in $b:\n            $b.add($w)\n"
    "            $a.extend($x.get($w, []))",
)  # fmt: skip
