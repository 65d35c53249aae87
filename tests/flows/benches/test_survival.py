"""`phimill bench survival`: what is counted, what documents are judged as, and what phimill's own recipes keep."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from data.errors import UsageError
from data.keyed import keyed_hash
from data.recipe_file import read_recipe
from flows.benches.known_documents import Sort, read_sorts
from flows.benches.survival import Result, bench_survival, survive
from flows.cli import main

SHARED = Path(__file__).parents[4] / "shared" / "data"

GOOD = (
    "A list is put in order by its method sort, which changes the list itself and returns nothing. To leave the "
    "list as it is and to have a new one, call the function sorted instead. The argument key is a function that "
    "is called once for each item, and what it returns is compared instead of the item. Words can be sorted by "
    "their length with it, or by their last letter. When two items are equal, they keep the order that they had. "
    "That is why one can sort by one thing first and then by another, and have both. Lists of numbers are sorted "
    "from the smallest to the largest, and with reverse from the largest to the smallest. "
)
SHORT = "Too short to teach anything."
CODE = "def double(x):\n    # Twice a number.\n    return 2 * x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with three sorts of documents."""
    prose = [{"text": GOOD + f"This is the {n}th of them, and it is the last one that we have."} for n in range(4)]
    rows = {"books.jsonl": prose, "stubs.jsonl.gz": [{"text": SHORT}, {"text": ""}, {"text": GOOD + "{"}]}
    rows["tools.jsonl"] = [{"text": CODE, "kind": "code", "language": "python"}]
    for name, listed in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in listed).encode()
        (tmp_path / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    return tmp_path


def bench(folder: Path, *options: str) -> Any:
    done = CliRunner().invoke(main, ["bench", "survival", "--documents", str(folder), *options])
    assert done.exit_code == 0, done.output + str(done.exception)
    return json.loads(done.stdout) if "--json" in options else done.stdout


def test_each_file_is_a_sort_and_blank_texts_are_none(folder: Path) -> None:
    sorts = {sort.name: sort for sort in read_sorts(folder, 100)}
    assert [(name, len(sort.rows), sort.code) for name, sort in sorts.items()] == [
        ("books", 4, False),
        ("stubs", 2, False),
        ("tools", 1, True),
    ]
    assert len(read_sorts(folder, 2)[0].rows) == 2


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no documents"):
        read_sorts(tmp_path, 10)


def test_what_survives_and_what_kills_is_counted(folder: Path) -> None:
    found = bench(folder, "--preset", "c4", "--preset", "gopher-quality", "--json")
    assert found["documents"] == {"books": 4, "stubs": 2, "tools": 1}
    c4, gopher = found["results"]
    assert c4["name"] == "c4@paper"
    assert c4["survival"]["books"]["kept"] == 4
    assert c4["survival"]["tools"] is None
    # The stub is one sentence, and the line that ends in a bracket goes with all that is in it.
    counts = {"failed": 2, "first": 2, "only": 2, "only_share": 1.0}
    assert c4["survival"]["stubs"]["rules"] == [{"rule": "c4.min_sentences", **counts}]
    assert gopher["survival"]["stubs"]["share"] == 0.5
    assert {rule["rule"] for rule in gopher["survival"]["stubs"]["rules"]} == {
        "gopher-quality.min_words",
        "gopher-quality.min_stop_words",
    }


def test_a_recipe_judges_documents_as_its_source_would_give_them(folder: Path) -> None:
    starcoder, fineweb_edu, phi = bench(folder, "starcoder", "fineweb-edu", "phi-1", "--json")["results"]
    assert starcoder["survival"]["books"] is None
    assert starcoder["survival"]["tools"]["kept"] == 1
    assert fineweb_edu["survival"] == {"books": None, "stubs": None, "tools": None}
    assert fineweb_edu["left_out"] == {"educational.min_edu": "no document here carries edu"}
    assert phi["survival"]["books"]["share"] == 1.0
    assert phi["left_out"] == {"quality.keep_token_share": "its bound is a share of the pool's tokens"}


def test_the_table_names_recipes_sorts_and_killers(folder: Path) -> None:
    shown = bench(folder, "--preset", "gopher-quality@dclm")
    for words in ("books", "gopher-quality@dclm", "100.0%", "50.0%", "gopher-quality.min_words 1 (0.0% by it alone)"):
        assert words in shown


def test_filters_that_look_at_addresses_are_left_out_and_it_is_said(folder: Path) -> None:
    (result,) = bench(folder, "refinedweb", "--json")["results"]
    assert result["left_out"] == {"url-filter": "no document here has an address"}


@pytest.mark.slow
@pytest.mark.usefixtures("sample_corpus_at_hand")
def test_without_documents_the_sample_corpus_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (result,) = bench_survival(["quickstart"], [], None, 200, True)
    kept = {sort: one.share for sort, one in result.survivals.items() if one is not None}
    assert kept["documentation"] > 0.6
    assert kept["good code"] > 0.6
    assert kept["spam pages"] == kept["pages in another language"] == 0


@functools.cache
def shared_sorts() -> tuple[Sort, ...]:
    if not (SHARED / "textbooks").is_dir():
        pytest.skip("the shared test data (../shared/data) is not beside this repository")
    return tuple(read_sorts(SHARED, 10_000))


def half(sort: Sort, which: int) -> Sort:
    rows = tuple(row for row in sort.rows if keyed_hash(7, "half", row["text"]) % 2 == which)
    return Sort(sort.name, sort.code, rows)


def kept(result: Result, sort: str) -> float:
    survival = result.survivals[sort]
    assert survival is not None
    return survival.share


@pytest.mark.slow
@pytest.mark.parametrize("name", ["phi-1", "phi-1.5", "phi-3"])
def test_phi_recipes_keep_textbooks_and_good_pages_and_drop_bad_ones(name: str) -> None:
    result = survive(name, read_recipe(name), shared_sorts())
    assert kept(result, "textbooks") >= 0.8
    assert kept(result, "bad pages") <= 0.4
    assert kept(result, "good pages") >= 0.8
    assert kept(result, "good code") >= 0.85


@pytest.mark.slow
def test_the_preset_of_phi_recipes_does_so_in_each_half_of_the_documents() -> None:
    for which in (0, 1):
        sorts = [half(sort, which) for sort in shared_sorts() if not sort.code]
        result = survive("phi-3", read_recipe("phi-3"), sorts)
        assert kept(result, "textbooks") >= 0.8
        assert kept(result, "bad pages") <= 0.4
        assert kept(result, "good pages") >= 0.8
