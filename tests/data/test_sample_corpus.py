"""The quickstart's input: real text of this machine, planted difficulties, the truth about them."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.errors import UsageError
from data.recipe_file import read_recipe
from data.sample_corpus import edits, prose, write_sample_corpus
from data.sample_corpus.articles import Article, from_module
from data.sample_corpus.machine import SourceFile, required, topics
from data.sample_corpus.prose import Block
from data.sample_corpus.sites import REFERENCE, render
from filters.judging.rules import resolve_filters

MODULE = '''"""Counts things.

A longer account of how things are counted, in a sentence that has more than a few words in it, so that the
page is worth keeping. See `the manual <https://example.org>`_ and ``count`` below.

Example::

    >>> count([1, 2])
    2
"""

def count(things, *, twice=False):
    """Returns how many things there are.

    Args:
        things: any iterable; it is read once,
            from its beginning to its end.
        twice: count every thing two times, which is of use when one counts the shoes of people.

    Raises:
        TypeError: things cannot be iterated over.
    """
    return len(list(things)) * (2 if twice else 1)

def _hidden():
    """Nobody needs to know, and so this is on no page."""
'''


def test_a_docstring_becomes_headings_paragraphs_lists_and_code() -> None:
    (article,) = from_module(SourceFile("dist", "pack/counting.py", MODULE))
    assert article.title == "pack.counting"
    assert [(block.kind, block.text[:24]) for block in article.blocks] == [
        ("paragraph", "Counts things."),
        ("paragraph", "A longer account of how "),
        ("paragraph", "Example:"),
        ("code", ">>> count([1, 2])\n2"),
        ("heading", "``count(things, *, twice"),
        ("paragraph", "Returns how many things "),
        ("heading", "Args"),
        ("item", "things: any iterable; it"),
        ("item", "twice: count every thing"),
        ("heading", "Raises"),
        ("item", "TypeError: things cannot"),
    ]
    assert "from its beginning to its end." in article.text
    assert "See the manual and count below." in article.text


def test_code_fenced_deep_in_a_docstring_is_code() -> None:
    text = "It runs.\n\nExamples:\n    One:\n    ```python\n    if x:\n        run()\n    ```\n    ```x``` is a name.\n"
    code = [block.text for block in prose.parse(text) if block.kind == "code"]
    assert code == ["if x:\n    run()"]


def test_markdown_is_rendered_and_markup_in_code_is_left_alone() -> None:
    blocks = prose.parse("# Top\n\nSome *text* with [a link](http://x) & `a*b*c`.\n\n```py\nx = 1 < 2\n```\n", True)
    assert prose.to_html(blocks) == (
        '<h2>Top</h2>\n<p>Some <em>text</em> with <a href="#">a link</a> &amp; <code>a*b*c</code>.</p>\n'
        "<pre><code>x = 1 &lt; 2</code></pre>"
    )


def test_lists_are_opened_and_closed() -> None:
    blocks = [Block("item", "one"), Block("item", "two"), Block("paragraph", "end")]
    assert prose.to_html(blocks) == "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>end</p>"
    assert prose.to_html(blocks[:1]).endswith("</ul>")


def article(words: int = 300) -> Article:
    blocks = [
        Block("paragraph", " ".join(f"word{place * 30 + number}" for number in range(30)))
        for place in range(words // 30)
    ]
    return Article("dist/module.py#0", "module", "dist", "docstrings", tuple(blocks))


def test_jaccard_is_that_of_sets_of_word_5_grams() -> None:
    # abcde bcdef cdefg and bcdef cdefg defgh: 2 of 4 are shared
    assert edits.jaccard("a b c d e f g", "B c d e f g h") == 0.5
    assert edits.jaccard("a b c", "a b c") == 0.0


def test_an_edited_copy_differs_and_stays_similar() -> None:
    original = article()
    copies = [edits.edited(original, f"copy {number}") for number in range(20)]
    similarities = [edits.jaccard(original.text, copy.text) for copy in copies]
    assert all(0.82 <= similarity < 1 for similarity in similarities)
    assert len({copy.text for copy in copies}) > 10


def test_a_relevelled_copy_is_equal_after_case_and_white_space_are_levelled() -> None:
    original = article()
    for number in range(4):
        copy = edits.relevelled(original, f"copy {number}")
        assert copy.blocks != original.blocks
        assert copy.text.lower().split() == original.text.lower().split()


def test_a_page_declares_the_charset_that_its_bytes_have() -> None:
    quoted = Article("d/m.py#0", "naïve", "d", "docstrings", (Block("paragraph", "It’s 10 € – naïve, π"),))
    page = render(quoted, REFERENCE, charset="windows-1252")
    text = page.html.decode("windows-1252")
    assert 'charset="windows-1252"' in text
    assert "It’s 10 € – naïve" in text
    assert "&#960;" in text  # what the charset lacks


def test_what_phimill_requires_is_followed_to_the_end() -> None:
    names = required("phimill")
    assert {"numpy", "jinja2", "markupsafe"} <= set(names)  # markupsafe is required by jinja2
    assert "phimill" not in names
    assert "pytest" not in names


def test_topics_are_read_without_importing_them() -> None:
    code = "from data.sample_corpus.machine import topics; import sys; assert 'pydoc_data.topics' not in sys.modules; "
    code += "assert 'assert' in topics(); assert 'pydoc_data.topics' not in sys.modules"
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_a_foreign_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mine.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="not a sample corpus"):
        write_sample_corpus(tmp_path)
    assert (tmp_path / "code" / "mine.py").exists()


@pytest.mark.parametrize("name", ["quickstart", "phi-1"])
def test_the_shipped_recipes_are_good(name: str) -> None:
    read = read_recipe(name)
    rules = resolve_filters(read.recipe.filters, {"quality"}, read.error).rules
    assert {"quality.keep_token_share"} <= {rule.address for rule in rules}
    assert abs(sum(read.recipe.mixture.shares.values()) - 1) < 1e-9


# --- the whole corpus -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(sample_corpus: Path) -> Path:
    return sample_corpus


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pages(folder: Path) -> dict[str, bytes]:
    """Locator → the page's bytes, found by a reader of our own."""
    found = {}
    for number, line in enumerate((folder / "web.jsonl").read_bytes().split(b"\n"), start=1):
        try:
            found[f"web.jsonl:{number}"] = json.loads(line)["html"].encode()
        except ValueError:
            continue
    content = (folder / "web.warc.gz").read_bytes()
    starts = [match.start() for match in re.finditer(rb"\x1f\x8b\x08\x00\x00\x00\x00\x00", content)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(content)], strict=True)):
        try:
            record = gzip.decompress(content[start:end])
        except (EOFError, OSError):
            continue
        if b"\r\nWARC-Type: response\r\n" in record:
            found[f"web.warc.gz:{number}"] = record.split(b"\r\n\r\n", 2)[2].removesuffix(b"\r\n\r\n")
    return found


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_a_second_call_in_another_process_writes_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from data.sample_corpus import write_sample_corpus\n"
    code += "write_sample_corpus(Path(sys.argv[1]))"
    environment = {"PYTHONHASHSEED": "123", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": ""}
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path)], check=True, env=environment)
    assert hashes(tmp_path) == hashes(corpus)


