"""The probe `url-lists`: what of a document's URL stands on lists of domains, URLs, words, substrings.

Lists of millions of domains are kept as tables of hashes in the cache folder, which every worker
maps into memory. A document without a URL is not judged.

Source: Penedo et al. 2023 (RefinedWeb), arXiv 2306.01116, appendix G.1; datatrove 0.10.1,
pipeline/filters/url_filter.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError
from data.lists import EntryList
from filters.buffers import FloatArray, read_only, text_buffers
from filters.judging.plan import Probe
from filters.kernels.listed_urls import CURATED, DOMAIN, HARD, HOST, ODD, SOFT, SUBSTRING, URL, measure_urls
from filters.kernels.sets import holds
from filters.probes.list_tables import prepare
from filters.probes.protocol import BadSetting, Findings, list_setting
from filters.probes.url_hosts import hash_of, registered_and_host, rules_sha256, suffix_rules, with_ascii_host

#: The settings that are lists.
LISTS = ("domains", "urls", "hard_words", "soft_words", "substrings", "curated_hosts")

#: Signal → the kernel's column that holds it.
COLUMNS = {
    "listed_domain": DOMAIN,
    "listed_host": HOST,
    "listed_url": URL,
    "hard_words": HARD,
    "soft_words": SOFT,
    "listed_substrings": SUBSTRING,
    "curated_host": CURATED,
}


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the settings with every list's files and digests; tables of large lists are made now.

    Raises:
        BadSetting: a list that is not there or cannot be read, a spelling that is not known.
    """
    found = {key: list_setting(settings.get(key), root, key) for key in LISTS}
    spelling, parents = settings["spelling"], settings["parents"]
    if spelling not in ("exact", "folded"):
        raise BadSetting("spelling", f"expected exact or folded, not {spelling!r}")
    if not isinstance(parents, bool):
        raise BadSetting("parents", f"expected true or false, not {parents!r}")
    checked = {
        "lists": {key: entries.to_json() for key, entries in found.items()},
        "spelling": spelling,
        "parents": parents,
        "public_suffixes": rules_sha256(),
    }
    files = {sha256: place for entries in found.values() for sha256, place in entries.places.items()}
    for key in LISTS:
        try:
            _prepared(key, checked, files)
        except UsageError as failure:
            raise BadSetting(key, str(failure)) from failure
    return {**checked, "files": files}


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns the probe's signals of the documents' URLs, NaN where there is none."""
    urls = documents["url"].cast(pa.large_string()).combine_chunks()
    there = np.asarray(pc.greater(pc.binary_length(urls), 0).fill_null(False))
    found = measure_list(urls.filter(pa.array(there)), probe)
    columns = {}
    for signal in probe.signals:
        columns[signal] = np.full(len(urls), np.nan)
        columns[signal][there] = found[:, COLUMNS[signal]]
    return Findings(columns)


def measure_list(urls: pa.Array, probe: Probe) -> FloatArray:
    """Returns what is listed of some URLs.

    Args:
        urls: large_string without nulls or empty texts.
        probe: with the settings that `check` gave.

    Returns:
        shape (URLs, …), with the columns of `kernels.listed_urls`.
    """
    fold, parents = probe.settings["spelling"] == "folded", probe.settings["parents"]
    lists = {key: _prepared(key, probe.settings, probe.files) for key in LISTS}
    found = _measure(urls, fold, parents, lists)
    for row in np.flatnonzero(found[:, ODD]).tolist():  # hosts that are not ASCII
        url = urls[row].as_py()
        plain = _measure(pa.array([with_ascii_host(url)], pa.large_string()), True, parents, lists)[0]
        found[row, CURATED] = plain[CURATED]
        if fold:
            found[row, [DOMAIN, HOST, URL]] = plain[[DOMAIN, HOST, URL]]
        elif not parents:
            for column, name in zip((DOMAIN, HOST), registered_and_host(url), strict=True):
                found[row, column] = bool(name) and holds(lists["domains"], np.uint64(hash_of(name.encode())))
    return found


def _measure(urls: pa.Array, fold: bool, parents: bool, lists: Mapping[str, Any]) -> FloatArray:
    data, offsets = text_buffers(urls)
    rules = tuple(map(read_only, suffix_rules()))
    words = (lists["hard_words"], lists["soft_words"])
    measured: FloatArray = measure_urls(
        data, offsets, fold, parents, rules,
        lists["domains"], lists["curated_hosts"], lists["urls"], words, lists["substrings"],
    )  # fmt: skip
    return measured


def _prepared(key: str, settings: Mapping[str, Any], files: Mapping[str, str]) -> Any:
    """Returns a list as what it is looked up in: a set, or a trie of substrings."""
    entries = EntryList.from_json(settings["lists"][key], files)
    return prepare(key, entries, settings["spelling"] == "folded" or key == "curated_hosts")
