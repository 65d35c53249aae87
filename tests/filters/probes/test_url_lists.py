"""URLs and lists: datatrove's URLFilter is the oracle for `url-filter@datatrove`."""

from __future__ import annotations

import functools
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.recipe import FilterEntry
from filters.judging.plan import Probe
from filters.judging.rules import resolve_filters
from filters.judging.verdicts import judge
from filters.probes.url_hosts import read_rules, rules_sha256, with_ascii_host
from filters.probes.url_lists import COLUMNS, measure, measure_list

pytestmark = pytest.mark.filterwarnings("ignore:The 'registered_domain' property:DeprecationWarning")

DOMAINS = ["bad.com", "sub.worse.co.uk", "WWW.Loud.org", "adult", "bücher.de", "1.2.3.4", "www.ck", "a.b.kobe.jp"]
URLS = ["http://fine.org/bad/page", "HTTP://Fine.org/Up", "http://fine.org/ü", "shop.org/items?id=3"]
HARD, SOFT = ["casino", "Poker-Night", "2x"], ["cheap", "pills", "free"]
SUBSTRINGS = ["viagra", "xx-x"]


def checked(**changes: Any) -> Probe:
    lists = {
        "domains": {"inline": DOMAINS},
        "urls": {"inline": URLS},
        "hard_words": {"inline": HARD},
        "soft_words": {"inline": SOFT},
        "substrings": {"inline": SUBSTRINGS},
    }
    entry = FilterEntry(name="u", **{"preset": "url-filter@datatrove", **lists, **changes})
    plan = resolve_filters([entry], (), lambda place, message: ValueError(place, message))
    return plan.segments[0].probes[0]


@functools.cache
def peer() -> Any:
    from datatrove.pipeline.filters.url_filter import URLFilter
    from tldextract import TLDExtract

    made = URLFilter(2, DOMAINS, URLS, HARD, SUBSTRINGS, SOFT, use_integrated_lists=False)
    made.tldextractor = TLDExtract(cache_dir=None, suffix_list_urls=())
    return made


#: Rule → datatrove's reason, in datatrove's order; the bound.
ORDER = [
    ("listed_domain", "domain", 0),
    ("listed_host", "subdomain", 0),
    ("listed_url", "url", 0),
    ("hard_words", "hard_blacklisted", 0),
    ("soft_words", "soft_blacklisted", 1),
    ("listed_substrings", "blacklisted_subword", 0),
]


def ours(urls: list[str], probe: Probe) -> list[str]:
    found = measure_list(pa.array(urls, pa.large_string()), probe)
    return [next((reason for name, reason, bound in ORDER if row[COLUMNS[name]] > bound), "") for row in found]


def theirs(url: str) -> str:
    from datatrove.data import Document

    answer = peer().filter(Document("text", "id", metadata={"url": url}))
    return answer[1] if isinstance(answer, tuple) else ""


PIECES = [
    *("http", "https", "ftp+x", "://", "//", ":", "@", "[", "]", "[::1]", ".", "..", "/", "?", "#", "&", "-", "_", " "),
    *(
        "com",
        "co.uk",
        "uk",
        "org",
        "ck",
        "www.ck",
        "!www.ck",
        "*.ck",
        "kobe.jp",
        "city.kobe.jp",
        "jp",
        "xn--p1ai",
        "рф",
    ),
    *(
        "bad",
        "BAD",
        "worse",
        "sub",
        "www",
        "WWW",
        "Loud",
        "fine",
        "a.b",
        "1.2.3.4",
        "xxx",
        "bücher",
        "example",
        "user:pw",
    ),
    *(
        "casino",
        "Casino",
        "poker",
        "Night",
        "cheap",
        "pills",
        "free",
        "FREE",
        "via",
        "gra",
        "xx",
        "x",
        "2x",
        "8080",
        "%20",
    ),
    *(
        "\u3002",
        "\uff0e",
        "\uff61",
        "\t",
        "\n",
        "\x1f",
        "\xa0",
        "é",
        "İ",
        "日本",
        "xn--",
        "xn--a",
        "\u200b",
        "bad/page",
        "Up",
    ),
]


def test_hostile_urls_are_decided_as_datatrove_decides() -> None:
    draw = random.Random(5)
    urls = ["".join(draw.choice(PIECES) for _ in range(draw.randint(1, 9))) for _ in range(6000)]
    urls += [
        f"http://{host}/{path}" for host in [*DOMAINS, "x.bad.com", "bad.com."] for path in ("", "a/b", "cheap-pills")
    ]
    urls += [*URLS, "http://FINE.org/bad/page", "http://fine.org/bad/page/"]
    got = ours(urls, checked())
    assert {reason for reason in got if reason} == {peer_reason for _, peer_reason, _ in ORDER}
    assert [pair for pair in zip(urls, got, map(theirs, urls), strict=True) if pair[1] != pair[2]] == []


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    | st.lists(st.sampled_from(PIECES), min_size=1).map("".join)
)
def test_any_url_is_decided_as_datatrove_decides(url: str) -> None:
    assert ours([url], checked()) == [theirs(url)]


