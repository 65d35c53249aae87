"""Texts on which fast and slow are compared: the shared corpora's, those of this machine's Python, and awkward ones."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import sysconfig
from pathlib import Path
from typing import Iterable, Iterator

import pytest
from hypothesis import strategies as st

SHARED = Path(__file__).parents[4] / "shared"

#: Where texts of a kind stand.
FILES = {
    "textbooks": ("data/textbooks/textbooks.jsonl.gz",),
    "code": ("data/code/code-0000.jsonl.gz",),
    "languages": ("data/langid/udhr_articles_1-22.jsonl.gz",),
    "quality": ("data/quality/dclm_human_labels.jsonl.gz", "data/quality/dolma_cc_en_head-0091.jsonl.gz"),
    "e2e": ("data/e2e_dev/mix-text.jsonl.gz",),
}
WEB = (
    "data/web-open/raw-crawl-open-0000.warc.gz",
    "data/web-thirdparty/raw-crawl-thirdparty-0000.warc.gz",
    "data/web-thirdparty/raw-crawl-thirdparty-0004.warc.gz",
)
KINDS = (*FILES, "web")


def shared(name: str) -> Path:
    """Returns the path of shared test data; skips the test where it is not there."""
    if not (SHARED / name).exists():
        pytest.skip(f"the shared test data (../shared/{name}) is not beside this repository")
    return SHARED / name


def choose(texts: Iterable[str], number: int, most_chars: int) -> list[str]:
    """Returns `number` different texts of at most `most_chars`, chosen by what they are alone."""
    fitting = {hashlib.sha256(text.encode()).digest(): text for text in texts if len(text) <= most_chars}
    return [fitting[key] for key in sorted(fitting)[:number]]


@functools.cache
def real_texts(kind: str, number: int, most_chars: int = 30_000) -> list[str]:
    """Returns real texts of a kind of `KINDS`, always the same."""
    if kind == "web":
        # The rule must not depend on the texts that extraction leaves, or a better one would change the choice.
        pages = {hashlib.sha256(page).digest(): page for name in WEB for page in pages_of(shared(name))}
        return list(filter(None, (extracted(pages[key], most_chars) for key in sorted(pages)[: 2 * number])))[:number]
    return choose((text for name in FILES[kind] for text in rows_of(shared(name))), number, most_chars)


def rows_of(path: Path) -> Iterator[str]:
    """Yields the texts of a .jsonl.gz file, as far as UTF-8 can hold them."""
    for line in gzip.decompress(path.read_bytes()).split(b"\n"):
        if line:
            yield json.loads(line)["text"].encode(errors="replace").decode()


def pages_of(path: Path) -> Iterator[bytes]:
    """Yields the pages of a WARC file."""
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                yield record.content_stream().read()


def extracted(page: bytes, most_chars: int) -> str:
    """Returns a page's text; every fourth page's with menus and all, as careless crawls have it."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    careless = hashlib.sha256(page).digest()[-1] % 4 == 0
    html = bytes_to_str(page, detect_encoding(page) or "utf-8")
    text: str = extract_plain_text(html, main_content=not careless, alt_texts=careless, form_fields=careless)
    return text.encode(errors="replace").decode()[:most_chars]


