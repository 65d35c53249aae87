"""Language detection on the head of a text."""

from __future__ import annotations

import math

from filters.language import detect

ENGLISH = "The library has more than ten thousand books, and most of them can be borrowed for four weeks."
GERMAN = "Die Bibliothek hat mehr als zehntausend Bücher, und die meisten kann man vier Wochen lang ausleihen."


def test_languages_are_told_apart_with_a_probability() -> None:
    languages, scores = detect([ENGLISH, GERMAN])
    assert languages == ["en", "de"]
    assert (scores > 0.9).all()
    assert (scores <= 1).all()


def test_a_text_without_letters_has_no_language() -> None:
    languages, scores = detect(["", "12345 -- !?", None, "\n\u2028"])
    assert languages == [None] * 4
    assert all(math.isnan(score) for score in scores)


def test_only_the_head_is_looked_at() -> None:
    languages, scores = detect([ENGLISH + " " + GERMAN * 50], head_chars=len(ENGLISH))
    alone, score = detect([ENGLISH])
    assert (languages, scores.tolist()) == (alone, score.tolist())


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    first = detect([GERMAN, ENGLISH])[1].tolist()
    detect(["Ceci est une phrase en français.", "\ud800 half a pair"])
    assert detect([GERMAN, ENGLISH])[1].tolist() == first
