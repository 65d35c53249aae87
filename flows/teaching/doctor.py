"""What an endpoint can do, how fast it is, what it yields, and what a whole run will take.

Every call goes through a journal, so the caps that are given hold for the examination, too.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from data.errors import UsageError
from data.recipe import Synthesise
from flows.on_demand import split
from flows.progress import Progress, Silent
from flows.teaching.plans import plan_of
from flows.teaching.watching import dollars, duration
from flows.teaching.wishes import is_local, settings_of
from synth.abilities import Abilities
from synth.asking import Asker
from synth.budget import price_of
from synth.builtin.faults import rates_of
from synth.client import TeacherClient
from synth.forecast import Pilot, pilot_of
from synth.generation import Generation
from synth.journal import REPLY, Journal
from synth.prompts import Prompts
from synth.requests import Request, build_request
from synth.teacher import Endpoint, read_key, run_anywhere

#: Longest reply where only speed is asked for; short, since it costs.
SPEED_TOKENS = 256
_CALLS_AT_LEAST = 3
_LIMIT_HEADERS = ("x-ratelimit-", "ratelimit-", "retry-after")


def examine(
    *,
    exercises: int = 1000,
    pilot: int = 20,
    levels: str = "1,8,32",
    seed: int = 1,
    out: Path | None = None,
    quiet: bool = False,
    topics: str | None = None,
    kinds: tuple[str, ...] = (),
    **wishes: Any,
) -> dict[str, Any]:
    """Examines an endpoint; returns what was found, and says it unless `quiet`."""
    settings = settings_of(exercises=exercises, topics=split(topics, "--topics"), kinds=list(kinds) or None, **wishes)
    if settings.teacher.base_url.startswith("recorded:"):
        raise UsageError("doctor: a recording has nothing to be examined; replay it")
    steps = _numbers(levels)
    progress = Silent() if quiet else Progress()
    with ExitStack() as stack:
        place = Path(out) if out else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="phimill-doctor-")))
        path = place / ".work" / "doctor.sqlite"
        found: dict[str, Any] = {"base_url": settings.teacher.base_url, "model": settings.teacher.model}
        found["local"] = settings.teacher.base_url == "builtin" or is_local(settings.teacher.base_url)
        found["can"] = _what_it_can(settings, seed, path)
        found["speed"] = _speed(settings, seed, path, steps)
        for row in found["speed"]:
            found["can"]["rate_limit_headers"].update(row.pop("rate_limits"))
        _say_abilities(progress, found)
        for row in found["speed"]:
            progress.say(
                f"  at {row['concurrency']:>3} at a time   {row['tokens_per_second']:>8,.1f} tokens/s, "
                f"{row['seconds_per_call']:.2f} s a call{', ' + row['trouble'] if row['trouble'] else ''}"
            )
        if pilot:
            said = _pilot(settings, seed, path, pilot, progress)
            found |= {"pilot": dataclasses.asdict(said), "forecast": _forecast(settings, said, found["speed"])}
            _say_forecast(progress, settings, said, found["forecast"])
    return found


def _numbers(levels: str) -> list[int]:
    parts = split(levels, "--levels") or []
    if not all(part.isdigit() and 0 < int(part) <= 256 for part in parts):
        raise UsageError(f"--levels {levels}: expected numbers from 1 to 256, such as 1,8,32")
    return [int(part) for part in parts]


def _requests(asker: Asker, settings: Synthesise, seed: int, number: int, sample: int) -> list[Request]:
    prompts = Prompts(Path(settings.prompts) if settings.prompts else None)
    specs = plan_of(settings, seed).plan(number)
    return [
        build_request(
            *(asker.teacher, asker.identity, prompts.messages(spec), spec.seed, prompts.schema(spec.kind)),
            sample=sample,
            max_output_tokens=min(SPEED_TOKENS, settings.teacher.max_output_tokens),
        )
        for spec in specs
    ]


def _what_it_can(settings: Synthesise, seed: int, path: Path) -> dict[str, Any]:
    """Asks one question, and looks at everything about the answer."""
    with Journal(path) as journal, Asker(settings.teacher, journal, rates_of(settings.teacher)) as asker:
        url = asker.url()
        [request] = _requests(asker, settings, seed, 1, -1)
        answers = asker.ask([request])
        answer = answers[request.key]
        noted = journal.ability(asker.identity, asker.teacher.model)
        abilities = Abilities.from_text(noted) or Abilities()
        headers, models = run_anywhere(_look(settings, url, request, abilities, asker.free))
    message = _message(answer.body)
    content = message.get("content") if isinstance(message.get("content"), str) else ""
    return {
        "answers": answer.outcome,
        "structured_output": answer.mode or None,
        "token_field": abilities.token_field,
        "temperature": abilities.temperature,
        "seed": abilities.seed,
        "usage": answer.usage is not None,
        "request_id": bool(answer.request_id),
        "thinks": _thinks(message, content or ""),
        "rate_limit_headers": headers,
        "models": [row.get("id") for row in models][:50],
        "context_tokens": _context(models, settings.teacher.model),
    }


async def _look(
    settings: Synthesise, url: str, request: Request, abilities: Abilities, free: bool
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Returns the rate limits that the endpoint tells of, and its models."""
    teacher = settings.teacher
    secret = read_key(teacher if not free else teacher.model_copy(update={"api_key_env": ""}))
    async with Endpoint(teacher, url, secret) as endpoint:
        rows, headers = await endpoint.model_rows()
    return {name: value for name, value in sorted(headers.items()) if name.startswith(_LIMIT_HEADERS)}, rows


