"""The command `phimill diff`: two runs beside each other, in the terminal."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from flows.comparison.runs import bound_in_words, compare, in_words, shown_setting
from flows.report.published import Published
from flows.terminal import draw_bar, fit, new_table, one_line, open_console, print_json, show_number, signed, styled

if TYPE_CHECKING:
    from rich.console import Console

#: Lines of a table.
TOP = 15


def diff(left: Path, right: Path, number: int = 5, as_json: bool = False) -> None:
    """Prints what differs between two runs.

    Args:
        left: an out folder; the run before, say.
        right: another one.
        number: documents gained and lost that are named.
        as_json: print one object instead of a page.

    Raises:
        UsageError: nothing is published in one of them.
    """
    found = compare(Published(left), Published(right), number)
    if as_json:
        print_json(_fit(found))
        return
    console = open_console()
    names = [found["runs"][side]["name"] for side in ("left", "right")]
    console.print(styled(f"{one_line(names[0])} → {one_line(names[1])}  ", "bold"), styled(f"{left} → {right}", "dim"))
    if found["runs"]["left"]["snapshot"] == found["runs"]["right"]["snapshot"]:
        console.print(styled("The same snapshot: nothing differs.", "dim"))
    _print_counts(console, found)
    _print_documents(console, found["documents"])
    _print_rules(console, found)
    _print_moves(console, found["moves"])
    _print_samples(console, found["samples"], right)


def _fit(value: Any) -> Any:
    """Returns plain values with every string of a document or recipe masked and visible."""
    if isinstance(value, dict):
        return {key: _fit(inner) for key, inner in value.items()}
    return [_fit(one) for one in value] if isinstance(value, list) else fit(value)


def _print_counts(console: Console, found: dict[str, Any]) -> None:
    table = new_table("", "left>", "right>", "change>")
    for name, pair in found["counts"].items():
        style = "bold" if name in ("kept", "tokens_kept") else ""
        cells = (f"{pair['left']:,}", f"{pair['right']:,}", _signed(pair["change"]))
        table.add_row(styled(name.replace("_", " "), style), *cells)
    for source, counts in found["by_source"].items():
        pair = counts["kept"]
        if pair["change"]:
            cells = (f"{pair['left']:,}", f"{pair['right']:,}", _signed(pair["change"]))
            table.add_row(styled(f"  kept of {one_line(source)}", "dim"), *cells)
    console.print(table)


def _print_documents(console: Console, documents: dict[str, Any]) -> None:
    table = new_table("documents", "number>", "tokens>", "")
    most = max([documents[name]["documents"] for name in ("kept_in_both", "gained", "lost")] + [1])
    for name, sign, colour in (("kept_in_both", "", "blue"), ("gained", "+", "green"), ("lost", "−", "red")):
        size = documents[name]
        bar = styled(draw_bar(size["documents"] / most, 24), colour)
        sizes = (signed(size[what], sign) for what in ("documents", "tokens"))
        table.add_row(name.replace("_", " "), *sizes, bar)
    for name, words in (("only_left", "only in the left run"), ("only_right", "only in the right run")):
        if documents[name]:
            table.add_row(styled(words, "dim"), f"{documents[name]:,}", "", "")
    console.print(table)


def _print_rules(console: Console, found: dict[str, Any]) -> None:
    if found["rules"]:
        table = new_table("rule", "left", "right", "fail it: left>", "right>")
        for row in found["rules"]:
            bounds = [styled(bound_in_words(row[side], show_number)) for side in ("left", "right")]
            table.add_row(
                styled(one_line(row["rule"])), *bounds, f"{row['failed']['left']:,}", f"{row['failed']['right']:,}"
            )
        console.print(table)
    known = {f"filters.{row['rule']}" for row in found["rules"]}
    others = [row for row in found["settings"] if row["key"] not in known]
    if others:
        table = new_table("other settings", "left", "right")
        for row in others[:TOP]:
            table.add_row(
                styled(one_line(row["key"])), *(styled(shown_setting(row[side])) for side in ("left", "right"))
            )
        console.print(table)
        _print_rest(console, len(others))


def _print_moves(console: Console, moves: list[dict[str, Any]]) -> None:
    if not moves:
        return
    table = new_table("moved from", "to", "documents>", "tokens>")
    for row in moves[:TOP]:
        sides = [styled(one_line(in_words(row[side]))) for side in ("from", "to")]
        table.add_row(*sides, f"{row['documents']:,}", f"{row['tokens']:,}")
    console.print(table)
    _print_rest(console, len(moves))


def _print_samples(console: Console, samples: dict[str, list[dict[str, Any]]], right: Path) -> None:
    for name, sign, colour in (("gained", "+", "green"), ("lost", "−", "red")):
        for one in samples[name]:
            console.print(styled(f"{sign} {one['id']}  {one['source']} · {one['name']}", colour))
            console.print(styled(f"    {one_line(in_words(one['left']))} → {one_line(in_words(one['right']))}", "dim"))
    if any(samples.values()):
        console.print(styled(f"\nOne document's road: phimill explain {quote(str(right))} ID", "dim"))


def _print_rest(console: Console, number: int) -> None:
    if number > TOP:
        console.print(styled(f"and {number - TOP:,} more (--json has all)", "dim"))


def _signed(number: int) -> str:
    return f"+{number:,}" if number > 0 else f"−{-number:,}" if number < 0 else "0"
