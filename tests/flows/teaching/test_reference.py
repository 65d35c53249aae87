from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from data.errors import UsageError
from data.recipe import Teacher
from flows.cli import main
from synth.builtin.faults import DEFAULT_RATES, MEANINGS, FaultRates, rates_of
from synth.builtin.server import serve
from synth.variety.files import read_variety
from synth.variety.settings import Variety
from synth.variety.starter import starter


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIMILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def phimill(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_starting_specification_is_one_and_names_every_field(tmp_path: Path) -> None:
    printed = phimill("synth", "spec").output
    path = tmp_path / "mine.yaml"
    path.write_text(printed)
    variety = read_variety(path).variety
    assert (variety.name, set(variety.kinds)) == ("mine", {"function", "fix-the-bug"})
    assert variety.budget == Variety(name="x").budget
    assert all(f"{name}:" in printed for name in Variety.model_fields)
    assert "seed documents" in printed.lower()


def test_what_stands_behind_a_hash_can_be_used_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "x"}\n')
    (tmp_path / "my-topics.yaml").write_text("")
    text = starter()
    fields = [line.removeprefix("# ") for line in text.split("\n") if line.startswith("# ") and ": [" in line]
    fields += [line.removeprefix("# ") for line in text.split("\n") if line.startswith("# ") and ": {" in line]
    used = {name: value for line in fields for name, value in yaml.safe_load(line).items()}
    assert set(used) == {"trees", "styles", "settings", "name_words", "personas"}
    assert Variety.model_validate({"name": "mine", **used})


def test_a_shipped_specification_is_printed_by_its_name() -> None:
    assert phimill("synth", "spec", "textbooks").output.count("kinds:") == 1
    assert phimill("synth", "spec", "textbook").exit_code == 2
    assert json.loads(phimill("synth", "spec", "--schema").output)["properties"].keys() == Variety.model_fields.keys()


def test_every_fault_has_a_meaning_and_can_be_named() -> None:
    names = {field.name for field in dataclasses.fields(FaultRates)}
    assert names == MEANINGS.keys() == json.loads(phimill("synth", "faults", "--json").output).keys()
    for name in names:
        assert getattr(rates_of(Teacher(faults={name: 0.5})), name) == 0.5
    assert rates_of(Teacher()) == DEFAULT_RATES


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"faults": {"wrong_solutions": 0.1}}, 'Did you mean "wrong_solution"'),
        ({"faults": {"wrong_solution": 0.9, "refusal": 0.2}}, "expected 1 at most"),
        ({"faults": {"refusal": 0.2}, "base_url": "http://127.0.0.1:1/v1", "model": "m"}, "only the built-in"),
    ],
)
def test_faults_that_cannot_be_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rates_of(Teacher.model_validate(settings))


@pytest.mark.parametrize(
    "words",
    [("--topics", ","), ("--topics", ""), ("--fault", "refusal"), ("--fault", "nothing=1"), ("--fault", "refusal=2")],
)
def test_settings_that_say_nothing_end_before_any_work(tmp_path: Path, words: tuple[str, str]) -> None:
    result = phimill("synth", "exercises", *words, "-n", "3", "--out", tmp_path / "out")
    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)


def test_a_cap_that_lets_nothing_through_is_a_failure_that_names_the_price_of_a_call(tmp_path: Path) -> None:
    with serve() as url:
        priced = ("--usd-per-million-input", "1", "--usd-per-million-output", "10", "--max-usd", "0.0001")
        asked = ("--base-url", url, "--model", "builtin-procedural-1", "-n", "3", "--not-shared", *priced)
        result = phimill("synth", "exercises", *asked, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "max_usd is reached" in str(result.exception) + result.output
    assert "3 of 3 requests were not made. One call may cost 0.0" in str(result.exception) + result.output
    assert json.loads((tmp_path / "out" / "facts.json").read_text())["kept"] == 0
