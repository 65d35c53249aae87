"""What a reader sees of HTML: the text without tags, comments, scripts and styles."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import SPACE
from filters.kernels.comments import BANG, DASH, GREATER, LESS, SLASH, end_of_markup_comment
from filters.kernels.encoded import is_boundary

QUESTION = 63

SCRIPT = np.frombuffer(b"script", dtype=np.uint8)
STYLE = np.frombuffer(b"style", dtype=np.uint8)
TEMPLATE = np.frombuffer(b"template", dtype=np.uint8)


@compiled
def fold_case(code):
    """Returns the lower-case ASCII letter as which `re.IGNORECASE` takes a character, or the character."""
    if 65 <= code <= 90:
        return code + np.uint32(32)
    if code < 128:
        return code
    if code == 0x17F:  # ſ
        return np.uint32(115)
    if code == 0x212A:  # the Kelvin sign
        return np.uint32(107)
    if code == 0x130 or code == 0x131:  # İ, ı
        return np.uint32(105)
    return code


@compiled
def lower_case(code):
    """Returns a character in lower case as `re.IGNORECASE` compares a group with itself."""
    if 65 <= code <= 90:
        return code + np.uint32(32)
    if code == 0x212A:
        return np.uint32(107)
    if code == 0x130:
        return np.uint32(105)
    return code


@compiled
def name_at(codes, n, i, name):
    """Whether a name of lower-case letters stands at a place, in any case."""
    if i + len(name) > n:
        return False
    for k in range(len(name)):
        if fold_case(codes[i + k]) != name[k]:
            return False
    return True


@compiled
def hidden_name(codes, classes, n, i, templates):
    """Returns the length of an element's name at a place if its content is no text: script, style, template (if so)."""
    length = 0
    if name_at(codes, n, i, SCRIPT):
        length = len(SCRIPT)
    elif name_at(codes, n, i, STYLE):
        length = len(STYLE)
    elif templates and name_at(codes, n, i, TEMPLATE):
        length = len(TEMPLATE)
    return length if length and is_boundary(classes, n, i + length) else 0


@compiled
def tag_end(codes, n, i):
    """Returns the place of the next < or >, or the text's end."""
    while i < n and codes[i] != LESS and codes[i] != GREATER:
        i += 1
    return i


@compiled
def end_of_element(codes, classes, n, begin, length, i):
    """Returns where an element without text has ended: after its closing tag, or at the text's end.

    Args:
        begin, length: its name in the opening tag.
        i: where its content begins.
    """
    while i < n:
        if codes[i] == LESS and i + 2 + length <= n and codes[i + 1] == SLASH:
            equal = True
            for k in range(length):
                if lower_case(codes[i + 2 + k]) != lower_case(codes[begin + k]):
                    equal = False
                    break
            if equal and is_boundary(classes, n, i + 2 + length):
                end = tag_end(codes, n, i + 2 + length)
                if end < n and codes[end] == GREATER:
                    return end + 1
        i += 1
    return n


@compiled
def end_of_hidden(codes, classes, n, i, templates):
    """Returns where what < begins has ended, or the place itself if it begins nothing that is hidden."""
    if i + 3 < n and codes[i + 1] == BANG and codes[i + 2] == DASH and codes[i + 3] == DASH:
        return end_of_markup_comment(codes, n, i + 4)
    length = hidden_name(codes, classes, n, i + 1, templates)
    if length:
        end = tag_end(codes, n, i + 1 + length)
        if end < n and codes[end] == GREATER:
            return end_of_element(codes, classes, n, i + 1, length, end + 1)
    k = i + 1
    if k < n and codes[k] == SLASH:
        k += 1
    if k >= n:
        return i
    first = fold_case(codes[k])
    if not (97 <= first <= 122 or codes[k] == BANG or codes[k] == QUESTION):
        return i
    end = tag_end(codes, n, k + 1)
    return end + 1 if end < n and codes[end] == GREATER else end


@compiled
def count_visible(codes, classes, n):
    """Returns how many characters of markup a reader would see, white space collapsed and none at the ends."""
    seen, waiting = 0, False
    i = 0
    while i < n:
        if classes[i] & SPACE:
            waiting = True
            i += 1
            continue
        if codes[i] == LESS:
            end = end_of_hidden(codes, classes, n, i, True)
            if end > i:
                waiting = True
                i = end
                continue
        seen += 2 if waiting and seen else 1
        waiting = False
        i += 1
    return seen


@compiled
def count_displayed(codes, classes, n):
    """Returns how many characters, white space included, stand outside tags, comments, scripts and styles."""
    seen, i = 0, 0
    while i < n:
        end = end_of_hidden(codes, classes, n, i, False) if codes[i] == LESS else i
        seen += end == i
        i = max(end, i + 1)
    return seen
