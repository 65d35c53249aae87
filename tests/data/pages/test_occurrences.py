from __future__ import annotations

import pytest

from data.pages.occurrences import occurrences


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b"", []), (b"b", []), (b"ab", [0]), (b"ab" * 30, list(range(0, 60, 2))), (b"xxab", [2]),
        (b".ab" * 6, [1, 4, 7, 10, 13, 16]), (b".ab" * 7 + b"..", [1, 4, 7, 10, 13, 16, 19]),
        (b"ab" + b"." * 1023 + b"ab" + b"." * 5000 + b"abab", [0, 1025, 6027, 6029]),
        (b"ab" + b"." * 1022 + b"ab" + b"." * 1021 + b"a" + b"b" * 3000, [0, 1024, 2047]),
    ],
)  # fmt: skip
def test_all_places_are_found_however_many(content: bytes, places: list[int]) -> None:
    assert list(occurrences(content, b"ab", bytes.find)) == places


def test_places_do_not_overlap() -> None:
    assert list(occurrences(b"a" * 61, b"aa", bytes.find)) == list(range(0, 60, 2))
