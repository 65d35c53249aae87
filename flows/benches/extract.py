"""`phimill bench extract`: the same pages through phimill's engines and through peers', side by side.

Times are processor seconds of one process, from a page's bytes to its text; engines take turns of some pages each, as
they would run alone with their own code in the processor's caches, and a page's time is the median of its runs.
trafilatura is called as datatrove calls it. Quality is counted by words against texts that people took from the pages,
and by passages that must, or must not, be there; of some pages the one is known, of others the other.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import gzip
import importlib.util
import itertools
import json
import logging
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data.errors import UsageError
from data.keyed import keyed_hash
from data.pages import reading
from data.pages.labels import word_agreement
from data.pages.network import shipped
from data.recipe import Source
from flows.progress import Progress

Engine = Callable[[bytes, str, str], str]
#: What all rates are compared with: by datatrove's settings.
PEER = "trafilatura"
#: Where pages are looked for if none are named, from the repository.
SHARED = "../shared/data/web-thirdparty"
#: How many pages an engine reads before it is another's turn.
TURN_PAGES = 25
_TRUTH = "extraction_gt.jsonl.gz"
#: justext has to be told the language; a page's own word for it is what it gets.
_LANGUAGE = re.compile(r"""<html[^<>]*?\slang\s*=\s*["']?([a-zA-Z]{2})""")
_STOP_WORDS = {
    "cs": "Czech", "da": "Danish", "de": "German", "es": "Spanish", "et": "Estonian", "fi": "Finnish", "fr": "French",
    "hu": "Hungarian", "it": "Italian", "nb": "Norwegian_Bokmal", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "tr": "Turkish",
}  # fmt: skip


