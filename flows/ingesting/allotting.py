"""Which files of a folder go to which source, said in patterns: one source for each kind of file."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Mapping, Sequence

from data.errors import UsageError
from data.office_documents import DOCUMENT_TYPES, INSTALL, can_read
from data.sources.archives import KINDS, SUFFIX, is_archive
from data.sources.choosing import FOLDER_PATTERNS, why_hidden
from data.sources.folders import PassedOver
from data.sources.globs import fits
from data.sources.languages import language_of
from data.sources.passed_over import PACKED_ENDINGS, ending_of, why_not_read

#: Kinds whose files belong to a tree of source files where they lie in one.
_OF_TREES = {"html", "csv", "json", "jsonl", "books", "arxiv", "wikipedia", "stackexchange"}
#: Languages in which nobody writes programs: what explains a dataset is written in them.
_NO_PROGRAMS = (
    None, "text", "markdown", "restructuredtext", "yaml", "json", "toml", "ini", "xml", "csv", "html",
    "jupyter-notebook",
)  # fmt: skip
_ABOUT_DATASETS = ("dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json")
#: A folder is a tree of source files if such a share of its files are programs.
_PROGRAM_SHARE = 0.25
#: Files of a source that patterns name one by one; each pattern is held against every name.
_MOST_NAMED = 50
_NEEDS_EXTRA = f"needs {INSTALL}"


@dataclasses.dataclass(frozen=True)
class Guess:
    """A source that a path seems to be.

    Attributes:
        kind: the source's.
        files: how many it has; 0 where nobody counted.
        include, exclude: the source's patterns; none where its kind finds its files by itself.
    """

    kind: str
    files: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Found:
    """A folder's files by their kinds: `files` is text of no other kind, null what none reads."""

    def __init__(self) -> None:
        self.number = self.programs = 0
        self.kinds: collections.Counter[str | None] = collections.Counter()
        #: Ending as it is spelled → kind → relative paths.
        self.endings: dict[str, dict[str | None, list[str]]] = {}
        #: Zip archive → the names and kinds of the files in it.
        self.archives: dict[str, Sequence[tuple[str, str]]] = {}
        #: Those that cannot be opened: rows that say so, of whichever source.
        self.damaged: set[str] = set()

    def add(self, relative: str, kind: str | None, members: Sequence[tuple[str, str]] | None = None) -> None:
        """Counts a file, and remembers what lies in an archive: names and kinds."""
        self.number += 1
        self.kinds[kind] += 1
        self.programs += kind == "files" and language_of(relative) not in _NO_PROGRAMS
        ending = _ending(relative)
        if members is not None:
            self.archives[relative] = members
        self.endings.setdefault(ending, {}).setdefault(kind, []).append(relative)


def allot(found: Found, passed_over: PassedOver) -> list[Guess]:
    """Returns a source for each kind of file, in the order of their names; of one kind, or a tree, one for all.

    Args:
        found: the folder's files.
        passed_over: told of the files that patterns leave out: no source will tell of them.

    Raises:
        UsageError: files of one ending are of several kinds, or have none, and are too many to be named one by one.
    """
    if found.damaged and not any(found.kinds):
        return [Guess("jsonl", len(found.damaged))]
    known = {kind for kind in found.kinds if kind not in (None, "files")}
    others = sum(found.kinds[kind] for kind in known)
    is_tree = found.programs >= max(1, _PROGRAM_SHARE * found.number) or found.kinds["files"] > others
    sources = known - _OF_TREES if is_tree else known
    if is_tree or (found.programs and len(known) > 1):
        sources = sources | {"files"}
    if len(sources) > 1 and not all(map(can_read, DOCUMENT_TYPES)):
        known, sources = known - {"documents"}, sources - {"documents"}
    source_of = {kind: kind if kind in sources else "files" for kind in known if kind in sources or is_tree}
    if "files" in sources:
        source_of["files"] = "files"
    leaves_documents = "documents" in found.kinds and "documents" not in sources
    if len(sources) == 1 and not leaves_documents and _finds_all(next(iter(sources)), found):
        return [Guess(kind, sum(found.kinds[one] for one in source_of)) for kind in sources]
    return _by_patterns(found, source_of, passed_over)


