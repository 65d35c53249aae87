from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.card import dataset_card, hub_licences, plain, size_category
from data.publish import publish

LOAD = """
import json, sys, datasets
for folder in sys.argv[2:]:
    rows = datasets.load_dataset(folder, cache_dir=sys.argv[1])
    ledger = datasets.load_dataset(folder, "ledger", cache_dir=sys.argv[1])
    told = {"splits": [list(rows), list(ledger)], "rows": rows["train"]["id"][:], "columns": rows["train"].column_names}
    told["kept"] = [r["id"] for r in ledger["train"] if r["status"] == "kept"]
    print(json.dumps({**told, "ledger": ledger["train"].num_rows}))
"""


def header(card: str) -> dict[str, Any]:
    assert card.startswith("---\n")
    text = card[4 : card.index("\n---\n", 4)]
    parsed = yaml.safe_load(text)
    assert isinstance(parsed, dict)
    return parsed


@pytest.fixture
def manifest(tmp_path: Path, build: Any) -> dict[str, Any]:
    made = build(tmp_path / "dataset")
    assert isinstance(made, dict)
    return made


@pytest.mark.slow
def test_the_datasets_library_loads_rows_and_ledger(tmp_path: Path, build: Any) -> None:
    out = tmp_path / "out"
    manifest = build(out / ".work" / "build-1")
    publish(out, out / ".work" / "build-1", "old")
    build(out / ".work" / "build-2", seed=2)
    publish(out, out / ".work" / "build-2", "new")
    publish(out, shutil.copytree(out / ".snapshots" / "old", out / ".work" / "build-3"), "old")
    copied = tmp_path / "copy"
    shutil.copytree(out, copied)
    folders = [str(out), str(out / ".snapshots" / "old"), str(copied)]
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOAD, str(tmp_path / "cache"), *folders],
        check=True, capture_output=True, text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 3
    for answer in answers:
        assert answer["splits"] == [["train"], ["train"]]
        assert answer["ledger"] == manifest["counts"]["in"] == 80
        assert len(answer["rows"]) == manifest["counts"]["kept"]
        assert sorted(answer["rows"]) == sorted(answer["kept"])
        assert {"id", "text", "source", "kind", "tokens", "metadata"} <= set(answer["columns"])


@pytest.mark.slow
def test_a_dataset_of_which_nothing_was_kept_loads_as_its_card_says(tmp_path: Path, build: Any) -> None:
    made = build(tmp_path / "dataset", tokens=1)
    assert made["counts"]["kept"] == 0
    (code,) = re.findall(r"```python\n(.*?)```", dataset_card(made), re.DOTALL)
    code = code.replace("THIS FOLDER", str(tmp_path / "dataset")) + "print(len(list(rows)), len(list(ledger)))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        check=True, capture_output=True, text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.stdout.split() == ["0", "80"]


def test_the_header_is_what_the_hub_reads(manifest: dict[str, Any]) -> None:
    parsed = header(dataset_card(manifest))
    assert parsed["license"] == ["mit"]
    assert parsed["language"] == ["code", "en"]
    assert parsed["size_categories"] == ["n<1K"]
    assert [config["config_name"] for config in parsed["configs"]] == ["default", "ledger"]
    assert parsed["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert parsed["configs"][1]["data_files"][0]["path"] == "ledger/*.parquet"


def test_the_card_tells_what_was_made_and_what_was_dropped(manifest: dict[str, Any]) -> None:
    card = dataset_card(manifest)
    assert "41 documents, 1,490 tokens, in 3 text shard(s); chosen from 80 records." in card
    assert "| judge | dropped | `too_few_words` | `length.min_words` | 5 |" in card
    assert "| `web` | 50.0% | 49.7% | 22 | 740 | 1,692 |" in card
    assert "23 kept documents state no licence" in card
    assert "procedural" not in card


def test_hostile_strings_stay_text(manifest: dict[str, Any]) -> None:
    hostile = "x\n---\nlicense: evil\n| a | <script>alert(1)</script> [l](http://h) `c` # & \u202e\x00é"
    told = copy.deepcopy(manifest)
    told["name"] = hostile
    told["recipe"]["description"] = hostile
    told["counts"]["licences"] = {hostile: 3, "MIT": 1}
    told["counts"]["languages"] = {hostile: 3, "de": 1}
    told["counts"]["reasons"][0]["reason"] = "a`|\n# b"
    told["versions"] = {"<b>": hostile}
    card = dataset_card(told)
    parsed = header(card)
    assert parsed["pretty_name"] == hostile
    assert parsed["license"] == ["mit", "other"]
    assert parsed["language"] == ["code", "de"]
    body = card[card.index("\n---\n", 4) :]
    assert "<script>" not in body
    assert "](http" not in body
    assert "\u202e" not in body
    assert "\x00" not in body
    assert "\nlicense: evil" not in body
    assert "| ingest | quarantined | `a # b` |" in body


def test_a_procedural_teacher_is_called_what_it_is(manifest: dict[str, Any]) -> None:
    teacher = {
        "model": "builtin-procedural-1",
        "base_url": "builtin",
        "requests": 50,
        "kept": 40,
        "rejected": {"fails_tests": 10},
    }
    card = dataset_card({**manifest, "teacher": teacher, "sandbox": "landlock"})
    assert "**The exercises are procedural.** They were not written by a language model" in card
    assert "| `fails_tests` | 10 |" in card
    real = {**teacher, "model": "some-model", "base_url": "https://api.example.test/v1"}
    assert "procedural" not in dataset_card({**manifest, "teacher": real, "sandbox": "bubblewrap"})


def test_an_empty_dataset_has_a_card(tmp_path: Path, build: Any) -> None:
    made = build(tmp_path / "empty", size=0, tokens=None)
    assert "0 documents, 0 tokens" in dataset_card(made)
    assert "Nothing." in dataset_card(made)
    assert header(dataset_card(made))["size_categories"] == ["n<1K"]


def test_licences_are_named_as_the_hub_names_them() -> None:
    assert hub_licences(["MIT", "Apache-2.0", "GPL-3.0-only", "GPL-2.0-or-later", "My Own", " mit "]) == [
        "apache-2.0", "gpl-2.0", "gpl-3.0", "mit", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**7, "10M<n<100M"), (10**8, "100M<n<1B")],
)
def test_sizes_are_the_hubs_classes(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_plain_text_is_one_line_without_markup() -> None:
    assert plain("a\n\tb  c") == "a b c"
    assert plain("Apache-2.0 (c)") == "Apache-2.0 (c)"
    assert plain("<b>|`") == "&#60;b&#62;&#124;&#96;"
