from __future__ import annotations

import functools
import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from data import extract_html, extraction_process
from data.errors import PhimillError, UsageError
from data.extraction import EXTRACT_SCHEMA, Extractor
from data.extraction_process import Child
from data.fingerprint import file_sha256
from data.html_page import bracket_depth, clean, mark_hidden
from data.pages import reading
from data.pages.reading import PAGES_BEFORE, PAGES_BEFORE_COMPILING
from data.recipe import Extract, Source
from data.schema import document, to_table
from data.sources import list_units, read_unit

E2E = Path(__file__).parents[2] / "../shared/data/e2e_dev"
SENTENCE = "The quick brown fox jumps over the lazy dog near the old river bank."


def row(content: bytes | None, content_type: str | None = "text/html", **fields: Any) -> dict[str, Any]:
    metadata = {name: fields.pop(name) for name in list(fields) if name not in ("text", "url", "status")}
    number = len(content or b"")
    return document(
        "s",
        f"{number}-{content_type}",
        kind="web",
        content=content,
        content_type=content_type,
        metadata=metadata,
        **fields,
    )


def extracted(*rows: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    table = extractor_for(**settings).extract(to_table(rows))
    assert table.schema == EXTRACT_SCHEMA
    assert table["id"].to_pylist() == [row["id"] for row in rows]
    return list(table.to_pylist())


@functools.cache
def extractor_for(**settings: Any) -> Extractor:
    """Returns an extractor that several tests share: its child process ends with this one."""
    return Extractor(Extract(**settings))


def fate(*rows: dict[str, Any], **settings: Any) -> list[tuple[str, str, float | None]]:
    return [(found["status"], found["reason"], found["measured"]) for found in extracted(*rows, **settings)]


def page(body: str, head: str = "") -> bytes:
    return f"<html><head>{head}</head><body><main><p>{SENTENCE}</p>{body}</main></body></html>".encode()


GOOD = page("")


def test_a_page_tells_how_many_of_its_bytes_were_mended_and_left_out() -> None:
    line = "<p>Die Möwen fliegen über den Häfen, während die Flut steigt.</p>"
    whole = page(line * 20)
    mixed = whole.replace(line.encode(), line.encode("cp1252") + b"\xff", 1)
    (found,) = extracted(row(mixed))
    assert line[3:-4] in found["text"].split("\n\n")[1]
    facts = json.loads(found["metadata"])
    assert (facts["charset"], facts["mended_bytes"], facts["left_out_bytes"]) == ("utf-8", 4, 1)
    assert {"mended_bytes", "left_out_bytes"}.isdisjoint(extract_html(whole).metadata)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_page_in_wide_characters_is_read_by_its_byte_order_mark(encoding: str) -> None:
    (found,) = extracted(row("\ufeff".encode(encoding) + page("<p>größer</p>").decode().encode(encoding)))
    assert (found["status"], found["text"]) == ("", f"{SENTENCE}\n\ngrößer")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "not_found"),
        (410, "not_found"),
        (301, "redirect"),
        (302, "redirect"),
        (500, "http_error"),
        (206, "http_error"),
    ],
)
def test_what_the_server_did_not_give_is_dropped_by_its_status(status: int, reason: str) -> None:
    assert fate(row(GOOD, http_status=status)) == [("dropped", reason, float(status))]


def test_headers_and_first_bytes_decide_what_is_no_page() -> None:
    rows = [
        row(b"{}", "application/json", http_status=200),
        row(b"%PDF-1.4", "application/pdf"),
        row(b"%PDF-1.4 text", "text/html"),
        row(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "text/html"),
        row(b"\x01\x02\x03\x04\x05\x06" * 50, None),
        row(b"", "text/html"),
        row(b" \r\n\0", "text/html"),
        row(b"<html><body><script>x()</script></body></html>"),
        row(GOOD, "TEXT/HTML; charset=UTF-8"),
        row(GOOD, "application/xhtml+xml"),
    ]
    assert [found[:2] for found in fate(*rows)] == [
        ("dropped", "not_html"),
        ("dropped", "not_html"),
        ("quarantined", "binary"),
        ("quarantined", "binary"),
        ("quarantined", "binary"),
        ("dropped", "empty"),
        ("dropped", "empty"),
        ("dropped", "empty"),
        ("", ""),
        ("", ""),
    ]


