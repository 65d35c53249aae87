"""Exercises on demand: the command line's and the deployment's way to a teacher."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import errno
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from data.errors import PhimillError, UsageError
from data.fingerprint import file_sha256
from data.recipe import Synthesise
from flows.progress import Progress
from flows.teaching.plans import plan_of
from flows.teaching.preview import show_preview
from flows.teaching.report import write_report
from flows.teaching.watching import Watch
from flows.work import Work
from synth.generation import Generation
from synth.plans import Plan
from synth.rows import Item
from synth.shared_answers import SharedAnswers, default_path
from synth.tally import Tally

JOURNAL = "teacher.sqlite"


@dataclasses.dataclass(frozen=True)
class Order:
    """What a person asked for.

    Attributes:
        out: the out folder.
        settings: teacher, number, kinds.
        seed: another one gives other exercises.
        name: of the files, a noun in the plural.
        plan: what to ask for; None: the settings' topics and kinds.
        preview: how many to show before anything is spent further.
        go_on: asked after the preview; whether to go on.
        shared: whether answers of other runs may be used.
        watch: told how it stands; None: a live table or lines.
        benchmarks: files of test items, which no record that is kept may repeat.
    """

    out: Path
    settings: Synthesise
    seed: int = 1
    name: str = "exercises"
    plan: Plan | None = None
    preview: int = 0
    go_on: Callable[[str], bool] = lambda question: True
    shared: bool = True
    watch: Callable[[Tally], None] | None = None
    benchmarks: tuple[Path, ...] = ()


def fulfil(order: Order) -> dict[str, Any]:
    """Makes what was ordered; returns the facts.

    Raises:
        PhimillError: the endpoint is down or out of quota, or a cap was reached before anything could be kept. What
            was paid for is in the files.
    """
    from synth.exercises import check_settings

    check_settings(order.settings)
    progress = Progress()
    with Work(order.out.absolute()) as work, opened(order, work.root / JOURNAL) as (generation, watch):
        if generation.price and generation.asker.kind == "llm":
            price = generation.price
            progress.say(f"{order.settings.teacher.model}: {price.in_words()}")
        go_on = True
        if order.preview:
            items = generation.step(min(order.preview, generation.left))
            if watch:
                watch.stop()
            go_on = order.go_on(show_preview(generation, items))
        try:
            if go_on:
                generation.run()
        except (PhimillError, KeyboardInterrupt) as failure:
            generation.ended = str(failure) or "interrupted"
            if watch:
                watch.stop()
            if generation.items:  # what was paid for and decided is there to be used
                say_end(progress, order, _write(order, generation), generation.items)
            raise
        if watch:
            watch.stop()
        facts = _write(order, generation)
        say_end(progress, order, facts, generation.items)
        if facts["cap_reached"] and not facts["kept"]:
            raise PhimillError(_nothing_kept(order, generation, facts))
    return facts


def _nothing_kept(order: Order, generation: Generation, facts: dict[str, Any]) -> str:
    """Returns what to say where a cap was reached before anything could be kept: which, and what would do."""
    cap, teacher, needs = facts["cap_reached"], order.settings.teacher, ""
    prompt, reply = generation.asker.worst(generation.items[0].request)
    if cap == "max_usd" and generation.price:
        usd = generation.price.nano_usd(prompt, reply, in_batch=teacher.batch) / 1e9
        needs = f" One call may cost {usd:.6f} USD and is not made with less left; {teacher.max_usd:g} are allowed."
    elif cap == "max_total_tokens":
        needs = f" One call may take {prompt + reply:,} tokens and is not made with fewer left."
    unasked = facts["rejected"].get("budget_exhausted", 0)
    return (
        f"nothing was kept: {cap} is reached, {unasked} of {facts['requests']} requests were not made.{needs} Raise "
        f"--{cap.replace('_', '-')}, or lower --max-output-tokens, and run the same command to go on."
    )


@contextlib.contextmanager
def opened(order: Order, journal: Path) -> Iterator[tuple[Generation, Watch | None]]:
    """Yields the generation of an order, and what shows it; a disk that refuses the journal is named."""
    plan = order.plan or plan_of(order.settings, order.seed)
    watch = Watch(order.name) if order.watch is None else None
    show = watch.show if watch else order.watch or (lambda tally: None)
    shared = SharedAnswers(default_path()) if order.shared else None
    more: dict[str, Any] = {"plan": plan, "shared": shared, "on_change": show}
    try:
        with contextlib.ExitStack() as stack:
            if order.benchmarks:
                from flows.teaching.leaks import Leaks

                more["find_leak"] = stack.enter_context(Leaks(order.benchmarks, _cache_or(journal.parent))).find
            generation = stack.enter_context(Generation(order.settings, order.seed, journal, **more))
            stack.enter_context(watch or contextlib.nullcontext())
            yield generation, watch
    except sqlite3.OperationalError as failure:  # a full disk, or one that cannot be written
        raise OSError(errno.EIO, str(failure), str(journal)) from failure


def _cache_or(folder: Path) -> Path:
    """Returns phimill's cache folder, where what benchmarks do is kept for all runs; the given one if it is closed."""
    cache = default_path().parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return folder
    return cache if os.access(cache, os.W_OK) else folder


