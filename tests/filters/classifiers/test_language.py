"""Language detection: lid.176 as datatrove has it, heads of texts, models of the user's own."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.utils.lid import FT176LID
from fasttext.FastText import _FastText

from data.errors import ModelError
from data.recipe import FilterEntry, Language
from filters.classifiers.fasttext_model import train
from filters.classifiers.language import LID_176_LANGUAGES, LID_176_SHA256, detect, installed_model
from filters.judging.measuring import measure
from filters.judging.plan import Plan
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge_rows

SHARED = Path(__file__).parents[3] / "../shared/data"

ENGLISH = "The library has more than ten thousand books, and most of them can be borrowed for four weeks."
GERMAN = "Die Bibliothek hat mehr als zehntausend Bücher, und die meisten kann man vier Wochen lang ausleihen."
FRENCH = "La bibliothèque possède plus de dix mille livres, et la plupart peuvent être empruntés quatre semaines."
TURKISH = "Kütüphanede on binden fazla kitap var ve çoğu dört haftalığına ödünç alınabilir."
RUSSIAN = "В библиотеке более десяти тысяч книг, и большинство из них можно взять на четыре недели."
JAPANESE = "図書館には一万冊以上の本があり、そのほとんどは四週間借りることができます。"

WIDESPREAD = "ar bg cs da de el en es fr hu it ja ko nl pl pt ru sv tr uk zh"

#: Texts on which readers of text part ways: line ends, NULs, marks that fastText takes for commands.
ODD = (
    f"{ENGLISH}\n\n{GERMAN}\r\n{FRENCH}",
    f"{GERMAN}\x00{FRENCH}",
    f"the </s> {GERMAN}",
    f"</s> {GERMAN}",
    f"__label__de {FRENCH}",
    f"\u2028{RUSSIAN}\u00a0{JAPANESE}\x0b\x0c\x85{ENGLISH}",
    "a",
    "😀😀😀 é",
    "Ünïcödé" * 3000,
    "x" * 1_000_000,
    "e\u0301" * 1000,
    "\ufeff" + TURKISH,
)


def shared(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"the shared test data (../shared/data/{name}) is not beside this repository")
    return SHARED / name


def read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def datatrove() -> FT176LID:
    """datatrove's own class with the model file that is installed, instead of one that it downloads."""
    lid = FT176LID()
    lid._model = _FastText(str(installed_model()))
    return lid


def assert_as_datatrove(texts: list[str], lid: FT176LID) -> None:
    languages, scores = detect(texts, None)
    expected = [lid.predict(Document(text, "id"))[0] for text in texts]
    assert languages == [language for language, _ in expected]
    assert scores.tolist() == [round(min(score, 1.0), 6) for _, score in expected]


def test_languages_are_told_apart_with_a_probability() -> None:
    languages, scores = detect([ENGLISH, GERMAN, FRENCH, TURKISH, RUSSIAN, JAPANESE])
    assert languages == ["en", "de", "fr", "tr", "ru", "ja"]
    assert (scores > 0.8).all()
    assert (scores <= 1).all()


def test_the_installed_file_is_the_one_that_fasttexts_authors_publish() -> None:
    assert hashlib.sha256(installed_model().read_bytes()).hexdigest() == LID_176_SHA256


def test_the_languages_are_those_of_the_installed_file() -> None:
    labels = _FastText(str(installed_model())).get_labels()
    assert sorted(label.removeprefix("__label__") for label in labels) == LID_176_LANGUAGES.split()


def test_a_text_without_letters_has_no_language() -> None:
    languages, scores = detect(["", "12345 -- !?", None, "\n\u2028", "😀🎉", "\x00" * 50])
    assert languages == [None] * 6
    assert all(math.isnan(score) for score in scores)
    assert detect([])[1].shape == (0,)


