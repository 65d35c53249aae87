from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.html_fragment import fragment_text
from data.sources.stackexchange import read_posts


def post(kind: int, identity: int, body: str, **fields: Any) -> str:
    """Returns a row of Posts.xml."""
    values = {
        "Id": identity,
        "PostTypeId": kind,
        "Score": 0,
        "CreationDate": "2012-05-01T00:00:00.000",
        "Body": body,
        **fields,
    }
    return "  <row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items()) + " />\n"


def dump(*rows: str) -> bytes:
    return ('\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(rows) + "</posts>\n").encode()


def read(
    tmp_path: Path, content: bytes, name: str = "askubuntu.com/Posts.xml", **settings: Any
) -> list[dict[str, Any]]:
    path = tmp_path / "Posts.xml"
    path.write_bytes(content)
    source = Source(name="s", kind="stackexchange", path=str(path), **settings)
    return list(read_posts(InputFile(str(path), name, len(content), ""), source, tmp_path))


QUESTION = post(
    1, 4, "<p>How do I list <code>files</code>?</p>\n<pre class='x'><code>ls\n  -l &amp;&amp; x\n</code></pre>",
    Title="List  files & more", Tags="<bash><files>", AcceptedAnswerId=9, Score=7, ViewCount=100, AnswerCount=3,
)  # fmt: skip
ANSWERS = (
    post(2, 9, "<p>The accepted one.</p>", ParentId=4, Score=3),
    post(
        2,
        7,
        "<p>The best one.</p><ul><li>a</li><li>b</li></ul>",
        ParentId=4,
        Score=12,
        CreationDate="2019-01-01T00:00:00",
    ),
    post(2, 8, "<p>The worst one.</p>", ParentId=4, Score=-2, CreationDate="2010-01-01T00:00:00"),
)


def test_a_question_is_one_document_with_its_answers_by_score_and_its_code_as_it_is(tmp_path: Path) -> None:
    (row,) = read(
        tmp_path,
        dump(ANSWERS[2], QUESTION, ANSWERS[0], ANSWERS[1]),
        signals={"so": "score", "best": "best_answer_score"},
    )
    assert row["text"] == (
        "# List files & more\n\nHow do I list `files`?\n\n```\nls\n  -l && x\n```\n\n"
        "## Answer\n\nThe best one.\n- a\n- b\n\n## Accepted answer\n\nThe accepted one."
        "\n\n## Answer\n\nThe worst one.\n"
    )
    assert (row["origin_id"], row["locator"]) == ("4", "askubuntu.com/Posts.xml:1")
    assert row["url"] == "https://askubuntu.com/questions/4"
    assert row["licence"] == "CC-BY-SA-2.5 AND CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    facts = json.loads(row["metadata"])
    assert (facts["tags"], facts["score"], facts["answers"], facts["best_answer_score"]) == (
        ["bash", "files"],
        7,
        3,
        12,
    )
    assert facts["signals"] == {"so": 7.0, "best": 12.0}


def test_a_dump_that_names_licences_is_believed(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        dump(
            post(1, 1, "<p>q</p>", Title="t", ContentLicense="CC BY-SA 3.0"),
            post(2, 2, "<p>a</p>", ParentId=1, ContentLicense="CC BY-SA 3.0", CreationDate="2020-01-01T00:00:00"),
        ),
    )
    assert [row["licence"] for row in rows] == ["CC-BY-SA-3.0"]


def test_every_post_is_accounted_for(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        dump(
            post(1, 1, "<p>alone</p>", Title="t"),
            post(5, 2, "<p>tag wiki</p>"),
            post(2, 3, "<p>orphan</p>", ParentId=77),
            post(1, 4, "<p>q</p>", Title="u"),
            post(2, 5, "<p>a</p>", ParentId=4),
            post(1, 4, "<p>twin</p>", Title="u"),
            post(2, 6, "<p>no parent</p>"),
        ),
    )
    assert sorted((row["locator"][-1], row["status"], row["reason"]) for row in rows) == [
        ("0", "dropped", "too_few_answers"),
        ("1", "dropped", "no_question"),
        ("2", "dropped", "no_question_here"),
        ("3", "", ""),
        ("5", "quarantined", "duplicate_id"),
        ("6", "quarantined", "bad_post"),
    ]
    assert {row["locator"][-1]: row["origin_id"] for row in rows}["6"] == "6"
    alone = read(tmp_path, dump(post(1, 1, "<p>alone</p>", Title="t")), min_answers=0)
    assert [row["text"] for row in alone] == ["# t\n\nalone\n"]


@pytest.mark.parametrize("empty", ["", "<p> </p>", "<!-- -->"])
def test_an_empty_answer_answers_nothing(tmp_path: Path, empty: str) -> None:
    posts = dump(post(1, 7, "<p>why?</p>", Title="t", AcceptedAnswerId=8), post(2, 8, empty, ParentId=7))
    (row,) = read(tmp_path, posts)
    assert (row["status"], row["reason"], json.loads(row["metadata"])["answers"]) == ("dropped", "too_few_answers", 0)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('  <row Id="x" PostTypeId="1" Body="" />\n', "bad_post"),
        ('  <row Id="6" PostTypeId="1" Body="a" Body="b" />\n', "bad_xml"),
        ('  <row Id="6" PostTypeId="1" Body="&undefined;" />\n', "bad_xml"),
        ('  <row Id="6" PostTypeId="1" Body="cut\n', "bad_xml"),
        ("  <row Id='6' PostTypeId='1' Body='" + "x" * 3000 + "' />\n", "too_large"),
    ],
)
def test_a_bad_row_costs_itself_only(tmp_path: Path, bad: str, reason: str) -> None:
    rows = read(tmp_path, dump(QUESTION, bad, ANSWERS[0]), max_record_bytes=2000)
    assert [(row["locator"][-1], row["reason"]) for row in rows] == [("1", reason), ("0", "")]
    assert "accepted one" in rows[1]["text"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_whose_first_tag_is_damaged_is_told(tmp_path: Path, place: int) -> None:
    posts = [post(1, number, f"<p>{number}</p>", Title="t") for number in range(3)]
    posts[place] = posts[place].replace("<row", "<rov")
    rows = read(tmp_path, dump(*posts), min_answers=0)
    assert sorted((row["locator"][-1], row["reason"]) for row in rows) == [
        (str(number), "bad_xml" if number == place else "") for number in range(3)
    ]


def test_a_sign_too_many_in_a_row_makes_one_bad_row_of_it(tmp_path: Path) -> None:
    posts = [post(1, 1, "<p>one</p>", Title="t").replace("one", "on<e"), post(1, 2, "<p>two</p>", Title="u")]
    rows = read(tmp_path, dump(*posts), min_answers=0)
    assert sorted((row["locator"][-1], row["reason"]) for row in rows) == [("0", "bad_xml"), ("1", "")]


def test_entities_of_a_document_type_are_not_unfolded(tmp_path: Path) -> None:
    head = '<!DOCTYPE posts [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>\n<posts>\n'
    content = (head + post(1, 1, "x", Title="t").replace('"x"', '"&f;&a;"') + "</posts>").encode()
    assert [row["reason"] for row in read(tmp_path, content)] == ["bad_xml"]


def test_a_cut_dump_keeps_what_came_before(tmp_path: Path) -> None:
    whole = dump(QUESTION, *ANSWERS)
    rows = read(tmp_path, whole[: whole.rindex(b"worst")])
    assert [row["reason"] for row in rows] == ["truncated", ""]
    rows = read(tmp_path, whole[: whole.index(b"</posts>")])
    assert [row["reason"] for row in rows] == ["truncated", ""]
    packed = gzip.compress(whole)
    rows = read(tmp_path, packed[:-10], "x/Posts.xml.gz")
    assert [row["reason"] for row in rows] == ["truncated"]
    assert [row["reason"] for row in read(tmp_path, b"no posts at all")] == ["no_posts"]


def test_answers_beyond_what_a_document_may_hold_are_left_out_and_counted(tmp_path: Path) -> None:
    answers = (post(2, number, "word " * 50, ParentId=4, Score=-number) for number in range(10, 30))
    (row,) = read(tmp_path, dump(QUESTION, *answers), max_record_bytes=1200)
    facts = json.loads(row["metadata"])
    assert (facts["answers"], facts["answers_left_out"]) == (20, 20 - row["text"].count("## Answer"))
    assert 0 < facts["answers_left_out"] < 20


@pytest.mark.slow
def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    body = "<p>" + "some words of an answer " * 120 + "</p>"
    with (tmp_path / "Posts.xml").open("w") as file:
        file.write("<posts>\n")
        for number in range(1, 4_001):  # a question, its answers far behind it
            file.write(post(1, number, body, Title=f"t{number}"))
        for number in range(1, 8_001):
            file.write(post(2, 20_000 + number, body, ParentId=(number * 7) % 4_000 + 1, Score=number % 5))
        file.write("</posts>\n")
    size = (tmp_path / "Posts.xml").stat().st_size
    assert size > 30_000_000
    program = (
        "import re, sys\nfrom pathlib import Path\nfrom data.recipe import Source\n"
        "from data.sources import InputFile\n"
        "from data.sources.stackexchange import read_posts\n"
        "p = Path(sys.argv[1]); s = Source(name='s', kind='stackexchange', path=str(p))\n"
        "f = InputFile(str(p), p.name, p.stat().st_size, '')\n"
        "n = sum(1 for row in read_posts(f, s, p.parent) if not row['status'])\n"
        "print(n, re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "Posts.xml")], capture_output=True, text=True, check=True
    )
    questions, peak = (int(word) for word in done.stdout.split())
    assert questions == 4_000
    assert peak * 1024 < 300 * 2**20


def test_a_disk_without_room_for_the_posts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Posts.xml"
    path.write_bytes(dump(*(post(1, number, "x" * 10_000, Title="t") for number in range(12_000))))
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from data.recipe import Source\n"
        "from data.sources import InputFile\n"
        "from data.sources.stackexchange import read_posts\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
        "path, scratch = map(Path, sys.argv[1:])\n"
        "source = Source(name='s', kind='stackexchange', path=str(path))\n"
        "list(read_posts(InputFile(str(path), 'Posts.xml', path.stat().st_size, ''), source, scratch))\n"
    )
    run = subprocess.run([sys.executable, "-c", program, path, tmp_path], capture_output=True, text=True)
    assert f"data.errors.PhimillError: {tmp_path}/posts-" in run.stderr
    assert "make room there" in run.stderr


@pytest.mark.parametrize("tag", ["<p {}>", '<p{}">', "<p <1 {}>", "<p/{}/>", "<p \"{}'>", '<p z="<>" {}>'])
def test_a_tag_with_very_many_attributes_takes_no_longer_than_its_text(tag: str) -> None:
    """The parser holds each name against all before it: for a minute."""
    flood = " ".join(f"a{number}" for number in range(60_000))
    assert fragment_text(f"<p>before</p>{tag.format(flood)}in it") == "before\n\nin it"


def test_a_long_tag_of_few_attributes_is_left_as_it_is() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 50_000}" alt="a river">'
    assert fragment_text(f"<p>See {picture} there</p>") == "See a river there"
