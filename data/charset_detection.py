"""Which character set undeclared bytes are in.

uchardet knows the multi-byte sets and most alphabets well, but takes Central European text for
Western. So its word is taken for multi-byte sets that fit, and single-byte sets are compared by
how well their reading looks like words of some language.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

#: Bytes that detection looks at; uchardet takes half from each end.
WINDOW_BYTES = 2**17
MAX_WORDS = 3000

#: Letters beyond ASCII, frequent ones first: the first six count double.
_LATIN_LETTERS = {
    "cp1252": {
        "de": "äüöß",
        "fr": "éèàêçôîâùûïëœ",
        "es": "óíáéñúü",
        "pt": "ãçáéíõóêâúàô",
        "it": "èàùòìé",
        "nordic": "åäöæøé",
        "is": "ðáíéóúýþæö",
        "nl": "ëéïöüèê",
        "ca": "èéòóàíçúïü",
    },
    "iso8859-2": {
        "pl": "ęłąśżóćńź",
        "cs": "áíéěřšžýčůúťňďó",
        "sk": "áíéšžčýúľťňôďäóŕĺ",
        "hu": "éáóöőüíúű",
        "ro": "ăîţşâ",
        "hr": "šžčćđ",
    },
    "cp1254": {"tr": "ıüşöçğİâ"},
    "cp1257": {"lt": "ėšįųžąūčę", "lv": "āīēšņūļžčģķ", "et": "äõüöšž"},
}
_LATIN_LETTERS["cp1250"] = _LATIN_LETTERS["iso8859-2"]
_LATIN_LETTERS["iso8859-13"] = _LATIN_LETTERS["cp1257"]
_LATIN_LETTERS["iso8859-4"] = _LATIN_LETTERS["cp1257"]
_LATIN_LETTERS["iso8859-3"] = {"eo": "ŭĝĉĵŝĥ", "mt": "żħġċ"}

_CYRILLIC = "оеаинтсрвлкмдпуяызьбгчйхжюшцщэфъіїєґђјљњћџў"
_OTHER_LETTERS = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "koi8-u": _CYRILLIC,
    "iso8859-5": _CYRILLIC,
    "cp866": _CYRILLIC,
    "mac-cyrillic": _CYRILLIC,
    "cp1253": "αοιετσνηυρπκμλςάόίέήώύγδθχωβφξζψϊϋΐΰ",
    "iso8859-7": "αοιετσνηυρπκμλςάόίέήώύγδθχωβφξζψϊϋΐΰ",
    "cp1255": "יוהלאתרבמשנםדחעקפצטכגסזןךףץ",
    "iso8859-8": "יוהלאתרבמשנםדחעקפצטכגסזןךףץ",
    "cp1256": "اليمنروتبةعدسفهحكقأجشطصىخإزذثضغءظؤئآپچژگ",
    "iso8859-6": "اليمنروتبةعدسفهحكقأجشطصىخإزذثضغءظؤئآ",
    "cp874": "านรอกเงมยลวดทส่้าัิีืุูคตหแจบพะใไชขผปโ็ซถณศธษภญฟฐๆฎฏ",
}

_WORDS = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_MARKUP = re.compile(rb"<(script|style)\b.*?</\1|<[^>]{0,2000}>|&#?\w{1,10};", re.DOTALL | re.IGNORECASE)
#: What stands at the rim of words in any language.
_PUNCTUATION = set("“”„‘’‚«»‹›–—…•·©®™°§€£¥\xa0¡¿№´")
_MULTI_BYTE = ("utf-16", "gb", "big5", "shift_jis", "cp932", "euc", "iso-2022", "cp949", "uhc", "hz", "johab")

#: Beside one fault, so many characters beyond ASCII: of a set that was named, as for UTF-8; of one that was found.
FEW_IN_DECLARED, FEW_IN_DETECTED = 10, 50
_FAULT = "\ufffd"
_FAULTY_PAIR = _FAULT + _FAULT
#: Code page 950 has it, and Big5 of Hong Kong none.
_EURO_IN_BIG5 = b"\xa3\xe1"


def detect(content: bytes) -> str:
    """Returns Python's name of the encoding that the bytes are probably in, or an empty string."""
    from data.charset import canonical

    if wide := wide_order(content):
        return wide
    if b"\x1b$" not in content and _fits(content, "utf-8"):  # ISO-2022 is 7-bit and passes for ASCII
        return "utf-8"
    name = _uchardet(content).lower()
    guess = "cp949" if name in ("cp949", "uhc") else canonical(name)
    if guess.startswith(_MULTI_BYTE) and (_fits(content, guess) or mended(content, guess, FEW_IN_DETECTED)[0]):
        return guess
    return _best_single_byte(content, guess)


def is_latin(encoding: str) -> bool:
    """Returns whether the letters of a set, as Python names it, are Latin."""
    return encoding in _LATIN_LETTERS