def test_only_the_head_is_looked_at_unless_the_whole_is_asked_for() -> None:
    both = ENGLISH + " " + GERMAN * 50
    alone, score = detect([ENGLISH])
    assert detect([both], len(ENGLISH))[0] == alone == ["en"]
    assert detect([both], len(ENGLISH))[1].tolist() == score.tolist()
    assert detect([both], None)[0] == ["de"]
    assert detect(["1" * 2000 + ENGLISH])[0] == [None]


def test_the_answer_does_not_depend_on_what_was_asked_before_or_beside() -> None:
    first = detect([GERMAN, ENGLISH])[1].tolist()
    detect(["Ceci est une phrase en français.", "\ud800 half a pair"])
    assert detect([GERMAN, ENGLISH])[1].tolist() == first
    assert [detect([text])[1][0] for text in (GERMAN, ENGLISH)] == first


def test_hostile_texts_have_an_answer_like_any_other() -> None:
    texts = [*ODD, "\ud800 lone \udfff", "word " * 200_000]
    languages, scores = detect(texts, None)
    assert all(languages)
    assert ((scores > 0) & (scores <= 1)).all()


def test_the_whole_text_gives_datatroves_language_and_score(datatrove: FT176LID) -> None:
    assert_as_datatrove([ENGLISH, GERMAN, FRENCH, TURKISH, RUSSIAN, JAPANESE, *ODD], datatrove)


def test_on_real_texts_too_it_is_datatroves_language_and_score(datatrove: FT176LID) -> None:
    sentences = [row["text"] for row in read(shared("langid/lingua_sentences.jsonl.gz"))[::15]]
    articles = [row["text"] for row in read(shared("langid/udhr_articles_1-22.jsonl.gz"))]
    chapters = [row["text"] for row in read(shared("textbooks/textbooks.jsonl.gz"))[::10]]
    assert_as_datatrove(sentences + articles + chapters, datatrove)


def test_sentences_of_21_languages_are_known() -> None:
    """Measured: 0.982 of 6,300 sentences are right, from 0.907 (Czech) to 1 (Greek); scores 0.94 and 0.47."""
    wanted = set(WIDESPREAD.split())
    rows = [row for row in read(shared("langid/lingua_sentences.jsonl.gz")) if row["lang"] in wanted]
    languages, scores = detect([row["text"] for row in rows])
    right = np.array([row["lang"] == language for row, language in zip(rows, languages, strict=True)])
    assert len({row["lang"] for row in rows}) == 21
    assert right.mean() >= 0.98
    for name in sorted(wanted):
        assert right[[row["lang"] == name for row in rows]].mean() >= 0.9, name
    assert scores[right].mean() > scores[~right].mean() + 0.2


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A model with labels as GlotLID writes them."""
    path = tmp_path_factory.mktemp("lid") / "own.bin"
    lines = [
        f"__label__{label} {text}"
        for label, text in (("eng_Latn", ENGLISH), ("deu_Latn", GERMAN), ("cmn_Hani", JAPANESE))
    ]
    facts = train(lines * 200, path, epochs=5, word_ngrams=2, dim=10, buckets=4096, seed=1)
    return str(path), str(facts["sha256"])


def test_a_model_of_ones_own_answers_with_its_own_labels(own_model: tuple[str, str]) -> None:
    path, sha256 = own_model
    assert detect([ENGLISH, GERMAN, None], model=path, sha256=sha256)[0] == ["eng_Latn", "deu_Latn", None]
    renamed = detect([ENGLISH, GERMAN], model=path, sha256=sha256, languages={"deu_Latn": "de"})[0]
    assert renamed == ["eng_Latn", "de"]


def test_another_file_than_the_one_named_is_refused(own_model: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="its SHA-256 is"):
        detect([ENGLISH], model=own_model[0], sha256="0" * 64)
    with pytest.raises(ModelError, match="no such model file"):
        detect([ENGLISH], model=str(tmp_path / "none.bin"), sha256="0" * 64)
    (tmp_path / "other").write_bytes(b"no model")
    sha256 = hashlib.sha256(b"no model").hexdigest()
    with pytest.raises(ModelError, match="not a fastText classifier"):
        detect([ENGLISH], model=str(tmp_path / "other"), sha256=sha256)


def test_a_recipe_names_a_file_and_its_digest_or_neither() -> None:
    with pytest.raises(ValueError, match="needs `sha256`"):
        Language(model="lid.176.bin")
    with pytest.raises(ValueError, match="of your own"):
        Language(sha256="0" * 64)
    assert Language(model="m.bin", sha256="0" * 64).file == "m.bin"
    assert Language().file is None


def plan(*entries: dict[str, object]) -> Plan:
    return resolve_filters([FilterEntry(**entry) for entry in entries], set(), lambda place, text: ValueError(text))


def judged(texts: list[str], filters: Plan, language: Language) -> list[tuple[str, float | None, float | None]]:
    """Returns each text's reason, measured value and threshold."""
    rows = pa.table(
        {
            "id": pa.array([str(number) for number in range(len(texts))]),
            "text": pa.array(texts, pa.large_string()),
            "kind": pa.array(["web"] * len(texts)),
            "source": pa.array(["s"] * len(texts)),
            "language": pa.nulls(len(texts), pa.string()),
        }
    )
    signals = measure(rows, filters.measure_settings(), language)
    signals = signals.append_column("kind", rows["kind"]).append_column("source", rows["source"])
    fates = judge_rows(signals, filters, {})
    return list(zip(*(fates[name].to_pylist() for name in ("reason", "measured", "threshold")), strict=True))


