from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import RecipeError
from synth.variety.cells import cells_of
from synth.variety.files import SHIPPED, read_variety


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_shipped_specifications_can_be_read_and_have_cells(name: str) -> None:
    file = read_variety(name)
    assert file.variety.name == name
    cells = cells_of(file)
    assert sum(cell.share for cell in cells) == pytest.approx(file.variety.budget.kept)
    assert min(cell.target for cell in cells) >= 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: a\nkind: {function: 1}", 2, 'unknown key "kind". Did you mean "kinds"'),
        ("name: a\nkinds:\n  functon: 1", 2, 'Did you mean "function"'),
        ("name: a\nkinds: {function: 0}", 2, "must be above 0"),
        ("name: a\ntopics:\n  - python\n  - pyton/lists", 4, 'Did you mean "python/lists"'),
        ("name: a\ncells: [kind, level]", 2, "found: 'level'"),
        ("name: a\ncells: [kind, kind]", 2, "an axis stands twice"),
        ("name: a\nbudget:\n  keep: 3", 3, 'unknown key "keep". Did you mean "kept"'),
        ("name: a\nnovelty: {floor_per_1000: 2000}", 2, "less than or equal to 1000"),
        ("name: a\nkinds: {rephrase-faq: 1}", 1, "name them under `documents`"),
        ("name: a\ncells: [persona]", 1, "`persona` needs `personas`"),
        ("name: a\ntrees: [absent.yaml]", 2, "absent.yaml"),
        ("name: a\nname: b", 2, "stands twice"),
        ("- a", 1, "is a mapping with the keys"),
        ("a: [", 1, "not YAML"),
    ],
)
def test_every_mistake_is_named_with_file_line_and_nearest_name(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(RecipeError) as caught:
        read_variety(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")
    assert caught.value.line in (line, line + 1)


def test_an_unknown_name_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(RecipeError, match='Did you mean "textbooks"'):
        read_variety("textbook")


def test_own_trees_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "kitchen.yaml").write_text("title: cooking\nbranches:\n  soups: [stock, thickening]\n")
    file = read_variety(write(tmp_path, "name: a\ntrees: [kitchen.yaml]\ntopics: [kitchen/soups, sorting words]"))
    assert [leaf.address for leaf in file.leaves] == [
        "kitchen/soups/stock",
        "kitchen/soups/thickening",
        "python/sorting/sorting words",
    ]
