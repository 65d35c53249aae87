import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from data.recipe import Benchmark
from filters.contamination.ngrams import BenchmarkIndex, find_contamination
from filters.shingles import words

SHARED = Path(__file__).parents[3] / "../shared/data"

PROMPT = (
    "Write a function that returns the sum of all even numbers in a list, "
    "skipping numbers that are larger than the given limit. Negative ones count too."
)
SHORT = "How do plants breathe at night?"
CODE = "def total(values, limit):\n    return sum(v for v in values if v % 2 == 0 and v <= limit)\n"


def write(path: Path, items: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return str(path)


@pytest.fixture
def toy(tmp_path: Path) -> str:
    return write(
        tmp_path / "toy.jsonl",
        [
            {"task_id": "T/1", "prompt": PROMPT, "solution": CODE},
            {"task_id": "T/2", "prompt": SHORT, "choices": ["at the end of the list", "Yes."]},
        ],
    )


def find(text: str | None, benchmarks: Any, **settings: Any) -> dict[str, Any]:
    row: dict[str, Any] = find_contamination([text], benchmarks, **settings).to_pylist()[0]
    return row


CLEAN = {"contaminated": False, "benchmark": None, "item": None, "method": None, "score": None, "span": None}


def test_a_text_that_holds_an_item_verbatim_is_contaminated_wholly(toy: str) -> None:
    text = f"Some introduction.\n\n{PROMPT}\n\nAnd more."
    assert find(text, toy) == {
        "contaminated": True, "benchmark": "toy", "item": "T/1", "method": "ngram", "score": 1.0,
        "span": [20, 20 + len(PROMPT) - 1],
    }  # fmt: skip


def test_thirteen_words_are_enough_and_twelve_are_not(toy: str) -> None:
    found = PROMPT.split()
    assert find(f"Before {' '.join(found[2:14])} after", toy) == CLEAN
    row = find(f"Before {' '.join(found[2:15])} after", toy)
    assert row["contaminated"]
    assert row["method"] == "ngram"
    # The prompt has 27 words and so 15 runs of 13, one of which is here.
    assert len(words(PROMPT)) == 27
    assert row["score"] == pytest.approx(1 / 15)


def test_case_punctuation_and_layout_do_not_matter(toy: str) -> None:
    text = "…  " + PROMPT.upper().replace(" ", "\n * ").replace(",", " —")
    row = find(text, toy)
    assert row["item"] == "T/1"
    assert row["score"] == 1.0
    code = "def total (values,limit) :\n\treturn sum( v for v in values if (v%2) == 0 and v<=limit )"
    assert find(code, toy)["item"] == "T/1"


def test_a_changed_word_in_every_stretch_of_thirteen_hides_it(toy: str) -> None:
    found = PROMPT.split()
    assert find(" ".join("changed" if i % 13 == 6 else word for i, word in enumerate(found)), toy) == CLEAN


def test_a_short_item_is_matched_whole_and_only_whole(toy: str) -> None:
    row = find("He asked: how do plants breathe, at night?! Nobody knew.", toy)
    assert row["item"] == "T/2"
    assert row["method"] == "whole"
    assert row["score"] == 1.0
    assert row["span"] == [10, 41]
    assert find("He asked: how do plants breathe at noon?", toy) == CLEAN


def test_answers_to_choose_from_are_too_short_to_identify_an_item(toy: str) -> None:
    assert find("Append the value at the end of the list.", toy) == CLEAN


def test_min_item_words_leaves_out_shorter_texts(toy: str) -> None:
    assert find(SHORT, toy, min_item_words=6)["contaminated"]
    assert find(SHORT, toy, min_item_words=7) == CLEAN


def test_blank_texts_are_clean_and_rows_keep_their_order(toy: str) -> None:
    found = find_contamination([None, "", PROMPT, "word " * 50], [toy]).to_pylist()
    assert [row["contaminated"] for row in found] == [False, False, True, False]
    assert found[0] == found[1] == found[3] == CLEAN
    assert find_contamination([], [toy]).num_rows == 0


def test_the_span_is_of_the_original_text_where_levelling_changes_lengths(toy: str) -> None:
    lead = "İİ ﬀ ß e\u0301e\u0301 😀 "
    row = find(lead + PROMPT, toy)
    assert (lead + PROMPT)[slice(*row["span"])] == PROMPT.rstrip(".")


def test_the_longest_stretch_is_the_span_and_both_count_for_the_score(toy: str) -> None:
    found = PROMPT.split()
    first, second = " ".join(found[:13]), " ".join(found[12:])
    row = find(f"{first} xxx {second}", toy)
    assert f"{first} xxx {second}"[slice(*row["span"])] == second.rstrip(".")
    assert row["score"] == pytest.approx((1 + 3) / 15)


def test_ties_go_to_the_first_benchmark_and_the_first_item(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", [{"id": "b", "text": PROMPT}, {"id": "a", "text": PROMPT}])
    two = write(tmp_path / "two.jsonl.x.jsonl", [{"id": "c", "text": PROMPT}])
    assert find(PROMPT, [one, two])["item"] == "b"
    assert find(PROMPT, [two, one])["item"] == "c"


def test_a_run_that_more_than_ten_items_share_identifies_none(tmp_path: Path) -> None:
    frame = "You are given a list of numbers. Write a function which returns the answer to this: "
    drawn = random.Random(2)

    def items(count: int) -> list[dict[str, Any]]:
        return [
            {"task_id": f"F/{i}", "prompt": frame + " ".join(f"term{drawn.randrange(10**6)}" for _ in range(20))}
            for i in range(count)
        ]

    ten, eleven = items(10), items(11)
    assert find(frame, write(tmp_path / "ten.jsonl", ten))["item"] == "F/0"
    path = write(tmp_path / "eleven.jsonl", eleven)
    assert find(frame, path) == CLEAN
    row = find(eleven[4]["prompt"], path)
    assert row["item"] == "F/4"
    assert row["score"] == 1.0


@pytest.mark.parametrize(
    "text", ["0, " * 30, ", ".join(map(str, range(40))), " ".join("abcdefghijklmnopqrstuvwxyz"), "[1, 2, x] " * 9]
)
def test_counting_and_the_alphabet_identify_no_item(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "toy.jsonl", [{"task_id": "T/1", "prompt": PROMPT, "test": text}])
    assert find(text, path) == CLEAN
    assert find(PROMPT, path)["contaminated"]


def test_a_benchmark_in_which_nothing_identifies_an_item_is_refused(tmp_path: Path, toy: str) -> None:
    path = write(tmp_path / "blind.jsonl", [{"task_id": "B/1", "prompt": "too short"}])
    with pytest.raises(UsageError, match=r"blind.jsonl: nothing in it identifies an item"):
        find_contamination(["x"], [toy, path])


def test_wrong_settings_are_refused(toy: str) -> None:
    with pytest.raises(UsageError, match='Did you mean "ngram"'):
        find_contamination(["x"], toy, ngrams=10)
    with pytest.raises(UsageError, match="ngram: Input should be greater"):
        find_contamination(["x"], toy, ngram=1)
    with pytest.raises(UsageError, match="list of texts"):
        find_contamination("x", toy)
    with pytest.raises(UsageError, match=r"texts\[1\]: expected a text, not int"):
        find_contamination(["x", 1], toy)  # type: ignore[list-item]


def test_an_index_of_no_benchmarks_finds_nothing() -> None:
    found = BenchmarkIndex.build([]).find([PROMPT])
    assert found.to_pylist() == [CLEAN]
    assert found.schema.field("span").type == pa.list_(pa.int32())


def test_shared_runs_are_found_as_by_comparing_all_of_them(tmp_path: Path) -> None:
    drawn = random.Random(4)
    vocabulary = [f"w{i}" for i in range(12)]
    items = [" ".join(drawn.choices(vocabulary, k=drawn.randrange(5, 25))) for _ in range(40)]
    texts = [" ".join(drawn.choices(vocabulary, k=200)) for _ in range(60)]
    path = write(tmp_path / "toy.jsonl", [{"id": str(i), "text": text} for i, text in enumerate(items)])
    found = find_contamination(texts, path, ngram=5, min_item_words=5).to_pylist()
    shared = 0
    for text, row in zip(texts, found, strict=True):
        held = words(text)
        grams = {tuple(held[i : i + 5]) for i in range(len(held) - 4)}
        best = 0.0
        for item in items:
            parts = words(item)
            of_item = {tuple(parts[i : i + 5]) for i in range(len(parts) - 4)}
            telling = {gram for gram in of_item if len(set(gram)) >= 2}
            best = max(best, len(telling & grams) / len(telling) if telling else 0.0)
        assert (row["score"] or 0.0) == pytest.approx(best)
        shared += best > 0
    assert shared > 10


@pytest.fixture(scope="module")
def mixture() -> dict[str, str]:
    if not SHARED.is_dir():
        pytest.skip("the shared test data (../shared/data) is not beside this repository")
    with gzip.open(SHARED / "e2e_dev/mix-text.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = {record["id"]: record["text"] for record in map(json.loads, file)}
    table = pq.read_table(SHARED / "e2e_dev/mix-code.parquet", columns=["id", "text"])
    return texts | dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def test_items_planted_verbatim_are_found_and_little_else(mixture: dict[str, str]) -> None:
    paths = sorted((SHARED / "benchmarks").glob("*.jsonl.gz"))
    index = BenchmarkIndex.build([Benchmark(name=path.name.split(".")[0], path=str(path)) for path in paths])
    found = dict(zip(mixture, index.find(mixture.values()).to_pylist(), strict=True))
    with gzip.open(SHARED / "e2e_dev/truth.jsonl.gz", "rt", encoding="utf-8") as file:
        truth = {line["id"]: line for line in map(json.loads, file)}
    for mode, least, planted in (("verbatim_full", 21, 22), ("prompt_only", 22, 23)):
        entries = [
            (name, entry)
            for name, line in truth.items()
            for entry in line["contamination"]
            if entry["mode"] == mode and entry["char_span"]
        ]
        assert len(entries) == planted
        assert sum(found[name]["item"] == entry["task_id"] for name, entry in entries) >= least
        for name, entry in entries:
            start, end = found[name]["span"]
            assert entry["char_span"][0] - 30 <= start < end <= entry["char_span"][1] + 30

    with gzip.open(SHARED / "e2e_dev/truth_natural_overlap.jsonl.gz", "rt", encoding="utf-8") as file:
        natural = {json.loads(line)["id"] for line in file}
    others = [name for name, line in truth.items() if not line["contamination"] and name not in natural]
    assert len(others) > 500
    assert [name for name in others if found[name]["contaminated"]] == []
