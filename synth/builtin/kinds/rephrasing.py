"""Seed documents told again: sentences are chosen, reworded word by word where that is safe, and laid out anew.

This is no understanding. It shows that the road works, and its limits are those of a list of synonyms.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from synth.builtin.kinds.synonyms import SYNONYMS
from synth.draws import Draws
from synth.specs import ExerciseSpec

MIN_SENTENCES, MAX_SENTENCES = 4, 24

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_WORD = re.compile(r"[A-Za-z]+")
_REPLACEABLE = re.compile(r"(?:\b([Aa]n?) )?\b([A-Za-z]+)\b(?!['’-])")
_STOP_WORDS = (
    "the a an and or but if then of in on at to for from with by as is are was were be been it its this that these "
    "those he she they them his her their we you i not no can may will would could should has have had do does did "
    "so such than there here when where which who what how all any some more most other into over also only very "
    "one two about after before between through during while because both each few own same just"
)
_STOP = frozenset(_STOP_WORDS.split())


def sentences_of(document: str) -> list[str]:
    """Returns the sentences of a document's prose: neither code nor lists, headings or fragments."""
    found = list[str]()
    for paragraph in re.split(r"\n\s*\n", re.sub(r"```.*?```", " ", document, flags=re.DOTALL)):
        text = " ".join(paragraph.split())
        for sentence in _SENTENCE.split(text):
            words = sentence.split()
            if 5 <= len(words) <= 60 and sentence[-1:] in ".!?" and sentence[:1].isupper() and sentence not in found:
                found.append(sentence)
    return found[:MAX_SENTENCES]


def can_rephrase(document: str) -> bool:
    """Whether there is enough prose in a document to tell it again."""
    return len(sentences_of(document)) >= MIN_SENTENCES


class _Teller:
    """A document's sentences, reworded, with what each is about."""

    def __init__(self, spec: ExerciseSpec) -> None:
        self.draws = Draws(0, "rephrase", f"{spec.to_block()}{spec.document}")
        self.original = sentences_of(spec.document)
        self.told = [reworded(sentence, self.draws) for sentence in self.original]
        counts: dict[str, int] = {}
        for word in _WORD.findall(" ".join(self.original).lower()):
            if word not in _STOP and len(word) > 3:
                counts[word] = counts.get(word, 0) + 1
        self.counts = counts
        self.topic = max(counts, key=lambda word: (counts[word], word)) if counts else "the subject"
        self._used = set[str]()

    def about(self, number: int) -> str:
        """Returns what a sentence is about: its most telling words that no other sentence was named by."""
        words: list[str] = [word for word in _WORD.findall(self.original[number]) if word.lower() in self.counts]
        fresh = [word for word in words if word.lower() not in self._used and word.lower() != self.topic] or words
        if not fresh:
            return self.topic
        chosen = max(fresh, key=lambda word: (self.counts[word.lower()], len(word)))
        self._used.add(chosen.lower())
        return chosen

    def title(self) -> str:
        """Returns a name for the whole."""
        return self.topic[0].upper() + self.topic[1:]

    def parts(self, size: int) -> list[tuple[str, str]]:
        """Returns (what about, sentences) in groups."""
        groups = [range(start, min(start + size, len(self.told))) for start in range(0, len(self.told), size)]
        return [(self.about(group[0]), " ".join(self.told[number] for number in group)) for group in groups]


def reworded(sentence: str, draws: Draws) -> str:
    """Returns a sentence with other words where the list of synonyms has some; names, numbers and code stay."""

    def other(found: re.Match[str]) -> str:
        article, word = found.groups()
        whole: str = found[0]
        options = SYNONYMS.get(word.lower())
        if options is None or word[1:] != word[1:].lower() or (article and word[0].isupper()):
            return whole
        chosen = draws.choice(options)
        chosen = chosen[0].upper() + chosen[1:] if word[0].isupper() else chosen
        if article is None:
            return chosen
        return f"{article[0]}{'n' if chosen[0] in 'aeio' else ''} {chosen}"

    pieces = re.split(r"(`[^`]*`)", sentence)
    return "".join(piece if piece.startswith("`") else _REPLACEABLE.sub(other, piece) for piece in pieces)


_ASKED = (
    "What does the text say about {}?",
    "What should one know about {}?",
    "What is told about {}?",
    "Where does the text come to speak of {}?",
)


def _questions(teller: _Teller, size: int, most: int) -> list[dict[str, str]]:
    return [
        {"question": teller.draws.choice(_ASKED).format(about), "answer": text}
        for about, text in teller.parts(size)[:most]
    ]


def _faq(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    teller = _Teller(spec)
    introduction = f"These are questions that readers ask about {teller.topic}, each with a short answer."
    questions = _questions(teller, 1, 12)
    _spoil(fault, teller, questions[-1], "answer")
    return {
        "title": teller.title(),
        "introduction": introduction,
        "questions": [] if fault == "no_tests" else questions,
    }


def _qa(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    teller = _Teller(spec)
    passage = " ".join(teller.told)
    questions = _questions(teller, 2, 8)
    _spoil(fault, teller, questions[-1], "answer")
    return {"title": teller.title(), "passage": passage, "questions": [] if fault == "no_tests" else questions}


def _tutorial(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    teller = _Teller(spec)
    steps = [
        {"heading": f"{number}. {about[0].upper()}{about[1:]}", "text": text}
        for number, (about, text) in enumerate(teller.parts(3)[:9], start=1)
    ]
    _spoil(fault, teller, steps[-1], "text")
    return {
        "title": f"A short tutorial on {teller.topic}",
        "introduction": f"At the end of this tutorial one will have met {teller.topic} from several sides.",
        "steps": steps,
        "summary": f"Keep in mind above all what was said first: {teller.told[0]}",
    }


def _table(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    teller = _Teller(spec)
    rows = [[about, text] for about, text in teller.parts(1)]
    if fault == "wrong_solution":
        rows[-1][1] += f" It measures {_invented(teller)}."
    return {
        "title": f"{teller.title()} at a glance",
        "introduction": f"Each row names something that belongs to {teller.topic} and what there is to say about it.",
        "columns": ["What", "What is said about it"],
        "rows": rows,
        "summary": f"Most of the rows have to do with {teller.topic} itself or with {rows[0][0]}.",
    }


def _wikipedia(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    teller = _Teller(spec)
    lead, rest = " ".join(teller.told[:2]), teller.parts(3)
    sections = [{"heading": f"{about[0].upper()}{about[1:]}", "text": text} for about, text in rest]
    _spoil(fault, teller, sections[-1], "text")
    return {"title": teller.title(), "lead": lead, "sections": sections}


def _spoil(fault: str, teller: _Teller, entry: dict[str, str], name: str) -> None:
    if fault == "wrong_solution":
        entry[name] += f" Its number is {_invented(teller)}."


def _invented(teller: _Teller) -> int:
    """Returns a number that the document does not have."""
    known = " ".join(teller.original)
    return next(number for number in range(7000 + teller.draws.below(900), 99999) if str(number) not in known)


WRITERS: dict[str, Callable[[ExerciseSpec, str, ExerciseSpec], dict[str, Any]]] = {
    "faq": _faq,
    "qa": _qa,
    "tutorial": _tutorial,
    "table": _table,
    "wikipedia": _wikipedia,
}
