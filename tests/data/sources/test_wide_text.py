"""Tables in UTF-16 and UTF-32: where a byte was lost or came in, the line that it stood in is lost, and no other."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.csv_table import read_csv
from data.sources.jsonl import read_jsonl
from data.sources.wide_text import WideText

#: A character of Gurmukhi before one that ends a block looks like a line's end from between them.
ALPHABETS = {
    "English": "abcdefghij ,.",
    "Russian": "абвгдежзиклмн ",
    "Chinese": "的一是在不了有和人这中大为上个国我以要他时来用们生到",
    "Gujarati": "અઆઇઈઉઊઋએઐઓઔકખગઘઙચછજઝઞટઠડઢણ Āਉ一",
}
ENCODINGS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def texts(alphabet: str, number: int = 40) -> list[str]:
    draw = random.Random(4)
    return ["".join(draw.choices(ALPHABETS[alphabet], k=draw.randrange(8, 60))) for _ in range(number)]


def read(content: bytes, encoding: str, step: int) -> bytes:
    text = WideText(encoding)
    return b"".join(text.feed(content[start : start + step]) for start in range(0, len(content), step)) + text.end()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_sound_text_is_what_it_is_however_it_is_cut(encoding: str, alphabet: str, step: int) -> None:
    whole = "\n".join(texts(alphabet)) + "\n🙂\r\n"
    assert read(whole.encode(encoding), encoding, step).decode() == whole


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("alphabet", ["English", "Russian", "Chinese"])
def test_a_byte_that_was_lost_costs_one_line_wherever_it_stood(encoding: str, alphabet: str) -> None:
    lines = texts(alphabet)
    content = "".join(f"{line}\n" for line in lines).encode(encoding)
    lengths = [len(f"{line}\n".encode(encoding)) for line in lines]
    for number in range(0, 38, 3):
        start = sum(lengths[:number])
        for place in (start, start + 3, start + lengths[number] // 2, start + lengths[number] - 5):
            for damaged in (content[:place] + content[place + 1 :], content[:place] + b"x" + content[place:]):
                found = read(damaged, encoding, 333).split(b"\n")
                assert [line.decode() for line in found[:number]] == lines[:number]
                assert b"\xff" in found[number]
                assert [line.decode() for line in found[number + 1 :]] == [*lines[number + 1 :], ""]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_table_that_lost_a_byte_keeps_its_other_records(tmp_path: Path, kind: str) -> None:
    records = [f"record {number} про рыб" for number in range(2000)]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in records] if kind == "jsonl" else records
    head = [] if kind == "jsonl" else ["text"]
    content = "\n".join([*head, *lines, ""]).encode("utf-16")
    place = content.index("record 700 ".encode("utf-16-le")) + 9
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content[:place] + content[place + 1 :])
    file = InputFile(str(path), "a", len(content) - 1, "")
    items = (read_jsonl if kind == "jsonl" else read_csv)(file, Source(name="s", kind=kind, path=str(path)))
    rows = [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]
    assert [row["text"] for row in rows if not row["status"]] == records[:700] + records[701:]
    (bad,) = [row for row in rows if row["status"]]
    assert (bad["locator"], bad["reason"]) == (f"a:{701 + len(head)}", "bad_encoding")
