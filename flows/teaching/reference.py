"""The commands that say what can be asked for: kinds, specifications, faults; and the built-in teacher as a server."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.commands.options import AS_JSON
from flows.teaching.options import shares_of_faults


@click.command()
def kinds() -> None:
    """List what a teacher can be asked for.

    \b
    phimill synth kinds
    """
    from flows.terminal import new_table, open_console
    from synth.kinds.registry import KINDS

    drawn = new_table("kind", "documents", "what it is")
    for kind in KINDS.values():
        drawn.add_row(kind.name, kind.document_kind, kind.shows)
    open_console().print(drawn)


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--schema", is_flag=True, help="Print the fields as JSON Schema.")
def spec(name: str | None, schema: bool) -> None:
    """Print a specification to start from, every field explained.

    With NAME print a shipped one.

    \b
    phimill synth spec > mine.yaml
    phimill synth exercises --spec mine.yaml --out out/mine
    """
    from synth.variety.files import find_variety
    from synth.variety.settings import Variety
    from synth.variety.starter import starter

    if schema:
        click.echo(json.dumps(Variety.model_json_schema(), indent=2))
    else:
        click.echo(find_variety(name).read_text("utf-8") if name else starter(), nl=False)


@click.command()
@AS_JSON
def faults(as_json: bool) -> None:
    """List what the built-in teacher can be told to do wrong.

    \b
    phimill synth exercises --fault wrong_solution=0.3 --fault http_429=0.1 --out out/faulty
    """
    from flows.terminal import new_table, open_console
    from synth.builtin.faults import DEFAULT_RATES, MEANINGS

    rates = DEFAULT_RATES.to_json()
    if as_json:
        click.echo(json.dumps(rates, indent=1))
        return
    drawn = new_table("fault", "share>", "what it does")
    for name, rate in rates.items():
        drawn.add_row(name, f"{rate:g}", MEANINGS[name])
    open_console().print(drawn)


@click.command()
@click.option("--port", metavar="N", default=0, type=click.IntRange(0, 65535), help="On loopback; default: a free one.")
@click.option("--fault", "faults", metavar="NAME=SHARE", multiple=True, callback=shares_of_faults,
              help="What it does wrong, and how often (`phimill synth faults`); may be repeated.")  # fmt: skip
@click.option("--usd-per-million-input", "usd_in", metavar="USD", default=0.0, type=click.FloatRange(0),
              help="What its account reckons for prompts.")  # fmt: skip
@click.option("--usd-per-million-output", "usd_out", metavar="USD", default=0.0, type=click.FloatRange(0),
              help="And for replies.")  # fmt: skip
def teacher(port: int, faults: dict[str, float] | None, usd_in: float, usd_out: float) -> None:
    """Serve the built-in teacher as an endpoint, until Ctrl-C.

    It speaks chat completions, models, files and batches; its account is at URL/phimill/account.

    \b
    phimill synth teacher --port 8000 --fault http_500=0.1 --fault usage_absurd=0.05
    """
    import threading

    from data.recipe import Teacher
    from synth.builtin.answers import MODEL
    from synth.builtin.faults import rates_of
    from synth.builtin.server import serve

    wished: dict[str, Any] = {"faults": faults} if faults else {}
    with serve(rates_of(Teacher(**wished)), (usd_in, usd_out), port) as url:
        click.echo(f"{url}  model {MODEL}, procedural, no key needed; Ctrl-C ends it")
        threading.Event().wait()


COMMANDS = (kinds, spec, faults, teacher)
