from __future__ import annotations

import json
from typing import Any

import pytest

from data import extract_html
from data.pages.facts import matters

BODY = "<body><p>A page that says something about itself.</p>"


def facts(head: str, body: str = BODY) -> dict[str, Any]:
    return extract_html(f"<html><head>{head}</head>{body}".encode()).metadata


@pytest.mark.parametrize(
    ("markup", "licence"),
    [
        ('<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">', "CC-BY-SA-4.0"),
        ('<a rel="nofollow license" href="http://creativecommons.org/licenses/by-nd/3.0/de/">x</a>', "CC-BY-ND-3.0"),
        ('<footer><a href="https://creativecommons.org/publicdomain/zero/1.0/">CC0</a></footer>', "CC0-1.0"),
        ('<meta name="dc.rights" content="All rights reserved">', "All rights reserved"),
        ('<a rel="license" href="/licence.html">x</a>', "/licence.html"),
    ],
)
def test_a_licence_is_found_wherever_pages_state_it(markup: str, licence: str) -> None:
    assert facts("", BODY + markup)["licence"] == licence


def test_a_marked_licence_counts_more_than_a_linked_one() -> None:
    linked = '<a href="https://creativecommons.org/licenses/by/4.0/">a picture\'s</a>'
    marked = '<a rel="license" href="https://creativecommons.org/licenses/by-sa/3.0/">the page\'s</a>'
    assert facts("", BODY + linked + marked)["licence"] == "CC-BY-SA-3.0"


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2024-05-06">',
        '<meta itemprop="datePublished" content="2024-05-06">',
        '<meta name="DC.date.issued" content="2024-05-06">',
        '<script type="application/ld+json">{"@type": "Article", "datePublished": "2024-05-06"}</script>',
        '</head><body><time datetime="2024-05-06">May</time>',
        '<meta name="publication_date" content="2024-05-06">',
        '</head><body><abbr class="published" title="2024-05-06">May</abbr><time datetime="2020-01-01">x</time>',
        "</head><body><p datetime='2024-05-06' class=x itemprop='datePublished'>6. Mai</p>",
        '</head><body><span property="schema:dateCreated" content="2024-05-06"></span>',
        '<link rel="canonical" href="https://example.org/2024/5/06/story.html">',
    ],
)
def test_a_date_is_found_wherever_pages_state_it(head: str) -> None:
    assert facts(head)["published"] == "2024-05-06"


@pytest.mark.parametrize(
    "body",
    [
        '<p title="2020-01-01">A <b itemprop="datePublished">date</b>',
        '<a class="published" title="by 2020-01-01">x</a>',
        '<a href="/2020/13/01/">x</a>',
        "<p>write itemprop='datePublished' content='2020-01-01' there</p>",
    ],
)
def test_what_is_no_date_of_the_page_is_not_taken_for_one(body: str) -> None:
    assert "published" not in facts("", BODY + body)


def test_a_date_in_an_address_is_the_last_resort() -> None:
    address = "https://example.org/2024/05/06/story"
    for head, date in (("", "2024-05-06"), ('<meta name="date" content="2024-05-07">', "2024-05-07")):
        assert extract_html(head.encode() + BODY.encode(), url=address).metadata["published"] == date
    assert "published" not in extract_html(BODY.encode(), url="https://example.org/2024/05/story-20240506").metadata


def test_an_opt_out_is_noted_with_its_kind() -> None:
    assert facts('<meta name="robots" content="noindex, noai">')["opt_out"] == "noai"
    assert facts('<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://x/p">') == {
        "opt_out": "tdm-reservation", "tdm_policy": "https://x/p", "charset": "utf-8",
    }  # fmt: skip
    assert "opt_out" not in facts('<meta name="robots" content="index"><meta name="tdm-reservation" content="0">')


def test_entities_in_facts_are_resolved_and_long_ones_are_cut() -> None:
    page = "<title>A &amp;lt; B &quot;x&quot;</title>"
    page += f"<meta property='og:url' content='http://x/?a=1&amp;b={'y' * 2000}'>"
    found = extract_html(page.encode() + BODY.encode())
    assert found.title == 'A &lt; B "x"'
    assert found.metadata["canonical"].startswith("http://x/?a=1&b=yyy")
    assert len(found.metadata["canonical"]) == 1000
    json.dumps(found.metadata)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('meta name="viewport" content="width=device-width"', False),
        ('meta name="Date" content="2024-05-06"', True),
        ('meta name="" property="og:title" content="T"', True),
        ('meta name="googlebot" content="noai"', True),
        ('meta content="date"', False),
        ('link rel="stylesheet" href="/s.css"', False),
        ('link rel="Canonical" href="/"', True),
        ("title", True),
    ],
)
def test_tags_that_are_for_others_do_not_matter(source: str, wanted: bool) -> None:
    assert matters((source.partition(" ")[0], source, "")) is wanted


@pytest.mark.parametrize(
    ("address", "url", "canonical"),
    [
        ("https://x.org/a", "https://x.org/b?c", "https://x.org/a"),
        ("/a", "https://x.org/b?c", "https://x.org/a"),
        ("//y.org/a", "https://x.org/b", "https://y.org/a"),
        ("https://x.org/b", "https://x.org/b", "https://x.org/b"),
        ("/a", None, "/a"),
        ("javascript:void(0)", "https://x.org/b", None),
        (" JavaScript:alert(1)", None, None),
        ("data:text/html,x", "https://x.org/b", None),
        ("http://[", "https://x.org/b", None),
        ("", "https://x.org/b", None),
    ],
)
def test_a_canonical_address_is_a_whole_one_on_the_web(address: str, url: str | None, canonical: str | None) -> None:
    page = f'<html><head><link rel="canonical" href="{address}"></head>{BODY}'.encode()
    assert extract_html(page, url=url).metadata.get("canonical") == canonical


def test_an_address_that_is_none_leaves_the_word_to_the_next() -> None:
    head = '<link rel="canonical" href="javascript:x"><meta property="og:url" content="https://x.org/a">'
    assert facts(head)["canonical"] == "https://x.org/a"


@pytest.mark.parametrize(
    ("head", "language"),
    [
        ('<meta http-equiv="Content-Language" content="de-AT">', "de"),
        ('<meta name="DC.language" content="fr">', "fr"),
        ('<meta name="dcterms.language" content="pt-BR">', "pt"),
        ('<meta property="og:locale" content="es_ES">', "es"),
        ('<meta name="content-language" content="no language"><meta property="og:locale" content="it_IT">', "it"),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "inLanguage": "nl-NL"}</script>', "nl"),
    ],
)
def test_a_language_is_found_wherever_pages_state_it(head: str, language: str) -> None:
    page = f"<head>{head}</head>{BODY}"
    assert extract_html(f"<html>{page}".encode()).language == language
    assert extract_html(f'<html lang="sv">{page}'.encode()).language == "sv"
