"""A chain of operations, written as Python."""

from __future__ import annotations

import ast
import dataclasses
import textwrap
from string import Template
from typing import Any, Iterable, Sequence

from data.syntax import parse_expression
from synth.builtin.composition import Chain, Step
from synth.builtin.grammar import HINTS, body_of, head_of, is_expression
from synth.builtin.samples import EMPTY
from synth.builtin.vocabulary import INTERMEDIATE, LOCALS
from synth.draws import Draws

_ATOMS = (ast.Call, ast.Name, ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Subscript, ast.Constant)
_LIFTED_NAMES = ("k", "m", "p", "q", "s", "t")


@dataclasses.dataclass
class Layout:
    """How a function is written; drawn once for each exercise.

    Attributes:
        name, argument: the function's name and that of its first argument.
        typed: with type hints.
        inline: expressions are nested where that is possible.
        helper: index of the step that becomes a function of its own, or -1.
        guard: starts with an early return for an empty argument.
        lifted: parameters of the function beside its argument: (step, parameter) → name.
        idioms: for each step the template, and for each mapped step how the members are visited.
    """

    name: str
    argument: str
    typed: bool
    inline: bool
    helper: int
    guard: bool
    lifted: dict[tuple[int, str], str]
    idioms: tuple[str, ...]
    visits: tuple[int, ...]


def draw_layout(draws: Draws, chain: Chain, name: str, arguments: Sequence[str], audience: str = "") -> Layout:
    """Returns how a chain shall be written: for beginners mostly in loops, for those who know Python mostly without."""
    idioms = tuple(draws.choice(_suiting(draws, step.operation.idioms, audience)) for step in chain)
    lifted: dict[tuple[int, str], str] = {}
    if draws.chance(0.3):
        for number, step in enumerate(chain):
            for parameter, value in step.values.items():
                if isinstance(value, int) and len(lifted) < 2:
                    lifted[number, parameter] = _LIFTED_NAMES[len(lifted)]
    plain = [number for number, step in enumerate(chain) if not any(key[0] == number for key in lifted)]
    return Layout(
        name=name,
        argument=draws.choice(arguments),
        typed=draws.chance(0.5),
        inline=draws.chance(0.5),
        helper=draws.choice(plain) if plain and len(chain) > 1 and draws.chance(0.25) else -1,
        guard=not lifted and chain[0].takes not in ("natural", "int", "date") and draws.chance(0.25),
        lifted=lifted,
        idioms=idioms,
        visits=tuple(draws.below(3) for _ in chain),
    )


def _suiting(draws: Draws, idioms: tuple[str, ...], audience: str) -> tuple[str, ...]:
    """Returns the idioms that suit an audience, or, now and then and where none does, all of them."""
    text = audience.lower()
    wanted = False if "beginner" in text or "child" in text else True if "idiomatic" in text else None
    if wanted is None or draws.chance(0.25):
        return idioms
    return tuple(idiom for idiom in idioms if is_expression(idiom) == wanted) or idioms


class Names:
    """Gives out names that are not in use yet."""

    def __init__(self, draws: Draws, used: Sequence[str]) -> None:
        self._draws, self._used = draws, set(used)

    def fresh(self, pool: Sequence[str]) -> str:
        """Returns a name from the pool, numbered if all are in use."""
        free = [name for name in pool if name not in self._used]
        name = self._draws.choice(free) if free else f"{pool[0]}_{len(self._used)}"
        self._used.add(name)
        return name


def write_function(
    draws: Draws, chain: Chain, layout: Layout, empty_answer: Any, docstring: str, used: Sequence[str] = ()
) -> str:
    """Returns the source of the function, its helpers before it, ending without a line feed.

    Args:
        draws: where names come from.
        chain: what the function does.
        layout: how it is written.
        empty_answer: the answer for an empty argument, for the guard.
        docstring: the text between the triple quotes, unindented.
        used: names that stand for something else already.
    """
    writer = _Writer(draws, chain, layout, used)
    body = writer.body()
    if layout.guard:
        body = [f"if not {layout.argument}:", f"    return {empty_answer!r}", *body]
    head = f"def {layout.name}({_arguments(chain, layout)})" + (f" -> {HINTS[chain[-1].gives]}" if layout.typed else "")
    lines = [f'"""{docstring}"""' if "\n" not in docstring else f'"""{docstring}\n"""', *body]
    function = f"{head}:\n" + textwrap.indent("\n".join(lines), "    ", lambda line: line.strip() != "")
    imports = [merged_imports(writer.imports)] if writer.imports else []
    return "\n\n\n".join([*imports, *writer.helpers, function])


