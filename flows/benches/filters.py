"""`phimill bench filters`: the same documents through datatrove's filters and through phimill's, in one process.

Times are processor seconds, because machines are shared; each figure is the median of runs in
which the two sides take turns. phimill's are from texts in Arrow to verdicts, datatrove's from
Documents to the filter's answer. Loading, compiling and spaCy's start are not counted on either side.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError
from data.recipe import FilterEntry
from filters.judging.plan import Plan
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge_rows, measure, prepare
from flows.benches.documents import as_table, bench_texts
from flows.progress import Progress

#: datatrove's class for each of our presets, and the arguments that FineWeb gives it.
PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "gopher-repetition@datatrove": ("GopherRepetitionFilter", {}),
    "gopher-quality@datatrove": ("GopherQualityFilter", {}),
    "c4@datatrove": ("C4QualityFilter", {}),
    "fineweb@datatrove": ("FineWebQualityFilter", {}),
}

#: FineWeb's chain without language: what is measured in one go, then what follows on the survivors.
CHAIN = (("gopher-repetition", "gopher-quality"), ("c4",), ("fineweb",))

_C4 = {"terminal_punctuation": False}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: seconds of both sides, and how often they agree (None: not the same question)."""

    name: str
    megabytes: float
    documents: int
    peer_seconds: float
    first_seconds: float
    seconds: float
    agree: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the row with its rates and ratios."""
        rates = {"megabytes_per_second": self.megabytes / self.seconds}
        if self.peer_seconds:
            rates |= {
                "peer_megabytes_per_second": self.megabytes / self.peer_seconds,
                "ratio_first_pass": self.peer_seconds / self.first_seconds,
                "ratio": self.peer_seconds / self.seconds,
            }
        return {**dataclasses.asdict(self), **{name: round(value, 3) for name, value in rates.items()}}


def bench_filters(paths: Sequence[Path], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Runs and prints the comparison.

    Raises:
        PhimillError: the two sides disagree on a document.
    """
    progress = Progress()
    progress.say("reading documents")
    texts = bench_texts(paths, number, max_bytes)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    progress.say(f"{len(texts):,} documents, {megabytes:.1f} MB")
    table = as_table(texts)
    _warm_up(progress.say)
    rows = []
    for preset, (peer, arguments) in PEERS.items():
        progress.say(f"  {preset}")
        rows.append(_compare_preset(preset, _peer(peer, arguments), texts, table, megabytes, runs))
    progress.say("  FineWeb's chain")
    rows += _compare_chains(texts, table, megabytes, runs)
    rows.append(_all_signals(table, megabytes, runs))
    if as_json:
        print(json.dumps([row.to_json() for row in rows], indent=1))
    else:
        _show(rows)
    different = [row.name for row in rows if row.agree is not None and row.agree < row.documents]
    if different:
        raise UsageError(f"phimill and datatrove decide differently: {', '.join(different)}")


def _plan(*presets: str, needed_only: bool = True, **changes: Any) -> Plan:
    entries = [
        FilterEntry.model_validate(
            {"name": name, "preset": f"{name}@{reading}", "where": {"kind": ["text"]}, **changes.get(name, {})}
        )
        for name, reading in (preset.split("@") for preset in presets)
    ]
    return resolve_filters(
        entries, [], lambda place, message: UsageError(f"{place}: {message}"), needed_only=needed_only
    )


def _peer(name: str, arguments: dict[str, Any]) -> Any:
    import datatrove.pipeline.filters as peers

    return getattr(peers, name)(**arguments)


def _warm_up(tell: Callable[[str], None]) -> None:
    """Compiles, and starts spaCy, on a text of its own."""
    plans = [_plan(preset) for preset in PEERS]
    plans += [_plan(*(f"{name}@{reading}" for stage in CHAIN for name in stage)) for reading in ("datatrove", "paper")]
    said: list[str] = []

    def once(text: str) -> None:
        if not said:
            said.append(text)
            tell(text)

    specimen = as_table(["A specimen, of two sentences. It is short; it has words."])
    for plan in plans:
        prepare(plan.measure_settings(), once)
        _verdicts(plan, specimen)
    for peer, arguments in PEERS.values():
        _ask(_peer(peer, arguments), "A specimen. IS_ALPHA IS_ALPHA.")