def _message(body: str | None) -> dict[str, Any]:
    try:
        found = json.loads(body or "")["choices"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _thinks(message: dict[str, Any], content: str) -> str:
    if message.get("reasoning_content") or message.get("reasoning"):
        return "apart, in a field of its own"
    return "in the answer, between <think> marks; they are taken out" if "</think>" in content else "not visibly"


def _context(models: list[dict[str, Any]], model: str) -> int | None:
    """Returns the context length as vLLM, llama.cpp, OpenRouter and others tell it; None if it is not told."""
    for row in models:
        if row.get("id") == model:
            meta = row.get("meta") if isinstance(row.get("meta"), dict) else {}
            for value in (row.get("max_model_len"), row.get("context_length"), (meta or {}).get("n_ctx_train")):
                if isinstance(value, int):
                    return value
    return None


def _speed(settings: Synthesise, seed: int, path: Path, levels: list[int]) -> list[dict[str, Any]]:
    """Times short answers at several numbers of calls at a time."""
    rows = []
    with Journal(path) as journal, Asker(settings.teacher, journal, rates_of(settings.teacher)) as asker:
        for level in levels:
            calls = max(_CALLS_AT_LEAST, level)
            requests = _requests(asker, settings, seed, calls, level)
            journal.plan(
                {request.key: request.payload for request in requests},
                endpoint=asker.identity, model=asker.teacher.model, free=asker.free,
            )  # fmt: skip
            requests = [request for request in requests if journal.settled(request.key) is None]
            teacher = asker.teacher.model_copy(update={"concurrency": level})
            client = TeacherClient(teacher, asker.url(), asker.identity, journal, free=asker.free, start=level)
            begin = time.monotonic()
            answers = client.ask(requests)
            spent = max(1e-9, time.monotonic() - begin)
            done = [answer for answer in answers.values() if answer.outcome == REPLY]
            tokens = sum((answer.usage or (0, 0))[1] for answer in done)
            cuts = client.congestion.cuts if requests else 0
            trouble = f"slowed down {cuts} times" if cuts else "" if len(done) == len(requests) else "not all answered"
            rows.append(
                {
                    "concurrency": level,
                    "calls": len(requests),
                    "answered": len(done),
                    "tokens_per_second": tokens / spent,
                    "calls_per_second": len(done) / spent,
                    "seconds_per_call": spent * min(level, max(1, len(requests))) / max(1, len(requests)),
                    "trouble": trouble,
                    "rate_limits": client.rate_limits,
                }
            )
    return rows


def _pilot(settings: Synthesise, seed: int, path: Path, number: int, progress: Progress) -> Pilot:
    wish = settings.model_copy(update={"exercises": number})
    with Generation(wish, seed, path, plan=plan_of(wish, seed)) as generation:
        with progress.step("pilot", number, number) as done:
            generation.on_change = lambda tally: done(max(1, tally.steps))
            generation.run()
        return pilot_of(generation.items, price_of(settings.teacher) is not None)


def _forecast(settings: Synthesise, pilot: Pilot, speed: list[dict[str, Any]]) -> dict[str, Any]:
    best = max(speed, key=lambda row: float(row["tokens_per_second"]), default=None)
    number = settings.exercises
    rate = best["tokens_per_second"] if best else 0.0
    return {
        "requests": number,
        "kept_low": int(pilot.low * number),
        "kept_high": int(pilot.high * number),
        "usd": None if pilot.usd is None else pilot.usd * number,
        "tokens": pilot.tokens * number,
        "best_concurrency": best["concurrency"] if best else None,
        "seconds": pilot.completion_tokens * number / rate if rate else None,
    }


def _say_abilities(progress: Progress, found: dict[str, Any]) -> None:
    can = found["can"]
    where = "on this machine; nothing leaves it" if found["local"] else "elsewhere"
    limits = ", ".join(f"{name} {value}" for name, value in can["rate_limit_headers"].items()) or "not told"
    for label, value in (
        ("endpoint", f"{found['base_url']} ({where})"),
        ("model", f"{found['model']}{'' if found['model'] in can['models'] or not can['models'] else ' (not listed)'}"),
        ("answers", "yes" if can["answers"] == REPLY else can["answers"]),
        ("structured", can["structured_output"] or "unknown"),
        ("takes", f"{can['token_field']}{', temperature' if can['temperature'] else ''}"
                  f"{', seed' if can['seed'] else ''}"),
        ("usage", "told" if can["usage"] else "not told: every call counts at its worst case"),
        ("thinking", can["thinks"]),
        ("rate limits", limits),
        ("context", f"{can['context_tokens']:,} tokens" if can["context_tokens"] else "not told"),
    ):  # fmt: skip
        progress.say(f"  {label:<12} {value}")


def _say_forecast(progress: Progress, settings: Synthesise, pilot: Pilot, forecast: dict[str, Any]) -> None:
    cost = "price unknown" if forecast["usd"] is None else dollars(forecast["usd"]) if forecast["usd"] else "no money"
    spent = duration(forecast["seconds"]) if forecast["seconds"] else "unknown time"
    at = forecast["best_concurrency"]
    progress.say(
        f"  pilot        {pilot.kept} of {pilot.asked} kept; in the long run {pilot.low:.0%} to {pilot.high:.0%}"
    )
    progress.say(
        f"  forecast     {settings.exercises:,} requests: {forecast['kept_low']:,} to {forecast['kept_high']:,} kept, "
        f"about {forecast['tokens']:,.0f} tokens, {cost}, {spent} of asking at {at} at a time"
    )
