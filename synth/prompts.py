"""From a seed and a number to the messages of one exercise request."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import jinja2
import yaml

from synth.draws import Draws
from synth.specs import ExerciseSpec

FOLDER = Path(__file__).parent / "prompt_files"
TESTS_WANTED = 8


@functools.cache
def axes() -> dict[str, Any]:
    """Returns the axes that specifications are drawn from (`prompt_files/axes.yaml`)."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "axes.yaml").read_text(encoding="utf-8"))
    return loaded


def known_topics() -> dict[str, list[str]]:
    """Returns the built-in topics with their concepts, in order."""
    topics: dict[str, list[str]] = axes()["topics"]
    return topics


def draw_spec(seed: int, number: int, topics: list[str] | None = None) -> ExerciseSpec:
    """Returns the specification of request `number`: topics in turn, everything else by keyed hash."""
    names = topics or list(known_topics())
    topic = names[number % len(names)]
    draws = Draws(seed, "synthesise", str(number))
    concepts = known_topics().get(topic, [])
    return ExerciseSpec(
        topic=topic,
        concepts=tuple(draws.sample(concepts, draws.between(1, 2))),
        difficulty=draws.choice(axes()["difficulties"]),
        audience=draws.choice(axes()["audiences"]),
        style=draws.choice(axes()["styles"]),
        setting=draws.choice(axes()["settings"]),
        name_word=draws.choice(axes()["name_words"]),
        seed=draws.bits() >> 1,
    )


def exercise_messages(spec: ExerciseSpec) -> list[dict[str, str]]:
    """Returns the chat messages that ask for an exercise."""
    system = _templates().get_template("exercise.system.j2").render()
    user = _templates().get_template("exercise.user.j2").render(spec=spec, tests=TESTS_WANTED)
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


@functools.cache
def exercise_schema() -> dict[str, Any]:
    """Returns the JSON Schema of an exercise, strict enough for structured output."""
    schema: dict[str, Any] = json.loads((FOLDER / "exercise.schema.json").read_text(encoding="utf-8"))
    return schema


@functools.cache
def prompt_hash() -> str:
    """Returns the digest of the files that shape a request."""
    digest = hashlib.sha256()
    for name in ("exercise.system.j2", "exercise.user.j2", "exercise.schema.json"):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@functools.cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), undefined=jinja2.StrictUndefined, keep_trailing_newline=False
    )
