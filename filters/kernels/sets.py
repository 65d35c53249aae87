"""Sets of short texts as tables of 64-bit hashes, and tries: what lists are looked up in.

A set is an open-addressing table of hashes, 0 where nothing is; it can be mapped into memory from
a file. Two different texts have the same hash once in 2^64, so among 4.6 million listed domains
about one in 4 × 10^12 unlisted ones is taken for a listed one. A trie compares every byte.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined

MIX = np.uint64(0x9E3779B97F4A7C15)
HALF, START = np.uint64(32), np.uint64(0x2545F4914F6CDD1D)
ONE, NOTHING = np.uint64(1), np.uint64(0)


@inlined
def stir(running, byte):
    """Returns a running hash with one more byte in it."""
    mixed = (running ^ np.uint64(byte)) * MIX
    return mixed ^ (mixed >> HALF)


@inlined
def finish(running):
    """Returns the hash that a running one ends in; never 0, which marks an empty slot."""
    mixed = (running ^ (running >> HALF)) * MIX
    return mixed ^ (mixed >> HALF) or ONE


@inlined
def lower(byte):
    """Returns an ASCII letter in lower case, any other byte as it is."""
    return byte + np.uint8(32) if 65 <= byte <= 90 else byte


@compiled
def hash_bytes(data, begin, end):
    """Returns the hash of data[begin:end], read from the left."""
    running = START
    for i in range(begin, end):
        running = stir(running, data[i])
    return finish(running)


@compiled
def hash_backwards(data, begin, end):
    """Returns the hash of data[begin:end], read from the right, so that a domain's hash begins with its parent's."""
    running = START
    for i in range(end - 1, begin - 1, -1):
        running = stir(running, data[i])
    return finish(running)


@compiled
def make_set(hashes):
    """Returns a table that holds the hashes, at most three quarters full."""
    size = 16
    while 3 * size < 4 * len(hashes):
        size *= 2
    table = np.zeros(size, dtype=np.uint64)
    mask = np.uint64(size - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        while table[slot] != NOTHING and table[slot] != hashes[i]:
            slot = (slot + ONE) & mask
        table[slot] = hashes[i]
    return table


@compiled
def holds(table, key):
    """Whether a set holds a hash."""
    mask = np.uint64(len(table) - 1)
    slot = key & mask
    while table[slot] != NOTHING:
        if table[slot] == key:
            return True
        slot = (slot + ONE) & mask
    return False


@compiled
def make_trie(data, offsets):
    """Returns the trie of some texts: (keys, children, ends).

    Args:
        data, offsets: the texts, none of them empty.

    Returns:
        keys and children: a table from state and byte (see `child_of`) to the next state;
        ends: shape (states,); whether a text ends in a state. State 0 is the root.
    """
    states = int(offsets[-1] - offsets[0]) + 1
    size = 16
    while size < 2 * states:
        size *= 2
    keys, children = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.int32)
    ends = np.zeros(states, dtype=np.bool_)
    mask, used = np.uint64(size - 1), 1
    for text in range(len(offsets) - 1):
        state = 0
        for i in range(offsets[text], offsets[text + 1]):
            key = edge(state, data[i])
            slot = slot_of_edge(key, mask)
            while keys[slot] != NOTHING and keys[slot] != key:
                slot = (slot + ONE) & mask
            if keys[slot] == NOTHING:
                keys[slot], children[slot] = key, used
                used += 1
            state = children[slot]
        ends[state] = True
    return keys, children, ends[:used].copy()


@inlined
def edge(state, byte):
    """Returns the key of the way from a state by a byte; never 0."""
    return (np.uint64(state) << np.uint64(8)) + np.uint64(byte) + ONE


@inlined
def slot_of_edge(key, mask):
    """Returns where to look for a key first."""
    return ((key * MIX) >> HALF) & mask


@compiled
def child_of(keys, children, state, byte):
    """Returns the state that a byte leads to, or -1."""
    mask, key = np.uint64(len(keys) - 1), edge(state, byte)
    slot = slot_of_edge(key, mask)
    while keys[slot] != NOTHING:
        if keys[slot] == key:
            return children[slot]
        slot = (slot + ONE) & mask
    return np.int32(-1)
