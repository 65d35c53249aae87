"""A small corpus of the tests' own making, and a recipe that walks the whole road over it in seconds."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("DO_NOT_TRACK", "1")

NOUNS = [
    "river",
    "engine",
    "garden",
    "letter",
    "market",
    "window",
    "signal",
    "planet",
    "bridge",
    "number",
    "basket",
    "teacher",
    "winter",
    "method",
]
VERBS = ["moves", "follows", "builds", "carries", "opens", "measures", "changes", "reaches", "holds", "explains"]
JOINS = ["because", "while", "although", "since", "whenever", "after"]


def sentence(draw: random.Random) -> str:
    a, b, c, d = (draw.choice(NOUNS) for _ in range(4))
    return (
        f"The {a} that we have seen {draw.choice(VERBS)} the {b} with {draw.randint(2, 97)} parts, "
        f"{draw.choice(JOINS)} every {c} of the {draw.choice(NOUNS)} {draw.choice(VERBS)} to be a {d}."
    )


def prose(draw: random.Random, paragraphs: int = 4) -> str:
    return "\n\n".join(" ".join(sentence(draw) for _ in range(4)) for _ in range(paragraphs))


def write_corpus(folder: Path, seed: int = 5) -> None:
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"id": f"doc-{n}", "text": prose(draw), "edu": n % 6} for n in range(60)]
    rows.append({"id": "copy", "text": "  " + rows[3]["text"].upper()})  # type: ignore[operator]
    near = str(rows[4]["text"]).split(" ")
    near[10] = "different"
    rows.append({"id": "near", "text": " ".join(near)})
    rows.append({"id": "spam", "text": "buy now cheap pills " * 80})
    rows.append({"id": "blank", "text": "   "})
    rows.append({"id": "leak", "text": rows[5]["text"] + "\n\n" + BENCHMARK + "\n\n" + prose(draw, 2)})  # type: ignore[operator]
    lines = [json.dumps(row) for row in rows]
    lines.insert(7, '{"id": "cut", "text": "half')
    (folder / "prose.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pages = [
        {"id": f"page-{n}", "url": f"http://example.test/{n}", "html": page(f"Page {n}", prose(draw))}
        for n in range(20)
    ]
    with gzip.open(folder / "pages.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in pages))
    code = folder / "code" / "tool"
    code.mkdir(parents=True, exist_ok=True)
    (code / "LICENSE").write_text("MIT License\n\nPermission is hereby granted, free of charge, to any person\n")
    for n in range(12):
        (code / f"module_{n}.py").write_text(module(n, draw))
    (code / "data.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "good.jsonl").write_text("".join(json.dumps({"text": prose(draw)}) + "\n" for _ in range(30)))
    (folder / "bench.jsonl").write_text(json.dumps({"task_id": "b/1", "question": BENCHMARK}) + "\n")


BENCHMARK = (
    "A farmer keeps seventeen brown hens and buys eleven white ducks on Monday; how many birds drink from "
    "the long trough when four of the hens have been sold on Thursday?"
)


def page(title: str, text: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    return (
        f"<html lang=en><head><title>{title}</title></head><body><nav><a href=/>Home</a> <a href=/b>Blog</a></nav>"
        f"<main><article><h1>{title}</h1>{body}</article></main><footer>All rights reserved.</footer></body></html>"
    )


def module(number: int, draw: random.Random) -> str:
    functions = "\n\n".join(
        f'def {draw.choice(VERBS)}_{k}(values, limit={draw.randint(1, 99)}):\n    """{sentence(draw)}"""\n'
        f"    return [value * {draw.randint(2, 9)} for value in values if value < limit]\n"
        for k in range(6)
    )
    return f'"""Module {number}. {sentence(draw)}"""\n\nimport math\n\n\n{functions}'


RECIPE = """\
name: small
seed: 3
sources:
  - {name: prose, kind: jsonl, path: prose.jsonl, signals: {edu: edu}}
  - {name: pages, kind: jsonl, path: pages.jsonl.gz, html_column: html}
  - {name: code, kind: files, path: code, groups: 3}
quality: {reference: [good.jsonl], epochs: 3, dim: 20}
filters:
  - preset: gopher-quality
  - preset: gopher-repetition
    max_duplicate_5gram_char_share: null   # made-up prose repeats its few words
    max_duplicate_6gram_char_share: null
    max_duplicate_7gram_char_share: null
    max_duplicate_8gram_char_share: null
  - name: educational
    where: {source: prose}
    rules:
      - {signal: edu, at_least: 1, reason: not_educational, unless: "words >= 10000"}
  - preset: starcoder
synthesise: {exercises: 12}
decontaminate:
  benchmarks: [{name: birds, path: bench.jsonl}]
tokenise: {vocabulary: 600}
mixture: {by: kind, shares: {text: 0.5, web: 0.3, code: 0.1, exercise: 0.1}}
shards: {rows: 20, tokens: 6000, sequence: 128}
max_quarantined: 0.1
"""


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with the corpus and `small.yaml`; tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder)
    (folder / "small.yaml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="session")
def million(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """Returns a published dataset with a ledger of a million rows."""
    spec = importlib.util.spec_from_file_location("large_ledger", Path(__file__).with_name("large_ledger.py"))
    assert spec is not None
    assert spec.loader is not None
    large: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(large)
    return once("million", lambda folder: large.publish(folder / "out", 1_000_000)) / "out"


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the report blank, which takes longer to draw than all the rest of a small run: where another shows it."""

    def write(folder: Path, target: Path, *more: object) -> None:
        target.write_text("<html></html>")

    monkeypatch.setattr("flows.report.write_report", write, raising=False)
