"""From a specification to the messages of one request: prompts are files, and a user's own folder goes first.

Each kind has a folder with `system.j2`, `user.j2` (Jinja templates) and `schema.json`. A folder
of the user's, laid out the same way, may hold any of these files; what it lacks comes from here.
Templates see `spec` (an ExerciseSpec), `tests` (how many are wanted) and may include `shared/…`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import jinja2.sandbox
import yaml

from data.errors import UsageError, did_you_mean
from synth.draws import Draws
from synth.specs import ExerciseSpec

FOLDER = Path(__file__).parent / "prompt_files"
FILES = ("system.j2", "user.j2", "schema.json")
_AXES = "axes.yaml"
TESTS_WANTED = 8


class Prompts:
    """The prompts of every kind.

    Args:
        folder: a user's own files, which go before the shipped ones.

    Raises:
        UsageError: the folder is not there, or holds a file that no kind asks for.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        if folder is not None:
            _check_folder(folder)
        places = [place for place in (folder, FOLDER) if place is not None]
        self._places = places
        self._templates = jinja2.sandbox.SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(places), undefined=jinja2.StrictUndefined, keep_trailing_newline=False
        )
        self._digests: dict[str, str] = {}
        self._schemas: dict[str, dict[str, Any]] = {}

    def messages(self, spec: ExerciseSpec) -> list[dict[str, str]]:
        """Returns the chat messages that ask for what a specification says.

        Raises:
            UsageError: a template is broken, or leaves the specification or the seed document out.
        """
        system, user = (self._render(f"{spec.kind}/{name}", spec) for name in ("system.j2", "user.j2"))
        if ExerciseSpec.from_prompt(f"{system}\n{user}") != spec:
            wanted = "{{ spec.to_block() }}" + (" and {{ spec.to_document() }}" if spec.document else "")
            raise UsageError(f"{self._path(f'{spec.kind}/user.j2')}: the prompt must hold {wanted} as it is")
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]

    def schema(self, kind: str) -> dict[str, Any]:
        """Returns the JSON Schema of a kind's answer, strict enough for structured output."""
        if kind not in self._schemas:
            path = self._path(f"{kind}/schema.json")
            try:
                self._schemas[kind] = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise UsageError(f"{path}: not JSON: {error}") from None
        return self._schemas[kind]

    def digest(self, kind: str) -> str:
        """Returns the version of a kind's prompt: the digest of all files that shape its requests."""
        if kind not in self._digests:
            digest = hashlib.sha256()
            for name in self._files_of(kind):
                digest.update(name.encode() + b"\0" + self._path(name).read_bytes() + b"\0")
            self._digests[kind] = digest.hexdigest()[:16]
        return self._digests[kind]

    def _files_of(self, kind: str) -> list[str]:
        """Returns a kind's files, and those that they include."""
        found = [f"{kind}/{name}" for name in FILES]
        for name in found:
            if name.endswith(".j2"):
                tree = self._templates.parse(self._path(name).read_text(encoding="utf-8"))
                included = jinja2.meta.find_referenced_templates(tree)
                found += sorted({part for part in included if part is not None and part not in found})
        return found

    def _path(self, name: str) -> Path:
        for place in self._places:
            if (place / name).is_file():
                return place / name
        kinds = sorted(path.parent.name for path in FOLDER.glob("*/user.j2"))
        kind = name.split("/")[0]
        raise UsageError(f"no prompt is named {name!r}.{did_you_mean(kind, kinds)} There are: {', '.join(kinds)}.")

    def fill(self, kind: str, **values: str) -> list[dict[str, str]]:
        """Returns the chat messages of prompts that are about a finished record, such as `second` and `judge`."""
        system, user = (self._filled(f"{kind}/{file}", values) for file in ("system.j2", "user.j2"))
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]

    def _render(self, name: str, spec: ExerciseSpec) -> str:
        return self._filled(name, {"spec": spec, "tests": TESTS_WANTED})

    def _filled(self, name: str, values: dict[str, Any]) -> str:
        path = self._path(name)
        try:
            return self._templates.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise UsageError(f"{error.filename or path}:{error.lineno}: {error.message}") from None
        except jinja2.TemplateError as error:
            raise UsageError(f"{path}: {error.message}. Templates see `{'` and `'.join(values)}`.") from None


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of prompts")
    known = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*"))
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in found:
        if name == _AXES:
            if (folder / name).read_bytes() != (FOLDER / name).read_bytes():
                raise UsageError(f"{folder / name}: topics, audiences and styles are no prompts; name them in a --spec")
        elif name not in known and not name.startswith("shared/") and not Path(name).name.startswith("."):
            raise UsageError(f"{folder / name}: no kind asks for a file of that name.{did_you_mean(name, known)}")
    if not found:
        raise UsageError(f"{folder}: holds no prompt; expected files such as {known[0]}")


#: The prompts that phimill brings along.
PROMPTS = Prompts()


@functools.cache
def axes() -> dict[str, Any]:
    """Returns the axes that specifications are drawn from (`prompt_files/axes.yaml`)."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / _AXES).read_text(encoding="utf-8"))
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
    """Returns the chat messages that ask for what a specification says, by the shipped prompts."""
    return PROMPTS.messages(spec)