def _write(order: Order, generation: Generation) -> dict[str, Any]:
    from synth.exercise_files import write_exercises

    facts = generation.facts()
    if order.benchmarks:
        facts["benchmarks"] = {path.name: file_sha256(path) for path in order.benchmarks}
    write_exercises(order.out, generation.items, generation.table(), facts, order.name)
    write_report(order.out / "report.html", order.name, generation.items, facts)
    if order.settings.shipped:
        generation.novelty.save(Path(order.settings.shipped))
    return facts


def say_end(progress: Progress, order: Order, facts: dict[str, Any], items: Sequence[Item]) -> None:
    """Says what was made, what was not and why, and what it cost."""
    from flows.terminal import one_line

    progress.say(f"\n{facts['kept']} of {facts['requests']} {order.name} kept in {order.out}/{order.name}.jsonl")
    for reason, count in sorted(facts["rejected"].items(), key=lambda pair: (-pair[1], pair[0])):
        details = collections.Counter(
            item.detail for item in items if item.reason == reason != "budget_exhausted" and item.detail
        )
        such = min(details, key=lambda detail: (-details[detail], detail), default="").removeprefix(f"{reason}: ")
        progress.say(f"  {count:>6}  {reason}" + (f", such as: {one_line(such)}" if such else ""))
    if facts["shared"]:
        progress.say(f"{facts['shared']} answers were there from other runs and cost nothing")
    if facts["rejected"].get("in_doubt"):
        progress.say(
            f"{facts['rejected']['in_doubt']} answers are lost, with a run that died or a batch that the endpoint no "
            "longer has: they stay charged and were not asked again. --resend-in-doubt asks again, and may pay twice"
        )
    if facts["cap_reached"]:
        progress.say(f"stopped by {facts['cap_reached']}; raise it and run the same command to go on")
    if facts["ended"]:
        progress.say(f"ended: {facts['ended']}")
    if facts["kind"] == "llm":
        spent = "price unknown" if facts["price"] is None else f"{facts['usd']:.4f} USD"
        progress.say(f"{facts['prompt_tokens']:,} tokens in, {facts['completion_tokens']:,} out, {spent}")
    sys.stderr.flush()


def split(listed: str | None, option: str) -> list[str] | None:
    """Returns the parts of a comma-separated wish; None for none.

    Raises:
        UsageError: it has no part.
    """
    if listed is None:
        return None
    parts = [part.strip() for part in listed.split(",") if part.strip()]
    if not parts:
        raise UsageError(f"{option}: names nothing, found {listed!r}; expected one name or several with commas between")
    return parts


def is_watched() -> bool:
    """Whether a person can be asked."""
    return os.isatty(0) and sys.stderr.isatty()
