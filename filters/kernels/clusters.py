"""Which documents belong together: union-find, true similarities, and the way to each survivor.

Documents are numbered by rank, best first. A pair is one number: the better document in the upper
half, the other in the lower one.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.kernels.minhash import clear, draw_salt, first_slot, insert, mask_for


@compiled
def find(parents, document):
    """Returns the smallest number of a document's cluster."""
    while parents[document] != document:
        parents[document] = parents[parents[document]]
        document = parents[document]
    return document


@compiled
def unite(parents, left, right):
    """Unites the clusters of two documents."""
    first, second = find(parents, left), find(parents, right)
    if first < second:
        parents[second] = first
    else:
        parents[first] = second


@compiled
def unite_pairs(parents, pairs):
    """Unites the clusters of all pairs."""
    for pair in pairs:
        unite(parents, np.int64(pair >> np.uint64(32)), np.int64(pair & np.uint64(0xFFFFFFFF)))


@compiled
def find_all(parents):
    """Returns the smallest number of every document's cluster."""
    roots = np.empty(len(parents), dtype=np.int64)
    for document in range(len(parents)):
        roots[document] = find(parents, document)
    return roots


@compiled
def may_repeat(keys, seen):
    """Returns the numbers of the keys that may occur more than once, ascending.

    Args:
        keys: hashes.
        seen: zeros, a power of two of them; the more, the fewer keys are said to repeat that do not.
    """
    mask = np.uint64(len(seen) - 1)
    for i in range(len(keys)):
        slot = np.int64(keys[i] & mask)
        seen[slot] = min(seen[slot] + 1, 2)
    count = 0
    for i in range(len(keys)):
        count += seen[np.int64(keys[i] & mask)] == 2
    found = np.empty(count, dtype=np.int64)
    count = 0
    for i in range(len(keys)):
        if seen[np.int64(keys[i] & mask)] == 2:
            found[count] = i
            count += 1
    return found


@compiled
def pair_up(documents, starts, ends):
    """Returns all pairs inside runs of documents, which ascend in every run."""
    count = 0
    for run in range(len(starts)):
        size = ends[run] - starts[run]
        count += size * (size - 1) // 2
    pairs = np.empty(count, dtype=np.uint64)
    count = 0
    for run in range(len(starts)):
        for i in range(starts[run], ends[run]):
            left = np.uint64(documents[i]) << np.uint64(32)
            for k in range(i + 1, ends[run]):
                pairs[count] = left | np.uint64(documents[k])
                count += 1
    return pairs


@compiled
def link_up(documents, starts, ends):
    """Returns the pairs of each run's first document with the others of the run."""
    pairs = np.empty((ends - starts).sum() - len(starts), dtype=np.uint64)
    count = 0
    for run in range(len(starts)):
        head = np.uint64(documents[starts[run]]) << np.uint64(32)
        for i in range(starts[run] + 1, ends[run]):
            pairs[count] = head | np.uint64(documents[i])
            count += 1
    return pairs


@compiled
def chunk_end(pairs, begin, lengths, chunk_of, chunk, most):
    """Returns where the pairs from `begin` on concern more text than `most`, each document counted once.

    Args:
        lengths: shape (documents,).
        chunk_of: shape (documents,); the last chunk that each was counted in.
        chunk: a new number.
    """
    total = 0.0
    for number in range(begin, len(pairs)):
        for document in (np.int64(pairs[number] >> np.uint64(32)), np.int64(pairs[number] & np.uint64(0xFFFFFFFF))):
            if chunk_of[document] != chunk:
                chunk_of[document] = chunk
                total += lengths[document]
        if total > most:
            return number + 1
    return len(pairs)


