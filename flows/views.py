"""Looking at a published run in the terminal: the funnel, sampled documents, one document's road.

Nothing that a document says reaches the terminal raw: control and bidirectional characters are
written out, e-mail addresses and keys are masked. rich is imported when something is drawn.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from rich.console import Console

    from flows.report.published import Published

#: Returns the texts of documents by id; ids that have none are left out.
Texts = Callable[[Iterable[str]], dict[str, str]]

#: Reasons in the funnel, characters of a text.
TOP_REASONS, EXCERPT = 15, 1200

_COLOURS = {"kept": "blue", "dropped": "red", "quarantined": "yellow", "not_sampled": "bright_black"}


def stats(folder: Path, as_json: bool = False) -> None:
    """Prints the funnel, what became of each source and the most frequent reasons.

    With `as_json` exactly the manifest's `counts`.
    """
    published = _open(folder)
    counts = published.manifest["counts"]
    if as_json:
        _print_json(counts)
        return
    console = _console()
    share = counts["kept"] / counts["in"] if counts["in"] else 0.0
    console.print(
        _text(f"{published.manifest['name']}  ", "bold"),
        _text(f"{counts['kept']:,} of {counts['in']:,} documents kept ({share:.1%}), {counts['tokens_kept']:,} tokens"),
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
        texts: returns texts by id.
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
    found = texts([row["id"] for row in rows])
    shown = [_described(row, published, found.get(row["id"]), 700) for row in rows]
    if as_json:
        _print_json(shown)
        return
    console = _console()
    for one in shown:
        _print_document(console, one)
    what = f"{len(shown):,} of {total:,} documents" + (f" that left as {_line(reason)}" if reason else "")
    console.print(_text(f"{what}. One document's road: phimill explain {folder} ID", "dim"))


def explain(folder: Path, key: str, texts: Texts, as_json: bool = False) -> None:
    """Prints one document's road: every stage's verdict, every rule's value, what would have kept it.

    Args:
        folder: the run's out folder.
        key: the document's id or the start of it, its origin_id, locator or URL.
        texts: returns texts by id.
        as_json: print one object instead of a page.

    Raises:
        UsageError: no document has this key, or several ids start with it.
    """
    from flows.report.lookup import find

    published = _open(folder)
    column, rows = find(published, key)
    if not rows:
        raise UsageError(
            f"{_line(key)}: no document of {folder} has this id, origin_id, locator or URL; "
            f"`phimill sample {folder} -n 5` shows some, with their ids"
        )
    if column == "id" and len(rows) > 1:
        raise UsageError(f"{_line(key)}: {len(rows)} ids start with this, such as {rows[0]['id']}; give more of it")
    row = rows[0]
    one = _described(row, published, texts([row["id"]]).get(row["id"]), EXCERPT)
    one["found_by"] = column
    one["also_named_so"] = [other["id"] for other in rows[1:]]
    if as_json:
        _print_json(one)
    else:
        _print_road(_console(), one)


def _described(row: dict[str, Any], published: Published, text: str | None, chars: int) -> dict[str, Any]:
    """Returns all that is known of a document, fit to be printed."""
    from data.ledger import LEDGER
    from flows.report.advice import advice, changes, judgements, road
    from flows.report.excerpts import excerpt

    judged = judgements(row, published.rules)
    facts = {name: _fit(row.get(name)) for name in LEDGER.names}
    return {
        **facts,
        "road": [{name: _line(value) for name, value in step.items()} for step in road(row, judged)],
        "rules": judged,
        "would_keep": {"advice": advice(row, published), "bounds": changes(row, published)},
        "signals": {name: _fit(row[name]) for name in published.signals if row[name] is not None},
        "text": excerpt(text, chars) if text is not None else None,
    }


def _print_funnel(console: Console, counts: dict[str, Any]) -> None:
    wide = console.width >= 100
    bar = 36 if wide else 20
    table = _table("stage", "in>", "left here>", "", "most often as")
    most = max([stage["in"] for stage in counts["stages"]] + [1])
    for stage in counts["stages"]:
        left = stage["in"] - stage["out"]
        reasons = sorted(stage["reasons"].items(), key=lambda item: (-item[1], item[0]))[: 2 if wide else 1]
        bars = _text(_bar(stage["out"] / most, bar), "blue") + _text(_bar(left / most, bar), "red")
        words = ", ".join(f"{_line(reason)} {number:,}" for reason, number in reasons)
        table.add_row(stage["stage"], f"{stage['in']:,}", f"{left:,}", bars, _text(words))
    kept = counts["kept"]
    table.add_row(_text("kept", "bold"), _text(f"{kept:,}", "bold"), "", _text(_bar(kept / most, bar), "blue"), "")
    console.print(table)


def _print_sources(console: Console, counts: dict[str, Any]) -> None:
    table = _table("source", "in>", "kept>", "", "dropped>", "quarant.>", "unsampled>", "tokens>")
    for name, row in sorted(counts["by_source"].items(), key=lambda item: (-item[1]["in"], item[0])):
        numbers = [f"{row[key]:,}" for key in ("dropped", "quarantined", "not_sampled", "tokens_kept")]
        share = row["kept"] / row["in"] if row["in"] else 0.0
        table.add_row(_text(_line(name)), f"{row['in']:,}", f"{row['kept']:,}", f"{share:.0%}", *numbers)
    console.print(table)


def _print_reasons(console: Console, counts: dict[str, Any]) -> None:
    rows = sorted(counts["reasons"], key=lambda row: (-row["documents"], row["stage"], row["reason"]))
    if not rows:
        return
    wide = console.width >= 110
    table = _table("reason", "stage", "documents>", "", "tokens>", *(["rule"] if wide else []))
    for row in rows[:TOP_REASONS]:
        bar = _text(_bar(row["documents"] / rows[0]["documents"], 20), _COLOURS.get(row["status"], "red"))
        numbers = (f"{row['documents']:,}", bar, f"{row.get('tokens') or 0:,}")
        rule = [_text(_line(row.get("rule") or ""), "dim")] if wide else []
        table.add_row(_text(_line(row["reason"])), row["stage"], *numbers, *rule)
    console.print(table)
    if len(rows) > TOP_REASONS:
        rest = sum(row["documents"] for row in rows[TOP_REASONS:])
        console.print(
            _text(f"{rest:,} documents for {len(rows) - TOP_REASONS} further reasons (--json has all)", "dim")
        )


def _print_document(console: Console, one: dict[str, Any]) -> None:
    console.rule(_text(f"{one['id']}  {one['source']} · {one['kind']}", "bold"), align="left", style="dim")
    place = one["road"][-1] if one["status"] == "kept" else next(s for s in one["road"] if s["stage"] == one["stage"])
    console.print(_text(f"{one['status'].replace('_', ' ')} at {place['stage']}: {place['found']}", "bold"))
    for name in ("origin_id", "locator", "url"):
        if one[name]:
            console.print(_text(f"{name:<10} {one[name]}", "dim"))
    for rule in one["rules"]:
        if rule["fate"] == "fails":
            console.print(_text(f"  ✗ {rule['rule']}: {_versus(rule)}", "red"))
    console.print(_text(one["text"] or "(no text at hand)"), end="\n\n")


def _print_road(console: Console, one: dict[str, Any]) -> None:
    console.rule(_text(one["id"], "bold"), align="left", style="dim")
    for name in ("origin_id", "source", "kind", "locator", "url", "language", "licence", "tokens", "bytes"):
        if one[name] is not None:
            console.print(_text(f"{name:<10}", "dim"), _text(str(one[name])))
    if one["also_named_so"]:
        console.print(_text(f"{len(one['also_named_so'])} further documents have this {one['found_by']}: ", "yellow"))
        console.print(_text("  " + ", ".join(one["also_named_so"][:5])))
    table = _table("stage", "verdict", "what it found")
    for step in one["road"]:
        colour = {"passed": "green", "not reached": "dim"}.get(step["verdict"], _COLOURS.get(step["verdict"], "red"))
        table.add_row(step["stage"], _text(step["verdict"].replace("_", " "), colour), _text(step["found"]))
    console.print(table)
    if one["rules"]:
        table = _table("rule", "value>", "bound>", "verdict")
        for rule in one["rules"]:
            colour = {"fails": "red", "excused": "yellow"}.get(rule["fate"], "green")
            value, bound = _versus(rule).split(", ")
            table.add_row(_text(_line(rule["rule"])), value, bound, _text(rule["fate"], colour))
        console.print(table)
    _print_advice(console, one)
    console.print(_text(one["text"] if one["text"] is not None else "(no text at hand)"))


def _print_advice(console: Console, one: dict[str, Any]) -> None:
    if one["status"] == "kept":
        return
    console.print(_text("What would have kept it", "bold"))
    for change in one["would_keep"]["bounds"] if one["stage"] == "judge" else ():
        where = f" as {change['stated']} of the pool" if change["stated"] else ""
        setting = (
            f"--set {change['setting']}" if change["setting"] else f"{_line(change['rule'])}, set{where} in the recipe"
        )
        console.print(_text(f"  {setting}   (measured {_number(change['value'])}, bound {_number(change['bound'])})"))
    console.print(_text(f"  {one['would_keep']['advice']}"), end="\n\n")


def _versus(rule: dict[str, Any]) -> str:
    bound = rule["at_least"] if "at_least" in rule else rule["at_most"]
    return f"{_number(rule['value'])}, {rule['sign']} {_number(bound)}"


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
        hint = did_you_mean(reason, reasons | rules) or f" `phimill stats {folder}` lists the reasons."
        raise UsageError(f"{_line(reason)}: no document left for this reason.{hint}")
    if source and source not in counts["by_source"]:
        hint = did_you_mean(source, counts["by_source"]) or f" The sources are {', '.join(counts['by_source'])}."
        raise UsageError(f"{_line(source)}: this run has no such source.{hint}")


def _console() -> Console:
    from rich.console import Console

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(highlight=False, markup=False, emoji=False)


def _table(*headings: str) -> Any:
    """Returns a table; a heading that ends in > is of a column of numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1))
    for place, heading in enumerate(headings):
        number = heading.endswith(">")
        table.add_column(
            heading.rstrip(">"),
            justify="right" if number else "left",
            no_wrap=number or place == 0,
            overflow="ellipsis" if place == 0 else "fold",
            min_width=12 if place == 0 else None,
        )
    return table


def _text(text: str, style: str = "") -> Any:
    from rich.text import Text

    return Text(text, style=style)


def _bar(share: float, width: int) -> str:
    full = share * width
    return "█" * int(full) + ("▌" if full % 1 >= 0.5 or 0 < full < 0.5 else "")


def _line(text: str) -> str:
    from flows.report.excerpts import label

    return label(text, 160)


def _number(number: float | None) -> str:
    from flows.report.formatting import THIN, value

    return value(number).replace(THIN, ",")


def _fit(value: Any) -> Any:
    """Returns a ledger value fit to be printed or put into JSON."""
    if isinstance(value, str):
        return _line(value)
    if isinstance(value, list):
        return [_fit(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_json(value: Any) -> None:
    """Prints JSON in ASCII; the one control character that JSON leaves as it is gets its escape."""
    print(json.dumps(value, indent=2, allow_nan=False).replace("\x7f", "\\u007f"))
