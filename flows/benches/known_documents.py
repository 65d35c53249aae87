"""Documents of which it is known what they are: what `phimill bench survival` judges.

Three kinds of folder are understood. The shared test data: textbooks and tutorials, source files, pages that
people labelled good or bad for a language model. The quickstart's sample corpus: documentation, source files,
planted spam and boilerplate. Any other: each JSONL file is a class of its own, named by the file; rows have
`text`, and may have `language` and `kind` (code, or anything else for prose).
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.errors import UsageError
from data.keyed import keyed_hash
from data.objects import read_objects
from data.recipe import Source
from data.schema import document, to_table

#: Where the shared test data lie beside this repository.
SHARED = Path("../shared/data")

TEXTBOOKS = "textbooks/textbooks.jsonl.gz"
CODE = "code/code-0000.jsonl.gz"
PAGES = "quality/dclm_human_labels.jsonl.gz"

#: Genres of the shared textbooks that teach step by step.
TUTORIALS = ("tutorial", "lesson", "exercise")


@dataclasses.dataclass(frozen=True)
class Sort:
    """Documents of one sort.

    Attributes:
        name: what they are.
        code: whether they are source files; else they are prose.
        rows: `text`, `language` and `path` of each.
    """

    name: str
    code: bool
    rows: tuple[dict[str, Any], ...]

    def as_documents(self, source: Source) -> pa.Table:
        """Returns them as documents of a source."""
        return to_table(
            document(
                source.name,
                f"{self.name} {number}",
                kind=source.documents_are,
                text=row["text"],
                language=row.get("language"),
                metadata={"path": row.get("path")},
            )
            for number, row in enumerate(self.rows)
        )


def read_sorts(folder: Path | None, most: int) -> list[Sort]:
    """Returns the sorts of documents in a folder.

    Args:
        folder: None: the shared test data if they are there, else the sample corpus, written for the purpose.
        most: of larger sorts so many are taken, those with the smallest keyed hash of their text.

    Raises:
        UsageError: there are none.
    """
    if folder is None and not (SHARED / TEXTBOOKS).is_file():
        with tempfile.TemporaryDirectory() as temporary:
            from data.sample_corpus import write_sample_corpus

            write_sample_corpus(Path(temporary))
            return read_sorts(Path(temporary), most)
    folder = folder or SHARED
    if (folder / TEXTBOOKS).is_file():
        sorts = _shared(folder)
    elif (folder / "truth.jsonl").is_file():
        sorts = _sample_corpus(folder)
    else:
        sorts = _own(folder)
    found = [sort for sort in sorts if sort.rows]
    if not found:
        raise UsageError(f"{folder}: no documents; expected JSONL files, each with documents of one sort")
    return [dataclasses.replace(sort, rows=_chosen(sort.rows, most)) for sort in found]


def _chosen(rows: tuple[dict[str, Any], ...], most: int) -> tuple[dict[str, Any], ...]:
    return tuple(sorted(rows, key=lambda row: keyed_hash(1, "survival", row["text"]))[:most])


def _shared(folder: Path) -> Iterator[Sort]:
    books = [row for _, row in read_objects(folder / TEXTBOOKS)]
    yield _sort("textbooks", False, books)
    yield _sort("tutorials", False, [row for row in books if row.get("genre") in TUTORIALS])
    if (folder / CODE).is_file():
        yield _sort("good code", True, [row for _, row in read_objects(folder / CODE) if row.get("kind") == "source"])
    if (folder / PAGES).is_file():
        pages = [row for _, row in read_objects(folder / PAGES)]
        yield _sort("good pages", False, [row for row in pages if row["label_majority"] == 1])
        yield _sort("bad pages", False, [row for row in pages if row["label_majority"] == 0])


def _sort(name: str, code: bool, rows: Iterable[dict[str, Any]]) -> Sort:
    keys = ("text", "language", "path") if code else ("text",)
    kept = ({key: row.get(key) for key in keys} for row in rows if isinstance(row.get("text"), str) and row["text"])
    return Sort(name, code, tuple(kept))


#: What of the sample corpus is judged: labels of its truth file, and what has none.
SAMPLE_SORTS = {
    "documentation": False,
    "good code": True,
    "spam pages": False,
    "boilerplate pages": False,
    "pages in another language": False,
}


def _sample_corpus(folder: Path) -> Iterator[Sort]:
    """Yields the sample corpus by what its truth file says of each record; records without a label are good."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SAMPLE_SORTS}
    for label, row in _labelled(folder):
        if label in found:
            found[label].append(row)
    return (_sort(name, SAMPLE_SORTS[name], rows) for name, rows in found.items())


def _labelled(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the sample corpus's documents, extracted, with their labels."""
    from data.extraction import Extractor
    from data.recipe_file import read_recipe
    from data.sources import list_units, read_unit
    from data.truth import read_truth

    recipe = read_recipe("quickstart", (f"root={folder}",)).recipe
    labels = {(row["source"], row["locator"]): row["label"] for row in read_truth(folder / "truth.jsonl")}
    with Extractor(recipe.extract) as extractor:
        for source in recipe.sources:
            good = "good code" if source.documents_are == "code" else "documentation"
            for unit in list_units(source, folder, lambda path: ""):
                for table in read_unit(unit, source):
                    extracted = extractor.extract(table).select(["text", "status"]).to_pylist()
                    for row, page in zip(table.to_pylist(), extracted, strict=True):
                        if not (row["status"] or page["status"]):
                            text = row["text"] if page["text"] is None else page["text"]
                            yield labels.get((source.name, row["locator"]), good), {**row, "text": text}


def _own(folder: Path) -> Iterator[Sort]:
    ends = (".jsonl", ".jsonl.gz", ".jsonl.zst")
    for path in sorted(folder.glob("*")):
        if path.is_file() and path.name.endswith(ends):
            rows = [row for _, row in read_objects(path)]
            code = bool(rows) and all(row.get("kind") == "code" for row in rows)
            yield _sort(path.name.split(".jsonl")[0], code, rows)
