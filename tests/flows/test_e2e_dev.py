"""The practice corpus with truth: every record accounted for, duplicates and contamination found."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from flows.progress import Silent
from flows.road import Request, drive

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
DEV = SHARED / "e2e_dev"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DEV.is_dir(), reason="needs the shared practice corpus beside the repository"),
]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


RECIPE = """\
name: practice
sources:
  - {{name: text, kind: jsonl, path: mix-text.jsonl.gz}}
  - {{name: code, kind: parquet, path: mix-code.parquet, document_kind: code, licence_column: licence}}
  - {{name: web, kind: warc, path: mix.warc.gz}}
  - {{name: cut, kind: warc, path: mix-truncated.warc.gz}}
  - {{name: broken, kind: warc, path: mix-corrupt-middle.warc.gz}}
language: null
decontaminate:
  benchmarks:
{benchmarks}
tokenise: {{vocabulary: 2000, sample_bytes: 500000}}
max_quarantined: 0.5
root: {root}
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("practice")
    names = sorted(path.name for path in (SHARED / "benchmarks").glob("*.jsonl.gz"))
    listed = "\n".join(
        f"    - {{name: {name.removesuffix('.jsonl.gz')}, path: {SHARED / 'benchmarks' / name}}}" for name in names
    )
    (folder / "practice.yaml").write_text(RECIPE.format(benchmarks=listed, root=DEV))
    drive(Request(str(folder / "practice.yaml"), str(folder / "out"), (), 2), Silent())
    return list(ds.dataset(str(folder / "out" / "ledger"), format="parquet").to_table().to_pylist())


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["origin_id"]: row for row in rows if row["source"] in ("text", "code")}


def test_every_input_record_is_in_the_ledger_once(rows: list[dict[str, Any]]) -> None:
    truth = [row["id"] for row in lines(DEV / "truth.jsonl.gz") if row["fmt"] != "warc"]
    found = [row["origin_id"] for row in rows if row["source"] in ("text", "code")]
    assert sorted(found) == sorted(truth)
    files = json.loads((DEV / "truth_warc_files.json").read_text())
    by_source = {name: [row for row in rows if row["source"] == name] for name in ("web", "cut", "broken")}
    assert len(by_source["web"]) == sum(1 for _ in lines(DEV / "truth_warc.jsonl.gz"))
    sound = [row for row in by_source["cut"] if row["stage"] != "ingest"]
    # One member of each file is its warcinfo record, which is no document.
    assert len(sound) == files["mix-truncated.warc.gz"]["complete_gzip_members"] - 1
    assert len([row for row in by_source["cut"] if row["stage"] == "ingest"]) == 1
    broken = [row for row in by_source["broken"] if row["stage"] != "ingest"]
    assert len(broken) >= files["mix-corrupt-middle.warc.gz"]["complete_gzip_members"] - 1
    intact = {row["locator"].split(":")[-1]: row["url"] for row in by_source["web"]}
    assert all(row["url"] in intact.values() for row in broken)
    assert len({(row["source"], row["locator"]) for row in rows}) == len(rows)


def is_pair_settled(rows: dict[str, dict[str, Any]], one: str, other: str) -> bool:
    """Whether both stand in one cluster."""
    return rows[one]["cluster"] is not None and rows[one]["cluster"] == rows[other]["cluster"]


def test_exact_and_normalised_duplicates_are_all_found(rows: list[dict[str, Any]]) -> None:
    ledger = by_id(rows)
    planted = [r for r in lines(DEV / "truth.jsonl.gz") if r["dup_kind"] in ("exact", "exact_normalised")]
    assert len(planted) > 10
    missed = [(r["id"], r["dup_kind"]) for r in planted if not is_pair_settled(ledger, r["id"], r["dup_of"])]
    assert missed == []


def test_near_edits_above_the_threshold_are_found(rows: list[dict[str, Any]]) -> None:
    ledger = by_id(rows)
    planted = [
        r for r in lines(DEV / "truth.jsonl.gz")
        if (r["dup_kind"] or "").startswith("near_edit") and r["dup_jaccard_w5"] >= 0.8
    ]  # fmt: skip
    assert len(planted) == 17
    assert sum(is_pair_settled(ledger, r["id"], r["dup_of"]) for r in planted) >= 16


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[k : k + 5]) for k in range(len(words) - 4)}


def test_no_dropped_document_is_unlike_the_one_it_was_matched_with(rows: list[dict[str, Any]]) -> None:
    """The similarity is computed anew from the input's texts, by sets of word 5-grams."""
    texts = {row["id"]: row["text"] for row in lines(DEV / "mix-text.jsonl.gz")}
    texts |= {row["id"]: row["text"] for row in pq.read_table(DEV / "mix-code.parquet").to_pylist()}
    ledger = by_id(rows)
    origin = {row["id"]: row["origin_id"] for row in ledger.values()}
    near = [row for row in ledger.values() if row["reason"] == "near_duplicate" and row["matched"] in origin]
    assert len(near) > 30
    for row in near:
        one, other = shingles(texts[row["origin_id"]]), shingles(texts[origin[row["matched"]]])
        jaccard = len(one & other) / len(one | other)
        assert jaccard >= 0.7, row["locator"]
        assert jaccard == pytest.approx(row["jaccard"]), row["locator"]


def test_verbatim_contamination_is_found(rows: list[dict[str, Any]]) -> None:
    ledger = by_id(rows)
    planted = [
        (r["id"], entry) for r in lines(DEV / "truth.jsonl.gz") for entry in r["contamination"]
        if entry["mode"] == "verbatim_full" and "note" not in entry  # a note says: inherited
    ]  # fmt: skip
    assert len(planted) == 22
    # A copy that was dropped as a duplicate never reaches the shards either.
    found = [key for key, _ in planted if ledger[key]["stage"] in ("decontaminate", "deduplicate")]
    assert len(found) >= 21
