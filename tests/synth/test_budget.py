from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UsageError
from data.recipe import Teacher
from synth.budget import Price, price_of

URL = "https://api.openai.com/v1"


def test_a_price_is_rounded_up_to_the_next_nano_dollar() -> None:
    price = Price(0.15, 0.6, "as given")
    assert price.nano_usd(1, 0) == 150
    assert price.nano_usd(3, 7) == 3 * 150 + 7 * 600
    assert Price(0.0001, 0.0, "as given").nano_usd(1, 0) == 1
    assert Price(2.0, 8.0, "t", batch=0.5).nano_usd(10, 10, in_batch=True) == 50_000


def test_the_shipped_table_is_used_for_exactly_its_endpoint_and_model() -> None:
    found = price_of(Teacher(base_url=f"{URL}/", model="gpt-4o-mini", max_usd=1.0))
    assert found is not None
    assert (found.usd_per_million_input, found.usd_per_million_output, found.batch) == (0.15, 0.6, 0.5)
    assert "phimill's table of 2" in found.in_words()
    assert price_of(Teacher(base_url="https://proxy/v1", model="gpt-4o-mini")) is None
    assert price_of(Teacher(base_url=URL, model="gpt-4o-mini-2024-07-18")) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "https://proxy/v1"])
def test_money_is_not_capped_where_the_price_is_unknown(url: str) -> None:
    with pytest.raises(UsageError, match=r"--usd-per-million-input.*--max-requests"):
        price_of(Teacher(base_url=url, model="m", max_usd=1.0))
    half = Teacher(base_url=url, model="m", max_usd=1.0, usd_per_million_input=1.0)
    with pytest.raises(UsageError, match="unknown"):
        price_of(half)
    assert price_of(Teacher(base_url=url, model="m", max_requests=5)) is None


def test_prices_that_are_given_go_before_the_table(tmp_path: Path) -> None:
    given = Teacher(base_url=URL, model="gpt-4o", usd_per_million_input=1.0, usd_per_million_output=2.0)
    assert price_of(given) == Price(1.0, 2.0, "as given")
    table = tmp_path / "prices.yaml"
    table.write_text(f"version: mine-3\nprices:\n  - {{endpoint: {URL}, model: gpt-4o, input: 9, output: 10}}\n")
    found = price_of(Teacher(base_url=URL, model="gpt-4o", prices=str(table)))
    assert found is not None
    assert (found.usd_per_million_input, found.batch, "mine-3" in found.source) == (9.0, 1.0, True)
    with pytest.raises(UsageError, match='Did you mean "gpt-4o"'):
        price_of(Teacher(base_url=URL, model="gpt-4oo", prices=str(table)))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "version: 1\nprices: [{endpoint: a, model: b, input: -1, output: 1}]",
        "version: 1\nprices: [{endpoint: a, model: b, input: 1}]",
        "version: 1\nprices: [{endpoint: a, model: b, input: 1, output: 1, discount: 2}]",
        "prices: []",
        "a: [",
    ],
)
def test_a_file_that_is_no_price_table_is_refused(tmp_path: Path, text: str) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(text)
    with pytest.raises(UsageError, match="is no price table"):
        price_of(Teacher(base_url=URL, model="m", prices=str(table)))


def test_teachers_that_cost_nothing_need_no_price() -> None:
    assert price_of(Teacher(max_usd=0.0)) == Price(0.0, 0.0, "costs nothing")
    assert price_of(Teacher(base_url="recorded:/a/b", max_usd=0.0)) == Price(0.0, 0.0, "costs nothing")
