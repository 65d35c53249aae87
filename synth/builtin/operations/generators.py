"""Operations written with generators, iterators and itertools."""

from __future__ import annotations

from typing import Any

from synth.builtin.grammar import between, operation


def _until(x: list[int], k: int) -> int:
    return next((i for i, n in enumerate(x) if n > k), len(x))


def _ends(x: list[Any]) -> list[Any]:
    return [x[i // 2] if i % 2 == 0 else x[-1 - i // 2] for i in range(len(x))]


def _before_repeat(x: list[int]) -> list[int]:
    return x[: next((i for i, n in enumerate(x) if n in x[:i]), len(x))]


operation(
    "take_until", "generators", "ints", "ints", "keep the values up to, but without, the first one greater than $k",
    lambda x, k: x[: _until(x, k)],
    "from itertools import takewhile\n---\nlist(takewhile(lambda $n: $n <= $k, $x))",
    "def $F(values, limit):\n    for value in values:\n        if value > limit:\n            return\n"
    "        yield value\n---\nlist($F($x, $k))",
    k=between(14, 30),
)  # fmt: skip
operation(
    "skip_until", "generators", "ints", "ints", "leave out everything before the first value greater than $k",
    lambda x, k: x[_until(x, k) :],
    "from itertools import dropwhile\n---\nlist(dropwhile(lambda $n: $n <= $k, $x))",
    "def $F(values, limit):\n    values = iter(values)\n    for value in values:\n        if value > limit:\n"
    "            yield value\n            yield from values\n---\nlist($F($x, $k))",
    k=between(3, 15),
)  # fmt: skip
operation(
    "front_and_back", "generators", "ints", "ints",
    "alternate the values from the front and from the back: first, last, second, last but one, and so on",
    _ends,
    "def $F(values):\n    low, high = 0, len(values) - 1\n    while low <= high:\n        yield values[low]\n"
    "        if low < high:\n            yield values[high]\n        low, high = low + 1, high - 1\n---\nlist($F($x))",
    "from collections import deque\n---\n$a = deque($x)\n$y = []\nwhile $a:\n    $y.append($a.popleft())\n"
    "    if $a:\n        $y.append($a.pop())",
)  # fmt: skip
operation(
    "running_low", "generators", "ints", "ints", "replace every value by the smallest seen so far",
    lambda x: [min(x[: i + 1]) for i in range(len(x))],
    "from itertools import accumulate\n---\nlist(accumulate($x, min))",
    "def $F(values):\n    lowest = None\n    for value in values:\n"
    "        lowest = value if lowest is None else min(lowest, value)\n        yield lowest\n---\nlist($F($x))",
)  # fmt: skip
operation(
    "batch_sums", "generators", "ints", "ints", "add up every batch of $k values, the last may be shorter",
    lambda x, k: [sum(x[i : i + k]) for i in range(0, len(x), k)],
    "def $F(values, size):\n    for start in range(0, len(values), size):\n"
    "        yield values[start:start + size]\n---\n[sum($a) for $a in $F($x, $k)]",
    "from itertools import islice\n---\n$a = iter($x)\n$y = []\nwhile $b := list(islice($a, $k)):\n"
    "    $y.append(sum($b))",
    k=between(2, 4),
)  # fmt: skip
operation(
    "until_repeat", "generators", "ints", "ints", "keep the values before the first one that has occurred already",
    _before_repeat,
    "def $F(values):\n    seen = set()\n    for value in values:\n        if value in seen:\n            return\n"
    "        seen.add(value)\n        yield value\n---\nlist($F($x))",
    "from itertools import takewhile\n---\n$a = set()\n"
    "$y = list(takewhile(lambda $n: not ($n in $a or $a.add($n)), $x))",
)  # fmt: skip
operation(
    "linked_words", "generators", "words", "words", 'join every word and the next one with ">"',
    lambda x: [x[i] + ">" + x[i + 1] for i in range(len(x) - 1)],
    'from itertools import pairwise\n---\n[f"{$a}>{$b}" for $a, $b in pairwise($x)]',
    "def $F(words):\n    before = None\n    for word in words:\n        if before is not None:\n"
    "            yield before + \">\" + word\n        before = word\n---\nlist($F($x))",
)  # fmt: skip
operation(
    "cycled", "generators", "words", "words",
    "take $k words, going back to the first one after the last (none if there are no words)",
    lambda x, k: [x[i % len(x)] for i in range(k)] if x else [],
    "from itertools import cycle, islice\n---\nlist(islice(cycle($x), $k))",
    "def $F(words):\n    while words:\n        yield from words\n---\n[$w for $w, $i in zip($F($x), range($k))]",
    k=between(3, 8),
)  # fmt: skip
operation(
    "column_walk", "generators", "matrix", "ints", "list the cells column by column, each from top to bottom",
    lambda x: [row[i] for i in range(len(x[0]) if x else 0) for row in x],
    "from itertools import chain\n---\nlist(chain.from_iterable(zip(*$x)))",
    "def $F(rows):\n    for column in zip(*rows):\n        yield from column\n---\nlist($F($x))",
)  # fmt: skip
operation(
    "countdown", "generators", "natural", "ints", "count down from it in steps of $k as long as the number is positive",
    lambda x, k: [x - i * k for i in range(x) if x - i * k > 0],
    "def $F(number, step):\n    while number > 0:\n        yield number\n        number -= step\n---\nlist($F($x, $k))",
    "class $C:\n    def __init__(self, number, step):\n        self.number, self.step = number, step\n\n"
    "    def __iter__(self):\n        return self\n\n    def __next__(self):\n        if self.number <= 0:\n"
    "            raise StopIteration\n        self.number -= self.step\n        return self.number + self.step\n"
    "---\nlist($C($x, $k))",
    "list(range($x, 0, -$k))",
    k=between(7, 30),
)  # fmt: skip
operation(
    "letter_windows", "generators", "text", "words",
    "list all pieces of $k neighbouring characters, from left to right",
    lambda x, k: [x[i : i + k] for i in range(len(x) + 1 - k)],
    "def $F(text, size):\n    for start in range(len(text) - size + 1):\n        yield text[start:start + size]\n"
    "---\nlist($F($x, $k))",
    '["".join($a) for $a in zip(*($x[$i:] for $i in range($k)))]',
    k=between(2, 4),
)  # fmt: skip
operation(
    "squares_below", "generators", "natural", "ints", "list the square numbers 1, 4, 9, … that are less than it",
    lambda x: [n * n for n in range(1, x + 1) if n * n < x],
    "from itertools import count, takewhile\n---\n"
    "list(takewhile(lambda $n: $n < $x, ($m * $m for $m in count(1))))",
    "def $F(limit):\n    root = 1\n    while root * root < limit:\n        yield root * root\n        root += 1\n"
    "---\nlist($F($x))",
)  # fmt: skip
