from __future__ import annotations

from data.pages.braces import braces_of

SHEET = b"a{}@m{b{c{}}d{}}"


def test_each_place_is_told_its_depth_and_the_two_braces_before_it() -> None:
    places = [SHEET.index(letter) for letter in b"abcd"]
    assert braces_of(SHEET).around(places) == [(0, -1, -1), (1, 5, 2), (2, 7, 5), (1, -1, 10)]
    assert braces_of(b"x").around([0]) == [(0, -1, -1)]


def test_braces_that_open_twice_are_found_with_the_one_before_each() -> None:
    assert braces_of(SHEET).opened_twice() == [(2, 5), (5, 7)]
    assert braces_of(b"{{}}").opened_twice() == [(-1, 0)]
    assert braces_of(b"a{}b{}").opened_twice() == braces_of(b"").opened_twice() == []
