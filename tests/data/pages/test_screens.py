from __future__ import annotations

import pytest

from data.pages.screens import LAYER_BEGINS, LAYER_ENDS, MAX_BLOCKS, for_screens


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        (b"p{x:y}", b"p{x:y}"), (b"a/*b{*/c{}", b"a      c{}"), (b"a{}/* b", b"a{}    "),
        (b"<!--a{}-->", b"    a{}   "),
        (b"@media print{a{}}b{}", b" " * 17 + b"b{}"), (b"@media screen{a{}}", b" " * 14 + b"a{} "),
        (b"@media (min-width:1px){a{}}", b"@media (min-width:1px){a{}}"),
        (b"@supports (x:y){a{}}", b" " * 16 + b"a{} "),
        (b"@supports not (x:y){a{}}", b"@supports not (x:y){a{}}"), (b"a{}}b{}", b"a{}!b{}"), (b"a{b{}", b"a{b{}}"),
        (b"}}a{}}}b{c{", b"!!a{}!!b{c{}}"), (b"}a{", b"}a{"),
        (b"@layer x{a{}}", LAYER_BEGINS + b" " * 8 + b"a{}" + LAYER_ENDS),
    ],
)  # fmt: skip
def test_what_is_not_for_screens_is_blank_and_the_rest_stands_where_it_stood(sheet: bytes, left: bytes) -> None:
    assert for_screens(sheet) == left
    long = b"i{m:n}" * 1000
    assert for_screens(long + sheet) == long + left


def test_only_so_many_blocks_are_looked_at() -> None:
    block = b"@media print{a{}}"
    assert for_screens(block * (MAX_BLOCKS + 1)).strip() == block
