"""The shared corpus of awkward inputs, read and extracted case by case against its EXPECTED.jsonl."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from data.extraction import Extractor
from data.extraction_process import _cpu_seconds
from data.fingerprint import file_sha256
from data.recipe import Extract, Source
from data.sources import list_units, read_unit

CASES = Path(__file__).parents[2] / "../shared/badinputs"
KINDS = {
    "jsonl": "jsonl",
    "jsonl.gz": "jsonl",
    "warc": "warc",
    "warc.gz": "warc",
    "html": "html",
    "code": "files",
    "parquet": "parquet",
}


def expected() -> list[dict[str, Any]]:
    if not CASES.is_dir():
        return []
    cases = [json.loads(line) for line in (CASES / "EXPECTED.jsonl").read_text().splitlines()]
    return [case for case in cases if case["kind"] in KINDS]


def rows_of(path: Path, kind: str, **settings: Any) -> list[dict[str, Any]]:
    """Returns a file's rows with their fate after ingest and extraction."""
    source = Source(name="s", kind=KINDS[kind], path=str(path), **settings)
    rows: list[dict[str, Any]] = []
    for unit in list_units(source, path.parent, file_sha256):
        for table in read_unit(unit, source):
            fates = one_extractor().extract(table).to_pylist()
            for row, fate in zip(table.to_pylist(), fates, strict=True):
                ended = row if row["status"] else fate
                rows.append({**row, "status": ended["status"], "reason": ended["reason"], "new_text": fate["text"]})
    return rows


@functools.cache
def one_extractor() -> Extractor:
    """Returns an extractor for all cases: its child process ends with this one."""
    return Extractor(Extract())


def processor_seconds() -> float:
    """Returns the processor time of this process and of the one that reads pages: a busy machine fails no case."""
    child = one_extractor()._child._process
    return time.process_time() + (_cpu_seconds(child.pid, 0.0) if child else 0.0)


def place(row: dict[str, Any]) -> int | None:
    """Returns a row's position in its file, null for a row that stands for the whole file."""
    _, _, position = row["locator"].partition(":")
    return int(position) if position else None


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared folder badinputs/ does not stand beside the repository")
@pytest.mark.parametrize("case", expected(), ids=lambda case: case["name"])
def test_a_bad_input_ends_as_its_case_expects(case: dict[str, Any]) -> None:
    expect, path = case["expect"], CASES / case["name"] / case["files"][0]
    began = processor_seconds()
    rows = rows_of(path, case["kind"])
    assert processor_seconds() - began < expect.get("max_s", 60)
    kept = [row for row in rows if not row["status"]]
    lost = [row for row in rows if row["status"] == "quarantined"]
    places = [(path.name, place(row), row["reason"]) for row in lost]
    must = expect.get("must", "")
    whole_file = [(path.name, None, expect["file_error"])] if expect.get("file_error") else None
    if whole_file and "sniffed and read" in must and not lost:  # the other way that the case allows
        assert len(kept) == expect["read"]
        whole_file = None
    if whole_file:
        assert places == whole_file
    elif expect.get("read") is not None:
        assert len(rows) == expect["read"]
    if expect.get("quarantine") is not None:
        assert places == [(q["file"], q["pos"], q["reason"]) for q in expect["quarantine"]]
    if expect.get("keep") is not None:
        ids = [row["origin_id"] for row in kept]
        # Copies go under dedup, as such a case says; here they still stand.
        assert (list(dict.fromkeys(ids)) if "under dedup" in must else ids) == expect["keep"]
    if "or the whole file is quarantined" in must:  # our rule, unless `salvage` says otherwise
        assert not kept
    elif expect.get("keep_n") is not None:
        assert len(kept) == expect["keep_n"]
    for neighbour in case["files"][1:]:
        assert [row["status"] for row in rows_of(path.parent / neighbour, "jsonl")] == [""] * 5


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared folder badinputs/ does not stand beside the repository")
@pytest.mark.parametrize("case", [case for case in expected() if "salvage" in case["expect"]], ids=lambda c: c["name"])
def test_salvage_keeps_what_the_case_says_and_the_file_still_counts_as_damaged(case: dict[str, Any]) -> None:
    rows = rows_of(CASES / case["name"] / case["files"][0], case["kind"], salvage=True)
    kept = [row for row in rows if not row["status"]]
    assert len(kept) == case["expect"]["salvage"] == case["expect"]["keep_n"]
    assert all(json.loads(row["metadata"])["salvaged"] for row in kept)
    assert [row["reason"] for row in rows if row["status"]] == [case["expect"]["file_error"]]


def one(name: str, kind: str) -> dict[str, Any]:
    path = next((CASES / name).glob("in.*"), None)
    if path is None:
        pytest.skip("the shared folder badinputs/ does not stand beside the repository")
    (row,) = rows_of(path, kind)
    return row


def test_random_bytes_named_py_are_quarantined_as_binary() -> None:
    row = one("c02_binary_py", "code")
    assert (row["status"], row["reason"], row["text"]) == ("quarantined", "binary", None)


def test_fifty_thousand_nested_divs_give_their_text() -> None:
    row = one("h01_deep_divs", "html")
    assert (row["status"], row["new_text"]) == ("", "text") or len(row["new_text"]) > 3


def test_script_in_a_title_does_not_become_text() -> None:
    row = one("h03_xss", "html")
    assert "alert(document.domain)" not in row["new_text"]
    assert "<script" not in row["new_text"]


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared folder badinputs/ does not stand beside the repository")
def test_a_page_that_lies_about_its_charset_is_decoded_without_replacement_characters() -> None:
    rows = rows_of(CASES / "w10_wrong_charset/in.warc", "warc")
    assert len(rows) == 12
    for row in rows:
        assert "\ufffd" not in (row["new_text"] or "")
    assert any("\u0430" <= character <= "\u044f" for row in rows for character in row["new_text"] or "")


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared folder badinputs/ does not stand beside the repository")
@pytest.mark.slow
def test_no_bad_input_takes_a_worker_600_mb_on_its_way_into_parts(tmp_path: Path) -> None:
    program = (
        "import json, sys; from pathlib import Path; from data.fingerprint import file_sha256\n"
        "from data.recipe import Source; from data.sources import list_units\n"
        "from flows.steps.ingest import ingest_unit\n"
        "rows = {}\n"
        "for number, (kind, path) in enumerate(json.load(sys.stdin)):\n"
        "    source = Source(name='s', kind=kind, path=path)\n"
        "    unit, = list_units(source, Path('/'), file_sha256)\n"
        "    index = Path(sys.argv[1], 'parts', f'{number}.json')\n"
        "    ingest_unit(unit, source, str(index), {})\n"
        "    rows[path] = sum(entry['rows'] for entry in json.loads(index.read_text())['parts'])\n"
        "peak, = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "print(json.dumps([rows, int(peak)]))"
    )
    files = {str(CASES / case["name"] / case["files"][0]): case for case in expected()}
    asked = json.dumps([[KINDS[case["kind"]], path] for path, case in files.items()])
    command = [sys.executable, "-P", "-c", program, str(tmp_path)]
    run = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    rows, kilobytes = json.loads(run.stdout)
    assert 20_000 < kilobytes < 600_000
    for path, case in files.items():
        if case["expect"].get("read") is not None and case["kind"] not in ("html", "code"):
            # A file that is wrong as a whole is one row.
            assert rows[path] == (1 if case["expect"].get("file_error") and rows[path] < 2 else case["expect"]["read"])
