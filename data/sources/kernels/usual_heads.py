"""The heads of WARC records as nearly all are written: a stricter reading of `data.sources.record_heads.USUAL_HEADS`.

Each function returns where the head ends, or -1 where it is written otherwise, goes on beyond `stop`, or holds what
has to be looked at more closely.
"""

from __future__ import annotations

from data.compiled import compiled
from data.sources.kernels.lines import COLON, NEWLINE, RETURN, SPACE, begins_alike, begins_with, line_end, trimmed
from data.sources.record_layout import CONVERSION, HEAD, PASSED_OVER, RESPONSE

#: Places in `head`: values' beginnings, each followed by its end; what is not there is 0, 0.
URL, ORIGIN, DATE, DIGEST, CONTENT_TYPE = 0, 2, 4, 6, 8
#: The rest of it: the kind of record, of block, the block's length, the status' place.
KIND, MIME, LENGTH, STATUS = 10, 11, 12, 13

HTTP, PLAIN = 1, 2
VERSION_BYTES = len("WARC/1.0\r\n")
MAX_LENGTH_DIGITS = 18

_C, _T, _W, _X = ord("C"), ord("T"), ord("W"), ord("X")
_SMALL = 32


@compiled
def _is(window, begin, end, text):
    """Returns whether a value is a text, no more."""
    return end - begin == len(text) and begins_with(window, begin, text)


@compiled
def _kind(window, begin, end):
    if _is(window, begin, end, b"response\r"):
        return RESPONSE
    if _is(window, begin, end, b"conversion\r"):
        return CONVERSION
    if _is(window, begin, end, b"request\r") or _is(window, begin, end, b"metadata\r"):
        return PASSED_OVER
    if _is(window, begin, end, b"revisit\r") or _is(window, begin, end, b"warcinfo\r"):
        return PASSED_OVER
    return 0


@compiled
def _mime(window, begin, end):
    if _is(window, begin, end, b"application/http; msgtype=response\r"):
        return HTTP
    if _is(window, begin, end, b"application/http;msgtype=response\r") or _is(
        window, begin, end, b"application/http\r"
    ):
        return HTTP
    if _is(window, begin, end, b"text/plain\r"):
        return PLAIN
    return 0


@compiled
def _number(window, begin, end):
    """Returns what stands there in digits and a line end, or -1."""
    digits = end - begin - 1
    if digits < 1 or digits > MAX_LENGTH_DIGITS or window[end - 1] != RETURN:
        return -1
    value = 0
    for place in range(begin, end - 1):
        digit = window[place] - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@compiled
def _is_date(window, begin, end):
    if end - begin < 2 or window[end - 1] != RETURN:
        return False
    for place in range(begin, end - 1):
        byte = window[place]
        # Digits and colon, T and Z, plus, minus and point.
        if not (48 <= byte <= 58 or byte == 84 or byte == 90 or byte == 43 or byte == 45 or byte == 46):
            return False
    return True


@compiled
def _keep(window, begin, end, head, field):
    """Notes a value that stands at most once; returns whether that is so, and all of it visible."""
    if head[field + 1] > 0:
        return False
    begin, end = trimmed(window, begin, end)
    head[field], head[field + 1] = begin, end
    return begin >= 0


@compiled
def _warc_field(window, place, end, head):
    """Notes a field whose name begins with `WARC-`; returns whether it is as usual."""
    left = end - place
    if left < 6 or not begins_with(window, place, b"WARC-"):
        return False
    place += 5
    first = window[place]
    if first == _T:
        if left > 11 and begins_with(window, place, b"Type: "):
            known = head[KIND] == 0
            head[KIND] = _kind(window, place + 6, end)
            return known and head[KIND] > 0
        return left > 17 and begins_with(window, place, b"Target-URI: ") and _keep(window, place + 12, end, head, URL)
    if first == ord("D"):
        if left <= 11 or head[DATE + 1] > 0 or not begins_with(window, place, b"Date: "):
            return False
        head[DATE], head[DATE + 1] = place + 6, end - 1
        return _is_date(window, place + 6, end)
    if first == ord("R"):
        if left > 16 and begins_with(window, place, b"Record-ID: "):
            return _keep(window, place + 11, end, head, ORIGIN)
        return left >= 14 and begins_with(window, place, b"Refers-To")
    if first == ord("B"):
        return (
            left > 19 and begins_with(window, place, b"Block-Digest: ") and _keep(window, place + 14, end, head, DIGEST)
        )
    if first <= SPACE or first > 126:
        return False
    if first == ord("S") or first == ord("s"):  # a segment
        return False
    return first != ord("b") and first != ord("d") and first != ord("r") and first != ord("t")


