from __future__ import annotations

import random

import pytest

from data.charset import Undecodable, canonical, decode_html, decode_page, decode_source
from data.charset_detection import detect, mended

TEXTS = {
    "de": "Die größten Bäume wachsen schön über dem weißen Fluß, und Käufer möchten früh nähere Auskünfte.",
    "fr": "L'été dernier, les élèves français ont reçu de très bons résultats à l'école près du château.",
    "pl": "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy. Všichni lidé se rodí svobodní a sobě rovní.",
    "hu": "Árvíztűrő tükörfúrógép. Minden emberi lény szabadon születik és egyenlő méltósága és joga van.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler.",
    "he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("de", "cp1252"), ("fr", "cp1252"), ("pl", "iso8859-2"), ("pl", "cp1250"), ("cs", "iso8859-2"),
        ("cs", "cp1250"), ("hu", "iso8859-2"), ("ru", "koi8-r"), ("ru", "cp1251"), ("ru", "iso8859-5"), ("ru", "cp866"),
        ("el", "iso8859-7"), ("tr", "cp1254"), ("he", "cp1255"), ("ja", "cp932"), ("ja", "euc_jp"),
        ("ja", "iso2022_jp"), ("zh", "gb18030"), ("ko", "cp949"), ("zh", "utf-16-le"), ("de", "utf-8"), ("ru", "utf-8"),
    ],
)  # fmt: skip
def test_an_undeclared_page_is_read_as_it_was_written(language: str, encoding: str) -> None:
    page = f"<html><head><title>x</title></head><body><p>{TEXTS[language] * 3}</p></body></html>"
    assert decode_html(page.encode(encoding), "text/html")[0] == page


def test_the_mark_goes_before_the_header_and_the_header_before_the_meta_element() -> None:
    page = '<meta charset="koi8-r"><p>да'
    assert decode_html(b"\xef\xbb\xbf" + page.encode(), "text/html; charset=koi8-r") == (page, "utf-8")
    assert decode_html(page.encode("cp1251"), "text/html; charset=windows-1251") == (page, "cp1251")
    assert decode_html(page.encode("koi8-r"), "text/html") == (page, "koi8-r")
    equiv = '<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS"><p>日本'
    assert decode_html(equiv.encode("cp932"), None) == (equiv, "cp932")


def test_a_declared_set_that_the_bytes_contradict_yields() -> None:
    page = f"<p>{TEXTS['ru']}"
    assert decode_html(page.encode("cp1251"), "text/html; charset=utf-8")[0] == page
    # Valid UTF-8 beyond ASCII is no Latin-1, whatever a server says of all its pages.
    assert decode_html(page.encode(), "text/html; charset=iso-8859-1") == (page, "utf-8")


@pytest.mark.parametrize("meta", ["", "<meta charset=iso-8859-1>", "<meta charset={}>"])
@pytest.mark.parametrize(
    ("language", "encoding"),
    [("ru", "koi8-r"), ("ru", "cp1251"), ("ru", "iso8859-5"), ("el", "iso8859-7"), ("he", "cp1255"), ("ko", "cp949")],
)
def test_words_of_another_alphabet_are_no_latin_1_whatever_a_server_says(
    language: str, encoding: str, meta: str
) -> None:
    page = f"<html><head>{meta.format(encoding)}</head><body><h1>A title, by Name</h1><p>{TEXTS[language] * 2}</p>"
    assert decode_html(page.encode(encoding), "text/html; charset=ISO-8859-1")[0] == page


@pytest.mark.parametrize(
    "text",
    [
        TEXTS["de"],
        TEXTS["fr"],
        "Það er óþolandi að þær séu ætíð í ýmsum óráðsíum, og ég á það á hættu.",
        "Œuvres – «\xa0À…\xa0» ————— \xa0\xa0\xa0\xa0 ££££",
        "Letters with signs, as in ÀÁÂÃÄÅ, and a naïve façade; déjà vu",
    ],
)
def test_western_text_stays_latin_1(text: str) -> None:
    page = f"<meta charset=koi8-r><p>{text}"
    assert decode_html(page.encode("cp1252"), "text/html; charset=ISO-8859-1") == (page, "cp1252")


@pytest.mark.parametrize(
    ("language", "encoding"),
    [("ja", "euc_jp"), ("ja", "shift_jis"), ("zh", "gb2312"), ("pl", "iso8859-2"), ("cs", "cp1250"), ("hu", "cp1250")],
)
def test_what_a_page_names_and_detection_finds_counts_more_than_latin_1_of_a_server(
    language: str, encoding: str
) -> None:
    page = f'<html lang="en"><head><meta charset="{encoding}"></head><body><h1>A title</h1><p>{TEXTS[language] * 2}</p>'
    assert decode_html(page.encode(encoding), "text/html; charset=iso-8859-1")[0] == page


