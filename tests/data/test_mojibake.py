from __future__ import annotations

import json
from typing import Any

import pytest

from data.extraction import Extractor
from data.html_page import read_page
from data.mojibake import repaired, repaired_markup
from data.pages.blocks import TEXT, Block
from data.pages.features import PARTS, of_text
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


def test_a_sign_of_copyright_that_is_half_a_letter_is_none() -> None:
    """The column that says whether a text names an owner; the compiled one is compared in `pages/test_scanning`."""
    texts = {"© 2024 A": 1, "Â© 2024 A": 1, "A\xa0©": 1, "cafÃ©": 0, "Ð©ÑƒÐºÐ°": 0, "Ã© © A": 1, "café": 0}
    found = {text: of_text(Block(text, 0, TEXT, 2, 0), {}, "", set())[11] // PARTS for text in texts}
    assert found == texts


FRENCH = "Un arbre équilibré garde une hauteur réduite, car chaque insertion mène à une rotation des nœuds. "
RUSSIAN = "Сбалансированное дерево сохраняет малую высоту, потому что каждая вставка может вызвать поворот узлов. "


def a_page(sentence: str) -> bytes:
    paragraphs = "".join(f"<p>{sentence * 2}({number})</p>" for number in range(12))
    return f"<title>{sentence[:20]}</title><body><h1>Title</h1>{paragraphs}<p>© 2024 A. Contact us.</p>".encode()


def test_paragraphs_of_mojibake_are_no_boilerplate() -> None:
    page = a_page(FRENCH).decode("latin-1").encode()
    assert read_page(page, "text/html; charset=utf-8", "resiliparse", None, False).text.count("insertion") == 24


@pytest.mark.parametrize("sentence", [FRENCH, RUSSIAN])
@pytest.mark.parametrize("engine", ["resiliparse", "resiliparse+trafilatura", "plain"])
def test_a_mended_page_gives_what_the_sound_one_gives(sentence: str, engine: str) -> None:
    sound = read_page(a_page(sentence), "text/html; charset=utf-8", engine, None, False, repair=True)
    broken = a_page(sentence).decode("latin-1").encode()
    mended = read_page(broken, "text/html; charset=utf-8", engine, None, False, repair=True)
    assert (mended.text, mended.title) == (sound.text, sound.title)
    assert mended.metadata == sound.metadata | {"repaired": "mojibake"}


def test_tags_and_their_attributes_stay_as_they_are() -> None:
    source = '<p title="Ã©">voilÃ&nbsp; &lt;cafÃ©&gt;&nbsp;.</p><p>&nbsp;é</p>'
    assert repaired_markup(source) == ('<p title="Ã©">voilà &lt;café&gt;&nbsp;.</p><p>&nbsp;é</p>', True)
    assert repaired_markup("<p>a&nbsp;é</p>") == ("<p>a&nbsp;é</p>", False)
