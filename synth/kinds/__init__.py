"""The kinds of things that a teacher can be asked for, each with its prompt, its schema, its reading and its checks.

The road of one request, whatever its kind:

    spec (kind, topic, …, document)  →  prompts.messages(spec), prompts.schema(spec.kind)  →  teacher
    reply  →  read_record(reply, spec)  →  Parsed(record | reason)
    record.checks  →  the sandbox, for each check  →  verdict      record.text, record.chat  →  the files

A `Record` says itself what of it can be run: `record.checks` is a tuple of `Check`s, each a
program, tests (`assert CALL == LITERAL`) and whether they must pass or, as with code that has a
bug on purpose, fail. What a program prints is checked the same way: the check's program keeps
what it prints in a list, and a test compares that list with what the teacher claimed. So
`synth.verification.verify(check.program, check.script)` judges every kind. A check with `strong`
set promises tests that pin the program down: there, mutants of `check.program` must be killed.
`record.code` is what stands for the record where programs are compared (skeletons, behaviour);
it is "" where there is no program.

A new kind is a module here that ends in `KIND = Kind(...)`, a line in `registry.py`, and a folder
of its name in `prompt_files/` with `system.j2`, `user.j2` and `schema.json`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.kinds.protocol import Check, Kind, Record, Unreadable
    from synth.kinds.reading import ParsedRecord, read_record
    from synth.kinds.registry import KINDS, find_kind

__all__ = ["KINDS", "Check", "Kind", "ParsedRecord", "Record", "Unreadable", "find_kind", "read_record"]

_PLACES = {
    "Check": "protocol", "Kind": "protocol", "Record": "protocol", "Unreadable": "protocol",
    "ParsedRecord": "reading", "read_record": "reading", "KINDS": "registry", "find_kind": "registry",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _PLACES:
        return getattr(import_module(f"synth.kinds.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
