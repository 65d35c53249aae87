"""`python -m data.pages.prepare FOLDER…`: makes network.json from WARC files with what their pages' content is.

A folder holds *.warc.gz, and extraction_gt.jsonl.gz: `record_id` with `full_text`, `expected_html`, or
`segments_with` and `segments_without`. Pages of which nothing is told are labelled by trafilatura. Nothing of the
pages goes into the model but weights, and single words of class names and of short texts that several sites use.
"""

from __future__ import annotations

import collections
import gzip
import html as entities
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from data.atomic import atomic_write
from data.charset import Undecodable, decode_html
from data.pages.features import Floats
from data.pages.held_out import Told, figures, fold_of
from data.pages.labels import label, tokens
from data.pages.network import Layer, Network
from data.pages.reader import read_blocks
from data.pages.source import parse, strip
from data.pages.training import Sample, train

_TAGS = re.compile(r"<[^>]+>")
#: Of sites with many pages, so many are learned from.
MAX_PAGES_OF_SITE = 60
#: One page in so many is read both ways.
WHOLE = 5
#: Blocks with a passage that must, or must not, be there matter so many times as much: they are few. Chosen by folds of
#: families: with 3 and 4 less of the wanted is found, and more of the unwanted.
STRESS_WANTED, STRESS_UNWANTED = 10.0, 16.0
_SECOND_LEVEL = ("co", "com", "org", "net", "ac", "gov", "edu")


def told_of(folder: Path) -> Iterator[Told]:
    """Yields a folder's pages of which people gave the text, or passages that must, or must not, be there."""
    truth = _truth_of(folder)
    for record, url, content_type, content in _pages(folder):
        known = truth.get(record, {})
        if known.get("full_text") or known.get("segments_with"):
            yield Told(site_of(url), content, content_type, url, known)


def _truth_of(folder: Path) -> dict[str, dict[str, Any]]:
    truth: dict[str, dict[str, Any]] = collections.defaultdict(dict)
    told = folder / "extraction_gt.jsonl.gz"
    if told.is_file():
        with gzip.open(told) as file:
            for line in file:
                entry = orjson.loads(line)
                truth[entry["record_id"].strip("<>")].update(entry)
    return truth


def samples_of(folder: Path) -> Iterator[Sample]:
    """Yields a folder's pages with labels, in the order of its files."""
    truth = _truth_of(folder)
    counts: collections.Counter[str] = collections.Counter()
    for record, url, content_type, content in _pages(folder):
        site = site_of(url)
        counts[site] += record not in truth
        if counts[site] > MAX_PAGES_OF_SITE and record not in truth:
            continue
        # Pages are read without navigation, and whole where that leaves little: the model learns both.
        for whole in (False, True) if fold_of(record, WHOLE) == 0 else (False,):
            sample = _sample(site, content, content_type, truth.get(record, {}), whole)
            if sample is not None:
                yield sample


def _pages(folder: Path) -> Iterator[tuple[str, str, str, bytes]]:
    from data.recipe import Source
    from data.sources import list_units, read_unit

    source = Source.model_validate({"name": "pages", "kind": "warc", "path": "*.warc.gz"})
    for unit in list_units(source, folder, lambda path: ""):
        for table in read_unit(unit, source):
            for row in table.select(["origin_id", "url", "content_type", "content", "status"]).to_pylist():
                if row["content"] is not None and not row["status"]:
                    record = (row["origin_id"] or "").strip("<>")
                    yield record, row["url"] or "", row["content_type"] or "text/html", row["content"]


def site_of(url: str) -> str:
    """Returns the name under which a site is registered, about."""
    labels = (urlsplit(url).hostname or url).split(".")
    wide = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if wide else -2 :])


def _sample(site: str, content: bytes, content_type: str, truth: dict[str, Any], whole: bool) -> Sample | None:
    try:
        html, _ = decode_html(content, content_type)
        stripped, hiding = strip(content)
        source = parse(decode_html(stripped, content_type)[0])
        page = read_blocks(hiding.marked(source) if hiding else source, content, whole)
    except Undecodable:
        return None
    if not page.blocks:
        return None
    texts = [block.text for block in page.blocks]
    if truth.get("full_text"):
        return Sample(site, page, label(texts, truth["full_text"]), 3.0)
    if truth.get("expected_html"):
        return Sample(site, page, label(texts, entities.unescape(_TAGS.sub(" ", truth["expected_html"]))), 1.5)
    import trafilatura

    labels = label(texts, trafilatura.extract(html, include_comments=False) or "")
    stress = _correct(labels, texts, truth)
    return Sample(site, page, labels, 1.0, stress)


def _correct(labels: Floats, texts: Sequence[str], truth: Mapping[str, Any]) -> Floats:
    """Sets right what trafilatura said where people named passages that must, or must not, be there.

    Returns:
        how many times as much each block matters.
    """
    stress = np.ones(len(texts))
    wanted, unwanted = (
        [f" {' '.join(tokens(passage))} " for passage in truth.get(key) or []]
        for key in ("segments_with", "segments_without")
    )
    for number, text in enumerate(texts):
        own = f" {' '.join(tokens(text))} "
        if any(passage in own for passage in wanted):
            labels[number], stress[number] = 1.0, STRESS_WANTED
        if any(passage in own and len(passage) > 0.4 * len(own) for passage in unwanted):
            labels[number], stress[number] = 0.0, STRESS_UNWANTED
    return stress


def to_json(network: Network) -> bytes:
    """Returns a model as it is kept."""

    def layer(each: Layer) -> dict[str, Any]:
        return {
            "inner": each.inner.astype(np.int64).tolist(),
            "inner_bias": each.inner_bias.astype(np.int64).tolist(),
            "answer": each.answer.astype(np.int64).tolist(),
            "answer_bias": int(each.answer_bias),
        }

    return orjson.dumps(
        {"about": network.about, "words": network.words, "texts": network.texts,
         "first": layer(network.first), "second": layer(network.second)}
    )  # fmt: skip


def main(folders: Sequence[str]) -> None:
    """Trains on all pages of the folders and writes network.json beside this module."""
    logging.disable(logging.CRITICAL)
    samples = [sample for folder in folders for sample in samples_of(Path(folder))]
    about: dict[str, object] = {
        "trained_on": [Path(folder).name for folder in folders],
        "pages": len(samples),
        "pages_labelled_by_people": sum(sample.trust > 1 for sample in samples),
        "sites": len({sample.site for sample in samples}),
        "blocks": sum(len(sample.labels) for sample in samples),
    }
    about["on_other_sites"] = figures(samples, [page for folder in folders for page in told_of(Path(folder))])
    network = train(samples, about)
    atomic_write(Path(__file__).with_name("network.json"), to_json(network))
    print(orjson.dumps(about, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
