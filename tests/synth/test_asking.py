from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.asking import Asker
from synth.builtin.faults import NO_FAULTS
from synth.journal import Caps, Journal
from synth.recorded import Recording, export
from synth.requests import Answer, Request, build_request
from synth.shared_answers import SharedAnswers


def settings(url: str, **more: Any) -> Teacher:
    prices = {"usd_per_million_input": 1.0, "usd_per_million_output": 10.0}
    return Teacher(**{"base_url": url, "model": "m", "max_output_tokens": 50, **prices, **more})


def requests(asker: Asker, number: int) -> list[Request]:
    said = [[{"role": "user", "content": f"exercise {place}"}] for place in range(number)]
    return [build_request(asker.teacher, asker.identity, words, place, {}) for place, words in enumerate(said)]


def ask(teacher: Teacher, journal: Path, number: int, shared: Path | None = None) -> list[Answer]:
    answers_of_all = SharedAnswers(shared) if shared else None
    with Journal(journal, answers_of_all) as opened, Asker(teacher, opened, NO_FAULTS) as asker:
        asked = requests(asker, number)
        answers = asker.ask(asked)
    return [answers[request.key] for request in asked]


def spent(journal: Path) -> tuple[int, int]:
    with Journal(journal) as opened:
        return opened.totals().nano_usd, opened.totals().requests


