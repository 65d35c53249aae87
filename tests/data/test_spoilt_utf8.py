from __future__ import annotations

import collections
import gzip
import json
from pathlib import Path

import pytest

from data.spoilt_utf8 import FEW_PLACES, mend

SENTENCES = Path(__file__).parents[2] / "../shared/data/langid/lingua_sentences.jsonl.gz"
LINES = {
    "de": "Die Möwen fliegen über den Häfen, während die Flut steigt.",
    "fr": "Les bateaux attendent la marée haute près du phare, où l'été s'achève déjà.",
    "es": "El niño miró la marea en el puerto mientras el barco salía mañana.",
    "pt": "Não há maré alta no porto, então os barcos não sairão amanhã.",
    "sv": "Måsarna flyger över hamnen när vattnet stiger på kvällen.",
    "en": "The café by the harbour serves naïve sailors crème brûlée – it’s “good”…",
    "cs": "Příliv zvedá vodu v přístavu o tři metry dvakrát denně.",
    "pl": "Żółta łódź płynie wśród fal, a księżyc świeci jaśniej niż wczoraj.",
    "tr": "Çocuklar kıyıda oynarken güneş dağların üzerinden doğdu.",
    "lt": "Žvejai grįžo į uostą, kai jūra nurimo ir šiltas vėjas užėjo.",
}
COMPANION = {"cs": "cp1250", "pl": "cp1250", "tr": "cp1254", "lt": "cp1257"}


def mixed(line: str, odd: int, encoding: str) -> bytes:
    """Returns 120 lines, every second plain, of which so many are in another encoding than UTF-8."""
    lines = []
    for number in range(120):
        text = f"{line} {number}" if number % 2 else f"Plain line {number}."
        is_odd = number % 2 == 1 and number // 2 % (60 // odd) == 0
        lines.append(text.encode(encoding if is_odd else "utf-8"))
    return b"\n".join(lines)


@pytest.mark.parametrize("odd", [1, 2, 5, 20, 30])
@pytest.mark.parametrize("language", LINES)
def test_lines_in_a_set_of_one_byte_among_utf_8_are_read_as_what_they_are(language: str, odd: int) -> None:
    line, encoding = LINES[language], COMPANION.get(language, "cp1252")
    found = mend(mixed(line, odd, encoding))
    assert found is not None
    assert found.text == mixed(line, odd, "utf-8").decode()
    assert found.mended_bytes == odd * (len(line.encode(encoding)) - len(line.encode("ascii", "ignore")))
    assert (found.left_out_bytes, found.is_readable) == (0, True)


def test_a_few_lines_in_utf_8_are_told_among_many_in_a_set_of_one_byte() -> None:
    line = LINES["de"]
    content = b"\n".join([line.encode("cp1252")] * 90 + [line.encode()] * 2)
    found = mend(content)
    assert found is not None
    assert found.text == "\n".join([line] * 92)
    assert mend(b"\n".join([line.encode("cp1252")] * 90 + [line.encode()])) is None


@pytest.mark.parametrize(
    ("text", "encoding", "chance"),
    [
        ("Sie sagte: „Das macht großen Spaß“.", "cp1252", "ß“"),
        ("Le mot « voilà\xa0» est plus courant qu'« à côté ».", "cp1252", "à\xa0»"),
        ("„DER VERDÄCHTIGE SAß IM CAFÉ” – SO HIEß ES", "cp1252", "É”"),
        ("Президент Італії та лідери інших країн зустрілися сьогодні в столиці.", "cp1251", "лії"),
        ("КАЖУТЬ, ЩО ВІН УЖЕ ТУТ І ВЖЕ НЕ ПІДЕ ДОДОМУ", "cp1251", "ВІ"),
        ("ŻÓŁTA ŁÓDŹ PŁYNIE WŚRÓD FAL, A PÓŹNIEJ WRÓCĘ", "iso8859-2", "ÓŁ"),
        ("Неужели так ров был глубок, что никто из них его не перешёл?", "cp866", "так"),
        ("สนุก เรียนรู้ทุกวัน กับเพื่อนของเราที่โรงเรียน", "cp874", "สนุก"),
    ],
)
def test_text_in_another_set_that_holds_what_may_be_utf_8_is_read_as_such(
    text: str, encoding: str, chance: str
) -> None:
    chance.encode(encoding).decode()
    content = text.encode(encoding)
    assert mend(content) is None
    assert mend(content * 3 + b"\n" + content) is None


