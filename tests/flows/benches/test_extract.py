from __future__ import annotations

import dataclasses
import gzip
import json
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner

from data.pages.network import shipped
from data.sample_corpus.warc import response
from flows.benches.extract import _choose, _on_other_sites, word_agreement
from flows.cli import main


def test_agreement_counts_every_word_as_often_as_it_stands() -> None:
    assert word_agreement("the cat the dog", "The cat. The cat.") == (0.75, 0.75, 0.75)
    assert word_agreement("a b c d", "a b") == (0.5, 1.0, pytest.approx(2 / 3))
    assert word_agreement("", "a") == (0.0, 0.0, 0.0)


ARTICLE = "<h1>Bees</h1>" + "<p>Bees find flowers by their colour, and tell each other the way by dancing.</p>" * 6


def test_the_bench_compares_all_engines_and_knows_what_people_said_of_the_pages(tmp_path: Path) -> None:
    pages = [response(f"https://example.org/{number}", f"<body><nav>Menu</nav>{ARTICLE}".encode(), "text/html")
             for number in range(3)]  # fmt: skip
    (tmp_path / "pages.warc.gz").write_bytes(b"".join(pages))
    number = uuid.uuid5(uuid.NAMESPACE_URL, "response https://example.org/1")
    truth = {"record_id": f"<urn:uuid:{number}>", "full_text": "Bees find flowers", "segments_without": ["Menu"]}
    with gzip.open(tmp_path / "extraction_gt.jsonl.gz", "wt") as file:
        file.write(json.dumps(truth) + "\n")
    arguments = ["bench", "extract", "--pages", str(tmp_path), "-n", "2", "--runs", "1", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["engine"] for row in rows][:4] == [
        "trafilatura", "phimill: resiliparse", "phimill: resiliparse+trafilatura", "phimill: plain",
    ]  # fmt: skip
    assert rows[0]["ratio"] == 1.0
    assert all(row["pages"] == 2 and row["pages_per_second"] > 0 for row in rows)
    assert all(row["characters"] > 0 for row in rows[:4])
    assert all(row["pages_with_full_text"] == 1 for row in rows)
    assert (rows[1]["recall"], rows[1]["must_not_have"], rows[3]["must_not_have"]) == (1.0, 0.0, 1.0)


def test_few_pages_are_half_of_whole_texts_and_half_of_passages_that_are_known(tmp_path: Path) -> None:
    pages, told = [], []
    for number in range(9):
        url = f"https://example.org/{number}"
        pages.append(response(url, ARTICLE.encode(), "text/html"))
        record = f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'response {url}')}>"
        known = {"full_text": "Bees"} if number < 3 else {"segments_with": ["Bees"], "segments_without": []}
        told += [{"record_id": record, **known}] if number < 6 else []
    (tmp_path / "pages.warc.gz").write_bytes(b"".join(pages))
    with gzip.open(tmp_path / "extraction_gt.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in told)
    assert [page["rank"] for page in _choose([tmp_path], 8, 10**6)] == [0, 1, 0, 1, 0, 1, 2, 2]


def test_what_is_known_of_other_sites_is_said_with_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"f1": 0.95, "must_have": 0.9, "must_not_have": 0.1}
    about = {"on_other_sites": {"families": 9, "resiliparse": {**row, "f1_above_trafilatura": [-0.01, -0.02, 0.03]},
                                "trafilatura": row}}  # fmt: skip
    monkeypatch.setattr("flows.benches.extract.shipped", lambda: dataclasses.replace(shipped(), about=about))
    assert _on_other_sites().split("\n  ")[1:] == [
        "resiliparse: F1 0.9500, must 0.900, not 0.100 (F1 -0.0100, 95 %: -0.0200 to +0.0300)",
        "trafilatura: F1 0.9500, must 0.900, not 0.100",
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("sample_corpus_at_hand")
def test_without_a_folder_the_sample_corpus_makes_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.benches.extract.SHARED", "nowhere")
    result = CliRunner().invoke(main, ["bench", "extract", "-n", "3", "--runs", "1", "--json"])
    assert result.exit_code == 0, result.output
    assert [row["pages"] for row in json.loads(result.stdout)][:2] == [3, 3]