@pytest.mark.slow
def test_a_corpus_that_is_there_is_left_alone_and_a_damaged_one_is_written_anew(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr("data.sample_corpus.corpus._write", lambda folder: written.append(folder) or {"new": True})
    copy = Path(shutil.copytree(corpus, tmp_path / "copy"))
    assert "planted" in write_sample_corpus(copy)["truth.jsonl"]
    assert written == []
    reference = (copy / "reference.jsonl").read_bytes()
    (copy / "reference.jsonl").write_bytes(reference.replace(b"a", b"b", 1))
    assert write_sample_corpus(copy) == {"new": True}
    assert written == [copy]


@pytest.mark.slow
def test_it_has_the_size_that_a_quickstart_can_bear(corpus: Path) -> None:
    code = [path.stat().st_size for path in (corpus / "code").rglob("*.py")]
    assert 5e6 < sum(code) < 20e6
    html = pages(corpus)
    assert 2000 <= len(html) <= 4000
    assert sum(map(len, html.values())) < 15e6
    assert len(rows(corpus / "benchmark.jsonl")) >= 30


@pytest.mark.slow
def test_every_distribution_has_code_and_a_licence_beside_it(corpus: Path) -> None:
    licences = json.loads((corpus / "licences.json").read_text())
    folders = {path.name for path in (corpus / "code").iterdir() if not path.name.endswith("-mirror")}
    assert {"python-stdlib", "numpy", "jinja2", "prefect"} <= folders <= set(licences)
    without = [name for name in folders if not list((corpus / "code" / name).glob("[LlCNU]*"))]
    assert without == [name for name in without if licences[name]["licence"] is None]


@pytest.mark.slow
def test_nothing_of_the_reference_is_in_the_pool(corpus: Path) -> None:
    reference = {row["id"].rpartition("#")[0].removeprefix("topics/") for row in rows(corpus / "reference.jsonl")}
    assert 0.3 < len(reference) / len(topics()) < 0.7
    pool = b"\n".join(pages(corpus).values()).decode("utf-8", "replace")
    paragraphs = [part for row in rows(corpus / "reference.jsonl") for part in row["text"].split("\n\n")]
    long = [part for part in paragraphs if len(part) > 120 and not re.search(r"[<>&\"'*`]", part)]
    assert len(long) > 100
    assert [part for part in long if part in pool] == []
    assert not list((corpus / "code").rglob("pydoc_data/*"))


@pytest.mark.slow
def test_a_benchmark_item_stands_only_where_it_was_hidden(corpus: Path) -> None:
    truth = [row for row in rows(corpus / "truth.jsonl") if row["label"].startswith("benchmark functions")]
    hidden = {row["locator"] for row in truth}
    items = [row["prompt"] + row["canonical_solution"] for row in rows(corpus / "benchmark.jsonl")]
    code = {str(path.relative_to(corpus / "code")): path.read_text("utf-8", "replace") for path in corpus.rglob("*.py")}
    found_in_code = {name for name, text in code.items() if any(item in text for item in items)}
    assert found_in_code == {locator for locator in hidden if not locator.startswith("web.")}
    escaped = [item.rstrip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for item in items]
    as_ascii = [re.findall(r"[!-~]{30,}|[ -~]{40,}", item) for item in escaped]
    found_in_pages = {
        locator
        for locator, html in pages(corpus).items()
        if any(lines and all(line.encode() in html for line in lines) for lines in as_ascii)
    }
    assert found_in_pages == {locator for locator in hidden if locator.startswith("web.")}
    assert len(truth) >= 50


@pytest.mark.slow
def test_the_truth_speaks_of_records_that_are_there(corpus: Path) -> None:
    truth = rows(corpus / "truth.jsonl")
    html = pages(corpus)
    for row in truth:
        if row["label"] == "damaged records":
            assert row["locator"] not in html
            continue
        for locator in filter(None, (row["locator"], row.get("of"))):
            assert locator in html or (corpus / "code" / locator).is_file()
    for row in truth:
        if row["label"] == "exact duplicates" and row["source"] != "code":
            strip = re.compile(
                rb"charset=[\"']?[\w-]+"
            )  # JSON lines hold text, so the bytes may differ from the WARC's
            one, other = (strip.sub(b"", html[row[key]]) for key in ("locator", "of"))
            assert len(one) == len(other) or {row["source"], row["of_source"]} == {"pages", "more-pages"}


@pytest.mark.slow
def test_the_quickstart_reads_the_sources_that_the_truth_names(corpus: Path) -> None:
    recipe = read_recipe("quickstart", [f"root={json.dumps(str(corpus))}"]).recipe
    assert {row["source"] for row in rows(corpus / "truth.jsonl")} == {source.name for source in recipe.sources}
    named = [source.path for source in recipe.sources] + [recipe.truth, recipe.decontaminate.benchmarks[0].path]
    assert all((corpus / str(path)).exists() for path in named)


@pytest.mark.slow
def test_damaged_records_are_within_one_percent_of_every_source(corpus: Path) -> None:
    damaged = [row["source"] for row in rows(corpus / "truth.jsonl") if row["label"] == "damaged records"]
    records = {
        "code": len(list((corpus / "code").rglob("*.py"))),
        "pages": sum(locator.startswith("web.warc.gz") for locator in pages(corpus)),
        "more-pages": (corpus / "web.jsonl").read_bytes().count(b"\n"),
    }
    assert set(damaged) == set(records)
    assert all(damaged.count(source) < 0.01 * count for source, count in records.items())


@pytest.mark.slow
def test_near_duplicates_of_code_are_near(corpus: Path) -> None:
    pairs = [
        row for row in rows(corpus / "truth.jsonl") if (row["source"], row["label"]) == ("code", "near duplicates")
    ]
    assert len(pairs) >= 20
    for row in pairs:
        one, other = ((corpus / "code" / row[key]).read_text("utf-8") for key in ("locator", "of"))
        assert 0.8 <= edits.jaccard(one, other) < 1
