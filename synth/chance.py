"""What of a program hangs on luck, on the clock or on the machine? Runs that agree cannot show that it does not.

A branch that `random` takes once in a hundred times, a date that is right today, a hash that this process's seed
makes: two runs pass, a third may not. So such sources are named from the program's text alone; a program that
has one can pass its tests, but nothing can make its tests strong. The order of a set is another matter: it hangs on
the hash seed, so more seeds tell.
"""

from __future__ import annotations

import ast
from typing import Iterator, Sequence

#: Modules of which everything is meant.
_WHOLE = frozenset({"locale", "platform", "random", "secrets"})

# fmt: off
_NAMES = frozenset({
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "os.environ", "os.environb", "os.getcwd", "os.getenv", "os.getpid", "os.path.abspath", "os.path.exists",
    "os.path.expanduser", "os.path.realpath", "os.urandom", "sys.argv", "sys.getrefcount", "sys.getsizeof",
    "sys.platform", "sys.version", "sys.version_info", "threading.get_ident", "threading.get_native_id",
    "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
    "time.process_time_ns", "time.thread_time", "time.thread_time_ns", "time.time", "time.time_ns", "uuid.getnode",
    "uuid.uuid1", "uuid.uuid4",
})

#: What asks the clock unless it is told a time: with how many arguments it is.
_ASKING = {"time.asctime": 1, "time.ctime": 1, "time.gmtime": 1, "time.localtime": 1, "time.strftime": 2}

#: Deterministic once they are given an argument.
_SEEDED = ("random.Random", "random.seed")

_SET_METHODS = frozenset({"difference", "intersection", "symmetric_difference", "union"})
_ORDERING = frozenset({"deque", "dict", "enumerate", "filter", "iter", "join", "list", "map", "next", "reversed",
                       "tuple", "zip"})
_LEVELLING = frozenset({"Counter", "all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"})
# fmt: on


def sources_of_chance(*trees: ast.Module) -> tuple[str, ...]:
    """Returns the names of what a program and its tests leave to chance, sorted; () if they leave nothing to it.

    A generator that is given a seed is none, and `hash` within `__hash__` says nothing by itself.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = _imported(nodes)
    given, excused = _given(nodes, names), _excused(nodes, names)
    found = {_starred(node) for node in nodes if isinstance(node, ast.ImportFrom)}
    for node in nodes:
        if id(node) not in excused:
            found.add(_source(node, names, given))
    if any(_full_name(node.func, names) == "random.seed" and node.args for node in nodes if isinstance(node, ast.Call)):
        found = {name for name in found if name.partition(".")[0] != "random"}
    return tuple(sorted(found - {""}))


def orders_sets(*trees: ast.Module) -> bool:
    """Whether a program goes through a set in the order in which it happens to be."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _is_set(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    levelled = {
        id(argument)
        for node in nodes
        if isinstance(node, ast.Call) and _name(node) in _LEVELLING
        for argument in node.args
    }
    return any(_is_set(one, named) for node in nodes if id(node) not in levelled for one in _gone_through(node))


def _source(node: ast.AST, names: dict[str, str], given: set[int]) -> str:
    """Returns the source of chance that a node is; "" for none."""
    name = _full_name(node, names) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    if id(node) in given or not name:
        return ""
    is_whole = name.partition(".")[0] in _WHOLE
    return name if is_whole or name in _NAMES or name in _ASKING or name in ("hash", "id") else ""


def _given(nodes: Sequence[ast.AST], names: dict[str, str]) -> set[int]:
    """Returns which nodes are functions that get what they need in order not to ask chance, or the clock."""
    found = set[int]()
    for node in nodes:
        if isinstance(node, ast.Call):
            name = _full_name(node.func, names)
            wanted = 1 if name in _SEEDED else _ASKING.get(name, 1 << 30)
            if len(node.args) + len(node.keywords) >= wanted and not any(_is_none(argument) for argument in node.args):
                found.add(id(node.func))
    return found


def _excused(nodes: Sequence[ast.AST], names: dict[str, str]) -> set[int]:
    """Returns the modules before the names of what is in them, and `hash` within a `__hash__`."""
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    found = {id(node.value) for node in attributes if _full_name(node.value, names) not in _NAMES}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "__hash__":
            found |= {id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id == "hash"}
    return found


def _imported(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """Returns what the names of modules, and of what is imported from them, stand for; and `hash` and `id`."""
    names = {"hash": "hash", "id": "id"}
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.pop(node.id, None)
        elif isinstance(node, ast.arg):
            names.pop(node.arg, None)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.pop(node.name, None)
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _starred(node: ast.ImportFrom) -> str:
    """Returns the module from which everything is imported, if it is one of chance."""
    return f"{node.module}.*" if node.module in _WHOLE and node.names[0].name == "*" else ""


def _full_name(node: ast.AST, names: dict[str, str]) -> str:
    """Returns a name with the modules that it stands in, such as `datetime.date.today`; "" for what is none."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _full_name(node.value, names)
        return f"{base}.{node.attr}" if base and base not in ("hash", "id") else ""
    return ""


def _gone_through(node: ast.AST) -> Iterator[ast.expr]:
    """Yields the expressions whose order a node makes something of."""
    if isinstance(node, ast.For):
        yield node.iter
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp)):
        yield from (generator.iter for generator in node.generators)
    elif isinstance(node, ast.Starred):
        yield node.value
    elif isinstance(node, ast.Call) and _name(node) in _ORDERING:
        yield from node.args
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "pop":
        yield from () if node.args else (node.func.value,)


def _is_set(node: ast.expr, named: set[str]) -> bool:
    if isinstance(node, (ast.Set, ast.SetComp)):
        return True
    if isinstance(node, ast.Name):
        return node.id in named
    if isinstance(node, ast.BinOp):
        both = isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub))
        return both and (_is_set(node.left, named) or _is_set(node.right, named))
    if isinstance(node, ast.Call):
        is_method = isinstance(node.func, ast.Attribute) and node.func.attr in _SET_METHODS
        return is_method or (isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset"))
    return False


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
