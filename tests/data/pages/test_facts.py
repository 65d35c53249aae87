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


CC = "https://creativecommons.org/licenses"
BY, BY_NC = f'<a href="{CC}/by/4.0/">CC BY</a>', f'<a href="{CC}/by-nc/4.0/">CC BY-NC</a>'


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>This work is licensed under a {BY} licence.</p>",
        f"<p>Read on. Except where otherwise noted, all content on this site is licensed under {BY}.</p>",
        f"<p>This <b>page</b> was not easy. This page, and what it links to, is available under {BY}</p>",
        f"<li>Text is available under the {BY}; additional terms may apply.</li>",
        f"<p>Site design © 2020 X; user contributions are licensed under {BY}</p>",
        f"<footer><p>© 2020 by Ann. Licensed under {BY}.</p></footer>",
        f'<div id="page-footer"><span>Licence: {BY}</span></div>',
        f"<p>Alle Inhalte dieser Website stehen unter der Lizenz {BY}.</p>",
        f"<p>Unless it says otherwise, this page is available under {BY}.</p><p>Photo: Bo, {BY_NC}</p>",
        f"<footer><p>Copyright © 2017 X, Inc. Published by Y Media, Inc. Licensed under {BY}</p></footer>",
        f"<p>Those who wrote this ebook, or on it, agree. The contributors to this ebook release their contributions"
        f" under the terms in the {BY}.</p>",
        f"<p>The creators of, and contributors to, this ebook dedicate their contributions via the terms in {BY}</p>",
        f"<p>We’re happy to make this story available to republish for free under {BY} if you credit us.</p>",
        f"<p>The copyright holder for this preprint is Ann.<i> It is made available under {BY}.</i></p>",
        f'<p>The end.</p><div class="license copyright"><a href="{CC}/by/4.0/"> LICENSED UNDER CC BY 4.0 </a></div>',
        f'<p><a href="{CC}/by/4.0/">This work is licensed under a CC BY 4.0 licence</a></p>',
        f'<footer><p><a href="{CC}/by/4.0/">Licensed under CC BY 4.0</a></p></footer>',
    ],
)
def test_a_licence_that_the_pages_own_words_give_it_is_found(markup: str) -> None:
    assert facts("", BODY + markup)["licence"] == "CC-BY-4.0"


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>Photo by Ann, {BY}</p>",
        f"<figure><img src=x><figcaption>Licensed under {BY}</figcaption></figure>",
        f"<p>We compare {BY} with {BY_NC}.</p>",
        f"<p>This page compares works that are licensed under {BY}.</p>",
        f"<p>This work is not licensed under {BY}.</p>",
        f"<p>This image is available under {BY}.</p>",
        f"<p>All photos on this site are licensed under {BY}.</p>",
        f"<p>This article is based on one by Bo, licensed under {BY}</p>",
        f"<p>Bo's work is licensed under {BY}.</p>",
        f"<p>{BY}</p>",
        f"<footer>Theme by Bo, licensed under {BY}</footer>",
        f"<footer>Theme by Bo. Licensed under {BY}</footer>",
        f"<footer>Icons: {BY}</footer>",
        f"<blockquote>Words.<footer>Licensed under {BY}</footer></blockquote>",
        f"<footer>© X</footer><p>Licensed under {BY}</p>",
        f"<p>This work is licensed under {BY}.</p><p>This site is licensed under {BY_NC}.</p>",
        f"<!-- <p>This work is licensed under {BY}.</p> -->",
        f'<p>Photos: <a rel="license" href="{CC}/by/2.0/">x</a>, <a rel="license" href="{CC}/by-sa/2.0/">y</a></p>',
        f"<p>Picture licensed under {BY}</p>",
        f'<p><a href="{CC}/by/4.0/">Picture licensed under CC BY 4.0</a></p>',
        f'<p><a href="{CC}/by/4.0/">Licensed under CC BY 4.0</a></p>',
        f'<figure><img src=x><figcaption class="license copyright"><a href="{CC}/by/4.0/">Licensed under CC BY 4.0</a>'
        f"</figcaption></figure>",
        f'<img src=x><div class="license copyright"><a href="{CC}/by/4.0/">Licensed under CC BY 4.0</a></div>',
        f'<div class="license copyright">Ann <a href="{CC}/by/4.0/">Licensed under CC BY 4.0</a></div>',
        f"<blockquote><p>This work is licensed under {BY}.</p></blockquote>",
        f"<footer>Songs published by Bo. Licensed under {BY}</footer>",
        f"<footer>Copyright © 2020 X • Design by: Bo • Lizenz: {BY}.</footer>",
        f"<p>Musik:</p><p>Lied von Bo<br>Lizenz: {BY}</p>",
        f"<p>This article is about a book of Bo's. It is available under {BY}.</p>",
        f"<p>The copyright holder for this preprint is Ann. It is not available under {BY}.</p>",
        f"<p>The copyright holder for this picture is Ann. It is available under {BY}.</p>",
        f"<p>The contributors to Bo's ebook release their contributions under {BY}.</p>",
        f"<p>The authors of this page release their photos under {BY}.</p>",
        f"<p>The authors of this page release their texts, but not here, under {BY}.</p>",
        f"<p>We share this article because Bo released his under {BY}.</p>",
        f"<p>Alle Inhalte dieser Website stehen nicht unter der Lizenz {BY}.</p>",
        f"<p>Diese Texte stehen unter keiner freien Lizenz wie {BY}.</p>",
    ],
)
def test_a_licence_of_something_else_is_not_the_pages(markup: str) -> None:
    assert "licence" not in facts("", BODY + markup)


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>Der Echo-Podcast von Ann/X steht unter einer {BY}-Lizenz.</p>",
        f"<p>Die Inhalte von Echo stehen unter der Lizenz {BY}.</p>",
        f'<h1>Lizenz</h1><a href="{CC}/by/4.0/" title="Die Inhalte von Echo stehen unter der Lizenz CC-BY 4.0, siehe'
        f' Impressum"><img src=x></a>',
        f'<div id="siteinfo">Echo powered by <a href="/">Bo</a> | Lizenz {BY} mit Ausnahmen | Sitemap</div>',
    ],
)
def test_a_licence_said_of_a_site_by_its_name_is_the_pages_if_its_title_ends_in_that_name(markup: str) -> None:
    assert facts("<title>Week 3 | Echo</title>", BODY + markup)["licence"] == "CC-BY-4.0"
    for other in ("Week 3 | Foxtrot", "Echo | Foxtrot", "Echo", ""):
        assert "licence" not in facts(f"<title>{other}</title>", BODY + markup)
    assert "licence" not in facts("<title>Week 3 | Echo</title>", BODY + markup.replace("Echo", "Foxtrot"))


