import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import ModelError
from data.recipe import Quality
from filters.classifiers import fasttext_model
from filters.classifiers.quality import CANARIES, Scorer, area_under_curve, train

SETTINGS = Quality(reference=["reference.jsonl"], dim=10, epochs=5)


def texts(words: str, count: int, seed: int) -> list[str]:
    drawn = random.Random(seed)
    known = [*words.split(), "the", "of", "and", "to"]
    return [" ".join(drawn.choices(known, k=30)) + f" {seed}-{number}" for number in range(count)]


GOOD = texts("function returns argument example value list", 40, 1)
RAW = texts("buy cheap click offer subscribe cookies", 120, 2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    path = tmp_path_factory.mktemp("quality") / "model.bin"
    return path, train(GOOD, RAW, SETTINGS, 1, path)


def test_forty_reference_documents_are_enough(trained: tuple[Path, dict[str, object]]) -> None:
    path, facts = trained
    held = facts["held_out"]
    assert isinstance(held, dict)
    assert (facts["n_reference"], facts["n_raw"]) == (40, 120)
    assert (held["n_reference"], held["n_raw"]) == (8, 24)
    assert held["auc"] == held["precision"] == held["recall"] == 1.0
    assert held["raw"]["p95"] < 0.5 < held["reference"]["p05"]
    scorer = Scorer(path, str(facts["sha256"]), str(facts["label"]), facts["canaries"])  # type: ignore[arg-type]
    scores = scorer.score(["the function returns a value", "click to buy cheap", ""])
    assert scores[0] > 0.5 > scores[1]
    assert np.isnan(scores[2])


def test_canaries_are_scored_and_checked_at_loading(trained: tuple[Path, dict[str, object]]) -> None:
    path, facts = trained
    canaries = facts["canaries"]
    assert isinstance(canaries, dict)
    assert list(canaries) == list(CANARIES)
    with pytest.raises(ModelError, match="scores the known text"):
        Scorer(path, str(facts["sha256"]), "__label__hq", {CANARIES[0]: 1 - canaries[CANARIES[0]]})


def test_order_repeats_and_blanks_change_nothing(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    again = tmp_path / "again.bin"
    raw = [*reversed(RAW), RAW[3], "", None, GOOD[0]]  # a raw text that is a reference is no negative example
    facts = train([*GOOD[20:], " ", *GOOD], iter(raw), SETTINGS, 1, again)
    assert again.read_bytes() == trained[0].read_bytes()
    assert facts == trained[1]


def test_another_seed_holds_out_other_documents(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    facts = train(GOOD, RAW, SETTINGS, 2, tmp_path / "m.bin")
    assert facts["sha256"] != trained[1]["sha256"]


def test_the_sample_bounds_the_raw_documents(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"sample": 50})
    facts = train(GOOD, RAW, settings, 1, tmp_path / "m.bin")
    assert facts["n_raw"] == 50


def test_held_out_documents_are_not_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = fasttext_model.train

    def spy(lines: list[str], *arguments: Any, **settings: Any) -> dict[str, Any]:
        seen.extend(lines)
        return original(lines, *arguments, **settings)

    monkeypatch.setattr(fasttext_model, "train", spy)
    train(GOOD, RAW, SETTINGS, 1, tmp_path / "m.bin")
    trained_on = {line.split(" ", 1)[1] for line in seen}
    assert len(trained_on & set(GOOD)) == 32
    assert len(trained_on & set(RAW)) == 96
    labels = [line.split(" ", 1)[0] for line in seen]
    assert labels.count("__label__hq") == labels.count("__label__raw") == 1000


@pytest.mark.parametrize(("good", "raw", "side"), [(9, 50, "9 distinct reference"), (20, 9, "9 distinct raw")])
def test_too_few_documents_are_refused(tmp_path: Path, good: int, raw: int, side: str) -> None:
    with pytest.raises(ModelError, match=f"{side} documents with text; expected at least 10"):
        train(GOOD[:good], RAW[:raw], SETTINGS, 1, tmp_path / "m.bin")


def test_the_area_under_the_curve_is_the_chance_of_a_right_order() -> None:
    higher, lower = np.array([0.9, 0.5, 0.2]), np.array([0.5, 0.1])
    # (0.9 > both) 2 + (0.5 ties, 0.5 > 0.1) 1.5 + (0.2 > 0.1) 1, of 6 pairs
    assert area_under_curve(higher, lower) == pytest.approx(4.5 / 6)
