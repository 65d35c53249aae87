from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from data.errors import PhimillError, QuarantineError, UsageError
from data.extraction_process import Child
from data.office_documents import DOCUMENT_TYPES
from data.recipe import Source
from data.sources.compression import handed_out
from flows.cli import main
from flows.ingesting.guessing import guess_sources
from flows.ingesting.tool import closing_words, parse_settings, run_ingest
from flows.metering import Meter, Note, listing_shown
from flows.progress import Progress, Silent

PAGE = "<html><body><main><h1>River {n}</h1><p>{words}</p></main></body></html>"


def written(root: Path, files: dict[str, Any]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)


def lines(*texts: str) -> str:
    return "".join(json.dumps({"text": text, "id": f"id-{text}"}) + "\n" for text in texts)


def run(source: Path, out: Path, *more: Any, **wishes: Any) -> dict[str, Any]:
    return run_ingest(str(source), out, *more, workers=1, progress=wishes.pop("progress", Silent()), **wishes)


def test_documents_quarantine_and_counts_are_written_and_add_up(tmp_path: Path) -> None:
    written(tmp_path, {"in/a.jsonl": lines("a", "b") + "{broken\n", "in/b.jsonl": lines("c")})
    summary = run(tmp_path / "in", tmp_path / "out", max_quarantined=0.5)
    assert (summary["records"], summary["documents"], summary["quarantined"], summary["dropped"]) == (4, 3, 1, 0)
    assert summary["reasons"] == {"bad_json": 1}
    assert summary["sources"]["input"]["records"] == 4
    table = pq.read_table(tmp_path / "out/documents")
    assert sorted(table["text"].to_pylist()) == ["a", "b", "c"]
    assert sorted(table["origin_id"].to_pylist()) == ["id-a", "id-b", "id-c"]
    bad = pq.read_table(tmp_path / "out/quarantine.parquet").to_pylist()
    assert [(row["locator"], row["stage"], row["reason"]) for row in bad] == [("a.jsonl:3", "ingest", "bad_json")]
    assert [entry["path"] for entry in summary["inputs"]] == ["a.jsonl", "b.jsonl"]
    assert json.loads((tmp_path / "out/summary.json").read_text()) == summary


def test_a_table_in_a_known_layout_that_was_not_named_is_told_so(tmp_path: Path) -> None:
    columns = ("content", "hexsha", "lang", "max_stars_repo_path", "max_stars_repo_licenses")
    pq.write_table(pa.table({name: ["x"] for name in columns}), tmp_path / "a.parquet")
    with pytest.raises(QuarantineError, match=r"no column 'text' among content .*what helps: columns: the-stack\)"):
        run(tmp_path / "a.parquet", tmp_path / "out")


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_files_of_documents_stay_where_nothing_that_they_hold_has_changed(tmp_path: Path, form: str) -> None:
    written(tmp_path, {f"in/{name}.jsonl": lines(name) for name in "abc"})

    def read_again() -> dict[str, tuple[int, int, bytes]]:
        summaries.append(run(tmp_path / "in", tmp_path / "out", form=form))
        files = sorted((tmp_path / "out/documents").iterdir())
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    summaries: list[dict[str, Any]] = []
    first = read_again()
    assert read_again() == first
    assert summaries[0] == summaries[1]
    written(tmp_path, {"in/b.jsonl": lines("b", "b2")})
    changed = read_again()
    assert [name for name in first if changed[name] != first[name]] == [f"part-00001.{form}"]
    assert summaries[2]["documents"] == 4
    (tmp_path / f"out/documents/part-00000.{form}").write_bytes(first[f"part-00002.{form}"][2])
    assert {name: content for name, (_, _, content) in read_again().items()} == {
        name: content for name, (_, _, content) in changed.items()
    }
    (tmp_path / f"out/documents/part-00000.{form}").unlink()
    assert len(read_again()) == 3


