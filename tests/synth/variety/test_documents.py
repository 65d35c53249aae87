from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from synth.variety.documents import choose_documents, cut_text, read_documents
from synth.variety.settings import SeedDocuments

TEXTS = [f"Text number {number}. " * 20 for number in range(50)]


def test_which_are_chosen_depends_on_texts_and_seed_alone() -> None:
    settings = SeedDocuments(path="x", most=10)
    shuffled = random.Random(1).sample(TEXTS * 2, 100)
    chosen = choose_documents(TEXTS, settings, 1)
    assert chosen == choose_documents(shuffled, settings, 1)
    assert len(chosen) == len(set(chosen)) == 10
    assert chosen != choose_documents(TEXTS, settings, 2)


def test_short_ones_are_left_out_and_long_ones_cut() -> None:
    settings = SeedDocuments(path="x", min_chars=200, max_chars=300)
    assert choose_documents(["a" * 199, "One sentence here. " * 30], settings, 1) == [
        "One sentence here. " * 14 + "One sentence here."
    ]


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("One. Two. Three.", 100, "One. Two. Three."),
        ("One one. Two two. Three three.", 20, "One one. Two two."),
        ("nothing to cut at in this text", 10, "nothing to"),
        ("A. " + "b" * 50, 20, "A. " + "b" * 17),
    ],
)
def test_a_text_is_cut_behind_a_sentence_if_that_keeps_half_of_it(text: str, limit: int, cut: str) -> None:
    assert cut_text(text, limit) == cut


def test_files_of_all_sorts_are_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS[:2])
    (tmp_path / "a.jsonl").write_text("no json\n[1]\n" + lines + '{"text": null}\n')
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.replace("number", "Number").encode()))
    pq.write_table(pa.table({"text": [TEXTS[2], None]}), tmp_path / "c.parquet")
    (tmp_path / "d.md").write_text(TEXTS[3])
    found = read_documents(SeedDocuments(path="."), tmp_path, 1)
    assert set(found) == {
        text.strip() for text in (*TEXTS[:4], *(text.replace("number", "Number") for text in TEXTS[:2]))
    }


def test_what_cannot_be_used_is_said_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"content": "x"}\n')
    pq.write_table(pa.table({"content": ["x"]}), tmp_path / "c.parquet")
    for path, words in (("absent", "no such file"), ("a.jsonl", "field 'text'"), ("c.parquet", "no column 'text'")):
        with pytest.raises(UsageError, match=words):
            read_documents(SeedDocuments(path=path), tmp_path, 1)
    (tmp_path / "short.txt").write_text("short")
    with pytest.raises(UsageError, match="200 characters"):
        read_documents(SeedDocuments(path="short.txt"), tmp_path, 1)
