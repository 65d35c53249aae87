from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UsageError
from flows.ingesting.allotting import Found, Guess, allot
from flows.ingesting.guessing import guess_sources


def allotted(
    *files: tuple[str, str | None], archives: dict[str, list[tuple[str, str]]] | None = None
) -> tuple[dict[str, Guess], list[str]]:
    found = Found()
    for relative, members in (archives or {}).items():
        found.add(relative, members[0][1] if members else None, members)
    for relative, kind in files:
        found.add(relative, kind)
    left: list[str] = []
    guesses = allot(found, lambda relative, why: left.append(f"{relative}: {why}"))
    return {guess.kind: guess for guess in guesses}, left


def test_each_kind_of_file_is_a_source_of_its_own_by_how_names_end() -> None:
    guesses, left = allotted(
        ("a.jsonl", "jsonl"), ("deep/b.JSONL", "jsonl"), ("c.html", "html"), ("d.warc.gz", "warc"), ("README", "files"),
        ("e.7z", None), ("f.7z", None),
    )  # fmt: skip
    assert guesses == {
        "html": Guess("html", 1, ("*.html",)),
        "jsonl": Guess("jsonl", 2, ("*.JSONL", "*.jsonl")),
        "warc": Guess("warc", 1, ("*.warc.gz",)),
    }
    assert left == [
        "README: no ending, read by no source",
        "e.7z: ending .7z, read by no source",
        "f.7z: ending .7z, read by no source",
    ]


def test_files_of_one_ending_and_of_two_kinds_are_told_apart_by_name() -> None:
    guesses, left = allotted(("a.json", "json"), ("b.json", "json"), ("x/c[1].json", "jsonl"), ("d.csv", "csv"))
    assert guesses["json"] == Guess("json", 2, ("*.json",), ("/x/c[[]1].json",))
    assert guesses["jsonl"] == Guess("jsonl", 1, ("/x/c[[]1].json",))
    assert not left
    with pytest.raises(UsageError, match=r"end in \.json are of several kinds, such as json and jsonl"):
        allotted(*((f"{n}.json", ("json", "jsonl")[n % 2]) for n in range(200)))


def test_files_without_an_ending_are_named_up_to_a_number() -> None:
    crawl = [(f"CC-MAIN-{n:05d}", "warc") for n in range(49)]
    guesses, left = allotted(*crawl, ("00001.gz", "warc"))
    assert (len(guesses["warc"].include), guesses["warc"].files, left) == (50, 50, [])
    with pytest.raises(UsageError, match=r"51 files whose names say nothing, such as CC-MAIN-00000, are warc"):
        allotted(*crawl, ("00001.gz", "warc"), ("00002.gz", "warc"))
    texts = [(f"text{n}", "files") for n in range(53)]
    guesses, left = allotted(*texts, ("a.pdf", "documents"), ("b.csv", "csv"))
    assert guesses["files"].files == 51  # with the table, which lies in a tree of texts
    assert left[2] == "text52: no ending, and of such files 50 are read"


def test_a_tree_of_programs_keeps_its_pages_and_tables_but_no_archives() -> None:
    tree = [(f"{n}.py", "files") for n in range(3)]
    text = [("a.html", "html"), ("b.csv", "csv"), ("c.json", "json")]
    assert allotted(*tree, *text) == ({"files": Guess("files", 6)}, [])
    guesses, left = allotted(*tree, *text, ("d.parquet", "parquet"), ("e.png", None))
    assert (guesses["files"].files, guesses["parquet"].include) == (6, ("*.parquet",))
    assert left == ["e.png: ending .png, read by no source"]


def test_a_program_among_data_is_a_source_and_what_explains_one_kind_of_data_is_none() -> None:
    data = [(f"{n}.jsonl", "jsonl") for n in range(9)]
    assert allotted(*data, ("load.py", "files"))[0] == {"jsonl": Guess("jsonl", 9)}
    guesses, _ = allotted(*data, ("p.html", "html"), ("load.py", "files"))
    assert guesses["files"] == Guess("files", 1, ("*.py",))


