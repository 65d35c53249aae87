"""A seed document told again: as FAQ, tutorial, table, questions and answers, or encyclopedia article.

The formats follow Nemotron-CC (arXiv 2412.02595) and FinePhrase (arXiv 2604.13977). A rephrasing
may leave out, but not add: numbers that the document lacks are taken for inventions.
"""

from __future__ import annotations

import functools
import re
from typing import Callable

from synth.kinds.protocol import Fields, Kind, Unreadable
from synth.kinds.records import Piece, Prose
from synth.specs import ExerciseSpec

MIN_WORDS = 40
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


class Rephrasing(Prose, Piece):
    """A document told again in a format."""


def _pairs(fields: Fields) -> str:
    """Returns questions and answers in Markdown."""
    entries = [(entry.text("question"), entry.text("answer")) for entry in fields.objects("questions")]
    if not entries or not all(question.endswith("?") for question, _ in entries):
        raise Unreadable("bad_response", "no questions, or one that does not end in a question mark")
    return "\n\n".join(f"## {question}\n\n{answer}" for question, answer in entries)


def _faq(fields: Fields) -> str:
    return f"{fields.text('introduction')}\n\n{_pairs(fields)}"


def _qa(fields: Fields) -> str:
    return f"{fields.text('passage')}\n\n{_pairs(fields)}"


def _parts(fields: Fields, key: str) -> str:
    entries = fields.objects(key)
    if not entries:
        raise Unreadable("bad_response", f"{key} is empty")
    return "\n\n".join(f"## {entry.text('heading')}\n\n{entry.text('text')}" for entry in entries)


def _tutorial(fields: Fields) -> str:
    return f"{fields.text('introduction')}\n\n{_parts(fields, 'steps')}\n\n{fields.text('summary')}"


def _wikipedia(fields: Fields) -> str:
    return f"{fields.text('lead')}\n\n{_parts(fields, 'sections')}"


def _table(fields: Fields) -> str:
    columns, rows = fields.texts("columns"), fields.rows("rows")
    if len(columns) < 2 or not rows or any(len(row) != len(columns) for row in rows):
        raise Unreadable("bad_response", "the table's rows do not have as many cells as there are columns")
    lines = [columns, ("---",) * len(columns), *rows]
    drawn = "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
    return f"{fields.text('introduction')}\n\n{drawn}\n\n{fields.text('summary')}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _read(fields: Fields, spec: ExerciseSpec, *, write: Callable[[Fields], str], request: str) -> Rephrasing:
    """Returns the rephrasing in a reply."""
    title, body = fields.text("title"), write(fields)
    if len(body.split()) < MIN_WORDS:
        raise Unreadable("bad_response", f"fewer than {MIN_WORDS} words")
    known = set(_NUMBER.findall(spec.document)) | {str(number) for number in range(11)}
    known |= {part for number in known for part in re.split(r"[.,:/-]", number)}
    foreign = [number for number in _NUMBER.findall(f"{title} {body}") if number not in known]
    if foreign:
        raise Unreadable("unfaithful", f"states {foreign[0]}, which the document does not")
    return Rephrasing(title, body, f"{request}\n\n{spec.document}")


_FORMATS: dict[str, tuple[Callable[[Fields], str], str, str, str]] = {
    "faq": (_faq, "questions", "a document told again as frequently asked questions", "Turn this text into an FAQ."),
    "tutorial": (_tutorial, "steps", "a document told again as a tutorial", "Turn this text into a tutorial."),
    "table": (_table, "columns", "a document's facts in a table", "Put what this text says into a table."),
    "qa": (_qa, "questions", "a passage with questions and answers", "Retell this text and ask questions about it."),
    "wikipedia": (_wikipedia, "sections", "a document told again as an article", "Turn this text into an article."),
}

KINDS = tuple(
    Kind(
        name=f"rephrase-{name}",
        shows=shows,
        document_kind="web",
        read=functools.partial(_read, write=write, request=request),
        wanted=wanted,
        needs_document=True,
        styles=("neutral", "for beginners", "concise"),
    )
    for name, (write, wanted, shows, request) in _FORMATS.items()
)
