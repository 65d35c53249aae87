"""The command `phimill test`: runs a recipe's tests and prints a line for each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from data.errors import PhimillError, UsageError
from data.recipe_file import read_recipe
from filters.judging.verdicts import prepare
from flows.expectations import check_expectations
from flows.preflight import resolve_plan
from flows.progress import QUIET_SECONDS
from flows.recipe_tests import Result, label_of, run_tests
from flows.terminal import open_console, print_json, show_number, styled

#: A person who waits longer than this is told how far it is.
PATIENCE_SECONDS = 2.0

_EXAMPLE = """\
expect:
  - {keep: tests/good.jsonl}
  - {drop: tests/spam.jsonl, reason: too_few_words, at_least: 0.9}
  - {drop_text: "Buy now! Buy now!"}"""


def run_and_print(name: str, changes: Sequence[str], as_json: bool) -> None:
    """Runs a recipe's tests and prints a line for each.

    Raises:
        RecipeError: the recipe or a test is wrong.
        UsageError: the recipe has no tests.
        PhimillError: an expectation is missed.
    """
    file = read_recipe(name, changes)
    plan = resolve_plan(file)
    if not file.recipe.expect:
        raise UsageError(f"{file.path}: has no tests. They are written so:\n{_EXAMPLE}")
    check_expectations(file, plan)
    prepare(plan.measure_settings(), lambda line: print(line, file=sys.stderr, flush=True))
    waiting = Waiting()
    results, left_out = run_tests(file, plan, waiting.tell)
    waiting.end()
    missed = sum(not result.passed for result in results)
    if as_json:
        found = [result.to_json() for result in results]
        print_json({"recipe": str(file.path), "passed": not missed, "expectations": found, "left_out": left_out})
    else:
        _print(results, left_out)
    if missed:
        raise PhimillError(f"{file.path}: {missed} of {len(results)} expectations missed")


def _print(results: list[Result], left_out: dict[str, str]) -> None:
    console = open_console()
    width = min(max(len(label_of(result.expectation)) for result in results), 44)
    for result in results:
        wanted = result.expectation
        verb = "kept" if wanted.keeps else f"dropped for {wanted.reason}" if wanted.reason else "dropped"
        demand = "all" if wanted.at_least == 1 else f"{100 * wanted.at_least:.4g}%"
        sign, colour = ("✓", "green") if result.passed else ("✗", "red")
        console.print(
            styled(f"{sign} {label_of(wanted):<{width}}  ", colour)
            + styled(f"{result.met:,} of {result.documents:,} {verb} ({result.share:.1%}), wanted: {demand}"),
            soft_wrap=True,
        )
        if not result.passed:
            _print_misses(console, result)
    passed = sum(result.passed for result in results)
    console.print(styled(f"\n{passed} of {len(results)} expectations met", "bold"))
    for address, why in left_out.items():
        console.print(styled(f"not judged: {address}: {why}", "dim"))


def _print_misses(console: Any, result: Result) -> None:
    if result.expectation.keeps and result.reasons:
        listed = ", ".join(f"{reason} {number:,}" for reason, number in result.reasons.most_common(5))
        console.print(styled(f"    dropped as {listed}"), soft_wrap=True)
    if result.unjudged:
        console.print(styled("    no rule looks at some of them; say what they are with `kind` or `source`", "yellow"))
    for miss in result.misses:
        facts = "; ".join(_in_words(fact) for fact in miss["rules"]) or "no rule fails it"
        console.print(styled(f"    {miss['document']}: {facts}"), soft_wrap=True)
    more = result.documents - result.met - len(result.misses)
    if more > 0:
        console.print(styled(f"    and {more:,} more", "dim"))


def _in_words(fact: dict[str, Any]) -> str:
    verdict = "fails" if fact["fails"] else "passes" if fact["value"] is not None else "does not look at it"
    value = f"{fact['signal']} {show_number(fact['value'])}, {fact['sign']} {show_number(fact['bound'])}"
    return f"{verdict} {fact['rule']} ({value})" if fact["value"] is not None else f"{fact['rule']} {verdict}"


class Waiting:
    """Tells a person who waits what is judged; nothing in the first seconds."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._begin = self._shown = time.monotonic()
        self._moving = self._stream.isatty()
        self._open = False

    def tell(self, label: str, documents: int) -> None:
        """Shows how many documents of an expectation are judged."""
        now = time.monotonic()
        if now - self._begin < PATIENCE_SECONDS or now - self._shown < (0.1 if self._moving else QUIET_SECONDS):
            return
        self._shown, self._open = now, True
        text = f"  {label}: {documents:,} documents judged"
        print(
            f"\r\x1b[2K{text}" if self._moving else text,
            end="" if self._moving else "\n",
            file=self._stream,
            flush=True,
        )

    def end(self) -> None:
        """Clears the line."""
        if self._open and self._moving:
            print("\r\x1b[2K", end="", file=self._stream, flush=True)
