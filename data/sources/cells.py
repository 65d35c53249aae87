"""Values of Arrow columns, as the readers of Parquet and Arrow files hand them on: times as text, UTF-8 or not."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa


class Broken:
    """Stands for a value that is no UTF-8."""


def decoded(value: bytes | None) -> Any:
    """Returns bytes as text, or a `Broken` where they are no UTF-8; None stays None."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return Broken()


def time_text(scalar: pa.Scalar) -> str | None:
    """Returns a date, time or duration as text; None for null and for what Python cannot hold."""
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError):  # beyond Python's years, or nanoseconds without pandas
        return None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return None if value is None else str(value)
