"""A lesson in prose with questions that it answers."""

from __future__ import annotations

import dataclasses
import re

from synth.kinds.protocol import Chat, Fields, Kind, Unreadable
from synth.kinds.records import Prose, exchange
from synth.specs import ExerciseSpec

MIN_WORDS = 80
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclasses.dataclass(frozen=True)
class Lesson(Prose):
    """Paragraphs, then questions with answers."""

    title: str
    paragraphs: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    request: str

    @property
    def text(self) -> str:
        """The lesson and its questions, in Markdown."""
        asked = "\n\n".join(f"**{question}**\n\n{answer}" for question, answer in self.questions)
        return f"# {self.title}\n\n{self._told}\n\n## Questions\n\n{asked}\n"

    @property
    def _told(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def chat(self) -> Chat:
        """A wish for the lesson, the lesson, then a turn for each question."""
        found = exchange(self.request, self._told)
        for question, answer in self.questions:
            found += exchange(question, answer)
        return found


def read(fields: Fields, spec: ExerciseSpec) -> Lesson:
    """Returns the lesson in a reply; an answer may state no number that the lesson does not."""
    paragraphs = fields.texts("paragraphs")
    questions = tuple((entry.text("question"), entry.text("answer")) for entry in fields.objects("questions"))
    told = " ".join(paragraphs)
    if len(told.split()) < MIN_WORDS:
        raise Unreadable("bad_response", f"fewer than {MIN_WORDS} words")
    if not questions or not all(question.endswith("?") for question, _ in questions):
        raise Unreadable("bad_response", "no questions, or one that does not end in a question mark")
    known = set(_NUMBER.findall(f"{told} {' '.join(question for question, _ in questions)}"))
    for question, answer in questions:
        foreign = [number for number in _NUMBER.findall(answer) if number not in known]
        if foreign:
            raise Unreadable("unfaithful", f"the answer to {question[:80]!r} has {foreign[0]}, the lesson does not")
    request = f"Explain {spec.topic} to {spec.audience}."
    return Lesson(fields.text("title"), paragraphs, questions, request)


KIND = Kind(
    name="lesson",
    shows="a lesson in prose with questions that it answers",
    document_kind="textbook",
    read=read,
    wanted="paragraphs",
    styles=("narrative", "cause and effect", "common mistakes", "everyday example", "letter to a friend"),
)
