"""The explorer in a real browser, started as a person starts it: mouse, keys, and hostile text."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.progress import Silent
from flows.road import Request, drive

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (Debian: chromium)"),
]

_spec = importlib.util.spec_from_file_location("hostile_run", Path(__file__).with_name("hostile_run.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


@contextlib.contextmanager
def explored(out: Path, labels: Path) -> Iterator[str]:
    """Starts `phimill explore` and yields the link that it prints."""
    command = [sys.executable, "-P", "-m", "flows.cli", "explore", str(out), "--labels", str(labels)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield re.findall(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.terminate()
            process.wait(200)


class Watched:
    """A page of a browser, and everything that it should not have done."""

    def __init__(self, browser: Any, link: str, width: int = 1280) -> None:
        self.base = link.partition("/?")[0]
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.set_default_timeout(200_000)  # ms; where much else runs, a browser may wait long for its turn
        self.wrong: list[str] = []
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("console", lambda message: self.wrong.append(f"console {message.text}"))
        self.page.on("pageerror", lambda failure: self.wrong.append(f"error {failure}"))
        self.page.goto(link)

    def _note(self, url: str) -> None:
        if not url.startswith(f"{self.base}/"):
            self.wrong.append(f"request {url}")

    def see(self, path: str) -> None:
        self.page.goto(self.base + path)

    def follow(self, link: str) -> None:
        """Clicks, and waits until the page's script is there to hear of keys and clicks."""
        with self.page.expect_navigation():
            self.page.click(link)

    def number(self, name: str) -> int:
        return int(self.page.get_attribute(f'[data-number="{name}"]', "data-value"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=200_000)
        found = playwright.chromium.launch(executable_path=CHROMIUM, timeout=200_000)
        yield found
        found.close()


def test_slider_counts_document_label_and_a_recipe_that_gives_the_shown_counts(
    browser: Any, hostile: tuple[Path, Path], tmp_path: Path
) -> None:
    recipe, out = hostile
    labels = tmp_path / "labels.jsonl"
    with explored(out, labels) as link:
        one = Watched(browser, link)
        page = one.page
        assert page.url == f"{one.base}/"
        one.follow("nav >> text=What if")
        page.click('[data-rule="gopher-quality.min_words"]')
        page.wait_for_selector("#range")
        before, now = one.number("then.documents"), page.input_value("#number")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        sync_api.expect(page.locator("#number")).not_to_have_value(now)
        sync_api.expect(page.locator("#result tr.then")).to_have_count(1)
        box = page.locator("#range").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.05, box["y"] + box["height"] / 2)
        bound = page.input_value("#number")
        page.wait_for_selector(f"#result tr.then >> text=≥ {bound}")
        shown = {name: one.number(f"then.{name}") for name in ("documents", "tokens")}
        assert shown["documents"] > before
        assert page.locator(".histogram rect.out").count() >= 1
        with page.expect_download() as download:
            page.click("#export")
        changed = recipe.parent / "changed-in-browser.yaml"
        download.value.save_as(changed)

        page.wait_for_selector(".sample.gained")
        one.follow(".sample.gained >> nth=0")
        key = page.get_attribute(".reader", "data-id")
        assert "What would have kept it" in page.inner_text("main")
        page.keyboard.press("4")
        page.wait_for_selector('.labels button[data-label="4"][aria-pressed=true]')
        page.keyboard.press("+")
        page.wait_for_selector('.labels button[data-label="keep"][aria-pressed=true]')
        one.see("/documents?reason=too_few_words")
        for name in ("j", "j", "-"):
            page.keyboard.press(name)
        chosen = page.get_attribute(".line.chosen", "data-id")
        page.wait_for_selector(f'[data-label-of="{chosen}"] >> text=drop')
        page.keyboard.press("Enter")
        page.wait_for_url("**/document?*at=1*")
        one.see("/document?reason=repeats_itself&at=0")
        for _ in range(2):
            page.keyboard.press("m")
        sync_api.expect(page.locator("#text mark.here")).to_have_count(1)
        assert one.wrong == []
        page.close()
    said = {entry["id"]: entry["label"] for entry in map(json.loads, labels.read_text().splitlines())}
    assert said == {key: "keep", chosen: "drop"}
    again = tmp_path / "again"
    shutil.copytree(out, again, symlinks=True)
    drive(Request(str(changed), str(again), (), 1), Silent())
    tables = [pq.read_table(path, columns=["stage", "tokens"]) for path in sorted((again / "ledger").glob("*"))]
    rows = [row for row in pa.concat_tables(tables).to_pylist() if row["stage"] not in ("ingest", "extract", "judge")]
    assert shown == {"documents": len(rows), "tokens": sum(row["tokens"] for row in rows)}


def test_two_hundred_payloads_open_no_dialog_ask_for_nothing_and_fit_any_width(
    browser: Any, hostile: tuple[Path, Path], tmp_path: Path
) -> None:
    tables = [
        pq.read_table(path, columns=["id", "url", "cluster"]) for path in sorted((hostile[1] / "ledger").glob("*"))
    ]
    rows = pa.concat_tables(tables).to_pylist()
    one_of_each = {urllib.parse.quote(row["id"]): row for row in rows[: 2 * len(made.PAYLOADS) : 5]}
    paths = [
        *(f"/documents?start={start}" for start in range(0, len(rows), 50)),
        *(f"/document?id={key}" for key in one_of_each),
        *(f"/cluster?id={row['cluster']}" for row in rows if row["cluster"]),
        "/whatif?rule=gopher-quality.min_words&set=filters.gopher-quality.min_words%3D150",
        "/documents?q=" + urllib.parse.quote(made.PAYLOADS[0]),
        "/labels",
    ]
    with explored(hostile[1], tmp_path / "labels.jsonl") as link:
        one = Watched(browser, link)
        for path in paths:
            one.see(path)
        one.see("/documents")
        one.page.fill("#q", made.PAYLOADS[1])
        sync_api.expect(one.page.locator("#list .line")).to_have_count(1)
        for width in (390, 820, 1440):
            one.page.set_viewport_size({"width": width, "height": 900})
            for path in ("/", "/documents", "/whatif?rule=gopher-quality.min_words", f"/document?id={rows[3]['id']}"):
                one.see(path)
                assert one.page.evaluate(
                    "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
                ), (path, width)  # fmt: skip
        one.page.goto((hostile[1] / "report.html").absolute().as_uri())
        assert [found for found in one.wrong if not found.startswith("request file:")] == []
        one.page.close()
