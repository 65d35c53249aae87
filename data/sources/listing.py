"""Which files a source has, and how they are grouped into units."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable, Iterator

from data.errors import RecipeError
from data.fingerprint import digest
from data.keyed import keyed_hash
from data.recipe import Source
from data.sources import InputFile, Unit
from data.sources.globs import GLOB_CHARACTERS, matches
from data.sources.licences import combine, is_licence_file, recognise

Sha256 = Callable[[Path], str]

#: What is read of a folder; a file or glob pattern that is named is read whatever its name.
FOLDER_PATTERNS = {
    "jsonl": [f"*{name}{packed}" for name in (".jsonl", ".json", ".ndjson") for packed in ("", ".gz", ".zst", ".zstd")],
    "parquet": ["*.parquet", "*.pq"],
    "warc": [f"*{name}{packed}" for name in (".warc", ".wet") for packed in ("", ".gz", ".zst")],
    "html": ["*.html", "*.htm", "*.xhtml"],
    "files": ["*"],
}

#: Settings that choose or rank documents but do not change what is read of a file.
_NOT_READING = {"path", "priority", "groups", "include", "exclude"}


def list_source(source: Source, root: Path, sha256: Sha256) -> list[Unit]:
    """Returns a source's units, sorted by name; see `data.sources.list_units`."""
    addresses = [source.path] if isinstance(source.path, str) else list(source.path)
    settings = source.model_dump(mode="json", exclude=_NOT_READING)
    if source.kind == "huggingface":
        units = [_dataset_unit(address, source, root, settings, sha256) for address in addresses]
        return sorted(units, key=lambda unit: unit.name)
    found: dict[str, InputFile] = {}
    known: set[str] = set()
    for address in addresses:
        files = [(path, relative) for path, relative in _files(address, source, root) if str(path) not in known]
        for path, relative in files:
            if relative in found:
                raise _error(
                    source,
                    f"{path} and {found[relative].path} would both be called {relative!r}; "
                    "give them a common folder or glob pattern, or make two sources of them",
                )
            known.add(str(path))
            found[relative] = InputFile(str(path), relative, path.stat().st_size, sha256(path))
    files_found = sorted(found.values(), key=lambda file: file.relative)
    if source.kind in ("files", "html"):
        return _groups(files_found, source, settings)
    return sorted((_file_unit(file, source, settings) for file in files_found), key=lambda unit: unit.name)


def _file_unit(file: InputFile, source: Source, settings: object) -> Unit:
    key = digest({"settings": settings, "files": [[file.relative, file.sha256]]})
    return Unit(source.name, _safe_name(file.relative), (file,), key)


def _groups(files: list[InputFile], source: Source, settings: object) -> list[Unit]:
    """Returns K groups by keyed hash of the path, so that one more file changes one group."""
    if source.kind == "files":
        licences = _Licences()
        files = [licences.given_to(file) for file in files]
    groups: dict[int, list[InputFile]] = {}
    for file in files:
        groups.setdefault(keyed_hash(0, "group", file.relative) % source.groups, []).append(file)
    return [
        Unit(
            source.name,
            f"group-{number:04d}",
            tuple(group),
            digest({"settings": settings, "files": [[file.relative, file.sha256, file.licence] for file in group]}),
        )
        for number, group in sorted(groups.items())
    ]


def _dataset_unit(address: str, source: Source, root: Path, settings: object, sha256: Sha256) -> Unit:
    folder = root / address
    local: list[InputFile] = []
    if folder.is_dir():
        local = [
            InputFile(str(path), relative, path.stat().st_size, sha256(path))
            for path, relative in sorted(_walk(folder))
        ]
        if not local:
            raise _error(source, f"{folder} is empty; expected the files of a dataset")
    elif address.startswith((".", "/")):
        raise _error(source, f"no such folder: {folder}")
    contents = [(file.relative, file.sha256) for file in local]
    key = digest({"settings": settings, "address": "" if local else address, "files": contents})
    return Unit(source.name, _safe_name(address), tuple(local), key, str(folder.resolve()) if local else address)


def _files(address: str, source: Source, root: Path) -> Iterator[tuple[Path, str]]:
    """Yields (absolute path, locator's path) of a file's, folder's or glob pattern's files."""
    path = Path(os.path.abspath(root / address))
    if path.is_file():
        yield path, _readable(path.name)
        return
    patterns = FOLDER_PATTERNS[source.kind] if not source.include else ["*"]
    base = path
    if not path.is_dir():
        parts = path.parts
        fixed = next((index for index, part in enumerate(parts) if set(part) & GLOB_CHARACTERS), None)
        if fixed is None:
            raise _error(source, f"no such file or folder: {path}")
        base, patterns = Path(*parts[:fixed]), ["/" + "/".join(parts[fixed:])]
        if not base.is_dir():
            raise _error(source, f"no such folder: {base} (the part of {address!r} before the first wildcard)")
    count = 0
    for file, relative in _walk(base):
        name = relative.lower() if base == path else relative  # a folder holds PAGE.HTM too; a glob means its case
        chosen = any(matches(name, pattern) for pattern in patterns)
        chosen = chosen and (not source.include or any(matches(relative, pattern) for pattern in source.include))
        if chosen and not any(matches(relative, pattern) for pattern in source.exclude):
            count += 1
            yield file, relative
    if not count:
        wanted = ", ".join(source.include or (FOLDER_PATTERNS[source.kind] if base == path else [address]))
        raise _error(source, f"{base} holds no file that matches {wanted}")


def _walk(base: Path) -> Iterator[tuple[Path, str]]:
    """Yields the files under a folder, sorted; hidden ones and links that lead out of it left out."""
    true_base = os.path.realpath(base)
    for folder, folders, names in os.walk(base):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.startswith(".") or not os.path.isfile(path):
                continue
            if os.path.islink(path) and os.path.commonpath([true_base, os.path.realpath(path)]) != true_base:
                continue
            yield Path(path), _readable(os.path.relpath(path, base)).replace(os.sep, "/")


def _readable(name: str) -> str:
    """Returns a file name as valid Unicode; bytes that are no UTF-8 become `\\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _safe_name(address: str) -> str:
    """Returns a file name for a unit: readable, without surprises, and unique by a hash."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", address)[-48:].strip("-")
    return f"{readable or 'unit'}-{keyed_hash(0, 'unit', address):016x}"


def _error(source: Source, message: str) -> RecipeError:
    return RecipeError(message, key=f"sources.{source.name}.path")


class _Licences:
    """The licences that a tree's licence files declare for the folders they stand in."""

    def __init__(self) -> None:
        self._by_folder: dict[str, str | None] = {}

    def given_to(self, file: InputFile) -> InputFile:
        """Returns the file with the licence of the nearest folder that declares one, up to the root."""
        folder = os.path.dirname(file.path)
        for _ in range(file.relative.count("/") + 1):
            licence = self._of_folder(folder)
            if licence:
                return InputFile(file.path, file.relative, file.bytes, file.sha256, licence)
            folder = os.path.dirname(folder)
        return file

    def _of_folder(self, folder: str) -> str | None:
        if folder not in self._by_folder:
            found = []
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if is_licence_file(name) and os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as opened:
                        found.append(recognise(opened.read(2**16).decode("utf-8", "replace")))
            self._by_folder[folder] = combine([licence for licence in found if licence])
        return self._by_folder[folder]
