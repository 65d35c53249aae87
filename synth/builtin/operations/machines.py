"""Operations that read text as a state machine does, sign by sign."""

from __future__ import annotations

import re
from itertools import pairwise

from synth.builtin.grammar import among, between, operation

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_LITERAL = '{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}'


def _balanced(x: str) -> bool:
    brackets = "".join(c for c in x if c in "()[]")
    while "()" in brackets or "[]" in brackets:
        brackets = brackets.replace("()", "").replace("[]", "")
    return not brackets


def _roman(x: str) -> int:
    values = [_ROMAN[c] for c in x if c in _ROMAN]
    return sum(-n if any(m > n for m in values[i + 1 : i + 2]) else n for i, n in enumerate(values))


def _outside(x: str) -> str:
    depths = [x[: i + 1].count("(") - x[:i].count(")") for i in range(len(x))]
    return "".join(c for c, depth in zip(x, depths, strict=True) if depth <= 0 and c not in "()")


def _passes(x: str) -> int:
    return len(re.findall("c[^p]*p", x))


operation(
    "unquoted", "state machines", "text", "text",
    'leave out what stands between double quotes, and the quotes (one that is never closed reaches to the end)',
    lambda x: "".join(x.split('"')[::2]),
    '$y = ""\n$a = False\nfor $c in $x:\n    if $c == \'"\':\n        $a = not $a\n    elif not $a:\n        $y += $c',
    'import re\n---\nre.sub(r\'"[^"]*("|$$)\', "", $x)',
)  # fmt: skip
operation(
    "outside_brackets", "state machines", "text", "text",
    "keep only what stands outside of round brackets, without the brackets (a closing one too many opens nothing)",
    _outside,
    '$y = ""\n$a = 0\nfor $c in $x:\n    if $c == "(":\n        $a += 1\n    elif $c == ")":\n        $a -= 1\n'
    "    elif $a <= 0:\n        $y += $c",
    '$b = []\n$a = 0\nfor $c in $x:\n    $a += ($c == "(") - ($c == ")")\n    if $a <= 0 and $c not in "()":\n'
    '        $b.append($c)\n$y = "".join($b)',
)  # fmt: skip
operation(
    "tokens", "state machines", "text", "words",
    "cut it into tokens: runs of letters, runs of digits, and single other signs; spaces are left out",
    lambda x: re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9 ]", x),
    'import re\n---\nre.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9 ]", $x)',
    '$y = []\n$a = ""\nfor $c in $x:\n    $b = "a" if $c.isalpha() else "d" if $c.isdigit() else ""\n'
    '    if $b and $b == $a:\n        $y[-1] += $c\n    elif $c != " ":\n        $y.append($c)\n    $a = $b',
)  # fmt: skip
operation(
    "key_values", "state machines", "text", "counts",
    'read it as "key=number" entries separated by ";", leaving out what is no such entry; later ones win',
    lambda x: {m[1]: int(m[2]) for part in x.split(";") if (m := re.fullmatch(r"([^=]*)=([0-9]+)", part))},
    '$y = {}\nfor $w in $x.split(";"):\n    $g, $a, $v = $w.partition("=")\n    if $a and $v.isdigit():\n'
    "        $y[$g] = int($v)",
    '$y = {}\n$g = None\n$a = ""\nfor $c in $x + ";":\n    if $c == "=" and $g is None:\n        $g = $a\n'
    '        $a = ""\n    elif $c == ";":\n        if $g is not None and $a.isdigit():\n            $y[$g] = int($a)\n'
    '        $g = None\n        $a = ""\n    else:\n        $a += $c',
)  # fmt: skip
operation(
    "balanced", "state machines", "text", "flag",
    "tell whether its round and square brackets are all closed in the right order",
    _balanced,
    '$y = True\n$a = []\nfor $c in $x:\n    if $c in "([":\n        $a.append($c)\n    elif $c in ")]":\n'
    '        if not $a or $a.pop() + $c not in ("()", "[]"):\n            $y = False\n            break\n'
    "$y = $y and not $a",
    '$a = "".join($c for $c in $x if $c in "()[]")\n$b = None\nwhile $b != $a:\n    $b = $a\n'
    '    $a = $a.replace("()", "").replace("[]", "")\n$y = $a == ""',
)  # fmt: skip
operation(
    "signed_sum", "state machines", "text", "int",
    'add up the whole numbers in it, those right behind a "-" as negative ones',
    lambda x: sum(int(n) for n in re.findall(r"-?[0-9]+", x)),
    'import re\n---\nsum(int($w) for $w in re.findall(r"-?[0-9]+", $x))',
    '$y = 0\n$a = 0\n$b = 1\n$j = ""\nfor $c in $x + " ":\n    if "0" <= $c <= "9":\n'
    '        if not "0" <= $j <= "9":\n            $b = -1 if $j == "-" else 1\n        $a = $a * 10 + int($c)\n'
    "    else:\n        $y += $b * $a\n        $a = 0\n    $j = $c",
)  # fmt: skip
operation(
    "turnstile", "state machines", "text", "natural",
    'read it as events at a turnstile: "c" (a coin) unlocks it, "p" (a push) passes if it is unlocked and locks it '
    "again, all else does nothing; count the passes",
    _passes,
    '$y = 0\n$a = False\nfor $c in $x:\n    if $c == "c":\n        $a = True\n    elif $c == "p" and $a:\n'
    "        $y += 1\n        $a = False",
    '$a = {("locked", "c"): "open", ("open", "p"): "locked"}\n$b = "locked"\n$y = 0\nfor $c in $x:\n'
    '    if ($b, $c) == ("open", "p"):\n        $y += 1\n    $b = $a.get(($b, $c), $b)',
)  # fmt: skip
operation(
    "roman", "state machines", "text", "natural",
    "read it as a Roman numeral made of I, V, X, L and C, other signs left out: "
    "a numeral before a greater one is subtracted",
    _roman,
    f"$a = {_ROMAN_LITERAL}\n$b = [$a[$c] for $c in $x if $c in $a]\n$y = 0\nfor $n in $b:\n    $y += $n\n"
    "for $n, $m in zip($b, $b[1:]):\n    if $n < $m:\n        $y -= 2 * $n",
    f"$a = {_ROMAN_LITERAL}\n$b = 0\n$y = 0\nfor $c in reversed($x):\n    $n = $a.get($c, 0)\n    if $n:\n"
    "        $y += $n if $n >= $b else -$n\n        $b = $n",
)  # fmt: skip
operation(
    "unpacked_runs", "state machines", "text", "text",
    'write every letter as often as the number right behind it says, once if there is none (so "a3b" becomes "aaab"); '
    "leave out all else",
    lambda x: "".join(c * (int(n) if n else 1) for c, n in re.findall(r"([A-Za-z])([0-9]?)", x)),
    'import re\n---\n"".join($c * int($n or 1) for $c, $n in re.findall(r"([A-Za-z])([0-9]?)", $x))',
    '$y = ""\n$a = ""\nfor $c in $x:\n    if $c.isdigit() and $a:\n        $y = $y[:-1] + $a * int($c)\n'
    '        $a = ""\n    elif $c.isalpha():\n        $y += $c\n        $a = $c\n    else:\n        $a = ""',
)  # fmt: skip
operation(
    "traffic_light", "state machines", "natural", "text",
    'find the colour of a traffic light after so many changes: it starts with "$s" and goes from "green" to "yellow" '
    'to "red" to "green"',
    lambda x, s: ("green", "yellow", "red")[(("green", "yellow", "red").index(s) + x) % 3],
    '$a = {"green": "yellow", "yellow": "red", "red": "green"}\n$y = "$s"\nfor $i in range($x):\n    $y = $a[$y]',
    '$a = ["green", "yellow", "red"]\n$y = $a[($a.index("$s") + $x) % 3]',
    s=among("green", "yellow", "red"),
)  # fmt: skip
operation(
    "word_starts", "state machines", "text", "ints",
    "list the positions at which words begin (words stand between spaces)",
    lambda x: [m.start() for m in re.finditer("[^ ]+", x)],
    "$y = []\n$a = False\nfor $i, $c in enumerate($x):\n    if $c != \" \" and not $a:\n        $y.append($i)\n"
    '    $a = $c != " "',
    '[$i for $i in range(len($x)) if $x[$i] != " " and ($i == 0 or $x[$i - 1] == " ")]',
)  # fmt: skip
operation(
    "alternations", "state machines", "ints", "natural",
    "count how often the values change between below $k and at least $k",
    lambda x, k: sum((a < k) != (b < k) for a, b in pairwise(x)),
    "sum(1 for $a, $b in zip($x, $x[1:]) if ($a < $k) != ($b < $k))",
    '$y = 0\n$a = ""\nfor $n in $x:\n    $b = "low" if $n < $k else "high"\n    if $a and $a != $b:\n        $y += 1\n'
    "    $a = $b",
    k=between(5, 14),
)  # fmt: skip
