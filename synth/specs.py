"""What an exercise shall be about, and how the specification travels inside a prompt.

The block between BEGIN and END is part of every exercise prompt. A language model reads it as
the list of its constraints; the built-in teacher reads it as its only input.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

BEGIN = "<exercise-spec>"
END = "</exercise-spec>"

_BLOCK = re.compile(re.escape(BEGIN) + r"\s*(\{.*?\})\s*" + re.escape(END), re.DOTALL)


@dataclasses.dataclass(frozen=True)
class ExerciseSpec:
    """One point on every axis.

    Attributes:
        topic: the subject, in words.
        concepts: what the exercise must practise; may be empty.
        difficulty: easy, medium or hard.
        audience: for whom it is written.
        style: how the docstring is laid out.
        setting: the little world that names and data come from.
        name_word: a word that the function's name must contain.
        seed: 63 bits for teachers that take a seed.
    """

    topic: str
    concepts: tuple[str, ...]
    difficulty: str
    audience: str
    style: str
    setting: str
    name_word: str
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Returns the specification as a plain dictionary."""
        return {**dataclasses.asdict(self), "concepts": list(self.concepts)}

    def to_block(self) -> str:
        """Returns the specification as the block that prompts include."""
        return f"{BEGIN}\n{json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)}\n{END}"

    @classmethod
    def from_prompt(cls, prompt: str) -> ExerciseSpec | None:
        """Returns the specification that a prompt includes, or None if it includes none."""
        found = _BLOCK.search(prompt)
        try:
            values = json.loads(found[1]) if found else None
            if not isinstance(values, dict):
                return None
            spec = cls(**{**values, "concepts": tuple(values.get("concepts", ()))})
        except (ValueError, TypeError):
            return None
        texts = (spec.topic, spec.difficulty, spec.audience, spec.style, spec.setting, spec.name_word, *spec.concepts)
        return spec if all(isinstance(text, str) for text in texts) and isinstance(spec.seed, int) else None