@dataclasses.dataclass(frozen=True)
class ScriptStep:
    """One step of a chain as statements of a script: what must be defined first, the statements, the result's name."""

    imports: frozenset[str]
    definitions: tuple[str, ...]
    lines: tuple[str, ...]
    result: str


def write_script(draws: Draws, chain: Chain, layout: Layout) -> list[ScriptStep]:
    """Returns a chain as statements, step by step, that start from the variable `layout.argument`."""
    writer = _Writer(draws, chain, dataclasses.replace(layout, inline=False, helper=-1, guard=False, lifted={}))
    return writer.script()


def merged_imports(lines: Iterable[str]) -> str:
    """Returns import statements, those of names from one module as one."""
    names: dict[str, set[str]] = {}
    lines = list(lines)
    for line in lines:
        if line.startswith("from "):
            module, _, listed = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).update(listed.split(", "))
    plain = sorted(line for line in lines if line.startswith("import "))
    return "\n".join(
        [*plain, *(f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names))]
    )


def _arguments(chain: Chain, layout: Layout) -> str:
    first = f"{layout.argument}: {HINTS[chain[0].takes]}" if layout.typed else layout.argument
    return ", ".join([first, *(f"{name}: int" if layout.typed else name for name in layout.lifted.values())])


class _Writer:
    def __init__(self, draws: Draws, chain: Chain, layout: Layout, used: Sequence[str] = ()) -> None:
        self.chain, self.layout, self.helpers, self.imports = chain, layout, list[str](), set[str]()
        self.draws = draws
        self.names = Names(draws, [layout.name, layout.argument, *layout.lifted.values(), *used])

    def body(self) -> list[str]:
        """Returns the function's statements, without docstring and guard."""
        lines: list[str] = []
        current = self.layout.argument
        for number, step in enumerate(self.chain):
            last = number == len(self.chain) - 1
            expression, block = self._step(number, step, current)
            follows = body_of(self.layout.idioms[number + 1]).count("$x") == 1 if not last else True
            if expression and not block and (last or (self.layout.inline and follows)):
                current = expression
                continue
            lines += block
            if expression:
                target = self.names.fresh(INTERMEDIATE[step.gives])
                lines.append(f"{target} = {expression}")
                current = target
            else:
                current = self._target
        return [*lines, f"return {current}"]

    def script(self) -> list[ScriptStep]:
        """Returns each step's statements."""
        found: list[ScriptStep] = []
        current = self.layout.argument
        for number, step in enumerate(self.chain):
            known, defined = set(self.imports), len(self.helpers)
            expression, lines = self._step(number, step, current)
            if expression:
                current = self.names.fresh(INTERMEDIATE[step.gives])
                lines = [*lines, f"{current} = {expression}"]
            else:
                current = self._target
            found.append(
                ScriptStep(frozenset(self.imports - known), tuple(self.helpers[defined:]), tuple(lines), current)
            )
        return found

    def _step(self, number: int, step: Step, x: str) -> tuple[str, list[str]]:
        """Returns the step as an expression over x, or "" and statements that set self._target."""
        idiom = self.layout.idioms[number]
        values = {name: self._parameter(number, name, value) for name, value in step.values.items()}
        if step.over:
            return self._over(number, step, idiom, values, x)
        if number == self.layout.helper:
            return f"{self._helper(step, idiom, values, step.operation.name)}({x})", []
        return self._filled(step, idiom, values, x, self.names)

    def _filled(self, step: Step, idiom: str, values: dict[str, str], x: str, names: Names) -> tuple[str, list[str]]:
        places = {
            place: (self.names if place.isupper() else names).fresh(LOCALS[place])
            for place in step.operation.places(idiom)
        }
        self._head(Template(head_of(idiom)).substitute(places))
        idiom = body_of(idiom)
        block: list[str] = []
        if not x.isidentifier() and (idiom.count("$x") > 1 or not is_expression(idiom)):
            x, block = self._named(x, step.operation.takes, names)
        if is_expression(idiom):
            bare = x if not is_expression(idiom) or _is_atom(x) else f"({x})"
            return Template(idiom).substitute(values, x=bare, **places), block
        self._target = names.fresh(INTERMEDIATE[step.operation.gives])
        return "", [*block, *Template(idiom).substitute(values, x=x, y=self._target, **places).split("\n")]

    def _head(self, source: str) -> None:
        """Keeps what belongs at the head of the module: imports and definitions."""
        lines = source.split("\n")
        self.imports |= {line for line in lines if line.startswith(("import ", "from "))}
        rest = "\n".join(line for line in lines if not line.startswith(("import ", "from "))).strip("\n")
        if rest:
            self.helpers.append(rest)

    def _named(self, expression: str, kind: str, names: Names) -> tuple[str, list[str]]:
        name = names.fresh(INTERMEDIATE[kind])
        return name, [f"{name} = {expression}"]

    def _parameter(self, number: int, name: str, value: Any) -> str:
        return self.layout.lifted.get((number, name), str(value))

    def _helper(self, step: Step, idiom: str, values: dict[str, str], name: str) -> str:
        """Writes a function that does one operation and returns its name."""
        function = self.names.fresh([f"_{name}"])
        names = Names(self.draws, [function])
        argument = names.fresh(("source", "given", "part"))
        expression, block = self._filled(step, idiom, values, argument, names)
        hints = (HINTS[step.operation.takes], HINTS[step.operation.gives])
        head = f"{argument}: {hints[0]}) -> {hints[1]}" if self.layout.typed else f"{argument})"
        lines = [*block, f"return {expression or self._target}"]
        self.helpers.append(f"def {function}({head}:\n" + textwrap.indent("\n".join(lines), "    "))
        return function

    def _over(self, number: int, step: Step, idiom: str, values: dict[str, str], x: str) -> tuple[str, list[str]]:
        """Returns an operation applied to every member of a container."""
        member, key = self.names.fresh(("member", "part", "each")), self.names.fresh(LOCALS["g"])
        lifted = any(place[0] == number for place in self.layout.lifted)
        if is_expression(idiom) and (lifted or self.layout.visits[number] != 2):
            each = self._filled(step, idiom, values, member, self.names)[0]
        elif lifted:  # a block that needs the function's own parameters cannot become a helper
            inner = next((known for known in step.operation.idioms if is_expression(known)), None)
            if inner is None:
                return self._loop_over(step, idiom, values, x, member, key)
            each = self._filled(step, inner, values, member, self.names)[0]
        else:
            each = f"{self._helper(step, idiom, values, step.operation.name)}({member})"
        if step.over in ("series", "groups"):
            return f"{{{key}: {each} for {key}, {member} in {_wrapped(x)}.items()}}", []
        if self.layout.visits[number] == 1:
            self._target = self.names.fresh(INTERMEDIATE[step.gives])
            target = self._target
            return "", [f"{target} = []", f"for {member} in {x}:", f"    {target}.append({each})"]
        return f"[{each} for {member} in {_wrapped(x)}]", []

    def _loop_over(
        self, step: Step, idiom: str, values: dict[str, str], x: str, member: str, key: str
    ) -> tuple[str, list[str]]:
        block = self._filled(step, idiom, values, member, self.names)[1]
        inner, target = self._target, self.names.fresh(INTERMEDIATE[step.gives])
        if step.over in ("series", "groups"):
            opening = [f"{target} = {{}}", f"for {key}, {member} in {x}.items():"]
            closing = f"{target}[{key}] = {inner}"
        else:
            opening, closing = [f"{target} = []", f"for {member} in {x}:"], f"{target}.append({inner})"
        self._target = target
        return "", [*opening, *(f"    {line}" for line in [*block, closing])]


def _is_atom(expression: str) -> bool:
    return isinstance(parse_expression(expression), _ATOMS)


def _wrapped(expression: str) -> str:
    return expression if _is_atom(expression) else f"({expression})"


def empty_argument(chain: Chain) -> Any:
    """Returns the argument that holds nothing."""
    return EMPTY[chain[0].takes]
