from __future__ import annotations

import json
from typing import Any

import pytest

from data import extract_html
from data.pages.json_ld import MAX_SCRIPT_BYTES, stated

CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def told(page: bytes) -> dict[str, str]:
    return stated(page, ["inLanguage", "license"])


def script(value: Any) -> bytes:
    return b'<p>x</p><script type="application/ld+json">' + json.dumps(value).encode() + b"</script>"


@pytest.mark.parametrize(
    "value",
    [
        {"@type": "Article", "inLanguage": "en", "license": CC_BY},
        [{"@type": ["TechArticle", "x"], "inLanguage": ["en", "de"], "license": {"@id": CC_BY}}],
        {"@graph": [{"@type": "ImageObject", "license": "http://x/other"},
                    {"@type": "WebPage", "inLanguage": {"@type": "Language", "name": "English", "alternateName": "en"},
                     "license": {"@type": "CreativeWork", "url": CC_BY}}]},
        {"@type": "WebPage", "inLanguage": "en", "mainEntity": {"@type": "BlogPosting", "license": CC_BY}},
    ],
)  # fmt: skip
def test_language_and_licence_of_the_text_are_found(value: Any) -> None:
    assert told(script(value)) == {"inLanguage": "en", "license": CC_BY}
    assert told(b"<script type=x>ld+json</script>" + script({"@type": "Person"}) + script(value)) == told(script(value))


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"a text about ld+json",
        script({"@type": "ImageObject", "license": CC_BY}),
        script({"license": CC_BY}),
        script({"@type": "Article", "license": 7, "inLanguage": [], "image": {"license": CC_BY}}),
        script({"@type": "Article", "license": CC_BY})[:-15],
        b'<script type="application/ld+json">{"@type": "Article", "license"</script>',
        script({"@type": "Article", "text": "x" * MAX_SCRIPT_BYTES, "license": CC_BY}),
        b"<script ld+json>" * 10,
    ],
)
def test_what_states_nothing_of_the_text_is_passed_over(page: bytes) -> None:
    assert told(page) == {}


def test_only_what_is_wanted_is_told() -> None:
    page = script({"@type": "Article", "inLanguage": "en", "license": CC_BY})
    assert stated(page, ["license"]) == {"license": CC_BY}


def test_a_page_takes_its_licence_from_there_last() -> None:
    body = b"<body><p>A page that says something about itself.</p>"
    page = script({"@type": "Article", "license": CC_BY}) + body
    assert extract_html(page).metadata["licence"] == "CC-BY-4.0"
    marked = b'<a rel="license" href="https://creativecommons.org/licenses/by-sa/3.0/">x</a>'
    assert extract_html(page + marked).metadata["licence"] == "CC-BY-SA-3.0"
