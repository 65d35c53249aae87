"""The commands under `phimill synth`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from data.errors import UsageError
from flows.commands.options import AS_JSON, OUT, seed_option
from flows.teaching.options import ManyValues, TeacherCommand, go_on, with_teacher, with_wishes
from flows.teaching.reference import COMMANDS

TEXTBOOKS = ("section", "lesson")
FORMATS = ("faq", "tutorial", "table", "qa", "wikipedia")


@click.group()
def synth() -> None:
    """Have a teacher write exercises, textbooks, rephrasings.

    What it writes is verified, and what it costs stays within the budget.
    """


for command in COMMANDS:
    synth.add_command(command)


TOPICS = click.option("--topics", metavar="A,B", help="Comma-separated topics; default: the built-in list.")
SPEC = click.option("--spec", metavar="FILE", help="Axes and budgets (YAML), or the name of a shipped specification.")


@synth.command(cls=TeacherCommand)
@TOPICS
@SPEC
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="What to ask for (`phimill synth kinds`); may be repeated."
)
@with_wishes
@AS_JSON
def exercises(as_json: bool, **wishes: Any) -> None:
    """Make exercises, each run in a sandbox before it is kept.

    An exercise has a solution and tests.

    \b
    phimill synth exercises -n 500 --out out/exercises
    phimill synth exercises --topics graphs,strings -n 500 --base-url URL --model M --max-usd 5 --out DIR
    """
    _make("exercises", as_json, ("function",), **wishes)


@synth.command(cls=TeacherCommand)
@TOPICS
@SPEC
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="What to ask for; default: section and lesson, in turn."
)
@with_wishes
@AS_JSON
def textbooks(as_json: bool, **wishes: Any) -> None:
    """Make textbook sections, whose code is run, and lessons.

    \b
    phimill synth textbooks -n 100 --topics graphs --out out/textbooks
    """
    _make("textbooks", as_json, TEXTBOOKS, **wishes)


@synth.command(cls=TeacherCommand)
@click.option("--from", "source", required=True, metavar="PATH", type=click.Path(path_type=Path, exists=True),
              help="A published dataset, or a JSONL or Parquet file or folder of them.")  # fmt: skip
@click.option(
    "--style", "styles", metavar="A,B", default=",".join(FORMATS), show_default=True, help="Formats, comma-separated."
)
@click.option("--every", is_flag=True, help="Tell each document in every format, instead of in one.")
@click.option(
    "--max-chars",
    metavar="N",
    default=6000,
    show_default=True,
    type=click.IntRange(200),
    help="Of a document, at most.",
)
@with_wishes
@AS_JSON
def rephrase(source: Path, styles: str, every: bool, max_chars: int, as_json: bool, out: Path, **wishes: Any) -> None:
    """Tell documents again in other forms.

    As FAQ, tutorial, table, questions and answers, or encyclopedia article.

    \b
    phimill synth rephrase --from out/mine -n 100 --out out/rephrased
    """
    from flows.on_demand import split
    from flows.teaching.documents import read_documents
    from synth.plans import DocumentPlan

    wishes["exercises"] = wishes["exercises"] or 100
    kinds = [f"rephrase-{style.removeprefix('rephrase-')}" for style in split(styles, "--style") or FORMATS]
    documents = read_documents(source, wishes["exercises"], wishes["seed"], max_chars)
    plan = DocumentPlan(wishes["seed"], documents, kinds, every)
    wishes["exercises"] = min(wishes["exercises"], len(plan))
    _order("rephrased", as_json, out=out, plan=plan, kinds=kinds, **wishes)


@synth.command()
@click.argument("source", metavar="DIR|JOURNAL", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out", metavar="FILE", required=True, type=click.Path(path_type=Path), help="FILE.jsonl or FILE.jsonl.gz"
)
def record(source: Path, out: Path) -> None:
    """Make a run's answers a teacher that can be shipped.

    --base-url recorded:FILE asks it again. Prompts and answers go into the file as they are; the
    key was never in the journal.

    \b
    phimill synth record out/exercises --out answers.jsonl.gz
    """
    from flows.teaching.recording import record as write

    number = write(source, out)
    click.echo(f"{out}: {number} answers; ask them again with --base-url recorded:{out}")


@synth.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, exists=True))
@click.option("--prompt", "prompt_columns", metavar="A,B", default="prompt,instruction,input", show_default=True,
              help="Columns whose words make the prompt.")  # fmt: skip
@click.option("--reply", "reply_column", metavar="COLUMN", default=None, help="The reply's column; default: reply, "
              "output, response, completion or solution, whichever is there.")  # fmt: skip
@click.option("--model", metavar="MODEL", default="unknown", show_default=True, help="Who wrote the replies.")
@click.option(
    "-n", "--number", metavar="N", default=None, type=click.IntRange(1), help="Only so many, chosen by keyed hash."
)
@seed_option("Another one draws others.")
@OUT
@AS_JSON
def import_replies(files: tuple[Path, ...], as_json: bool, **wishes: Any) -> None:
    """Judge replies that another program got.

    They are parsed and run, and how far each comes is told.

    \b
    phimill synth import replies.jsonl --model gpt-x --out out/imported
    """
    from flows.teaching.importing import import_replies as judge

    facts = judge(files, **wishes)
    if as_json:
        click.echo(json.dumps(facts, indent=1, sort_keys=True))


@synth.command(cls=ManyValues)
@click.option("--prompts", "folders", metavar="DIR...", multiple=True, help="Folders of prompts; `shipped` is ours.")
@click.option("--models", metavar="MODEL...", multiple=True, help="Models; default: the built-in teacher's.")
@TOPICS
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help="What to ask for; may be repeated.")
@click.option("-n", "--number", "exercises", metavar="N", default=50, show_default=True, type=click.IntRange(1),
              help="Cells; each goes through every pair of prompts and model.")  # fmt: skip
@seed_option("Another one draws others.")
@click.option("--shared/--not-shared", default=True, help="Use answers that other runs on this machine paid for.")
@OUT
@with_teacher
@AS_JSON
def compare(as_json: bool, **wishes: Any) -> None:
    """Compare prompts and models on the same cells.

    Yield, cost and novelty, with samples side by side.

    \b
    phimill synth compare --prompts shipped mine/ --models M1 M2 -n 50 --base-url URL --out out/compare
    """
    from flows.teaching.comparing import compare as run

    found = run(**wishes)
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))


@synth.command(cls=TeacherCommand)
@click.option("--spec", metavar="FILE", help="Forecast for this.")
@click.option("--topics", metavar="A,B", help="Comma-separated topics of the pilot.")
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help="What the pilot asks for; may be repeated.")
@click.option("-n", "--number", "exercises", metavar="N", default=1000, show_default=True, type=click.IntRange(1),
              help="Forecast for so many requests.")  # fmt: skip
@click.option(
    "--pilot", metavar="N", default=20, show_default=True, type=click.IntRange(0, 1000), help="Requests tried out."
)
@click.option(
    "--levels", metavar="N,M", default="1,8,32", show_default=True, help="How many calls at a time are timed."
)
@seed_option("Another one draws others.")
@click.option(
    "--out",
    metavar="DIR",
    default=None,
    type=click.Path(path_type=Path),
    help="Where the pilot is kept; default: nowhere.",
)
@with_teacher
@AS_JSON
def doctor(as_json: bool, **wishes: Any) -> None:
    """Say what an endpoint can do, and what a run will take.

    How fast it is, what a pilot yields, and a forecast of time and cost.

    \b
    phimill synth doctor --base-url URL --model M
    """
    from flows.teaching.doctor import examine

    found = examine(quiet=as_json, **wishes)
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))


@synth.command(cls=TeacherCommand)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--min-score", metavar="N", default=3, show_default=True, type=click.IntRange(0, 5), help="The bound that matters."
)
@click.option(
    "--strong-model", metavar="MODEL", help="Asked again for what lies near the bound; its word counts there."
)
@click.option("--strong-url", metavar="URL", help="Where it is; default: the same endpoint.")
@click.option(
    "--margin", metavar="N", default=1, show_default=True, type=click.IntRange(0, 5), help="How near is near."
)
@click.option(
    "--retest", metavar="SHARE", default=0.05, show_default=True, type=click.FloatRange(0, 1), help="Share rated twice."
)
@click.option("--prompts", metavar="DIR", type=click.Path(exists=True, file_okay=False), help="With your own rubric.")
@seed_option("Another one draws others.")
@click.option("--shared/--not-shared", default=True, help="Use answers that other runs on this machine paid for.")
@with_teacher
@AS_JSON
def judge(folder: Path, as_json: bool, **wishes: Any) -> None:
    """Have a language model rate what lies in DIR by a rubric.

    It also says how far the judge agrees with itself.

    \b
    phimill synth judge out/exercises --base-url URL --model M
    """
    from flows.teaching.judging import judge as run

    found = run(folder, **wishes)
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))


def _make(name: str, as_json: bool, default_kinds: tuple[str, ...], **wishes: Any) -> None:
    kinds, spec = list(wishes.pop("kinds")), wishes.get("spec")
    if spec and (wishes["topics"] or kinds):
        raise UsageError("--spec: says topics and kinds itself; leave out --topics and --kind")
    if spec and wishes["exercises"] is None:
        from flows.teaching.plans import most_requests

        wishes["exercises"] = most_requests(spec)
    _order(name, as_json, kinds=kinds or list(default_kinds), **wishes)


def _order(
    name: str,
    as_json: bool,
    *,
    out: Path,
    seed: int,
    preview: int,
    yes: bool,
    shared: bool,
    topics: str | None = None,
    plan: Any = None,
    benchmarks: tuple[Path, ...] = (),
    **wishes: Any,
) -> None:
    from flows.on_demand import Order, fulfil, split
    from flows.road import named_failures
    from flows.teaching.wishes import settings_of

    settings = settings_of(topics=split(topics, "--topics"), **wishes)
    with named_failures(out):
        facts = fulfil(Order(out, settings, seed, name, plan, preview, go_on(yes), shared, benchmarks=benchmarks))
    if as_json:
        click.echo(json.dumps(facts, indent=1, sort_keys=True))
