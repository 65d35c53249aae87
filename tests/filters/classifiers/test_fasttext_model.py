import hashlib
import importlib.metadata
import random
import threading
from pathlib import Path

import numpy as np
import pytest

from data.errors import ModelError
from filters.classifiers import fasttext_model
from filters.classifiers.fasttext_model import FastTextModel, escape, train


def lines(count: int = 300) -> list[str]:
    drawn = random.Random(1)
    good, bad = ["method", "value", "returns", "example"], ["cheap", "buy", "click", "offer"]
    return [
        f"__label__{label} {' '.join(drawn.choices([*own, 'the', 'of', 'and'], k=12))}"
        for _ in range(count)
        for label, own in (("hq", good), ("raw", bad))
    ]


def make(folder: Path, name: str = "model.bin") -> tuple[Path, dict[str, object]]:
    path = folder / name
    return path, train(lines(), path, epochs=10, word_ngrams=2, dim=10, buckets=4096, seed=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path, facts = make(tmp_path_factory.mktemp("fasttext"))
    return path, str(facts["sha256"])


def test_training_twice_gives_the_same_bytes_whatever_the_environment(
    model: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_PERTURB_", "165")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    again, facts = make(tmp_path, "other-name.bin")
    assert again.read_bytes() == model[0].read_bytes()
    assert facts["sha256"] == model[1] == hashlib.sha256(again.read_bytes()).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["other-name.bin"]


def test_a_trained_model_tells_its_two_sides_apart(model: tuple[Path, str]) -> None:
    scores = FastTextModel(*model, "__label__hq").score(["returns the value of the method", "buy cheap click offer"])
    assert scores[0] > 0.9
    assert scores[1] < 0.1
    other = FastTextModel(*model, "__label__raw").score(["returns the value of the method"])
    assert scores[0] + other[0] == pytest.approx(1, abs=1e-4)


def test_blank_texts_have_no_score_and_others_lie_between_0_and_1(model: tuple[Path, str]) -> None:
    texts = ["", None, " \n\t", "unknown words only", "a\nb\x00c\u2028d", "\ud800 lone", "</s>", "x" * 100_000]
    scores = FastTextModel(*model, "__label__hq").score(texts)
    assert np.isnan(scores[:3]).all()
    assert ((scores[3:] >= 0) & (scores[3:] <= 1)).all()
    assert FastTextModel(*model, "__label__hq").score([]).shape == (0,)


def test_line_ends_and_end_of_sentence_marks_do_not_cut_a_text(model: tuple[Path, str]) -> None:
    loaded = FastTextModel(*model, "__label__hq")
    plain = loaded.score(["buy cheap returns the value of the method"])[0]
    assert loaded.score(["buy cheap\nreturns the\r\nvalue of\tthe\x00method"])[0] == plain
    assert loaded.score(["buy cheap </s> returns the value of the method"])[0] == pytest.approx(plain, abs=0.05)


def test_escaped_text_is_one_line_without_labels() -> None:
    escaped = escape("a __label__hq b\n__label____label__x ____label____\r\x0b\x0c\x00 </s> \udcff é")
    assert not any(mark in escaped for mark in "\n\r\x0b\x0c\x00")
    assert "__label__" not in escaped
    assert "</s>" not in escaped.split(" ")
    assert escaped.encode("utf-8").endswith("? é".encode())


def test_a_label_inside_a_training_text_adds_no_label(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    given = [line.replace("cheap", escape("__label__evil\n__label__worse cheap")) for line in lines(50)]
    facts = train(given, path, epochs=2, word_ngrams=2, dim=10, buckets=4096, seed=1)
    with pytest.raises(ModelError, match=r"it has __label__hq, __label__raw$"):
        FastTextModel(path, facts["sha256"], "__label__evil")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_model_file_is_refused_before_fasttext_sees_it(
    model: tuple[Path, str], tmp_path: Path, share: float
) -> None:
    cut = tmp_path / "cut.bin"
    content = model[0].read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"its SHA-256 is [0-9a-f]{64}, expected"):
        FastTextModel(cut, model[1], "__label__hq")


def test_files_that_are_missing_or_no_model_are_refused(model: tuple[Path, str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file"):
        FastTextModel(tmp_path / "absent.bin", model[1], "__label__hq")
    other = tmp_path / "text.bin"
    other.write_bytes(b"no model")
    with pytest.raises(ModelError, match="not a fastText classifier"):
        FastTextModel(other, hashlib.sha256(b"no model").hexdigest(), "__label__hq")


def test_a_known_text_with_another_score_is_refused(model: tuple[Path, str]) -> None:
    text = "returns the value"
    score = float(FastTextModel(*model, "__label__hq").score([text])[0])
    FastTextModel(*model, "__label__hq", {text: score + 0.0005})
    with pytest.raises(ModelError, match="scores the known text 'returns the value'"):
        FastTextModel(*model, "__label__hq", {text: score - 0.01})


def test_training_that_ends_in_nan_is_retried_more_slowly_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.bin"
    monkeypatch.setattr(fasttext_model, "LEARNING_RATES", (1e6, 0.25))
    facts = train(lines(50), path, epochs=5, word_ngrams=2, dim=10, buckets=4096, seed=1)
    assert facts["learning_rate"] == 0.25
    path.unlink()
    monkeypatch.setattr(fasttext_model, "LEARNING_RATES", (1e6,))
    with pytest.raises(ModelError, match=r"ended in NaN .* give more reference documents"):
        train(lines(50), path, epochs=5, word_ngrams=2, dim=10, buckets=4096, seed=1)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_training_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"training failed .*Empty vocabulary"):
        train([], tmp_path / "m.bin", epochs=1, word_ngrams=2, dim=10, buckets=4096, seed=1)


def test_scoring_works_beside_other_threads(model: tuple[Path, str]) -> None:
    loaded = FastTextModel(*model, "__label__hq")
    texts = [f"returns value {number} buy" for number in range(200)]
    expected = loaded.score(texts)
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(bool((loaded.score(texts) == expected).all()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4


def test_fasttext_has_one_owner() -> None:
    """Several distributions write into `fasttext/`; the one that comes last wins, and few of them can train."""
    assert importlib.metadata.packages_distributions()["fasttext"] == ["fasttext-numpy2"]
