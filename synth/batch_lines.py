"""The lines of a batch's answers, as far as they can be read: servers differ in what they write there."""

from __future__ import annotations

import dataclasses
import json
from typing import Any


@dataclasses.dataclass(frozen=True)
class Line:
    """What a batch says of one request.

    Attributes:
        status: the HTTP status that the call would have had; None if there is none.
        body: of the answer, a chat completion's JSON object; None if there is none.
        request_id: the server's name for the call.
        said: what it says instead of an answer, for people.
    """

    status: int | None = None
    body: dict[str, Any] | None = None
    request_id: str = ""
    said: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether the call was answered, and so paid for."""
        return self.status == 200 and self.body is not None


def read_lines(*texts: str) -> dict[str, Line]:
    """Returns what files say of each request, by the key that their lines bear.

    Of several lines for one request an answer counts, whatever the others say: it was paid for. Of
    several answers the first one counts. Lines that cannot be read are passed over.
    """
    found: dict[str, Line] = {}
    for text in texts:
        for written in text.split("\n"):
            row = _object(written)
            if row is None or not isinstance(row.get("custom_id"), str):
                continue
            key, line = row["custom_id"], _line(row)
            if key not in found or (line.is_answer and not found[key].is_answer):
                found[key] = line
    return found


def counted(batch: dict[str, Any]) -> tuple[int, int]:
    """Returns how many of a batch's requests are done, and how many there are; 0 where it does not say."""
    counts = batch.get("request_counts")
    done, total = (counts.get(name) if isinstance(counts, dict) else 0 for name in ("completed", "total"))
    return (done if isinstance(done, int) else 0, total if isinstance(total, int) else 0)


def _line(row: dict[str, Any]) -> Line:
    response = row.get("response")
    if not isinstance(response, dict):
        return Line(said=_said(row.get("error") or response))
    body, named = response.get("body"), response.get("request_id")
    body = _object(body) if isinstance(body, str) else body if isinstance(body, dict) else None
    return Line(
        _status(response.get("status_code")),
        body,
        named if isinstance(named, str) else "",
        _said(row.get("error") or response.get("body")),
    )


def _status(found: Any) -> int | None:
    try:
        return int(found)
    except (TypeError, ValueError, OverflowError):
        return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _said(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False)[:200]
