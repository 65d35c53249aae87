"""Bytes to text: declared character sets first, then detection; never replacement characters.

For HTML the order is that of browsers (byte order mark, HTTP header, <meta>), except that a
declared single-byte set yields to UTF-8 where the bytes are beyond doubt UTF-8, and a set that the
bytes contradict yields to detection. So does Latin-1, which servers name unasked, where the bytes are words of
another alphabet, or where detection finds what the page names. UTF-8 with faults is never text in a set that detection
finds: of a page, what can be read is; a source file is refused (see `data.spoilt_utf8`).
"""

from __future__ import annotations

import codecs
import functools
import re
from typing import Any, NamedTuple

from data.charset_detection import FEW_IN_DECLARED, detect, is_western, mended, wide_order
from data.spoilt_utf8 import mend

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
    """Bytes cannot be read as text.

    Attributes:
        reason: `binary` or `bad_encoding`.
        position: `offset`, in bytes, and `line`, from 1, of the first that is no text, where that is known.
    """

    def __init__(self, reason: str, position: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position or {}


class Decoded(NamedTuple):
    """A page's text.

    Attributes:
        text: it.
        encoding: that it was read with, as Python names it.
        mended_bytes: bytes in a page of UTF-8 that were read as letters and signs of a set of one byte for each.
        left_out_bytes: bytes without a meaning; NUL bytes do not count.
    """

    text: str
    encoding: str
    mended_bytes: int = 0
    left_out_bytes: int = 0

    def metadata(self) -> dict[str, str | int]:
        """Returns what a document tells of how it was read: `charset`, and the bytes that were not plain."""
        counts = {"mended_bytes": self.mended_bytes, "left_out_bytes": self.left_out_bytes}
        return {"charset": self.encoding, **{name: count for name, count in counts.items() if count}}


def decode_html(content: bytes, content_type: str | None) -> tuple[str, str]:
    """Returns a page's text and the encoding that it was read with (see `decode_page`)."""
    page = decode_page(content, content_type)
    return page.text, page.encoding


def decode_page(content: bytes, content_type: str | None) -> Decoded:
    """Returns a page's text, how it was read, and what was not read.

    NUL bytes are left out, as browsers do. Where UTF-8 has stray bytes (pages cut by the crawler, put together of
    several), they are read as far as they have a meaning where they stand, and else left out.

    Raises:
        Undecodable: bad_encoding.
    """
    for mark, encoding in (*_WIDE_MARKS, *_MARKS):
        if content.startswith(mark) and encoding != "utf-8":
            return _strict_or_detected(content[len(mark) :], encoding)
    if content.startswith(codecs.BOM_UTF8):
        content, declared = content.removeprefix(codecs.BOM_UTF8), "utf-8"
    else:
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
            return Decoded(content.decode(), "utf-8")
        except UnicodeDecodeError:
            if page := _mended_page(content):
                return page
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


def _strict_or_detected(content: bytes, encoding: str) -> Decoded:
    for candidate in (encoding, ""):
        candidate = candidate or detect(content)
        if not candidate:
            continue
        left_out = 0
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            if is_single_byte(candidate) or candidate.startswith("utf"):
                continue
            # Most pairs of UTF-8's bytes are characters of other sets too.
            if not content.isascii() and (page := _mended_page(content)):
                return page
            text, left_out = mended(content, candidate, FEW_IN_DECLARED)
        if text and is_plausible(text) and ("<" in text or not candidate.startswith("utf-16")):
            return Decoded(text, candidate, left_out_bytes=left_out)
    raise Undecodable("bad_encoding")


def is_plausible(text: str) -> bool:
    """Returns whether a text has few control characters and replacement characters."""
    return len(_CONTROLS.findall(text)) + text.count("\ufffd") <= max(2, len(text) // 500)


def is_single_byte(encoding: str) -> bool:
    """Returns whether in an encoding, as Python names it, every byte is a character."""
    return _SINGLE_BYTE.match(encoding) is not None


def _mended_page(content: bytes) -> Decoded | None:
    """Returns a page of UTF-8 with faults; null for one in another set.

    Raises:
        Undecodable: bad_encoding, where the faults are many.
    """
    found = mend(content)
    if found is None:
        return None
    if not found.is_readable:
        raise Undecodable("bad_encoding")
    return Decoded(found.text, "utf-8", found.mended_bytes, found.left_out_bytes)


def decode_source(content: bytes) -> str:
    """Returns the text of a source file, without its byte order mark.

    Raises:
        Undecodable: binary (NUL bytes, many control characters), or bad_encoding, UTF-8 with faults among it.
    """
    for mark, encoding in (*_WIDE_MARKS, *_MARKS):
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise Undecodable("bad_encoding", _position(content, len(mark) + error.start)) from error
    if b"\0" in content:
        return _wide_source(content)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        position = _position(content, error.start)
    if len(re.findall(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]", content)) > max(2, len(content) // 200):
        raise Undecodable("binary")
    named = _cookie(content)
    if not _is_of_several_bytes(content, named) and mend(content):
        raise Undecodable("bad_encoding", position)
    for encoding in (named, detect(content)):
        try:
            text = content.decode(encoding) if encoding else ""
        except UnicodeDecodeError:
            continue
        if text and is_plausible(text):
            return text
    raise Undecodable("bad_encoding", position)


def _position(content: bytes, offset: int) -> dict[str, Any]:
    return {"offset": offset, "line": content.count(b"\n", 0, offset) + 1}


def _is_of_several_bytes(content: bytes, named: str) -> bool:
    """Returns whether a source file is in the set that it names, and this has several bytes for each character."""
    return named not in ("", "utf-8") and not is_single_byte(named) and _reads_alike(content, named, named)


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
