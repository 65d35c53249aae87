"""Which files a source has, and how they are grouped into units."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Callable, Collection, Iterator

from data.errors import RecipeError
from data.fingerprint import digest
from data.keyed import keyed_hash
from data.office_documents import DOCUMENT_TYPES, require
from data.recipe import Source
from data.sources import InputFile, Unit
from data.sources.archives import is_archive
from data.sources.choosing import folder_patterns, is_chosen, tell_members, unpacked_patterns
from data.sources.folders import HIDDEN, PassedOver, archive_advice, readable, walk
from data.sources.globs import GLOB_CHARACTERS, fits
from data.sources.licences import FolderLicences
from data.sources.passed_over import Tally, in_words, why_not_read
from data.sources.settings import is_address

Sha256 = Callable[[Path], str]


#: Settings that choose or rank documents but do not change what is read of a file.
_NOT_READING = {"path", "priority", "groups", "include", "exclude", "hosts"}


def list_source(
    source: Source, root: Path, sha256: Sha256, passed_over: PassedOver | None = None, out: Path | None = None
) -> list[Unit]:
    """Returns a source's units, sorted by name; see `data.sources.list_units`."""
    settings = source.model_dump(mode="json", exclude=_NOT_READING)
    if source.kind == "huggingface":
        units = [_dataset_unit(address, source, root, settings, sha256, passed_over) for address in source.addresses]
        return sorted(units, key=lambda unit: unit.name)
    found: dict[str, InputFile] = {}
    known: set[str] = set()
    for address in source.addresses:
        for file in _input_files(address, source, root, sha256, known, passed_over, out):
            place = file.url or file.path
            for document in DOCUMENT_TYPES if source.kind == "documents" else ():
                require(document, place)
            if file.relative in found:
                other = found[file.relative].url or found[file.relative].path
                raise _error(
                    source,
                    f"{place} and {other} would both be called {file.relative!r}; "
                    "give them a common folder or glob pattern, or make two sources of them",
                )
            known.add(place)
            found[file.relative] = file
            if passed_over is not None and is_archive(file.relative, source.kind):
                tell_members(file, source, passed_over)
    files = sorted(found.values(), key=lambda file: file.relative)
    if source.kind == "git" or any(is_archive(file.relative, source.kind) for file in files):
        settings |= {"include": source.include, "exclude": source.exclude}
    if source.kind in ("files", "html", "books", "documents"):
        return _groups(files, source, settings)
    if source.kind == "common-crawl":
        return _index_units(files, source, root, settings)
    return sorted((_file_unit(file, source, settings) for file in files), key=lambda unit: unit.name)


def _input_files(
    address: str,
    source: Source,
    root: Path,
    sha256: Sha256,
    known: Collection[str],
    passed_over: PassedOver | None,
    out: Path | None,
) -> Iterator[InputFile]:
    """Yields an address's files that are not known yet, each with what pins it."""
    if is_address(address):
        from data.sources.remote import list_remote

        found = list_remote(address, source, folder_patterns(source), passed_over)
        files = [file for file in found if file.url not in known]
        chosen = [file for file in files if is_chosen(file.relative, source)]
        if not chosen:
            raise _error(source, f"nothing there that matches: {address.partition('?')[0]}")
        yield from chosen
    elif source.kind == "git":
        yield from _repositories(address, source, root, passed_over)
    else:
        for path, relative in _files(address, source, root, passed_over, out):
            if str(path) not in known:
                yield _local_file(path, relative, sha256)


def check_address(address: str, source: Source, root: Path) -> None:
    """Makes sure that an address holds something to read; looks no further than the first file, and not far away.

    Raises:
        RecipeError: it holds nothing, or this kind of address cannot be read.
    """
    if is_address(address):
        from data.sources.remote import check_scheme

        check_scheme(address, source)
    elif not any(True for _ in _input_files(address, source, root, lambda _: "", (), None, None)):
        raise _error(source, f"no commit in the git repositories at or below {os.path.abspath(root / address)}")


def _local_file(path: Path, relative: str, sha256: Sha256) -> InputFile:
    state = path.stat()  # before the digest: what changes in between is noticed when it is read
    return InputFile(str(path), relative, state.st_size, sha256(path), changed_ns=state.st_mtime_ns)


def _repositories(address: str, source: Source, root: Path, passed_over: PassedOver | None) -> Iterator[InputFile]:
    from data.sources.git_objects import Repository
    from data.sources.repositories import find_repositories

    path = Path(os.path.abspath(root / address))
    places = sorted(path for path in root.glob(address) if path.is_dir()) if set(address) & GLOB_CHARACTERS else [path]
    repositories = [found for place in places if place.is_dir() for found in find_repositories(place, passed_over)]
    if not repositories:
        raise _error(source, f"no git repository at or below {path}")
    revision = source.revision or "HEAD"
    for folder, name in repositories:
        repository = Repository(folder)
        commit = repository.resolve(revision)
        if commit is None and source.revision:
            raise RecipeError(f"{folder}: names no commit: {revision!r}", key=f"sources.{source.name}.revision")
        # One without a commit holds nothing; one that cannot be read is a row that says so.
        if commit is not None or repository.complaint() is not None:
            yield InputFile(str(folder), readable(name), 0, "", version=commit)
            if commit is not None and passed_over is not None and not (source.revision or source.include):
                for new in repository.uncommitted():
                    if not fits(new, source.exclude):
                        passed_over(readable(f"{name}/{new}"), "never committed")
        elif passed_over is not None:
            passed_over(readable(name), "a git repository without a commit")


def _file_unit(file: InputFile, source: Source, settings: object) -> Unit:
    key = digest({"settings": settings, "files": [_pinned(file)]})
    return Unit(source.name, _safe_name(file.relative), (file,), key)