def test_rows_with_text_go_on_unless_it_is_blank_and_need_no_child() -> None:
    with Extractor(Extract()) as extractor:
        table = to_table([row(None, text="a\0b"), row(None, text=" \n\t"), row(None, text=None, status="quarantined")])
        found = extractor.extract(table).to_pylist()
        assert extractor._child._process is None
    assert [(each["status"], each["reason"], each["text"]) for each in found] == [
        ("", "", None),
        ("dropped", "empty", None),
        ("", "", None),
    ]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (page("", '<meta name="robots" content="index, NoAI">'), {}),
        (page("", '<META content="noimageai" NAME="GoogleBot">'), {}),
        (page("", '<meta name="tdm-reservation" content="1">'), {}),
        (GOOD, {"x_robots_tag": "otherbot: noindex, noai"}),
        (GOOD, {"tdm_reservation": "1"}),
        (GOOD, {"tdm_reservation": "1, 1"}),
        (GOOD, {"tdm_reservation": "0,1"}),
    ],
)
def test_a_page_that_opts_out_is_dropped_if_the_recipe_says_so(content: bytes, headers: dict[str, str]) -> None:
    assert fate(row(content, **headers))[0][:2] == ("dropped", "opt_out")
    assert fate(row(content, **headers), opt_out=False)[0][:2] == ("", "")


def test_other_robots_directives_are_no_opt_out() -> None:
    content = page("", '<meta name="robots" content="noindex, nofollow"><meta name="description" content="noai">')
    assert fate(row(content, x_robots_tag="noindex"))[0][:2] == ("", "")


@pytest.mark.parametrize("engine", ["resiliparse", "trafilatura"])
@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">SECRET words here</p>',
        "<div style='color:red; DISPLAY : NONE !important'><p>SECRET words here</p></div>",
        '<p hidden>SECRET words here</p>',
        '<p style="visibility: hidden">SECRET words here</p>',
        '<span style="font-size:0">SECRET words here</span>',
        '<p style="font-size: 0px;">SECRET words here</p>',
        '<p style="opacity:0">SECRET words here</p>',
        '<p style="text-indent:-9999px">SECRET words here</p>',
        '<p style="color:#fff">SECRET words here</p>',
        '<div style="height:0;overflow:hidden"><p>SECRET words here</p></div>',
        '<div style="overflow-y: hidden; max-height: 0px"><p>SECRET words here</p></div>',
        '<style>.x{display:none}</style><p class="x">SECRET words here</p>',
        '<style>/* a */ .a , .x { color: red; visibility : hidden }</style><p class="b x">SECRET words here</p>',
        '<p class=x>SECRET words here</p><style media="all">p{margin:0}.x{display:none!important}</style>',
        '<p style="color:#123456;background-color:#123456">SECRET words here</p>',
        '<style>#x{display:none}</style><p id="x">SECRET words here</p>',
        '<style>p.x.y{display:none}</style><p class="x y">SECRET words here</p>',
        "<dialog><p>SECRET words here</p></dialog>",
        "<div popover>SECRET words here</div>",
        "<template><p>SECRET words here</p></template>",
        "<noscript><p>SECRET words here</p></noscript>",
        "<script>var x = 'SECRET words here'</script>",
        "<style>.x{content:'SECRET words here'}</style>",
    ],
)  # fmt: skip
def test_what_a_reader_does_not_see_is_not_text(hidden: str, engine: str) -> None:
    text = extract_html(page(hidden + f"<p>After it: {SENTENCE}</p>"), engine=engine).text
    assert "SECRET" not in text
    assert "After it" in text


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="font-size:0.8em">VISIBLE words here</p>',
        '<p style="font-size:10px">VISIBLE words here</p>',
        '<p style="opacity:0.5">VISIBLE words here</p>',
        '<p style="height:0">VISIBLE words here</p>',
        '<div style="height:0;overflow:hidden;padding-bottom:56%"><p>VISIBLE words here</p></div>',
        '<style>@media print{.x{display:none}}</style><p class="x">VISIBLE words here</p>',
        '<style media="print">.x{display:none}</style><p class="x">VISIBLE words here</p>',
        '<style>.x{display:none}.on .x{display:block}</style><p class="x">VISIBLE words here</p>',
        '<style>.y .x{display:none}</style><p class="x">VISIBLE words here</p>',
        '<style>/* .x{display:none} */</style><p class="x">VISIBLE words here</p>',
        '<style>.x{display:none}</style><script>show("x")</script><p class="x">VISIBLE words here</p>',
        '<style>.x{display:none}</style><p class="xx">VISIBLE words here</p>',
        '<style>.x{display:nonesuch}</style><p class="x">VISIBLE words here</p>',
        '<style>.x{display:none}</style><div class="x"><p>VISIBLE words here. ' + SENTENCE * 30 + "</p></div>",
        '<p style="margin-top:-1000px">VISIBLE words here</p>',
        '<p style="color:#fff;background:#000">VISIBLE words here</p>',
        '<p style="color: ;margin:0">VISIBLE words here</p>',
        '<p style="display:block">VISIBLE words here</p>',
        '<p hidden="until-found">VISIBLE words here</p>',
        '<details><summary>More</summary><p>VISIBLE words here</p></details>',
        '<div hidden id="S:1"><p>VISIBLE words here</p></div>',
        '<code>&lt;p style="display:none"&gt; VISIBLE words</code>',
    ],
)  # fmt: skip
def test_styles_that_hide_nothing_take_nothing_away(shown: str) -> None:
    assert "VISIBLE words" in extract_html(page(shown)).text


