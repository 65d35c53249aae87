from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import pyarrow.parquet as pq
import pytest

import synth.generation
from data.recipe import Synthesise
from flows.on_demand import Order, fulfil
from synth.generation import Generation
from synth.plans import DocumentPlan, Outcome, PlainPlan
from synth.prompts import draw_spec
from synth.specs import ExerciseSpec
from synth.verification import verify

SHARED = Path(__file__).parents[2] / "../shared/badinputs"
GOOD = json.dumps(
    {"title": "t", "exercise": "Double x.", "solution": "def f(x):\n    return 2 * x", "tests": ["assert f(2) == 4"]}
)


class Verbatim(http.server.ThreadingHTTPServer):
    """Sends what `answer(n, body)` gives, byte for byte, as the body of a 200."""

    daemon_threads = True

    def __init__(self, answer: Callable[[int, dict[str, Any]], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.bodies = answer, list[dict[str, Any]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Verbatim

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        content = self.server.answer(len(self.server.bodies), body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def verbatim(answer: Callable[[int, dict[str, Any]], bytes]) -> Iterator[Verbatim]:
    server = Verbatim(answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def completion(content: str | None, finish: str = "stop") -> bytes:
    choices = [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}]
    usage = {"prompt_tokens": 10, "completion_tokens": 20}
    return json.dumps({"id": "r", "choices": choices, "usage": usage}).encode()


def settings(url: str, number: int, **more: Any) -> Synthesise:
    prices = {"usd_per_million_input": 1.0, "usd_per_million_output": 1.0}
    teacher = {"base_url": url, "model": "m", "concurrency": 1, **prices, **more}
    return Synthesise.model_validate({"teacher": teacher, "exercises": number, "min_level": "passes"})


class Once:
    """A plan of one specification."""

    finished = ""

    def __init__(self, spec: ExerciseSpec) -> None:
        self.spec = spec

    def plan(self, number: int) -> list[ExerciseSpec]:
        return [self.spec]

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        pass


def has_sandbox() -> bool:
    return verify("def f():\n    return 1", "assert f() == 1").reason != "unverified"


needs_sandbox = pytest.mark.skipif(not has_sandbox(), reason="no sandbox passes its canaries here")


def cases() -> list[Any]:
    listed = SHARED / "EXPECTED.jsonl"
    if not listed.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"{SHARED} is not there"))]
    rows = [json.loads(line) for line in listed.read_text().splitlines()]
    return [pytest.param(row, id=row["name"]) for row in rows if row["kind"] == "teacher"]


@needs_sandbox
@pytest.mark.parametrize("case", cases())
def test_each_bad_reply_is_treated_as_it_should_be_all_the_way(
    case: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body = (SHARED / case["name"] / "response.json").read_bytes()
    spec = draw_spec(1, 0)
    if "seed" in case["fault"]:
        copied = json.loads(json.loads(body)["choices"][0]["message"]["content"])["exercise"]
        spec = dataclasses.replace(spec, document=copied)
    with verbatim(lambda number, asked: body) as server:
        order = Order(tmp_path / "out", settings(server.url, 1, max_output_tokens=500), plan=Once(spec), shared=False)
        facts = fulfil(order)
        limits = [asked["max_tokens"] for asked in server.bodies]
    expected = [row["reason"] for row in case["expect"]["quarantine"]]
    assert facts["rejected"] == dict.fromkeys(expected, 1)
    assert facts["kept"] == (0 if expected else 1)
    with sqlite3.connect(tmp_path / "out/.work/teacher.sqlite") as database:
        charged = [row[0] for row in database.execute("SELECT charged FROM attempts ORDER BY number")]
    if case["name"] == "t07_half_json":
        assert charged[0] > 500_000  # the worst case
    else:
        usage = json.loads(body)["usage"]
        assert set(charged) == {1000 * (usage["prompt_tokens"] + usage["completion_tokens"])}
    # Only what was cut off is asked for again, once, with more room; and what could not be read, once.
    assert limits == {"t02_cut_length": [500, 1000], "t13_copy_of_seed": [500]}.get(case["name"], limits)
    assert len(limits) <= 2
    if case["name"] in ("t03_refusal", "t04_empty_choices", "t07_half_json", "t10_hostile_code", "t12_echo_prompt"):
        assert len(limits) == 1
    assert not Path("/tmp/pwned_52e6b4").exists()
    out, err = capfd.readouterr()
    written = (
        out
        + err
        + "".join(
            path.read_text() for path in (tmp_path / "out").iterdir() if path.suffix in (".jsonl", ".html", ".json")
        )
    )
    ledger = json.dumps(pq.read_table(tmp_path / "out/ledger.parquet").to_pylist())
    assert "\x1b" not in out + err
    assert "AAAAAAAAAAAAAAAAAAAA" not in written + ledger
    assert not {"\\u0000", "\\u001b"} & {written, ledger}


@needs_sandbox
def test_what_could_not_be_read_is_asked_for_once_more_with_the_error(tmp_path: Path) -> None:
    def answer(number: int, body: dict[str, Any]) -> bytes:
        return completion(GOOD if len(body["messages"]) == 4 else "Sure, here is {not json}")

    with verbatim(answer) as server, Generation(settings(server.url, 1), 1, tmp_path / "j") as generation:
        generation.run()
        [item] = generation.items
        row, facts = generation.table().to_pylist()[0], generation.facts()
        said = server.bodies[1]["messages"]
    assert (item.reason, item.repaired_from, facts["repaired"]) == ("", "bad_response", 1)
    assert said[2] == {"role": "assistant", "content": "Sure, here is {not json}"}
    assert "no JSON object" in said[3]["content"]
    metadata = json.loads(row["metadata"])
    assert (metadata["parse_path"], metadata["repaired_from"]) == ("repair+direct", "bad_response")
    assert metadata["usd"] == pytest.approx(2 * 30e-6)  # both calls


@needs_sandbox
def test_a_second_answer_that_is_no_better_leaves_the_first_reason(tmp_path: Path) -> None:
    with verbatim(lambda number, body: completion("nothing", "length" if number == 1 else "stop")) as server:
        with Generation(settings(server.url, 1), 1, tmp_path / "j") as generation:
            generation.run()
            [item] = generation.items
        assert (item.reason, len(server.bodies)) == ("truncated_response", 2)
        with Generation(settings(server.url, 1, repair=False), 1, tmp_path / "k") as generation:
            generation.run()
        assert len(server.bodies) == 3


@needs_sandbox
def test_a_larger_wish_asks_for_the_same_first_ones(tmp_path: Path) -> None:
    with verbatim(lambda number, body: completion(GOOD)) as server:
        for number in (3, 7):
            with Generation(settings(server.url, number), 1, tmp_path / "j") as generation:
                generation.run()
        assert len(server.bodies) == 7
        with Generation(settings(server.url, 7), 1, tmp_path / "j") as generation:
            generation.step(2)  # a preview
            generation.run()
            assert len(generation.items) == 7
        assert len(server.bodies) == 7


class Learning:
    """Notes what it is told."""

    finished = ""

    def __init__(self) -> None:
        self.plain = PlainPlan(1)
        self.asked: list[int] = []
        self.learned: list[list[Outcome]] = []

    def plan(self, number: int) -> list[ExerciseSpec]:
        self.asked.append(number)
        return self.plain.plan(number)

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        self.learned.append(list(outcomes))


@needs_sandbox
def test_a_plan_is_always_asked_for_whole_rounds_and_told_of_whole_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth.generation, "ROUND", 8)
    plan = Learning()
    with verbatim(lambda number, body: completion(GOOD)) as server:
        with Generation(settings(server.url, 8 + 5), 1, tmp_path / "j", plan=plan) as generation:
            generation.step(3)
            assert plan.learned == []
            generation.run()
    assert plan.asked == [8, 8]
    assert [len(outcomes) for outcomes in plan.learned] == [8]
    first = plan.learned[0][0]
    assert (first.kept, first.reason, first.opener.split()[:2]) == (True, "", ["def", "f(x):"])
    assert {outcome.reason for outcome in plan.learned[0][1:]} == {"duplicate_exercise"}


def test_documents_are_asked_for_in_their_order_in_the_wished_formats() -> None:
    documents = [(f"d{number}", f"text {number}") for number in range(4)]
    plan = DocumentPlan(1, documents, ["rephrase-faq", "rephrase-table"])
    specs = plan.plan(10)
    assert [(spec.kind, spec.document) for spec in specs] == [
        ("rephrase-faq", "text 0"), ("rephrase-table", "text 1"),
        ("rephrase-faq", "text 2"), ("rephrase-table", "text 3"),
    ]  # fmt: skip
    assert plan.finished
    assert len(DocumentPlan(1, documents, ["rephrase-faq", "rephrase-table"], every=True)) == 8


def test_kinds_are_taken_in_turn_and_each_walks_through_all_topics() -> None:
    specs = PlainPlan(1, ["a", "b"], ["function", "word-problem"]).plan(8)
    assert [spec.kind for spec in specs] == ["function", "word-problem"] * 4
    assert {(spec.kind, spec.topic) for spec in specs} == {(k, t) for k in ("function", "word-problem") for t in "ab"}
    assert len({spec.seed for spec in specs}) == 8
    assert PlainPlan(1).plan(5) == [draw_spec(1, number) for number in range(5)]


def solved(solution: str) -> bytes:
    return completion(json.dumps({"solution": solution}))


CLAMP = json.dumps(
    {
        "title": "Clamp",
        "exercise": "Return x, but not below 0.",
        "solution": 'def clamp(x: int) -> int:\n    """Return x, but not below 0."""\n    return x if x > 0 else 0',
        "tests": ["assert clamp(3) == 3", "assert clamp(-2) == 0", "assert clamp(0) == 0", "assert clamp(1) == 1"],
    }
)


@needs_sandbox
@pytest.mark.parametrize(
    ("second", "reason", "level"),
    [
        ("def clamp(x):\n    return max(0, x)", "", "agreed"),
        ("def clamp(x):\n    return abs(x)", "second_disagrees", "strong"),
        ("import os\ndef clamp(x):\n    return os.system(x)", "no_second", "strong"),
    ],
)
def test_a_second_solution_is_asked_for_without_showing_the_first(
    tmp_path: Path, second: str, reason: str, level: str
) -> None:
    wish = settings("", 1).model_dump() | {"min_level": "agreed"}

    def answer(number: int, body: dict[str, Any]) -> bytes:
        return solved(second) if "function clamp" in body["messages"][1]["content"] else completion(CLAMP)

    with verbatim(answer) as server:
        wish["teacher"]["base_url"] = server.url
        with Generation(Synthesise.model_validate(wish), 1, tmp_path / "j") as generation:
            generation.run()
            [item] = generation.items
            row = generation.table().to_pylist()[0]
        asked = json.dumps(server.bodies[1]["messages"])
    assert (item.reason, item.examined.level if item.examined else "") == (reason, level)
    assert ("not below 0" in asked, "if x > 0" in asked, "assert" in asked) == (True, False, False)
    assert json.loads(row["metadata"])["usd"] == pytest.approx(2 * 30e-6)


def test_records_are_decided_one_by_one_and_not_when_their_round_is_over(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    settings = Synthesise(exercises=12)
    with Generation(
        settings, 1, tmp_path / "j", on_change=lambda tally: seen.append((tally.examined, tally.decided))
    ) as generation:
        generation.run()
        unread = sum(item.examined is None for item in generation.items)
    assert all(0 <= examined - decided <= 1 + unread for examined, decided in seen)
    assert unread < 4
    assert len({decided for _, decided in seen}) == 13
