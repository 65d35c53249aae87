"""fastText: the only module that imports it. Training happens in a process of its own.

Two facts about fastText shape this module (versions 0.9.2 to 0.10.4):

- With fewer than ten threads it initialises only part of its input matrix; the rest is what
  `malloc` returned, and training ends in NaN by chance. In a fresh process whose every larger
  block comes from `mmap` that rest is zero, so one thread and a seed give the same bytes.
  This holds with glibc; elsewhere the retry below is all there is.
- A cut model file loads and answers 0.5 to everything, so a file is loaded only if its
  SHA-256 is the expected one, and used only if it scores known texts as it did before.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from data.atomic import atomic_path
from data.errors import ModelError

#: A learning rate is tried, then a quarter of it, and so on, while training ends in NaN.
LEARNING_RATES = (0.5, 0.125, 0.03125)

#: Scores may differ by this much between processors.
CANARY_TOLERANCE = 1e-3

_NAN = 3  # exit code of the training process


def escape(text: str) -> str:
    """Returns a text as one line that holds words only: no line ends, labels or end-of-sentence marks.

    White space becomes spaces. `__label__` and a word `</s>` would be read as commands, so
    they lose their meaning; lone surrogates, which have no UTF-8, become question marks.
    """
    text = _as_utf8(text)
    for mark in "\n\r\t\v\f\x00":
        if mark in text:
            text = text.replace(mark, " ")
    return text.replace("__label__", "-label-").replace("</s>", "</s >")


def _as_utf8(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def train(
    lines: Iterable[str], out: Path, *, epochs: int, word_ngrams: int, dim: int, buckets: int, seed: int
) -> dict[str, Any]:
    """Trains a classifier on lines `LABEL TEXT` and writes the model file, atomically.

    Deterministic: the same lines, settings and processor type give the same bytes.

    Returns:
        `sha256`, `bytes` and `learning_rate`.

    Raises:
        ModelError: training ended in NaN with every learning rate, or fastText failed.
    """
    with atomic_path(out) as temporary:
        text = temporary.with_name(temporary.name + ".txt")
        try:
            text.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            for rate in LEARNING_RATES:
                settings = [epochs, word_ngrams, dim, buckets, seed, rate]
                command = [sys.executable, "-P", "-m", "filters.classifiers.fasttext_model", str(text), str(temporary)]
                done = subprocess.run(
                    [*command, *map(str, settings)], env=_training_environment(), capture_output=True, text=True
                )
                if done.returncode != _NAN:
                    break
        finally:
            text.unlink(missing_ok=True)
        if done.returncode == _NAN:
            raise ModelError(
                f"{out}: fastText training ended in NaN with learning rates {LEARNING_RATES}; "
                "give more reference documents, fewer `epochs` or another `dim`"
            )
        if done.returncode != 0:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise ModelError(f"{out}: fastText training failed (exit {done.returncode}): {last}")
    return {"sha256": _sha256(out), "bytes": out.stat().st_size, "learning_rate": rate}


def _training_environment() -> dict[str, str]:
    # Other malloc settings could fill fresh blocks, or keep them from coming from mmap.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    return {**kept, "MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_MMAP_MAX_": "1000000"}


def load_model(path: Path, sha256: str) -> Any:
    """Returns fastText's model from a file whose SHA-256 is known.

    Raises:
        ModelError: the file is missing, another one, or no fastText model.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such model file")
    found = _sha256(path)
    if found != sha256.lower():
        raise ModelError(f"{path}: its SHA-256 is {found}, expected {sha256}; fetch or train the model again")
    import fasttext

    try:
        model = fasttext.load_model(str(path))
        model.get_labels()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not a fastText classifier ({error})") from error
    return model


class FastTextLabels:
    """A fastText classifier of many labels, asked for the best one.

    Args:
        path: the model file.
        sha256: what the file's SHA-256 must be.

    Raises:
        ModelError: the file is missing or another one.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        self._model = load_model(path, sha256)

    def best(self, texts: Sequence[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
        """Returns each text's most probable label, without `__label__`, and its probability.

        Texts are read as datatrove 0.10.1 reads them (utils/lid.py): line feeds become spaces,
        nothing else is changed, so a word `</s>` ends the text. Lone surrogates become question
        marks. fastText's sums of floats exceed 1 by a hair, so probabilities end at 1; they are
        rounded to 6 places. An empty text has the label that the model gives to nothing.
        """
        lines = [_as_utf8(text).replace("\n", " ") for text in texts]
        labels, chances = self._model.predict(lines, k=1) if lines else ([], [])
        names = [str(found[0]).removeprefix("__label__") for found in labels]
        scores = np.array([found[0] for found in chances], dtype=np.float64)
        return names, np.minimum(scores, 1.0).round(6)


class FastTextModel:
    """A fastText classifier from a file whose SHA-256 is known.

    Args:
        path: the model file.
        sha256: what the file's SHA-256 must be.
        label: the label whose probability is the score.
        canaries: texts and the scores that the model must give them.

    Raises:
        ModelError: the file is missing or another one, has no such label, or fails its canaries.
    """

    def __init__(self, path: Path, sha256: str, label: str, canaries: Mapping[str, float] | None = None) -> None:
        self._model = load_model(path, sha256)
        labels = list(self._model.get_labels())
        if label not in labels:
            raise ModelError(f"{path}: has no label {label!r}; it has {', '.join(sorted(labels)[:10]) or 'none'}")
        self.path, self.label = path, label
        self._check(canaries or {})

    def score(self, texts: Sequence[str | None]) -> npt.NDArray[np.float64]:
        """Returns the label's probability for each text, 0…1; NaN for a blank one (fastText gives it the prior)."""
        scores = np.full(len(texts), np.nan)
        filled = [place for place, text in enumerate(texts) if text and text.strip()]
        if filled:
            # Only the list form works with every build of fastText on numpy 2.
            labels, chances = self._model.predict([escape(texts[place] or "") for place in filled], k=-1)
            for place, names, values in zip(filled, labels, chances, strict=True):
                known = dict(zip(names, values, strict=True))
                scores[place] = known.get(self.label, np.nan)
        clamped: npt.NDArray[np.float64] = np.clip(scores, 0.0, 1.0)
        return clamped

    def _check(self, canaries: Mapping[str, float]) -> None:
        scores = self.score(list(canaries))
        for (text, expected), score in zip(canaries.items(), scores, strict=True):
            if not abs(score - expected) <= CANARY_TOLERANCE:
                raise ModelError(
                    f"{self.path}: scores the known text {text[:40]!r} {score:.4f}, expected {expected:.4f}; "
                    "the model or fastText differs from when it was made"
                )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _main() -> int:
    """Trains one model: the body of the training process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("text")
    parser.add_argument("out")
    for name in ("epochs", "word_ngrams", "dim", "buckets", "seed"):
        parser.add_argument(name, type=int)
    parser.add_argument("rate", type=float)
    wanted = parser.parse_args()
    import fasttext

    try:
        model = fasttext.train_supervised(
            input=wanted.text,
            epoch=wanted.epochs,
            wordNgrams=wanted.word_ngrams,
            dim=wanted.dim,
            bucket=wanted.buckets,
            seed=wanted.seed,
            lr=wanted.rate,
            thread=1,
            verbose=0,
        )
    except RuntimeError as error:
        if "NaN" in str(error):
            return _NAN
        raise
    model.save_model(wanted.out)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