def test_languages_that_are_not_wanted_count_0() -> None:
    found = judged([ENGLISH, GERMAN, "12"], plan({"preset": "language"}), Language())
    assert found[0][0] == found[2][0] == ""
    assert found[1] == ("language_not_wanted", 0.0, 0.65)


def test_each_language_can_have_its_own_bound() -> None:
    score = float(detect([GERMAN])[1][0])
    for bound, reason in ((score - 1e-6, ""), (score, ""), (score + 1e-6, "language_not_wanted")):
        filters = plan({"preset": "language", "keep": {"en": 0.65, "de": bound, "fr": None}})
        found = judged([ENGLISH, GERMAN, FRENCH, TURKISH], filters, Language())
        assert [fate[0] for fate in found] == ["", reason, "", "language_not_wanted"]
        assert found[1][1:] == ((score, bound) if reason else (None, None))
        assert found[3][1:] == (0.0, 0.65)
    addresses = [rule.address for rule in plan({"preset": "language", "keep": {"de": 0.5, "en": None}}).rules]
    assert addresses == ["language.keep.de", "language.min_score"]


@pytest.mark.parametrize("keep", [7, [], {}, [1], {"de": "much"}, None, {1: 0.5}])
def test_what_is_no_list_of_languages_is_refused(keep: object) -> None:
    with pytest.raises(ValueError, match="expected a"):
        plan({"preset": "language", "keep": keep})


def test_any_rule_can_be_written_for_one_detected_language() -> None:
    filters = plan(
        {"preset": "gopher-quality", "name": "german", "where": {"language": "de"}, "min_words": 17},
        {"preset": "gopher-quality", "name": "english", "where": {"language": "en"}, "min_words": 18},
    )
    measured = [rule for rule in filters.rules if rule.address.endswith("min_words")]
    found = judged([ENGLISH, GERMAN, FRENCH], Plan(tuple(measured), filters.segments), Language())
    assert [fate[0] for fate in found] == ["", "too_few_words", ""]


def test_rules_that_want_en_know_the_labels_of_glotlid(own_model: tuple[str, str]) -> None:
    path, sha256 = own_model
    language = Language(model=path, sha256=sha256)
    by_short = plan({"preset": "language", "keep": ["en"], "min_score": 0.2})
    by_label = plan({"preset": "language", "keep": ["deu_Latn"], "min_score": 0.2})
    assert [fate[0] == "" for fate in judged([ENGLISH, GERMAN], by_short, language)] == [True, False]
    assert [fate[0] == "" for fate in judged([ENGLISH, GERMAN], by_label, language)] == [False, True]
