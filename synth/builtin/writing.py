"""From a specification to a whole exercise: docstring, solution, tests."""

from __future__ import annotations

import dataclasses
import json
import keyword
from typing import Any, Callable

from synth.builtin.code import Layout, draw_layout, empty_argument, write_function
from synth.builtin.composition import Chain, Step, draw_chain, evaluate
from synth.builtin.docstrings import write_docstring
from synth.builtin.samples import draw_argument
from synth.builtin.vocabulary import VOCABULARIES, Vocabulary
from synth.draws import Draws
from synth.specs import ExerciseSpec

TESTS = 8
_CANDIDATES = 28
_ATTEMPTS = 40
_LITERAL_CHARS = 150  # also of results on the way: a longer one ends the attempt
_ANSWERS_AT_LEAST = 4
_LARGEST = 1_999  # some operations count up to a number
_ACCEPTED = 1000  # more than any number of different answers


@dataclasses.dataclass(frozen=True)
class Case:
    """One test: the arguments of the call and the right answer."""

    arguments: tuple[Any, ...]
    answer: Any

    def call(self, name: str) -> str:
        """Returns the call as Python source."""
        return f"{name}({', '.join(repr(argument) for argument in self.arguments)})"

    def to_assertion(self, name: str) -> str:
        """Returns the test as `assert CALL == LITERAL`."""
        return f"assert {self.call(name)} == {self.answer!r}"


@dataclasses.dataclass(frozen=True)
class Draft:
    """A composed exercise before it is written out."""

    chain: Chain
    layout: Layout
    cases: tuple[Case, ...]
    setting: tuple[str, Vocabulary]
    draws_key: str

    def docstring(self, style: str) -> str:
        """Returns the docstring in a style."""
        draws = Draws(0, "docstring", self.draws_key)
        examples = [(case.call(self.layout.name), case.answer) for case in self.cases[1:3]]
        return write_docstring(draws, style, self.chain, self.layout, self.setting, examples)

    def solution(self, style: str, chain: Chain | None = None) -> str:
        """Returns the function's source; with another chain, what that one does under this one's docstring."""
        draws = Draws(0, "names", self.draws_key)
        layout = self.layout
        if chain is not None:
            idioms = tuple(
                known if step.operation.name == old.operation.name else step.operation.idioms[0]
                for step, old, known in zip(chain, self.chain, layout.idioms, strict=True)
            )
            layout = dataclasses.replace(layout, idioms=idioms)
        chain = chain or self.chain
        return write_function(draws, chain, layout, evaluate(chain, empty_argument(chain)), self.docstring(style))

    def assertions(self) -> list[str]:
        """Returns the tests."""
        return [case.to_assertion(self.layout.name) for case in self.cases]


def setting_of(spec: ExerciseSpec) -> tuple[str, Vocabulary]:
    """Returns the setting of a specification, or one for it if it has none that is known."""
    setting = spec.setting if spec.setting in VOCABULARIES else sorted(VOCABULARIES)[spec.seed % len(VOCABULARIES)]
    return setting, VOCABULARIES[setting]


def function_word(spec: ExerciseSpec) -> str:
    """Returns the word that a function's name must contain, fit for Python."""
    word = spec.name_word.lower()
    return word if word.isidentifier() and not keyword.iskeyword(word) else "solve"


