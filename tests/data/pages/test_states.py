from __future__ import annotations

import pytest

from data.pages.states import is_opened, may_change, waits


@pytest.mark.parametrize(
    "selector", [b"[v-cloak]", b".ng-cloak", b".no-js .a", b"html.js .a", b".a .noscript", b".preload p"]
)
def test_what_waits_for_scripts_is_told_by_its_names(selector: bytes) -> None:
    assert waits(selector)


@pytest.mark.parametrize(
    "selector",
    [b".accordion .body", b".closed>p", b".tab-content .pane", b"#tabs .x", b".read-more p", b"[aria-expanded=false] p",
     b"p:not(.active)", b".x:not([open])", b"[data-state=a]", b".slides>li", b".truncated .rest"],
)  # fmt: skip
def test_what_readers_open_is_told_by_its_names(selector: bytes) -> None:
    assert is_opened(selector)


@pytest.mark.parametrize(
    "selector", [b".a .b", b"#json p", b".tabular p", b".database", b"aside", b"[data-x]", b"p:not(.note)", b".morel"]
)
def test_other_names_tell_nothing(selector: bytes) -> None:
    assert not waits(selector)
    assert not is_opened(selector)


def test_names_of_states_may_come_and_go() -> None:
    names = (b"is-open", b"active", b"no-js", b"tab", b"main", b"inner")
    assert list(map(may_change, names)) == [True, True, True, True, False, False]
