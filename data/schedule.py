"""When a recipe runs by itself: five cron fields, checked before any server has to understand them."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from data.strict import Strict

#: The fields of cron, and what numbers they hold.
_CRON = {"minute": (0, 59), "hour": (0, 23), "day of month": (1, 31), "month": (1, 12), "day of week": (0, 7)}
_NAMES = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "day of week": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
#: What else a field may say: no matter which, the last day, the second Friday, the last Friday.
_SIGNS = {"day of month": r"\?|l", "day of week": r"\?|[0-7]#[1-5]|l[0-7]|(sun|mon|tue|wed|thu|fri|sat)#[1-5]"}
#: The days that a month has in its longest year.
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Schedule(Strict):
    """When `phimill serve` runs this recipe by itself."""

    cron: str = Field(description="Five cron fields, such as `0 3 * * *`.")
    timezone: str = Field("UTC", description="The time zone that the cron fields mean.")

    @field_validator("cron")
    @classmethod
    def _understood(cls, value: str) -> str:
        """Prefect refuses a wrong field when its server is up already, and trips over a day that never comes later."""
        fields = value.lower().split()
        if len(fields) != len(_CRON):
            raise ValueError(f"expected five fields: {', '.join(_CRON)}")
        days, months = [_numbers(field, name) for field, name in zip(fields, _CRON, strict=True)][2:4]
        if days and not any(day <= _DAYS[month - 1] for day in days for month in months or range(1, 13)):
            raise ValueError("no such month has that day, so it would never run")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("unknown time zone; expected a name such as UTC or Europe/Berlin") from None
        return value


def _numbers(field: str, name: str) -> list[int]:
    """Returns the numbers that a field lists; none if it takes any.

    Raises:
        ValueError: a part of it is neither a number within bounds nor a name or sign that such a field knows.
    """
    (least, most), names = _CRON[name], _NAMES.get(name, [])
    one = "|".join([r"\d+", *names])
    found: list[int] = []
    for part in field.split(","):
        if re.fullmatch(_SIGNS.get(name, "(?!)"), part):
            return []
        match = re.fullmatch(rf"(?:\*|({one})(?:-({one}))?)(?:/(\d+))?", part)
        words = [word for word in match.groups()[:2] if word] if match else []
        numbers = [names.index(word) + least if word in names else int(word) for word in words]
        if not match or not all(least <= number <= most for number in numbers) or not int(match[3] or 1):
            also = f", {names[0]} to {names[-1]}" if names else ""
            raise ValueError(f"{part!r} is no {name}; expected {least} to {most}{also}, or such as *, 1-5, */2")
        if not numbers:
            return []
        last = numbers[-1] if len(numbers) > 1 or not match[3] else most
        found += range(numbers[0], last + 1, int(match[3] or 1))
    return found
