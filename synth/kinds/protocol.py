"""What all kinds have in common: kinds, records, and what is to be run of a record."""

from __future__ import annotations

import dataclasses
from typing import Callable, Literal, Protocol

from synth.kinds.fields import Fields, Unreadable
from synth.specs import ExerciseSpec

Chat = list[dict[str, str]]

__all__ = ["Chat", "Check", "Fields", "Kind", "Record", "Unreadable"]


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing to run, and what must come of it.

    Attributes:
        part: what of the record it is, such as `solution`, `step 2` or `printed`.
        program: Python source; it defines what the tests call.
        tests: assert statements.
        must: whether the tests must hold, or at least one of them must fail (code with a bug on purpose).
        strong: whether the tests claim to pin the program down, so that mutants of it must be killed.
    """

    part: str
    program: str
    tests: tuple[str, ...]
    must: Literal["pass", "fail"] = "pass"
    strong: bool = False

    @property
    def script(self) -> str:
        """The tests as one script."""
        return "\n".join(self.tests)


class Record(Protocol):
    """A reply, read as its kind says; nothing of it has been run yet."""

    @property
    def title(self) -> str:
        """A short name."""

    @property
    def text(self) -> str:
        """The record as a document for training."""

    @property
    def chat(self) -> Chat:
        """The record as a conversation for fine-tuning: user and assistant in turn."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is to be run; empty for prose."""

    @property
    def code(self) -> str:
        """The program that stands for it where programs are compared; "" for prose."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of thing that a teacher can be asked for.

    Attributes:
        name: also the name of its folder in `prompt_files/`.
        shows: what it is, in a line.
        read: from the reply's JSON object to a record; raises `Unreadable` with a reason of the closed list if the
            object is not of this kind.
        wanted: a key that the reply's JSON object has, to tell it from other objects in a text.
        document_kind: the `kind` of its documents in the document table.
        needs_document: whether it is made from a seed document.
        styles: what `spec.style` may be; the first is the default.
        language: of its documents: `python` for programs, None for prose and Markdown (whose language is found later).
    """

    name: str
    shows: str
    read: Callable[[Fields, ExerciseSpec], Record]
    wanted: str
    document_kind: str = "exercise"
    needs_document: bool = False
    styles: tuple[str, ...] = ("plain",)
    language: str | None = None
