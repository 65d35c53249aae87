"""From a teacher's reply to a record of the kind that was asked for, or to the reason why it is none."""

from __future__ import annotations

import dataclasses

from synth.kinds.fields import Fields, Unreadable
from synth.kinds.protocol import Record
from synth.kinds.registry import find_kind
from synth.parsing import COPIED_SHARE, Reply, copied_share, find_object, leaks, no_object, unusable
from synth.prompts import PROMPTS, Prompts
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class ParsedRecord:
    """A record, or a reason with a detail; `path` names the rungs of the ladder that were needed."""

    record: Record | None
    reason: str = ""
    detail: str = ""
    path: str = ""


def read_record(reply: Reply, spec: ExerciseSpec, prompts: Prompts = PROMPTS) -> ParsedRecord:
    """Returns what a reply holds, after all checks that need not run it; never raises.

    Args:
        reply: a server's answer.
        spec: what was asked for; its kind says how to read, its document must not be copied.
        prompts: those that were used; a reply must not echo them.
    """
    reason, detail = unusable(reply)
    if reason:
        return ParsedRecord(None, reason, detail)
    kind = find_kind(spec.kind)
    content = reply.content or ""
    found, path = find_object(content, kind.wanted)
    if found is None:
        return ParsedRecord(None, *no_object(content), path)
    try:
        record = kind.read(Fields(found), spec)
    except Unreadable as fault:
        values = [value for value in found.values() if isinstance(value, str)]
        if spec.document and any(copied_share(value, spec.document) >= COPIED_SHARE for value in values):
            return ParsedRecord(None, "bad_response", "copy_of_seed", path)
        return ParsedRecord(None, fault.reason, fault.detail, path)
    if leaks(f"{record.title}\n{record.text}", prompts.messages(spec)[0]["content"]):
        return ParsedRecord(None, "leak", "holds what looks like a key, or the prompt", path)
    if spec.document and copied_share(record.text, spec.document) >= COPIED_SHARE:
        return ParsedRecord(record, "bad_response", "copy_of_seed", path)
    return ParsedRecord(record, "", "", path)
