"""Exercises that benchmarks ask for too, written anew: other names, other words, other code, the same behaviour.

They are planted on purpose, so that one can see whether duplicates of benchmarks are found by what
programs do rather than by what they say. Nothing here is copied from a benchmark.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Callable

from synth.builtin.samples import draw_argument_of
from synth.builtin.writing import Case, function_word
from synth.draws import Draws
from synth.specs import ExerciseSpec

_TESTS = 8


@dataclasses.dataclass(frozen=True)
class Clone:
    """One task: what it takes, how it is told, its code over `x`, and the same as plain Python."""

    name: str
    takes: str
    told: str
    code: str
    meaning: Callable[[Any], Any]


CLONES = (
    Clone("rising_once", "ints", "Give back every value a single time, from the smallest up.",
          "found = []\nfor n in x:\n    if n not in found:\n        found.append(n)\nfound.sort()\nreturn found",
          lambda x: sorted(set(x))),
    Clone("vowelless", "text", "Strike out each a, e, i, o and u, be it large or small.",
          'kept = filter(lambda c: c not in "aeiouAEIOU", x)\nreturn "".join(kept)',
          lambda x: "".join(c for c in x if c.lower() not in "aeiou")),
    Clone("letter_kinds", "text", "How many different signs are in the text if case makes no difference?",
          "seen = {}\nfor c in x.lower():\n    seen[c] = True\nreturn len(seen)",
          lambda x: len(set(x.lower()))),
    Clone("highest_so_far", "ints", "At each place, tell the top value up to and including that place.",
          "tops = []\nfor n in x:\n    tops.append(n if not tops or n > tops[-1] else tops[-1])\nreturn tops",
          lambda x: [max(x[: i + 1]) for i in range(len(x))]),
    Clone("beginnings", "text", "Collect all the beginnings of the text, the shortest first.",
          "return [x[:end] for end in range(1, len(x) + 1)]",
          lambda x: [x[: i + 1] for i in range(len(x))]),
    Clone("swapped_case", "text", "Make small letters large and large ones small.",
          'return "".join(c.upper() if c.islower() else c.lower() for c in x)',
          lambda x: x.swapcase()),
    Clone("only_divisible_by_itself", "natural", "Is it above one, and divisible by nothing but one and itself?",
          "if x < 2:\n    return False\n"
          "d = 2\nwhile d * d <= x:\n    if x % d == 0:\n        return False\n    d += 1\n"
          "return True",
          lambda x: x > 1 and all(x % d for d in range(2, x))),
    Clone("largest_part", "natural",
          "Which is the largest number below it that divides it? (0 for those below two)",
          "for d in range(x - 1, 0, -1):\n    if x % d == 0:\n        return d\nreturn 0",
          lambda x: max((d for d in range(1, x) if x % d == 0), default=0)),
    Clone("building_blocks", "natural", "Take it apart into primes, small ones first, as often as they occur.",
          "parts, d = [], 2\n"
          "while d <= x:\n    while x % d == 0:\n        parts.append(d)\n        x //= d\n    d += 1\n"
          "return parts",
          lambda x: _factors(x)),
    Clone("first_n_summed", "natural", "What do all the whole numbers from one to it come to?",
          "total = 0\nwhile x:\n    total += x\n    x -= 1\nreturn total",
          lambda x: x * (x + 1) // 2),
    Clone("reads_both_ways", "text", "Is the text the same from behind?",
          "middle = len(x) // 2\nreturn all(x[i] == x[-i - 1] for i in range(middle))",
          lambda x: x == x[::-1]),
    Clone("sum_and_product", "ints",
          "Give a tuple of all values added up and all values multiplied (0 and 1 for none).",
          "total, product = 0, 1\nfor n in x:\n    total, product = total + n, product * n\nreturn total, product",
          lambda x: (sum(x), _product(x))),
    Clone("squares_added", "ints", "Add up the values multiplied by themselves.",
          "return sum(map(lambda n: n * n, x))",
          lambda x: sum(n**2 for n in x)),
    Clone("evens_of", "ints", "Leave out the odd values.",
          "kept = []\nfor n in x:\n    if not n & 1:\n        kept.append(n)\nreturn kept",
          lambda x: [n for n in x if n % 2 == 0]),
    Clone("already_rising", "ints", "Are the values in order from small to large, equal neighbours allowed?",
          "before = None\n"
          "for n in x:\n    if before is not None and n < before:\n        return False\n    before = n\n"
          "return True",
          lambda x: x == sorted(x)),
    Clone("word_tally", "text", "How many words, parted by spaces, are there?",
          'count = 0\ninside = False\nfor c in x:\n    count += c != " " and not inside\n    inside = c != " "\n'
          "return count",
          lambda x: len(x.split())),
)  # fmt: skip


def clone_of(spec: ExerciseSpec) -> dict[str, Any]:
    """Returns one of the clones as a function exercise, under a name and a story of the specification's."""
    draws = Draws(0, "clone", spec.to_block())
    clone = draws.choice(CLONES)
    name, argument = f"{function_word(spec)}_{draws.choice(('it', 'given', 'entry', 'data'))}", "x"
    body = "\n".join(f"    {line}" for line in clone.code.split("\n"))
    found: dict[str, Case] = {}
    for _ in range(40):
        value = draw_argument_of(draws, clone.takes, spec.setting)
        found.setdefault(repr(value), Case((value,), clone.meaning(value)))
    tests = [case.to_assertion(name) for case in list(found.values())[:_TESTS]]
    place = f" The data come from the {spec.setting}." if spec.setting else ""
    return {
        "title": name.replace("_", " ").capitalize(),
        "exercise": clone.told + place,
        "solution": f'def {name}({argument}):\n    """{clone.told}{place}"""\n{body}',
        "tests": tests,
    }


def _factors(x: int) -> list[int]:
    for d in range(2, x + 1):
        if x % d == 0:
            return [d, *_factors(x // d)]
    return []


def _product(x: list[int]) -> int:
    return x[0] * _product(x[1:]) if x else 1
