"""Trains the model of `data.pages.network` from pages with labelled blocks; numpy alone, the same at every run."""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from data.pages.blocks import Blocks
from data.pages.features import _SHORT_WORDS, _WORD, MAX_SCORE, Floats, Measures
from data.pages.network import UNIT, Layer, Network, around

HIDDEN = 24
EPOCHS = 8
#: A word must be seen on this many sites, and its score leans towards none as if on so many more.
MIN_SITES = 5
MIN_SITES_OF_TEXTS = 10
PRIOR = 4.0


@dataclasses.dataclass(frozen=True)
class Sample:
    """A page to learn from.

    Attributes:
        site, page: its site and blocks.
        labels: the share of each block that is main content.
        trust: how far they are trusted.
        stress: for each block how many times as much it matters; null: all alike.
    """

    site: str
    page: Blocks
    labels: Floats
    trust: float = 1.0
    stress: Floats | None = None


def train(samples: Sequence[Sample], about: dict[str, object], seed: int = 1) -> Network:
    """Returns a model of the samples; the same for the same samples in the same order."""
    words = _word_scores(samples, _words_of_classes, MIN_SITES)
    texts = _word_scores(samples, _words_of_texts, MIN_SITES_OF_TEXTS)
    measures = [Measures(sample.page, words, texts) for sample in samples]
    weights = np.concatenate([_loss_weights(sample) for sample in samples])
    labels = np.concatenate([sample.labels for sample in samples])
    matrix = np.concatenate([each.matrix for each in measures]).astype(np.float32, order="C")
    first = _fit(matrix, labels, weights, seed)
    logits = first.logits(matrix.astype(np.float64))
    bounds = np.cumsum([0, *(len(sample.labels) for sample in samples)])
    nearby = np.concatenate(
        [around(logits[bounds[place] : bounds[place + 1]], each) for place, each in enumerate(measures)]
    )
    second = _fit(np.concatenate([matrix, nearby.astype(np.float32)], axis=1), labels, weights, seed + 1)
    return Network(words, texts, first, second, about)


def _weights(sample: Sample) -> Floats:
    """Returns what blocks matter: by their share of the page's words, since words are what is counted."""
    words = np.array([max(block.words, len(block.text) / 12) for block in sample.page.blocks], dtype=np.float64) + 2.0
    content = float((words * sample.labels).sum()) + 50.0
    return np.minimum(words / content, 1.0) * sample.trust


def _loss_weights(sample: Sample) -> Floats:
    """Returns what blocks matter to the networks: by the root of their weights, or a few long ones are all they learn.

    Chosen by folds of families: with the powers 0.3, 0.5 and 0.7 F1 on others is as good, and better than with 1; with
    the root most of what must be there is found.
    """
    weights: Floats = np.sqrt(_weights(sample))
    return weights if sample.stress is None else weights * sample.stress


def _words_of_classes(sample: Sample) -> Iterable[tuple[str, int]]:
    elements = sample.page.elements
    chains: list[frozenset[str]] = []
    for number, element in enumerate(elements):
        chains.append((chains[element.parent] if number else frozenset()) | frozenset(element.tag.words))
    for place, block in enumerate(sample.page.blocks):
        for word in chains[block.element]:
            yield word, place


def _words_of_texts(sample: Sample) -> Iterable[tuple[str, int]]:
    for place, block in enumerate(sample.page.blocks):
        if block.words <= _SHORT_WORDS and len(block.text) <= 120:
            for word in set(_WORD.findall(block.text.lower())):
                yield word, place


def _word_scores(samples: Sequence[Sample], words_of: Any, min_sites: int) -> dict[str, int]:
    """Returns for each word that enough sites use, in eighths, how far blocks with it lean to being content."""
    shares: dict[str, dict[str, list[float]]] = collections.defaultdict(
        lambda: collections.defaultdict(lambda: [0.0, 0.0])
    )
    base = [1.0, 2.0]
    for sample in samples:
        weights = _weights(sample)
        seen: set[int] = set()
        for word, place in words_of(sample):
            cell = shares[word][sample.site]
            cell[0] += weights[place] * sample.labels[place]
            cell[1] += weights[place]
            if place not in seen:
                seen.add(place)
                base[0] += weights[place] * sample.labels[place]
                base[1] += weights[place]
    usual = min(max(base[0] / base[1], 0.02), 0.98)
    scores = {}
    for word, sites in sorted(shares.items()):
        if len(sites) < min_sites or len(word) > 20:
            continue
        mean = (sum(part / whole for part, whole in sites.values()) + PRIOR * usual) / (len(sites) + PRIOR)
        mean = min(max(mean, 0.005), 0.995)
        score = round(8 * (math.log(mean / (1 - mean)) - math.log(usual / (1 - usual))))
        if abs(score) >= 3:
            scores[word] = max(-MAX_SCORE, min(MAX_SCORE, score))
    return scores


def _fit(matrix: npt.NDArray[np.float32], labels: Floats, weights: Floats, seed: int) -> Layer:
    """Returns a network with one hidden layer: Adam on the weighted log-loss, weight decay, whole numbers at the end.

    Source: Kingma & Ba 2015; decay as in Loshchilov & Hutter 2019.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 0.5
    count, width = matrix.shape
    inner = (generator.standard_normal((width, HIDDEN)) * math.sqrt(2.0 / width)).astype(np.float32)
    values = [inner, np.zeros(HIDDEN, np.float32), (generator.standard_normal(HIDDEN) * 0.2).astype(np.float32),
              np.zeros(1, np.float32)]  # fmt: skip
    moments = [(np.zeros_like(value), np.zeros_like(value)) for value in values]
    weights = (weights / weights.mean()).astype(np.float32)
    targets = labels.astype(np.float32)
    step, batch = 0, 512
    steps = EPOCHS * math.ceil(count / batch)
    for _ in range(EPOCHS):
        order = generator.permutation(count)
        for start in range(0, count, batch):
            rows = order[start : start + batch]
            step += 1
            rate = 0.003 * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            _descend(values, moments, (matrix[rows] - mean) / spread, targets[rows], weights[rows], rate, step)
    return _in_whole_numbers(values, mean, spread)


def _descend(
    values: list[Any], moments: list[tuple[Any, Any]], rows: Any, targets: Any, weights: Any, rate: float, step: int
) -> None:
    inner, bias, answer, answer_bias = values
    before = rows @ inner + bias
    hidden = np.maximum(before, 0)
    logits = hidden @ answer + answer_bias[0]
    error = (1 / (1 + np.exp(-np.clip(logits, -30, 30))) - targets) * weights / len(targets)
    back = np.outer(error, answer) * (before > 0)
    gradients = [rows.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(keepdims=True)]
    for number, gradient in enumerate(gradients):
        first, second = moments[number]
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient * gradient - second)
        change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        decay = 0.02 if number in (0, 2) else 0.0
        values[number] -= (rate * (change + decay * values[number])).astype(np.float32)


def _in_whole_numbers(values: list[Any], mean: Any, spread: Any) -> Layer:
    inner, bias, answer, answer_bias = (value.astype(np.float64) for value in values)
    scaled = inner / spread[:, None]
    shift = bias - mean.astype(np.float64) @ scaled
    return Layer(
        np.rint(scaled * UNIT),
        np.rint(shift * UNIT),
        np.rint(answer * UNIT),
        float(np.rint(answer_bias[0] * UNIT * UNIT)),
    )
