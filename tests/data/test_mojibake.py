from __future__ import annotations

import json
from typing import Any

import pytest

from data.extraction import Extractor
from data.mojibake import repaired
from data.recipe import Extract
from data.schema import document, to_table

GOOD = [
    "Ein schöner Gruß – für „alle“",
    "naïve café, s’il vous plaît",
    "Привет, мир",
    "日本語の文章です。",
    "ﬁne ＡＢＣ ½ №",
]


@pytest.mark.parametrize("text", GOOD)
def test_sound_text_stays_as_it_is(text: str) -> None:
    assert repaired(text) == (text, False)


@pytest.mark.parametrize(
    "text", ["Ein schöner Gruß", "naïve café, s’il vous plaît", "Привет, мир", "日本語の文章です。"]
)
def test_text_read_with_the_wrong_character_set_is_mended(text: str) -> None:
    assert repaired(text.encode().decode("latin-1")) == (text, True)


def extracted(page: bytes, **settings: Any) -> dict[str, Any]:
    row = document("s", "1", kind="web", content=page, content_type="text/html; charset=utf-8")
    with Extractor(Extract(**settings)) as extractor:
        (found,) = extractor.extract(to_table([row])).to_pylist()
    return dict(found)


def test_a_page_is_mended_only_if_the_recipe_says_so_and_tells_of_it() -> None:
    broken = "<body><p>A cafÃ© in MÃ¼nchen was open all night long.</p>".encode()
    kept = extracted(broken)
    assert "cafÃ© in MÃ¼nchen" in kept["text"]
    assert "repaired" not in json.loads(kept["metadata"])
    mended = extracted(broken, mojibake="repair")
    assert "A café in München was" in mended["text"]
    assert json.loads(mended["metadata"])["repaired"] == "mojibake"
