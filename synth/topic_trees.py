"""Trees of topics: those that phimill brings along (`topics/*.yaml`), and a user's own in the same form."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import yaml

from data.errors import UsageError, did_you_mean

FOLDER = Path(__file__).parent / "topics"


@dataclasses.dataclass(frozen=True)
class Leaf:
    """One topic.

    Attributes:
        tree, branch, name: where it stands; `name` is the topic in words.
        concepts: what can be practised there; may be empty.
        facts: questions and answers that a procedural teacher may tell; may be empty.
    """

    tree: str
    branch: str
    name: str
    concepts: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """The leaf's place: tree/branch/name."""
        return f"{self.tree}/{self.branch}/{self.name}"


def read_tree(path: Path) -> tuple[Leaf, ...]:
    """Returns a tree's leaves in the file's order.

    A tree is a mapping with `title`, `leaves` (`concepts`, `facts` or `names`) and `branches`:
    branch → leaf → a list of concepts, or of "question? | answer"; with `names` branch → a list of leaves.

    Raises:
        UsageError: it is not of that form.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: not a tree of topics: {error}") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("branches"), dict):
        raise UsageError(
            f"{path}: expected a mapping with the keys title, leaves and branches, such as "
            "{title: cooking, leaves: names, branches: {baking: [bread, cakes]}}"
        )
    form = tree.get("leaves", "names")
    if form not in ("concepts", "facts", "names"):
        raise UsageError(f"{path}: leaves: found {form!r}, expected concepts, facts or names")
    return tuple(
        _leaf(path, str(branch), str(name), form, content)
        for branch, leaves in tree["branches"].items()
        for name, content in _entries(path, branch, leaves)
    )


def _entries(path: Path, branch: Any, leaves: Any) -> list[tuple[Any, Any]]:
    if isinstance(leaves, dict):
        return list(leaves.items())
    if isinstance(leaves, list):
        return [(name, []) for name in leaves]
    raise UsageError(f"{path}: branches.{branch}: expected leaves")


def _leaf(path: Path, branch: str, name: str, form: str, content: Any) -> Leaf:
    if not isinstance(content, list) or not all(isinstance(item, str) for item in content):
        raise UsageError(f"{path}: branches.{branch}.{name}: expected a list of texts")
    if form != "facts":
        return Leaf(path.stem, branch, name, concepts=tuple(content))
    facts = [tuple(part.strip() for part in fact.split(" | ")) for fact in content]
    if not all(len(fact) == 2 and fact[0].endswith("?") for fact in facts):
        raise UsageError(f'{path}: branches.{branch}.{name}: expected entries such as "question? | answer"')
    return Leaf(path.stem, branch, name, facts=tuple((fact[0], fact[1]) for fact in facts))


@functools.cache
def shipped_trees() -> dict[str, tuple[Leaf, ...]]:
    """Returns the trees that phimill brings along, by name."""
    return {path.stem: read_tree(path) for path in sorted(FOLDER.glob("*.yaml"))}


@functools.cache
def shipped_leaf(topic: str) -> Leaf | None:
    """Returns the shipped leaf of a topic's name, or None."""
    return next((leaf for tree in shipped_trees().values() for leaf in tree if leaf.name == topic), None)


def find_leaves(address: str, trees: dict[str, tuple[Leaf, ...]]) -> list[Leaf]:
    """Returns the leaves that an address stands for: a tree, tree/branch, tree/branch/leaf, or a leaf's name.

    Raises:
        UsageError: it stands for none; names the nearest.
    """
    leaves = [leaf for tree in trees.values() for leaf in tree]
    found = [leaf for leaf in leaves if address in (leaf.tree, f"{leaf.tree}/{leaf.branch}", leaf.address, leaf.name)]
    if found:
        return found
    known = [*trees, *{f"{leaf.tree}/{leaf.branch}" for leaf in leaves}, *(leaf.name for leaf in leaves)]
    known += [leaf.address for leaf in leaves]
    raise UsageError(f"no topic is named {address!r}.{did_you_mean(address, sorted(known))} Trees: {', '.join(trees)}.")