def _verdicts(plan: Plan, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Returns fates, and the documents that are kept with the text that they have then."""
    signals = measure(table, plan.measure_settings(), None)
    seen = signals.append_column("kind", table["kind"]).append_column("source", table["source"])
    fates = judge_rows(seen, plan, {})
    kept = pc.equal(fates["status"], "")
    texts = pc.coalesce(signals["text"], table["text"])
    return fates, table.set_column(1, "text", texts).filter(kept)


def _ask(peer: Any, text: str) -> tuple[bool, str | None, str]:
    """Returns a datatrove filter's answer, its reason, and the text afterwards."""
    from datatrove.data import Document

    document = Document(text=text, id="0")
    answer = peer.filter(document)
    kept, reason = answer if isinstance(answer, tuple) else (answer, None)
    return kept, reason, document.text


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def _turns(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int) -> tuple[float, float, float, Any, Any]:
    """Returns the peer's median seconds, our first and median ones, and both results."""
    our_times, their_times = [], []
    for _ in range(runs):
        seconds, found = _timed(ours)
        our_times.append(seconds)
        seconds, wanted = _timed(theirs)
        their_times.append(seconds)
    return statistics.median(their_times), our_times[0], statistics.median(our_times[1:] or our_times), found, wanted


def _compare_preset(preset: str, peer: Any, texts: list[str], table: pa.Table, megabytes: float, runs: int) -> Row:
    plan = _plan(preset)
    peer_seconds, first, seconds, found, wanted = _turns(
        lambda: _verdicts(plan, table), lambda: [_ask(peer, text) for text in texts], runs
    )
    return Row(preset, megabytes, len(texts), peer_seconds, first, seconds, _agreement(plan, found, wanted))


def _agreement(plan: Plan, found: tuple[pa.Table, pa.Table], wanted: list[tuple[bool, str | None, str]]) -> int:
    """Returns for how many documents keep, first reason, and the text of those kept are the same."""
    reasons = {rule.address: rule.peer_reason for rule in plan.rules}
    fates, kept = found
    texts = iter(kept["text"].to_pylist())
    agree = 0
    for rule, (keeps, reason, text) in zip(fates["rule"].to_pylist(), wanted, strict=True):
        ours = None if rule is None else reasons[rule]
        same_text = rule is not None or next(texts) == text
        agree += (rule is None) == keeps and ours == reason and (not keeps or same_text)
    return agree


def _compare_chains(texts: list[str], table: pa.Table, megabytes: float, runs: int) -> list[Row]:
    """Returns the chain in datatrove's reading and in the papers', both against datatrove's chain."""
    peers = [
        _peer(name, {"filter_no_terminal_punct": False} if name.startswith("C4") else {}) for name, _ in PEERS.values()
    ]

    def theirs() -> list[str]:
        survivors = []
        for text in texts:
            for peer in peers:
                keeps, _, text = _ask(peer, text)
                if not keeps:
                    break
            else:
                survivors.append(text)
        return survivors

    rows = []
    for reading in ("datatrove", "paper"):
        stages = [_plan(*(f"{name}@{reading}" for name in stage), c4=_C4) for stage in CHAIN]

        def ours(stages: list[Plan] = stages) -> list[str]:
            left = table
            for plan in stages:
                left = _verdicts(plan, left)[1]
            return left["text"].to_pylist()  # type: ignore[no-any-return]

        peer_seconds, first, seconds, found, wanted = _turns(ours, theirs, runs)
        agree = None if reading == "paper" else len(texts) - len(set(found) ^ set(wanted))
        rows.append(Row(f"chain @{reading}", megabytes, len(texts), peer_seconds, first, seconds, agree))
    return rows


def _all_signals(table: pa.Table, megabytes: float, runs: int) -> Row:
    """Returns how fast every signal of prose is measured, with no verdict."""
    plan = _plan(needed_only=False)
    times = [_timed(lambda: measure(table, plan.measure_settings(), None))[0] for _ in range(runs)]
    return Row("all signals of prose", megabytes, table.num_rows, 0.0, times[0], statistics.median(times))


def _show(rows: list[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = f"{rows[0].documents:,} documents, {rows[0].megabytes:.1f} MB; MB/s of one core, by processor time"
    shown = Table(title=title, box=box.SIMPLE, title_justify="left")
    for name in ("", "datatrove", "phimill", "first", "then", "differ"):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in rows:
        peer = f"{row.megabytes / row.peer_seconds:.2f}" if row.peer_seconds else ""
        times = (row.first_seconds, row.seconds) if row.peer_seconds else ()
        ratios = [f"{row.peer_seconds / value:.0f}×" for value in times] or ["", ""]
        differ = "" if row.agree is None else f"{row.documents - row.agree:,}"
        shown.add_row(row.name, peer, f"{row.megabytes / row.seconds:.1f}", *ratios, differ)
    Console().print(shown)
