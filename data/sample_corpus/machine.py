"""What real text stands on this machine: Python's own sources and those of our dependencies.

Everything is found through package metadata and read as files; no module is imported.
"""

from __future__ import annotations

import ast
import csv
import dataclasses
import importlib.metadata
import re
import sys
import sysconfig
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import cast

from data.errors import UsageError
from data.sample_corpus.choices import ranked
from data.syntax import parse_program

STDLIB = "python-stdlib"
#: Largest source file that is read; beyond it stand tables and generated code.
MAX_FILE_BYTES = 400_000
MIN_FILE_BYTES = 100

_SKIPPED_FOLDERS = {"test", "tests", "idle_test", "__pycache__", "site-packages", "dist-packages", "_bundled"}
_SPDX = {"MIT": "MIT", "Apache 2.0": "Apache-2.0", "Apache Software": "Apache-2.0", "ISC": "ISC"}
_LICENCE_NAME = re.compile(r"^(licen[sc]e|copying|notice|unlicense)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class SourceFile:
    """A Python source file: `dist` is its distribution's folder name, `path` lies below it."""

    dist: str
    path: str
    text: str

    @property
    def name(self) -> str:
        """Unique among all files: `attrs/attr/_make.py`."""
        return f"{self.dist}/{self.path}"

    @property
    def module(self) -> str:
        """The dotted name that it would be imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclasses.dataclass(frozen=True)
class Distribution:
    """A distribution with what its metadata says about it.

    Attributes:
        licence: SPDX expression or name, empty if not stated.
        licence_files: file name → text.
        description: the long description, empty if there is none.
        markdown: the description is Markdown, not reStructuredText.
        paths: its Python sources, sorted, relative to where it is installed.
        root: the folder that the paths start from.
    """

    name: str
    version: str
    licence: str
    licence_files: dict[str, str]
    description: str
    markdown: bool
    paths: tuple[str, ...]
    root: Path

    def read(self, path: str) -> SourceFile | None:
        """Returns a source file, or None where it is too small, too large or not UTF-8."""
        try:
            content = (self.root / path).read_bytes()
            if not MIN_FILE_BYTES <= len(content) <= MAX_FILE_BYTES:
                return None
            return SourceFile(self.name, path, content.decode("utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def files(self) -> Iterator[SourceFile]:
        """Yields its readable sources in a keyed order."""
        for path in ranked("files", self.paths, lambda path: f"{self.name}/{path}"):
            file = self.read(path)
            if file is not None:
                yield file


def distributions() -> list[Distribution]:
    """Returns the standard library, then what phimill requires, however indirectly, sorted by name."""
    return [_stdlib(), *(_read(name) for name in required("phimill"))]


def required(name: str) -> list[str]:
    """Returns the installed distributions that one needs, however indirectly, without extras."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = _normal(waiting.pop())
        if current in found:
            continue
        try:
            requirements = importlib.metadata.requires(current) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on another platform or Python only
        found.add(current)
        for line in requirements:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return sorted(found - {_normal(name)})


def version(name: str) -> str:
    """Returns an installed distribution's version."""
    return importlib.metadata.version(name)


def topics() -> dict[str, str]:
    """Returns the language reference as pydoc carries it: topic → plain text."""
    path = Path(sysconfig.get_path("stdlib")) / "pydoc_data" / "topics.py"
    for node in parse_program(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "topics":
            return {str(name): str(text) for name, text in sorted(ast.literal_eval(node.value).items())}
    raise UsageError(f"{path}: holds no `topics`; this Python came without the language reference that pydoc shows")


def _stdlib() -> Distribution:
    root = Path(sysconfig.get_path("stdlib"))
    paths = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        top = relative.parts[0].removesuffix(".py")
        is_ours = top in sys.stdlib_module_names and top != "pydoc_data" and not top.startswith("_sysconfigdata")
        if is_ours and not _SKIPPED_FOLDERS & set(relative.parts[:-1]):
            paths.append(relative.as_posix())
    text = root / "LICENSE.txt"
    licence = text.read_text(encoding="utf-8") if text.is_file() else "SPDX-License-Identifier: PSF-2.0\n"
    version = "{}.{}.{}".format(*sys.version_info[:3])
    return Distribution(STDLIB, version, "PSF-2.0", {"LICENSE": licence}, "", False, tuple(paths), root)


def _read(name: str) -> Distribution:
    found = importlib.metadata.distribution(name)
    metadata = cast(Message, found.metadata)
    records = [row[0] for row in csv.reader((found.read_text("RECORD") or "").splitlines()) if row]
    paths = [
        record
        for record in records
        if record.endswith(".py")
        and not record.startswith((".", "/"))
        and not _SKIPPED_FOLDERS & set(record.split("/"))
    ]
    root = Path(str(found.locate_file("")))
    description = metadata.get_payload() or metadata.get("Description") or ""
    return Distribution(
        name=name,
        version=found.version,
        licence=_licence(metadata),
        licence_files=_licence_files(records, root),
        description=str(description),
        markdown="markdown" in str(metadata.get("Description-Content-Type") or ""),
        paths=tuple(sorted(paths)),
        root=root,
    )


def _licence(metadata: Message) -> str:
    """Returns the licence that metadata states, as an SPDX expression where its name is unmistakable."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    stated = str(metadata.get("License") or "").strip().split("\n")[0]
    if 0 < len(stated) <= 60:
        return _SPDX.get(stated.removesuffix(" License"), stated)
    classifiers = [str(value) for value in metadata.get_all("Classifier") or []]
    named = [value.rsplit(" :: ", 1)[-1] for value in classifiers if value.startswith("License :: ")]
    return " OR ".join(_SPDX.get(name.removesuffix(" License"), name) for name in named)


def _licence_files(records: list[str], root: Path) -> dict[str, str]:
    """Returns the licence files that lie on top of the metadata folder, by name."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda record: (record.count("/"), record)):
        folder, _, name = record.rpartition("/")
        on_top = folder.endswith((".dist-info", ".dist-info/licenses", ".dist-info/license_files"))
        if on_top and _LICENCE_NAME.match(name) and name not in found:
            try:
                found[name] = (root / record).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
