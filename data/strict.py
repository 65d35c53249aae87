"""What every model of the recipe is made of: a base that refuses unknown keys, and the types of common values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
#: How long something may take; a day at most, since what waits cannot be told more than a clock holds.
Seconds = Annotated[float, Field(gt=0.0, le=86_400.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
Kind = Literal["web", "code", "text", "textbook", "exercise"]


class Strict(BaseModel):
    """A part of the recipe; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def misplaced(place: tuple[str | int, ...], message: str) -> PydanticCustomError:
    """Returns what a validator raises of a part further in than it stands itself, so that its own line is named."""
    return PydanticCustomError("misplaced", "{message}", {"place": place, "message": message})
