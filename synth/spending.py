"""What requests took, added up by the model that was asked."""

from __future__ import annotations

import sqlite3

from synth.journal_values import Spent

# The answer's tokens; journals of older versions noted them with the call.
_QUERY = """
SELECT model,
    coalesce((SELECT sum(charged) FROM attempts WHERE attempts.key = requests.key), 0),
    coalesce(prompt_tokens, (SELECT max(prompt_tokens) FROM attempts WHERE attempts.key = requests.key), 0),
    coalesce(completion_tokens, (SELECT max(completion_tokens) FROM attempts WHERE attempts.key = requests.key), 0)
FROM requests WHERE key = ? AND state != 'planned'
"""


def spent(database: sqlite3.Connection, keys: list[str]) -> list[Spent]:
    """Returns what requests took, a row for each model, in the models' order; see `Journal.spent`."""
    found: dict[str, Spent] = {}
    for key in keys:
        for model, nano_usd, prompt, completion in database.execute(_QUERY, (key,)):
            before = found.get(model, Spent(model))
            found[model] = Spent(
                model,
                before.calls + 1,
                before.nano_usd + nano_usd,
                before.prompt_tokens + prompt,
                before.completion_tokens + completion,
            )
    return [found[model] for model in sorted(found)]