def test_a_zip_archive_is_read_by_the_sources_of_the_kinds_that_lie_in_it() -> None:
    assert allotted(("a.jsonl", "jsonl"), ("b.zip", "jsonl")) == ({"jsonl": Guess("jsonl", 2)}, [])
    archives = {
        "pages.zip": [("x/1.htm", "html"), ("2.HTML", "html"), ("notes.odt", "files"), ("__MACOSX/x/1.htm", "html")],
        "both.ZIP": [("3.jsonl", "jsonl"), ("4.html", "html"), (".5.html", "html")],
        "crypt.zip": [("6.odt", "files")],
        "broken.zip": [],
    }
    guesses, left = allotted(("a.jsonl", "jsonl"), ("c.html", "html"), archives=archives)
    assert guesses == {
        "html": Guess("html", 3, ("*.html", "*.htm", "*.HTML"), ("/broken.zip", "/crypt.zip")),
        "jsonl": Guess("jsonl", 2, ("*.jsonl",), ("/broken.zip", "/crypt.zip", "/pages.zip")),
    }
    assert left == [
        "both.ZIP/.5.html: in an archive, hidden",
        "broken.zip: an archive without a file that a source reads",
        "crypt.zip: an archive without a file that a source reads",
        "pages.zip/notes.odt: ending .odt, read by no source",
        "pages.zip/__MACOSX/x/1.htm: in an archive, what macOS notes about its files",
    ]


def test_zip_archives_of_which_a_source_reads_none_are_named_together_or_not_at_all() -> None:
    many = {f"{n}.zip": [("p.html", "html")] for n in range(60)}
    guesses, _ = allotted(("a.jsonl", "jsonl"), archives=many)
    assert guesses == {"html": Guess("html", 60, ("*.html",)), "jsonl": Guess("jsonl", 1, ("*.jsonl",), ("*.zip",))}
    with pytest.raises(UsageError, match=r"60 \.zip archives, such as 0\.zip, hold nothing that is jsonl, and 1 do"):
        allotted(("a.jsonl", "jsonl"), archives={**many, "z.zip": [("q.jsonl", "jsonl")]})


def test_what_tells_about_a_dataset_is_none_of_its_tables() -> None:
    guesses, left = allotted(("a.json", "json"), ("b.parquet", "parquet"), ("data/dataset_infos.json", None))
    assert guesses["json"] == Guess("json", 1, ("*.json",), ("/data/dataset_infos.json",))
    assert left == ["data/dataset_infos.json: ending .json, read by no source"]


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("CC-MAIN-00001", b"WARC/1.0\r\n", "warc"),
        ("old.crawl", b"filedesc://a.arc 0.0.0.0", "warc"),
        ("page", b"\n<!DOCTYPE html><p>x", "html"),
        ("index.php", b"<!DOCTYPE html><?php", "files"),
        ("table", b"PAR1", "parquet"),
        ("paper", b"%PDF-1.4", "documents"),
        ("a.page.shtml", b"x", "html"),
        ("a.HTML.gz", b"", "html"),
        ("a.warc.gzip", b"", "warc"),
    ],
)
def test_a_file_whose_name_says_nothing_is_known_by_how_it_begins(
    name: str, head: bytes, kind: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(head)
    (guess,) = guess_sources(str(tmp_path))
    assert (guess.kind, guess.files) == (kind, 1)


def test_any_number_of_papers_as_arxiv_packs_them_is_read_beside_other_files() -> None:
    papers = [(f"2301/2301.{n:05d}.gz", "arxiv") for n in range(3000)]
    tables = [(f"{n}.jsonl.gz", "jsonl") for n in range(60)]
    guesses, left = allotted(
        *papers, *tables, ("more.tar.gz", "arxiv"), ("odd.gz", None), ("00001.gz", "warc"),
        ("2301/2301.00007.pdf", None),
    )  # fmt: skip
    arxiv = guesses["arxiv"]
    assert (arxiv.files, arxiv.include) == (3001, ("*.gz", "*.tar.gz"))
    assert sorted(arxiv.exclude) == ["*.jsonl.gz", "/00001.gz", "/odd.gz"]
    assert guesses["jsonl"] == Guess("jsonl", 60, ("*.jsonl.gz",))
    assert guesses["warc"] == Guess("warc", 1, ("/00001.gz",))
    assert left == ["odd.gz: ending .gz, read by no source", "2301/2301.00007.pdf: ending .pdf, read by no source"]


def test_papers_among_too_many_other_files_that_are_packed_alike_are_to_be_put_apart() -> None:
    papers = [(f"2301.{n:05d}.gz", "arxiv") for n in range(60)]
    with pytest.raises(UsageError, match=r"60 files whose names say nothing, such as 2301\.00000\.gz, are arxiv"):
        allotted(*papers, *((f"{n}.gz", "warc") for n in range(51)))
