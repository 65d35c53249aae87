"""Hosts of URLs as bytes, and which part of them is the registered domain.

A host is found as tldextract 5.4 finds it, which forgives almost everything, and the registered
domain by the rules of the Public Suffix List. A host with characters that are not ASCII is "odd"
and left to `filters/probes/url_hosts.py`.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.kernels.sets import NOTHING, ONE, START, finish, lower, stir

SLASH, COLON, AT, DOT, QUESTION, HASH, OPEN, CLOSE, BANG, PLUS, MINUS = b"/:@.?#[]!+-"

#: What a node of the suffix rules is: there, the end of a rule, the parent of a wildcard.
THERE, RULE, WILDCARD = 1, 2, 4


@inlined
def is_alphanumeric(byte):
    """Whether a byte is an ASCII letter or digit."""
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


@inlined
def is_space(byte):
    """Whether a byte is ASCII white space, as `str.strip` has it."""
    return byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31


@compiled
def stripped(data, begin, end):
    """Returns the span without white space at its ends."""
    while begin < end and is_space(data[begin]):
        begin += 1
    while begin < end and is_space(data[end - 1]):
        end -= 1
    return begin, end


@compiled
def after_scheme(data, begin, end):
    """Returns where a URL goes on after `scheme://` or `//`, or its beginning."""
    for i in range(begin, end - 1):
        if data[i] == SLASH and data[i + 1] == SLASH:
            if i == begin:
                return begin + 2
            if i - begin < 2 or data[i - 1] != COLON:
                return begin
            for k in range(begin, i - 1):
                byte = data[k]
                if not (is_alphanumeric(byte) or byte in (PLUS, MINUS, DOT)):
                    return begin
            return i + 2
    return begin


@compiled
def find_host(data, begin, end):
    """Returns (where the host begins, where it ends, where the authority ends)."""
    start = after_scheme(data, begin, end)
    stop = start
    while stop < end and data[stop] != SLASH and data[stop] != QUESTION and data[stop] != HASH:
        stop += 1
    for i in range(stop - 1, start - 1, -1):
        if data[i] == AT:
            start = i + 1
            break
    if start < stop and data[start] == OPEN:
        for i in range(start, stop):
            if data[i] == CLOSE:
                return start, i + 1, stop
    last = start
    while last < stop and data[last] != COLON:
        last += 1
    first, last = stripped(data, start, last)
    while last > first and data[last - 1] == DOT:
        last -= 1
    return first, last, stop


@compiled
def is_odd(data, begin, end):
    """Whether there are bytes that are not ASCII."""
    odd = False
    for i in range(begin, end):
        odd |= data[i] >= 128
    return odd


@compiled
def flags_of(nodes, flags, key):
    """Returns what the node of a hash is, 0 if there is none."""
    mask = np.uint64(len(nodes) - 1)
    slot = key & mask
    while nodes[slot] != NOTHING:
        if nodes[slot] == key:
            return flags[slot]
        slot = (slot + ONE) & mask
    return np.uint8(0)


@compiled
def find_suffix(data, begin, end, nodes, flags):
    """Returns where a host's public suffix begins, or -1.

    Args:
        data, begin, end: the host.
        nodes, flags: the rules; see `url_hosts.suffix_rules`.
    """
    suffix, node, running, stop = -1, np.uint8(0), START, end
    while True:
        start = stop
        while start > begin and data[start - 1] != DOT:
            start -= 1
            running = stir(running, lower(data[start]))
        found = flags_of(nodes, flags, finish(running))
        if not found:
            if node & WILDCARD:
                excepted = flags_of(nodes, flags, finish(stir(running, BANG)))
                return stop + 1 if excepted else start
            return suffix
        node = found
        if node & RULE:
            suffix = start
        if start == begin:
            return suffix
        running = stir(running, DOT)
        stop = start - 1


@compiled
def find_registered(data, begin, end, nodes, flags):
    """Returns where a host's registered domain begins, or -1."""
    suffix = find_suffix(data, begin, end, nodes, flags)
    if suffix <= begin:
        return -1
    start = suffix - 1
    while start > begin and data[start - 1] != DOT:
        start -= 1
    return start if start < suffix - 1 else -1
