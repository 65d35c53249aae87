from __future__ import annotations

import pytest

from data.pages.nesting import MAX_DEPTH, flattened, is_nested


@pytest.mark.parametrize(
    ("sheet", "flat"),
    [
        (b".a{.b{x:y}}", b".a .b{x:y}"),
        (b".a{p:q;.b{x:y}r:s}", b".a{p:q;}.a .b{x:y}.a{r:s}"),
        (b".a{&.b{x:y}& > .c{x:y}.d &{x:y}>i{x:y}}", b".a.b{x:y}.a > .c{x:y}.d .a{x:y}.a >i{x:y}"),
        (b".a,.b{.c,&.d{x:y}}", b".a .c,.a.d,.b .c,.b.d{x:y}"),
        (b".a{.b{.c{x:y}}}", b".a .b .c{x:y}"),
        (b".a{@media (min-width:1px){x:y}}", b"@media (min-width:1px){.a{x:y}}"),
        (b"@layer b{.a{.b{x:y}}}i{x:y}", b"@layer b{.a .b{x:y}}i{x:y}"),
        (b"@import 'b';.a{.b{x:y}}", b"@import 'b';.a .b{x:y}"),
    ],
)
def test_a_rule_within_another_is_written_with_its_selector_in_full(sheet: bytes, flat: bytes) -> None:
    assert is_nested(sheet)
    assert is_nested(b"p{m:n}" * 1000 + sheet)
    assert flattened(sheet) == flat


@pytest.mark.parametrize(
    "sheet", [b"", b".a{x:y}.b{x:y}", b"@media (min-width:1px){.a{x:y}}", b"@layer b{@media print{.a{x:y}}}.c{}"]
)
def test_rules_within_at_rules_alone_stay_as_they_are(sheet: bytes) -> None:
    assert not is_nested(sheet)
    assert not is_nested(b"p{m:n}" * 1000 + sheet)


def test_no_flood_of_blocks_is_told_in_full() -> None:
    assert flattened(b".a{" * (MAX_DEPTH + 1) + b"}" * (MAX_DEPTH + 1)) == b""
    assert flattened(b"." + b"a" * 900 + b"{" + b".b{x:y}" * 5000 + b"}") == b""
    assert flattened(b".a{" + b".b,.c{" * 9 + b"x:y" + b"}" * 10 + b"." + b"d" * 500 + b"{}").startswith(b"!.b,.c")
