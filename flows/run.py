"""One run: the recipe, the folder, the parts on their road. Steps are functions of a Run."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.fingerprint import digest
from data.parts import Part
from data.recipe import Recipe
from data.recipe_file import RecipeFile
from flows.memory import let_go
from flows.pool import Pool
from flows.progress import Progress
from flows.work import Work

if TYPE_CHECKING:
    from filters.judging.plan import Plan

#: One part's work: (part as JSON, path to write, settings).
PartCall = tuple[dict[str, Any], str, dict[str, Any]]
#: Writes one part's file, or, one after the other, those of several.
PartFunction = Callable[[dict[str, Any], str, dict[str, Any]], None]
PartsFunction = Callable[[list[PartCall]], None]

#: Size of the files that are read for small parts done in one call. Extraction starts a process for each call, which
#: takes as long as reading a hundred pages.
LEAST_TOGETHER_BYTES, MOST_TOGETHER_BYTES = 2**20, 16 * 2**20


@dataclasses.dataclass
class Run:
    """What steps read and leave behind.

    Attributes:
        file: the recipe as read.
        plan: its filters, resolved.
        work: the locked work folder.
        pool: processes for parts.
        sample: share of documents that enter, or None for all.
        parts: the sources' parts, each with the files of the steps done so far.
        taught: the parts that a teacher wrote.
        inputs: the input files with sizes and digests.
        facts: small results of steps, for the manifest and the report.
        folders: the step folders that this run's dataset rests on.
        parts_made: how many steps' parts this run wrote, and...
        parts_reused: ...how many it found from before.
    """

    file: RecipeFile
    plan: Plan
    work: Work
    pool: Pool
    sample: float | None
    progress: Progress
    parts: list[Part] = dataclasses.field(default_factory=list)
    taught: list[Part] = dataclasses.field(default_factory=list)
    inputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    folders: list[str] = dataclasses.field(default_factory=list)
    parts_made: int = 0
    parts_reused: int = 0

    @property
    def recipe(self) -> Recipe:
        """The recipe itself."""
        return self.file.recipe

    @property
    def root(self) -> Path:
        """The folder that the recipe's relative paths start from."""
        return self.file.root

    def folder(self, step: str, fingerprint: str) -> Path:
        """Returns a step's folder and notes that this run needs it."""
        path = self.work.folder(step, fingerprint)
        path.mkdir(parents=True, exist_ok=True)
        if path.name not in self.folders:
            self.folders.append(path.name)
        return path

    def map_parts(
        self,
        step: str,
        fingerprint: str,
        function: PartFunction | PartsFunction,
        settings: dict[str, Any],
        *,
        reads: Iterable[str],
        together: bool = False,
        parts: list[Part] | None = None,
        extra: Callable[[Part], dict[str, Any]] = lambda part: {},
        label: str = "",
        prepare: Callable[[], None] = lambda: None,
    ) -> list[Part]:
        """Returns the parts with a step's file each, written now or found from before.

        Args:
            step: the step's name.
            fingerprint: of all that is the same for every part.
            function: an importable function that writes one part's file, or those of a list of parts.
            settings: handed to it, together with `extra(part)`.
            reads: the steps whose files it reads; their keys decide whether it is done.
            together: whether it takes lists: small parts go into one call.
            parts: default: the sources' parts.
            extra: further settings that differ from part to part; they count too.
            label: what the progress line says.
            prepare: is called once before the first part, if there is work to do.
        """
        folder = self.folder(step, fingerprint)
        origin = self.parts if parts is None else parts
        reads = list(reads)
        mapped: list[Part] = []
        todo: list[PartCall] = []
        for part in origin:
            own = extra(part)
            key = digest([fingerprint, [part.keys.get(read) for read in reads], part.name, own])
            target = folder / f"{part.name.replace('/', '-')}-{key}.parquet"
            if not target.exists():
                todo.append((part.to_json(), str(target), {**settings, **own}))
            mapped.append(part.having(step, key, target))
        if todo:
            prepare()
        with self.timed(label or step, parts=len(origin), todo=len(todo)) as done:
            if todo and together:
                calls = [(group,) for group in put_together(todo, reads[0], self.pool.workers)]
                self.pool.run(function, calls, done, lambda values: len(values[0]))
            elif todo:
                self.pool.run(function, todo, done)
        return mapped

    @contextmanager
    def timed(self, step: str, parts: int = 1, todo: int = 1) -> Iterator[Callable[[int], None]]:
        """Shows a step's progress and notes its duration in the journal."""
        begin = time.monotonic()
        with self.progress.step(step, parts, todo) as done:
            yield done
        let_go()
        self.parts_made += todo
        self.parts_reused += parts - todo
        self.work.note("step", step=step, seconds=round(time.monotonic() - begin, 3), parts=parts, reused=parts - todo)


def put_together(calls: list[PartCall], reads: str, workers: int) -> list[list[PartCall]]:
    """Returns parts in groups, in their order: large parts alone, small ones together, some for each worker.

    Args:
        calls: one for each part.
        reads: the step whose files, by their size, say how much work a part is.
        workers: processes that share the work.
    """
    sizes = [os.path.getsize(part["files"][reads]) for part, _, _ in calls]
    most = min(MOST_TOGETHER_BYTES, max(LEAST_TOGETHER_BYTES, sum(sizes) // workers))
    groups: list[list[PartCall]] = []
    room = 0
    for call, size in zip(calls, sizes, strict=True):
        if size > room:
            groups.append([])
            room = most
        groups[-1].append(call)
        room -= size
    return groups
