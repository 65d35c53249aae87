"""The explorer over HTTP: a person's whole path, a real run's numbers, and no document's own markup."""

from __future__ import annotations

import importlib.util
import json
import shutil
import urllib.parse
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from data.manifest import read_manifest
from flows.explore.app import Explorer, make_app
from flows.explore.guard import Session
from flows.explore.ledger import Ledger
from flows.explore.query import Query
from flows.progress import Silent
from flows.report.excerpts import visible
from flows.report.templates import breakable
from flows.road import Request, drive
from flows.whatif.show import find_out

_spec = importlib.util.spec_from_file_location("hostile_run", Path(__file__).with_name("hostile_run.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
Page, PAYLOADS = made.Page, made.PAYLOADS

BOUND = "filters.gopher-quality.min_words"


def see(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def ledger(out: Path) -> list[dict[str, Any]]:
    return pa.concat_tables([pq.read_table(path) for path in sorted((out / "ledger").glob("*"))]).to_pylist()


def test_a_person_finds_out_why_moves_the_bound_labels_and_the_exported_recipe_gives_the_shown_counts(
    hostile: tuple[Path, Path], client: TestClient, explorer: Explorer, session: Session, tmp_path: Path
) -> None:
    recipe, out = hostile
    front = see(client, "/")
    reason = next(link for link in front.links("/documents") if "reason=too_few_words" in link)
    listed = see(client, reason)
    assert listed.number("documents") == 25
    document = see(client, listed.links("/document?")[3])
    assert "What would have kept it" in document.text
    attempt = next(found["href"] for found in document.with_(id="try"))
    assert urllib.parse.parse_qs(attempt.partition("?")[2])["set"][0].startswith(f"{BOUND}=")
    asked = see(client, attempt)
    assert asked.number("gained.documents") > 0

    settings = [f"{BOUND}=30", "filters.educational.min_edu=null", "filters.repeated.max_duplicate_line_share=0.7"]
    moved = see(client, "/whatif/answer", set=settings)
    told = find_out(out, settings, (), 0)
    for name in ("now", "then", "gained", "lost"):
        assert moved.number(f"{name}.documents") == told[name]["documents"]
    assert moved.number("then.documents") > moved.number("now.documents")

    labelled = client.post("/label", json={"id": document.with_(**{"class": "reader"})[0]["data-id"], "label": "keep"},
                           headers={"x-phimill": session.word})  # fmt: skip
    assert labelled.json()["labelled"] == 1

    exported = client.get("/whatif/recipe.yaml", params={"set": settings})
    again = tmp_path / "again"
    shutil.copytree(out, again, symlinks=True)
    (recipe.parent / "changed.yaml").write_text(exported.text)
    drive(Request(str(recipe.parent / "changed.yaml"), str(again), (), 1), Silent())
    rows = [row for row in ledger(again) if row["stage"] not in ("ingest", "extract", "judge")]
    assert len(rows) == moved.number("then.documents")
    assert sum(row["tokens"] for row in rows) == moved.number("then.tokens")
    judge = next(stage for stage in read_manifest(again)["counts"]["stages"] if stage["stage"] == "judge")
    assert judge["out"] == moved.number("then.documents")


def test_every_page_escapes_every_payload_and_leads_nowhere(client: TestClient, hostile: tuple[Path, Path]) -> None:
    rows = ledger(hostile[1])
    pages = {
        "/": see(client, "/"),
        "/whatif": see(client, "/whatif", set=f"{BOUND}=90"),
        "/whatif/samples": see(client, "/whatif/samples", set=f"{BOUND}=90"),
        "/whatif/rule": see(client, "/whatif/rule", rule="gopher-quality.min_words"),
        "/clusters": see(client, "/clusters"),
        "/compare": see(client, "/compare"),
        "/labels": see(client, "/labels"),
        **{f"/documents {start}": see(client, "/documents", start=start) for start in range(0, len(rows), 50)},
        **{f"/document {row['id']}": see(client, "/document", id=row["id"]) for row in rows},
        **{f"/cluster {key}": see(client, "/cluster", id=key) for key in {r["cluster"] for r in rows} - {None}},
    }
    assert {place: page.problems() for place, page in pages.items() if page.problems()} == {}
    shown = "".join(page.text for page in pages.values())
    for payload in PAYLOADS:
        assert visible(payload.replace("\n", "\\n")) in shown, payload
    for secret in ("jane.doe@", "AKIAIOSFODNN7"):
        assert secret not in shown
    assert not set(shown) & set("\x00\x1b\x7f\u202e\u2066")
    if made.SHARED.is_dir():
        assert any(row["source"] == "h03" and row["locator"] in shown for row in rows)


@pytest.mark.parametrize("payload", [*PAYLOADS[:20], "' OR 1=1 --", '"; DROP VIEW ledger; --', "%00", "\ud800"])
def test_payloads_in_addresses_come_back_as_text_or_as_a_refusal(client: TestClient, payload: str) -> None:
    payload = payload.encode("utf-8", "replace").decode()
    for path, name in (
        *(("/documents", name) for name in ("q", "status", "reason", "rule", "source", "label", "signal", "sort")),
        *(("/documents", name) for name in ("at_least", "start", "cluster")),
        ("/document", "id"),
        ("/document", "at"),
        ("/whatif", "set"),
        ("/whatif", "rule"),
        ("/whatif/answer", "set"),
        ("/whatif/recipe.yaml", "set"),
        ("/cluster", "id"),
        ("/compare", "with"),
    ):
        answer = client.get(path, params={name: payload}, follow_redirects=False)
        assert answer.status_code in (200, 400, 404), (path, name, answer.status_code)
        if answer.headers["content-type"].startswith("text/html"):
            assert Page(answer.text).problems() == []
        else:
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_report_of_hostile_documents_holds_text_only(hostile: tuple[Path, Path]) -> None:
    page = Page((hostile[1] / "report.html").read_text(encoding="utf-8"))
    names = {tag for tag, _ in page.elements}
    assert names.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base", "audio", "video"})
    assert [name for _, found in page.elements for name in found if name.startswith("on")] == []
    places = [found[name] for _, found in page.elements for name in ("href", "src", "action") if name in found]
    assert [place for place in places if not place.startswith("#") and place != "data:,"] == []
    assert sum(visible(payload) in page.text for payload in PAYLOADS) > 3


def test_filters_of_the_page_give_what_the_ledger_holds(client: TestClient, hostile: tuple[Path, Path]) -> None:
    rows = ledger(hostile[1])
    for query, wanted in (
        ({"status": "dropped"}, lambda row: row["status"] == "dropped"),
        ({"rule": "educational.min_edu"}, lambda row: "educational.min_edu" in row["failed_rules"]),
        ({"rule": "educational.min_edu", "only": "1"}, lambda row: row["failed_rules"] == ["educational.min_edu"]),
        ({"signal": "words", "at_least": "30", "at_most": "60"}, lambda row: row["words"] and 30 <= row["words"] <= 60),
        ({"q": "EVIL.example"}, lambda row: "evil.example" in f"{row['url']} {row['origin_id']}".lower()),
        ({"q": rows[7]["id"]}, lambda row: row["id"] == rows[7]["id"]),
        ({"source": "pages", "reason": "near_duplicate"}, lambda row: row["reason"] == "near_duplicate"),
        ({"language": "xx"}, lambda row: False),
    ):  # fmt: skip
        some = [row for row in rows if wanted(row)]
        page = see(client, "/documents", **query)
        assert page.number("documents") == len(some)
        shown = {found["data-id"] for found in page.with_(**{"class": "line"})}
        assert shown <= {row["id"] for row in some}
        assert len(shown) == min(len(some), 50)


@pytest.mark.parametrize("q", ["EVIL.example", "<IMG src", "near ", "%", "_", "no such place"])
def test_a_ledger_too_large_to_be_held_is_searched_all_the_same(
    explorer: Explorer, hostile: tuple[Path, Path], q: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [
        place
        for place, row in enumerate(ledger(hostile[1]))
        if any(q.strip().lower() in (row[name] or "").lower() for name in ("id", "origin_id", "locator", "url"))
    ]
    assert explorer.ledger.rows(Query(q=q), {}).tolist() == wanted
    monkeypatch.setattr("flows.explore.ledger.HELD_ROWS", 0)
    assert Ledger(explorer.published).rows(Query(q=q), {}).tolist() == wanted


def test_names_break_at_their_joints_and_stay_escaped(client: TestClient) -> None:
    page = client.get("/").text
    assert ">gopher-quality.<wbr>min_<wbr>words</a>" in page
    assert breakable("a_<b>.c\u202e") == "a_<wbr>&lt;b&gt;.<wbr>c\\u202e"


def test_a_list_is_sorted_and_reading_on_keeps_to_its_order(client: TestClient, hostile: tuple[Path, Path]) -> None:
    rows = [row for row in ledger(hostile[1]) if row["status"] == "dropped"]
    words = {row["id"]: row["words"] for row in rows}
    query = {"status": "dropped", "sort": "words", "down": "1"}
    shown = [found["data-id"] for found in see(client, "/documents", **query).with_(**{"class": "line"})]
    assert [words[key] for key in shown] == sorted(words.values(), reverse=True)[:50]
    page = see(client, "/document", **query, at=0)
    for key in shown[:4]:
        assert page.with_(**{"class": "reader"})[0]["data-id"] == key
        page = see(client, page.with_(id="next")[0]["href"])
    past = client.get("/document", params={**query, "at": len(rows)}, follow_redirects=False)
    assert past.status_code == 303


def test_failing_lines_are_marked_where_they_stand(client: TestClient, hostile: tuple[Path, Path]) -> None:
    row = next(row for row in ledger(hostile[1]) if row["reason"] == "repeats_itself")
    html = client.get("/document", params={"id": row["id"]}).text
    page = Page(html)
    assert "lines that equal an earlier line" in page.text
    text = html.partition('id="text">')[2].partition("</pre>")[0]
    marked = text.count("<mark")
    lines = [line for line in page.text.partition("mail [e-mail]")[0].splitlines() if line.strip()]
    assert marked >= 38
    assert len(lines) >= marked


def test_clusters_show_the_pair_with_its_differences_marked(client: TestClient, hostile: tuple[Path, Path]) -> None:
    near = next(row for row in ledger(hostile[1]) if row["reason"] == "near_duplicate")
    front = see(client, "/clusters")
    assert any(near["cluster"] in link for link in front.links("/cluster?"))
    html = client.get("/cluster", params={"id": near["cluster"], "left": near["matched"], "right": near["id"]}).text
    sides = html.partition('class="sides"')[2]
    assert "otherwise" in sides
    assert "<mark" in sides
    assert client.get("/cluster", params={"id": "nothing"}).status_code == 404


@pytest.mark.usefixtures("no_charts")
def test_two_runs_are_compared(hostile: tuple[Path, Path], session: Session, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(hostile[1], again, symlinks=True)
    drive(Request(str(hostile[0]), str(again), (f"{BOUND}=30",), 1), Silent())
    explorer = Explorer(again, labels=tmp_path / "labels.jsonl", others=[hostile[1]])
    with TestClient(make_app(explorer, session), base_url=f"http://127.0.0.1:{session.port}") as client:
        client.get(session.link)
        page = see(client, "/compare")
    fewer, more = (read_manifest(out)["counts"]["kept"] for out in (hostile[1], again))
    assert f"{more - fewer} gained, 0 lost" in page.text
    assert "gopher-quality.min_words" in page.text
    assert page.problems() == []


def test_a_wrong_setting_is_refused_in_words(client: TestClient) -> None:
    answer = client.get("/whatif/answer", params={"set": "filters.gopher-quality.min_wrods=3"})
    assert answer.status_code == 400
    assert 'Did you mean "min_words"?' in answer.text
    assert client.get("/whatif/rule", params={"rule": "none.such"}).status_code == 400
    assert client.get("/documents", params={"at_least": "many", "signal": "words"}).status_code == 400
    assert client.get("/documents", params={"signal": 'words" OR 1'}).status_code == 400


def test_labels_are_kept_shown_and_taken_away(client: TestClient, explorer: Explorer, session: Session) -> None:
    ids = [found["data-id"] for found in see(client, "/documents").with_(**{"class": "line"})]
    word = {"x-phimill": session.word}
    for key, label in ((ids[0], "keep"), (ids[1], "3"), (ids[2], "drop"), (ids[2], None)):
        assert client.post("/label", json={"id": key, "label": label}, headers=word).status_code == 200
    lines = [json.loads(line) for line in explorer.labels.path.read_text().splitlines()]
    assert {line["id"]: line["label"] for line in lines} == {ids[0]: "keep", ids[1]: 3}
    assert see(client, "/documents", label="any").number("documents") == 2
    assert see(client, "/documents", label="3").number("documents") == 1
    pressed = see(client, "/document", id=ids[1]).with_(**{"aria-pressed": "true"})
    assert [found["data-label"] for found in pressed] == ["3"]
    assert see(client, "/labels").problems() == []
    for wrong in ({"id": ids[0], "label": "6"}, {"id": ids[0]}, {"label": "keep"}, []):
        assert client.post("/label", json=wrong, headers=word).status_code == 400
    assert client.post("/label", json={"id": "nobody", "label": "keep"}, headers=word).status_code == 404


def test_a_run_that_cannot_be_asked_can_still_be_read(session: Session, tmp_path: Path) -> None:
    """Made of numbers: every stage, status and hostile string, no texts, and rules that this phimill does not know."""
    spec = importlib.util.spec_from_file_location("synthetic_run", Path(__file__).parents[1] / "synthetic_run.py")
    assert spec is not None
    assert spec.loader is not None
    synthetic: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(synthetic)
    synthetic.make_run(tmp_path, 600)
    explorer = Explorer(tmp_path)
    with TestClient(make_app(explorer, session), base_url=f"http://127.0.0.1:{session.port}") as client:
        client.get(session.link)
        pages = [see(client, "/"), see(client, "/clusters"), see(client, "/labels"), see(client, "/documents")]
        for row in ledger(tmp_path)[::12]:
            page = see(client, "/document", id=row["id"])
            assert row["status"].replace("_", " ") in page.text
            assert not page.with_(id="try")
            pages.append(page)
        assert [page.problems() for page in pages if page.problems()] == []
        refused = client.get("/whatif")
        assert refused.status_code == 400
        assert "Run the recipe again" in refused.text or "run the recipe" in refused.text
