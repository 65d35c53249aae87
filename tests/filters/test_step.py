"""A preset as a step of a datatrove pipeline, in datatrove's own executor."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import UsageError
from filters.judging.verdicts import judge
from filters.step import PresetFilter

GOOD = (
    "A list is put in order by its method sort, which changes the list itself and returns nothing. To leave the "
    "list as it is and to have a new one, call the function sorted instead. The argument key is a function that "
    "is called once for each item, and what it returns is compared instead of the item.\n"
)
TEXTS = [GOOD, "too short", GOOD + "{", "# # # # #", "", GOOD.replace(" the ", " "), "Bad line\n" + GOOD * 2]


def documents(texts: list[str] | None = None) -> list[Any]:
    from datatrove.data import Document

    return [Document(text, f"id{number}") for number, text in enumerate(TEXTS if texts is None else texts)]


def test_a_batch_is_decided_as_judge_decides() -> None:
    for preset, overrides in (("gopher-quality", {"min_words": 20}), ("c4", {"min_sentences": 2}), ("fineweb", {})):
        batch = documents()
        answers = PresetFilter(preset, overrides).filter_batch(batch)
        expected = judge(TEXTS, preset, **overrides)
        assert answers == [True if kept else (False, reason) for kept, reason in zip(
            expected["kept"].to_pylist(), expected["reason"].to_pylist(), strict=True
        )]  # fmt: skip
        assert any(answer is True for answer in answers)
        assert any(answer is not True for answer in answers)


def test_a_preset_that_modifies_changes_the_documents_that_it_keeps() -> None:
    batch = documents()
    step = PresetFilter("c4", {"min_sentences": 2})
    answers = step.filter_batch(batch)
    expected = judge(TEXTS, "c4", min_sentences=2)["text"].to_pylist()
    for answer, document, text, cleaned in zip(answers, batch, TEXTS, expected, strict=True):
        assert document.text == (cleaned if answer is True else text)
    assert batch[-1].text == (GOOD * 2).strip()


def test_one_document_is_decided_like_a_batch() -> None:
    step = PresetFilter("gopher-quality")
    assert [step.filter(document) for document in documents()] == step.filter_batch(documents())


def test_measured_values_go_into_the_metadata_if_asked() -> None:
    (document,) = documents([GOOD])
    PresetFilter("gopher-quality").filter(document)
    assert document.metadata == {}
    PresetFilter("gopher-quality", measure=True).filter(document)
    assert document.metadata["words"] == len(GOOD.split())


def test_urls_languages_and_signals_come_from_the_metadata() -> None:
    batch = documents([GOOD, GOOD, GOOD])
    batch[1].metadata["url"] = "http://en.wikipedia.org/wiki/List"
    batch[2].metadata["url"] = "http://example.org/"
    assert PresetFilter("url-filter").filter_batch(batch) == [True, (False, "curated_elsewhere"), True]
    words = {"words": {"de": {"inline": ["list"]}}}
    batch[2].metadata["language"] = "de"
    assert PresetFilter("bad-words", words).filter_batch(batch) == [True, True, (False, "bad_words")]
    for number, document in enumerate(batch):
        document.metadata["score"] = number / 2
    quality = PresetFilter("quality", {"min_quality": 0.5}, signals={"quality": "score"})
    assert [answer is True for answer in quality.filter_batch(batch)] == [False, True, True]


def test_wrong_names_and_bounds_of_a_whole_pool_are_refused_when_it_is_made() -> None:
    with pytest.raises(UsageError, match='Did you mean "gopher-quality"'):
        PresetFilter("gopher-qualty")
    with pytest.raises(UsageError, match='Did you mean "min_words"'):
        PresetFilter("gopher-quality", {"min_wrods": 3})
    with pytest.raises(UsageError, match="settled over a whole pool"):
        PresetFilter("gopher-quality", {"min_words": "p20"})


def test_it_can_be_copied_and_says_its_name() -> None:
    step = copy.deepcopy(PresetFilter("gopher-quality", {"min_words": 3}))
    assert step.overrides == {"min_words": 3}
    assert "phimill gopher-quality@paper" in repr(step)


@pytest.mark.slow
def test_it_works_in_datatroves_executor_with_two_workers(tmp_path: Path) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    texts = [f"{text} {number}" for number in range(20) for text in TEXTS]
    (tmp_path / "in").mkdir()
    for part in range(4):
        lines = [json.dumps({"id": f"{n}", "text": text}) for n, text in enumerate(texts) if n % 4 == part]
        (tmp_path / "in" / f"{part}.jsonl").write_text("\n".join(lines) + "\n")
    dropped = JsonlWriter(str(tmp_path / "dropped"))
    step = PresetFilter("gopher-quality", {"min_words": 20}, batch_size=10, exclusion_writer=dropped)
    LocalPipelineExecutor(
        pipeline=[JsonlReader(str(tmp_path / "in")), step, JsonlWriter(str(tmp_path / "out"))],
        tasks=4,
        workers=2,
        logging_dir=str(tmp_path / "logs"),
    ).run()
    expected = judge(texts, "gopher-quality", min_words=20)
    kept = {row["id"] for row in rows(tmp_path / "out")}
    assert kept == {str(n) for n, keeps in enumerate(expected["kept"].to_pylist()) if keeps}
    reasons = {row["id"]: row["metadata"]["filter_reason"] for row in rows(tmp_path / "dropped")}
    assert reasons == {str(n): reason for n, reason in enumerate(expected["reason"].to_pylist()) if reason}
    stats = json.loads((tmp_path / "logs" / "stats.json").read_text())[1]["stats"]
    assert stats["forwarded"] == len(kept)
    assert stats["dropped"] == len(reasons)


def rows(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    return found
