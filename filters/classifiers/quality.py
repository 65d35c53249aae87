"""The quality classifier: reference documents, as one wants them, against a sample of the raw pool.

Source: DataComp-LM (Li et al. 2024), section 4.4: a fastText classifier with word bigrams on
whole documents; here the sample is keyed, the classes are balanced by repetition, and a fifth
of both sides is held out to measure the model that is shipped.
"""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from data.errors import ModelError
from data.keyed import keyed_hash
from data.recipe import Quality
from filters.classifiers import fasttext_model
from filters.classifiers.fasttext_model import FastTextModel, escape

#: Either side needs this many distinct texts; with fewer the held-out numbers mean nothing.
LEAST_DOCUMENTS = 10
HELD_OUT = 0.2
MOST_HELD_OUT = 2000

#: Thresholds at which the held-out curve is kept.
CURVE_POINTS = 81

#: Lines that training sees in all its epochs, at least; small sets are repeated to reach it.
LEAST_UPDATES = 10_000

RAW_LABEL = "__label__raw"

#: Texts whose scores are stored with a trained model and checked when it is loaded.
CANARIES = (
    "A function returns a value to the place where it was called. For example, abs(-3) is 3.",
    "Click here to subscribe! Best cheap deals online, free shipping, buy now and save today.",
    "We use cookies to improve your experience. Accept all. Privacy policy. Terms of service.",
    "for i in range(10): total = total + values[i] * weights[i]",
)


class Scorer:
    """Scores texts with a fastText file, checked when it is loaded.

    Args:
        path, sha256, label: see `FastTextModel`.
        canaries: texts with the scores that the model must give them, as `train` returns them.

    Raises:
        ModelError: the file is not the model that is meant.
    """

    def __init__(self, path: Path | str, sha256: str, label: str, canaries: Mapping[str, float] | None = None) -> None:
        self._model = FastTextModel(Path(path), sha256, label, canaries)

    def score(self, texts: Sequence[str | None]) -> npt.NDArray[np.float64]:
        """Returns a score 0…1 for each text, NaN for blank ones; shape (len(texts),)."""
        return self._model.score(texts)


