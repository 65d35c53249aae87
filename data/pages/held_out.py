"""How well a model does on sites that it has not seen: families of sites, folds, and figures beside trafilatura's."""

from __future__ import annotations

import collections
import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from data.html_page import read_page
from data.pages.labels import tokens, word_agreement
from data.pages.network import Network
from data.pages.training import Sample, train

#: Models that are trained without a third of the families, to see how well they do there.
FOLDS = 3
ENGINES = ("resiliparse", "resiliparse+trafilatura")
PEER = "trafilatura"
#: Two pages are of one template if they share so many kinds of elements, by the words of their classes, and this
#: share of all that either has.
MIN_SHARED = 8
MIN_LIKENESS = 0.4
#: Kinds of elements that more pages have are common to the whole web.
MAX_PAGES_OF_KIND = 60
#: Runs of so many words, one in so many of them, are compared; sites that share so much of a page tell the same.
RUN, ONE_IN = 8, 8
MIN_SAME = 0.1
DRAWS = 2000


@dataclasses.dataclass(frozen=True)
class Told:
    """A page of which people have said what its content is.

    Attributes:
        site, content, content_type, url: of the page.
        truth: `full_text`, or `segments_with` and `segments_without`.
    """

    site: str
    content: bytes
    content_type: str
    url: str
    truth: Mapping[str, Any]


def fold_of(name: str, folds: int) -> int:
    """Returns which of the folds a family's pages are in."""
    return int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % folds


def families(samples: Sequence[Sample]) -> dict[str, str]:
    """Returns for each site the family that it belongs to: one publisher's sites, mirrors, and those of one template.

    Sites belong together that bear the same name with another ending, whose pages are built of the same elements, or
    that tell the same text.
    """
    family = {sample.site: sample.site for sample in samples}

    def head(site: str) -> str:
        while family[site] != site:
            site = family[site]
        return site

    named: dict[str, str] = {}
    for site in sorted(family):
        family[head(site)] = head(named.setdefault(site.partition(".")[0], site))
    for one, other in (*_of_one_template(samples), *_of_the_same_text(samples)):
        family[head(one)] = head(other)
    return {site: head(site) for site in sorted(family)}


def _of_one_template(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    kinds = [frozenset(each.tag.words for each in sample.page.elements if each.tag.words) for sample in samples]
    holding: dict[tuple[str, ...], list[int]] = collections.defaultdict(list)
    for number, each in enumerate(kinds):
        for kind in each:
            holding[kind].append(number)
    for (one, other), count in _pairs(samples, holding.values()).items():
        shared = len(kinds[one] & kinds[other]) if count * 2 >= MIN_SHARED else 0
        if shared >= MIN_SHARED and shared >= MIN_LIKENESS * len(kinds[one] | kinds[other]):
            yield samples[one].site, samples[other].site


def _of_the_same_text(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    holding: dict[int, list[int]] = collections.defaultdict(list)
    counts = []
    for number, sample in enumerate(samples):
        kept = zip(sample.page.blocks, sample.labels, strict=True)
        words = tokens(" ".join(block.text for block, share in kept if share > 0.5))
        runs = {_hash(" ".join(words[place : place + RUN])) for place in range(len(words) - RUN + 1)}
        chosen = {run for run in runs if run % ONE_IN == 0}
        counts.append(len(chosen))
        for run in chosen:
            holding[run].append(number)
    for (one, other), count in _pairs(samples, holding.values()).items():
        if count > 3 and count >= MIN_SAME * min(counts[one], counts[other]):
            yield samples[one].site, samples[other].site


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _pairs(samples: Sequence[Sample], groups: Any) -> collections.Counter[tuple[int, int]]:
    """Returns how many groups two pages of different sites are in together; groups of many pages say nothing."""
    found: collections.Counter[tuple[int, int]] = collections.Counter()
    for group in groups:
        if len(group) <= MAX_PAGES_OF_KIND:
            for place, one in enumerate(group):
                for other in group[place + 1 :]:
                    if samples[one].site != samples[other].site:
                        found[one, other] += 1
    return found


def figures(samples: Sequence[Sample], told: Sequence[Told], folds: int = FOLDS) -> dict[str, Any]:
    """Returns how well engines do on pages of families that their model was not trained on, and trafilatura there.

    Of pages with full texts, means of precision, recall and F1 by words; of passages that people named, the share
    found of those that must and those that must not be there. `f1_above_trafilatura`: the mean difference page by page,
    and the bounds that it stays within in 95 of 100 draws of families, with replacement.
    """
    family = families(samples)
    texts: dict[str, list[str]] = {name: [""] * len(told) for name in (*ENGINES, PEER)}
    for fold in range(folds):
        network = train([sample for sample in samples if fold_of(family[sample.site], folds) != fold], {})
        for number, page in enumerate(told):
            if fold_of(family.get(page.site, page.site), folds) == fold:
                for name in texts:
                    texts[name][number] = _read(page, name, network)
    full = [number for number, page in enumerate(told) if page.truth.get("full_text")]
    agreed = {
        name: np.array([word_agreement(each[number], told[number].truth["full_text"]) for number in full]).reshape(
            -1, 3
        )
        for name, each in texts.items()
    }
    of_page = [family.get(told[number].site, told[number].site) for number in full]
    found: dict[str, Any] = {"families": len(set(family.values())), "pages_with_full_text": len(full)}
    for name, each in texts.items():
        means = agreed[name].mean(axis=0).tolist() if full else [0.0] * 3
        shares = passages(each, [page.truth for page in told])
        found[name] = dict(zip(("precision", "recall", "f1", "must_have", "must_not_have"),
                               (round(value, 4) for value in (*means, *shares)), strict=True))  # fmt: skip
        if name != PEER and full:
            found[name]["f1_above_trafilatura"] = _bounds(agreed[name][:, 2] - agreed[PEER][:, 2], of_page)
    return found


def _read(page: Told, engine: str, network: Network) -> str:
    if engine == PEER:
        return _of_peer(page.content, page.content_type)
    return read_page(page.content, page.content_type, engine, page.url, opt_out=False, network=network).text


@functools.cache
def _of_peer(content: bytes, content_type: str) -> str:
    from data.charset import Undecodable, decode_html
    from data.trafilatura_peer import extract_as_datatrove

    try:
        return extract_as_datatrove(decode_html(content, content_type)[0])
    except Undecodable:
        return ""


def passages(texts: Sequence[str], truths: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Returns which share of the passages that must be there is found, and of those that must not be."""
    folded = [" ".join(text.split()) for text in texts]
    shares = []
    for key in ("segments_with", "segments_without"):
        found = [
            " ".join(passage.split()) in text
            for text, truth in zip(folded, truths, strict=True)
            for passage in truth.get(key) or []
        ]
        shares.append(sum(found) / max(len(found), 1))
    return shares[0], shares[1]


def _bounds(differences: Any, of_page: Sequence[str]) -> list[float]:
    """Returns a mean, and its 95 % bounds where families are drawn with replacement."""
    names = sorted(set(of_page))
    place = {name: number for number, name in enumerate(names)}
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    np.add.at(sums, [place[name] for name in of_page], differences)
    np.add.at(counts, [place[name] for name in of_page], 1)
    drawn = np.random.Generator(np.random.PCG64(1)).integers(0, len(names), (DRAWS, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5]).tolist()
    return [round(value, 4) for value in (float(differences.mean()), low, high)]