def is_western(content: bytes) -> bool:
    """Returns whether bytes may be text of a Western European language: its longer words with letters beyond ASCII
    are seldom made of such letters alone."""
    words = [word for word in _high_words(content) if len(word) >= 4]
    return 2 * sum(map(_is_of_high_letters, words)) <= len(words)


def _is_of_high_letters(word: bytes) -> bool:
    """Returns whether a word has no letter of ASCII, and is more than dashes and spaces without a break."""
    return min(word) >= 0x80 and 2 * sum(byte >= 0xC0 for byte in word) >= len(word)


def wide_order(content: bytes) -> str:
    """Returns UTF-16 with its byte order where every other byte of the head is mostly NUL, else ""."""
    head = content[:64]
    half = len(head) // 2
    if half >= 8:
        if head[1::2].count(0) > 0.7 * half and head[::2].count(0) < 0.1 * half:
            return "utf-16-le"
        if head[::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
            return "utf-16-be"
    return ""


def mended(content: bytes, encoding: str, few: int) -> tuple[str, int]:
    """Returns text in a set of several bytes without what has no meaning in it, and the bytes of that; "" and 0 if
    it is not little.

    Args:
        content: bytes that are no whole text in it: one is stray, a character is cut, or is none of the set's.
        encoding: as Python names it; UTF-8 and what is wider have no stray bytes that could be left out.
        few: beside one fault there are so many characters beyond ASCII.
    """
    if encoding.startswith("utf"):
        return "", 0
    text = content.decode(encoding, "phimill.fault")
    pairs = text.count(_FAULTY_PAIR)
    faults = text.count(_FAULT) - pairs
    beyond = len(text) - len(text.encode("ascii", "ignore")) - faults - pairs
    return (text.replace(_FAULT, ""), faults + pairs) if beyond >= few * faults else ("", 0)


def _past_fault(error: UnicodeError) -> tuple[str, int]:
    """Returns what stands for a fault and where reading goes on: a pair without a meaning is passed over whole."""
    assert isinstance(error, UnicodeDecodeError)
    pair = error.object[error.start : error.start + 2]
    if error.encoding == "big5hkscs" and pair == _EURO_IN_BIG5:
        return "€", error.start + 2
    is_pair = len(pair) == 2 and pair[0] not in (0x80, 0xFF) and pair[1] >= 0x80
    return _FAULT * (1 + is_pair), error.start + 1 + is_pair


codecs.register_error("phimill.fault", _past_fault)


def _uchardet(content: bytes) -> str:
    from resiliparse.parse.encoding import detect_encoding

    return str(detect_encoding(content, max_len=WINDOW_BYTES, html5_compatible=False) or "")


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _best_single_byte(content: bytes, guess: str) -> str:
    """Returns the single-byte set whose reading scores best; uchardet's guess wins a near tie."""
    words = _high_words(content)
    if not words:
        return guess if guess and _fits(content, guess) else ""
    best, best_score = "", 0.0
    for encoding in (*_LATIN_LETTERS, *_OTHER_LETTERS):
        score = _score(b" ".join(words), encoding)
        if score > 0.0 and encoding == guess:
            score += 0.05
        if score > best_score + 1e-9 and _fits(content, encoding):
            best, best_score = encoding, score
    return best


def _high_words(content: bytes) -> list[bytes]:
    """Returns the words of a page's first text that have bytes beyond ASCII."""
    return _WORDS.findall(_MARKUP.sub(b" ", content[:WINDOW_BYTES]))[:MAX_WORDS]


def _score(words: bytes, encoding: str) -> float:
    """Returns how well words read in an encoding: 1 for plain words of one language, down to below 0."""
    try:
        text = words.decode(encoding)
    except UnicodeDecodeError:
        return -1.0
    beyond = [character for character in text if character > "\x7f"]
    faults = _faults(text, encoding in _LATIN_LETTERS) / len(beyond)
    letters = [character.lower() for character in beyond if character not in _PUNCTUATION]
    if not letters:
        return 0.5 - faults
    fit = 0.0
    for alphabet in _LATIN_LETTERS.get(encoding, {"": _OTHER_LETTERS.get(encoding, "")}).values():
        common, rest = set(alphabet[: max(6, len(alphabet) // 3)]), set(alphabet)
        hits = sum(1.0 if letter in common else 0.8 if letter in rest else -0.5 for letter in letters)
        fit = max(fit, hits / len(letters))
    return fit - faults


def _faults(text: str, latin: bool) -> float:
    """Returns the weight of what words do not have: symbols inside, a capital after a small letter,
    letters of two scripts side by side."""
    weight = 0.0
    before = " "
    for character in text:
        beyond = character > "\x7f"
        category = unicodedata.category(character) if beyond else ""
        if category in ("Cc", "Cn", "Co"):
            weight += 2.0
        elif beyond and category[0] not in "LM":
            weight += character not in _PUNCTUATION
        elif character.isupper() and before.islower() and (beyond or before > "\x7f"):
            weight += 0.7
        elif not latin and character.isalpha() and before.isalpha() and beyond != (before > "\x7f"):
            weight += 1.0
        before = character
    return weight