@compiled
def warc_head(window, place, stop, head):
    """Reads a record's own head; `head` gets all but its CONTENT_TYPE and STATUS."""
    for number in range(HEAD):  # a slice's would be a call of memset, which the image cannot do
        head[number] = 0
    head[LENGTH] = -1
    if place + VERSION_BYTES >= stop or not begins_with(window, place, b"WARC/1."):
        return -1
    minor = window[place + 7]
    if (minor != 48 and minor != 49) or window[place + 8] != RETURN or window[place + 9] != NEWLINE:
        return -1
    place += VERSION_BYTES
    while place + 1 < stop:
        first = window[place]
        if first == RETURN:
            return place + 2 if window[place + 1] == NEWLINE and head[KIND] > 0 and head[LENGTH] >= 0 else -1
        end = line_end(window, place, stop)
        if end < 0:
            return -1
        if first == _W:
            if not _warc_field(window, place, end, head):
                return -1
        elif first == _C:
            if end - place > 14 and begins_with(window, place, b"Content-Type: "):
                if head[MIME] > 0:
                    return -1
                head[MIME] = _mime(window, place + 14, end)
                if head[MIME] == 0 and head[KIND] != PASSED_OVER:
                    return -1
            elif end - place > 16 and begins_with(window, place, b"Content-Length: "):
                if head[LENGTH] >= 0:
                    return -1
                head[LENGTH] = _number(window, place + 16, end)
                if head[LENGTH] < 0:
                    return -1
            else:
                return -1
        elif first <= SPACE or first > 126 or first == _W + _SMALL or first == _C + _SMALL:
            return -1
        place = end + 1
    return -1


@compiled
def http_head(window, place, stop, head):
    """Reads the head of a response; `head` gets STATUS and CONTENT_TYPE."""
    if place + 14 >= stop or not begins_with(window, place, b"HTTP/1."):
        return -1
    minor, after = window[place + 7], window[place + 12]
    if (minor != 48 and minor != 49) or window[place + 8] != SPACE or (after != SPACE and after != RETURN):
        return -1
    for digit in range(3):
        byte = window[place + 9 + digit]
        if byte < 48 + (digit == 0) or byte > 57:
            return -1
    head[STATUS] = place + 9
    place = line_end(window, place + 12, stop) + 1
    if place == 0:
        return -1
    while place + 1 < stop:
        first = window[place]
        if first == RETURN:
            return place + 2 if window[place + 1] == NEWLINE else -1
        end = line_end(window, place, stop)
        if end < 0 or first <= SPACE or first > 126:
            return -1
        letter = first & ~_SMALL
        left = end - place
        if letter == _C:
            if left >= 12 and begins_alike(window, place, b"content-type"):
                if left < 13 or window[place + 12] != COLON or not _keep(window, place + 13, end, head, CONTENT_TYPE):
                    return -1
            elif left >= 16 and begins_alike(window, place, b"content-encoding"):
                return -1
            elif left >= 16 and begins_alike(window, place, b"content-language"):
                return -1
        elif letter == _T:
            if left >= 17 and begins_alike(window, place, b"transfer-encoding"):
                return -1
            if left >= 15 and begins_alike(window, place, b"tdm-reservation"):
                return -1
        elif letter == _X and left >= 12 and begins_alike(window, place, b"x-robots-tag"):
            return -1
        place = end + 1
    return -1