@pytest.mark.parametrize("named", ["euc_jp", "big5", "shift_jis", "iso-8859-2", "windows-1250", "windows-1254", "gbk"])
@pytest.mark.parametrize("language", ["de", "fr"])
def test_latin_1_of_a_server_stays_where_only_the_page_names_something_else(language: str, named: str) -> None:
    page = f"<meta charset={named}><p>{TEXTS[language]}"
    assert decode_html(page.encode("cp1252"), "text/html; charset=ISO-8859-1")[0] == page


def test_a_page_cut_inside_a_character_loses_that_character_alone() -> None:
    page = f"<p>{TEXTS['ru']}"
    assert decode_html(page.encode()[:-1], "text/html; charset=utf-8") == (page[:-1], "utf-8")


def test_nul_bytes_are_left_out() -> None:
    assert decode_html(b"<p>a\0b", None) == ("<p>ab", "utf-8")


def test_noise_is_undecodable_rather_than_soup() -> None:
    noise = random.Random(1)
    with pytest.raises(Undecodable) as caught:
        decode_html(b"<p>" + bytes(noise.choice(b"\x80\x81\x8d\x8f\x90\x9d\xff\x05\x06") for _ in range(2000)), None)
    assert caught.value.reason == "bad_encoding"


def test_labels_are_read_as_the_web_means_them() -> None:
    assert [canonical(label) for label in ("ISO-8859-1", "gb2312", "x-sjis", "utf8", "no-such-set", "")] == [
        "cp1252",
        "gb18030",
        "cp932",
        "utf-8",
        "",
        "",
    ]


def test_ascii_is_utf_8_and_nothing_is_guessed_from_no_bytes() -> None:
    assert detect(b"plain") == "utf-8"
    assert detect(b"") == "utf-8"


def test_iso_2022_is_found_whatever_a_page_declares() -> None:
    text = "<html><body><p>" + TEXTS["ja"] + "</p></body></html>"
    for declared in ("text/html; charset=utf-8", "text/html; charset=windows-1252", None):
        assert decode_html(text.encode("iso-2022-jp"), declared)[0] == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_says_what_a_page_and_a_source_file_are_in(encoding: str) -> None:
    text = "<html><body><p>" + TEXTS["de"] + "</p></body></html>"
    content = "\ufeff".encode(encoding) + text.encode(encoding)
    assert decode_html(content, "text/html; charset=iso-8859-1") == (text, encoding)
    assert decode_source(content) == text
    with pytest.raises(Undecodable, match="bad_encoding"):
        decode_source(content[:-1])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_source_files_in_utf_16_without_a_mark_are_read_and_binary_ones_are_not(encoding: str) -> None:
    text = "class Reader { } // größer\n" * 3
    assert decode_source(text.encode(encoding)) == text
    with pytest.raises(Undecodable, match="binary"):
        decode_source(b"".join(number.to_bytes(2, "little") for number in range(1, 30)) * 9)


CHINESE = "我們的天氣很好，今天去公園散步。圖書館裡沒有人，但是咖啡店很熱鬧。「你好」他說。"
JAPANESE = "今日はとてもいい天気ですね。公園を散歩しました。"


