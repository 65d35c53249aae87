from __future__ import annotations

import pytest

from data.pages.spacing import spaced_classes

SPACES, CODE = b' data-lang-lines="spaces"', b' data-lang-lines="code-spaces"'


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        (b".a{white-space:pre}", {SPACES: [b"a"]}), (b".a { color: red; white-space: pre-wrap; }", {SPACES: [b"a"]}),
        (b"p, .x .a, div.b > span.c{white-space:pre}", {SPACES: [b"a", b"c"]}),
        (b"@media screen{.a{white-space:pre}}", {SPACES: [b"a"]}),
        (b"/* .b */ .a{white-space:pre}", {SPACES: [b"a"]}),
        (b".a{white-space:pre;font:1em Menlo}", {CODE: [b"a"]}),
        (b".a{font-family:monospace;white-space:pre}", {CODE: [b"a"]}),
        (b".b{font:Menlo}.a{white-space:pre}", {SPACES: [b"a"]}), (b"pre.a{white-space:pre}", {}),
        (b".a{white-space:pre-line}.b{white-space:nowrap}", {}), (b".a:hover{white-space:pre}", {}),
        (b".a p{white-space:pre}", {}), (b"#a{white-space:pre}", {}), (b"white-space:pre", {}),
        (b"}white-space:pre", {}),
        (b"", {}),
    ],
)  # fmt: skip
def test_classes_are_those_of_rules_that_keep_spaces(sheet: bytes, found: dict[bytes, list[bytes]]) -> None:
    assert spaced_classes([sheet]) == found


def test_no_more_rules_and_classes_are_read_than_a_page_needs() -> None:
    assert len(spaced_classes([b".a%d{white-space:pre}" % number for number in range(500)])[SPACES]) == 20