def _finds_all(source: str, found: Found) -> bool:
    """Returns whether a source looks for all files of its kind by their names."""
    usual = tuple(pattern.removeprefix("*") for pattern in FOLDER_PATTERNS[source])
    usual += (SUFFIX,) * (source in KINDS)
    return all(name.lower().endswith(usual) for kinds in found.endings.values() for name in kinds.get(source, ()))


def _by_patterns(found: Found, source_of: dict[str, str], passed_over: PassedOver) -> list[Guess]:
    files: collections.Counter[str] = collections.Counter()
    include: dict[str, list[str]] = {source: [] for source in sorted(set(source_of.values()))}
    exclude: dict[str, list[str]] = {source: [] for source in include}
    for ending, kinds in sorted(found.endings.items()):
        if ending.lower() == SUFFIX:  # patterns say what is read of each archive, not which source reads it
            continue
        names: dict[str, list[str]] = {}
        left: list[str] = []
        for kind, relatives in kinds.items():
            source = source_of.get(kind or "")
            (names.setdefault(source, []) if source else left).extend(relatives)
        main = max(sorted(names), key=lambda source: len(names[source]), default=None) if ending else None
        if main is not None:
            include[main].append(f"*{_as_pattern(ending)}")
            about = [relative for relative in left if is_about_dataset(relative)]
            exclude[main] += map(_as_path_pattern, about)
            files[main] += len(names.pop(main)) + len(left) - len(about)
            left = about
        for source, relatives in sorted(names.items()):
            if main is not None and len(relatives) > _MOST_NAMED:
                raise UsageError(
                    f"files that end in {ending} are of several kinds, such as {main} and {source}: put each kind into "
                    "a folder of its own, or say with --kind how all are read"
                )
            if source != "files" and len(relatives) > _MOST_NAMED:
                if (packed := _by_packing(found, source, relatives, source_of)) is not None:
                    include[source].append(packed[0])
                    exclude[source] += packed[1]
                    files[source] += len(relatives)
                    continue
                raise UsageError(
                    f"{len(relatives):,} files whose names say nothing, such as {relatives[0]}, are {source}: where "
                    "the folder holds nothing else, say so with a pattern, FOLDER/*; else give them one of their own"
                )
            named = [*map(_as_path_pattern, relatives[:_MOST_NAMED])]
            include[source] += named
            if main is not None:
                exclude[main] += named
            files[source] += len(named)
            for relative in relatives[_MOST_NAMED:]:
                passed_over(relative, f"no ending, and of such files {_MOST_NAMED} are read")
        documents = {*kinds.get("documents", ())}
        for relative in left:
            passed_over(relative, _why_left(relative, "documents" if relative in documents else None))
    _include_members(found, source_of, include)
    archives = sorted(name for kinds in found.endings.values() for names in kinds.values() for name in names)
    archives = [name for name in archives if name.lower().endswith(SUFFIX)]
    readers = {
        name: _of_largest(name, files, passed_over)
        if name in found.damaged
        else _readers(name, found.archives.get(name, ()), include, exclude, passed_over)
        for name in archives
    }
    for source, patterns in exclude.items():
        patterns += _all_but(source, readers)
        files[source] += sum(source in some for some in readers.values())
    return [Guess(kind, files[kind], tuple(include[kind]), tuple(exclude[kind])) for kind in include if files[kind]]


def _by_packing(
    found: Found, source: str, relatives: Sequence[str], source_of: dict[str, str]
) -> tuple[str, list[str]] | None:
    """Returns patterns for files whose names say no more than how they are packed, as arXiv calls its papers.

    Returns:
        What includes them, and what excludes all other files that are packed so; null if they are packed in several
        ways, or not at all, or too many others would have to be named.
    """
    (packing, *others) = {relative[len(_bare(relative)) :] for relative in relatives}
    if others or not packing:
        return None
    exclude: list[str] = []
    for ending, kinds in found.endings.items():
        names = [(source_of.get(kind or "") == source, name) for kind, some in kinds.items() for name in some]
        strangers = [name for is_own, name in names if not is_own and name.endswith(packing)]
        if ending and len(strangers) == len(names):
            exclude.append(f"*{_as_pattern(ending)}")
        elif len(strangers) > _MOST_NAMED:
            return None
        else:
            exclude += map(_as_path_pattern, strangers)
    return f"*{_as_pattern(packing)}", exclude


