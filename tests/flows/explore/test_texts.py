"""Words inside texts: what a plain search over all texts finds, bounded, masked, and said how far it went."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from flows.explore import texts
from flows.explore.texts import seek
from flows.inspect import texts_of
from flows.report.published import Published


@pytest.fixture
def published(hostile: tuple[Path, Path]) -> Published:
    return Published(hostile[1])


@pytest.fixture
def by_row(published: Published, hostile: tuple[Path, Path]) -> dict[int, str]:
    """Returns every text by its row in the ledger."""
    ids = [key for path in published.ledger_files for key in pq.read_table(path, columns=["id"])["id"].to_pylist()]
    known = texts_of(hostile[1])(ids)
    return {row: known[key] for row, key in enumerate(ids) if key in known}


@pytest.mark.parametrize("words", ["GARDEN of", "<script>alert(1", "otherwise", "no such words anywhere", "."])
def test_what_is_found_is_what_a_plain_search_finds(
    published: Published,
    hostile: tuple[Path, Path],
    by_row: dict[int, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "FOUND", 10_000)
    monkeypatch.setattr(texts, "SECONDS", 1e9)
    sought = seek(published, hostile[1], words, np.arange(published.rows()))
    assert list(sought.rows) == [row for row, text in by_row.items() if words.lower() in text.lower()]
    assert (sought.looked, sought.next) == (len(by_row), None)
    assert sought.chars == sum(map(len, by_row.values()))


def test_a_search_ends_where_its_bounds_say_and_goes_on_from_there(
    published: Published, hostile: tuple[Path, Path], by_row: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "SECONDS", 1e9)
    monkeypatch.setattr(texts, "FOUND", 7)
    every = np.arange(published.rows())
    found, looked, start = [], 0, 0
    while True:
        sought = seek(published, hostile[1], "river", every[start:])
        assert len(sought.rows) <= 7
        found, looked = [*found, *sought.rows], looked + sought.looked
        if sought.next is None:
            break
        start = sought.next
    assert looked == len(by_row)
    assert found == [row for row, text in by_row.items() if "river" in text.lower()]
    monkeypatch.setattr(texts, "CHARS", 500)
    some = seek(published, hostile[1], "no such words", every)
    assert 500 <= some.chars < 500 + max(map(len, by_row.values()))
    assert some.next is not None


def test_only_some_documents_are_looked_into(published: Published, hostile: tuple[Path, Path]) -> None:
    some = np.array([3, 50, 111])
    sought = seek(published, hostile[1], "", some)
    assert set(sought.rows) <= {3, 50, 111}
    assert sought.looked == len(sought.rows)


def test_an_excerpt_shows_the_words_and_no_secret(published: Published, hostile: tuple[Path, Path]) -> None:
    before, inside, behind = next(
        found for found in seek(published, hostile[1], "MAIL ", np.arange(80)).rows.values() if found
    )
    assert inside == "mail "
    assert "e-mail" in behind
    for hidden in ("jane.doe", "AKIAIOSFODNN7"):
        for found in seek(published, hostile[1], hidden, np.arange(80)).rows.values():
            assert found is None  # it is there, and stays masked
        assert hidden not in before + inside + behind


def test_without_working_parts_the_shards_are_searched(
    hostile: tuple[Path, Path], by_row: dict[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "FOUND", 10_000)
    shutil.copytree(hostile[1], tmp_path / "out", symlinks=True, ignore=shutil.ignore_patterns(".work"))
    copied = Published(tmp_path / "out")
    table = pq.read_table(copied.ledger_files[0], columns=["status"])["status"].to_pylist()
    kept = [row for row, status in enumerate(table) if status == "kept"]
    sought = seek(copied, tmp_path / "out", "river", np.arange(copied.rows()))
    assert list(sought.rows) == [row for row in kept if "river" in by_row[row].lower()]
    assert sought.looked == len(kept)


def test_the_page_says_how_far_it_looked_and_the_document_shows_the_words(client: TestClient) -> None:
    page = client.get("/documents", params={"text": "GARDEN", "status": "dropped"}).text
    assert "with these words" in page
    assert '<mark class="m0">garden</mark>' in page
    address = page.split('class="line" href="')[1].split('"')[0].replace("&amp;", "&")
    document = client.get(address).text
    assert "“GARDEN”" in document
    assert ">garden</mark>" in document
    assert "None of them holds these words" in client.get("/documents/list", params={"text": "no such words"}).text