@pytest.mark.slow
def test_the_lists_that_datatrove_brings_along_give_its_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datatrove.pipeline.filters.url_filter.cached_assets_path", lambda **names: tmp_path)
    from datatrove.data import Document
    from datatrove.pipeline.filters.url_filter import URLFilter
    from tldextract import TLDExtract

    whole = URLFilter()
    whole.tldextractor = TLDExtract(cache_dir=None, suffix_list_urls=())
    whole.download_data()
    draw = random.Random(3)
    names = [line.strip() for line in (tmp_path / "domains").read_text().splitlines()]
    urls = [f"https://{draw.choice(['', 'www.', 'a.'])}{draw.choice(names)}/{n}?a=1" for n in range(2000)]
    urls += [
        f"http://site{n}.example.org/{draw.choice(['sex', 'cars', 'anal-x', 'teen/babes', 'a'])}/{n}"
        for n in range(2000)
    ]
    urls += draw.sample((tmp_path / "urls").read_text().splitlines(), 500)
    found = judge(["text"] * len(urls), "url-filter@datatrove", urls=urls)["peer_reason"].to_pylist()
    answers = [whole.filter(Document("text", "id", metadata={"url": url})) for url in urls]
    assert found == [answer[1] if isinstance(answer, tuple) else None for answer in answers]


def test_the_rules_of_public_suffixes_are_those_that_tldextract_reads() -> None:
    from tldextract import TLDExtract

    extractor = TLDExtract(cache_dir=None, suffix_list_urls=())
    assert set(read_rules()) == set(extractor.tlds)
    assert len(rules_sha256()) == 64


# --- RefinedWeb's reading: by what is meant


def signals(url: str | None, **changes: Any) -> dict[str, float]:
    probe = checked(**{"preset": "url-filter@refinedweb", "curated_hosts": {"inline": ["wiki.org"]}, **changes})
    found = measure(probe, pa.table({"url": pa.array([url], pa.string())})).columns
    return {name: values[0] for name, values in found.items() if values[0] != 0}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://bad.com/", {"listed_domain": 1, "listed_host": 1}),
        ("https://user:pw@A.B.BAD.com:8080/x", {"listed_domain": 1}),
        ("//bad.com", {"listed_domain": 1, "listed_host": 1}),
        ("bad.com.", {"listed_domain": 1, "listed_host": 1}),
        ("http://notbad.com/", {}),
        ("http://bad.com.org/", {}),
        ("http://worse.co.uk/", {}),
        ("http://sub.worse.co.uk/", {"listed_host": 1}),
        ("http://deep.sub.worse.co.uk/", {"listed_host": 1}),
        ("http://www.loud.org/", {"listed_host": 1}),
        ("http://any.thing.adult/", {"listed_domain": 1}),
        ("http://1.2.3.4:80/", {"listed_host": 1}),
        ("http://11.2.3.4/", {}),
        ("http://bücher.de/", {"listed_domain": 1, "listed_host": 1}),
        ("http://www.BÜCHER.de/", {"listed_domain": 1}),
        ("http://xn--bcher-kva.de/", {"listed_domain": 1, "listed_host": 1}),
        ("http://bücher\u3002de/", {"listed_domain": 1, "listed_host": 1}),
        ("http://en.wiki.org/casino", {"curated_host": 1, "hard_words": 1}),
        ("http://wiki.org.fine.org/", {}),
        ("https://www.fine.org/bad/page/below?x=1", {"listed_url": 1}),
        ("fine.org/BAD/page#part", {"listed_url": 1}),
        ("http://fine.org/bad/pages", {}),
        ("http://fine.org/up", {"listed_url": 1}),
        ("http://fine.org/ü/x", {"listed_url": 1}),
        ("http://shop.org/items?id=3&page=2", {"listed_url": 1}),
        ("http://shop.org/items?id=33", {}),
        ("http://x.org/CASINO_Casino", {"hard_words": 1}),
        ("http://x.org/casinos", {}),
        ("http://x.org/pokernight-2x", {"hard_words": 2}),
        ("http://x.org/Cheap-cheap-PILLS", {"soft_words": 2}),
        ("http://x.org/vi-a/gra/xxx", {"listed_substrings": 2}),
    ],
)  # fmt: skip
def test_a_url_is_looked_up_by_what_it_means(url: str, expected: dict[str, float]) -> None:
    assert signals(url) == expected