def test_more_quarantined_than_allowed_ends_with_3_and_the_work_is_kept(tmp_path: Path) -> None:
    written(tmp_path, {"a.jsonl": lines("a") + "{broken\n"})
    with pytest.raises(QuarantineError, match=r"1 of 2 records \(50\.00%\) could not be read \(bad_json\)"):
        run(tmp_path / "a.jsonl", tmp_path / "out")
    assert pq.read_table(tmp_path / "out/documents")["text"].to_pylist() == ["a"]
    done = CliRunner().invoke(
        main, ["ingest", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "out"), "--workers", "1"]
    )
    assert done.exit_code == 3


def test_pages_come_as_text_and_what_is_no_page_is_told(tmp_path: Path) -> None:
    pages = {f"in/{n}.html": PAGE.format(n=n, words="water flows on to the sea for years. " * 10) for n in range(3)}
    written(tmp_path, {**pages, "in/empty.html": " \n"})
    summary = run(tmp_path / "in", tmp_path / "out", form="jsonl")
    rows = [json.loads(line) for path in sorted((tmp_path / "out/documents").iterdir()) for line in path.open()]
    assert len(rows) == 3
    assert all("water flows" in row["text"] and "<" not in row["text"] for row in rows)
    assert summary["dropped"] == 1
    assert pq.read_table(tmp_path / "out/dropped.parquet")["reason"].to_pylist() == ["empty"]


def test_pages_of_many_small_parts_are_read_by_one_process_and_one_that_hangs_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path/sitecustomize.py").write_text(
        "import sys\n"
        "if 'data.extraction_child' in sys.orig_argv:\n"
        "    import data.html_page as pages\n"
        "    real = pages.read_page\n"
        "    def read_page(content, *rest, **named):\n"
        "        while b'HANG' in content: pass\n"
        "        return real(content, *rest, **named)\n"
        "    pages.read_page = read_page\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    pids: list[int] = []
    ready = Child._started
    monkeypatch.setattr(Child, "_started", lambda self: (process := ready(self), pids.append(process.pid))[0])
    words = ["It runs to the sea."] * 8 + ["HANG"]
    pages = {f"in/{n}.html": PAGE.format(n=n, words=word) for n, word in enumerate(words)}
    written(tmp_path, pages)
    wishes = {"groups": 64, "extract": {"timeout_s": 1.0}}
    summary = run(tmp_path / "in", tmp_path / "out", "html", wishes, max_quarantined=0.5)
    assert (summary["documents"], summary["reasons"]) == (8, {"timeout": 1})
    assert len(list((tmp_path / "out/documents").iterdir())) > 4  # so many parts
    assert len(set(pids)) <= 2  # the first, and the one after the page that hangs


def test_a_later_run_sees_what_changed_and_reads_only_that(tmp_path: Path) -> None:
    written(tmp_path, {f"in/{name}.jsonl": lines(name) for name in "abc"})
    run(tmp_path / "in", tmp_path / "out")
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/.work").glob("ingest-*/*.parquet")}
    written(tmp_path, {"in/b.jsonl": lines("b2"), "in/d.jsonl": lines("d")})
    (tmp_path / "in/c.jsonl").unlink()
    said = io.StringIO()
    summary = run(tmp_path / "in", tmp_path / "out", progress=Progress(said))
    assert (
        "1 added, 1 changed, 1 removed, 1 as before: + input/d.jsonl, ~ input/b.jsonl, - input/c.jsonl"
        in said.getvalue()
    )
    assert "2 of 3 parts" in said.getvalue()
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/.work").glob("ingest-*/*.parquet")}
    assert all(after[path] == when for path, when in parts.items())
    assert len(after) == len(parts) + 2
    assert sorted(pq.read_table(tmp_path / "out/documents")["text"].to_pylist()) == ["a", "b2", "d"]
    assert [entry["path"] for entry in summary["inputs"]] == ["a.jsonl", "b.jsonl", "d.jsonl"]
    said = io.StringIO()
    run(tmp_path / "in", tmp_path / "out", progress=Progress(said))
    assert "inputs" not in said.getvalue()
    assert "reused" in said.getvalue()


def test_a_path_more_does_not_read_the_others_again(tmp_path: Path) -> None:
    written(tmp_path, {"one/a.jsonl": lines("a"), "two/b.jsonl": lines("b")})
    run(tmp_path / "one", tmp_path / "out")
    said = io.StringIO()
    run(
        tmp_path / "one",
        tmp_path / "out",
        None,
        {"path": [str(tmp_path / "one"), str(tmp_path / "two")]},
        progress=Progress(said),
    )
    assert "1 of 2 parts" in said.getvalue()


