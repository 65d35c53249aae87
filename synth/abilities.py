"""What an OpenAI-compatible endpoint accepts, and what to leave out where it does not."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from typing import Any

from data.recipe import Teacher
from synth.requests import Request

FORMS = ("json_schema", "json_object", "plain")


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What an endpoint accepts; found out by its refusals, one step at a time.

    Attributes:
        overrun: how many times the tokens that were sent and asked for it has told at most.
    """

    form: str = "json_schema"
    token_field: str = "max_tokens"
    temperature: bool = True
    seed: bool = True
    overrun: float = 1.0

    def worst(self, prompt_tokens: int, max_output_tokens: int) -> tuple[int, int]:
        """Returns how many tokens a call can be told to have taken and given."""
        return math.ceil(prompt_tokens * self.overrun), math.ceil(max_output_tokens * self.overrun)

    def without(self, complaint: str) -> Abilities | None:
        """Returns what to try after a 400, or None if there is nothing left to leave out."""
        text = complaint.lower()
        if "max_completion_tokens" in text and self.token_field == "max_tokens":
            return dataclasses.replace(self, token_field="max_completion_tokens")
        if "temperature" in text and self.temperature:
            return dataclasses.replace(self, temperature=False)
        if "seed" in text and self.seed:
            return dataclasses.replace(self, seed=False)
        weaker = dict(itertools.pairwise(FORMS))
        return dataclasses.replace(self, form=weaker[self.form]) if self.form in weaker else None

    def to_text(self) -> str:
        """Returns the abilities as they are noted in a journal."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, noted: str | None) -> Abilities | None:
        """Returns abilities that were noted, or None if there is no note, or one of another version."""
        try:
            return cls(**json.loads(noted)) if noted else None
        except (ValueError, TypeError):
            return None

    def body(self, request: Request, settings: Teacher) -> dict[str, Any]:
        """Returns the chat completion request that such an endpoint accepts."""
        body: dict[str, Any] = {"model": settings.model, "messages": request.messages}
        body[self.token_field] = request.max_output_tokens
        if self.temperature:
            body["temperature"] = settings.temperature
        if self.seed:
            body["seed"] = request.seed % 2**31
        if self.form == "json_schema":
            wanted = {"name": "exercise", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif self.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body
