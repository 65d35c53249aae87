"""Bytes to text: declared character sets first, then detection; never replacement characters.

For HTML the order is that of browsers (byte order mark, HTTP header, <meta>), except that a
declared single-byte set yields to UTF-8 where the bytes are beyond doubt UTF-8, and a set that the
bytes contradict yields to detection. So does Latin-1, which servers name unasked, where the bytes are words of
another alphabet, or where detection finds what the page names.
"""

from __future__ import annotations

import codecs
import functools
import re

from data.charset_detection import FEW_IN_DECLARED, detect, is_western, mended, wide_order

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Before the others: that of UTF-16 is how one of them begins.
_WIDE_MARKS = ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"))
_META = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
#: PEP 263: in line 1 or 2, in a comment.
_COOKIE = re.compile(rb"^[ \t\f]*(?:#|//|;|--).*?coding[:=][ \t]*([-\w.]{2,40})")
#: HTML standard, 13.2.3.2: a <meta> is looked for in the first 1024 bytes; real pages put it later.
_META_WINDOW = 4096

#: Supersets that the web means by these names (WHATWG Encoding), under Python's names.
_WIDER = {
    "shift_jis": "cp932",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
}
#: Encodings whose every byte is a character: they fit anything and prove nothing.
_SINGLE_BYTE = re.compile(r"cp125\d|iso8859|koi8|cp866|cp874|mac|x-mac|iso-8859")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")


class Undecodable(Exception):
    """Bytes cannot be read as text; `reason` is `binary` or `bad_encoding`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_html(content: bytes, content_type: str | None) -> tuple[str, str]:
    """Returns a page's text and the encoding that it was read with.

    NUL bytes are left out, as browsers do. Where UTF-8 is only spoilt by a few stray bytes (pages
    cut by the crawler, one foreign word), those bytes are left out.

    Raises:
        Undecodable: bad_encoding.
    """
    for mark, encoding in (*_WIDE_MARKS, *_MARKS):
        if content.startswith(mark):
            return _strict_or_detected(content[len(mark) :], encoding)
    declared = _declared(content, content_type)
    if not declared.startswith("utf-16"):
        if wide := wide_order(content):
            return _strict_or_detected(content, wide)
        content = content.replace(b"\0", b"")
    # ISO-2022 is 7-bit and would pass for ASCII. A single byte is looked for ten times as fast as two.
    escapes = b"\x1b" in content and b"\x1b$" in content
    if escapes and not declared.startswith("iso2022") and (found := detect(content)).startswith("iso2022"):
        declared = found
    if not escapes and (declared == "utf-8" or is_single_byte(declared) or not declared):
        try:
            return content.decode(), "utf-8"
        except UnicodeDecodeError:
            if mended := _mend_utf8(content):
                return mended, "utf-8"
    if declared == "cp1252":
        declared = _beside_latin_1(content, _declared(content, None))
    return _strict_or_detected(content, declared)


def _beside_latin_1(content: bytes, in_page: str) -> str:
    """Returns the encoding of a page whose server says Latin-1, as it may of all its pages; "" where none is named.

    Args:
        content: the page.
        in_page: what it names itself; this counts where the bytes are no Latin-1, or detection finds the same.
    """
    if not is_western(content):
        return "" if in_page == "cp1252" else in_page
    is_other = in_page not in ("", "cp1252")
    return in_page if is_other and (found := detect(content)) and _reads_alike(content, in_page, found) else "cp1252"


def _reads_alike(content: bytes, one: str, other: str) -> bool:
    """Returns whether bytes are the same text in two encodings."""
    try:
        return content.decode(one) == content.decode(other)
    except UnicodeDecodeError:
        return False


def _declared(content: bytes, content_type: str | None) -> str:
    """Returns the encoding that header, XML declaration or <meta> names, or an empty string."""
    in_header = _PARAMETER.search(content_type or "")
    if in_header and (known := canonical(in_header[1])):
        return known
    in_page = _META.search(content[:_META_WINDOW]) or _XML.match(content[:_META_WINDOW])
    known = canonical(in_page[1].decode("ascii")) if in_page else ""
    # What can be read as ASCII is no UTF-16, whatever it says.
    return "utf-8" if known.startswith("utf-16") else known


@functools.lru_cache(maxsize=256)
def canonical(label: str) -> str:
    """Returns Python's name for an encoding label as the web means it, or an empty string."""
    from resiliparse.parse.encoding import map_encoding_to_html5

    mapped = map_encoding_to_html5(label.strip(), fallback_utf8=False)
    if not mapped or mapped in ("replacement", "x-user-defined"):
        return ""
    mapped = _WIDER.get(mapped, mapped)
    try:
        codecs.lookup(mapped)
    except LookupError:
        return ""
    return str(mapped)


def _strict_or_detected(content: bytes, encoding: str) -> tuple[str, str]:
    for candidate in (encoding, ""):
        candidate = candidate or detect(content)
        if not candidate:
            continue
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            if is_single_byte(candidate) or candidate.startswith("utf"):
                continue
            # Most pairs of UTF-8's bytes are characters of other sets too.
            if not content.isascii() and (text := _mend_utf8(content)):
                return text, "utf-8"
            text = mended(content, candidate, FEW_IN_DECLARED)
        if text and is_plausible(text) and ("<" in text or not candidate.startswith("utf-16")):
            return text, candidate
    raise Undecodable("bad_encoding")


def is_plausible(text: str) -> bool:
    """Returns whether a text has few control characters and replacement characters."""
    return len(_CONTROLS.findall(text)) + text.count("\ufffd") <= max(2, len(text) // 500)


def is_single_byte(encoding: str) -> bool:
    """Returns whether in an encoding, as Python names it, every byte is a character."""
    return _SINGLE_BYTE.match(encoding) is not None


def _mend_utf8(content: bytes) -> str:
    """Returns UTF-8 without its stray bytes, or an empty string if they are not few.

    Few: at most one for ten characters beyond ASCII that are whole.
    """
    text = content.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    wide = len(text) - len(text.encode("ascii", "ignore")) - stray
    return content.decode("utf-8", "ignore") if wide >= 10 * stray else ""


def decode_source(content: bytes) -> str:
    """Returns the text of a source file, without its byte order mark.

    Raises:
        Undecodable: binary (NUL bytes, many control characters), or bad_encoding.
    """
    for mark, encoding in (*_WIDE_MARKS, *_MARKS):
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise Undecodable("bad_encoding") from error
    if b"\0" in content:
        return _wide_source(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    if len(re.findall(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]", content)) > max(2, len(content) // 200):
        raise Undecodable("binary")
    for encoding in (_cookie(content), detect(content)):
        try:
            text = content.decode(encoding) if encoding else ""
        except UnicodeDecodeError:
            continue
        if text and is_plausible(text):
            return text
    raise Undecodable("bad_encoding")


def _wide_source(content: bytes) -> str:
    """Returns the text of a source file in UTF-16 that has no byte order mark."""
    wide = wide_order(content)
    try:
        text = content.decode(wide) if wide else ""
    except UnicodeDecodeError:
        text = ""
    if text and is_plausible(text):
        return text
    raise Undecodable("binary")


def _cookie(content: bytes) -> str:
    for line in content.split(b"\n", 2)[:2]:
        found = _COOKIE.match(line)
        if found:
            return canonical(found[1].decode("ascii", "ignore"))
    return ""
