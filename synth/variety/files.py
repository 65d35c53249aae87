"""Variety specifications as files: strict, every complaint with file, line and nearest known name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pydantic import ValidationError

from data.errors import UsageError
from data.recipe_file import explain, find_file
from data.yaml_file import error_at, read_yaml
from synth.topic_trees import Leaf, find_leaves, read_tree, shipped_trees
from synth.variety.settings import Variety

SHIPPED = Path(__file__).parent / "specs"


@dataclasses.dataclass(frozen=True)
class VarietyFile:
    """A specification as it was read, with the topics that it names; `root` is where its relative paths start."""

    variety: Variety
    leaves: tuple[Leaf, ...]
    path: Path

    @property
    def root(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.resolve().parent


def find_variety(name: str | Path) -> Path:
    """Returns the path of a specification's file, or of a shipped one given by its name."""
    return find_file(name, SHIPPED, "specification")


def read_variety(name: str | Path) -> VarietyFile:
    """Returns the specification in a file.

    Raises:
        RecipeError: not YAML, an unknown key, a value of the wrong type, an unknown kind or topic.
    """
    path = find_variety(name)
    values, lines = read_yaml(path, "a specification of variety is a mapping with the keys name, kinds, topics, …")
    try:
        variety = Variety.model_validate(values)
    except ValidationError as failure:
        raise explain(failure, path, lines, Variety) from None
    trees = dict(shipped_trees())
    for number, tree in enumerate(variety.trees):
        try:
            trees[Path(tree).stem] = read_tree(path.resolve().parent / tree)
        except UsageError as error:
            raise error_at(path, lines, ("trees", number), str(error)) from None
    leaves: dict[str, Leaf] = {}
    for number, topic in enumerate(variety.topics):
        try:
            leaves.update({leaf.address: leaf for leaf in find_leaves(topic, trees)})
        except UsageError as error:
            raise error_at(path, lines, ("topics", number), str(error)) from None
    return VarietyFile(variety, tuple(leaves.values()), path)


def plain_variety(variety: Variety) -> VarietyFile:
    """Returns a specification that stands in no file; its relative paths start from the current folder.

    Raises:
        UsageError: it names an unknown topic.
    """
    trees = {**shipped_trees(), **{Path(tree).stem: read_tree(Path(tree)) for tree in variety.trees}}
    found = {leaf.address: leaf for topic in variety.topics for leaf in find_leaves(topic, trees)}
    return VarietyFile(variety, tuple(found.values()), Path("variety.yaml"))