def train(
    reference: Iterable[str | None], raw: Iterable[str | None], settings: Quality, seed: int, out: Path
) -> dict[str, Any]:
    """Trains the classifier and writes its file.

    The result depends on which texts there are, not on their order. Blank and repeated texts
    count once or not at all; a raw text that is also a reference is no negative example.

    Args:
        reference: documents as one wants them.
        raw: the raw pool, or a sample of it; of a larger pool the `settings.sample` texts with
            the smallest keyed hashes are taken, so it may be a stream.
        settings: `label`, `sample`, `epochs`, `word_ngrams` and `dim` matter.
        seed: the recipe's seed.
        out: the model file to write.

    Returns:
        `sha256`, `bytes`, `label`, `learning_rate`; `n_reference`, `n_raw` (distinct texts, held
        out ones included); `canaries` (text → score); `held_out`: `n_reference`, `n_raw`,
        `precision`, `recall` (at 0.5; null if undefined), `auc`, `curve`, and `reference` and `raw`, the
        scores' quantiles `p05`, `p25`, `p50`, `p75`, `p95`.

    Raises:
        ModelError: there are too few texts on a side, or training fails.
    """
    wanted = _ranked(reference, seed)
    known = {text for _, text in wanted}
    others = heapq.nsmallest(settings.sample, _keyed((text for text in raw if text not in known), seed))
    for what, found in (("reference", wanted), ("raw", others)):
        if len(found) < LEAST_DOCUMENTS:
            raise ModelError(
                f"quality: {len(found)} distinct {what} documents with text; expected at least {LEAST_DOCUMENTS}"
            )
    held_wanted, train_wanted = _split([text for _, text in wanted])
    held_others, train_others = _split([text for _, text in others])
    lines = _training_lines(train_wanted, train_others, settings, seed)
    words = sum(line.count(" ") for line in set(lines))
    facts = fasttext_model.train(
        lines,
        out,
        epochs=settings.epochs,
        word_ngrams=settings.word_ngrams,
        dim=settings.dim,
        # A row for every second n-gram that training sees, within 1.6 and 52 MB at dim 100.
        buckets=2 ** min(17, max(12, (words // 2).bit_length())) if settings.word_ngrams > 1 else 0,
        seed=seed % 2**31,
    )
    model = FastTextModel(out, facts["sha256"], settings.label)
    return {
        **facts,
        "label": settings.label,
        "n_reference": len(wanted),
        "n_raw": len(others),
        "canaries": {text: round(float(score), 6) for text, score in zip(CANARIES, model.score(CANARIES), strict=True)},
        "held_out": _measure(model.score(held_wanted), model.score(held_others)),
    }


def _keyed(texts: Iterable[str | None], seed: int) -> Iterable[tuple[int, str]]:
    """Yields distinct non-blank texts with their keyed hashes."""
    seen: set[int] = set()
    for text in texts:
        if text and text.strip():
            key = keyed_hash(seed, "quality", text)
            if key not in seen:
                seen.add(key)
                yield key, text


def _ranked(texts: Iterable[str | None], seed: int) -> list[tuple[int, str]]:
    return sorted(_keyed(texts, seed))


def _split(texts: list[str]) -> tuple[list[str], list[str]]:
    """Returns the held-out texts and those to train on; texts come in the order of keyed hashes."""
    held = min(MOST_HELD_OUT, max(1, round(len(texts) * HELD_OUT)))
    return texts[:held], texts[held:]


def _training_lines(wanted: list[str], others: list[str], settings: Quality, seed: int) -> list[str]:
    """Returns labelled lines in keyed order, both labels equally often, enough for training to settle."""
    each = max(len(wanted), len(others), -(-LEAST_UPDATES // (2 * settings.epochs)))
    labelled = []
    for label, texts in ((settings.label, wanted), (RAW_LABEL, others)):
        escaped = [f"{label} {escape(text)}" for text in texts]
        for number in range(each):
            turn, place = divmod(number, len(texts))
            labelled.append((keyed_hash(seed, "quality-order", f"{label}\x00{turn}\x00{place}"), escaped[place]))
    labelled.sort(key=lambda pair: pair[0])
    return [line for _, line in labelled]


def _measure(reference: npt.NDArray[np.float64], raw: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Returns how well scores tell the two sides apart."""
    true, false = int((reference >= 0.5).sum()), int((raw >= 0.5).sum())
    return {
        "n_reference": len(reference),
        "n_raw": len(raw),
        "precision": true / (true + false) if true + false else None,
        "recall": true / len(reference),
        "auc": area_under_curve(reference, raw),
        "curve": _curve(reference, raw),
        "reference": _quantiles(reference),
        "raw": _quantiles(raw),
    }


def _curve(reference: npt.NDArray[np.float64], raw: npt.NDArray[np.float64]) -> list[list[float]]:
    """Returns [threshold, share of the reference kept, share of the raw pool kept] at the quantiles of all scores."""
    both = np.concatenate([reference, raw])
    thresholds = np.unique(np.percentile(both, np.linspace(0, 100, CURVE_POINTS), method="higher"))
    rows = [(float(t), float((reference >= t).mean()), float((raw >= t).mean())) for t in thresholds]
    return [[round(number, 6) for number in row] for row in rows]


def area_under_curve(higher: npt.NDArray[np.float64], lower: npt.NDArray[np.float64]) -> float:
    """Returns the chance that a score of the first side exceeds one of the second; ties count half."""
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left") + np.searchsorted(ordered, higher, side="right")
    return float(below.mean() / 2 / len(lower))


def _quantiles(scores: npt.NDArray[np.float64]) -> dict[str, float]:
    shares = (5, 25, 50, 75, 95)
    return {f"p{share:02}": round(float(np.percentile(scores, share)), 6) for share in shares}