def test_a_page_hidden_until_its_script_runs_is_read() -> None:
    for attribute in ('style="display:none"', 'style="opacity: 0"', "hidden"):
        assert SENTENCE in extract_html(f"<html><body {attribute}><main><p>{SENTENCE}".encode()).text


def test_code_in_the_page_is_not_changed_by_the_mark_for_hidden_elements() -> None:
    source = '<pre>&lt;b style="display:none"&gt;</pre><b style="display:none">x</b>'
    assert mark_hidden(source) == '<pre>&lt;b style="display:none"&gt;</pre><b hidden style="display:none">x</b>'


def test_a_class_without_quotes_may_show_what_is_within_letters_of_no_size() -> None:
    assert mark_hidden(grid := "<div style=font-size:0><p class=a>x</div>", styled=True) == grid


def test_neither_pictures_nor_letters_of_many_colours_are_hidden_by_their_clear_colour() -> None:
    picture, letters = '<img style="color:transparent">', '<b style="color:transparent" class="text-gradient">x</b>'
    assert mark_hidden(picture + letters) == picture + letters
    assert mark_hidden('<b style="color:transparent">x</b>') == '<b hidden style="color:transparent">x</b>'


def test_preformatted_text_keeps_its_lines_and_indentation() -> None:
    code = "def f(x):\n    if x:\n        return 1\n\n    return 2"
    assert code in extract_html(page(f"<pre>{code}\n</pre><p>{SENTENCE}</p>")).text
    spans = page('<pre><code><span class="k">for</span> i in x:\n\t<b>pass</b></code></pre>')
    assert "for i in x:\n\tpass" in extract_html(spans).text


def test_title_language_date_and_canonical_address_are_facts() -> None:
    head = (
        "<title> A\n title </title><link rel=canonical href='http://x/y'>"
        "<meta property='article:published_time' content='2026-01-02'>"
    )
    content = page("", head).replace(b"<html>", b"<html lang='en-GB'>")
    found = extract_html(content)
    assert (found.title, found.language) == ("A title", "en")
    assert found.metadata == {"canonical": "http://x/y", "published": "2026-01-02", "charset": "utf-8"}
    (reply,) = extracted(row(content, http_status=200))
    assert reply["language"] == "en"
    assert json.loads(reply["metadata"]) == {**found.metadata, "http_status": 200, "title": "A title"}


def test_the_header_tells_the_language_where_the_page_does_not() -> None:
    assert [found["language"] for found in extracted(row(GOOD, content_language="de-AT, en"), row(GOOD))] == [
        "de",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\ufffd\ufffd \ufffd", "empty"),
        ("\u200b\u2060\n", "empty"),
        ("\ufeff\u202e\0", "empty"),
        ("\ufffda", ""),
        ("\u200b\u2014\u200b", ""),
    ],
)
def test_text_that_shows_nothing_is_empty(text: str, reason: str) -> None:
    with Extractor(Extract()) as extractor:
        (found,) = extractor.extract(to_table([row(None, text=text)])).to_pylist()
    assert found["reason"] == reason


def test_extract_html_says_why_there_is_no_text() -> None:
    assert extract_html(b"").metadata["reason"] == "empty"
    assert extract_html(b"%PDF-1.5").metadata == {"reason": "binary"}
    assert extract_html(GOOD, url="http://x/", engine="trafilatura").text == SENTENCE


def test_extract_html_refuses_an_unknown_engine_and_a_page_that_is_no_bytes() -> None:
    with pytest.raises(UsageError, match='Did you mean "resiliparse"'):
        extract_html(GOOD, engine="resilparse")
    with pytest.raises(UsageError, match="bytes, not str"):
        extract_html("<p>text</p>")  # type: ignore[arg-type]


def test_control_characters_are_taken_out() -> None:
    assert clean("\n\na\0b\x1b[0m\tc\r\nd\re\x85\x9f\n") == "ab[0m\tc\nd\ne"


