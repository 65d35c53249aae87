"""The steps `sign` and `deduplicate` on their own: ranks from the documents' columns, kinds, sources, parts."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.parts import read_part
from data.recipe_file import read_recipe
from flows.progress import Silent
from flows.road import Request, open_work
from flows.steps.deduplicate import deduplicate
from flows.steps.ingest import ingest

RECIPE = """\
name: copies
sources:
  - {name: web, kind: jsonl, path: web-*.jsonl, document_kind: web, licence_column: licence}
  - {name: code, kind: jsonl, path: code.jsonl, document_kind: code}
language: null
"""


def prose(number: int, changed: int = 0) -> str:
    drawn = random.Random(number)
    return " ".join(["other"] * changed + [f"word{drawn.randrange(5000)}" for _ in range(200)][changed:])


def decide(
    folder: Path, web: list[list[dict[str, Any]]], code: list[str], **settings: Any
) -> dict[str, dict[str, Any]]:
    """Returns each document's row of the step, by its own id."""
    folder.mkdir()
    for number, records in enumerate(web):
        lines = [json.dumps(record) for record in records]
        (folder / f"web-{number}.jsonl").write_text("\n".join(lines) + "\n")
    lines = [json.dumps({"id": f"code-{n}", "text": text}) for n, text in enumerate(code)]
    (folder / "code.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "r.yaml").write_text(RECIPE + f"deduplicate: {json.dumps(settings)}\n")
    request = Request(str(folder / "r.yaml"), str(folder / "out"), workers=1)
    with open_work(read_recipe(folder / "r.yaml", []), request, Silent()) as run:
        ingest(run)
        deduplicate(run)
        rows = []
        for part in run.parts:
            born = read_part(part.files["ingest"], ["id", "origin_id"])
            found = read_part(part.files["deduplicate"])
            rows += pa.table(
                {**dict(zip(found.schema.names, found.columns, strict=True)), "own": born["origin_id"]}
            ).to_pylist()
    names = {row["id"]: row["own"] for row in rows}
    for row in rows:
        row.update({key: names.get(row[key]) for key in ("survivor", "matched")})
    return {row["own"]: row for row in rows}


def record(name: str, text: str, **values: Any) -> dict[str, Any]:
    return {"id": name, "text": text, **values}


FUNCTION = "def area(width, height):\n    total = width * height\n    return total + 1\n"
RENAMED = "def size(a, b):\n    c = a * b\n    return c + 2\n"


def test_licences_and_dates_of_the_documents_decide_who_survives(tmp_path: Path) -> None:
    web = [
        record("old", prose(1), licence="MIT", date="2020-05-01"),
        record("new", prose(1, 5), licence="MIT", date="2021-05-01"),
        record("strict", prose(1, 6) + " and longer", licence="GPL-3.0", date="2024-05-01"),
    ]
    found = decide(tmp_path / "a", [web], [], survivor=["licence", "recency", "length"])
    assert {row["survivor"] for row in found.values()} == {"new"}
    found = decide(tmp_path / "b", [web], [], survivor=["recency"])
    assert {row["survivor"] for row in found.values()} == {"strict"}
    assert [found[name]["status"] for name in ("old", "new", "strict")] == ["dropped", "dropped", ""]
    assert {row["cluster_size"] for row in found.values()} == {3}


def test_shingles_by_kind_find_renamed_code_and_leave_prose_alone(tmp_path: Path) -> None:
    web = [[record("p", FUNCTION + "in prose"), record("q", RENAMED + "in prose")]]
    masked = {"code": {"shingles": "masked_code", "ngram": 8}}
    found = decide(tmp_path / "a", web, [FUNCTION, RENAMED], by_kind=masked)
    assert found["code-1"]["matched"] == "code-0" or found["code-0"]["matched"] == "code-1"
    assert [found[name]["cluster"] for name in "pq"] == [None, None]


def test_a_protected_source_keeps_its_best_copy(tmp_path: Path) -> None:
    web = [[record("w", prose(3) + " and longer")]]
    assert decide(tmp_path / "a", web, [prose(3)])["code-0"]["status"] == "dropped"
    assert decide(tmp_path / "b", web, [prose(3)], protect={"code": ["web"]})["code-0"]["status"] == ""


def test_classic_minhash_measures_nothing(tmp_path: Path) -> None:
    row = decide(tmp_path / "a", [[record("w", prose(3) + " and longer")]], [prose(3)], confirm=False)["code-0"]
    assert (row["reason"], row["measured"], row["threshold"], row["matched"]) == ("near_duplicate", None, None, "w")


@pytest.mark.parametrize("confirm", [True, False])
def test_decisions_do_not_depend_on_how_documents_are_divided(tmp_path: Path, confirm: bool) -> None:
    texts = {f"d{n}-{k}": prose(n, 3 * k) for n in range(12) for k in range(4)}
    texts |= {f"d{n}-copy": prose(n, 3).upper() for n in range(0, 12, 3)}
    records = [record(name, text, date=f"20{10 + place}-01-01") for place, (name, text) in enumerate(texts.items())]
    told = []
    for number, width in enumerate((len(records), 7, 1000)):
        drawn = list(records)
        random.Random(number).shuffle(drawn)
        files = [drawn[start : start + width] for start in range(0, len(drawn), width)]
        found = decide(tmp_path / str(number), files, [], survivor=["recency"], confirm=confirm)
        told.append(
            {name: (row["status"], row["survivor"], row["matched"], row["jaccard"]) for name, row in found.items()}
        )
    assert told[0] == told[1] == told[2]
    assert 12 <= sum(status == "" for status, *_ in told[0].values()) < 24