def test_a_file_that_changes_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    from data.sources import list_units
    from flows.steps.ingest import check_unchanged

    written(tmp_path, {"a.jsonl": lines("a")})
    (unit,) = list_units(Source(name="s", kind="jsonl", path="a.jsonl"), tmp_path, lambda path: "0")
    check_unchanged(unit)
    os.utime(tmp_path / "a.jsonl", ns=(1, 1))
    with pytest.raises(PhimillError, match=r"a\.jsonl: has changed since the run began"):
        check_unchanged(unit)


def git(folder: Path, *words: str) -> None:
    person = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env={**os.environ, **person})


def a_tar(*names: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return made.getvalue()


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return made.getvalue()


@pytest.mark.parametrize(
    ("files", "path", "kind"),
    [
        ({"a.jsonl.gz": b""}, "a.jsonl.gz", "jsonl"),
        ({"a.json": "[{}]"}, "a.json", "json"),
        ({"a.json": '{"text":\n "x"}'}, "a.json", "json"),
        ({"a.json.gz": gzip.compress(b'{"text": "x"}\n{"text": "y"}\n')}, "a.json.gz", "jsonl"),
        ({"a.tsv.zst": b""}, "a.tsv.zst", "csv"),
        ({"a.feather": b""}, "a.feather", "arrow"),
        ({"x/a.warc.gz": b"", "x/b.wet.gz": b""}, "x", "warc"),
        ({"x/Posts.xml": "<posts>"}, "x", "stackexchange"),
        ({"enwiki-pages.xml": "<mediawiki>"}, "enwiki-pages.xml", "wikipedia"),
        ({"a.txt": "x"}, "a.txt", "books"),
        ({"x/a.py": "x", "x/b.json": "[]", "x/c.html": "x"}, "x", "files"),
        ({"x/a.py": "x", "x/b.py": "x", "x/c.csv": "x"}, "x", "files"),
        ({"x/a.py": b"\x00\xff\x01"}, "x", "files"),
        ({"x/a.py": "x = 1".encode("utf-16")}, "x", "files"),
        ({"x/a.warc.gz": b"", "x/README": "x"}, "x", "warc"),
        ({"x/a.parquet": b"", "y/b.parquet": b""}, "*/*.parquet", "parquet"),
        ({"x.tar": b""}, "x.tar", "arxiv"),
        ({"2101.00001.gz": gzip.compress(b"% a\n\\documentclass{article}\n")}, "2101.00001.gz", "arxiv"),
        ({"x/a.md.gz": gzip.compress(b"\\documentclass{article}\n")}, "x", "files"),
        ({"2101.00001.gz": gzip.compress(b"% of \\documentclass\n")}, "2101.00001.gz", "files"),
        ({"2101.00001.gz": gzip.compress(a_tar("paper.tex"))}, "2101.00001.gz", "arxiv"),
        ({"2101.00001.gz": gzip.compress(b"%PDF-1.4")}, "2101.00001.gz", "documents"),
        ({"x/a.pdf": b"", "x/b.docx": b""}, "x", "documents"),
        ({"x.zip": zipped("a.jsonl", "b.jsonl.gz", "README")}, "x.zip", "jsonl"),
        ({"x.zip": zipped("tool/a.py", "tool/b.py", "tool/c.html")}, "x.zip", "files"),
        ({"x.zip": zipped("Posts.xml")}, "x.zip", "stackexchange"),
        ({"x/data-00000.arrow": b"", "x/dataset_info.json": "{}", "x/state.json": "{}"}, "x", "huggingface"),
        ({"x/dataset_dict.json": "{}", "x/train/data-00000.arrow": b""}, "x", "huggingface"),
    ],
)
def test_the_kind_is_guessed_by_names_and_first_bytes(
    tmp_path: Path, files: dict[str, Any], path: str, kind: str
) -> None:
    written(tmp_path, files)
    assert [guess.kind for guess in guess_sources(str(tmp_path / path))] == [kind]


def test_what_cannot_be_guessed_is_asked_for(tmp_path: Path) -> None:
    written(tmp_path, {"x/a.jsonl": "{}", "x/b.parquet": b"", "pictures/a.png": b"\x89PNG\0"})
    (tmp_path / "empty").mkdir()
    for path, message in (
        ("x/*", "say it with --kind"),
        ("pictures", "1 file, none of them text"),
        ("nowhere", "no such file or folder"),
        ("nowhere/*.jsonl", "no such folder: .*nowhere"),
        ("empty", "holds no file"),
        ("empty/*.jsonl", "holds no file"),
    ):
        with pytest.raises(UsageError, match=message):
            guess_sources(str(tmp_path / path))
    with pytest.raises(UsageError, match=r"zip://a::dump\.zip: chained addresses .* are not read"):
        guess_sources("zip://a::dump.zip")
    (tmp_path / "repo").mkdir()
    git(tmp_path / "repo", "init", "-q")
    assert [guess.kind for guess in guess_sources(str(tmp_path / "repo"))] == ["git"]


def test_a_host_that_nobody_named_is_asked_for_with_the_commands_own_option(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["ingest", "https://x.test:8080/a.jsonl", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "from x.test:8080: --host does not list it. Add --host x.test:8080" in done.output


def test_a_repository_is_ingested_from_the_command_line(tmp_path: Path) -> None:
    written(tmp_path, {"tool/a.py": "x = 1\n", "tool/pic.png": b"\x89PNG\0\0"})
    git(tmp_path / "tool", "init", "-q")
    git(tmp_path / "tool", "add", "-A")
    git(tmp_path / "tool", "commit", "-q", "-m", "one")
    done = CliRunner().invoke(
        main, ["ingest", str(tmp_path / "tool"), "--out", str(tmp_path / "out"), "--workers", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    assert pq.read_table(tmp_path / "out/documents")["text"].to_pylist() == ["x = 1\n"]
    assert pq.read_table(tmp_path / "out/dropped.parquet")["reason"].to_pylist() == ["binary"]


def test_help_names_every_kind_that_can_be_ingested() -> None:
    told = " ".join(CliRunner().invoke(main, ["ingest", "--help"]).output.split())
    kinds = get_args(Source.model_fields["kind"].annotation)
    assert len(kinds) > 10
    for kind in set(kinds) - {"common-crawl"}:  # that is `phimill cc select`
        assert f" {kind}," in told or f" {kind}." in told


def test_wrong_settings_end_before_any_work(tmp_path: Path) -> None:
    written(tmp_path, {"a.csv": "text\na\n"})
    for settings, message in (
        ({"split": "test"}, "`split` is for huggingface"),
        ({"txt_column": "a"}, "unknown key"),
        ({"extract": {"engine": "nothing"}}, "extract"),
    ):
        with pytest.raises(UsageError, match=message):
            run(tmp_path / "a.csv", tmp_path / "out", None, settings)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="stands in"):
        run(tmp_path, tmp_path / "out", "csv")
    assert parse_settings(["a.b=[1, x]", "c=d"]) == {"a": {"b": [1, "x"]}, "c": "d"}
    with pytest.raises(UsageError, match="expected KEY=VALUE"):
        parse_settings(["nothing"])


def test_a_signal_that_no_record_has_is_a_mistaken_name(tmp_path: Path) -> None:
    written(tmp_path, {"a.jsonl": '{"text": "a", "int_score": 3}\n{"text": "b", "word": "x"}\n', "b.jsonl": "{}\n"})

    def ingested(file: str, **signals: str) -> dict[str, Any]:
        return run(tmp_path / file, tmp_path / "out", settings={"signals": signals}, max_quarantined=1.0)

    assert ingested("a.jsonl", edu="int_score")["documents"] == 2
    with pytest.raises(UsageError, match=r'signals\.edu: no record has a number in "int_scor"'):
        ingested("a.jsonl", edu="int_scor")
    with pytest.raises(
        UsageError, match=r'signals.edu: "word" holds no number in the first record with a value, but "x"'
    ):
        ingested("a.jsonl", edu="word")
    with pytest.raises(UsageError, match=r"signals\.b: "):
        ingested("a.jsonl", a="int_score", b="none")
    assert ingested("b.jsonl", edu="int_score")["quarantined"] == 1


def test_the_same_input_gives_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    written(tmp_path, {f"in/{n}.jsonl": lines(*(f"{n}-{m}" for m in range(20))) for n in range(4)})
    outs = []
    for workers in (1, 3):
        out = tmp_path / f"out-{workers}"
        run_ingest(str(tmp_path / "in"), out, workers=workers, progress=Silent())
        outs.append({path.name: path.read_bytes() for path in [*out.glob("documents/*"), *out.glob("[a-z]*.*")]})
    assert outs[0] == outs[1]
    assert len(outs[0]) == 7


def test_one_of_a_thing_is_not_called_many_and_what_was_reused_has_no_speed(tmp_path: Path) -> None:
    written(tmp_path, {"a.jsonl": lines("a")})
    said = io.StringIO()
    summary = run_ingest(str(tmp_path / "a.jsonl"), tmp_path / "out", workers=1, progress=Progress(said))
    assert "Read    1 record: 1 document, 0 dropped" in closing_words(summary, tmp_path / "out")
    assert "  1 file, 0.0 MB as they lie; 1 document, " in said.getvalue()
    assert " documents/s, " in said.getvalue()
    again = io.StringIO()
    run_ingest(str(tmp_path / "a.jsonl"), tmp_path / "out", workers=1, progress=Progress(again))
    assert " s: nothing has changed\n" in again.getvalue()
    assert " documents/s, " not in again.getvalue()


def test_progress_adds_up_what_workers_note(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "meter", {"a": 1000, "b": 3000})
    (tmp_path / "meter").mkdir()
    first, second = Note(meter.note_path("a")), Note(meter.note_path("b"))
    first.add(10, 2000)
    first.finish()
    handed_out.bytes += 1500
    second.add(5, 3000)
    meter.look()
    assert (meter.units_done, meter.rows, meter.text, meter.read) == (1, 15, 5000, 1000 + 1500)
    said = io.StringIO()
    with meter.shown(Progress(said), "ingest"):
        pass
    assert not (tmp_path / "meter").exists()


def test_a_long_listing_shows_how_many_files_were_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.metering.QUIET_SECONDS", 0.01)
    said, shown = io.StringIO(), threading.Event()
    progress = Progress(said)
    monkeypatch.setattr(progress, "line", lambda text, *_: (said.write(text), "3 files" in text and shown.set()))
    with listing_shown(progress) as count:
        for _ in range(3):
            count()
        assert shown.wait(60)
    assert "3 files found and digested" in said.getvalue()
    assert "MB/s" in said.getvalue()


def test_cc_select_reads_only_what_is_wanted(tmp_path: Path) -> None:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    index = []
    (tmp_path / "crawl").mkdir()
    with (tmp_path / "crawl/x.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for n in range(6):
            start = file.tell()
            body = PAGE.format(n=n, words=f"Page {n}: water flows on to the sea for years. " * 10).encode()
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url = f"https://{'a' if n % 2 else 'b'}.test/{n}"
            writer.write_record(writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=headers))
            index.append(
                {"url": url, "fetch_status": 200, "content_mime_detected": "text/html", "content_languages": "eng",
                 "warc_filename": "x.warc.gz", "warc_record_offset": start, "warc_record_length": file.tell() - start}
            )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(index), tmp_path / "index.parquet")
    words = [
        "cc",
        "select",
        str(tmp_path / "index.parquet"),
        "--archives",
        str(tmp_path / "crawl"),
        "--domain",
        "a.test",
    ]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out"), "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "Chosen  3 captures" in done.output
    table = pq.read_table(tmp_path / "out/documents")
    assert table["url"].to_pylist() == [f"https://a.test/{n}" for n in (1, 3, 5)]
    assert all("water flows" in text for text in table["text"].to_pylist())
    assert pq.read_table(tmp_path / "out/selection.parquet")["offset"].to_pylist() == [
        index[n]["warc_record_offset"] for n in (1, 3, 5)
    ]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "list"), "--list", "--json"])
    assert json.loads(done.stdout)["selected"] == 3
    assert sorted(path.name for path in (tmp_path / "list").iterdir()) == ["selection.parquet"]
    old = [{key: value for key, value in row.items() if key != "content_languages"} for row in index]
    pq.write_table(pa.Table.from_pylist(old), tmp_path / "old.parquet")
    words[2] = str(tmp_path / "old.parquet")
    done = CliRunner().invoke(main, [*words, "--language", "en", "--out", str(tmp_path / "old"), "--list"])
    assert "Chosen  nothing" in done.output
    assert "1 bad line of the index, first old.parquet:0: names no languages, and 3 captures fit" in done.output
    nothing = CliRunner().invoke(
        main, ["cc", "select", str(tmp_path / "index.parquet"), "--archives", "x", "--out", "y"]
    )
    assert nothing.exit_code == 2


