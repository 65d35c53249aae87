"""Git repositories, working trees and bare ones, at one revision: one document for each file of its tree.

Every entry of the tree is a row. Source files are documents; what is vendored, generated, binary, a link, a
submodule or a pointer of LFS ends here under that name. The commit and the blob are noted with each.
"""

from __future__ import annotations

import dataclasses
import posixpath
from pathlib import Path
from typing import Any, Iterator

from data.charset import Undecodable, decode_source
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.git_objects import BATCH, Blobs, Entry, GitError, Repository
from data.sources.globs import matches
from data.sources.languages import language_of
from data.sources.licences import combine, find_tag, is_licence_file, recognise
from data.sources.package_metadata import declared_licence, is_package_file
from data.sources.records import Row, quarantined
from data.sources.repository_marks import LFS_MARK, Attributes, is_generated, is_vendored

#: A tree of trees can name more files than there are atoms; the largest honest ones have half a million.
MAX_FILES = 2_000_000
#: Licence files and package descriptions beyond this say nothing that we would find.
MAX_FACT_BYTES = 500_000
#: Of these, at most.
MAX_FACT_FILES = 20_000


def read_repository(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each entry of a repository's tree, in git's order.

    Args:
        file: `path` is the .git folder or the bare repository, `version` the commit.
        source: `include` and `exclude` choose by the path in the repository.
    """
    repository = Repository(Path(file.path))
    if file.version is None:
        yield quarantined(source, file.relative, "bad_repository", error=repository.complaint())
        return
    with Blobs(repository, source.max_record_bytes) as blobs:
        try:
            facts = _Facts.collect(repository, blobs, file.version, source)
            waiting: list[Entry] = []
            for entry in repository.entries(file.version, MAX_FILES):
                if _is_wanted(entry.path, source):
                    waiting.append(entry)
                if len(waiting) >= BATCH:
                    yield from _rows(waiting, blobs, facts, file, source)
                    waiting = []
            yield from _rows(waiting, blobs, facts, file, source)
        except GitError as error:
            yield quarantined(
                source,
                file.relative,
                "bad_repository",
                commit=file.version,
                error=str(error).replace(file.path, file.relative)[:300],
            )
            return
    if facts.cut:
        yield quarantined(source, f"{file.relative}/", "too_many_files", commit=file.version, expected=MAX_FILES)


@dataclasses.dataclass
class _Facts:
    """What a repository says about its files: licences by folder, attributes.

    Attributes:
        cut: whether there are more files than are read.
    """

    licences: dict[str, str]
    attributes: Attributes
    cut: bool = False

    @classmethod
    def collect(cls, repository: Repository, blobs: Blobs, commit: str, source: Source) -> _Facts:
        """Reads licence files, package descriptions and .gitattributes, of the whole tree before its first file."""
        found: dict[str, list[str]] = {}
        declared: dict[str, list[str]] = {}
        facts = cls({}, Attributes())
        number = count = 0
        for count, entry in enumerate(repository.entries(commit, MAX_FILES), 1):  # noqa: B007  # its last value is used
            folder, name = posixpath.split(entry.path)
            if not entry.mode.startswith("100") or number >= MAX_FACT_FILES:
                continue
            if not (is_licence_file(name) or is_package_file(name) or name == ".gitattributes"):
                continue
            number += 1
            text = _text_of(entry, blobs)
            if name == ".gitattributes":
                facts.attributes.add(entry.path, text)
            elif licence := recognise(text) if is_licence_file(name) else None:
                found.setdefault(folder, []).append(licence)
            elif licence := declared_licence(name, text):
                declared.setdefault(folder, []).append(licence)
        for folder, licences in [*declared.items(), *found.items()]:  # a licence's own text counts more
            if licence := combine(licences):
                facts.licences[folder] = licence
        facts.cut = count >= MAX_FILES
        return facts

    def licence_of(self, path: str) -> str | None:
        """Returns the licence of the nearest folder that declares one."""
        folder = posixpath.dirname(path)
        while folder not in self.licences:
            if not folder.strip("/"):  # a hostile tree may hold a path from the root
                return None
            folder = posixpath.dirname(folder)
        return self.licences[folder]


def _text_of(entry: Entry, blobs: Blobs) -> str:
    (size,) = blobs.sizes([entry.name])
    content = blobs.content(entry.name) if size is not None and size <= MAX_FACT_BYTES else None
    return (content or b"").decode("utf-8", "replace")


def _is_wanted(path: str, source: Source) -> bool:
    if source.include and not any(matches(path, pattern) for pattern in source.include):
        return False
    return not any(matches(path, pattern) for pattern in source.exclude)


def _rows(entries: list[Entry], blobs: Blobs, facts: _Facts, file: InputFile, source: Source) -> Iterator[Row]:
    asked = [entry for entry in entries if entry.mode.startswith("100")]
    sizes = dict(zip((entry.name for entry in asked), blobs.sizes([entry.name for entry in asked]), strict=True))
    for entry in entries:
        yield _row(entry, sizes.get(entry.name), blobs, facts, file, source)


def _row(entry: Entry, size: int | None, blobs: Blobs, facts: _Facts, file: InputFile, source: Source) -> Row:
    path = entry.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    locator = f"{file.relative}/{path}"
    metadata: dict[str, Any] = {"path": path, "repository": file.relative, "commit": file.version}
    if entry.mode == "160000":
        return _left(source, locator, "submodule", {**metadata, "submodule_commit": entry.name})
    if entry.mode == "120000":
        return _left(source, locator, "link", metadata, entry.name)
    if size is None:
        return quarantined(source, locator, "missing_object", origin_id=entry.name, **metadata)
    if size > source.max_record_bytes:
        return quarantined(source, locator, "too_large", origin_id=entry.name, **metadata, bytes=size)
    content = blobs.content(entry.name)
    if content is None:
        return quarantined(source, locator, "bad_object", origin_id=entry.name, **metadata, bytes=size)
    if content.startswith(LFS_MARK) and size < 1024:
        return _left(source, locator, "lfs_pointer", metadata, entry.name)
    try:
        text = decode_source(content)
    except Undecodable as error:
        if error.reason == "binary":  # repositories are full of pictures: they are what they are, not damage
            return _left(source, locator, "binary", {**metadata, "bytes": size}, entry.name)
        return quarantined(source, locator, error.reason, content, origin_id=entry.name, **metadata, **error.position)
    marks = {
        "vendored": is_vendored(path, facts.attributes) or None,
        "generated": is_generated(path, text, facts.attributes) or None,
    }
    reason = next((name for name, is_it in marks.items() if is_it), "") if source.recognised != "note" else ""
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        text=text,
        origin_id=entry.name,
        language=language_of(path, text),
        licence=find_tag(text) or facts.licence_of(path) or source.licence,
        metadata={**metadata, **marks},
        status="dropped" if reason else "",
        reason=reason,
    )


def _left(source: Source, locator: str, reason: str, metadata: dict[str, Any], name: str | None = None) -> Row:
    """Returns the row of an entry that is no document and no damage."""
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        origin_id=name,
        metadata=metadata,
        status="dropped",
        reason=reason,
    )
