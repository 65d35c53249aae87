from __future__ import annotations

import pytest

from synth.fragments import functions_in


def names(text: str) -> list[str]:
    return [fragment.name for fragment in functions_in(text)]


def run(text: str, call: str) -> object:
    """Returns a call's value; the programs in this file are our own."""
    (fragment,) = [one for one in functions_in(text) if call.startswith(one.name)]
    space: dict[str, object] = {}
    exec(fragment.program, space)
    return eval(call, space)


def test_a_function_comes_with_what_it_needs_and_nothing_else() -> None:
    text = (
        "import math\nimport numpy as np\nfrom typing import List\n\nLIMIT = 3\nUNUSED = np.zeros(3)\n\n\n"
        "def helper(x):\n    return math.floor(x) + LIMIT\n\n\n"
        'def total(xs: List[float]) -> "int":\n    """Docs."""\n    return sum(helper(x) for x in xs)\n\n\n'
        "print(total([1.5]))\n"
    )
    assert names(text) == ["helper", "total"]
    assert run(text, "total([1.5, 2.5])") == 9
    program = functions_in(text)[1].program
    assert "numpy" not in program
    assert "print" not in program
    assert "Docs" not in program


def test_functions_are_found_in_prose() -> None:
    text = "Look at this function:\n\ndef double(x):\n    return 2 * x\n\nIt doubles. Don't you think?\n"
    assert run(text, "double(4)") == 8


def test_functions_are_found_in_files_that_do_not_parse() -> None:
    text = (
        "class A:\n    def __init__(self):\n        self.x = 1\n\n"
        "def half(x): \n\tif x < 0: \n\t\tx = -x\n\treturn x // 2 \n\n"
        "        # more of the class\n        self.make(\n    def other(self): return 3\n"
    )
    assert run(text, "half(-9)") == 4


def test_functions_are_found_in_docstrings() -> None:
    text = 'def f(node: "Node") -> None:\n    """Text.\n\ndef inner(a):\n    return a + 1\n\n\n    Args: x\n    """\n'
    assert run(text, "inner(1)") == 2


def test_what_follows_with_the_same_indentation_is_cut_off() -> None:
    text = "def left(a):\n    out = a + 1\n    return out\n\n    Args:\n        node: the node\n"
    assert run(text, "left(1)") == 2
    text = "def left(a):\n  return a + 1\n\n    while True:\n        isbn = input(1)\n"
    assert run(text, "left(1)") == 2
    text = "def left(a):\n    return a + 1\n    self.widgets()\n"
    assert run(text, "left(1)") == 2


@pytest.mark.parametrize(
    "text",
    [
        "def f(self, x): return x",
        "def f(): return 1",
        "def f(x): return open(x).read()",
        "import os\ndef f(x): return os.system(x)",
        "def f(x): return unknown(x)",
        "def f(x): return input(x)",
        "def f(x): print(x)",
        "import subprocess\ndef f(x): return subprocess.run(x)",
        "def f(*xs): return xs",
        "@app.route('/')\ndef f(x): return x",
        "async def f(x): return x",
        "no function here",
        "def broken(x: return",
    ],
)
def test_what_cannot_be_called_alone_is_left_out(text: str) -> None:
    assert names(text) == []


def test_arity_and_shapes_are_told() -> None:
    (one,) = functions_in(
        "from functools import lru_cache\n@lru_cache\ndef f(a: int, b: list[str], c=3):\n    return a\n"
    )
    assert (one.least, one.most) == (2, 3)
    assert [str(shape) for shape in one.shapes or ()] == ["int", "list[str]"]


def test_methods_that_need_no_object_are_found() -> None:
    assert names("class A:\n    @staticmethod\n    def f(x):\n        return x + 1\n    def g(self): return 1\n") == [
        "f"
    ]


def test_recursive_and_mutual_calls_are_kept() -> None:
    text = "def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)\n"
    assert run(text, "even(10)") is True


def test_huge_texts_are_bounded() -> None:
    text = "\n".join(f"def f{number}(x):\n    return x + {number}" for number in range(1000))
    assert len(names(text)) == 200
