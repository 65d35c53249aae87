"""What an OpenAI-compatible endpoint accepts, and what to leave out where it does not."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What an endpoint accepts; found out by its refusals, one step at a time."""

    form: str = "json_schema"
    token_field: str = "max_tokens"
    temperature: bool = True
    seed: bool = True

    def without(self, complaint: str) -> Abilities | None:
        """Returns what to try after a 400, or None if there is nothing left to leave out."""
        text = complaint.lower()
        if "max_completion_tokens" in text and self.token_field == "max_tokens":
            return dataclasses.replace(self, token_field="max_completion_tokens")
        if "temperature" in text and self.temperature:
            return dataclasses.replace(self, temperature=False)
        if "seed" in text and self.seed:
            return dataclasses.replace(self, seed=False)
        weaker = {"json_schema": "json_object", "json_object": "plain"}
        return dataclasses.replace(self, form=weaker[self.form]) if self.form in weaker else None