@pytest.mark.parametrize(
    "theirs", ["Das Echo-Logo", "Der Echo-Podcast spielt viel, Bos Lied", "Die Inhalte von Echo Alpha"]
)
def test_a_licence_of_what_only_bears_the_sites_name_is_not_the_pages(theirs: str) -> None:
    assert "licence" not in facts("<title>Week 3 | Echo</title>", f"{BODY}<p>{theirs} steht unter {BY}.</p>")


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("http://www.opensource.org/licenses/mit-license.php", "MIT"),
        ("https://opensource.org/license/apache-2.0/", "Apache-2.0"),
        ("https://opensource.org/licenses/", "https://opensource.org/licenses/"),
        ("https://opensource.org/licenses/MIT-0", "https://opensource.org/licenses/MIT-0"),
    ],
)
def test_a_marked_licence_of_open_source_is_known_by_its_address(address: str, licence: str) -> None:
    assert facts("", f'{BODY}<a rel="license" href="{address}">x</a>')["licence"] == licence
    assert "licence" not in facts("", f'{BODY}<p>We like <a href="{address}">licenses</a>.</p>')


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


@pytest.mark.parametrize("rel", ["alternate canonical", "Canonical", "CANONICAL\tshortlink"])
def test_a_link_may_say_several_things_about_its_address(rel: str) -> None:
    assert facts(f'<link href=https://x.org/a rel="{rel}">')["canonical"] == "https://x.org/a"
    assert "canonical" not in facts('<link href=https://x.org/a rel="non-canonical">')


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        (
            "",
            "<!-- <h1>No</h1> --><h1> </h1><h1 class=x>A <b>first</b> &lt;one&gt;</h1><h1>Second</h1>",
            "A first <one>",
        ),
        ("<title>T</title>", "<h1>H</h1>", "T"),
        ("<title> </title><meta property=og:title content=O>", "<h1>H</h1>", "O"),
        ("", "<h2>Two</h2>", None),
    ],
)
def test_a_page_without_a_title_has_its_first_headings(head: str, body: str, title: str | None) -> None:
    assert extract_html(f"<html><head>{head}</head><body>{body}<p>Words of a page.</p>".encode()).title == title


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
