"""Unicode's normal forms as a modifier: the same as Python's, and off."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from reference import texts

from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting
from filters.probes.unicode_form import FORMS, check, measure


def changed(text: str, form: str | None) -> str:
    found = measure(Probe("f", "unicode-form", check({"form": form}, Path())), pa.table({"text": pa.array([text])}))
    assert found.columns == {}
    assert found.texts is not None
    assert found.texts.type == pa.large_string()
    return str(found.texts[0].as_py())


def test_two_characters_become_one_and_one_becomes_two() -> None:
    assert changed("e\u0301", "NFC") == "é"
    assert changed("é", "NFD") == "e\u0301"
    assert changed("ﬁ½", "NFKC") == "fi1⁄2"
    assert changed("e\u0301", None) == "e\u0301"


@settings(max_examples=200, deadline=None)
@given(texts.awkward_text)
def test_forms_are_those_of_python(text: str) -> None:
    for form in FORMS:
        assert changed(text, form) == unicodedata.normalize(form, text)


def test_another_form_is_refused() -> None:
    with pytest.raises(BadSetting, match="expected NFC, NFD, NFKC, NFKD or null for off, not 'nfc'"):
        check({"form": "nfc"}, Path())
