"""`phimill bench synth`: what verification makes of a teacher whose every fault is known."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.fingerprint import code_digest
from data.objects import read_objects
from data.recipe import Synthesise
from flows.progress import Progress
from flows.steps.behaviour import Comparer, benchmarks_named, learn_benchmarks, without_programs
from flows.terminal import new_table, open_console, print_json
from synth.builtin.faults import DEFAULT_RATES, FaultRates, core_of, expected_reason, fault_of
from synth.evidence import LEVELS
from synth.generation import Generation
from synth.remembered import Remembered
from synth.rows import Item

#: The teacher's usual faults, and the one that asks most of a verifier.
RATES = dataclasses.replace(DEFAULT_RATES, weak_tests=0.03, http_429=0.0, http_500=0.0)

#: With programs that do what a benchmark's solutions do, where there are benchmarks to find them by.
RATES_WITH_CLONES = dataclasses.replace(RATES, benchmark_clone=0.02)

#: Reasons that say nothing against an exercise but that there was one like it.
_REPEATED = ("duplicate_exercise", "near_duplicate", "duplicate_skeleton", "duplicate_behaviour")

#: Nor is it a fault of verification if the teacher's grammar happens upon a benchmark's task.
_ACCIDENT = "contaminated"

_DECILES = 10

#: Lines of what went wrong.
_SHOWN = 16


@dataclasses.dataclass
class Findings:
    """What became of all requests.

    Attributes:
        seconds: on the clock, everything included; processor_seconds: of this process, its threads and all programs.
        levels: requests by the level that they reached; `unread` for those that could not be read.
        planted, caught: text faults of the teacher by kind of fault.
        missed: the first places where one was not caught.
        sound, rejected: exercises without a fault, and those rejected all the same, repetitions aside.
        strong: kept exercises with something to kill whose tests, ours added, kill all of it.
    """

    requests: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    kept: int = 0
    levels: dict[str, int] = dataclasses.field(default_factory=dict)
    reasons: dict[str, int] = dataclasses.field(default_factory=dict)
    planted: dict[str, int] = dataclasses.field(default_factory=dict)
    caught: dict[str, int] = dataclasses.field(default_factory=dict)
    missed: list[str] = dataclasses.field(default_factory=list)
    sound: int = 0
    rejected: int = 0
    rejections: list[str] = dataclasses.field(default_factory=list)
    weighed: int = 0
    strong: int = 0
    strong_before: int = 0
    deciles: list[int] = dataclasses.field(default_factory=lambda: [0] * (_DECILES + 1))
    killable: int = 0
    killed: int = 0
    added: int = 0
    skeletons: int = 0
    behaviours: int = 0
    topics: int = 0
    concepts: int = 0
    pairs: int = 0
    sandbox: str = "none"

    def to_json(self) -> dict[str, Any]:
        """Returns everything, with the shares that matter."""
        return {**dataclasses.asdict(self), **self.shares()}

    def shares(self) -> dict[str, float | None]:
        """Returns what the bench is for; None where there was nothing to count."""
        planted = sum(self.planted.values())
        return {
            "caught_share": _share(sum(self.caught.values()), planted),
            "false_rejection_share": _share(self.rejected, self.sound),
            "all_killed_share": _share(self.strong, self.weighed),
            "all_killed_share_before": _share(self.strong_before, self.weighed),
            "seconds_each": _share(self.seconds, self.requests),
            "processor_seconds_each": _share(self.processor_seconds, self.requests),
        }


def bench_synth(
    number: int, kinds: Sequence[str], seed: int, benchmarks: Sequence[Path], as_json: bool, out: Path | None = None
) -> Findings:
    """Has the built-in teacher write exercises, runs them, compares with the truth, prints and returns what it found.

    Args:
        number: requests.
        kinds: what to ask for, in turn.
        seed: of the requests.
        benchmarks: files whose solutions no exercise may do; then the teacher writes some that do.
        as_json: print JSON instead of tables.
        out: where answers and verdicts are kept, so that a run that was killed goes on, and the findings as JSON.
    """
    settings = Synthesise(exercises=number, kinds=list(kinds), min_level="strong")
    begin, busy = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="phimill-bench-") as folder:
        rates = RATES_WITH_CLONES if benchmarks else RATES
        items, in_sandbox = _generate(settings, seed, out or Path(folder), rates)
    if benchmarks:
        _decontaminate(items, benchmarks)
    found = count(items, rates)
    found.requests, found.seconds = number, time.monotonic() - begin
    found.processor_seconds = time.process_time() - busy + in_sandbox
    if out is not None:
        atomic_write(out / "findings.json", json.dumps(found.to_json(), indent=1))
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)
    return found


def _generate(settings: Synthesise, seed: int, folder: Path, rates: FaultRates) -> tuple[list[Item], float]:
    """Returns what was made, and the processor time that the programs have taken."""
    progress = Progress()
    with (
        progress.step("exercises", settings.exercises, settings.exercises) as done,
        Remembered(folder / "examined.jsonl", code_digest("synth.examining")) as examine,
        Generation(
            settings,
            seed,
            folder / "journal.sqlite",
            rates=rates,
            on_change=lambda tally: done(max(1, tally.examined)),
            examine=examine,
        ) as made,
    ):
        made.run()
        return made.items, made.sandbox.cpu_s


def _decontaminate(items: Sequence[Item], benchmarks: Sequence[Path]) -> None:
    """Marks the kept exercises that do what a benchmark's solution does."""
    progress, named = Progress(), benchmarks_named(benchmarks)
    lines = sum(1 for path in benchmarks for _ in read_objects(path))
    with progress.step("benchmarks", lines, lines) as done:
        learned = learn_benchmarks(named, done)
    for line in without_programs(named, learned):
        progress.say(line)
    with Comparer(learned) as comparer, progress.step("behaviour", len(items), len(items)) as done:
        for number, item in enumerate(items, 1):
            record = item.parsed.record
            if not item.reason and record is not None and comparer.find(record.code, simple=True):
                item.reason = "contaminated"
            done(number)