def texts_of_python(number: int, most_chars: int = 30_000) -> list[str]:
    """Returns texts that stand on every machine: pages of Python's own documentation, and its sources."""
    from pydoc_data.topics import topics

    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    pages = choose(topics.values(), number // 2, most_chars)
    return pages + choose((path.read_text() for path in sources), number - len(pages), most_chars)


#: White space of every kind, and what looks like it.
SPACES = (
    " ", "  ", "\n", "\n\n", "\n \n", "\n\n\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e",
    "\x1f", "\x85", "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", " \u3000",
    "\u200b", "\ufeff",
)  # fmt: skip
#: Marks that rules look for, alone and in the company that makes them something else.
MARKS = (
    ".", "..", "...", "....", "…", "!", "?", "?!", "。", "！", "।", ":", ";", ",", "'", '"', "’", "”", "»", ")",
    "]", "(", "[", "{", "}", "#", "##", "-", "--", "- ", "* ", "• ", "‣ ", "–", "—", "_", "*", "/", "\\", "<",
    ">", "@", "&", "%", "+", "=", "~", "^", "|", "$", "€", "°", "[1]", "[]", "[٣]", "[edit]", "[Edit]",
    "[citation needed]", "[1", "[[2]]",
)  # fmt: skip
#: Words, single letters, digits, and characters that are several bytes, cling to others or have odd cases.
WORDS = (
    "a", "b", "A", "Z", "the", "The", "THE", "be", "to", "of", "and", "that", "have", "with", "word", "words",
    "I", "x1", "don't", "can't", "U.S.", "e.g.", "Mr.", "p.m.", "C++", "www.example.com", "http://a.b/c?d=e#f",
    "me@home.org", "192.168.0.1", "8.8.8.8", "3.14", "1,000", "5km", "10%", "$5", "20°C.", "e-mail", "foo.Bar",
    "a/b", "x=y", "#tag", ":)", ":-)", ":-(((", "xD", "<3", "(ಠ_ಠ)", "lorem ipsum", "Lorem Ipsum", "lorem",
    "ipsum", "JavaScript", "javascript", "Terms of Use", "privacy policy", "cookie policy", "uses cookies",
    "use of cookies", "use cooKies", "{", "}", "é", "e\u0301", "ß", "İ", "ı", "K", "ſ", "ﬁ", "Ω", "ώ", "Я",
    "слово", "中", "中文字", "あ", "ｱ", "한국", "हिन्दी", "ไทย", "עברית", "العربية", "٣", "१", "½", "²", "Ⅷ",
    "🙂", "👩\u200d👩\u200d👧", "🇩🇪", "𝔘", "𐐀", "\U00020001", "\x00", "\x7f", "\ufffd", "\U0010ffff", "a" * 29,
    "a" * 30, "a" * 31, "b" * 1001,
)  # fmt: skip

#: Lines that stay and lines that go.
LINES = (
    "a b c.",
    "A line of words.",
    "Another line of words!",
    "It is. Is it? It is!",
    "",
    "Menu",
    "- item",
    "One two…",
)

#: Any text that UTF-8 can hold.
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)

_piece = st.one_of(st.sampled_from(WORDS), st.sampled_from(SPACES), st.sampled_from(MARKS), st.just(" "))

#: Texts of awkward pieces, a few of them again and again.
awkward_text = st.one_of(
    st.lists(_piece, max_size=80).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.lists(st.sampled_from(WORDS[:12]), max_size=80).map(" ".join),
    st.lists(st.lists(_piece, max_size=12).map("".join), max_size=20).map("\n".join),
    st.builds(str.__mul__, st.lists(_piece, min_size=1, max_size=4).map("".join), st.integers(2, 40)),
    st.lists(st.sampled_from(LINES), max_size=40).map("\n".join),
)

#: Texts at the edges.
EDGES = (
    "", " ", "\n", "a", ".", "é", "\U0010ffff", "\u3000", "\n" * 100, "\r\n" * 3, " \n \n ", "a\n", "\na",
    "a" * 10_000, "a " * 5_000, "word " * 100_001, "é" * 3_000, "." * 3_000, "!" * 3_000 + "x", "\n\x1c\n",
    "\x1c\x1d\x1e\x1f\x85", "lorem ipsumlorem ipsum LOREM IPSUM loremlorem ipsum", "....... .. ...…… …",
    "[1][edit]", "x\u2028y\u2029z\x85.", "the\u00a0be\u3000to.", '"""""""""""""the', "The end",
    "the " * 49 + "of", "abc " * 50, *SPACES, *MARKS, *WORDS,
)  # fmt: skip


@functools.cache
def large_texts() -> dict[str, str]:
    """Returns texts of a megabyte by what they are."""
    return {
        "one word": "a" * 1_000_000,
        "one word again and again": "word " * 200_000,
        "one line again and again": "A line of words.\n" * 60_000,
    }