@compiled
def confirm_pairs(pairs, documents, sets, threshold, parents, skip_connected):
    """Returns each pair's Jaccard similarity where it reaches the threshold, else NaN, and unites those clusters.

    Args:
        pairs: sorted so that equal better documents stand together.
        documents: the numbers of the documents in question, ascending.
        sets: (values, starts, ends, places): the distinct shingle hashes of texts, and which text each document has.
        skip_connected: a pair in one cluster already is NaN too.
    """
    values, starts, ends, places = sets
    similarities = np.full(len(pairs), np.nan)
    longest = 0
    for i in range(len(documents)):
        longest = max(longest, ends[i] - starts[i])
    slots = np.empty(np.int64(mask_for(longest)) + 1, dtype=np.uint64)
    mask, held, salt = np.uint64(0), -1, draw_salt()
    for number in range(len(pairs)):
        left, right = np.int64(pairs[number] >> np.uint64(32)), np.int64(pairs[number] & np.uint64(0xFFFFFFFF))
        if skip_connected and find(parents, left) == find(parents, right):
            continue
        a, b = places[np.searchsorted(documents, left)], places[np.searchsorted(documents, right)]
        left_size, right_size = ends[a] - starts[a], ends[b] - starts[b]
        if min(left_size, right_size) == 0 or min(left_size, right_size) / max(left_size, right_size) < threshold:
            continue
        if held != left:
            held, mask = left, mask_for(left_size)
            clear(slots, mask)
            for i in range(starts[a], ends[a]):
                insert(slots, mask, salt, values[i])
        common = count_common(slots, mask, salt, values, starts[b], ends[b])
        similarity = common / (left_size + right_size - common)
        if similarity >= threshold:
            similarities[number] = similarity
            unite(parents, left, right)
    return similarities


@compiled
def count_common(slots, mask, salt, values, begin, end):
    """Returns how many of some hashes a table holds."""
    common = 0
    for i in range(begin, end):
        key = values[i] if values[i] else np.uint64(1)
        slot = first_slot(key, mask, salt)
        while slots[slot]:
            if slots[slot] == key:
                common += 1
                break
            slot = (slot + np.uint64(1)) & mask
    return common


@compiled
def choose_survivors(roots, sources, never):
    """Returns the survivor of each document, going by rank: the first kept one of its cluster that may drop it.

    Args:
        roots: the smallest number of each document's cluster.
        sources: the number of each document's source.
        never: shape (sources, sources); whether a document of the first is never dropped for one of the second.
    """
    count = len(roots)
    survivors = np.arange(count)
    last, following = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    for document in range(count):
        root = roots[document]
        kept = root if last[root] >= 0 else -1
        while kept >= 0 and never[sources[document], sources[kept]]:
            kept = following[kept]
        if kept >= 0:
            survivors[document] = kept
            continue
        if last[root] >= 0:
            following[last[root]] = document
        last[root] = document
    return survivors


@compiled
def trace(seeds, survivors, starts, neighbours, similarities):
    """Returns for each dropped document the neighbour that leads towards its survivor, and their similarity.

    From each seed the documents are reached layer by layer; each has as neighbour the most similar of the layer
    before, of equals the best. See `clusters.trace_links`.

    Args:
        seeds: survivors with neighbours.
        survivors: shape (documents,).
        starts, neighbours, similarities: document d has the neighbours from starts[d] to starts[d + 1].
    """
    count = len(survivors)
    matched, similarity = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
    reached, offered = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    best, through = np.empty(count), np.empty(count, dtype=np.int64)
    layer, coming = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    for seed in seeds:
        reached[seed], layer[0], size = seed, seed, 1
        while size:
            more = 0
            for place in range(size):
                document = layer[place]
                for i in range(starts[document], starts[document + 1]):
                    other, value = neighbours[i], similarities[i]
                    if reached[other] == seed:
                        continue
                    if offered[other] != seed:
                        offered[other], best[other], through[other] = seed, value, document
                        coming[more] = other
                        more += 1
                    elif value > best[other] or (value == best[other] and document < through[other]):
                        best[other], through[other] = value, document
            for place in range(more):
                other = coming[place]
                reached[other], layer[place] = seed, other
                if survivors[other] == seed:
                    matched[other], similarity[other] = through[other], best[other]
            size = more
    return matched, similarity
