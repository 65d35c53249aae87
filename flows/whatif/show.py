"""The command `phimill whatif`: asks, and prints what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from data.errors import UsageError
from flows.report.formatting import stated
from flows.report.published import Published
from flows.terminal import draw_bar, new_table, one_line, open_console, print_json, show_number, signed, styled
from flows.whatif.answer import Outcome, answer, changes_between, rules_of
from flows.whatif.evidence import read_evidence
from flows.whatif.question import Question
from flows.whatif.samples import border_samples
from flows.whatif.sweep import Sweep

if TYPE_CHECKING:
    from rich.console import Console

#: Sources and kinds that are listed.
TOP_SOURCES = 8


def whatif(folder: Path, changes: Sequence[str], sweeps: Sequence[str], number: int = 3, as_json: bool = False) -> None:
    """Prints what the filters would keep under other bounds.

    Args:
        folder: the run's out folder, or a copy of what it published.
        changes: settings, as `Question.ask` takes them; all hold at once.
        sweeps: ADDRESS=START:STOP:STEP, each on top of the changes.
        number: border samples for each changed rule and side.
        as_json: print one object instead of pages.

    Raises:
        UsageError: a setting that is wrong, or needs what the ledger does not hold.
        PhimillError: judging by the ledger's own signals does not give the ledger's verdicts.
    """
    found = find_out(folder, changes, sweeps, number)
    if as_json:
        print_json(found)
        return
    console = open_console()
    if changes:
        _print_answer(console, found, folder)
    for sweep in found["sweeps"]:
        _print_sweep(console, sweep)


def find_out(folder: Path, changes: Sequence[str], sweeps: Sequence[str], number: int = 3) -> dict[str, Any]:
    """Returns everything that `whatif` prints as plain values."""
    if not changes and not sweeps:
        raise UsageError(
            "what if what? Give --set filters.NAME.KEY=VALUE or --sweep NAME.KEY=START:STOP:STEP; "
            f"`phimill stats {quote(str(folder))}` names the rules that drop most"
        )
    published = Published(folder)
    question = Question(published, folder)
    differing = changes_between(question.plan, question.ask(changes))
    asked = [Sweep(question, text, changes) for text in sweeps]
    swept = [change for sweep in asked for point in sweep.changes(question.plan) for change in point]
    every = list(dict.fromkeys(rules_of([*differing, *swept])))
    evidence = read_evidence(published, question.plan, every)
    evidence.check(rule for rule in every if rule in question.plan.rules)
    found: dict[str, Any] = {
        "name": published.manifest["name"],
        "settings": [question.setting(change) or change for change in changes],
    }
    if changes:
        outcome = Outcome.of(evidence, differing)
        found |= {**answer(outcome), "samples": border_samples(outcome, published, folder, number) if number else []}
    return {**found, "sweeps": [sweep.answer(evidence, question.plan) for sweep in asked]}


def _print_answer(console: Console, found: dict[str, Any], folder: Path) -> None:
    console.print(styled(f"{found['name']}  ", "bold"), styled("what if " + ", ".join(found["settings"])), end="\n\n")
    if not found["rules"]:
        console.print(styled("No rule changes by this: every verdict stays as it is."))
        return
    _print_sizes(console, found)
    _print_later(console, found)
    _print_rules(console, found["rules"])
    for rule in found["rules"]:
        _print_samples(console, rule, [one for one in found["samples"] if one["rule"] == rule["rule"]])
    settings = " ".join(f"--set {quote(setting)}" for setting in found["settings"])
    command = f"phimill run RECIPE --out {quote(str(folder))} {settings}"
    console.print(styled(f"To do it: {command}", "dim"), soft_wrap=True)


def _print_sizes(console: Console, found: dict[str, Any]) -> None:
    table = new_table("kept by the filters", "documents>", "tokens>", "")
    judged = found["judged"]
    for name, sign in (("now", ""), ("then", ""), ("gained", "+"), ("lost", "−")):
        size = found[name]
        share = draw_bar(size["documents"] / max(judged["documents"], 1), 24)
        sizes = (signed(size[what], sign) for what in ("documents", "tokens"))
        table.add_row(name, *sizes, styled(share, _colour(name)))
    table.add_row(styled("judged", "dim"), f"{judged['documents']:,}", f"{judged['tokens']:,}", "")
    console.print(table)
    moved = {name: row for name, row in found["by_source"].items() if row["gained"] or row["lost"]}
    if len(found["by_source"]) > 1 and moved:
        table = new_table("source", "kept now>", "then>", "gained>", "lost>")
        order = sorted(moved.items(), key=lambda item: (-item[1]["gained"] - item[1]["lost"], item[0]))
        for name, row in order[:TOP_SOURCES]:
            table.add_row(styled(one_line(name)), *(f"{row[key]:,}" for key in ("now", "then", "gained", "lost")))
        console.print(table)


def _colour(name: str) -> str:
    return {"gained": "green", "lost": "red"}.get(name, "blue")


def _print_later(console: Console, found: dict[str, Any]) -> None:
    """Says what the numbers leave out: what comes after the filters."""
    kept, lost = found["later"]["kept_now"], found["later"]["lost"]
    total = max(sum(kept.values()), 1)
    ends = ", ".join(f"{number:,} {_END[stage]}" for stage, number in kept.items() if number)
    console.print(styled(f"This is the filters' verdict. Of the {total:,} kept now, {ends or 'none is left'}.", "dim"))
    gained = found["gained"]["documents"]
    if gained:
        console.print(
            styled(
                f"All {gained:,} gained are still open to that: none has been compared for duplicates or benchmark "
                "text, or found its place in the mixture.",
                "dim",
            )
        )
    if sum(lost.values()):
        ends = ", ".join(f"{number:,} {_END[stage]}" for stage, number in lost.items() if number)
        console.print(styled(f"Of the {sum(lost.values()):,} lost, {ends}.", "dim"))
    console.print()


#: Where documents that the filters kept ended.
_END = {
    "deduplicate": "left as duplicates",
    "decontaminate": "left as contaminated",
    "mix": "were over the mixture's budget",
    "published": "are in the shards",
}


def _print_rules(console: Console, rules: list[dict[str, Any]]) -> None:
    table = new_table("rule", "", "bound", "drops>", "only it>", "tokens>")
    for rule in rules:
        for name in ("now", "then"):
            side = rule[name]
            numbers = [f"{side[key]:,}" for key in ("drops", "only", "tokens")] if side else ["0", "0", "0"]
            bound = styled(_bound(side), "" if side else "dim")
            table.add_row(styled(rule["rule"] if name == "now" else ""), name, bound, *numbers)
    console.print(table)
    if any(rule["overlap"] for rule in rules):
        table = new_table("dropped by it and by another rule", "now>", "then>")
        for rule in rules:
            table.add_row(styled(rule["rule"] if rule["overlap"] else "", "bold"), "", "")
            for one in rule["overlap"]:
                table.add_row(styled(f"  {one['rule']}"), f"{one['now']:,}", f"{one['then']:,}")
        console.print(table)


def _bound(side: dict[str, Any] | None) -> str:
    if side is None:
        return "off"
    number = f"{side['sign']} {show_number(side['bound'])}"
    number += f" ({stated(side['stated'])})" if side["stated"] else ""
    return number + (f" unless {side['unless']}" if side.get("unless") else "")


def _print_samples(console: Console, rule: dict[str, Any], samples: list[dict[str, Any]]) -> None:
    for side in ("gained", "lost"):
        some = [one for one in samples if one["side"] == side]
        if not some:
            continue
        near = _bound(rule["then"] or rule["now"])
        total = f"{len(some):,} of {rule[side]:,} {side}"
        heading = styled(f"{total} by {rule['rule']}, nearest to {near}", "bold")
        console.rule(heading, align="left", style="dim")
        for one in some:
            value = f"{rule['signal']} {show_number(one['value'])}"
            name = one["url"] or one["origin_id"] or one["locator"]
            console.print(styled(f"{one['id']}  {one['source']} · {one['kind']} · {value}", _colour(side)))
            console.print(styled(f"  {name}", "dim"))
            text = one["text"] if one["text"] is not None else "(no text at hand)"
            console.print(styled("\n".join(f"  {line}" for line in text.splitlines())), end="\n\n")


def _print_sweep(console: Console, sweep: dict[str, Any]) -> None:
    console.print(styled(f"{sweep['rule']}  ", "bold"), styled(f"of {sweep['judged']:,} documents judged"), end="\n\n")
    table = new_table(">", "bound>", "kept>", "tokens kept>", "drops>", "only it>", "")
    width = min(max(console.width - 64, 6), 24)
    for row in [*sweep["rows"], sweep["base"]]:
        present = row["value"] is None
        numbers = [f"{row[key]:,}" for key in ("documents", "tokens", "drops", "only")]
        asked = "now" if present else row["value"] if row["stated"] else ""
        bound = f"{row['sign']} {show_number(row['bound'])}" if row["sign"] else "off"
        bar = draw_bar(row["documents"] / max(sweep["judged"], 1), width)
        colour = "bright_black" if present else "blue"
        table.add_row(styled(asked, "dim"), bound, *numbers, styled(bar, colour))
    console.print(table)