@pytest.mark.skipif(
    not SENTENCES.is_file(), reason="the shared folder data/langid does not stand beside the repository"
)
@pytest.mark.parametrize(
    ("encoding", "languages"),
    [
        ("cp1250", "cs hr hu pl sk sl"), ("iso8859-2", "cs hr hu pl sk sl"), ("cp1251", "be bg mk ru sr uk"),
        ("koi8-u", "bg ru uk"), ("iso8859-5", "bg ru uk"), ("cp866", "bg ru"), ("mac-cyrillic", "be bg ru uk"),
        ("cp1252", "ca da de es fi fr is it nb nl pt sv"), ("cp1253", "el"), ("cp1254", "tr"), ("cp1255", "he"),
        ("cp1256", "ar"), ("cp1257", "et lt lv"), ("cp874", "th"), ("mac-roman", "de es fr it"), ("cp437", "de es fr"),
        ("cp850", "de es fr"), ("big5", "zh"), ("gb18030", "zh"), ("cp932", "ja"), ("euc_jp", "ja"), ("cp949", "ko"),
    ],
)  # fmt: skip
def test_sentences_of_many_languages_in_other_sets_are_not_taken_for_utf_8(encoding: str, languages: str) -> None:
    lines = collections.defaultdict(list)
    with gzip.open(SENTENCES, "rt", encoding="utf-8") as file:
        for entry in map(json.loads, file):
            if entry["lang"] in languages.split():
                lines[entry["lang"]].append(entry["text"])
    asked = taken = 0
    for sentences in lines.values():
        for text in (*sentences, *map(str.upper, sentences)):
            content = text.encode(encoding, "ignore")
            asked += not content.isascii()
            taken += not content.isascii() and not is_utf8(content) and mend(content) is not None
        for start in range(0, len(sentences), 10):
            content = "\n".join(sentences[start : start + 10]).encode(encoding, "ignore")
            assert content.isascii() or mend(content) is None
    assert asked > 200
    assert taken <= 2  # a Turkish one, in capitals and not, is mojibake as it stands


def is_utf8(content: bytes) -> bool:
    return "\ufffd" not in content.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("damaged", "read", "mended", "left_out"),
    [
        (b"caf\xe9 \xe0 c\xf4t\xe9, l'\xe9t\xe9", "café à côté, l'été", 6, 0),
        (b"it\x92s \x93good\x94 \x96 so", "it’s “good” – so", 4, 0),
        (b"\x84gut\x93, 5 \x80, 1990\x962000\x85", "„gut“, 5 €, 1990–2000…", 5, 0),
        (b"l'\xe9t\xe9\x94, \xc9COLE, N\xc3O", "l'été”, ÉCOLE, NÃO", 5, 0),
        (b"c\x9cur", "cœur", 1, 0),
        (b"a\xa0\xa0\xa0\xa0\xa0\xa0b", "a\xa0\xa0\xa0\xa0\xa0\xa0b", 6, 0),
        (b"caf\xc3 d\xc3j\xc3", "caf dj", 0, 3),  # the first byte of é and à
        (b"caf\xa9, m\xa9me, gro\x9f", "caf, mme, gro", 0, 3),  # the second
        (b"it\xe2\x80s \x80\x99", "its ", 0, 4),  # of a quotation mark
        (b"smile \xf0\x9f\x98 \xff.", "smile  .", 0, 4),
        (b"\x81\x8d", "", 0, 2),
    ],
)
def test_stray_bytes_are_letters_and_signs_where_these_may_stand_and_else_left_out(
    damaged: bytes, read: str, mended: int, left_out: int
) -> None:
    found = mend("größer, schöner ".encode() * 40 + damaged + b" end")
    assert found is not None
    assert found.text == "größer, schöner " * 40 + read + " end"
    assert (found.mended_bytes, found.left_out_bytes, found.is_readable) == (mended, left_out, True)


def test_in_another_alphabet_stray_bytes_are_no_latin_letters() -> None:
    text = "Все люди рождаются свободными и равными. "
    found = mend((text * 9).encode() + b"caf\xe9")
    assert found is not None
    assert (found.text, found.mended_bytes, found.left_out_bytes) == (text * 9 + "caf", 0, 1)


@pytest.mark.parametrize("language", LINES)
def test_names_of_languages_in_a_menu_do_not_say_what_stray_bytes_are(language: str) -> None:
    menu, line = "Čeština, Türkçe, Русский, Lietuvių, Íslenska, 中文, Ελληνικά", LINES[language]
    stray = line.encode(COMPANION.get(language, "cp1252"))
    found = mend(f"{menu}\n{line}\n{line}\n{line}\n".encode() + stray)
    assert found is not None
    assert found.text == f"{menu}\n{line}\n{line}\n{line}\n{line}"


def test_a_page_of_which_too_much_has_no_meaning_is_not_readable() -> None:
    def is_readable(places: int, words: int, plain: int = 0) -> bool:
        found = mend("größer ".encode() * words + b"\xff " * places + b"x" * plain)
        assert found is not None
        return found.is_readable

    assert [is_readable(FEW_PLACES, 10), is_readable(FEW_PLACES + 1, 10)] == [True, False]
    assert [is_readable(10, 50), is_readable(11, 50)] == [True, False]
    assert [is_readable(3, 10, 1500), is_readable(4, 10, 1500)] == [True, False]


def test_a_character_cut_at_the_end_does_not_make_utf_8_another_set() -> None:
    found = mend("plain, größer und sch".encode() + b"\xc3")
    assert found is not None
    assert (found.text, found.left_out_bytes) == ("plain, größer und sch", 1)


@pytest.mark.parametrize("text", ["caf\xe9", "d\xe9j\xe0 vu", "\x93so\x94"])
def test_without_any_utf_8_there_is_nothing_to_mend(text: str) -> None:
    assert mend(text.encode("latin-1")) is None
