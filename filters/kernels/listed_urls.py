"""What is listed of URLs: domains, hosts, whole URLs, words and substrings.

`fold` means: the case of ASCII letters does not count, and URLs are compared by what they point to.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.kernels.hosts import DOT, HASH, QUESTION, SLASH, find_host, find_registered, is_alphanumeric, is_odd
from filters.kernels.sets import START, child_of, finish, hash_bytes, holds, lower, stir

AMPERSAND = 38

#: The columns of `measure_urls`.
DOMAIN, HOST, URL, HARD, SOFT, SUBSTRING, CURATED, ODD, COLUMNS = range(9)


@inlined
def folded(byte, fold):
    """Returns the byte, in lower case if case does not count."""
    return lower(byte) if fold else byte


@compiled
def hash_domain(data, begin, end, fold):
    """Returns the hash of a domain, read from the right."""
    running = START
    for i in range(end - 1, begin - 1, -1):
        running = stir(running, folded(data[i], fold))
    return finish(running)


@compiled
def look_up_host(data, begin, end, registered, domains, fold, parents):
    """Returns whether the registered domain is listed, and whether the host is.

    With `parents` a listed domain above the registered one counts as it, and one between as the host.
    """
    on_domain, on_host = 0, 0
    if not parents:
        if registered >= 0:
            on_domain = int(holds(domains, hash_domain(data, registered, end, fold)))
            first = registered if registered == begin + 1 else begin  # an empty first label is left out
            on_host = int(holds(domains, hash_domain(data, first, end, fold)))
        return on_domain, on_host
    running = START
    for i in range(end - 1, begin - 1, -1):
        running = stir(running, folded(data[i], fold))
        if (i == begin or data[i - 1] == DOT) and holds(domains, finish(running)):
            if registered >= 0 and i >= registered:
                on_domain = 1
            if registered < 0 or i < registered or i == begin:
                on_host = 1
    return on_domain, on_host


@inlined
def stands_www(data, place):
    """Whether `www` stands at a place."""
    return lower(data[place]) == 119 and lower(data[place + 1]) == 119 and lower(data[place + 2]) == 119


@compiled
def write_plain(data, begin, end, buffer):
    """Writes a URL without scheme, user, port and `www.`, in lower case; returns (bytes written, of them the host)."""
    first, last, rest = find_host(data, begin, end)
    if last - first > 4 and data[first + 3] == DOT and stands_www(data, first):
        first += 4
    size = 0
    for i in range(first, last):
        buffer[size] = lower(data[i])
        size += 1
    host = size
    for i in range(rest, end):
        buffer[size] = lower(data[i])
        size += 1
    return size, host


@compiled
def look_up_url(data, begin, end, urls, fold, buffer):
    """Whether a URL is listed; with `fold`, whether it or something that it lies below is, however it is written."""
    if not fold:
        return int(holds(urls, hash_bytes(data, begin, end)))
    size, host = write_plain(data, begin, end, buffer)
    running = START
    for i in range(size + 1):
        byte = buffer[i] if i < size else SLASH
        if i >= host and byte in (SLASH, QUESTION, HASH, AMPERSAND) and holds(urls, finish(running)):
            return 1
        running = stir(running, byte)
    return 0


@compiled
def count_words(data, begin, end, words, fold, seen):
    """Returns how many different listed words stand in a URL between characters that are no ASCII letter or digit."""
    count, running, inside = 0, START, False
    for i in range(begin, end + 1):
        if i < end and is_alphanumeric(data[i]):
            running = stir(running, folded(data[i], fold))
            inside = True
        elif inside:
            key = finish(running)
            if holds(words, key):
                known = False
                for k in range(count):
                    known |= seen[k] == key
                if not known:
                    seen[count] = key
                    count += 1
            running, inside = START, False
    return count


@compiled
def count_substrings(data, begin, end, keys, children, ends, buffer):
    """Returns at how many places a substring begins in a URL's ASCII letters and digits, run together in lower case."""
    size, count = 0, 0
    for i in range(begin, end):
        if is_alphanumeric(data[i]):
            buffer[size] = lower(data[i])
            size += 1
    for start in range(size):
        state = np.int32(0)
        for i in range(start, size):
            state = child_of(keys, children, state, buffer[i])
            if state < 0:
                break
            if ends[state]:
                count += 1
                break
    return count


@compiled
def measure_urls(data, offsets, fold, parents, rules, domains, curated, urls, words, substrings):
    """Returns what is listed of URLs, shape (URLs, COLUMNS).

    Args:
        data, offsets: the URLs; none is empty.
        fold: whether case does not count, and URLs are compared by what they point to.
        parents: whether every domain above a host is looked up.
        rules: nodes and flags of the suffix rules.
        domains, curated, urls: sets; the first two of hashes read from the right.
        words: two sets, of hard and of soft words.
        substrings: a trie.
    """
    nodes, flags = rules
    hard, soft = words
    keys, children, ends = substrings
    most = 0
    for number in range(len(offsets) - 1):
        most = max(most, offsets[number + 1] - offsets[number])
    buffer, seen = np.empty(most + 1, dtype=np.uint8), np.empty(most + 1, dtype=np.uint64)
    found = np.zeros((len(offsets) - 1, COLUMNS), dtype=np.float64)
    for number in range(len(offsets) - 1):
        begin, end = offsets[number], offsets[number + 1]
        row = found[number]
        first, last, _ = find_host(data, begin, end)
        row[ODD] = is_odd(data, first, last)
        registered = find_registered(data, first, last, nodes, flags)
        row[DOMAIN], row[HOST] = look_up_host(data, first, last, registered, domains, fold, parents)
        row[CURATED] = max(look_up_host(data, first, last, registered, curated, True, True))
        row[URL] = look_up_url(data, begin, end, urls, fold, buffer)
        row[HARD] = count_words(data, begin, end, hard, fold, seen)
        row[SOFT] = count_words(data, begin, end, soft, fold, seen)
        row[SUBSTRING] = count_substrings(data, begin, end, keys, children, ends, buffer)
    return found
