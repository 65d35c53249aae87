"""The one re-ask for a reply that cannot be used: with the error, or with more room where it was cut off."""

from __future__ import annotations

from data.recipe import Teacher
from synth.kinds.reading import ParsedRecord
from synth.parsing import Reply
from synth.requests import Request, build_request

MAX_OUTPUT_TOKENS = 32_000
_QUOTED_CHARS = 20_000


def repair_request(
    teacher: Teacher, identity: str, request: Request, reply: Reply, parsed: ParsedRecord
) -> Request | None:
    """Returns what to ask once more; None if that makes no sense.

    Refusals, leaks and copies are answers; a body that is no chat completion says nothing that could be mended.
    """
    if parsed.reason == "truncated_response":
        room = min(MAX_OUTPUT_TOKENS, 2 * request.max_output_tokens)
        if room <= request.max_output_tokens:
            return None
        return build_request(teacher, identity, request.messages, request.seed, request.schema, max_output_tokens=room)
    if (
        parsed.reason != "bad_response"
        or parsed.detail == "copy_of_seed"
        or parsed.record is not None
        or reply.problem
        or not reply.content
    ):
        return None
    wanted = ", ".join(request.schema.get("required", []))
    said = [
        {"role": "assistant", "content": reply.content[:_QUOTED_CHARS]},
        {
            "role": "user",
            "content": f"Your answer could not be used: {parsed.detail}. Answer once more with the whole JSON object "
            f"(keys: {wanted}) and nothing else.",
        },
    ]
    return build_request(teacher, identity, [*request.messages, *said], request.seed, request.schema)
