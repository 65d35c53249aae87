"""Lessons in prose: what is known about a topic or a concept, and questions that it answers."""

from __future__ import annotations

from typing import Any

from synth.builtin.kinds.sections import concept_texts
from synth.draws import Draws
from synth.specs import ExerciseSpec
from synth.topic_trees import shipped_leaf

_OPENERS = (
    "Today's lesson is about {topic}.",
    "Let us take a closer look at {topic}.",
    "Some things are so common that one hardly notices them, and {topic} may be among these.",
    "Whoever pays attention will meet {topic} again and again.",
)
_PLACES = (
    "Imagine the {place}, where people have to know such things.",
    "Think of somebody at the {place} who is asked about it.",
    "At the {place} one comes across it on many a day.",
)
_LINKS = ("There is more to say.", "That is not all.", "A second thing belongs to it.", "One may go on asking.")
_ASIDES = (
    "How could one find such a thing out without being told? One looks closely, changes one thing at a time and notes "
    "what happens. Whoever does so a few times soon trusts the answer, because it has stood the test.",
    "It is tempting to learn the answer by heart and to leave it at that. It is better to ask what would have to be "
    "different for the answer to be another one, for then one has understood the reason behind it.",
    "People have wondered about this for a long time, and their first guesses were often wrong. What helped was to put "
    "the guesses to the test, and to give up those that did not fit what could be seen.",
)
_CLOSERS = (
    "It is worth explaining this to somebody else, for one knows a thing well only once one can explain it.",
    "Try to find an example of your own, and see whether the explanation still holds.",
    "Next time you come across it, stop for a moment and remember the reason.",
)


def knows(spec: ExerciseSpec) -> bool:
    """Whether anything can be told about a specification's topic or concepts."""
    return bool(_facts(spec))


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a lesson."""
    draws = Draws(0, "lesson", spec.to_block())
    facts = _facts(spec)
    topic = spec.topic or " and ".join(spec.concepts)
    opening = [draws.choice(_OPENERS).format(topic=topic)]
    if spec.setting:
        opening.append(draws.choice(_PLACES).format(place=spec.setting))
    opening.append(f"These lines are meant for {spec.audience}." if spec.audience else "")
    paragraphs = [" ".join(part for part in opening if part)]
    for number, (question, told, _) in enumerate(facts):
        link = f"{draws.choice(_LINKS)} " if number else ""
        paragraphs.append(f"{link}{question} {told}")
    paragraphs += [draws.choice(_ASIDES), draws.choice(_CLOSERS)]
    questions = [{"question": question, "answer": answer} for question, _, answer in facts]
    if fault == "wrong_solution":
        questions[-1]["answer"] += f" This was found out in {1700 + draws.below(250)}."
    title = f"{topic[0].upper()}{topic[1:]}" if topic else "A lesson"
    return {"title": title, "paragraphs": paragraphs, "questions": [] if fault == "no_tests" else questions}


def _facts(spec: ExerciseSpec) -> list[tuple[str, str, str]]:
    """Returns (question, what is told, answer) for all that is known."""
    leaf = shipped_leaf(spec.topic)
    if leaf is not None and leaf.facts:
        return [(question, answer, answer) for question, answer in leaf.facts]
    concepts = spec.concepts or (leaf.concepts if leaf else ())
    known = [(concept, concept_texts()[concept]) for concept in concepts if concept in concept_texts()]
    return [
        fact
        for concept, told in known
        for fact in (
            (f"What is the idea of {concept}?", f"{told['idea']} {told['why']}", told["idea"]),
            (told["ask"], told["care"], told["answer"]),
        )
    ]
