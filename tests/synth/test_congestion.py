from __future__ import annotations

import asyncio
import time

from synth.congestion import Congestion


def test_the_limit_grows_with_every_answer_until_the_first_complaint_then_slowly() -> None:
    async def play() -> list[float]:
        seen, congestion = [], Congestion(32, 0.001)
        for _ in range(6):
            congestion.went_well()
        seen.append(congestion.limit)  # 4 + 6
        congestion.complained(await congestion.enter(), 0.0)
        seen.append(congestion.limit)  # halved
        for _ in range(5):
            congestion.went_well()
        seen.append(round(congestion.limit))  # about one more for a round of answers
        return seen

    assert asyncio.run(play()) == [10.0, 5.0, 6]


def test_of_a_burst_of_complaints_only_the_first_counts() -> None:
    async def play() -> tuple[float, int]:
        congestion = Congestion(16, 0.001, start=16)
        epochs = [await congestion.enter() for _ in range(16)]
        for epoch in epochs:
            congestion.complained(epoch, 0.0)
            await congestion.leave()
        return congestion.limit, congestion.rounds

    assert asyncio.run(play()) == (8.0, 1)


def test_the_limit_never_exceeds_its_ceiling_and_never_falls_below_one() -> None:
    async def play() -> tuple[float, float]:
        congestion = Congestion(6, 0.0)
        for _ in range(50):
            congestion.went_well()
        high = congestion.limit
        for _ in range(9):
            congestion.complained(await congestion.enter(), 0.0)
            await congestion.leave()
        return high, congestion.limit

    assert asyncio.run(play()) == (6.0, 1.0)


def test_everything_waits_as_long_as_the_server_asks() -> None:
    async def play() -> float:
        congestion = Congestion(8, 0.001)
        epoch = await congestion.enter()
        begin = time.monotonic()
        congestion.complained(epoch, 0.2)
        await congestion.leave()
        await congestion.enter()
        return time.monotonic() - begin

    assert 0.19 <= asyncio.run(play()) < 60.0


def test_no_more_calls_are_open_than_the_limit_allows() -> None:
    async def play() -> int:
        congestion = Congestion(3, 0.001, start=3)

        async def call() -> None:
            await congestion.enter()
            await asyncio.sleep(0.005)
            await congestion.leave()

        await asyncio.gather(*[call() for _ in range(12)])
        return congestion.highest

    assert asyncio.run(play()) == 3