def _bare(name: str) -> str:
    """Returns a name without what it is packed in."""
    return next((name[: -len(ending)] for ending in PACKED_ENDINGS if name.lower().endswith(ending)), name)


def _include_members(found: Found, source_of: dict[str, str], include: dict[str, list[str]]) -> None:
    """Adds how files in archives end to the patterns of the source of their kind, where no source has it yet."""
    for archive, members in found.archives.items():
        for name, kind in members:
            source, ending = source_of.get(kind), _ending(name)
            pattern = f"*{_as_pattern(ending)}"
            known = any(pattern in patterns for patterns in include.values())
            if source and ending and not known and is_archive(archive, source) and not why_hidden(name):
                include[source].append(pattern)


def _readers(
    archive: str,
    members: Sequence[tuple[str, str]],
    include: dict[str, list[str]],
    exclude: dict[str, list[str]],
    passed_over: PassedOver,
) -> set[str]:
    """Returns the sources that read files of an archive; what none reads is told."""
    readers: set[str] = set()
    left: list[tuple[str, str]] = []
    for name, kind in members:
        why = why_hidden(name)
        some = [source for source in include if not why and is_archive(archive, source) and fits(name, include[source])]
        some = [source for source in some if not fits(name, exclude[source])]
        readers.update(some)
        if not some:
            left.append((f"{archive}/{name}", why or _why_left(name, kind)))
    needed = any(why == _NEEDS_EXTRA for _, why in left)
    alone = _NEEDS_EXTRA if needed else "an archive without a file that a source reads"
    for name, why in left if readers else [(archive, alone)]:
        passed_over(name, why)
    return readers


def _of_largest(archive: str, files: Mapping[str, int], passed_over: PassedOver) -> set[str]:
    """Returns the source of most files that reads archives: of one that is damaged it says so in a row."""
    able = [source for source in sorted(files) if is_archive(archive, source)]
    if not able:
        passed_over(archive, "an archive that cannot be opened")
    return {max(able, key=lambda source: files[source])} if able else set()


def _why_left(name: str, kind: str | None) -> str:
    """Returns why no source reads a file; documents are read by one wherever their libraries are there."""
    return _NEEDS_EXTRA if kind == "documents" else why_not_read(name, None)


def _all_but(source: str, readers: dict[str, set[str]]) -> list[str]:
    """Returns the patterns of the archives of which a source reads no file."""
    others = [archive for archive, some in readers.items() if source not in some]
    if len(others) == len(readers):
        return sorted({f"*{_ending(archive)}" for archive in others})
    if len(others) > _MOST_NAMED:
        raise UsageError(
            f"{len(others):,} {SUFFIX} archives, such as {others[0]}, hold nothing that is {source}, and "
            f"{len(readers) - len(others):,} do: put each kind into a folder of its own"
        )
    return [*map(_as_path_pattern, others)]


def _ending(name: str) -> str:
    """Returns how a name ends, as it is spelled; "" for what says nothing but how a file is packed."""
    ending = name[len(name) - len(ending_of(name)) :]
    return "" if ending.lower() in PACKED_ENDINGS else ending


def is_about_dataset(relative: str) -> bool:
    """Returns whether a file tells about a dataset of Hugging Face's, and is none."""
    return relative.rpartition("/")[2] in _ABOUT_DATASETS


def _as_path_pattern(relative: str) -> str:
    return f"/{_as_pattern(relative)}"


def _as_pattern(name: str) -> str:
    """Returns a glob pattern for a name as it is."""
    return re.sub(r"([*?[])", r"[\1]", name)
