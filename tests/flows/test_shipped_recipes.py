"""The shipped recipes: what each must say, that it is checked, and that it runs from raw files to shards."""

from __future__ import annotations

import bz2
import functools
import gzip
import json
import os
import random
import re
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner

from data.recipe import Recipe, Source
from data.recipe_file import SHIPPED, read_recipe
from data.sample_corpus.warc import response
from flows.cli import main
from flows.preflight import named_files
from flows.progress import Silent
from flows.road import Request, drive

NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))

#: The quickstart brings its own corpus, and tests of its own.
BUILT = [name for name in NAMES if name != "quickstart"]

#: So small that a run takes seconds. Lists of 4.6 million domains would take longer than all else.
SMALL = (
    "mixture.tokens=null",
    "shards.sequence=64",
)
NO_LISTS = tuple(
    f"filters.url-filter.{key}={{inline: [bad-{key}.test]}}"
    for key in ("domains", "urls", "hard_words", "soft_words", "substrings")
)

TOPICS = ("a list", "a loop", "a test", "a class", "a queue", "a graph", "a file", "a number", "a string", "a set")
DOES = ("keeps", "counts", "sorts", "copies", "reads", "writes", "splits", "joins", "finds", "moves")
THINGS = ("words", "lines", "values", "names", "pages", "letters", "marks", "points", "keys", "rows")


def sentence(draw: random.Random) -> str:
    one, two = draw.choice(TOPICS), draw.choice(TOPICS)
    return (
        f"When {one} {draw.choice(DOES)} the {draw.choice(THINGS)} of {two} that we have seen, it is good to look at "
        f"{draw.randint(2, 99)} of the {draw.choice(THINGS)} and to ask what {draw.choice(TOPICS)} would do with them."
    )


@functools.cache
def paragraphs() -> list[str]:
    """Returns paragraphs of plain English from Python's own documentation, which stands on every machine."""
    from pydoc_data.topics import topics

    every = {" ".join(part.split()) for text in topics.values() for part in re.split(r"\n\s*\n", text)}
    plain = re.compile(r"[^{}*<>=`|#\[\]_]{120,}\.")
    return sorted(part for part in every if plain.fullmatch(part))


def prose(draw: random.Random) -> str:
    return "\n\n".join(draw.sample(paragraphs(), 8))


def code(draw: random.Random) -> str:
    functions = [
        f'def {draw.choice(DOES)}_{number}(values, limit={draw.randint(1, 999)}):\n    """{sentence(draw)[:90]}"""\n'
        f"    # Those below the limit, times {draw.randint(2, 99)}.\n"
        f"    return [value * {draw.randint(2, 99)} for value in values if value < limit]\n"
        for number in range(6)
    ]
    return "\n\n".join(functions)


def page(text: str) -> str:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    return f"<html lang=en><head><title>A page</title></head><body><main>{paragraphs}</main></body></html>"


def rows(source: Source, draw: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(40):
        text = code(draw) if source.documents_are == "code" else prose(draw)
        row = {source.text_column: text, source.id_column or "id": f"{source.name}-{number}"}
        if source.documents_are == "code":
            row[source.language_column or "language"] = "Python"
            row[source.path_column or "path"] = f"part/module_{number}.py"
        yield {**row, **dict.fromkeys(source.signals.values(), number % 6)}


def write_source(source: Source, root: Path, draw: random.Random) -> None:
    pattern = source.path if isinstance(source.path, str) else source.path[0]
    path = root / pattern.replace("**/", "").replace("*", "part-0")
    path.parent.mkdir(parents=True, exist_ok=True)
    if source.kind == "warc":
        pages = [response(f"http://site.test/{n}", page(prose(draw)).encode(), "text/html") for n in range(40)]
        path.write_bytes(b"".join(pages))
    elif source.kind == "files":
        path.mkdir()
        for number in range(40):
            (path / f"module_{number}.py").write_text(code(draw))
    elif source.kind in PREPARED:
        path.mkdir()
        PREPARED[source.kind](path, draw)
    elif source.kind == "parquet":
        pq.write_table(pa.Table.from_pylist(list(rows(source, draw))), path)
    else:
        write_lines(path, rows(source, draw))


def write_repository(path: Path, draw: random.Random) -> None:
    for number in range(40):
        (path / f"module_{number}.py").write_text(code(draw))
    person = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=path, check=True, env={**os.environ, **person})


def write_wiki(path: Path, draw: random.Random) -> None:
    pages = "".join(
        f"<page><title>T{n}</title><ns>0</ns><id>{n}</id><revision><text>{escape(prose(draw))}</text></revision></page>"
        for n in range(40)
    )
    (path / "dump.xml.bz2").write_bytes(bz2.compress(f"<mediawiki>{pages}</mediawiki>".encode()))


def write_books(path: Path, draw: random.Random) -> None:
    for number in range(40):
        (path / f"book-{number}.txt").write_text(prose(draw))


def write_papers(path: Path, draw: random.Random) -> None:
    for number in range(40):
        paper = rf"\begin{{document}}\section{{One}} {prose(draw)}\end{{document}}"
        (path / f"2301.{number:05d}.gz").write_bytes(gzip.compress(paper.encode()))