def test_only_the_registered_domain_and_the_host_are_looked_up_without_parents() -> None:
    assert signals("http://deep.sub.worse.co.uk/", parents=False) == {}
    assert signals("http://any.thing.adult/", parents=False) == {}
    assert signals("http://A.BAD.com/", parents=False) == {"listed_domain": 1}


def test_wildcards_and_dots_around_a_listed_domain_do_not_count() -> None:
    lists = {"domains": {"inline": ["*.one.com", ".two.com", "three.com.", "*.bücher.de"]}}
    for host in ("one.com", "a.two.com", "three.com", "www.bücher.de"):
        assert "listed_domain" in signals(f"http://{host}/", **lists), host


def test_a_document_without_a_url_is_not_judged() -> None:
    for url in (None, ""):
        assert all(np.isnan(value) for value in signals(url).values())
    found = judge(["text"] * 3, "url-filter", urls=[None, "http://wikipedia.org/", "http://example.org/"])
    assert found["kept"].to_pylist() == [True, False, True]
    assert found["reason"].to_pylist() == ["", "curated_elsewhere", ""]
    assert found["url-filter.curated_host"].to_pylist() == [None, 1, 0]


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_url_crashes_the_other_reading(url: str) -> None:
    url = url.encode("utf-8", "replace").decode()
    signals(url)
    with_ascii_host(url)


@pytest.mark.parametrize(
    "url", ["http://" + "ü." * 300_000, "http://x.org/" + "cheap-" * 150_000, "a." * 400_000, "@" * 10**6]
)
def test_a_megabyte_of_a_url_takes_no_time(url: str) -> None:
    signals(url)
    begin = time.process_time()
    signals(url)
    assert ours([url], checked()) == [theirs(url)]
    assert time.process_time() - begin < 4


# --- lists that stand in files


def test_lists_in_files_are_read_as_inline_ones_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "domains.txt").write_text("# mine\r\n" + "\r\n".join(DOMAINS) + "\r\n\r\n")
    urls = [f"http://{host}/" for host in [*DOMAINS, "a.bad.com", "good.com"]]
    array = pa.array(urls, pa.large_string())
    for preset in ("url-filter@datatrove", "url-filter@refinedweb"):
        inline = measure_list(array, checked(preset=preset))
        listed = checked(preset=preset, domains=str(tmp_path / "domains.txt"))
        assert np.array_equal(measure_list(array, listed), inline)
        assert str(tmp_path) not in repr(listed.settings)


def test_a_large_list_is_kept_in_the_cache_folder_and_made_again_where_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import filters.probes.list_tables as tables

    monkeypatch.setattr(tables, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "domains.txt").write_text("".join(f"site{n}.com\n" for n in range(1000)))
    urls = pa.array([f"http://site{n}.com/" for n in range(0, 2000, 7)], pa.large_string())
    expected = [n < 1000 for n in range(0, 2000, 7)]
    for damage in (b"", b"no array", None):
        tables.prepare.cache_clear()
        probe = checked(domains=str(tmp_path / "domains.txt"))
        assert (measure_list(urls, probe)[:, COLUMNS["listed_domain"]] > 0).tolist() == expected
        (kept,) = (tmp_path / "cache" / "lists").glob("domains-*.npy")
        if damage is not None:
            kept.write_bytes(damage)
    monkeypatch.setattr(tables, "cache_folder", lambda: None)
    tables.prepare.cache_clear()
    assert (measure_list(urls, probe)[:, COLUMNS["listed_domain"]] > 0).tolist() == expected


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"domains": "nowhere.txt"}, "domains", "no such file"),
        ({"urls": 3}, "urls", "expected a file"),
        ({"spelling": "loose"}, "spelling", "expected exact or folded"),
        ({"parents": 1}, "parents", "expected true or false"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(changes: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as failure:
        checked(**changes)
    assert failure.value.args[0] == ("filters", 0, key)


def test_a_plan_that_only_judges_looks_at_no_file() -> None:
    entry = FilterEntry(name="u", preset="url-filter", domains="nowhere.txt")
    plan = resolve_filters([entry], (), lambda place, message: ValueError(place, message), root=None)
    assert plan.rules[0].signal == "u.listed_domain"


def test_a_damaged_list_is_refused_before_work_begins(tmp_path: Path) -> None:
    (tmp_path / "domains.gz").write_bytes(b"\x1f\x8b\x08\x00cut")
    with pytest.raises(ValueError, match="cannot be read") as failure:
        checked(domains=str(tmp_path / "domains.gz"))
    assert failure.value.args[0] == ("filters", 0, "domains")
