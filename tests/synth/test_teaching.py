from __future__ import annotations

from typing import Any

import pytest

from data.errors import UsageError
from synth.teaching import teach


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"max_usd": -1}, r"teacher\.max_usd: .* found -1"),
        ({"max_usdd": 1}, r"teacher\.max_usdd: "),
        ({"min_level": "best"}, "min_level: .* found 'best'"),
        ({"topics": ["knitting"]}, "knows nothing about 'knitting'"),
    ],
)
def test_impossible_settings_are_named(wishes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        teach(1, **wishes)
