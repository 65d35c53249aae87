from __future__ import annotations

from pathlib import Path

from synth.novelty import Novelty

WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "apple",
    "pear",
    "plum",
    "fig",
    "grape",
    "melon",
    "lemon",
    "cherry",
    "orange",
    "banana",
]


def text(*changed: int) -> str:
    """Returns thirty words, some of them changed."""
    return " ".join(f"other{place}" if place in changed else word for place, word in enumerate(WORDS))


def test_the_first_is_new_and_its_like_are_not() -> None:
    novelty = Novelty()
    assert novelty.meet("a", "function", "f1", "s1", "b1", text()) == ""
    assert (
        novelty.meet("b", "function", "f1", "s1", "b1", "quite other words stand here, and more of them")
        == "duplicate_exercise"
    )
    assert novelty.meet("c", "function", "f2", "s2", "b2", text()) == "near_duplicate"
    assert [known.key for known in novelty.kept] == ["a"]


def test_nearness_is_the_similarity_of_word_five_grams() -> None:
    """Thirty words are 26 5-grams. Another last word changes one: 25 / 27 = 0.93; another 5th last, five: 21 / 31."""
    novelty = Novelty()
    assert novelty.meet("a", "function", "1", "", "", text()) == ""
    assert novelty.meet("b", "function", "2", "", "", text(29)) == "near_duplicate"
    assert novelty.meet("c", "function", "3", "", "", text(25)) == ""


def test_kinds_are_not_compared_with_each_other() -> None:
    novelty = Novelty(max_per_behaviour=1)
    assert novelty.meet("a", "function", "f", "s", "b", text()) == ""
    assert novelty.meet("b", "refactor", "f", "s", "b", text()) == ""


def test_skeletons_and_behaviours_are_capped() -> None:
    novelty = Novelty(max_per_skeleton=2, max_per_behaviour=3)
    shapes = [("s", "b"), ("s", "b"), ("s", "x"), ("t", "b"), ("u", "b"), ("v", "y")]
    found = [
        novelty.meet(
            str(n), "function", f"f{n}", skeleton, behaviour, f"words of {n} and nobody else {n}{n} at all {n}"
        )
        for n, (skeleton, behaviour) in enumerate(shapes)
    ]
    assert found == ["", "", "duplicate_skeleton", "", "duplicate_behaviour", ""]


def test_nothing_is_like_nothing() -> None:
    novelty = Novelty(max_per_skeleton=1, max_per_behaviour=1)
    for number in range(3):
        assert (
            novelty.meet(
                str(number), "lesson", "", "", "", f"lesson {number} about {number} things, all of it {number}"
            )
            == ""
        )
    assert novelty.meet("9", "lesson", "", "", "", "") == ""


def test_what_a_run_shipped_itself_is_kept_when_it_is_repeated_and_by_no_other_run(tmp_path: Path) -> None:
    first = Novelty(shipped=tmp_path, own="a1")
    same = ("a", "function", "f", "s", "b", text())
    assert first.meet(*same) == ""
    first.save(tmp_path)
    assert Novelty(shipped=tmp_path, own="a1").meet(*same) == ""
    assert Novelty(shipped=tmp_path, own="b2").meet(*same) == "duplicate_exercise"


def test_what_was_shipped_is_not_new_in_a_later_run(tmp_path: Path) -> None:
    first = Novelty(shipped=tmp_path / "shipped")
    assert first.meet("a", "function", "f", "s", "b", text()) == ""
    file = first.save(tmp_path / "shipped")
    assert file is not None
    assert first.save(tmp_path / "shipped") == file
    assert len(list((tmp_path / "shipped").iterdir())) == 1
    later = Novelty(max_per_skeleton=1, max_per_behaviour=1, shipped=tmp_path / "shipped")
    assert later.meet("b", "function", "f", "", "", "") == "duplicate_exercise"
    assert later.meet("b", "function", "g", "", "", text(29)) == "near_duplicate"
    assert later.meet("b", "function", "g", "s", "", "") == "duplicate_skeleton"
    assert later.meet("b", "function", "g", "t", "b", "") == "duplicate_behaviour"
    assert later.kept == []
    assert later.save(tmp_path / "shipped") is None


def test_hundreds_of_different_texts_are_all_new() -> None:
    novelty = Novelty()
    for number in range(300):
        told = " ".join(f"{word}{number % (place + 2)}x{number}" for place, word in enumerate(WORDS))
        assert novelty.meet(str(number), "function", str(number), "", "", told) == ""
