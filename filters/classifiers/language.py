"""Which natural language a text is in, by fastText's lid.176 or a model of the user's own.

lid.176 (Joulin et al. 2016, by Facebook AI Research, under CC BY-SA 3.0) knows 176 languages by
the codes of Wikipedia. `lid.176.ftz`, its compressed form of 0.9 MB, is installed with phimill
(see `filters/classifiers/lid176_hook.py`). It is right on 98 % of single sentences in 21 widespread languages;
what is in none of its languages it takes for some other, with a low probability.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from data.errors import ModelError
from filters.buffers import FloatArray
from filters.classifiers.fasttext_model import FastTextLabels

#: The name of the model that comes along, and the SHA-256 of its file.
LID_176 = "lid.176"
LID_176_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"

#: What lid.176 can say.
LID_176_LANGUAGES = (
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da de "
    "diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie ilo "
    "io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms "
    "mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn "
    "sco sd sh si sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf "
    "yi yo yue zh"
)

_LETTER = re.compile(r"[^\W\d_]")


def detect(
    texts: Sequence[str | None],
    head_chars: int | None = 2000,
    *,
    model: str = LID_176,
    sha256: str | None = None,
    languages: Mapping[str, str] | None = None,
) -> tuple[list[str | None], FloatArray]:
    """Returns each text's language and how probable it is.

    Args:
        texts: None counts as a text without letters.
        head_chars: characters from the start that are looked at; None: all of them, which gives
            datatrove 0.10.1's language and score for every text that has letters.
        model: `lid.176`, or the path of a fastText model whose labels are languages.
        sha256: of the model file, if it is the user's own.
        languages: the model's label, without `__label__` → the language that it stands for;
            other labels are languages as they are.

    Returns:
        Languages (lid.176: `en`; GlotLID: `eng_Latn`), None where what is looked at has no
        letter; and probabilities in 0…1, rounded to 6 places, NaN there.

    Raises:
        ModelError: the model file is missing, or another one.
    """
    found: list[str | None] = [None] * len(texts)
    scores = np.full(len(texts), np.nan)
    heads = [(text or "")[:head_chars] for text in texts]
    places = [place for place, head in enumerate(heads) if _LETTER.search(head)]
    labels, scores[places] = _labeller(model, sha256).best([heads[place] for place in places])
    for place, label in zip(places, labels, strict=True):
        found[place] = (languages or {}).get(label, label)
    return found, scores


@functools.lru_cache(maxsize=1)
def _labeller(model: str, sha256: str | None) -> FastTextLabels:
    """Returns the model, loaded once a process (lid.176: 0.1 s)."""
    if model == LID_176:
        return FastTextLabels(installed_model(), LID_176_SHA256)
    return FastTextLabels(Path(model), sha256 or "")


def installed_model() -> Path:
    """Returns where lid.176.ftz is.

    Raises:
        ModelError: phimill runs from a folder without having been installed.
    """
    try:
        path = Path(str(importlib.metadata.distribution("phimill").locate_file("phimill_models/lid.176.ftz")))
    except importlib.metadata.PackageNotFoundError:
        path = Path("lid.176.ftz")
    if not path.is_file():
        raise ModelError(f"{path}: lid.176 is not installed; install phimill (again) with the README's command")
    return path
