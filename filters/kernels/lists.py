"""Lists of domains and URLs, millions of lines long, as the hashes that `listed_urls.measure_urls` looks up."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.kernels.hosts import DOT, HASH, SLASH, is_odd, stripped
from filters.kernels.listed_urls import hash_domain, write_plain
from filters.kernels.sets import hash_bytes

LINE_FEED, RETURN, STAR = 10, 13, 42


@compiled
def hash_lines(data, whole_urls, fold):
    """Returns the hashes of a list's entries, and where the lines that are not ASCII stand.

    Args:
        data: lines; white space at their ends, empty ones and those that begin with # do not count.
        whole_urls: whether they are URLs (else domains).
        fold: as in `measure_urls`; a domain's leading `*.` or `.` and a URL's last `/` do not count then.

    Returns:
        shape (entries,), and shape (odd lines, 2).
    """
    lines, longest, start = 1, 0, 0
    for i in range(len(data) + 1):
        if i == len(data) or data[i] == LINE_FEED or data[i] == RETURN:
            lines += 1
            longest = max(longest, i - start)
            start = i + 1
    hashes, odd = np.empty(lines, dtype=np.uint64), np.empty((lines, 2), dtype=np.int64)
    buffer = np.empty(longest + 1, dtype=np.uint8)
    count, oddities, start = 0, 0, 0
    for i in range(len(data) + 1):
        if i < len(data) and data[i] != LINE_FEED and data[i] != RETURN:
            continue
        begin, end = stripped(data, start, i)
        start = i + 1
        if begin == end or data[begin] == HASH:
            continue
        if is_odd(data, begin, end):
            odd[oddities, 0], odd[oddities, 1] = begin, end
            oddities += 1
            continue
        hashes[count] = hash_entry(data, begin, end, whole_urls, fold, buffer)
        count += 1
    return hashes[:count], odd[:oddities]


@compiled
def hash_entry(data, begin, end, whole_urls, fold, buffer):
    """Returns the hash by which `measure_urls` looks an entry up."""
    if whole_urls:
        if not fold:
            return hash_bytes(data, begin, end)
        size, _ = write_plain(data, begin, end, buffer)
        while size > 0 and buffer[size - 1] == SLASH:
            size -= 1
        return hash_bytes(buffer, 0, size)
    if fold:
        if end - begin > 2 and data[begin] == STAR and data[begin + 1] == DOT:
            begin += 2
        while end - begin > 1 and data[begin] == DOT:
            begin += 1
        while end - begin > 1 and data[end - 1] == DOT:
            end -= 1
    return hash_domain(data, begin, end, fold)
