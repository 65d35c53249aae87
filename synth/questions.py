"""What is asked of a teacher for some items, and what its answers hold: first answers, repairs, second solutions."""

from __future__ import annotations

from typing import Callable

from data.recipe import Synthesise
from synth.asking import Asker
from synth.journal import REPLY
from synth.kinds.reading import read_record
from synth.parsing import read_reply
from synth.prompts import Prompts
from synth.repair import repair_request
from synth.requests import Answer, Request, build_request
from synth.rows import Item
from synth.second import read_second, second_request
from synth.specs import ExerciseSpec


class Questions:
    """Puts questions about items, and reads what is said.

    Args:
        settings: the recipe's section.
        prompts: those that are used.
        asker: who is asked.
        solver: who is asked for second solutions.
        on_answer: called for each first answer.
    """

    def __init__(
        self, settings: Synthesise, prompts: Prompts, asker: Asker, solver: Asker, on_answer: Callable[[], None]
    ) -> None:
        self.settings, self.prompts, self.asker, self.solver = settings, prompts, asker, solver
        self.on_answer = on_answer

    def item(self, spec: ExerciseSpec, number: int) -> Item:
        """Returns what asks for a specification."""
        request = build_request(
            self.asker.teacher,
            self.asker.identity,
            self.prompts.messages(spec),
            spec.seed,
            self.prompts.schema(spec.kind),
        )
        return Item(number, spec, request)

    def ask(self, items: list[Item]) -> None:
        """Fills in answers, and what they hold; a cap of calls on a teacher that costs nothing holds, too."""
        cap = self.settings.teacher.max_requests if self.asker.free else None
        asked = [item for item in items if cap is None or item.number < cap]
        answers = self._answers([item.request for item in asked], self.on_answer)
        for item in asked:
            item.answer = answers.get(item.request.key, item.answer)
        for item in items:
            self._read(item)
        for _ in range(len(items) - len(asked)):
            self.on_answer()
        self._repair(asked)

    def _answers(
        self, requests: list[Request], on_answer: Callable[[], None], asker: Asker | None = None
    ) -> dict[str, Answer]:
        unique = list({request.key: request for request in requests}.values())
        for _ in range(len(requests) - len(unique)):
            on_answer()
        return (asker or self.asker).ask(unique, on_answer) if unique else {}

    def _read(self, item: Item) -> None:
        """Reads an answer; sets the reason if there is nothing in it that was asked for."""
        answer = item.answer
        item.reason = item.detail = ""
        if answer.outcome == REPLY:
            item.reply = read_reply(answer.body or "")
            item.parsed = read_record(item.reply, item.spec, self.prompts)
            item.reason, item.detail = item.parsed.reason, item.parsed.detail
        elif answer.outcome == "not_sent":
            item.reason, item.detail = "budget_exhausted", self.asker.journal.cap_reached
        elif answer.outcome == "in_doubt":
            item.reason = "in_doubt"
            item.detail = "its answer is lost, with the run or the batch that it belonged to; it stays charged"
        else:
            item.reason, item.detail = "bad_response", answer.outcome

    def _repair(self, items: list[Item]) -> None:
        """Asks once more for what could not be read; what is no better then stays rejected as it was."""
        if not self.settings.teacher.repair:
            return
        teacher, identity = self.asker.teacher, self.asker.identity
        broken: list[Item] = []
        for item in items:
            if item.reason and item.answer.outcome == REPLY:
                item.repair = repair_request(teacher, identity, item.request, item.reply, item.parsed)
                broken += [item] if item.repair else []
        if not broken:
            return
        answers = self._answers([item.repair for item in broken if item.repair], lambda: None)
        for item in broken:
            answer = answers.get(item.repair.key if item.repair else "")
            if answer is None or answer.outcome != REPLY:
                continue
            reply = read_reply(answer.body or "")
            parsed = read_record(reply, item.spec, self.prompts)
            item.repaired_from = item.reason
            if not parsed.reason:
                item.answer, item.reply, item.parsed = answer, reply, parsed
                item.reason = item.detail = ""

    @property
    def solves_again(self) -> bool:
        """Whether second solutions are wished for."""
        return self.settings.second or self.settings.min_level == "agreed"

    def solve_again(self, items: list[Item]) -> list[Item]:
        """Asks for second solutions of what is strong; returns the items that got one."""
        asker = self.solver
        asked: list[tuple[Item, Request]] = []
        for item in items:
            record, examined = item.parsed.record, item.examined
            if record is None or examined is None or examined.level != "strong":
                continue
            request = second_request(asker.teacher, asker.identity, self.prompts, item.spec, record)
            if request is not None:
                item.further.append(request.key)
                asked.append((item, request))
        answers = self._answers([request for _, request in asked], lambda: None, asker)
        for item, request in asked:
            answer = answers.get(request.key)
            if answer is not None and answer.outcome == REPLY:
                item.second = read_second(read_reply(answer.body or ""))
        return [item for item, _ in asked if item.second is not None]
