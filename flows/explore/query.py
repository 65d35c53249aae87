"""What documents are asked for: the filters of the page and of its address, checked."""

from __future__ import annotations

import urllib.parse
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request

#: Settings that one what-if takes at most.
MOST_SETTINGS = 200


class Query(BaseModel):
    """Which documents of the ledger, in which order; empty fields ask for nothing."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=300, description="Part of an id, origin_id, locator or URL.")
    text: str = Field("", max_length=300, description="Words inside the text; looked for as far as one waits.")
    status: str = ""
    stage: str = ""
    reason: str = Field("", max_length=200)
    rule: str = Field("", max_length=300, description="Address of a rule that the document fails.")
    only: bool = Field(False, description="Only documents that fail nothing else.")
    source: str = Field("", max_length=200)
    kind: str = Field("", max_length=60)
    language: str = Field("", max_length=60)
    label: Literal["", "any", "none", "keep", "drop", "0", "1", "2", "3", "4", "5"] = ""
    cluster: str = Field("", max_length=100)
    signal: str = Field("", max_length=200, description="A signal that has a value, between the two bounds.")
    at_least: float | None = None
    at_most: float | None = None
    sort: str = Field("", max_length=200, description="A signal, tokens, bytes, measured, jaccard; empty: as read.")
    down: bool = Field(False, description="The largest first.")

    @field_validator("at_least", "at_most", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("only", "down", mode="before")
    @classmethod
    def _empty_is_false(cls, value: Any) -> Any:
        return False if value == "" else value

    def address(self, **others: Any) -> str:
        """Returns the query as part of an address, with other fields beside it; what is empty is left out."""
        fields = {**self.model_dump(exclude_defaults=True), **others}
        pairs = [(name, "1" if value is True else value) for name, value in fields.items()]
        return urllib.parse.urlencode([pair for pair in pairs if pair[1] not in (None, "", False)])


def query_of(request: Request) -> Query:
    """Returns what a request asks for.

    Raises:
        HTTPException: a field that cannot be what it is.
    """
    try:
        return Query.model_validate(dict(request.query_params))
    except ValidationError as failure:
        first = failure.errors()[0]
        raise HTTPException(400, f"{first['loc'][0]}: {first['msg']}") from None


def settings_of(request: Request) -> list[str]:
    """Returns the what-if of a request's `set` fields."""
    settings = [setting for setting in request.query_params.getlist("set") if setting.strip()]
    if len(settings) > MOST_SETTINGS:
        raise HTTPException(400, f"At most {MOST_SETTINGS} settings.")
    return settings


def whole_number(request: Request, name: str) -> int:
    """Returns a field that counts something; 0 if it is not there."""
    raw = request.query_params.get(name) or "0"
    if not raw.isdecimal() or len(raw) > 12:
        raise HTTPException(400, f"{name}: expected a whole number.")
    return int(raw)