@pytest.mark.parametrize("others", [{}, {"a.jsonl": lines("a")}, {"a.jsonl": lines("a"), "b.csv": "text\nb\n"}])
def test_an_archive_that_cannot_be_opened_is_a_row_whatever_lies_beside_it(
    tmp_path: Path, others: dict[str, Any]
) -> None:
    written(tmp_path, {"in/cut.zip": zipped("c.jsonl")[:-30], "in/.d.jsonl": lines("d")})
    written(tmp_path, {f"in/{name}": content for name, content in others.items()})
    summary = run(tmp_path / "in", tmp_path / "out", max_quarantined=1.0)
    assert (summary["documents"], summary["reasons"]) == (len(others), {"bad_archive": 1})
    (told,) = summary["passed_over"]
    assert (told["why"], told["files"]) == ("hidden: its name begins with a dot", 1)


def test_what_is_passed_over_is_said_and_no_name_reaches_the_terminal_raw(tmp_path: Path) -> None:
    written(tmp_path, {"in/a.jsonl": lines("a")})
    (tmp_path / "in/x\x1b[31m\n.jsonl").symlink_to("gone")
    words = io.StringIO()
    run(tmp_path / "in", tmp_path / "out", progress=Progress(words))
    assert r"passed over   1: input/x\x1b[31m\n.jsonl: a link that leads nowhere" in words.getvalue()
    assert "\x1b" not in words.getvalue()


