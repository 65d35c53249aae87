"""Schedules: what cron fields may say, told before a server has to understand them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from data.schedule import Schedule


@pytest.mark.parametrize(
    "cron",
    ["0 3 * * *", "*/5 0-23 1,15 jan-mar MON", "5/2 22-2 * 11-2 fri-mon", "0 3 L * ?", "0 3 ? * 5#2", "0 3 * * sun#5",
     "0 3 29 feb *", "0 3 30,31 2,3 *", "0 3 31 2-3 *", "0 3 31 2/1 *", "0 3 30-31 2-4/2 *",
     "0 3 * * L5", "0 3 * * 7", "*,5 3 * * *"],
)  # fmt: skip
def test_what_cron_allows_is_taken(cron: str) -> None:
    assert Schedule(cron=cron).cron == cron


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("a b c d e", "'a' is no minute; expected 0 to 59"),
        ("*/x 3 * * *", "'*/x' is no minute"),
        ("-5 3 * * *", "'-5' is no minute"),
        ("5, 3 * * *", "'' is no minute"),
        ("0 3 * * XYZ", "'xyz' is no day of week; expected 0 to 7, sun to sat"),
        ("0 jan * * *", "'jan' is no hour"),
        ("0 3 * 13 *", "'13' is no month; expected 1 to 12, jan to dec"),
        ("0 3 31 2 *", "no such month has that day"),
        ("0 3 31 feb,apr mon", "no such month has that day"),
    ],
)
def test_what_a_server_would_trip_over_is_refused_with_the_field(cron: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("*", r"\*")):
        Schedule(cron=cron)
