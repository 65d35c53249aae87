"""The report: right numbers, nothing hostile, one small file, the same every time."""

from __future__ import annotations

import importlib.util
import re
import shutil
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altair.utils.schemapi import SchemaBase

from data.keyed import keyed_unit
from data.manifest import read_manifest, write_manifest
from flows.comparison.runs import compare
from flows.report import (
    differences,
    excerpts,
    formatting,
    funnel,
    histograms,
    page,
    published,
    sampling,
    svg,
    write_report,
)
from flows.report.counting import Overlap
from flows.report.published import Published
from flows.report.survey import EXCUSED, FAILED, PASSED, Survey, take_survey

_spec = importlib.util.spec_from_file_location("synthetic_run", Path(__file__).with_name("synthetic_run.py"))
assert _spec is not None
assert _spec.loader is not None
synthetic: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

TIMINGS = [
    {"step": "ingest", "seconds": 3.25, "reused": 0, "parts": 8},
    {"step": "judge", "seconds": 0.5, "reused": 8, "parts": 8},
]

#: Strings that must not stand in a page as they are.
LIVE = ["<script", "<img", "<iframe", "onerror=alert(2)>", "<svg/onload", "jane.doe@", "AKIAIOSFODNN7", "ghp_01234567"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    synthetic.make_run(folder, 5_000)
    return folder


@pytest.fixture(scope="module")
def survey(run: Path) -> Survey:
    return take_survey(Published(run))


@pytest.fixture(scope="module")
def report(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("report") / "report.html"
    write_report(run, target, synthetic.texts_of, TIMINGS)
    return target


@pytest.fixture(scope="module")
def ledger(run: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(run.glob("ledger/*.parquet"))])


class Elements(HTMLParser):
    """Lists a page's elements with their attributes, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_page_holds_no_script_no_handler_no_reference_and_a_policy(report: Path) -> None:
    elements = Elements(report.read_text(encoding="utf-8")).found
    tags = {tag for tag, _ in elements}
    assert len(elements) > 3_000
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "form", "input", "foreignobject", "use"}
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcdoc", "xlink:href")]
        if "href" in attributes:
            assert tag in ("a", "link")
            assert str(attributes["href"]).startswith("#") or attributes["href"] == "data:,"
        assert "url(" not in str(attributes.get("style"))
    policies = [a["content"] for tag, a in elements if tag == "meta" and "http-equiv" in a]
    assert len(policies) == 1
    assert str(policies[0]).startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def test_ids_are_unique_and_every_link_in_the_page_has_its_target(report: Path) -> None:
    elements = Elements(report.read_text(encoding="utf-8")).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {f"#{name}" for name in ids}
    links = {attributes["href"] for tag, attributes in elements if tag == "a"}
    assert len(links) > 30
    assert links <= targets


def test_hostile_strings_are_escaped_masked_and_visible(report: Path) -> None:
    content = report.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "\\u202e" in content
    assert "\\x1b" in content
    assert "[e-mail]" in content
    assert "[private key]" in content
    for live in LIVE:
        assert live not in content
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", content)
    assert "x" * 1_000 not in content


def test_numbers_of_the_page_are_the_manifests(run: Path, report: Path) -> None:
    manifest = read_manifest(run)
    counts = manifest["counts"]
    content = report.read_text(encoding="utf-8")
    text = "".join(Elements(content).text)
    account = f"{formatting.count(counts['in'])} in = {formatting.count(counts['kept'])} kept + "
    assert account in text
    assert f"{formatting.count(counts['kept'])} of {formatting.count(counts['in'])} documents" in text
    for rule in manifest["rules"]:
        if rule["failed"]:
            judged = f"{formatting.count(rule['failed'])} of {formatting.count(rule['documents'])} judged documents"
            assert judged in text
    for name, row in counts["by_source"].items():
        cells = "".join(f'<td class="n">{formatting.count(row[key])}</td>' for key in ("in", "kept"))
        assert f"<tr><td>{name}</td>{cells}" in content


def test_each_benchmark_item_says_how_it_was_found(report: Path, ledger: pa.Table) -> None:
    by_hand: dict[tuple[str, str], int] = {}
    for row in ledger.to_pylist():
        if row["benchmark"]:
            key = (row["benchmark_item"], {"ngram": "n-gram", "behaviour": "behaviour"}[row["benchmark_method"]])
            by_hand[key] = by_hand.get(key, 0) + 1
    assert len({method for _, method in by_hand}) == 2
    content = report.read_text(encoding="utf-8")
    said = re.findall(r"<tr><td>humaneval</td><td>(HumanEval/\d+)</td><td>([^<]*)</td>", content)
    assert len(said) > 5
    assert all(words == f"{method} {by_hand[item, method]}" for item, words in said for method in [words.split(" ")[0]])
    totals = re.search(r'<tr><td>humaneval</td><td class="n">\d+</td><td class="n">\d+</td><td>([^<]*)</td>', content)
    assert totals is not None
    for name in ("n-gram", "behaviour"):
        assert f"{name} {sum(n for (_, method), n in by_hand.items() if method == name)}" in totals[1]


def test_page_has_every_section(report: Path) -> None:
    elements = Elements(report.read_text(encoding="utf-8")).found
    sections = {attributes.get("id") for tag, attributes in elements if tag == "section"}
    assert sections == {
        *("funnel", "reasons", "rules", "overlap", "before-after", "duplicates", "contamination", "quarantine"),
        *("exercises", "mixture", "truth", "dropped", "kept", "timing", "provenance", "further", "quality"),
    }
    text = "".join(Elements(report.read_text(encoding="utf-8")).text)
    assert "a grammar, not a language model" in text
    assert "also fails" in text
    assert "nearest to the bound" in text


@pytest.mark.slow
def test_page_is_small_and_the_same_every_time(run: Path, report: Path, tmp_path: Path, monkeypatch: Any) -> None:
    assert report.stat().st_size < 2_000_000
    monkeypatch.setattr(published, "BATCH_ROWS", 700)
    monkeypatch.setattr(sampling, "_PENDING_ROWS", 100)
    write_report(run, tmp_path / "again.html", synthetic.texts_of, TIMINGS)
    assert (tmp_path / "again.html").read_bytes() == report.read_bytes()


@pytest.mark.slow
def test_page_gives_up_detail_rather_than_grow_too_large(run: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(page, "MAX_BYTES", 400_000)
    monkeypatch.setattr(page, "_DETAIL", ((12, 1.0), (0, 0.1)))
    write_report(run, tmp_path / "small.html", synthetic.texts_of)
    assert (tmp_path / "small.html").stat().st_size < 400_000
    assert "too few words" in (tmp_path / "small.html").read_text(encoding="utf-8")


def test_no_chart_has_altair_search_its_classes_for_one_of_a_name(run: Path, tmp_path: Path, monkeypatch: Any) -> None:
    searched: list[Any] = []  # 3 ms each, of which a report once had two hundred
    from_dict = SchemaBase.from_dict.__func__  # type: ignore[attr-defined]

    def note(kind: Any, part: Any, validate: bool = True) -> Any:
        searched.append(part)
        return from_dict(kind, part, validate)

    monkeypatch.setattr(SchemaBase, "from_dict", classmethod(note))
    monkeypatch.setattr(page, "_DETAIL", ((3, 0.1),))
    write_report(run, tmp_path / "report.html", synthetic.texts_of, TIMINGS)
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("<svg") > 10
    assert searched == []


def test_an_earlier_run_stands_beside_this_one(tmp_path: Path) -> None:
    for name, rows in (("earlier", 300), ("now", 240)):
        (tmp_path / name).mkdir()
        synthetic.make_run(tmp_path / name, rows, files=1)
    write_report(tmp_path / "now", tmp_path / "report.html", lambda ids: {}, earlier=tmp_path / "earlier")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<section id="comparison">.*?</section>', page, re.DOTALL)
    assert found is not None
    cells = dict(re.findall(r'<td class="nb">([a-z ]+)</td><td class="n">([^<]*)</td>', found[0]))
    assert cells["in"] == "300"
    known = compare(Published(tmp_path / "earlier"), Published(tmp_path / "now"))["documents"]
    assert known["gained"]["documents"] > 0
    assert f"{known['gained']['documents']} documents gained and {known['lost']['documents']} lost" in found[0]


@pytest.mark.parametrize("rows", [0, 1])
def test_runs_of_no_or_one_document_give_a_page(tmp_path: Path, rows: int) -> None:
    synthetic.make_run(tmp_path, rows, files=1)
    write_report(tmp_path, tmp_path / "report.html", lambda ids: {})
    assert f"of {rows} document" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_ledger_of_reasons_only_gives_a_page_that_says_so(run: Path, tmp_path: Path, ledger: pa.Table) -> None:
    from data.ledger import LEDGER

    (tmp_path / "ledger").mkdir()
    pq.write_table(ledger.select(LEDGER.names), tmp_path / "ledger/00000.parquet")
    manifest = read_manifest(run)
    manifest.update(teacher=None, truth=None, sandbox=None, quality=None, shards=[])
    write_manifest(tmp_path, manifest)
    write_report(tmp_path, tmp_path / "report.html", lambda ids: {})
    content = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "there are no values to draw" in content
    assert 'id="exercises"' not in content


def test_rule_histograms_count_each_judged_document_once_on_its_side(run: Path, survey: Survey) -> None:
    for rule in Published(run).rules:
        histogram = survey.histograms[rule.address]
        assert histogram.counts.sum() == rule.judged
        assert histogram.counts[FAILED].sum() == rule.failed
        edges = histogram.edges
        if edges[0] < rule.bound < edges[-1]:
            passing = edges[:-1] >= rule.bound - 0.5 * histogram.whole - 1e-9
            if not rule.lower:
                passing = ~(edges[:-1] >= rule.bound - 1e-12)
            assert histogram.counts[PASSED][~passing].sum() == 0
            assert histogram.counts[FAILED][passing].sum() == 0
    excused = survey.histograms["quality.min_quality"].counts[EXCUSED].sum()
    assert excused > 0


@pytest.mark.parametrize(
    ("lower", "value", "side"),
    [
        (True, 49, "left"),
        (True, 50, "right"),
        (True, 51, "right"),
        (False, 49, "left"),
        (False, 50, "left"),
        (False, 51, "right"),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_values_at_the_bound_stand_on_the_passing_side(lower: bool, value: int, side: str, scale: float) -> None:
    sample = np.arange(1, 101) * scale
    histogram = histograms.for_bound(sample, 50 * scale, lower, groups=1)
    assert histogram is not None
    histogram.add(np.array([value * scale]), np.array([0]))
    place = int(np.flatnonzero(histogram.counts[0])[0])
    edge = 50 * scale + (0.5 if scale == 1 and not lower else -0.5 if scale == 1 else 0)
    left = histogram.edges[place + 1] <= edge + 1e-9
    assert side == ("left" if left else "right")
    assert histogram.whole == (scale == 1)


@pytest.mark.parametrize(
    ("sample", "bound", "right"),
    [
        ([0.0] * 990 + [3.0] * 4 + [7.0], 2, False),  # whole numbers, nearly all the same
        ([20.0 + place % 280 for place in range(999)] + [7_000.0], 1_000, False),
        ([0.5 + place / 2_000 for place in range(999)] + [0.05], 0.2, True),
    ],
)
def test_the_few_values_that_fail_stand_on_their_side_of_the_bound(
    sample: list[float], bound: float, right: bool
) -> None:
    values = np.array(sample)
    histogram = histograms.for_bound(values, bound, right, groups=1)
    assert histogram is not None
    histogram.add(values, np.zeros(len(values), dtype=np.int64))
    bins = histogram.counts[0]
    beyond = histogram.edges[1:] <= bound if right else histogram.edges[:-1] > bound
    assert bins[beyond].sum() == ((values < bound) if right else (values > bound)).sum()


def test_the_headline_names_the_reason_of_most_drops_not_of_the_budget(run: Path) -> None:
    published = Published(run)
    published.manifest["counts"] = {
        **published.manifest["counts"],
        "reasons": [
            {"status": "not_sampled", "stage": "mix", "reason": "over_budget", "documents": 900},
            {"status": "dropped", "stage": "judge", "reason": "too_few_words", "documents": 20},
            {"status": "quarantined", "stage": "ingest", "reason": "bad_json", "documents": 30},
        ],
    }
    assert "for 1 reason, most often as “too few words” (20)" in funnel.overview(published)["why"]


def test_a_difference_has_its_sign_and_nothing_has_none() -> None:
    assert [formatting.change(number) for number in (1_490, -72, 0, 0.2)] == ["+1\u202f490", "−72", "0", "0"]
    assert [formatting.change(number, 1) for number in (-46.28, 0.04, 0.06)] == ["−46.3", "0", "+0.1"]


def test_a_pools_bound_is_said_in_words() -> None:
    assert formatting.stated("t0.85") == "best 85% of the pool"
    assert formatting.stated("p99.5") == "percentile 99.5 of the pool"
    assert formatting.stated("") == formatting.stated(None) == ""


def test_histogram_leaves_a_far_bound_out_and_keeps_far_values_in_the_end_bins() -> None:
    histogram = histograms.for_bound(np.linspace(0.0, 0.1, 50), 0.9, right=False, groups=1)
    assert histogram is not None
    assert histogram.edges[-1] < 0.2
    histogram.add(np.array([5.0, -1.0]), np.array([0, 0]))
    assert histogram.counts[0][-1] == 1
    assert histogram.counts[0][0] == 1
    assert histogram.beyond == [1, 1]
    assert histograms.for_bound(np.array([np.nan]), 1.0, right=True) is None


def test_overlap_matrix_equals_counting_by_hand(run: Path, survey: Survey, ledger: pa.Table) -> None:
    addresses = [rule.address for rule in Published(run).rules]
    by_hand = np.zeros((len(addresses), len(addresses)), int)
    for failed in ledger["failed_rules"].to_pylist():
        for one in failed:
            for other in failed:
                by_hand[addresses.index(one), addresses.index(other)] += 1
    assert (survey.overlap == by_hand).all()
    assert by_hand.sum() > 5_000


def test_overlap_reads_sliced_lists_by_their_own_rows() -> None:
    table = pa.table({"failed_rules": pa.array([["a"], ["b"], ["a", "b"], []], pa.list_(pa.string()))})
    flags = Overlap(["a", "b"]).flags(table.slice(1))
    assert flags.tolist() == [[False, True], [True, True], [False, False]]


def test_sampled_rows_are_those_with_the_smallest_hashes_and_the_nearest_to_the_bound(
    run: Path, survey: Survey, ledger: pa.Table
) -> None:
    assert survey.sample is not None
    shown = survey.sample.to_pylist()
    rows = [row for row in ledger.to_pylist() if row["reason"] == "too_few_words"]
    chances = dict(zip((row["id"] for row in rows), keyed_unit(1, "report", [row["id"] for row in rows]), strict=True))
    random = sorted(chances, key=lambda key: chances[key])[: sampling.RANDOM]
    nearest = min(rows, key=lambda row: (abs(row["measured"] - row["threshold"]), chances[row["id"]]))
    sampled = [row for row in shown if row["reason"] == "too_few_words"]
    assert {row["id"] for row in sampled} == {*random, nearest["id"]}
    assert {row["id"] for row in sampled if not row["nearest"]} == set(random)
    assert len({row["group"] for row in shown}) > 25


def test_before_and_after_count_all_rows_with_text(survey: Survey, ledger: pa.Table) -> None:
    rows = [row for row in ledger.to_pylist() if row["tokens"] is not None]
    kind = survey.categories["kind"]
    assert survey.with_text == len(rows) == sum(kind.before.values())
    assert kind.before["code"] == sum(row["kind"] == "code" for row in rows)
    assert kind.after["code"] == sum(row["kind"] == "code" and row["status"] == "kept" for row in rows)
    kept = [row for row in rows if row["status"] == "kept" and row["kind"] == "web"]
    assert kind.tokens_after["web"] == sum(row["tokens"] for row in kept)
    assert survey.length is not None
    assert survey.length.counts.sum() == len(rows)


def test_clusters_are_counted_whole(survey: Survey, ledger: pa.Table) -> None:
    sizes: dict[str, int] = {}
    for cluster in ledger["cluster"].to_pylist():
        if cluster:
            sizes[cluster] = sizes.get(cluster, 0) + 1
    assert sorted(survey.cluster_sizes.tolist()) == sorted(sizes.values())
    assert survey.largest_clusters[0] == min(sizes.items(), key=lambda item: (-item[1], item[0]))


@pytest.mark.parametrize(("text", "shown"), [
    ("write to jane.doe+x@mail.example.org today", "write to [e-mail] today"),
    ("id AKIAIOSFODNN7EXAMPLE.", "id [access key]."),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[access key]"),
    ("key=sk-proj-abcdefghijklmnop1234", "key=[access key]"),
    ("a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b", "a [private key] b"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\ncut off", "[private key]"),
    ("https://user:secret@host.example/x", "https://[credentials]@host.example/x"),
    ("a task-runner sk-learn @decorator x@y", "a task-runner sk-learn @decorator x@y"),
])  # fmt: skip
def test_secrets_are_masked_and_other_text_is_not(text: str, shown: str) -> None:
    assert excerpts.mask(text) == shown


def test_masking_takes_time_in_proportion_to_the_text() -> None:
    for bait in ("a@", "-----BEGIN ", "://a:", "eyJaaaaaaaa.", "a.b+", "x" * 63 + "@"):
        begin = time.process_time()
        excerpts.mask(bait * (50_000 // len(bait)))
        assert time.process_time() - begin < 1.0


def test_invisible_characters_are_written_out_and_ordinary_ones_stay() -> None:
    assert excerpts.visible("a\x1b[2J\x00\x7f\x9b") == "a\\x1b[2J\\x00\\x7f\\x9b"
    assert excerpts.visible("\u202eabc\u2066 \u200b\ufeff\u2028") == "\\u202eabc\\u2066 \\u200b\\ufeff\\u2028"
    assert excerpts.visible("\udc80 \U000e0041") == "\\udc80 \\U000e0041"
    plain = "Größe 字\u3000\u00a0été\tשלום\n😀"
    assert excerpts.visible(plain) == plain


def test_excerpts_are_bounded_and_never_cut_a_secret_in_half() -> None:
    text = "start " + "word " * 400 + "AKIAIOSFODNN7EXAMPLE end"
    shown = excerpts.excerpt(text, 200, tail=20)
    assert shown.startswith("start word")
    assert shown.endswith("[access key] end")
    assert len(shown) < 220
    assert excerpts.excerpt("\u202e" * 10_000, 700, 100).count("\\u202e") < 130
    assert excerpts.excerpt("short", 700) == "short"
    key = "-----BEGIN PRIVATE KEY-----\n" + "M" * 3_000
    assert "MMM" not in excerpts.excerpt(key, 700, tail=160)
    assert excerpts.label("x" * 5_000, 100).count("x") < 100


def test_differences_between_two_texts_are_marked_and_long_equal_stretches_left_out() -> None:
    words = [f"w{number}" for number in range(100)]
    other = [*words]
    other[50] = "changed"
    left, right = differences.side_by_side(" ".join(words), " ".join(other))
    assert [text.strip() for kind, text in left if kind == "differs"] == ["w50"]
    assert [text.strip() for kind, text in right if kind == "differs"] == ["changed"]
    assert left[0] == ("left_out", "[14 equal words] ")
    assert left[-1] == ("left_out", "[37 equal words]")
    same, _ = differences.side_by_side("a b c", "a b c")
    assert same == [("same", "a b c")]


def test_a_difference_far_into_long_texts_is_still_shown() -> None:
    words = [f"w{number}" for number in range(5_000)]
    left, right = differences.side_by_side(" ".join(words), " ".join([*words[:4_000], "new", *words[4_000:]]))
    assert [text.strip() for kind, text in right if kind == "differs"] == ["new"]
    assert [text for kind, text in left if kind == "differs"] == []


def test_svg_keeps_shapes_and_loses_everything_else() -> None:
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="20">'
        '<script>alert(1)</script><style>*{}</style><a xlink:href="javascript:alert(1)"><text>x</text></a>'
        '<defs><clipPath id="clip0"><rect width="1" height="1"/></clipPath></defs>'
        '<g clip-path="url(#clip0)" onclick="alert(2)" style="background:url(//evil)">'
        '<path d="M0,0.123456h3" fill="url(//evil.example)" role="graphics-symbol" aria-label="5 &lt;b&gt;"/></g>'
        '<foreignObject><p/></foreignObject><image href="//evil"/></svg>'
    )
    cleaned = svg.clean(drawn, "c7", "what it shows")
    assert not re.search(r"script|style>|onclick|evil|href|foreignObject|image", cleaned)
    assert 'id="c7-0"' in cleaned
    assert 'clip-path="url(#c7-0)"' in cleaned
    assert "<title>5 &lt;b&gt;</title>" in cleaned
    assert 'viewBox="0 0 10 20"' in cleaned


def test_numbers_are_written_for_people() -> None:
    thin = formatting.THIN
    assert formatting.count(1234567) == f"1{thin}234{thin}567"
    assert formatting.short(1_940_000) == f"1.94{thin}M"
    assert formatting.short(999_950) == f"1{thin}M"
    assert formatting.short(12) == "12"
    assert formatting.share(1, 3) == f"33.3{thin}%"
    assert formatting.share(1, 1_000_000) == f"<{thin}0.1{thin}%"
    assert formatting.share(999_999, 1_000_000) == f">{thin}99.9{thin}%"
    assert formatting.share(0, 0) == "–"
    assert formatting.value(0.123456) == "0.1235"
    assert formatting.size(1536) == f"1.5{thin}KiB"
    assert formatting.seconds(245) == f"4{thin}min 05{thin}s"
    assert formatting.plural(1, "document") == "1 document"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yields a new page of headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine (Debian: chromium)")
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened.new_page()
        opened.close()


#: Children of a card that reach beyond its inner edge, and of the page that reach beyond the window.
OVERFLOWING = """() => [...document.querySelectorAll(".card")].flatMap(card => {
  const style = getComputedStyle(card);
  const edge = card.getBoundingClientRect().right - parseFloat(style.paddingRight) + 2;
  if (style.overflowX === "auto") return [];
  return [...card.children].filter(child => child.getBoundingClientRect().right > edge).map(child => child.textContent);
})"""


@pytest.mark.slow
def test_report_in_a_browser_asks_for_nothing_says_nothing_and_shows_all(
    browser: Any, run: Path, tmp_path: Path
) -> None:
    holders = [
        *("<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", '"><body onload={}>', "javascript:{}"),
        *("</pre></details></style><script>{}</script>", "<iframe srcdoc='<script>{}</script>'>"),
        *("<a href=javascript:{}>x", "' autofocus onfocus={} x='", "<math><mtext></form><style><img onerror={} src>"),
    ]
    payloads = [holder.format(f"alert({number})") for number in range(20) for holder in holders]
    target = tmp_path / "report.html"

    def texts(ids: Any) -> dict[str, str]:
        return {key: payloads[int(key[:6], 16) % len(payloads)] + f"<img src=//evil.example/{key}>" for key in ids}

    shutil.copytree(run, tmp_path / "run")
    manifest = read_manifest(run)
    manifest["teacher"] |= {
        "model": payloads[0],
        "kind": "llm",
        "ended": payloads[1],
        "cells": [
            {"cell": {"topic": text, "kind": "function"}, "asked": 2, "kept": n % 3, "rejected": {text: 1}}
            for n, text in enumerate(payloads[:90])
        ],
        "models": [{"model": payloads[2], "calls": 1, "usd": 0.0, "prompt_tokens": 1, "completion_tokens": 1}],
        "novelty": {
            "curve": [{"kept": n, "skeletons": 900.0, "behaviours": 800.0} for n in (20, 40)],
            **{"skeletons": 36, "behaviours": 32, "collapsed": False},
            "openers": [{"opener": text, "share": 0.02} for text in payloads[:10]],
        },
    }
    write_manifest(tmp_path / "run", manifest)
    write_report(tmp_path / "run", target, texts, TIMINGS)
    dialogs: list[str] = []
    requested: list[str] = []
    said: list[str] = []
    browser.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    browser.on("request", lambda request: requested.append(request.url))
    browser.on("console", lambda message: said.append(message.text))
    browser.goto(target.as_uri())
    browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.evaluate("document.scripts.length + document.images.length + document.forms.length") == 0
    assert browser.locator("section").count() == 17
    assert browser.locator(".rule svg").count() == len(synthetic.RULES)
    assert browser.locator("#exercises svg").count() == 4
    assert browser.locator("table.values tr.fails").count() > 20
    for width in (390, 820, 1280):
        browser.set_viewport_size({"width": width, "height": 900})
        assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert browser.evaluate(OVERFLOWING) == []
    assert (dialogs, said, [url for url in requested if url != target.as_uri() and not url.startswith("data:")]) == (
        *([], [], []),
    )