def write_posts(path: Path, draw: random.Random) -> None:
    posts = "".join(
        f'<row Id="{2 * n + 1}" PostTypeId="1" Title="T{n}" Body={quoteattr(prose(draw))} />'
        f'<row Id="{2 * n + 2}" PostTypeId="2" ParentId="{2 * n + 1}" Body={quoteattr(prose(draw))} />'
        for n in range(40)
    )
    (path / "Posts.xml").write_text(f"<posts>{posts}</posts>")


PREPARED: dict[str, Callable[[Path, random.Random], None]] = {
    "git": write_repository,
    "wikipedia": write_wiki,
    "books": write_books,
    "arxiv": write_papers,
    "stackexchange": write_posts,
}


def write_lines(path: Path, of: Iterator[dict[str, Any]]) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {".zst": zstandard.compress, ".gz": gzip.compress}
    pack = packers.get(path.suffix, bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(b"".join(json.dumps(row).encode() + b"\n" for row in of)))


def write_inputs(recipe: Recipe, root: Path) -> None:
    """Writes a small file wherever the recipe expects one."""
    draw = random.Random(1)
    for source in recipe.sources:
        write_source(source, root, draw)
    for place, name in named_files(recipe):
        if place[0] == "tokenise":
            write_tokenizer(root / name)
        elif place[0] == "quality":
            write_lines(root / name, ({"text": prose(draw)} for _ in range(30)))
        else:
            item = {"task_id": name, "prompt": "def never_in_the_corpus(one, two, three, four, five, six, seven): pass"}
            write_lines(root / name, iter([item]))


def write_tokenizer(path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(sorted(alphabet))}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))


def changes_for(recipe: Recipe, root: Path) -> tuple[str, ...]:
    changes: tuple[str, ...] = (f"root={root}", *SMALL)
    if any((entry.preset or "").startswith("url-filter") for entry in recipe.filters):
        changes += NO_LISTS
    if recipe.synthesise:
        changes += ("synthesise.exercises=30", "synthesise.teacher={}")
    if recipe.tokenise.tokenizer is None:
        changes += ("tokenise.vocabulary=400",)
    if any(entry.preset == "quality" for entry in recipe.filters):
        changes += ("filters.quality.keep_token_share=1.0",)  # the best sixth of so little is one kind alone
    return changes


@pytest.mark.parametrize("name", BUILT)
def test_a_recipe_begins_with_what_its_source_gives_and_what_stands_here_instead(name: str) -> None:
    head = re.split(r"^[^#\n]", (SHIPPED / f"{name}.yaml").read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    assert re.search(r"arXiv \d{4}\.\d{5}|2023\)", head)
    assert re.search(r"^# What the (source|paper|report) gives", head, re.MULTILINE)
    assert re.search(r"^# What (it does not give|is not done|stands here instead)", head, re.MULTILINE)
    assert f"phimill recipe check {name} --set root=" in head
    recipe = read_recipe(name).recipe
    assert recipe.name in (name, name.replace(".", "_"))
    assert recipe.description.endswith(".")


def test_the_shelf_of_recipes_is_whole() -> None:
    wanted = "fineweb fineweb-edu dclm-baseline refinedweb slimpajama starcoder phi-1 phi-1.5 phi-3 llama-1 quickstart"
    assert sorted(wanted.split()) == NAMES


def test_llamas_shares_are_those_of_its_paper() -> None:
    mixture = read_recipe("llama-1").recipe.mixture
    assert (mixture.by, mixture.tokens) == ("source", 1_400_000_000_000)
    assert list(mixture.shares.values()) == [0.67, 0.15, 0.045, 0.045, 0.045, 0.025, 0.02]


def test_finewebs_steps_stand_in_its_order_with_its_minhash() -> None:
    recipe = read_recipe("fineweb").recipe
    names = ["url-filter", "language", "gopher-repetition", "gopher-quality", "c4", "fineweb"]
    assert [entry.name for entry in recipe.filters] == names
    assert recipe.deduplicate is not None
    assert (recipe.deduplicate.bands, recipe.deduplicate.rows, recipe.deduplicate.ngram) == (14, 8, 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT)
def test_a_recipe_is_checked_and_runs_from_raw_files_to_shards(name: str, tmp_path: Path) -> None:
    recipe = read_recipe(name).recipe
    write_inputs(recipe, tmp_path / "in")
    changes = changes_for(recipe, tmp_path / "in")
    options = [word for change in changes for word in ("--set", change)]
    checked = CliRunner().invoke(main, ["recipe", "check", name, *options])
    assert checked.exit_code == 0, checked.output + str(checked.stderr)
    manifest = drive(Request(name, str(tmp_path / "out"), changes, 1), Silent())
    assert manifest["counts"]["kept"] > 0
    table = ds.dataset(str(tmp_path / "out" / "ledger"), format="parquet").to_table(columns=["source", "status"])
    good = {row["source"] for row in table.to_pylist() if row["status"] in ("kept", "not_sampled")}
    assert good >= {source.name for source in recipe.sources}
