"""Looking at a published run in the terminal: the funnel, sampled documents, one document's road.

Nothing that a document says reaches the terminal raw: control and bidirectional characters are
written out, e-mail addresses and keys are masked. rich is imported when something is drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from data.errors import DamageError, UsageError, did_you_mean
from flows.reading import Marked, benchmark_of, described, marked, marked_excerpt
from flows.terminal import draw_bar, fit, new_table, one_line, open_console, print_json, show_number, styled

if TYPE_CHECKING:
    from rich.console import Console

    from flows.report.published import Published

#: Returns the texts of rows of the ledger by id; rows that have none are left out.
Texts = Callable[[Sequence[dict[str, Any]]], dict[str, str]]

#: Reasons in the funnel, characters of a text.
TOP_REASONS, EXCERPT = 15, 1200

#: How marked places look.
_MARKS = ("black on yellow", "black on magenta", "black on cyan", "black on green", "black on red", "black on blue")

_COLOURS = {"kept": "blue", "dropped": "red", "quarantined": "yellow", "not_sampled": "bright_black"}


def stats(folder: Path, as_json: bool = False) -> None:
    """Prints the funnel, what became of each source and the most frequent reasons.

    With `as_json` exactly the manifest's `counts`.
    """
    published = _open(folder)
    counts = published.manifest["counts"]
    if as_json:
        print_json(counts)
        return
    console = open_console()
    share = counts["kept"] / counts["in"] if counts["in"] else 0.0
    console.print(
        styled(f"{published.manifest['name']}  ", "bold"),
        styled(
            f"{counts['kept']:,} of {counts['in']:,} documents kept ({share:.1%}), {counts['tokens_kept']:,} tokens"
        ),
        end="\n\n",
    )
    _print_funnel(console, counts)
    _print_sources(console, counts)
    _print_reasons(console, counts)


def sample(
    folder: Path,
    reason: str | None,
    number: int,
    texts: Texts,
    as_json: bool = False,
    *,
    status: str | None = None,
    source: str | None = None,
) -> None:
    """Prints some documents that left the road (or with status "kept" stayed), the same at every call.

    Args:
        folder: the run's out folder.
        reason: only documents that left for this reason, or because of the rule with this address.
        number: how many at most.
        texts: returns rows' texts by id.
        as_json: print a list of objects instead of a page.
        status: only this status; default: all but kept.
        source: only this source.

    Raises:
        UsageError: the run knows no such reason or source.
    """
    from flows.report.lookup import choose

    published = _open(folder)
    _check_known(published, folder, reason, source)
    rows, total = choose(published, number, reason=reason, status=status, source=source)
    found = texts(rows)
    shown = [described(row, published, found.get(row["id"]), 700) for row in rows]
    if as_json:
        print_json(shown)
        return
    console = open_console()
    for one in shown:
        _print_document(console, one)
    what = f"{len(shown):,} of {total:,} documents" + (f" that left as {one_line(reason)}" if reason else "")
    console.print(styled(f"{what}. One document's road: phimill explain {quote(str(folder))} ID", "dim"))


def explain(folder: Path, key: str, texts: Texts, as_json: bool = False) -> None:
    """Prints one document's road: every stage's verdict, every rule's value, what would have kept it.

    Args:
        folder: the run's out folder.
        key: the document's id or the start of it, its origin_id, locator or URL.
        texts: returns rows' texts by id.
        as_json: print one object instead of a page.

    Raises:
        UsageError: no document has this key, or several ids start with it.
    """
    from flows.report.lookup import find

    published = _open(folder)
    column, rows = find(published, key)
    if not rows:
        raise UsageError(
            f"{one_line(key)}: no document of {folder} has this id, origin_id, locator or URL; "
            f"`phimill sample {quote(str(folder))} -n 5` shows some, with their ids"
        )
    if column == "id" and len(rows) > 1:
        raise UsageError(f"{one_line(key)}: {len(rows)} ids start with this, such as {rows[0]['id']}; give more of it")
    row = rows[0]
    try:
        text, problem = texts([row]).get(row["id"]), ""
    except DamageError as failure:  # all else is still worth reading
        text, problem = None, str(failure)
    one = described(row, published, text, EXCERPT)
    benchmark = benchmark_of(published, row)
    reading = marked(text, one["rules"], benchmark=benchmark) if text is not None else None
    one["marked"] = [dataclasses.asdict(legend) for legend in reading.legends] if reading else []
    one["found_by"] = column
    one["also_named_so"] = [other["id"] for other in rows[1:]]
    one["problem"] = fit(problem)
    if as_json:
        print_json(one)
    else:
        _print_road(open_console(), one, reading)


def _print_funnel(console: Console, counts: dict[str, Any]) -> None:
    wide = console.width >= 100
    bar = min(max(console.width - 92, 10), 36) if wide else min(max(console.width - 66, 6), 20)
    table = new_table("stage", "in>", "left here>", "", "most often as")
    most = max([stage["in"] for stage in counts["stages"]] + [1])
    for stage in counts["stages"]:
        left = stage["in"] - stage["out"]
        reasons = sorted(stage["reasons"].items(), key=lambda item: (-item[1], item[0]))[: 2 if wide else 1]
        bars = styled(draw_bar(stage["out"] / most, bar), "blue") + styled(draw_bar(left / most, bar), "red")
        words = ", ".join(f"{one_line(reason)} {number:,}" for reason, number in reasons)
        table.add_row(stage["stage"], f"{stage['in']:,}", f"{left:,}", bars, styled(words))
    kept = counts["kept"]
    table.add_row(
        styled("kept", "bold"), styled(f"{kept:,}", "bold"), "", styled(draw_bar(kept / most, bar), "blue"), ""
    )
    console.print(table)


def _print_sources(console: Console, counts: dict[str, Any]) -> None:
    table = new_table("source", "in>", "kept>", ">", "dropped>", "quar.>", "unsampled>", "tokens>")
    for name, row in sorted(counts["by_source"].items(), key=lambda item: (-item[1]["in"], item[0])):
        numbers = [f"{row[key]:,}" for key in ("dropped", "quarantined", "not_sampled", "tokens_kept")]
        share = row["kept"] / row["in"] if row["in"] else 0.0
        table.add_row(styled(one_line(name)), f"{row['in']:,}", f"{row['kept']:,}", f"{share:.0%}", *numbers)
    console.print(table)


def _print_reasons(console: Console, counts: dict[str, Any]) -> None:
    rows = sorted(counts["reasons"], key=lambda row: (-row["documents"], row["stage"], row["reason"]))
    if not rows:
        return
    wide = console.width >= 130
    bar_width = min(max(console.width - (120 if wide else 78), 3), 20)
    table = new_table("reason", "stage", "documents>", "", "tokens>", *(["rule"] if wide else []))
    shown = rows if len(rows) <= TOP_REASONS + 1 else rows[:TOP_REASONS]
    for row in shown:
        bar = styled(draw_bar(row["documents"] / rows[0]["documents"], bar_width), _COLOURS.get(row["status"], "red"))
        numbers = (f"{row['documents']:,}", bar, f"{row.get('tokens') or 0:,}")
        rule = [styled(one_line(row.get("rule") or ""), "dim")] if wide else []
        table.add_row(styled(one_line(row["reason"])), row["stage"], *numbers, *rule)
    console.print(table)
    if rest := rows[len(shown) :]:
        documents = sum(row["documents"] for row in rest)
        console.print(styled(f"{documents:,} documents for {len(rest)} further reasons (--json has all)", "dim"))


def _print_document(console: Console, one: dict[str, Any]) -> None:
    console.rule(styled(f"{one['id']}  {one['source']} · {one['kind']}", "bold"), align="left", style="dim")
    place = one["road"][-1] if one["status"] == "kept" else next(s for s in one["road"] if s["stage"] == one["stage"])
    console.print(styled(f"{one['status'].replace('_', ' ')} at {place['stage']}: {place['found']}", "bold"))
    for name in ("origin_id", "locator", "url"):
        if one[name]:
            console.print(styled(f"{name:<10} {one[name]}", "dim"))
    for rule in one["rules"]:
        if rule["fate"] == "fails":
            console.print(styled(f"  ✗ {rule['rule']}: {_versus(rule)}", "red"))
    console.print(styled(one["text"] or "(no text at hand)"), end="\n\n")


def _print_road(console: Console, one: dict[str, Any], reading: Marked | None) -> None:
    console.rule(styled(one["id"], "bold"), align="left", style="dim")
    for name in ("origin_id", "source", "kind", "locator", "url", "language", "licence", "tokens", "bytes"):
        if one[name] is not None:
            console.print(styled(f"{name:<10}", "dim"), styled(str(one[name])))
    if one["also_named_so"]:
        console.print(styled(f"{len(one['also_named_so'])} further documents have this {one['found_by']}: ", "yellow"))
        console.print(styled("  " + ", ".join(one["also_named_so"][:5])))
    table = new_table("stage", "verdict", "what it found")
    for step in one["road"]:
        colour = {"passed": "green", "not reached": "dim"}.get(step["verdict"], _COLOURS.get(step["verdict"], "red"))
        table.add_row(step["stage"], styled(step["verdict"].replace("_", " "), colour), styled(step["found"]))
    console.print(table)
    if one["rules"]:
        table = new_table("verdict>", "rule", "value>", "bound>")
        fates = ("fails", "excused", "passes")
        for rule in sorted(one["rules"], key=lambda rule: fates.index(rule["fate"])):
            colour = {"fails": "red", "excused": "yellow"}.get(rule["fate"], "")
            cells = [rule["fate"], one_line(rule["rule"]), *_versus(rule).split(", ")]
            table.add_row(*(styled(cell, colour) for cell in cells))
        console.print(table)
    _print_advice(console, one)
    _print_text(console, reading, one["problem"])


def _print_advice(console: Console, one: dict[str, Any]) -> None:
    if one["status"] == "kept":
        return
    from flows.report.formatting import stated

    console.print(styled("What would have kept it", "bold"))
    for change in one["would_keep"]["bounds"] if one["stage"] == "judge" else ():
        where = f" as the {stated(change['stated'])}" if change["stated"] else ""
        setting = (
            f"--set {change['setting']}"
            if change["setting"]
            else f"{one_line(change['rule'])}, set{where} in the recipe"
        )
        console.print(
            styled(f"  {setting}   (measured {show_number(change['value'])}, bound {show_number(change['bound'])})")
        )
    console.print(styled(f"  {one['would_keep']['advice']}"), end="\n\n")


def _print_text(console: Console, reading: Marked | None, problem: str) -> None:
    """Prints the start of a text and what is marked in the rest of it."""
    if reading is None:
        console.print(styled(f"(no text at hand{f': {problem}' if problem else ''})"))
        return
    for number, legend in enumerate(reading.legends):
        sample = styled(f" {legend.places:,}× ", _MARKS[number % len(_MARKS)])
        console.print(sample, styled(f"{legend.what}  "), styled(one_line(legend.rule), "dim"))
    whole = styled("")
    for text, marks in marked_excerpt(reading, EXCERPT):
        whole.append(text, _MARKS[marks[0] % len(_MARKS)] if marks else "")
    console.print(whole)


def _versus(rule: dict[str, Any]) -> str:
    bound = rule["at_least"] if "at_least" in rule else rule["at_most"]
    return f"{show_number(rule['value'])}, {rule['sign']} {show_number(bound)}"


def _open(folder: Path) -> Published:
    from flows.report.published import Published

    return Published(folder)


def _check_known(published: Published, folder: Path, reason: str | None, source: str | None) -> None:
    counts = published.manifest["counts"]
    reasons = {row["reason"] for row in counts["reasons"]}
    rules = {row["rule"] for row in counts["reasons"] if row.get("rule")}
    if reason and reason not in reasons | rules:
        later = next((rule for rule in published.rules if reason in (rule.reason, rule.address)), None)
        if later is not None:
            raise UsageError(f"{reason}: no document left for this reason first; {later.failed:,} documents fail it")
        hint = did_you_mean(reason, reasons | rules) or f" `phimill stats {quote(str(folder))}` lists the reasons."
        raise UsageError(f"{one_line(reason)}: no document left for this reason.{hint}")
    if source and source not in counts["by_source"]:
        hint = did_you_mean(source, counts["by_source"]) or f" The sources are {', '.join(counts['by_source'])}."
        raise UsageError(f"{one_line(source)}: this run has no such source.{hint}")
