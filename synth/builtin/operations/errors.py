"""Operations that meet errors: caught, raised, or answered with a default."""

from __future__ import annotations

import re

from synth.builtin.grammar import among, between, operation


def _is_number(w: str) -> bool:
    return re.fullmatch(r"\s*[+-]?[0-9]+\s*", w) is not None


def _followed(x: dict[str, list[str]], s: str) -> list[str]:
    path = [s]
    while x.get(path[-1]) and x[path[-1]][0] not in path:
        path.append(x[path[-1]][0])
    return path


operation(
    "read_numbers", "error handling", "words", "ints", "read the words as integers, leaving out those that are none",
    lambda x: [int(w) for w in x if _is_number(w)],
    "$y = []\nfor $w in $x:\n    try:\n        $y.append(int($w))\n    except ValueError:\n        continue",
    "def $F(word):\n    try:\n        return int(word)\n    except ValueError:\n        return None\n---\n"
    "[$n for $n in map($F, $x) if $n is not None]",
)  # fmt: skip
operation(
    "doubled_or_marked", "error handling", "words", "words",
    'double every word that is an integer (written as text again), and replace all others by "?"',
    lambda x: [str(2 * int(w)) if _is_number(w) else "?" for w in x],
    '$y = []\nfor $w in $x:\n    try:\n        $y.append(str(int($w) * 2))\n    except ValueError:\n'
    '        $y.append("?")',
    "def $F(word):\n    try:\n        number = int(word)\n    except ValueError:\n        return \"?\"\n    else:\n"
    "        return str(number + number)\n---\n[$F($w) for $w in $x]",
)  # fmt: skip
operation(
    "value_at", "error handling", "ints", "int", "take the value at position $k, counting from 0 (-1 if there is none)",
    lambda x, k: x[k] if len(x) > k else -1,
    "try:\n    $y = $x[$k]\nexcept IndexError:\n    $y = -1",
    "$x[$k] if $k < len($x) else -1",
    k=between(2, 5),
)  # fmt: skip
operation(
    "sign_at", "error handling", "text", "text",
    'take the character at position $k, counting from 0 ("?" if there is none)',
    lambda x, k: (x[k : k + 1]) or "?",
    'try:\n    $y = $x[$k]\nexcept IndexError:\n    $y = "?"',
    '$x[$k:$k + 1] or "?"',
    k=between(1, 7),
)  # fmt: skip
operation(
    "quotients", "error handling", "ints", "ints", "divide $k by every value, rounded down (0 where the value is 0)",
    lambda x, k: [k // n if n else 0 for n in x],
    "$y = []\nfor $n in $x:\n    try:\n        $y.append($k // $n)\n    except ZeroDivisionError:\n"
    "        $y.append(0)",
    "def $F(amount, parts):\n    try:\n        return amount // parts\n    except ZeroDivisionError:\n"
    "        return 0\n---\n[$F($k, $n) for $n in $x]",
    k=among(60, 72, 100, 120, 144, 200),
)  # fmt: skip
operation(
    "strict_total", "error handling", "ints", "int",
    "add up the values, but answer -1 if any of them is greater than $k",
    lambda x, k: -1 if [n for n in x if n > k] else sum(x),
    'class $C(Exception):\n    """A value is too large."""\n\n\ndef $F(values, limit):\n    total = 0\n'
    "    for value in values:\n        if value > limit:\n            raise $C(value)\n        total += value\n"
    "    return total\n---\ntry:\n    $y = $F($x, $k)\nexcept $C:\n    $y = -1",
    "$y = 0\ntry:\n    for $n in $x:\n        if $n > $k:\n            raise ValueError($n)\n        $y += $n\n"
    "except ValueError:\n    $y = -1",
    k=between(22, 38),
)  # fmt: skip
operation(
    "complaints", "error handling", "pairs", "words",
    'list a complaint such as "NAME: 3 is too small" for every tuple whose number is below $k',
    lambda x, k: [f"{g}: {v} is too small" for g, v in x if v < k],
    'def $F(name, number, limit):\n    if number < limit:\n        raise ValueError(f"{name}: {number} is too small")\n'
    "---\n$y = []\nfor $g, $v in $x:\n    try:\n        $F($g, $v, $k)\n    except ValueError as error:\n"
    "        $y.append(str(error))",
    "$y = []\nfor $g, $v in $x:\n    try:\n        if $v < $k:\n            raise ValueError($v)\n"
    '    except ValueError as error:\n        $y.append(f"{$g}: {error} is too small")',
    k=between(5, 14),
)  # fmt: skip
operation(
    "followed", "error handling", "groups", "words",
    'follow it as a graph from "$s", always along the first arrow, until there is none or it leads back; '
    "list the nodes on the way",
    _followed,
    '$y = ["$s"]\nwhile True:\n    try:\n        $w = $x[$y[-1]][0]\n    except (KeyError, IndexError):\n'
    '        break\n'
    "    if $w in $y:\n        break\n    $y.append($w)",
    'def $F(arrows, node):\n    try:\n        return arrows[node][0]\n    except LookupError:\n'
    '        return None\n---\n'
    '$y = []\n$w = "$s"\nwhile $w is not None and $w not in $y:\n    $y.append($w)\n    $w = $F($x, $w)',
    s=among("a", "b", "c", "d"),
)  # fmt: skip
operation(
    "first_number", "error handling", "words", "int", "read the first word that is an integer (0 if there is none)",
    lambda x: next((int(w) for w in x if _is_number(w)), 0),
    "$y = 0\nfor $w in $x:\n    try:\n        $y = int($w)\n    except ValueError:\n        continue\n    break",
    "def $F(words):\n    for word in words:\n        try:\n            return int(word)\n        except ValueError:\n"
    "            pass\n    raise LookupError(\"no number\")\n---\ntry:\n    $y = $F($x)\nexcept LookupError:\n"
    "    $y = 0",
)  # fmt: skip
