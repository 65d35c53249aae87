"""Answers that are wrong, but look as if they could be right."""

from __future__ import annotations

from typing import Any


def wrong_value(value: Any) -> Any:
    """Returns a value of the same type that is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value[:-1] if value else "a"
    if isinstance(value, list):
        return value[:-1] if value else [0]
    if isinstance(value, dict):
        return dict(list(value.items())[:-1]) if value else {"a": 0}
    return None