def draft_exercise(
    spec: ExerciseSpec, core: ExerciseSpec | None = None, accept: Callable[[Draft], bool] = lambda draft: True
) -> Draft:
    """Returns the exercise that a specification stands for.

    Args:
        spec: names, setting and docstring come from here.
        core: where the chain comes from, if not from `spec`.
        accept: whether a composition will do; if none of those tried will, the best of them is taken.
    """
    core = core or spec
    setting, vocabulary = setting_of(spec)
    base = json.dumps(core.to_json(), sort_keys=True, ensure_ascii=False)
    best: tuple[int, Draft] | None = None
    for attempt in range(_ATTEMPTS):
        key = f"{base}\x00{attempt}"
        draws = Draws(0, "chain", key)
        chain = draw_chain(draws, core.concepts, core.difficulty)
        layout = draw_layout(draws, chain, "f", vocabulary.names[chain[0].takes], core.audience)
        cases = _cases(draws, chain, layout, VOCABULARIES.get(core.setting, vocabulary))
        answers = len({repr(case.answer) for case in cases})
        worth = answers if len(cases) == TESTS and _every_step_matters(chain, cases) else 0
        enough = worth >= (2 if chain[-1].gives == "flag" else _ANSWERS_AT_LEAST)
        if best is not None and worth <= best[0] and not enough:
            continue
        draft = Draft(chain, _named(spec, chain, layout, vocabulary), cases, (setting, vocabulary), key)
        accepted = accept(draft)
        worth += _ACCEPTED * accepted
        if best is None or worth > best[0]:
            best = (worth, draft)
        if enough and accepted:
            break
    assert best is not None
    return best[1]


def _named(spec: ExerciseSpec, chain: Chain, layout: Layout, vocabulary: Vocabulary) -> Layout:
    draws = Draws(0, "name", json.dumps(spec.to_json(), sort_keys=True, ensure_ascii=False))
    argument = draws.choice(vocabulary.names[chain[0].takes])
    name = f"{function_word(spec)}_{draws.choice((argument, argument, chain[-1].gives))}"
    return dataclasses.replace(layout, name=name, argument=argument)


def _cases(draws: Draws, chain: Chain, layout: Layout, vocabulary: Vocabulary) -> tuple[Case, ...]:
    """Returns up to TESTS cases with as many different answers as can be found; the empty argument is one of them."""
    found: dict[str, Case] = {}
    for number in range(_CANDIDATES):
        argument = empty_argument(chain) if number == 0 else draw_argument(draws, chain, vocabulary)
        lifted = {place: _lifted_value(draws, chain, place) for place in layout.lifted}
        value = argument
        for step in with_lifted(chain, lifted):
            if _is_handy(value):
                value = step.apply(value)
        if _is_handy(value):
            case = Case((argument, *lifted.values()), value)
            found.setdefault(repr(case.arguments), case)
    fresh: dict[str, Case] = {}
    for case in found.values():
        fresh.setdefault(repr(case.answer), case)
    first = list(fresh.values())[:TESTS]
    return tuple([*first, *(case for case in found.values() if case not in first)][:TESTS])


def _is_handy(value: Any) -> bool:
    """Whether a result on the way is small enough to be written down, and to be reckoned with step by step."""
    return len(repr(value)) <= _LITERAL_CHARS and not (isinstance(value, int) and abs(value) > _LARGEST)


def _lifted_value(draws: Draws, chain: Chain, place: tuple[int, str]) -> Any:
    step, parameter = chain[place[0]], place[1]
    return step.values[parameter] if draws.chance(0.4) else draws.choice(step.operation.parameters[parameter])


def with_lifted(chain: Chain, lifted: dict[tuple[int, str], Any]) -> Chain:
    """Returns the chain with other values for its lifted parameters."""

    def changed(number: int, step: Step) -> Step:
        values = {name: lifted.get((number, name), value) for name, value in step.values.items()}
        return dataclasses.replace(step, values=values)

    return tuple(changed(number, step) for number, step in enumerate(chain))


def _every_step_matters(chain: Chain, cases: tuple[Case, ...]) -> bool:
    """Whether leaving out a step that keeps the type would change some answer, for each such step."""
    for number, step in enumerate(chain):
        rest = chain[:number] + chain[number + 1 :]
        arguments = [case.arguments[0] for case in cases]
        same = (evaluate(rest, value) == evaluate(chain, value) for value in arguments)
        if step.takes == step.gives and all(same):
            return False
    return True
