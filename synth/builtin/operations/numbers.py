"""Operations on single integers."""

from __future__ import annotations

import functools
from math import gcd

from synth.builtin.grammar import between, operation


@functools.lru_cache(4096)
def _divisors_of(x: int) -> tuple[int, ...]:
    return tuple(d for d in range(1, x + 1) if x % d == 0)


def _divisors(x: int) -> list[int]:
    return list(_divisors_of(x))


def _collatz(x: int) -> list[int]:
    path = [x]
    while path[-1] > 1:
        path.append(path[-1] // 2 if path[-1] % 2 == 0 else 3 * path[-1] + 1)
    return path


def _prime_factors(x: int) -> list[int]:
    for d in range(2, x + 1):
        if x % d == 0:
            return [d, *_prime_factors(x // d)]
    return []


def _in_base(x: int, k: int) -> str:
    return str(x) if x < k else _in_base(x // k, k) + str(x % k)


operation(
    "digit_sum", "digits", "natural", "natural", "add up its decimal digits",
    lambda x: sum(int(c) for c in str(x)),
    "sum(int($c) for $c in str($x))",
    "sum(map(int, str($x)))",
    "$y = 0\n$a = $x\nwhile $a > 0:\n    $y += $a % 10\n    $a //= 10",
)  # fmt: skip
operation(
    "digits", "digits", "natural", "ints", "list its decimal digits from left to right",
    lambda x: [int(c) for c in str(x)],
    "[int($c) for $c in str($x)]",
    "$a = $x\n$y = []\nwhile $a >= 10:\n    $y.insert(0, $a % 10)\n    $a //= 10\n$y.insert(0, $a)",
)  # fmt: skip
operation(
    "mirror_digits", "digits", "natural", "natural", "reverse its decimal digits",
    lambda x: int(str(x)[::-1]),
    "int(str($x)[::-1])",
    "$y = 0\n$a = $x\nwhile $a:\n    $y = $y * 10 + $a % 10\n    $a //= 10",
)  # fmt: skip
operation(
    "digital_root", "recursion", "natural", "natural", "replace it by the sum of its digits until one digit is left",
    lambda x: 0 if x == 0 else 1 + (x - 1) % 9,
    "$y = $x\nwhile $y > 9:\n    $y = sum(int($c) for $c in str($y))",
    "0 if $x == 0 else 1 + ($x - 1) % 9",
)  # fmt: skip
operation(
    "divisors", "divisibility", "natural", "ints", "list its divisors from 1 upwards (none for 0)",
    _divisors,
    "[$n for $n in range(1, $x + 1) if $x % $n == 0]",
    "$y = []\nfor $n in range(1, $x + 1):\n    if $x % $n == 0:\n        $y.append($n)",
)  # fmt: skip
operation(
    "count_divisors", "divisibility", "natural", "natural", "count its divisors (0 for 0)",
    lambda x: len(_divisors(x)),
    "sum(1 for $n in range(1, $x + 1) if $x % $n == 0)",
    "len([$n for $n in range(1, $x + 1) if $x % $n == 0])",
    "$y = 0\nfor $n in range(1, $x + 1):\n    if $x % $n == 0:\n        $y += 1",
)  # fmt: skip
operation(
    "prime_factors", "primes", "natural", "ints",
    "list its prime factors in rising order, with repetition (none below 2)",
    _prime_factors,
    "$y = []\n$a = $x\n$n = 2\nwhile $a > 1:\n    if $a % $n == 0:\n        $y.append($n)\n        $a //= $n\n"
    "    else:\n        $n += 1",
    "$y = []\n$a = $x\nfor $n in range(2, $x + 1):\n    while $a > 1 and $a % $n == 0:\n        $y.append($n)\n"
    "        $a //= $n",
)  # fmt: skip
operation(
    "primes_up_to", "primes", "natural", "ints", "list the primes that are not greater than it",
    lambda x: [n for n in range(2, x + 1) if len(_divisors_of(n)) == 2],
    "[$n for $n in range(2, $x + 1) if all($n % $m for $m in range(2, $n))]",
    "$y = []\nfor $n in range(2, $x + 1):\n    for $m in $y:\n        if $n % $m == 0:\n            break\n"
    "    else:\n        $y.append($n)",
)  # fmt: skip
operation(
    "is_prime", "primes", "natural", "flag", "tell whether it is a prime number",
    lambda x: len(_divisors(x)) == 2,
    "$x > 1 and all($x % $n for $n in range(2, $x))",
    "$y = $x > 1\nfor $n in range(2, int($x**0.5) + 1):\n    if $x % $n == 0:\n        $y = False\n        break",
)  # fmt: skip
operation(
    "common_divisor", "divisibility", "natural", "natural", "find its greatest common divisor with $k",
    lambda x, k: gcd(x, k),
    "max($n for $n in range(1, $k + 1) if $x % $n == 0 and $k % $n == 0)",
    "$y = $x\n$a = $k\nwhile $a:\n    $y, $a = $a, $y % $a",
    k=(12, 18, 24, 30, 36, 48, 60),
)  # fmt: skip
operation(
    "multiples_below", "divisibility", "natural", "ints", "list the positive multiples of $k that are less than it",
    lambda x, k: [n for n in range(1, x) if n % k == 0],
    "list(range($k, $x, $k))",
    "[$n for $n in range(1, $x) if $n % $k == 0]",
    "$y = []\n$n = $k\nwhile $n < $x:\n    $y.append($n)\n    $n += $k",
    k=between(3, 9),
)  # fmt: skip
operation(
    "collatz", "iteration", "natural", "ints",
    "list the values from it to 1 when even values are halved and odd ones become three times the value plus one "
    "(0 and 1 give just themselves)",
    _collatz,
    "$y = [$x]\n$n = $x\nwhile $n > 1:\n    $n = $n // 2 if $n % 2 == 0 else 3 * $n + 1\n    $y.append($n)",
    "$y = [$x]\nwhile $y[-1] > 1:\n    if $y[-1] % 2:\n        $y.append(3 * $y[-1] + 1)\n    else:\n"
    "        $y.append($y[-1] // 2)",
)  # fmt: skip
operation(
    "halvings", "iteration", "natural", "natural",
    "count how often it can be divided by $k, rounding down, before it is 0",
    lambda x, k: len([e for e in range(64) if k**e <= x]),
    "$y = 0\n$a = $x\nwhile $a > 0:\n    $a //= $k\n    $y += 1",
    "next($i for $i in range(64) if $k**$i > $x)",
    k=between(2, 4),
)  # fmt: skip
operation(
    "whole_root", "searching", "natural", "natural", "find the largest integer whose square is not greater than it",
    lambda x: max(r for r in range(x + 1) if r * r <= x),
    "$y = 0\nwhile ($y + 1) ** 2 <= $x:\n    $y += 1",
    "$y = 0\n$a = $x + 1\nwhile $a - $y > 1:\n    $m = ($y + $a) // 2\n    if $m * $m <= $x:\n        $y = $m\n"
    "    else:\n        $a = $m",
)  # fmt: skip
operation(
    "fibonacci_below", "iteration", "natural", "ints", "list the Fibonacci numbers 1, 1, 2, 3, … that are less than it",
    lambda x: [n for n in (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584) if n < x],
    "$y = []\n$a, $b = 1, 1\nwhile $a < $x and len($y) < 18:\n    $y.append($a)\n    $a, $b = $b, $a + $b",
    "$y = []\nwhile len($y) < 18:\n    $a = 1 if len($y) < 2 else $y[-1] + $y[-2]\n    if $a >= $x:\n        break\n"
    "    $y.append($a)",
)  # fmt: skip
operation(
    "binary", "number systems", "natural", "text", "write it in binary, without a prefix",
    lambda x: f"{x:b}",
    "bin($x)[2:]",
    'format($x, "b")',
    '$y = "0" if $x == 0 else ""\n$a = $x\nwhile $a:\n    $y = str($a % 2) + $y\n    $a //= 2',
)  # fmt: skip
operation(
    "count_ones", "number systems", "natural", "natural", "count the ones in its binary form",
    lambda x: f"{x:b}".count("1"),
    'bin($x).count("1")',
    "$y = 0\n$a = $x\nwhile $a:\n    $y += $a & 1\n    $a >>= 1",
)  # fmt: skip
operation(
    "in_base", "number systems", "natural", "text", "write it in base $k, without a prefix",
    _in_base,
    '$y = "0" if $x == 0 else ""\n$a = $x\nwhile $a > 0:\n    $y = str($a % $k) + $y\n    $a //= $k',
    '$a = []\n$b = $x\nwhile $b >= $k:\n    $b, $n = divmod($b, $k)\n    $a.append(str($n))\n$a.append(str($b))\n'
    '$y = "".join(reversed($a))',
    k=between(3, 9),
)  # fmt: skip


operation(
    "count_off", "conditions", "natural", "words",
    'count from 1 up to it, as text, but say "ping" for multiples of $k, "pong" for multiples of $m, '
    '"pingpong" for multiples of both',
    lambda x, k, m: ["ping" * (n % k == 0) + "pong" * (n % m == 0) or str(n) for n in range(1, x + 1)],
    '["ping" * ($n % $k == 0) + "pong" * ($n % $m == 0) or str($n) for $n in range(1, $x + 1)]',
    '$y = []\nfor $n in range(1, $x + 1):\n    if $n % $k == 0 and $n % $m == 0:\n        $y.append("pingpong")\n'
    '    elif $n % $k == 0:\n        $y.append("ping")\n    elif $n % $m == 0:\n        $y.append("pong")\n'
    "    else:\n        $y.append(str($n))",
    k=between(2, 3), m=between(4, 5),
)  # fmt: skip
operation(
    "triangle", "iteration", "natural", "int", "add up the integers from 1 to it",
    lambda x: x * (x + 1) // 2,
    "sum(range(1, $x + 1))",
    "$x * ($x + 1) // 2",
    "$y = 0\nfor $n in range(1, $x + 1):\n    $y += $n",
)  # fmt: skip
operation(
    "digit_palindrome", "predicates", "natural", "flag", "tell whether its decimal digits read the same backwards",
    lambda x: str(x) == str(x)[::-1],
    "str($x) == str($x)[::-1]",
    "$a = str($x)\n$y = True\nfor $i in range(len($a) // 2):\n    if $a[$i] != $a[len($a) - 1 - $i]:\n"
    "        $y = False",
)  # fmt: skip
operation(
    "plus_times", "arithmetic", "int", "int", "multiply it by $k and add $m",
    lambda x, k, m: x * k + m,
    "$x * $k + $m",
    "$y = $m\nfor $i in range($k):\n    $y += $x",
    k=between(2, 7), m=between(1, 15),
)  # fmt: skip
operation(
    "wrap", "arithmetic", "int", "natural", "take the remainder after division by $k",
    lambda x, k: x % k,
    "$x % $k",
    "$x - $x // $k * $k",
    "$y = divmod($x, $k)[1]",
    k=(7, 10, 12, 24, 60, 100),
)  # fmt: skip
operation(
    "limit", "conditions", "int", "int", "lower it to $m if it is above and raise it to $k if it is below",
    lambda x, k, m: sorted((k, x, m))[1],
    "max($k, min($m, $x))",
    "$y = $x\nif $y > $m:\n    $y = $m\nelif $y < $k:\n    $y = $k",
    k=between(2, 12), m=between(25, 70),
)  # fmt: skip
operation(
    "magnitude", "arithmetic", "int", "int", "take its distance from $k",
    lambda x, k: max(x - k, k - x),
    "abs($x - $k)",
    "$x - $k if $x > $k else $k - $x",
    "$y = $x - $k\nif $y < 0:\n    $y = -$y",
    k=between(10, 60),
)  # fmt: skip
operation(
    "grade", "conditions", "int", "text", 'name it: "low" below $k, "high" from $m on, otherwise "middle"',
    lambda x, k, m: "low" if x < k else "middle" if x < m else "high",
    '"low" if $x < $k else ("high" if $x >= $m else "middle")',
    'if $x < $k:\n    $y = "low"\nelif $x < $m:\n    $y = "middle"\nelse:\n    $y = "high"',
    k=between(8, 20), m=between(30, 60),
)  # fmt: skip
