"""Which files of a folder go to which source, said in patterns: one source for each kind of file."""

from __future__ import annotations

import collections
import dataclasses
import re

from data.errors import UsageError
from data.sources.archives import KINDS, SUFFIX
from data.sources.folders import PassedOver
from data.sources.languages import language_of
from data.sources.listing import FOLDER_PATTERNS
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

    def add(self, relative: str, kind: str | None) -> None:
        """Counts a file."""
        self.number += 1
        self.kinds[kind] += 1
        self.programs += kind == "files" and language_of(relative) not in _NO_PROGRAMS
        ending = relative[len(relative) - len(ending_of(relative)) :]
        if ending.lower() in PACKED_ENDINGS:  # it says nothing about what is packed
            ending = ""
        self.endings.setdefault(ending, {}).setdefault(kind, []).append(relative)


def allot(found: Found, passed_over: PassedOver) -> list[Guess]:
    """Returns a source for each kind of file, in the order of their names; of one kind, or a tree, one for all.

    Args:
        found: the folder's files.
        passed_over: told of the files that patterns leave out: no source will tell of them.

    Raises:
        UsageError: files of one ending are of several kinds, or have none, and are too many to be named one by one.
    """
    known = {kind for kind in found.kinds if kind not in (None, "files")}
    others = sum(found.kinds[kind] for kind in known)
    is_tree = found.programs >= max(1, _PROGRAM_SHARE * found.number) or found.kinds["files"] > others
    sources = known - _OF_TREES if is_tree else known
    if is_tree or (found.programs and len(known) > 1):
        sources = sources | {"files"}
    source_of = {kind: kind if kind in sources else "files" for kind in known if kind in sources or is_tree}
    if "files" in sources:
        source_of["files"] = "files"
    if len(sources) == 1 and _finds_all(next(iter(sources)), found):
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
        names: dict[str, list[str]] = {}
        left: list[str] = []
        for kind, relatives in kinds.items():
            # Patterns say what is read of each archive, not which source reads it.
            source = source_of.get(kind or "") if ending.lower() != SUFFIX else None
            (names.setdefault(source, []) if source else left).extend(relatives)
        main = max(sorted(names), key=lambda source: len(names[source]), default=None) if ending else None
        if main is not None:
            include[main].append(f"*{_as_pattern(ending)}")
            about = [relative for relative in left if is_about_dataset(relative)]
            exclude[main] += map(_as_path_pattern, about)
            files[main] += len(names.pop(main)) + len(left) - len(about)
            left = about
        elif ending.lower() == SUFFIX:
            for patterns in exclude.values():
                patterns.append(f"*{ending}")
        for source, relatives in sorted(names.items()):
            if main is not None and len(relatives) > _MOST_NAMED:
                raise UsageError(
                    f"files that end in {ending} are of several kinds, such as {main} and {source}: put each kind into "
                    "a folder of its own, or say with --kind how all are read"
                )
            if source != "files" and len(relatives) > _MOST_NAMED:
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
        for relative in left:
            passed_over(relative, why_not_read(relative, None))
    return [Guess(kind, files[kind], tuple(include[kind]), tuple(exclude[kind])) for kind in include if files[kind]]


def is_about_dataset(relative: str) -> bool:
    """Returns whether a file tells about a dataset of Hugging Face's, and is none."""
    return relative.rpartition("/")[2] in _ABOUT_DATASETS


def _as_path_pattern(relative: str) -> str:
    return f"/{_as_pattern(relative)}"


def _as_pattern(name: str) -> str:
    """Returns a glob pattern for a name as it is."""
    return re.sub(r"([*?[])", r"[\1]", name)
