"""What a teacher shall write, and how the specification travels inside a prompt.

The block between BEGIN and END is part of every prompt. A language model reads it as the list of
its constraints; the built-in teacher reads it, and the seed document, as its only input.

A seed document is foreign text: it stands between two lines that hold a digest of itself and of
the request's seed, so that nothing in it can close them, and no block inside it counts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import Any

BEGIN = "<exercise-spec>"
END = "</exercise-spec>"
KIND = "function"

_BLOCK = re.compile(re.escape(BEGIN) + r"\s*(\{.*?\})\s*" + re.escape(END), re.DOTALL)
_DOCUMENT = re.compile(r"^<<<document ([0-9a-f]{32})\n(.*?)\n\1 document>>>$", re.DOTALL | re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class ExerciseSpec:
    """One point on every axis, whatever the kind.

    Attributes:
        topic: the subject, in words.
        concepts: what the exercise must practise; may be empty.
        difficulty: easy, medium or hard.
        audience: for whom it is written.
        style: how the docstring is laid out.
        setting: the little world that names and data come from.
        name_word: a word that the function's name must contain.
        seed: 63 bits for teachers that take a seed.
        kind: what is asked for, one of `synth.kinds.KINDS`.
        persona: who asks, in words; "" for nobody in particular.
        document: the seed document; "" where there is none.
    """

    topic: str
    concepts: tuple[str, ...]
    difficulty: str
    audience: str
    style: str
    setting: str
    name_word: str
    seed: int
    kind: str = KIND
    persona: str = ""
    document: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the specification as a plain dictionary: what differs from the defaults, and not the document."""
        values = {**dataclasses.asdict(self), "concepts": list(self.concepts)}
        del values["document"]
        if self.kind == KIND:
            del values["kind"]
        if not self.persona:
            del values["persona"]
        return values

    def to_document(self) -> str:
        """Returns the seed document as prompts include it, between lines that its author could not foresee."""
        told = f"{self.seed}\0{self.document}".encode("utf-8", "surrogatepass")
        mark = hashlib.sha256(told).hexdigest()[:32]
        return f"<<<document {mark}\n{self.document}\n{mark} document>>>"

    def to_block(self) -> str:
        """Returns the specification as the block that prompts include."""
        return f"{BEGIN}\n{json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)}\n{END}"

    @classmethod
    def from_prompt(cls, prompt: str) -> ExerciseSpec | None:
        """Returns the specification that a prompt includes, or None if it includes none."""
        document = _DOCUMENT.search(prompt)
        if document:
            prompt = prompt[: document.start()] + prompt[document.end() :]
        found = _BLOCK.search(prompt)
        try:
            values = json.loads(found[1]) if found else None
            if not isinstance(values, dict):
                return None
            text = document[2] if document else ""
            spec = cls(**{**values, "concepts": tuple(values.get("concepts", ())), "document": text})
        except (ValueError, TypeError):
            return None
        texts = (spec.topic, spec.difficulty, spec.audience, spec.style, spec.setting, spec.name_word, *spec.concepts)
        texts = (*texts, spec.kind, spec.persona)
        return spec if all(isinstance(text, str) for text in texts) and isinstance(spec.seed, int) else None
