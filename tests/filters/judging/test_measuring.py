"""Measuring a table of documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pyarrow as pa
import pytest

import filters.judging.measuring
from data.recipe import FilterEntry, Language
from filters.buffers import IntArray
from filters.judging.measuring import measure
from filters.judging.rules import Plan, resolve_filters

ROOT = Path(__file__).parents[3]
ENGLISH = "The library has more than ten thousand books, and most of them can be borrowed."


def plan(*entries: dict[str, object]) -> Plan:
    return resolve_filters([FilterEntry(**entry) for entry in entries], set(), lambda place, text: ValueError(text))


def table(*rows: tuple[str, str | None, str | None]) -> pa.Table:
    kinds, languages, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "id": pa.array([f"id{number}" for number in range(len(rows))], pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "source": pa.array(["s"] * len(rows), pa.string()),
            "language": pa.array(languages, pa.string()),
            "url": pa.array([None] * len(rows), pa.string()),
            "text": pa.array(texts, pa.large_string()),
        }
    )


ROWS = table(
    ("web", None, ENGLISH + "\nMenu\n"),
    ("code", "Python", "# one\nx = 1\n"),
    ("web", "fr", None),
    ("text", "fr", "12345"),
    ("web", None, ENGLISH),
)


def test_each_kind_has_its_own_signals_and_a_row_without_text_none() -> None:
    found = measure(ROWS, plan().measure_settings(), None)
    assert found["id"].to_pylist() == ["id0", "id1", "id2", "id3", "id4"]
    assert found["words"].to_pylist() == [16, 5, None, 1, 15]
    assert found["lines"].to_pylist() == [2, None, None, 1, 1]
    assert found["comment_share"].to_pylist() == [None, 5 / 12, None, None, None]
    assert found["language_score"].null_count == 5


def test_language_is_detected_for_the_kinds_named_and_else_stays() -> None:
    found = measure(ROWS, plan().measure_settings(), Language())
    assert found["language"].to_pylist() == ["en", "Python", "fr", "fr", "en"]
    assert [score is not None for score in found["language_score"].to_pylist()] == [True, False, False, False, True]


def test_text_is_null_where_no_modifier_changed_it() -> None:
    assert measure(ROWS, plan().measure_settings(), None)["text"].null_count == 5
    found = measure(ROWS, plan({"preset": "c4-lines"}).measure_settings(), None)
    assert found["text"].to_pylist() == [ENGLISH, None, None, "", None]
    assert found["c4-lines.words"].to_pylist() == [15, 5, None, 0, 15]
    assert found["words"].to_pylist()[0] == 16


def test_modifiers_follow_one_another_and_keep_to_their_documents() -> None:
    two = plan(
        {"preset": "c4-lines", "name": "first", "terminal_punctuation": False, "where": {"language": ["en"]}},
        {"preset": "c4-lines", "name": "second", "where": {"source": ["other"]}},
    )
    found = measure(ROWS, two.measure_settings(), Language())
    assert found["text"].to_pylist() == [ENGLISH, None, None, None, None]
    assert found["second.words"].to_pylist() == [15, 5, None, 1, 15]


def test_columns_depend_on_the_settings_alone() -> None:
    settings = plan({"preset": "c4"}, {"preset": "starcoder", "where": {"kind": ["web"]}}).measure_settings()
    schemas = {tuple(measure(some, settings, None).schema) for some in (ROWS, ROWS.slice(1, 1), ROWS.slice(0, 0))}
    assert len(schemas) == 1


def test_neither_batches_nor_chunks_change_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [
        None,
        "",
        ENGLISH,
        f"{ENGLISH}\n" * 6,
        "Menu\n\nMenu. [1]\n",
        "é x:) )\u2028" * 9,
        "It has a {.",
        "x = 1  # y\n" * 4,
    ]
    rows = table(*[("code" if n % 3 == 2 else "web", "Python", some[n % 8]) for n in range(40)])
    presets = ("gopher-repetition", "gopher-quality@datatrove", "c4@datatrove", "fineweb@datatrove", "starcoder")
    entries: list[dict[str, object]] = [{"preset": name, "name": f"f{n}"} for n, name in enumerate(presets)]
    settings = plan(*entries).measure_settings()
    whole = measure(rows, settings, Language())
    pieces = [measure(rows.slice(start, 7), settings, Language()) for start in range(0, 40, 7)]
    assert pa.concat_tables(pieces).equals(whole)
    sizes: list[int] = []
    chunks = filters.judging.measuring._chunks

    def counted(places: IntArray, texts: pa.Array) -> Iterator[IntArray]:
        for chunk in chunks(places, texts):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(filters.judging.measuring, "CHUNK_BYTES", 150)
    monkeypatch.setattr(filters.judging.measuring, "_chunks", counted)
    assert measure(rows, settings, Language()).equals(whole)
    assert len(sizes) > 30  # there were chunks indeed


#: Measures a table as a worker does, and prints the most memory it has had, in MB.
WORKER = """
import json, sys
import pyarrow as pa
from data.recipe import FilterEntry, Language
from filters.judging.measuring import measure
from filters.judging.rules import resolve_filters
from flows.memory import let_go

def most() -> int:
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) // 1000

def table(texts):
    rows = len(texts)
    return pa.table({"id": list(map(str, range(rows))), "text": pa.array(texts, pa.large_string()),
                     "kind": ["web"] * rows, "source": ["s"] * rows, "language": pa.array([None] * rows, pa.string())})

presets = ("gopher-repetition", "gopher-quality", "c4", "fineweb")
entries = [FilterEntry(name=name, preset=f"{name}@{sys.argv[1]}") for name in presets]
settings = resolve_filters(entries, set(), lambda place, text: ValueError(text)).measure_settings()
words = [f"{chr(97 + n % 26)}{chr(97 + n * 7 % 26)}{n % 997:x}" for n in range(50_000)]
sentence = [" ".join(words[n * 13 % 49_000 :][: 5 + n % 19]) + (".\\n" if n % 3 else ", ") for n in range(25_000)]
prose = "".join(sentence)
parts = {"torn": lambda: [":):)" * 4_000_000], "marks": lambda: ["!!!!" * 4_000_000],
         "spaced": lambda: ["! " * 8_000_000], "long": lambda: [(prose * 20)[:16_000_000]],
         "many": lambda: [prose[n * 331 % 1_000_000 :][: 200 + n * 37 % 8_000] for n in range(4_000)]}
measure(table([""])[:0], settings, None)
peaks = {}
for name, make in parts.items():  # one after another, as a worker does them
    part = table(make())
    let_go()
    open("/proc/self/clear_refs", "w").write("5")  # what is loaded or compiled before does not count
    assert measure(part, settings, Language())["words"].null_count == 0
    peaks[name] = most()
    del part
print(json.dumps(peaks))
"""


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["paper", "datatrove"])
def test_a_worker_takes_no_more_than_600_mb_whatever_its_parts_hold(variant: str) -> None:
    for _ in range(2):  # the first may have to compile, which takes memory once on a machine
        outcome = subprocess.run(
            [sys.executable, "-c", WORKER, variant], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert outcome.returncode == 0, outcome.stderr
        peaks = json.loads(outcome.stdout)
        if max(peaks.values()) <= 600:
            return
    assert max(peaks.values()) <= 600, peaks
