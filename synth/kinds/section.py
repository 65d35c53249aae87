"""A section of a textbook with worked code, whose blocks run one after another and print what the text says."""

from __future__ import annotations

import dataclasses

from synth.kinds.capturing import level, printing
from synth.kinds.protocol import Check, Fields, Kind, Unreadable
from synth.kinds.records import Piece, fenced
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class Block:
    """A paragraph, or code with what it prints ("" for nothing)."""

    is_code: bool
    text: str
    output: str = ""


@dataclasses.dataclass(frozen=True)
class Section(Piece):
    """A section: paragraphs and code in turn."""

    blocks: tuple[Block, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All code runs, block after block, and prints what the section says."""
        codes = [block for block in self.blocks if block.is_code]
        program, test = printing([block.text for block in codes], [block.output for block in codes])
        return (Check("blocks", program, (test,)),)

    @property
    def code(self) -> str:
        """All code."""
        return "\n\n".join(block.text for block in self.blocks if block.is_code)


def _shown(block: Block) -> str:
    if not block.is_code:
        return block.text
    output = f"\n\nThis prints:\n\n{fenced(block.output, 'text')}" if block.output else ""
    return f"{fenced(block.text)}{output}"


def read(fields: Fields, spec: ExerciseSpec) -> Section:
    """Returns the section in a reply."""
    blocks = tuple(_block(entry) for entry in fields.objects("blocks"))
    if not any(block.is_code for block in blocks) or all(block.is_code for block in blocks):
        raise Unreadable("bad_response", "blocks hold no code, or nothing but code")
    wish = f"Write a section of a textbook on {spec.topic}, with worked Python code, for {spec.audience}."
    return Section(fields.text("title"), "\n\n".join(map(_shown, blocks)), wish, blocks)


def _block(entry: Fields) -> Block:
    if entry.text("type") == "code":
        return Block(True, entry.code("text"), level(entry.text("output", "", keep_ends=True)))
    return Block(False, entry.text("text"))


KIND = Kind(
    name="section",
    shows="a section of a textbook with worked code that is run",
    document_kind="textbook",
    read=read,
    wanted="blocks",
    styles=("explanation first", "example first", "question and answer", "build it up step by step"),
)
