from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from filters.cuts.pieces import (
    Ranges,
    as_texts,
    char_lengths,
    in_characters,
    in_fences,
    join_lines,
    ranges_of,
    split_lines,
    with_stranded_blanks,
    without,
)


def column(*texts: str) -> pa.Array:
    """Returns texts as a slice of a longer array, as batches are."""
    return pa.array(["before", *texts, "after"], pa.large_string()).slice(1, len(texts))


def lines_of(texts: pa.Array) -> list[list[str]]:
    lines = split_lines(texts)
    found: list[list[str]] = [[] for _ in texts]
    for row, line in zip(lines.rows.tolist(), as_texts(lines, texts).to_pylist(), strict=True):
        found[row].append(line)
    return found


def cut_lines(text: str, gone: set[str]) -> str:
    """Returns a text without some of its lines, by the module's own parts."""
    texts = column("other\n", text, "")
    lines = split_lines(texts)
    plain = as_texts(lines, texts)
    cut = np.array([line.strip() in gone for line in plain.to_pylist()], dtype=np.bool_)
    cut = with_stranded_blanks(lines, char_lengths(plain) == 0, cut)
    return str(without(texts, ranges_of(lines, cut, texts)[0])[1].as_py())


def test_a_line_has_its_line_feed_and_an_empty_text_is_an_empty_line() -> None:
    assert lines_of(column("a\nb", "", "c\n", "\n\n")) == [["a\n", "b"], [""], ["c\n", ""], ["\n", "\n", ""]]


def test_a_paragraph_goes_up_to_the_next_one() -> None:
    texts = column("\n\na\nb\n\n \nc", "d")
    lines = split_lines(texts)
    paragraphs, number = join_lines(lines, char_lengths(as_texts(lines, texts)) == 0)
    assert as_texts(paragraphs, texts).to_pylist() == ["\n\n", "a\nb\n\n \n", "c", "d"]
    assert number.tolist() == [0, 0, 1, 1, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\nX\nb", "a\nb"),
        ("a\n\nX\n\nb", "a\n\nb"),
        ("a\nX\n\nb", "a\n\nb"),
        ("X\n\na", "a"),
        ("\n\nX\na", "\n\na"),
        ("a\nX", "a"),
        ("a\n\nX", "a"),
        ("a\n\nX\n\nX\n", "a\n"),
        ("a\n\nX\n\n\n\nX\n\nb\n\n\nc", "a\n\nb\n\n\nc"),
        ("X\nX", ""),
        ("\nX\n\n", ""),
        ("a\n\n\nb", "a\n\n\nb"),
    ],
)
def test_blank_lines_do_not_pile_up_around_what_was_cut(text: str, left: str) -> None:
    assert cut_lines(text, {"X"}) == left


def test_no_line_that_stays_is_touched_whatever_the_blank_lines() -> None:
    draw = random.Random(4)
    for _ in range(500):
        lines = [draw.choice(("a", "b", "X", "", " ")) for _ in range(draw.randrange(9))]
        text = "\n".join(lines)
        left = cut_lines(text, {"X"})
        assert [line for line in left.split("\n") if line.strip()] == [line for line in lines if line in ("a", "b")]
        if "X" not in lines:
            assert left == text


def test_code_between_fences_is_known_and_an_open_fence_ends_with_its_text() -> None:
    texts = column("a\n```python\nx = 1\n\n  ```\nb", "c\n~~~\nd", "", "e\n")
    inside = in_fences(split_lines(texts), texts).tolist()
    assert inside == [False, True, True, True, True, False, False, True, True, False, False, False]


def test_places_in_characters_are_those_in_which_python_counts() -> None:
    texts = column("é𝄞x", "aß—b")
    ranges = Ranges(np.array([0, 1]), np.array([6 + 2, 6 + 7 + 1]), np.array([6 + 6, 6 + 7 + 6]))
    starts, ends = in_characters(texts, ranges)
    assert [(text[a:b]) for text, a, b in zip(texts.to_pylist(), starts, ends, strict=True)] == ["𝄞", "ß—"]
    assert without(texts, ranges).to_pylist() == ["éx", "ab"]
