"""Whether a step is done: the hash of everything that its output depends on."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Iterable

PACKAGES = ("data", "filters", "flows", "synth")
#: An import as ours are written, also behind `;` or `:`; `ast` takes milliseconds for each module.
_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\((?:[^()#]|#.*\n)*\)|.*)|import[ \t]+(.*))", re.MULTILINE
)
_NAME = re.compile(r"[\w.]+")


def digest(value: Any) -> str:
    """Returns 16 hexadecimal digits for a JSON-able value; equal values give equal digits."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """Returns a file's SHA-256 in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def code_digest(*modules: str) -> str:
    """Returns the digest of modules and of all that they import from phimill's own packages.

    Imports are read from the source, those inside functions included; nothing is imported. `flows`
    is glue: a module of it counts, what it imports from `flows` does not.
    Comments count: a false alarm costs a re-run, a miss costs the truth.
    """
    sources: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in sources or (module := _read_module(name)) is None:
            continue
        sources[name], imported = module
        waiting.extend(inner for inner in imported if not inner.startswith("flows"))
    return digest(sources)


def resource_digest(package: str) -> str:
    """Returns the digest of the files in a package that are not Python: prompts, templates, tables."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(package)
    root = Path(found.origin).parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    return digest({str(path.relative_to(root)): file_sha256(path) for path in files})


def module_names(package: str) -> list[str]:
    """Returns the names of all modules in a package."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(package)
    return [package, *(f"{package}.{path.stem}" for path in sorted(Path(found.origin).parent.glob("[!_]*.py")))]


def step_fingerprint(
    step: str,
    *,
    version: int,
    settings: Any,
    modules: Iterable[str],
    libraries: Iterable[str] = (),
    reads: Any = (),
) -> str:
    """Returns a step's fingerprint.

    Args:
        step: the step's name.
        version: raised by hand when the meaning of its output changes.
        settings: its part of the recipe, JSON-able.
        modules: the modules that do its work; their import closure counts.
        libraries: distributions whose version shapes the output.
        reads: digests of what it reads beside its input part (models, lists, benchmarks).
    """
    import importlib.metadata  # here: it brings the mail package along, and who only looks at a run needs neither

    return digest(
        {
            "step": step,
            "version": version,
            "settings": settings,
            "code": code_digest(*sorted(modules)),
            "python": sys.version_info[:2],  # Unicode tables, `ast`, the standard library as a corpus
            "libraries": {name: importlib.metadata.version(name) for name in sorted(libraries)},
            "reads": reads,
        }
    )


@functools.cache  # a run asks for the closures of some twenty steps, which have most of their modules in common
def _read_module(name: str) -> tuple[str, list[str]] | None:
    """Returns a module's source and what it imports from phimill's packages, None for what is no module of theirs."""
    path = _module_path(name)
    if path is None:
        return None
    source = path.read_text(encoding="utf-8")
    return source, _imports(source)


def _module_path(name: str) -> Path | None:
    package, *inner = name.split(".")
    root = _root(package) if package in PACKAGES else None
    if root is None:
        return None
    base = os.path.join(root, *inner)
    return next((Path(path) for path in (f"{base}.py", f"{base}/__init__.py") if os.path.isfile(path)), None)


@functools.cache
def _root(package: str) -> str | None:
    found = importlib.util.find_spec(package)
    return None if found is None or found.origin is None else os.path.dirname(found.origin)


def _imports(source: str) -> list[str]:
    found: list[str] = []
    for module, names, modules in _IMPORT.findall(source):
        found += [module, *(f"{module}.{name}" for name in _NAME.findall(names))] if module else _NAME.findall(modules)
    return [name for name in found if name.split(".")[0] in PACKAGES]
