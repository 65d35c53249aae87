from __future__ import annotations

import pytest

from data.pages import known_tags
from data.pages.known_tags import facts_of_hidden_block

HIDDEN = (
    '<div class="a"><span class="menu">x</span><i class="icon"></i><img class="nav" alt=""><a class="b" href="/">y</a>'
    '<nav><a href="/">1</a><b>2</b></nav><ul class="menu"><li>3</li></ul><x-menu class="nav"><b>4</b></x-menu>'
    '<meta name="robots" content="noai"><time datetime="2020-01-01">day</time>'
    '<a href="https://creativecommons.org/licenses/by/4.0/">CC</a></div>'
)


def test_a_hidden_block_tells_its_facts_and_how_much_navigation_it_holds() -> None:
    facts, passed_over = facts_of_hidden_block(HIDDEN, whole=False)
    assert [name for name, _, _ in facts] == ["meta", "time", "a"]
    assert passed_over == (4 + 2) + (2 + 2) + (2 + 2)
    assert facts_of_hidden_block(HIDDEN, whole=True) == (facts, 0)


def test_tags_in_a_hidden_block_that_can_tell_nothing_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    look_at = known_tags.look_at
    monkeypatch.setattr(known_tags, "known", {})
    monkeypatch.setattr(known_tags, "look_at", lambda head: (seen.append(head.partition(" ")[0]), look_at(head))[1])
    facts_of_hidden_block(HIDDEN, whole=False)
    assert seen == ["div", "nav", "ul", "x-menu", "meta", "time", "a"]
