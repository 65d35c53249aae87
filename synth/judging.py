"""Scores by a rubric, from a cascade of teachers, with the noise measured: how far can a score be believed?

The first teacher rates everything. A stronger one, where there is one, rates again what lies within a
margin of the bound, and its word counts there. A share of all is put to the first teacher twice: if it
does not agree with itself, nothing that is built on its scores can be better.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from typing import Callable, Sequence

from data.keyed import keyed_unit
from synth.asking import Asker
from synth.draws import Draws
from synth.journal import REPLY
from synth.parsing import find_object, read_reply, unusable
from synth.prompts import PROMPTS, Prompts
from synth.requests import Request, build_request

KIND = "judge"
MAX_SCORE = 5
_MAX_CHARS = 12_000


@dataclasses.dataclass(frozen=True)
class Score:
    """What was said about a text.

    Attributes:
        score: 0 to 5; None if no answer could be read.
        reason: in the judge's words.
        judge: the model whose word it is.
        first: the first judge's score, where a stronger one was asked.
        again: the first judge's score when asked twice.
    """

    score: int | None
    reason: str
    judge: str
    first: int | None = None
    again: int | None = None


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How far two ratings of the same texts agree.

    Attributes:
        pairs: texts that were rated twice.
        exact: share of equal scores.
        distance: mean difference.
        kappa: Cohen's, with quadratic weights (1968): 1 is perfect, 0 is chance; None if all scores are one.
    """

    pairs: int
    exact: float | None
    distance: float | None
    kappa: float | None


@dataclasses.dataclass(frozen=True)
class Judgement:
    """All scores, in the texts' order, and what they are worth."""

    scores: list[Score]
    itself: Agreement
    between: Agreement


def judge_texts(
    texts: Sequence[tuple[str, str]],
    judges: Sequence[Asker],
    *,
    min_score: int = 3,
    margin: int = 1,
    retest_share: float = 0.05,
    seed: int = 1,
    prompts: Prompts = PROMPTS,
    on_answer: Callable[[], None] = lambda: None,
) -> Judgement:
    """Returns a score for each text.

    Args:
        texts: key and text; the key decides whether a text is rated twice.
        judges: the cheap one first, then the strong one, if there is any.
        min_score: the bound that matters; near it the strong one is asked.
        margin: how near.
        retest_share: share of texts that the first judge rates twice.
        seed: another one chooses others for that.
        prompts: the rubric's.
        on_answer: called for each answer.
    """
    first, strong = judges[0], judges[1] if len(judges) > 1 else None
    said = _rate(first, texts, prompts, seed, 0, on_answer)
    units = keyed_unit(seed, "judge-again", [key for key, _ in texts])
    twice = [place for place, unit in enumerate(units) if unit < retest_share]
    again = dict(zip(twice, _rate(first, [texts[place] for place in twice], prompts, seed, 1, on_answer), strict=True))
    near = [
        place for place, (score, _) in enumerate(said) if strong and (score is None or abs(score - min_score) <= margin)
    ]
    stronger: dict[int, tuple[int | None, str]] = {}
    if strong is not None and near:
        rated = _rate(strong, [texts[place] for place in near], prompts, seed, 0, on_answer)
        stronger = dict(zip(near, rated, strict=True))
    scores = []
    for place, (score, reason) in enumerate(said):
        second = again[place][0] if place in again else None
        if strong is not None and place in stronger and stronger[place][0] is not None:
            scores.append(Score(*stronger[place], strong.teacher.model, score, second))
        else:
            scores.append(Score(score, reason, first.teacher.model, None, second))
    return Judgement(
        scores,
        agreement([(said[place][0], again[place][0]) for place in twice]),
        agreement([(said[place][0], stronger[place][0]) for place in near] if stronger else []),
    )


def _rate(
    asker: Asker,
    texts: Sequence[tuple[str, str]],
    prompts: Prompts,
    seed: int,
    sample: int,
    on_answer: Callable[[], None],
) -> list[tuple[int | None, str]]:
    requests = [_request(asker, key, text, prompts, seed, sample) for key, text in texts]
    answers = asker.ask(list({request.key: request for request in requests}.values()), on_answer)
    found: list[tuple[int | None, str]] = []
    for request in requests:
        answer = answers.get(request.key)
        found.append(_read(answer.body or "") if answer and answer.outcome == REPLY else (None, "not answered"))
    return found


def _request(asker: Asker, key: str, text: str, prompts: Prompts, seed: int, sample: int) -> Request:
    cut = text[:_MAX_CHARS]
    mark = hashlib.sha256(f"{seed}\0{key}\0{cut}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    messages = prompts.fill(KIND, text=f"<<<text {mark}\n{cut}\n{mark} text>>>")
    number = Draws(seed, "judge", f"{key}/{sample}").bits() >> 1
    return build_request(asker.teacher, asker.identity, messages, number, prompts.schema(KIND), sample)


def _read(body: str) -> tuple[int | None, str]:
    reply = read_reply(body)
    reason, detail = unusable(reply)
    if reason:
        return None, detail
    found, _ = find_object(reply.content or "", "score")
    score = found.get("score") if found else None
    if not isinstance(score, int) or isinstance(score, bool) or not 0 <= score <= MAX_SCORE:
        return None, "no score from 0 to 5 in it"
    words = found.get("reason") if found else ""
    return score, words[:500] if isinstance(words, str) else ""


def agreement(pairs: Sequence[tuple[int | None, int | None]]) -> Agreement:
    """Returns how far two ratings agree, over the pairs where both are there."""
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not both:
        return Agreement(0, None, None, None)
    number = len(both)
    exact = sum(one == other for one, other in both) / number
    distance = sum(abs(one - other) for one, other in both) / number
    ones, others = collections.Counter(one for one, _ in both), collections.Counter(other for _, other in both)
    observed = sum((one - other) ** 2 for one, other in both) / number
    expected = sum(
        times * more * (one - other) ** 2 for one, times in ones.items() for other, more in others.items()
    ) / (number * number)
    return Agreement(number, exact, distance, 1.0 - observed / expected if expected else None)
