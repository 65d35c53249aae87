from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.work import Work


def call(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


def test_a_recipe_that_is_wrong_ends_with_2_and_one_line(corpus: Path, tmp_path: Path) -> None:
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--set", "sources.web.path=x")
    assert code == 2
    assert "no entry named 'web'" in said
    assert not (tmp_path / "o" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("filters.gopher-quality.min_wrods=3", 'Did you mean "min_words"?'),
        ("filters.gopher-quality.preset=gopher-qualty", 'Did you mean "gopher-quality'),
        ("quality.reference=[nothing.jsonl]", "no such file"),
        ("language={model: nothing.bin, sha256: '0'}", "no such file"),
        ("language={model: nothing.bin}", "needs `sha256`"),
        ("sources.prose.path=nothing", "nothing there"),
        ("mixture.shares={wbe: 1.0}", 'Did you mean "web"?'),
        ("synthesise.teacher.base_url=http://127.0.0.1:1/v1", "OPENAI_API_KEY"),
        ("decontaminate.benchmarks.birds.path=no.jsonl", "no such file"),
        ("sources.prose.signals={text: edu}", "has the name of a column"),
        ("sources.prose.signals={quality: edu}", "has the name of the model's"),
        ("filters.gopher-quality.where={source: prsoe}", 'Did you mean "prose"?'),
        ("schedule={cron: 3 o'clock}", "five fields"),
        ("schedule={cron: 0 3 * * *, timezone: Mars}", "unknown time zone"),
    ],
)
def test_whatever_is_wrong_is_said_before_work_begins(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, expected: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", "--set", change)
    assert (code, expected in said) == (2, True), said
    assert not (tmp_path / "o" / ".work").exists()


def test_a_held_folder_ends_with_11(corpus: Path, tmp_path: Path) -> None:
    with Work(tmp_path / "o"):
        code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server")
    assert code == 11
    assert "another run" in said


def test_a_good_recipe_is_called_good(corpus: Path) -> None:
    code, said = call("recipe", "check", str(corpus / "small.yaml"))
    assert code == 0, said
    assert "3 sources" in said


def test_the_schema_documents_every_field_of_a_recipe() -> None:
    code, said = call("recipe", "schema")
    assert code == 0
    schema = json.loads(said)
    for name, model in {"Recipe": schema, **schema["$defs"]}.items():
        for field, about in model.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field}"


@pytest.mark.parametrize("share", ["0", "2", "-1%", "many"])
def test_a_sample_that_is_no_share_ends_with_2(corpus: Path, tmp_path: Path, share: str) -> None:
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--sample", share)
    assert code == 2
    assert "--sample" in said


def test_looking_at_a_folder_without_a_dataset_says_so(tmp_path: Path) -> None:
    for command in ("stats", "sample", "verify", "report", "clean"):
        code, said = call(command, str(tmp_path))
        assert code in (1, 2), command
        assert str(tmp_path) in said, command


def test_presets_are_listed_and_explained() -> None:
    code, said = call("presets")
    assert code == 0
    assert "gopher-quality" in said
    code, said = call("presets", "gopher-quality")
    assert code == 0
    assert "min_words" in said
    code, said = call("presets", "gopher-qualty")
    assert code == 2
    assert "Did you mean" in said


@pytest.mark.parametrize("part", ["quality", "language"])
def test_a_model_that_is_not_the_one_named_is_refused_before_work(corpus: Path, tmp_path: Path, part: str) -> None:
    (tmp_path / "m.bin").write_bytes(b"not the model")
    change = f"{part}={{model: {tmp_path / 'm.bin'}, sha256: {'a' * 64}}}"
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", "--set", change)
    assert code == 2
    assert "SHA-256" in said
    assert not (tmp_path / "o" / ".work").exists()


@pytest.mark.slow
def test_a_signal_that_no_record_carries_is_refused(corpus: Path, tmp_path: Path) -> None:
    change = ("--set", "sources.prose.signals={edu: edou}", "--set", "quality=null")
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", *change)
    assert code == 2
    assert 'no record of prose has a number in "edou"' in said