def test_nesting_is_bounded_from_the_source() -> None:
    assert bracket_depth("<div>" * 5 + "x" + "</div>" * 5) == 5
    assert bracket_depth("</p>" * 100 + "<div>" * 7) == 7
    assert bracket_depth("a < b") == 0
    assert bracket_depth("") == 0


@pytest.mark.parametrize("engine", ["resiliparse", "trafilatura"])
def test_deep_pages_give_their_text_in_seconds(engine: str) -> None:
    deep = b"<div>" * 100_000 + SENTENCE.encode()
    (found,) = extracted(row(deep), engine=engine, timeout_s=8)  # of the child's processor time
    assert found["text"] == SENTENCE


def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Makes children hang, die or allocate on pages that say so."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'data.extraction_child' in ' '.join(sys.orig_argv):\n"
        "    import os, signal, time, data.html_page as pages\n"
        "    real = pages.read_page\n"
        "    def read_page(content, *rest, **named):\n"
        "        if b'HANG' in content:\n"
        "            while True: pass\n"
        "        if b'DIE' in content:\n"
        "            os.kill(os.getpid(), signal.SIGSEGV)\n"
        "        if b'GREEDY' in content:\n"
        "            wants = [bytearray(2**20) for _ in range(1000)]\n"
        "        return real(content, *rest, **named)\n"
        "    pages.read_page = read_page\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_a_page_that_hangs_or_kills_is_quarantined_and_its_neighbours_survive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hostile(monkeypatch, tmp_path)
    rows = [
        row(page(f"<p>number {number}") + body) for number, body in enumerate([b"", b"HANG", b"", b"DIE", b"DIE", b""])
    ]
    found = extracted(*rows, timeout_s=1)
    assert [(each["status"], each["reason"]) for each in found] == [
        ("", ""),
        ("quarantined", "timeout"),
        ("", ""),
        ("quarantined", "crash"),
        ("quarantined", "crash"),
        ("", ""),
    ]
    assert [str(number) in (found[number]["text"] or "") for number in (0, 2, 5)] == [True] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process touches")
def test_a_page_that_wants_more_memory_than_a_worker_has_is_too_large_and_its_neighbours_survive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hostile(monkeypatch, tmp_path)
    # Each paragraph opens all of the open <font> elements anew: 60 million of them.
    bomb = "<p>" + "".join(f"<font a={number}>" for number in range(3000)) + "</p><p>x</p>" * 20_000
    rows = [row(page(f"<p>number {place}" + body)) for place, body in enumerate(["", "GREEDY", "", bomb, ""])]
    found = extracted(*rows, timeout_s=15)
    assert [each["reason"] for each in found] == ["", "too_large", "", "too_large", ""]
    assert [f"number {place}" in (found[place]["text"] or "") for place in range(5)] == [True, False] * 2 + [True]


