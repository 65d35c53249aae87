from __future__ import annotations

import pytest

from data.sources.text_pieces import MOST_HELD_BYTES, TextPieces, encoding_of

RUSSIAN = "Сегодня хорошая погода\nкак дела\nи что дальше\n"
CHINESE = "我们的天气很好\n今天去公园散步\n图书馆里没有人\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", ""),
        (b"plain\n" * 9, ""),
        (RUSSIAN.encode(), ""),
        (RUSSIAN.encode()[:-3], ""),
        (RUSSIAN.encode("cp1251"), "cp1251"),
        (RUSSIAN.encode("koi8-r"), "koi8-r"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (RUSSIAN.encode("utf-16-le"), ""),  # nothing shows what it is: no mark, no zeros
        (("a" * 8 + RUSSIAN * 2).encode("utf-16-be"), ""),
        (("column\n" * 5 + RUSSIAN).encode("utf-16-be"), "utf-16-be"),
        ("SÃO PAULO\nMÉXICO\nPERÚ\nÁVILA\n".encode("cp1252"), "cp1252"),
        ("Österreich\nÜbung\nÉcole\n".encode("cp1252"), "cp1252"),
        ("„Daß“ sagt er,\ndie Straße\nist naß.\n".encode("cp1252"), "cp1252"),
        ("“Don’t.”\nIt’s – so\n“he said”\n".encode("cp1252"), "cp1252"),
    ],
)
def test_an_encoding_is_told_by_how_a_file_begins(content: bytes, encoding: str) -> None:
    assert encoding_of(content) == (0, encoding)


def cut(text: str, size: int) -> bytes:
    """Returns a text without the last byte of each character of so many bytes."""
    return b"".join(raw[:-1] if len(raw) == size else raw for raw in (character.encode() for character in text))


@pytest.mark.parametrize(
    "content",
    [
        b"caf\xe9\n" * 2 + b"plain\n",  # too few
        b"caf\xe9\n" * 3 + b"plain\n" * 148,  # too rare
        b"caf\xe9\n" * 3 + "déjà vu\n".encode() * 5,  # the others are UTF-8
        ("déjà vu à côté\n" * 5).encode().replace(b"\n", b"\xc3\n"),  # cut within characters
        b"caf\xc3\n" * 5 + b"plain\n" * 20,  # cut, and no character is whole
        b"voil\xc3\nplain\n\xc3cole, d\xc3j\xc3 vu\nl'\xc3t\xc3\n",
        cut(RUSSIAN, 2),
        cut("हम लोग यहाँ हैं\n" * 4, 3),
        "“Don’t.”\nIt’s – so\n“he said”\n".encode().replace(b"\xe2", b""),
        b"\x81\x8d\x01\x02\x03\x04\xff\n" * 40,  # no text in any
    ],
)
def test_faults_are_no_encoding(content: bytes) -> None:
    assert encoding_of(content) == (0, "")


@pytest.mark.parametrize("encoding", ["gb18030", "cp1251"])
def test_a_broken_line_or_a_cut_one_hides_no_encoding(encoding: str) -> None:
    text = CHINESE if encoding == "gb18030" else RUSSIAN
    content = (text * 40).encode(encoding) + b"\xff\xfe\xfd, cut\xb0\n" + (text * 40).encode(encoding)
    assert {encoding_of(content[:size]) for size in range(len(content) - 9, len(content))} == {(0, encoding)}


def test_lines_just_frequent_enough_are_one() -> None:
    assert encoding_of(b"d\xe9j\xe0 vu \xe0 c\xf4t\xe9\n" * 3 + b"plain\n" * 146) == (0, "cp1252")


def test_characters_may_be_cut_by_pieces() -> None:
    content = b"\xff\xfe" + RUSSIAN.encode("utf-16-le")
    text = TextPieces()
    pieces = [text.feed(content[start : start + 7]) for start in range(0, len(content), 7)]
    assert b"".join(pieces) + text.end() == RUSSIAN.encode()


def test_what_nothing_completes_is_no_utf_8() -> None:
    text = TextPieces()
    assert text.feed(b"\xff\xfea\0b") + text.end() == b"a\xff"


@pytest.mark.parametrize(
    ("own", "encoding", "other"),
    [("déjà vu à côté", "cp1252", "Größe"), ("我们的天气很好", "gb18030", "图书馆里没有人")],
)
@pytest.mark.parametrize("size", [7, 2**20])
def test_lines_in_utf_8_stay_among_others(own: str, encoding: str, other: str, size: int) -> None:
    head = f"{own}\n".encode(encoding) * 9
    content = f"plain\n{other}\n".encode() * 2 + f"{own}\n{own}".encode(encoding)
    text = TextPieces()
    pieces = [text.feed(head), *(text.feed(content[start : start + size]) for start in range(0, len(content), size))]
    assert text.encoding == encoding
    assert (b"".join(pieces) + text.end()).decode() == f"{own}\n" * 9 + f"plain\n{other}\n" * 2 + f"{own}\n{own}"


def test_a_line_beyond_what_is_held_is_in_the_files_encoding() -> None:
    head, content, text = "déjà vu à côté\n" * 9, f"{'é' * 3 * MOST_HELD_BYTES}\nplain\n", TextPieces()
    pieces = [text.feed(head.encode("cp1252"))]
    for start in range(0, len(content), 2**19):
        pieces.append(text.feed(content[start : start + 2**19].encode("cp1252")))
    assert max(map(len, pieces)) <= 4 * MOST_HELD_BYTES
    assert b"".join(pieces) + text.end() == (head + content).encode()


def test_what_comes_after_plain_lines_decides_as_a_beginning_does() -> None:
    text = TextPieces()
    assert text.feed(b"id,text\n1,plain\n2,pl") == b"id,text\n1,plain\n2,pl"
    assert text.feed(b"ain\n3,caf\xe9\n") == b"ain\n3,caf\xe9\n"  # one is a fault
    later = "4,déjà vu\n5,à côté\n6,où\n"
    assert text.feed(later.encode("cp1252")) + text.end() == later.encode()
    settled = TextPieces()
    assert settled.feed("1,déjà\n".encode()) == "1,déjà\n".encode()
    assert settled.feed(later.encode("cp1252")) == later.encode("cp1252")


def test_broken_utf_8_among_lines_of_another_encoding_is_not_read_as_such() -> None:
    own = "„Daß“ nämlich\ndie Straße\nist groß.\n"
    russian = RUSSIAN.replace("\n", " ").encode()
    lines = [b"caf\xc3\xa9, caf\xc3\n", russian[:40] + russian[41:] + b"\n"]
    text = TextPieces()
    assert text.feed(own.encode("cp1252")) == own.encode()
    assert [text.feed(line) for line in lines] == lines
    assert text.feed(own.encode("cp1252")) + text.end() == own.encode()
