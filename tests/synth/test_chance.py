from __future__ import annotations

import ast

import pytest

from synth.chance import orders_sets, sources_of_chance


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import random\ndef f(): return random.random() < 0.01", ("random.random",)),
        ("from random import choice as pick\ndef f(x): return pick(x)", ("random.choice",)),
        ("import random as r\ndef f(x): r.shuffle(x)", ("random.shuffle",)),
        ("from random import *\ndef f(): return random()", ("random.*",)),
        ("import random\ndef f(x, source=random): return x", ("random",)),
        ("import random\ndef f(): return random.Random().random()", ("random.Random",)),
        ("import random\ndef f(): return random.Random(None).random()", ("random.Random",)),
        ("import random\ndef f(seed): return random.Random(seed).random()", ()),
        ("import random\ndef f(): random.seed(7); return random.random()", ()),
        ("import random\ndef f(): random.seed(); return random.random()", ("random.random", "random.seed")),
        ("import datetime\ndef f(): return datetime.datetime.today()", ("datetime.datetime.today",)),
        ("from datetime import date as d\ndef f(): return d.today()", ("datetime.date.today",)),
        ("import datetime as dt\ndef f(): return dt.date(2020, 1, 1)", ()),
        ("import time\ndef f(): return time.strftime('%Y')", ("time.strftime",)),
        ("import time\ndef f(t): return time.strftime('%Y', t)", ()),
        ("from time import time\ndef f(): return time()", ("time.time",)),
        ("import time\ndef f(): time.sleep(0)", ()),
        ("from os import environ\ndef f(): return environ.get('HOME')", ("os.environ",)),
        ("def f(x): return hash(x) % 7", ("hash",)),
        ("def f(x): return id(x)", ("id",)),
        ("def f(id): return id(3)", ()),
        ("class A:\n    def __hash__(self): return hash(self.x)", ()),
        ("import uuid\ndef f(n): return uuid.uuid5(uuid.NAMESPACE_DNS, n)", ()),
        ("import uuid\ndef f(): return uuid.uuid4()", ("uuid.uuid4",)),
        ("import math, sys\ndef f(x): return min(x, default=sys.maxsize, key=math.sqrt)", ()),
        ("def f(random): return random.choice()", ()),
    ],
)
def test_what_is_left_to_chance_is_named(program: str, found: tuple[str, ...]) -> None:
    assert sources_of_chance(ast.parse(program)) == found


def test_a_seed_in_the_tests_makes_a_program_repeatable() -> None:
    program = ast.parse("import random\ndef f(): return random.random()")
    assert (
        sources_of_chance(program, ast.parse("import random\nrandom.seed(1)\nassert f() == 0.13436424411240122")) == ()
    )


@pytest.mark.parametrize(
    ("expression", "orders"),
    [
        ("list(set(x))", True),
        ("[y for y in set(x)]", True),
        ("sorted(y for y in set(x))", False),
        ("sorted(set(x))", False),
        ("len({*x})", False),
        ("sum(y for y in {1, 2})", False),
        ("''.join(set(x) - {'a'})", True),
        ("next(iter(frozenset(x)))", True),
        ("x.union(y).pop()", True),
        ("x.pop()", False),
        ("[*{1, 2}]", True),
        ("{y for y in set(x)}", False),
        ("list(x)", False),
    ],
)
def test_going_through_a_set_is_seen_where_its_order_matters(expression: str, orders: bool) -> None:
    assert orders_sets(ast.parse(expression)) == orders


def test_a_set_is_known_by_its_name() -> None:
    assert orders_sets(ast.parse("def f(x):\n    seen = set(x)\n    for one in seen:\n        return one"))