def bench_extract(paths: Sequence[Path], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Runs and prints the comparison.

    Args:
        paths: folders of WARC files, with extraction_gt.jsonl.gz where something is known of the pages; none: those
            beside the repository, else pages that the sample corpus makes.
        number: at most this many pages; those of which something is known come first, whole texts and passages in
            turns.
        runs: how often each page is read by each engine.
        max_bytes: longer pages are left out.
        as_json: print JSON instead of a table.
    """
    logging.disable(logging.CRITICAL)
    progress = Progress()
    pages = _choose(paths, number, max_bytes)
    progress.say(f"{len(pages):,} pages, {sum(len(page['content']) for page in pages) / 1e6:.1f} MB")
    engines = _engines(progress)
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    texts: dict[str, list[str]] = {name: [] for name in engines}
    with progress.step("pages", len(pages), len(pages)) as done:
        for start in range(0, len(pages), TURN_PAGES):
            turn = pages[start : start + TURN_PAGES]
            for name, found in _read(turn, engines, runs).items():
                seconds[name] += [statistics.median(times) for times, _ in found]
                texts[name] += [text for _, text in found]
            done(start + len(turn))
    rows = [_row(name, seconds[name], seconds[PEER], texts[name], pages) for name in engines]
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        _show(rows, pages)


def _read(
    pages: Sequence[dict[str, Any]], engines: dict[str, Engine], runs: int
) -> dict[str, list[tuple[list[float], str]]]:
    """Returns what each engine makes of each page, and its seconds; nobody's turn pays for another's garbage."""
    found: dict[str, list[tuple[list[float], str]]] = {name: [([], "") for _ in pages] for name in engines}
    for _ in range(runs):
        for name, engine in engines.items():
            gc.collect()
            for place, page in enumerate(pages):
                begin = time.process_time()
                text = engine(page["content"], page["content_type"], page["url"])
                found[name][place] = ([*found[name][place][0], time.process_time() - begin], text)
    return found


def _choose(paths: Sequence[Path], number: int, max_bytes: int) -> list[dict[str, Any]]:
    if not paths:
        shared = Path(__file__).parents[2] / SHARED
        if not shared.is_dir():
            return _choose_made(number, max_bytes)
        paths = [shared]
    pages = [page for path in paths for page in _pages_of(path) if len(page["content"]) <= max_bytes]
    if not pages:
        raise UsageError(f"{', '.join(map(str, paths))}: no WARC file with pages")
    groups = [
        sorted(
            (page for page in pages if page["rank"] == rank),
            key=lambda page: keyed_hash(1, "bench-extract", page["url"]),
        )
        for rank in range(3)
    ]
    known = [page for pair in itertools.zip_longest(*groups[:2]) for page in pair if page]
    return [*known, *groups[2]][:number]


def _choose_made(number: int, max_bytes: int) -> list[dict[str, Any]]:
    from data.sample_corpus import write_sample_corpus

    with tempfile.TemporaryDirectory() as folder:
        write_sample_corpus(Path(folder))
        holding = {path.parent for path in Path(folder).rglob("*.warc.gz")}
        return _choose(sorted(holding), number, max_bytes)


def _pages_of(folder: Path) -> Iterator[dict[str, Any]]:
    from data.sources import list_units, read_unit

    truth: dict[str, dict[str, Any]] = collections.defaultdict(dict)
    if (folder / _TRUTH).is_file():
        with gzip.open(folder / _TRUTH) as file:
            for entry in map(json.loads, file):
                truth[entry["record_id"].strip("<>")].update(entry)
    source = Source.model_validate({"name": "bench", "kind": "warc", "path": "*.warc.gz"})
    for unit in list_units(source, folder, lambda path: ""):
        for table in read_unit(unit, source):
            for row in table.select(["origin_id", "url", "content_type", "content"]).to_pylist():
                if row["content"] and "html" in (row["content_type"] or "html"):
                    known = truth.get((row["origin_id"] or "").strip("<>"), {})
                    rank = 0 if "full_text" in known else 1 if "segments_with" in known else 2
                    row |= {"truth": known, "rank": rank, "url": row["url"] or ""}
                    yield {**row, "content_type": row["content_type"] or "text/html"}


def _engines(progress: Progress) -> dict[str, Engine]:
    """Returns phimill's engines and those of peers that are installed, each after it has read one page."""
    reading.load()
    engines: dict[str, Engine] = {PEER: _trafilatura}
    engines |= {f"phimill: {name}": _own(name) for name in ("resiliparse", "resiliparse+trafilatura", "plain")}
    engines["resiliparse alone"] = _resiliparse
    peers: dict[str, tuple[str, Engine]] = {
        "justext": ("jusText", _justext),
        "readability": ("readability-lxml", _readability),
    }
    for name, (package, peer) in peers.items():
        if importlib.util.find_spec(name):
            engines[name] = peer
        else:
            progress.say(f"  {name} is left out: pip install {package}")
    for engine in engines.values():
        engine(b"<html><body><article><p>A page, read once.</p></article></body></html>", "text/html", "")
    return engines


def _own(name: str) -> Engine:
    from data.html_page import read_page

    return lambda content, content_type, url: read_page(content, content_type, name, url, opt_out=False).text


def _decoded(content: bytes, content_type: str) -> str:
    from data.charset import Undecodable, decode_html

    try:
        return decode_html(content, content_type)[0]
    except Undecodable:
        return ""


def _trafilatura(content: bytes, content_type: str, url: str) -> str:
    from data.trafilatura_peer import extract_as_datatrove

    return extract_as_datatrove(_decoded(content, content_type))


def _resiliparse(content: bytes, content_type: str, url: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(_decoded(content, content_type), main_content=True))


def _justext(content: bytes, content_type: str, url: str) -> str:
    import justext

    html = _decoded(content, content_type)
    named = _LANGUAGE.search(html)
    stop_words = justext.get_stoplist(_STOP_WORDS.get(named[1].lower() if named else "en", "English"))
    with contextlib.suppress(Exception):  # a peer's failure is its empty text
        found = justext.justext(html.encode(), stop_words, encoding="utf-8")
        return "\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate)
    return ""


def _readability(content: bytes, content_type: str, url: str) -> str:
    import readability
    from lxml import html as lxml_html

    html = _decoded(content, content_type)
    with contextlib.suppress(Exception):  # a peer's failure is its empty text
        return str(lxml_html.fromstring(readability.Document(html).summary()).text_content())
    return ""


def _row(
    name: str, seconds: Sequence[float], peer: Sequence[float], texts: Sequence[str], pages: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    told = list(zip(texts, (page["truth"] for page in pages), strict=True))
    scores = [word_agreement(text, truth["full_text"]) for text, truth in told if truth.get("full_text")]
    means = [statistics.fmean(column) for column in zip(*scores, strict=True)] if scores else [None] * 3
    shares = {
        key: [_folded(passage) in _folded(text) for text, truth in told for passage in truth.get(key) or []]
        for key in ("segments_with", "segments_without")
    }
    return {
        "engine": name,
        "pages": len(pages),
        "pages_per_second": round(len(pages) / sum(seconds), 1),
        "ratio": round(sum(peer) / sum(seconds), 2),
        "pages_with_full_text": len(scores),
        **{key: value and round(value, 4) for key, value in zip(("precision", "recall", "f1"), means, strict=True)},
        "must_have": round(statistics.fmean(shares["segments_with"]), 4) if shares["segments_with"] else None,
        "must_not_have": round(statistics.fmean(shares["segments_without"]), 4) if shares["segments_without"] else None,
        "characters": sum(map(len, texts)),
    }


def _folded(text: str) -> str:
    return " ".join(text.split())


def _show(rows: Sequence[dict[str, Any]], pages: Sequence[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = f"{len(pages):,} pages; {rows[0]['pages_with_full_text']} with full texts; one core, by processor time"
    shown = Table(title=title, box=box.SIMPLE, title_justify="left", pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "pages/s", "×", "F1", "P", "R", "must", "not"):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in rows:
        values = [row[key] for key in ("f1", "precision", "recall", "must_have", "must_not_have")]
        cells = ["" if value is None else f"{value:.3f}".removeprefix("0") for value in values]
        shown.add_row(
            row["engine"].replace("resiliparse+trafilatura", "asks trafilatura"),
            f"{row['pages_per_second']:.0f}",
            f"{row['ratio']:.1f}",
            *cells,
        )
    Console().print(shown)
    if any(page["truth"] for page in pages):
        Console().print(
            f"phimill's model was trained on such pages, maybe these. {_on_other_sites()}",
            soft_wrap=True,
        )


def _on_other_sites() -> str:
    """Returns how models do that were trained without the sites, as `python -m data.pages.prepare` has measured it."""
    found: Any = shipped().about.get("on_other_sites", {})
    rows = []
    for name, row in found.items():
        if isinstance(row, dict):
            shares = f"F1 {row['f1']:.4f}, must {row['must_have']:.3f}, not {row['must_not_have']:.3f}"
            mean, low, high = row.get("f1_above_trafilatura", (0, 0, 0))
            apart = f" (F1 {mean:+.4f}, 95 %: {low:+.4f} to {high:+.4f})" if "f1_above_trafilatura" in row else ""
            rows.append(f"{name}: {shares}{apart}")
    return "On sites that it has not seen:\n  " + "\n  ".join(rows)
