from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from data.pages import held_out
from data.pages.held_out import Told, families, figures, passages
from data.pages.network import Network, shipped
from data.pages.reader import read_blocks
from data.pages.source import parse
from data.pages.training import Sample

TEXT = "The river of {0} carries more water in spring than in {0} summers, when its {0} banks lie dry for weeks. "


def sample(site: str, classes: Sequence[str] = (), text: str = "") -> Sample:
    """Returns a page, of elements with these classes, all content."""
    told = text or TEXT.format(site)
    body = "".join(f'<div class="{name}"><p>{name} {told}</p></div>' for name in classes or ("main",))
    page = read_blocks(parse(f"<body>{body}"))
    return Sample(site, page, np.ones(len(page.blocks)), 3.0)


def classes(first: str) -> list[str]:
    return [f"{first}{letter * 2}" for letter in "abcdefghijkl"]


def test_sites_of_one_name_of_one_template_or_of_one_text_are_one_family() -> None:
    long = " ".join(f"word{number}" for number in range(300))
    found = families([
        sample("wired.com"), sample("wired.jp"), sample("hired.jp"),
        sample("space.com", classes("x")), sample("science.com", [*classes("x"), "other"]),
        sample("other.com", classes("y")), sample("mirror.org", text=long),
        sample("copy.net", text=long + " More of it."),
    ])  # fmt: skip
    assert found["wired.com"] == found["wired.jp"]
    assert found["space.com"] == found["science.com"]
    assert found["mirror.org"] == found["copy.net"]
    assert len(set(found.values())) == 5


def test_elements_that_the_whole_web_has_make_no_family() -> None:
    count = held_out.MAX_PAGES_OF_KIND + 1
    assert len(set(families([sample(f"s{number}.com", classes("x")) for number in range(count)]).values())) == count


def test_no_page_is_read_by_a_model_that_has_seen_its_family(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"site{number}" for number in range(30)]
    samples = [sample(f"{name}.{ending}") for name in names for ending in ("com", "org")]
    told = [Told(f"{name}.com", b"<p>Page of " + name.encode(), "text/html", "", {"full_text": f"Page of {name}"})
            for name in names]  # fmt: skip
    seen: list[set[str]] = []
    read: list[tuple[str, int]] = []

    def train(given: Sequence[Sample], about: dict[str, object]) -> Network:
        seen.append({each.site for each in given})
        return shipped()

    def note(page: Told, engine: str, network: Network) -> str:
        read.append((page.site, len(seen) - 1))
        return str(page.truth["full_text"]) if engine != held_out.PEER else ""

    monkeypatch.setattr(held_out, "train", train)
    monkeypatch.setattr(held_out, "_read", note)
    found = figures(samples, told)
    assert len(seen) == held_out.FOLDS
    assert len(read) == 3 * len(told)
    for site, model in read:
        assert not {site, site.replace(".com", ".org")} & seen[model]
        assert len(seen[model]) > 30
    assert (found["families"], found["pages_with_full_text"]) == (30, 30)
    assert (found["resiliparse"]["f1"], found["trafilatura"]["f1"]) == (1.0, 0.0)
    assert found["resiliparse"]["f1_above_trafilatura"] == [1.0, 1.0, 1.0]


def test_pages_are_read_by_the_model_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    class Noting:
        def logits(self, page: object) -> object:
            asked.append(self)
            return shipped().logits(page)  # type: ignore[arg-type]

    network = Noting()
    page = Told(
        "a.com",
        f"<html><body><div><p>{TEXT * 9}</p></div></body></html>".encode(),
        "text/html",
        "",
        {"full_text": TEXT},
    )
    text = held_out._read(page, "resiliparse", network)  # type: ignore[arg-type]
    assert asked == [network]
    assert "carries more water" in text
    assert "carries more water" in held_out._read(page, "trafilatura", network)  # type: ignore[arg-type]
    assert asked == [network]


def test_passages_are_found_whatever_spaces_part_their_words() -> None:
    truths = [
        {"segments_with": ["a  b", "c"], "segments_without": ["d"]},
        {"full_text": "x"},
        {"segments_without": ["e"]},
    ]
    assert passages(["a\nb", "", "f e g"], truths) == (0.5, 0.5)


def test_bounds_hold_the_mean_and_are_wider_where_families_are_few() -> None:
    differences = np.array([0.1, -0.1] * 50)
    mean, low, high = held_out._bounds(differences, [str(number) for number in range(100)])
    assert low < mean == 0.0 < high
    _, lower, higher = held_out._bounds(differences, [str(number % 10) for number in range(100)])
    assert lower < low < high < higher
