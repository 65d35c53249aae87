from __future__ import annotations

import pytest

from synth.variety.novelty import NoveltyMeter, NoveltyPoint, opener_of, opener_shares, summary


def test_the_curve_counts_first_occurrences_block_by_block() -> None:
    meter = NoveltyMeter(block=4)
    for skeleton, behaviour in zip("aabcaade", "xxxxyzzz", strict=True):
        meter.add(skeleton, behaviour)
    assert meter.curve() == [NoveltyPoint(4, 750.0, 250.0), NoveltyPoint(8, 500.0, 500.0)]
    assert (meter.distinct("skeleton"), meter.distinct("behaviour")) == (5, 3)
    meter.add("", "z")
    assert meter.curve()[-1] == NoveltyPoint(9, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "opener"),
    [
        ("# Once upon a time, there", "once upon a time there"),
        ("def f(x):\n    return x", "def f x return x"),
        ("Short", "short"),
        ("", ""),
    ],
)
def test_an_opener_is_the_first_five_words(text: str, opener: str) -> None:
    assert opener_of(text) == opener


def test_the_collapse_meter_reads_the_share_of_the_commonest_opener() -> None:
    openers = ["once upon a time there"] * 59 + [f"story {number}" for number in range(41)]
    assert opener_shares(openers, 2) == [("once upon a time there", 0.59), ("story 0", 0.01)]
    assert summary(NoveltyMeter(), openers)["top_opener_share"] == 0.59
    assert summary(NoveltyMeter(), [])["top_opener_share"] == 0.0