def test_columns_that_are_no_metadata_are_said_and_told_in_the_summary_of_every_run(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        pq.write_table(pa.table({"text": [name], "tags": [["x"]], "raw": [b"x"]}), tmp_path / f"in/{name}.parquet")
    for _ in range(2):
        said = io.StringIO()
        summary = run(tmp_path / "in", tmp_path / "out", progress=Progress(said))
        assert "columns left  4: input/a" in said.getvalue()
        assert {entry["why"]: entry["files"] for entry in summary["columns_left_out"]} == {
            "binary is no metadata: neither bytes nor lists are": 2,
            "list<element: string> is no metadata: neither bytes nor lists are": 2,
        }
        assert "4 columns not kept as metadata: summary.json" in closing_words(summary, tmp_path / "out")


def test_a_folder_of_several_kinds_is_read_as_a_source_of_each(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": ["from a table"]}), tmp_path / "table.parquet")
    record = b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <a>\r\nWARC-Target-URI: http://a.test/\r\n"
    record += (
        b"WARC-Date: 2026-01-01T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nfrom a crawl\r\n\r\n"
    )
    written(
        tmp_path,
        {
            "in/a.jsonl": '{"body": "from a line"}\n',
            "in/deep/b.csv": "body\nfrom a cell\n",
            "in/c.json": '[{"body": "from a list"}]',
            "in/d.shtml": PAGE.format(n=1, words="It runs to the sea, from a page. " * 9),
            "in/CC-MAIN-00001": record,
            "in/e.xml": "<mediawiki>",
            "in/f.txt": "From a book.",
            "in/g.py": "x = 'from a program'\n",
            "in/h.parquet": (tmp_path / "table.parquet").read_bytes(),
            "in/i.png": b"\x89PNG\0",
            "in/j.7z": b"7z\xbc\xaf\x27\x1c\0",
        },
    )
    said = io.StringIO()
    settings = {"text_column": "body", "groups": 2, "exclude": ["*.xml"]}
    summary = run(tmp_path / "in", tmp_path / "out", None, settings, progress=Progress(said))
    kinds = ["books", "csv", "files", "html", "json", "jsonl", "parquet", "warc"]
    listed = ", ".join(f"{kind} (1 file)" for kind in kinds)
    assert f"as 8 sources, one for each kind of file: {listed}" in said.getvalue()
    assert "passed over   2: j.7z: ending .7z, read by no source; i.png: ending .png" in said.getvalue()
    assert said.getvalue().count("j.7z") == 1
    assert {name: sums["documents"] for name, sums in summary["sources"].items()} == dict.fromkeys(kinds, 1)
    assert (summary["records"], summary["quarantined"]) == (8, 0)
    assert sum(entry["files"] for entry in summary["passed_over"]) == 2
    words = closing_words(summary, tmp_path / "out")
    assert "books          1 record, 1 document" in words
    assert "        2 files passed over: summary.json says" in words
    with pytest.raises(UsageError, match="`split` is for huggingface"):
        run(tmp_path / "in", tmp_path / "out", None, {"split": "test"})
    with pytest.raises(UsageError, match=r"include: .* holds csv, jsonl; say with --kind"):
        run(tmp_path / "in", tmp_path / "out", None, {"include": ["*.csv", "*.jsonl"]})
    one = run(tmp_path / "in", tmp_path / "out", None, {"include": ["*.csv"], "text_column": "body"})
    assert pq.read_table(tmp_path / "out/documents")["text"].to_pylist() == ["from a cell"]
    assert list(one["sources"]) == ["input"]


def test_a_zip_archive_beside_several_kinds_is_read_by_those_whose_files_it_holds(tmp_path: Path) -> None:
    written(tmp_path, {"in/a.jsonl": lines("from a line"), "in/b.csv": "text\nfrom a cell\n"})
    with zipfile.ZipFile(tmp_path / "in/c.zip", "w") as archive:
        archive.writestr("d.csv", "text\nfrom a packed cell\n")
        archive.writestr("e.htm", PAGE.format(n=1, words="It runs to the sea, from a page. " * 9))
        archive.writestr("f.odt", "none")
    with zipfile.ZipFile(tmp_path / "in/pages.zip", "w") as archive:
        archive.writestr("g.html", PAGE.format(n=2, words="It runs to the lake, from a page. " * 9))
    summary = run(tmp_path / "in", tmp_path / "out")
    assert {name: sums["records"] for name, sums in summary["sources"].items()} == {"csv": 2, "html": 2, "jsonl": 1}
    assert (summary["documents"], summary["quarantined"]) == (5, 0)
    assert summary["passed_over"] == [{"why": "ending .odt, read by no source", "files": 1, "such_as": ["c.zip/f.odt"]}]


def test_documents_beside_other_files_are_passed_over_where_their_libraries_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.office_documents._LIBRARIES", dict.fromkeys(DOCUMENT_TYPES, "no_such_library"))
    written(tmp_path, {"in/a.jsonl": lines("a"), "in/b.pdf": "%PDF-", "in/c.gz": gzip.compress(b"%PDF-")})
    with zipfile.ZipFile(tmp_path / "in/d.zip", "w") as archive:
        archive.writestr("e.docx", "none")
        archive.writestr("f.jsonl", lines("f"))
    summary = run(tmp_path / "in", tmp_path / "out")
    assert (summary["documents"], summary["quarantined"]) == (2, 0)
    assert summary["passed_over"] == [
        {"why": "needs pip install '.[documents]'", "files": 3, "such_as": ["c.gz", "b.pdf", "d.zip/e.docx"]}
    ]
    written(tmp_path, {"tree/a.py": "x = 1\n", "tree/b.pdf": "%PDF-"})
    summary = run(tmp_path / "tree", tmp_path / "out")
    assert (summary["records"], summary["passed_over"][0]["such_as"]) == (1, ["b.pdf"])
    written(tmp_path, {"documents/README.md": "x", "documents/a.pdf": "%PDF-", "documents/b.pdf": "%PDF-"})
    for path in ("documents", "in/c.gz"):
        with pytest.raises(UsageError, match=r"(a\.pdf|c\.gz): PDF and DOCX .* install it .*pip install"):
            run(tmp_path / path, tmp_path / "out")


def test_a_packed_document_is_read_as_one(tmp_path: Path) -> None:
    written(tmp_path, {"a.gz": gzip.compress(b"%PDF-1.4 broken"), "b.pdf": b"%PDF-1.4 broken"})
    for name in ("a.gz", "b.pdf"):
        summary = run(tmp_path / name, tmp_path / "out", max_quarantined=1.0)
        quarantined = pq.read_table(tmp_path / "out/quarantine.parquet").to_pylist()
        assert (summary["quarantined"], quarantined[0]["stage"]) == (1, "extract")


def test_what_a_sample_leaves_out_is_counted(tmp_path: Path) -> None:
    written(tmp_path, {"in/a.jsonl": lines(*map(str, range(40))) + "{broken\n", "in/b.jsonl": lines("alone")})
    summary = run(tmp_path / "in", tmp_path / "out", sample=0.25, max_quarantined=0.5)
    assert (summary["records"], summary["not_sampled"] > 20) == (42, True)
    assert summary["records"] == sum(summary[fate] for fate in ("documents", "dropped", "quarantined", "not_sampled"))
    assert f", {summary['not_sampled']} not sampled" in closing_words(summary, tmp_path / "out")
    again = run(tmp_path / "in", tmp_path / "out", sample=0.25, max_quarantined=0.5)
    assert again == summary  # also where all is reused
    everything = run(tmp_path / "in", tmp_path / "out", max_quarantined=0.5)
    assert everything["not_sampled"] == 0
    assert "not sampled" not in closing_words(everything, tmp_path / "out")


def test_a_page_says_why_it_was_dropped_and_under_which_licence_it_stands(tmp_path: Path) -> None:
    licence = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    other = '<link rel="license" href="https://example.org/terms">'
    words = "This is a paragraph of prose, long enough for a page. " * 9
    page = PAGE.format(n=1, words=words)
    written(
        tmp_path,
        {
            "in/by.html": page.replace("<html>", f"<html><head>{licence}</head>"),
            "in/terms.html": page.replace("<html>", f"<html><head>{other}</head>"),
            "in/noai.html": page.replace("<html>", '<html><head><meta name="robots" content="noai"></head>'),
        },
    )
    run(tmp_path / "in", tmp_path / "out")
    found = {row["locator"]: row for row in pq.read_table(tmp_path / "out/documents").to_pylist()}
    assert {name: row["licence"] for name, row in found.items()} == {"by.html": "CC-BY-4.0", "terms.html": None}
    assert json.loads(found["terms.html"]["metadata"])["licence"] == "https://example.org/terms"
    (dropped,) = pq.read_table(tmp_path / "out/dropped.parquet").to_pylist()
    assert (dropped["reason"], json.loads(dropped["metadata"])["opt_out"]) == ("opt_out", "noai")
    run(tmp_path / "in", tmp_path / "out", None, {"licence": "MIT"})
    assert set(pq.read_table(tmp_path / "out/documents")["licence"].to_pylist()) == {"MIT"}


def test_what_is_no_regular_file_and_what_is_nothing_are_called_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(UsageError, match="a pipe or device, no regular file"):
        run_ingest(str(tmp_path / "a.jsonl"), tmp_path / "out")
    with pytest.raises(UsageError, match="a pipe or device: /dev/zero"):
        run_ingest("/dev/zero", tmp_path / "out", "jsonl")
    with pytest.raises(UsageError, match="SOURCE: is empty"):
        run_ingest("", tmp_path / "out")


def test_a_file_address_is_read_as_the_path_that_it_names(tmp_path: Path) -> None:
    written(tmp_path, {"a b.jsonl": lines("a", "b")})
    assert run(tmp_path / "a b.jsonl", tmp_path / "one")["documents"] == 2
    summary = run_ingest((tmp_path / "a b.jsonl").as_uri(), tmp_path / "two", progress=Silent())
    assert summary["documents"] == 2
    assert summary["inputs"][0]["path"] == "a b.jsonl"