def test_what_one_run_has_paid_for_costs_another_run_nothing(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    first = ask(settings(server.url), tmp_path / "a", 5, tmp_path / "shared")
    second = ask(settings(server.url), tmp_path / "b", 8, tmp_path / "shared")
    assert server.number == 8
    assert [answer.body for answer in first] == [answer.body for answer in second[:5]]
    assert [answer.origin for answer in second] == ["shared"] * 5 + [""] * 3
    assert spent(tmp_path / "b") == (3 * 240_000, 3)
    ask(settings(server.url, temperature=0.1), tmp_path / "c", 5, tmp_path / "shared")
    assert server.number == 13  # another temperature is another question


def test_what_an_endpoint_accepts_is_found_out_once_for_all_runs(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving(lambda number, body: "400" if "json_schema" in str(body.get("response_format")) else "ok")
    ask(settings(server.url), tmp_path / "a", 1, tmp_path / "shared")
    assert server.number == 2
    ask(settings(server.url, temperature=0.2), tmp_path / "b", 1, tmp_path / "shared")
    assert server.number == 3


def test_what_is_no_chat_completion_is_not_shared(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving(lambda number, body: "html" if number == 2 else "error_in_200" if number == 3 else "ok")
    ask(settings(server.url, concurrency=1), tmp_path / "a", 4, tmp_path / "shared")
    ask(settings(server.url, concurrency=1), tmp_path / "b", 4, tmp_path / "shared")
    assert server.number == 6


def test_shared_answers_that_cannot_be_used_are_done_without(misbehaving: Any, tmp_path: Path) -> None:
    (tmp_path / "shared").write_bytes(b"no database " * 100)
    assert len(ask(settings(misbehaving("ok").url), tmp_path / "a", 2, tmp_path / "shared")) == 2


def test_a_replay_asks_nobody_and_fails_on_a_miss(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    ask(settings(server.url), tmp_path / "j", 4)
    replayed = settings(server.url, replay=True)
    assert len(ask(replayed, tmp_path / "j", 4)) == 4
    with pytest.raises(PhimillError, match=r"no answer to 2 of 6 requests.*replay asks nobody.*exercise 4"):
        ask(replayed, tmp_path / "j", 6)
    assert server.number == 4


@pytest.mark.parametrize("name", ["shipped.jsonl", "shipped.jsonl.gz", "j"])
def test_a_recording_answers_what_was_asked_and_nothing_else(misbehaving: Any, tmp_path: Path, name: str) -> None:
    server = misbehaving("ok")
    live = ask(settings(server.url), tmp_path / "j", 4)
    if name != "j":
        assert export(tmp_path / "j", tmp_path / name) == 4
    teacher = Teacher(base_url=f"recorded:{tmp_path / name}", max_output_tokens=50)
    answers = ask(teacher, tmp_path / "k", 4)
    assert [(answer.body, answer.usage) for answer in answers] == [(answer.body, answer.usage) for answer in live]
    assert {answer.origin for answer in answers} == {"recorded"}
    assert spent(tmp_path / "k") == (0, 0)
    with pytest.raises(PhimillError, match="no answer to 1 of 5"):
        ask(teacher, tmp_path / "k", 5)
    assert server.number == 4


def test_a_journal_without_answers_leaves_an_earlier_recording_as_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"):
        pass
    (tmp_path / "a.jsonl").write_text("earlier")
    assert export(tmp_path / "j", tmp_path / "a.jsonl") == export(tmp_path / "j", tmp_path / "b.jsonl.gz") == 0
    assert (tmp_path / "a.jsonl").read_text() == "earlier"
    assert not (tmp_path / "b.jsonl.gz").exists()


def test_a_recording_is_the_same_wherever_its_file_lies(misbehaving: Any, tmp_path: Path) -> None:
    ask(settings(misbehaving("ok").url), tmp_path / "j", 3)
    export(tmp_path / "j", tmp_path / "a.jsonl")
    export(tmp_path / "j", tmp_path / "b.jsonl.gz")
    assert Recording(tmp_path / "a.jsonl").digest == Recording(tmp_path / "b.jsonl.gz").digest
    with pytest.raises(UsageError, match="has no answers of 'n'"):
        Recording(tmp_path / "a.jsonl").model("n", "builtin-procedural-1")


@pytest.mark.parametrize("line", ['{"prompt": "a", "reply": "b"}', '{"payload": "{", "body": ""}', "no json"])
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "f.jsonl").write_text(line + "\n")
    with pytest.raises(UsageError, match=r"f\.jsonl:1"):
        Recording(tmp_path / "f.jsonl")


def test_calls_in_doubt_are_asked_again_only_on_demand(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    teacher = settings(server.url)
    with Journal(tmp_path / "j") as opened, Asker(teacher, opened, NO_FAULTS) as asker:
        first = requests(asker, 3)[0]
        opened.plan({first.key: first.payload}, endpoint=asker.identity, model="m", free=False)
        opened.reserve(first.key, 500_000, Caps())
    assert [answer.outcome for answer in ask(teacher, tmp_path / "j", 3)] == ["in_doubt", "reply", "reply"]
    assert spent(tmp_path / "j") == (500_000 + 2 * 240_000, 3)
    again = ask(settings(server.url, resend_in_doubt=True), tmp_path / "j", 3)
    assert [answer.outcome for answer in again] == ["reply"] * 3
    assert spent(tmp_path / "j") == (500_000 + 3 * 240_000, 4)


def test_tokens_are_capped_by_what_they_can_be_at_most(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    answers = ask(settings(server.url, max_total_tokens=1500), tmp_path / "j", 40)
    done = [answer for answer in answers if answer.outcome == "reply"]
    assert 10 < len(done) == server.number
    assert 60 * len(done) <= 1500
    with Journal(tmp_path / "j") as opened:
        assert opened._tokens == 60 * len(done)


def test_nothing_leaves_after_the_time_is_over(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok", 0.3)
    with Journal(tmp_path / "j") as opened:
        with Asker(settings(server.url, max_seconds=4.0, concurrency=1), opened, NO_FAULTS) as asker:
            answers = asker.ask(requests(asker, 60))
        assert opened.cap_reached == "max_seconds"
    outcomes = [answer.outcome for answer in answers.values()]
    assert 0 < outcomes.count("reply") < 20
    assert outcomes.count("reply") + outcomes.count("not_sent") == 60


def test_an_endpoint_that_has_changed_is_found_out_anew(misbehaving: Any, tmp_path: Path) -> None:
    changed = threading.Event()

    def script(number: int, body: dict[str, Any]) -> str:
        return "400" if changed.is_set() and body.get("response_format", {}).get("type") == "json_schema" else "ok"

    server = misbehaving(script)
    assert {answer.mode for answer in ask(settings(server.url), tmp_path / "j", 3)} == {"json_schema"}
    changed.set()
    answers = ask(settings(server.url, concurrency=1), tmp_path / "j", 12)
    assert [answer.mode for answer in answers[5:]] == ["json_object"] * 7


def test_a_key_in_a_file_is_sent_and_goes_nowhere_else(misbehaving: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("canary-in-a-file-1\n")
    server = misbehaving("echo_key")
    ask(settings(server.url, api_key_file=str(tmp_path / "key")), tmp_path / "runs" / "j", 2, tmp_path / "runs" / "s")
    assert server.authorizations == ["Bearer canary-in-a-file-1"] * 2
    kept = b"".join(path.read_bytes() for path in (tmp_path / "runs").iterdir())
    assert b"canary" not in kept
    for content in ("", "two words"):
        (tmp_path / "key").write_text(content)
        with pytest.raises(UsageError, match="holds no key"):
            ask(settings(server.url, api_key_file=str(tmp_path / "key")), tmp_path / "k", 1)


def test_a_wrong_model_is_answered_with_those_that_are_there(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as opened:
        with Asker(Teacher(), opened, NO_FAULTS) as built_in:
            teacher = settings(built_in.url(), model="builtin-procedural-2")
            with Asker(teacher, opened, NO_FAULTS) as asker:
                with pytest.raises(UsageError, match='Did you mean "builtin-procedural-1"'):
                    asker.ask(requests(asker, 1))


def test_every_call_of_a_journal_can_be_told(misbehaving: Any, tmp_path: Path) -> None:
    ask(settings(misbehaving("ok").url), tmp_path / "j", 2)
    with Journal(tmp_path / "j") as opened:
        rows = opened.rows()
    assert [(row["state"], row["charged"], row["request_id"]) for row in rows] == [("settled", 240_000, "r")] * 2
    assert all(row["seconds"] > 0 for row in rows)
    json.dumps(rows)