def _index_units(files: list[InputFile], source: Source, root: Path, settings: object) -> list[Unit]:
    """Returns a unit for each index file. The archives in a folder count by name, size and time: they are too many."""
    archives = source.archives or ""
    found: list[object] = []
    if not is_address(archives):
        folder = Path(os.path.abspath(root / archives))
        if not folder.is_dir():
            raise RecipeError(f"no such folder: {folder}", key=f"sources.{source.name}.archives")
        states = ((relative, path.stat()) for path, relative in walk(folder))
        found = [[relative, state.st_size, state.st_mtime_ns] for relative, state in states]
        archives = str(folder)
    units = [_file_unit(file, source, [settings, found]) for file in files]
    return sorted((dataclasses.replace(unit, address=archives) for unit in units), key=lambda unit: unit.name)


def _pinned(file: InputFile) -> list[object]:
    """Returns what a file is known by: its name and digest, or size and version where there is none."""
    return [file.relative, file.sha256] if file.sha256 else [file.relative, file.url, file.bytes, file.version]


def _groups(files: list[InputFile], source: Source, settings: object) -> list[Unit]:
    """Returns K groups by keyed hash of the path, so that one more file changes one group."""
    if source.kind == "files":
        licences = FolderLicences()
        files = [file if file.url else licences.given_to(file) for file in files]
    groups: dict[int, list[InputFile]] = {}
    for file in files:
        groups.setdefault(keyed_hash(0, "group", file.relative) % source.groups, []).append(file)
    return [
        Unit(
            source.name,
            f"group-{number:04d}",
            tuple(group),
            digest({"settings": settings, "files": [[*_pinned(file), file.licence] for file in group]}),
        )
        for number, group in sorted(groups.items())
    ]


def _dataset_unit(
    address: str, source: Source, root: Path, settings: object, sha256: Sha256, passed_over: PassedOver | None
) -> Unit:
    folder = root / address
    local: list[InputFile] = []
    if folder.is_dir():
        if source.revision is not None:
            message = f"is for datasets of the hub, and {folder} is a folder of this machine. Take it out"
            raise RecipeError(message, key=f"sources.{source.name}.revision")
        local = [_local_file(path, relative, sha256) for path, relative in sorted(walk(folder, passed_over))]
        if not local:
            raise _error(source, f"{folder} is empty; expected the files of a dataset")
    elif address.startswith((".", "/")):
        raise _error(source, f"no such folder: {folder}")
    else:
        from data.sources.hub import pinned_revision

        local = [InputFile("", address, 0, "", version=pinned_revision(address, source))]
    contents = [_pinned(file) for file in local]
    is_local = folder.is_dir()
    key = digest({"settings": settings, "address": "" if is_local else address, "files": contents})
    return Unit(source.name, _safe_name(address), tuple(local), key, str(folder.resolve()) if is_local else address)


def _files(
    address: str, source: Source, root: Path, passed_over: PassedOver | None, out: Path | None
) -> Iterator[tuple[Path, str]]:
    """Yields (absolute path, locator's path) of a file's, folder's or glob pattern's files."""
    path = Path(os.path.abspath(root / address))
    if path.is_file():
        advice = archive_advice(path)
        if advice and source.kind != "files" and not is_archive(path.name, source.kind):
            raise _error(source, advice)
        yield path, readable(path.name)
        return
    patterns = folder_patterns(source)
    base = path
    if not path.is_dir():
        parts = path.parts
        fixed = next((index for index, part in enumerate(parts) if set(part) & GLOB_CHARACTERS), None)
        if fixed is None:
            what = "a pipe or device" if path.exists() else "no such file or folder"
            raise _error(source, f"{what}: {path}")
        base, patterns = Path(*parts[:fixed]), ["/" + "/".join(parts[fixed:])]
        if not base.is_dir():
            raise _error(source, f"no such folder: {base} (the part of {address!r} before the first wildcard)")

    def wanted_here(relative: str) -> bool:
        name = relative.lower() if base == path else relative  # a folder holds PAGE.HTM too; a glob means its case
        return fits(name, patterns) and is_chosen(relative, source)

    def note(relative: str, why: str) -> None:
        left(relative, why)
        if passed_over is not None:
            passed_over(relative, why)

    def note_wanted(relative: str, why: str) -> None:
        if why == HIDDEN:
            if base == path and not source.include and not fits(relative, source.exclude):
                note(relative, why)
        elif wanted_here(relative) or os.path.isdir(base / relative):
            note(relative, why)

    left = Tally()
    count = 0
    for file, relative in walk(base, note_wanted, out):
        if wanted_here(relative):
            count += 1
            yield file, relative
        elif base == path and not source.include and not fits(relative, source.exclude):
            is_packed = archive_advice(file)
            note(relative, "an archive that is not read as it is" if is_packed else why_not_read(relative, source.kind))
    if not count:
        wanted = ", ".join(source.include or (unpacked_patterns(source.kind) if base == path else [address]))
        more = f"; passed over {words}" if (words := in_words(left.entries())) else ""
        more += next((f"; {advice}" for file, _ in walk(base) if (advice := archive_advice(file))), "")
        raise _error(source, f"{base} holds no file that matches {wanted}{more}")


def _safe_name(address: str) -> str:
    """Returns a file name for a unit: readable, without surprises, and unique by a hash."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", address)[-48:].strip("-")
    return f"{readable or 'unit'}-{keyed_hash(0, 'unit', address):016x}"


def _error(source: Source, message: str) -> RecipeError:
    return RecipeError(message, key=f"sources.{source.name}.path")
