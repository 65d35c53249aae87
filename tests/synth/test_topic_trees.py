from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UsageError
from synth.builtin.answers import concepts
from synth.topic_trees import Leaf, find_leaves, read_tree, shipped_leaf, shipped_trees

LEAVES = [leaf for tree in shipped_trees().values() for leaf in tree]


def test_a_few_hundred_topics_come_along_and_none_twice() -> None:
    assert {tree: len(leaves) for tree, leaves in shipped_trees().items()} == {
        "algorithms": 71,
        "common-sense": 52,
        "general-knowledge": 60,
        "python": 110,
    }
    assert len({leaf.name for leaf in LEAVES}) == len(LEAVES) == 293


def test_every_topic_of_programming_has_concepts_that_the_grammar_can_practise() -> None:
    for leaf in LEAVES:
        assert bool(leaf.concepts) != bool(leaf.facts)
        assert set(leaf.concepts) <= set(concepts())
    assert {concept for leaf in LEAVES for concept in leaf.concepts} == set(concepts())


def test_every_fact_is_a_question_with_an_answer_in_a_sentence() -> None:
    facts = [fact for leaf in LEAVES for fact in leaf.facts]
    assert len(facts) == 2 * (52 + 60)
    assert all(question.endswith("?") and answer.endswith(".") for question, answer in facts)
    assert len({question for question, _ in facts}) == len(facts)


def test_topics_are_found_by_tree_branch_address_and_name() -> None:
    trees = shipped_trees()
    assert len(find_leaves("python", trees)) == 110
    assert {leaf.branch for leaf in find_leaves("python/sorting", trees)} == {"sorting"}
    leaf = find_leaves("python/sorting/sorting words", trees)
    assert leaf == find_leaves("sorting words", trees) == [shipped_leaf("sorting words")]
    with pytest.raises(UsageError, match='Did you mean "python/sorting"'):
        find_leaves("python/sortin", trees)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "expected a mapping"),
        ("leaves: numbers\nbranches: {a: {b: []}}", "expected concepts, facts or names"),
        ("leaves: facts\nbranches: {a: {b: [no question]}}", "question? | answer"),
        ("branches: {a: 3}", "branches.a: expected leaves"),
        ("leaves: concepts\nbranches: {a: {b: 3}}", "branches.a.b: expected a list of texts"),
        ("a: [", "not a tree"),
    ],
)
def test_a_tree_of_another_form_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_tree(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_tree_may_be_plain_names(tmp_path: Path) -> None:
    path = tmp_path / "kitchen.yaml"
    path.write_text("title: cooking\nbranches:\n  soups: [stock, thickening]\n")
    assert read_tree(path) == (Leaf("kitchen", "soups", "stock"), Leaf("kitchen", "soups", "thickening"))