@pytest.mark.parametrize(
    ("encoding", "found", "text", "fault", "left"),
    [
        ("big5", "big5hkscs", CHINESE, b"\xff", ""),
        ("big5", "big5hkscs", CHINESE, b"\xa3\xe1", "€"),  # none of Hong Kong's set
        ("big5", "big5hkscs", CHINESE, b"\xa7<br>", "<br>"),  # cut within a character
        ("gb18030", "gb18030", CHINESE, b"\xff", ""),
        ("euc_jp", "euc_jp", JAPANESE, b"\xff", ""),
        ("cp949", "cp949", "오늘은 날씨가 아주 좋습니다. 공원을 산책했어요.", b"\xff", ""),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_fault_in_a_page_of_several_bytes_a_character_does_not_turn_it_into_another_alphabet(
    encoding: str, found: str, text: str, fault: bytes, left: str, is_named: bool
) -> None:
    content = b"<p>" + (text * 5).encode(encoding) + fault + (text * 5).encode(encoding)
    header = f"text/html; charset={encoding}" if is_named else None
    assert decode_html(content, header) == (f"<p>{text * 5}{left}{text * 5}", found)


def test_faults_are_left_out_as_long_as_they_are_few() -> None:
    nine = (CHINESE[:9].encode("big5") + b"\xff") * 40
    assert mended(nine, "big5hkscs", 10) == ("", 0)
    assert mended(nine, "big5hkscs", 9) == (CHINESE[:9] * 40, 40)


@pytest.mark.parametrize("named", ["gb2312", "big5", "shift_jis", "euc-kr"])
@pytest.mark.parametrize("fault", [b"", b"\xff"])
def test_utf_8_that_is_named_another_set_is_read_as_what_it_is(named: str, fault: bytes) -> None:
    content = f"<meta charset={named}><p>".encode() + (TEXTS["zh"] * 5).encode() + fault
    assert decode_html(content, None) == (f"<meta charset={named}><p>" + TEXTS["zh"] * 5, "utf-8")


GERMAN = "Die Möwen fliegen über den Häfen, während die Flut steigt."


def spoilt(odd: bytes) -> bytes:
    return f"{GERMAN}\n".encode() * 20 + odd + f"\n{GERMAN}\n".encode() * 20


@pytest.mark.parametrize("cookie", ["", "# coding: latin-1\n", "# coding: cp1251\n", "# coding: utf-8\n"])
@pytest.mark.parametrize(
    ("odd", "at"), [(GERMAN.encode("cp1252"), 5), (b"\xff", 0), ("Чайка летит".encode("cp1251"), 0), (b"sch\xc3", 3)]
)
def test_a_source_file_in_utf_8_with_faults_is_refused_with_the_place_of_the_first(
    odd: bytes, at: int, cookie: str
) -> None:
    content = cookie.encode() + spoilt(odd)
    with pytest.raises(Undecodable, match="bad_encoding") as caught:
        decode_source(content)
    offset = len(cookie) + 20 * len(f"{GERMAN}\n".encode()) + at
    assert caught.value.position == {"offset": offset, "line": 21 + bool(cookie)}


@pytest.mark.parametrize("content", [b"x = '\xc3\xa4'\ny = '\xf6'\n", b"M\xc3\xb6we\n\x93quoted\x94 \x96 it\x92s\n"])
def test_one_word_in_utf_8_beside_what_is_western_is_no_other_alphabet(content: bytes) -> None:
    with pytest.raises(Undecodable, match="bad_encoding"):
        decode_source(content)
    read = (
        content.decode("utf-8", "surrogateescape").encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    )
    page = decode_page(b"<p>" + content, None)
    assert page.encoding == "utf-8"
    assert len(page.text) == len(read) + 3
    assert page.mended_bytes == sum("\udc80" <= character <= "\udcff" for character in read)


def test_a_source_file_that_is_what_it_names_is_read_though_its_bytes_are_utf_8_in_part() -> None:
    text = "# coding: euc_jp\n" + "s = 'ポ'\n" * 9 + "つつつつつつ"
    assert decode_source(text.encode("euc_jp")) == text


@pytest.mark.parametrize(
    "declared", [None, "text/html; charset=utf-8", "text/html; charset=iso-8859-1", "text/html; charset=gb2312"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_page_in_utf_8_with_lines_in_latin_1_is_read_and_tells_how_much_was_mended(
    declared: str | None, mark: bytes
) -> None:
    page = decode_page(mark + b"<p>" + spoilt(GERMAN.encode("cp1252") + b" \xff"), declared)
    assert page.text == "<p>" + spoilt(GERMAN.encode() + b" ").decode()
    assert page.metadata() == {"charset": "utf-8", "mended_bytes": 4, "left_out_bytes": 1}


def test_a_page_that_is_half_of_another_alphabet_than_utf_8_is_not_read_as_either() -> None:
    lines = [f"<p>{TEXTS['ru']}</p>".encode("cp1251" if number % 2 else "utf-8") for number in range(40)]
    with pytest.raises(Undecodable, match="bad_encoding"):
        decode_page(b"\n".join(lines), None)


def test_faults_in_a_set_of_several_bytes_are_counted() -> None:
    content = b"<p>" + (CHINESE * 9).encode("big5") + b"\xff<br>\xa3\xfe"
    assert decode_page(content, "text/html; charset=big5").metadata() == {"charset": "big5hkscs", "left_out_bytes": 3}
    assert decode_page(b"<p>" + CHINESE.encode(), None).metadata() == {"charset": "utf-8"}