def count(items: Iterable[Item], rates: FaultRates = RATES) -> Findings:
    """Returns what became of requests, held against what the teacher did on purpose."""
    found = Findings()
    levels, reasons = collections.Counter[str](), collections.Counter[str]()
    planted, caught = collections.Counter[str](), collections.Counter[str]()
    skeletons, behaviours, topics = set[str](), set[str](), set[str]()
    concepts, pairs, cores = set[str](), set[tuple[str, ...]](), set[tuple[str, int]]()
    for item in items:
        examined, fault = item.examined, fault_of(item.spec, rates)
        levels[(examined.level or "prose") if examined else "unread"] += 1
        reasons[item.reason or "kept"] += 1
        wanted = expected_reason(fault, item.spec.kind)
        if wanted == "duplicate_exercise" and not item.reason:
            core = (item.spec.kind, core_of(item.spec).seed)
            wanted = wanted if core in cores else ""  # the first of several alike is none
            cores.add(core)
        if wanted:
            planted[fault] += 1
            good = _is_caught(item, fault, wanted)
            caught[fault] += good
            if not good:
                found.missed.append(f"{item.number} {item.spec.kind} {fault}: {item.reason or 'kept'}")
        elif item.reason not in (*_REPEATED, _ACCIDENT):
            found.sound += 1
            found.rejected += bool(item.reason)
            if item.reason:
                found.rejections.append(f"{item.number} {item.spec.kind}: {item.reason}: {item.detail}")
        if item.reason:
            continue
        found.kept += 1
        topics.add(item.spec.topic)
        concepts.update(item.spec.concepts)
        pairs.update(itertools.combinations(sorted(item.spec.concepts), 2))
        if examined is not None and examined.verdict is not None:
            found.sandbox = examined.verdict.sandbox
            skeletons.add(examined.skeleton)
            behaviours.add(examined.behaviour)
            _weigh(found, examined.columns)
    found.levels = {level: levels[level] for level in ("unread", "prose", *LEVELS) if levels[level]}
    found.reasons, found.planted, found.caught = dict(reasons.most_common()), dict(planted), dict(caught)
    found.skeletons, found.behaviours = len(skeletons - {""}), len(behaviours - {""})
    found.topics, found.concepts, found.pairs = len(topics), len(concepts), len(pairs)
    return found


def _is_caught(item: Item, fault: str, wanted: str) -> bool:
    if fault == "weak_tests":  # they are made strong, or the exercise goes
        columns = item.examined.columns if item.examined else {}
        before = columns.get("mutation_score")
        return bool(item.reason) or bool(columns.get("added_tests")) or before in (None, 1.0)
    if wanted == "duplicate_exercise":
        return item.reason in (*_REPEATED, _ACCIDENT)
    return item.reason == wanted


def _weigh(found: Findings, columns: dict[str, Any]) -> None:
    before, after = columns.get("mutation_score"), columns.get("final_mutation_score")
    if before is None or after is None:
        return
    found.weighed += 1
    found.strong += after == 1.0
    found.strong_before += before == 1.0
    found.deciles[int(before * _DECILES)] += 1
    found.killable += columns["killable"]
    found.killed += columns["killed"]
    found.added += len(columns.get("added_tests") or ())


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _show(found: Findings) -> None:
    console = open_console()
    shares = found.shares()
    each = shares["seconds_each"] or 0.0
    cores = len(os.sched_getaffinity(0))
    console.print(
        f"{found.requests:,} requests in {found.seconds:,.0f} s ({1000 * each:.0f} ms each, of processor time "
        f"{1000 * (shares['processor_seconds_each'] or 0):.0f}, {cores} cores, sandbox "
        f"{found.sandbox}), {found.kept:,} kept: {found.skeletons:,} skeletons, {found.behaviours:,} behaviours, "
        f"{found.topics} topics, {found.concepts} concepts, {found.pairs:,} pairs of concepts"
    )
    table = new_table("reached", "requests>")
    for level, times in found.levels.items():
        table.add_row(level, f"{times:,}")
    console.print(table)
    table = new_table("what became of them", "requests>")
    for reason, times in found.reasons.items():
        table.add_row(reason, f"{times:,}")
    console.print(table)
    table = new_table("planted fault", "planted>", "caught>")
    for fault, times in found.planted.items():
        table.add_row(fault, f"{times:,}", f"{found.caught[fault]:,}")
    console.print(table)
    console.print(f"planted faults caught: {_percent(shares['caught_share'])}")
    console.print(f"sound exercises rejected: {found.rejected} of {found.sound:,}")
    console.print(
        f"every killable mutant killed in {_percent(shares['all_killed_share'])} of {found.weighed:,} kept exercises; "
        f"by the teacher's own tests in {_percent(shares['all_killed_share_before'])}; {found.added:,} tests added"
    )
    table = new_table("mutation score of the teacher's tests", "exercises>")
    for place, times in enumerate(found.deciles):
        table.add_row("1" if place == _DECILES else f"{place / _DECILES:.1f} –", f"{times:,}")
    console.print(table)
    for line in [*found.missed, *found.rejections][:_SHOWN]:
        console.print(f"  {line}", markup=False)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