FLOODS = {
    "paragraphs": b"<html><body>" + b"<p>paragraph of it</p>" * 350_000,
    "cells": b"<table><tr>" + b"<td>x" * 600_000,
    "depth": b"<div>x" * 500_000,
    "text": "<p>\U0001f600 ".encode() + b"one word and another one, of it. " * 480_000,
    "code": "<pre>\U0001f600 ".encode() + b"x = 1\n" * 2_600_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_read_within_a_workers_memory_with_compiled_code_loaded(flood: str) -> None:
    reading.load()  # compiles what the child will load
    child = Child(Extract(timeout_s=60))
    head = {"content_type": "text/html", "url": None}
    list(child.read([(head, GOOD)] * (PAGES_BEFORE + 1)))
    assert child._process is not None
    pid = child._process.pid
    (found,) = child.read([(head, FLOODS[flood])])
    assert (found["status"], len(found["text"]) > 400_000) == ("", True)
    assert child._process.pid == pid
    said = Path(f"/proc/{pid}/status").read_text()
    child.close()
    assert 100_000 < int(said.split("VmHWM:")[1].split()[0]) < 600_000


def test_compiled_code_is_loaded_between_pages_and_changes_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    reading.load()  # compiles what the child will load
    rows = [row(page(f"<p>Number {number}. {SENTENCE}</p><pre>a\n  b</pre>")) for number in range(PAGES_BEFORE + 20)]
    waits: list[str] = []
    wait = extraction_process.Child._wait_until_ready
    monkeypatch.setattr(extraction_process.Child, "_wait_until_ready", lambda self: (waits.append("loads"), wait(self)))
    found = extracted(*rows, timeout_s=2.5)
    assert waits == ["loads"]
    assert [each["status"] for each in found] == [""] * len(rows)
    assert [each["text"].replace(f"Number {number}.", "") for number, each in enumerate(found)] == [
        f"{SENTENCE}\n\n {SENTENCE}\n\n```\na\n  b\n```"
    ] * len(rows)
    assert extracted(*rows[:3], timeout_s=2.5) == found[:3]  # by the child that has loaded it


@pytest.mark.parametrize(("kept", "due_at"), [(True, PAGES_BEFORE), (False, PAGES_BEFORE_COMPILING)])
def test_what_must_be_compiled_first_waits_for_more_pages(
    kept: bool, due_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading._State, "scanner", None)
    monkeypatch.setattr(reading, "_is_kept", lambda: kept)
    for pages, due in ((due_at - 1, False), (due_at, True)):
        monkeypatch.setattr(reading._State, "pages", pages)
        assert reading.is_due() is due


def test_where_no_code_may_be_loaded_pages_are_read_without_and_it_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def refuse() -> None:
        asked.append(True)
        raise OSError(13, "mprotect")

    monkeypatch.setattr(reading, "load", refuse)
    for name, value in (("scanner", None), ("is_refused", False), ("pages", PAGES_BEFORE)):
        monkeypatch.setattr(reading._State, name, value)
    monkeypatch.setattr(reading, "_is_kept", lambda: True)
    texts = [extract_html(page(f"<p>{SENTENCE}</p>")).text for _ in range(2)]
    assert texts[0] == texts[1]
    assert SENTENCE in texts[0]
    assert asked == [True]


@pytest.mark.parametrize("opening", ["<!--", "<script>", "<style ", "<noscript>", "<!-- --!", "<script></scripty>"])
def test_a_hundred_thousand_elements_that_never_end_cost_no_time(opening: str) -> None:
    content = b"<body><p>" + SENTENCE.encode() + b"</p>" + opening.encode() * 100_000
    began = time.process_time()
    assert SENTENCE in extract_html(content).text
    assert time.process_time() - began < 5


def runs(pid: int) -> bool:
    """Returns whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_child_ends_with_the_extractor_and_with_its_parent(tmp_path: Path) -> None:
    with Extractor(Extract()) as extractor:
        extractor.extract(to_table([row(GOOD)]))
        assert extractor._child._process is not None
        pid = extractor._child._process.pid
        assert runs(pid)
    assert not runs(pid)
    program = (
        "import os, time; from data.extraction_process import Child; from data.recipe import Extract\n"
        "child = Child(Extract()); list(child.read([({'content_type': None, 'url': None}, b'<p>x')]))\n"
        "print(child._process.pid, flush=True); time.sleep(1000)"
    )
    parent = subprocess.Popen([sys.executable, "-P", "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_broken_installation_ends_the_run_and_says_what_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lxml_html_clean.py").write_text("raise ImportError('lxml_html_clean is gone')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = Child(Extract(engine="trafilatura"))
    with pytest.raises(PhimillError, match=r"trafilatura does not start.*lxml_html_clean is gone"):
        list(child.read([({"content_type": None, "url": None}, GOOD)]))
    assert child._process is None


@pytest.mark.skipif(not E2E.is_dir(), reason="the shared folder data/e2e_dev does not stand beside the repository")
def test_the_practice_crawl_gives_every_encodings_text_and_drops_the_rest_for_its_reason() -> None:
    truth = {}
    with gzip.open(E2E / "truth_warc.jsonl.gz") as file:
        for line in file:
            entry = json.loads(line)
            truth[entry["url"]] = entry
    source = Source(name="s", kind="warc", path=str(E2E / "mix.warc.gz"))
    (unit,) = list_units(source, E2E, file_sha256)
    found: dict[str, dict[str, Any]] = {}
    with Extractor(Extract()) as extractor:
        for table in read_unit(unit, source):
            fates = extractor.extract(table).to_pylist()
            found |= dict(zip(table["url"].to_pylist(), fates, strict=True))
    assert set(found) == set(truth)
    reasons = {"non_html": "not_html", "empty_body": "empty", "binary_as_html": "binary"}
    for url, entry in truth.items():
        if entry.get("status") == 404:
            assert found[url]["reason"] == "not_found", url
        elif entry["kind"] in reasons:
            assert found[url]["reason"] == reasons[entry["kind"]], url
        elif entry["kind"] == "encoding":
            assert found[url]["text"].strip() == entry["expected_text"].strip(), url
        elif entry["kind"] != "html":
            assert found[url]["status"] == "", url
            assert "\ufffd" not in found[url]["text"]
