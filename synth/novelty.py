"""Is an exercise new? Against those before it, and against what earlier runs shipped.

By the program's form (names, hints and comments aside), by the words of the text (Jaccard
similarity of word 5-grams), by skeleton (constants aside too) and by behaviour. The last two are
capped, not forbidden: 27,194 different sources of a procedural grammar were 11,494 skeletons and
9,172 behaviours, and word 5-grams saw 2 pairs among 2,500 of them.

What was shipped is kept in a folder, a Parquet file for each run; files are only ever added.
"""

from __future__ import annotations

import collections
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from data.parts import read_part, write_part

#: Similar texts; of an exercise's text half may be a docstring's turns of phrase.
NEAR = 0.8

_WORDS = re.compile(r"\w+")
_GRAM = 5
_SKETCH = 12
_SHARED = 3

SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("form", pa.string(), nullable=False),
        pa.field("skeleton", pa.string(), nullable=False),
        pa.field("behaviour", pa.string(), nullable=False),
        pa.field("grams", pa.list_(pa.uint64()), nullable=False),
    ]
)

Grams = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Known:
    """One exercise that was kept, by what it can be recognised."""

    key: str
    kind: str
    form: str
    skeleton: str
    behaviour: str
    grams: Grams


class Novelty:
    """What was kept so far; the order of meeting decides which of several alike is kept.

    Attributes:
        kept: what `meet` has let pass, in order.
    """

    def __init__(
        self,
        max_per_skeleton: int | None = None,
        max_per_behaviour: int | None = None,
        shipped: Path | None = None,
        own: str = "",
    ) -> None:
        """Reads what was shipped, if a folder is named; one that does not exist yet is empty.

        Args:
            max_per_skeleton: exercises of a kind with one skeleton; None: any number.
            max_per_behaviour: exercises of a kind with one behaviour; None: any number.
            shipped: the folder of what earlier runs shipped.
            own: names this run; what it shipped itself, when it was run before, is not held against it.
        """
        self.own = own
        self.caps = {"skeleton": max_per_skeleton, "behaviour": max_per_behaviour}
        self.kept: list[Known] = []
        self._forms: set[tuple[str, str]] = set()
        self._counts: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self._grams: list[Grams] = []
        self._places: dict[tuple[str, int], list[int]] = collections.defaultdict(list)
        self._shipped: set[str] = set()
        for name, known in _read(shipped) if shipped is not None else ():
            self._remember(known)
            if _owner(name) in ("", own):
                self._shipped.add(known.key)

    def meet(self, key: str, kind: str, form: str, skeleton: str, behaviour: str, text: str) -> str:
        """Returns why an exercise is not new, or "", and remembers it then.

        Args:
            key: names it.
            kind: of the exercise; only those of one kind are compared.
            form, skeleton, behaviour: see `synth.evidence`; "" is like nothing.
            text: of the document.

        Returns:
            `duplicate_exercise`, `near_duplicate`, `duplicate_skeleton`, `duplicate_behaviour` or "".
        """
        known = Known(key, kind, form, skeleton, behaviour, _grams_of(text))
        if key in self._shipped:  # the very same one: a run that is repeated
            self.kept.append(known)
            return ""
        if form and (kind, form) in self._forms:
            return "duplicate_exercise"
        if self._is_near(known):
            return "near_duplicate"
        for name, cap in self.caps.items():
            value = getattr(known, name)
            if cap is not None and value and self._counts[kind, name, value] >= cap:
                return f"duplicate_{name}"
        self._remember(known)
        self.kept.append(known)
        return ""

    def save(self, folder: Path) -> Path | None:
        """Adds what was kept to a folder of what was shipped; returns the file, None if there was nothing.

        The file is named by what it holds, so that a run that is repeated adds nothing.
        """
        if not self.kept:
            return None
        rows = [{name: getattr(known, name) for name in SCHEMA.names} for known in self.kept]
        named = hashlib.sha256("\n".join(f"{known.key} {known.form}" for known in self.kept).encode()).hexdigest()[:24]
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"shipped-{self.own}{'-' if self.own else ''}{named}.parquet"
        if not target.exists():
            write_part(target, pa.Table.from_pylist(rows, schema=SCHEMA))
        return target

    def _remember(self, known: Known) -> None:
        if known.form:
            self._forms.add((known.kind, known.form))
        for name in self.caps:
            self._counts[known.kind, name, getattr(known, name)] += 1
        for value in known.grams[:_SKETCH].tolist():
            self._places[known.kind, value].append(len(self._grams))
        self._grams.append(known.grams)

    def _is_near(self, known: Known) -> bool:
        """Whether a text before shares most of its word 5-grams; those that share the smallest hashes are tried."""
        shared = collections.Counter(
            place for value in known.grams[:_SKETCH].tolist() for place in self._places.get((known.kind, value), ())
        )
        least = min(_SHARED, len(known.grams))
        return any(
            times >= least and _jaccard(known.grams, self._grams[place]) >= NEAR for place, times in shared.items()
        )


def _read(folder: Path) -> list[tuple[str, Known]]:
    """Returns what was shipped, each with the name of its file."""
    found: list[tuple[str, Known]] = []
    for path in sorted(folder.glob("shipped-*.parquet")):
        for row in read_part(path).to_pylist():
            found.append((path.stem, Known(**{**row, "grams": np.array(row["grams"], dtype=np.uint64)})))
    return found


def _owner(file: str) -> str:
    """Returns the run that wrote a file; "" where the name does not say."""
    parts = file.split("-")
    return parts[1] if len(parts) == 3 else ""


def _grams_of(text: str) -> Grams:
    """Returns the hashes of a text's word 5-grams, each once, the smallest first."""
    words = _WORDS.findall(text.lower())
    grams = {xxhash.xxh3_64_intdigest(" ".join(words[at : at + _GRAM])) for at in range(max(1, len(words) - _GRAM + 1))}
    return np.array(sorted(grams), dtype=np.uint64)


def _jaccard(one: Grams, other: Grams) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
