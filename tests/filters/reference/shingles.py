"""Words, shingles, signatures and similarities as their definitions read: slow, one text at a time."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[\w\u0300-\u036f]+")
TOKEN = re.compile(r"[A-Za-z0-9_\u0080-\U0010ffff]+|[^\s\x00-\x20]")

EVERY_BIT = 2**64 - 1
MULTIPLIER = 0x9E3779B97F4A7C15
MODES = {"words": 0, "characters": 1, "code": 2}


def levelled(text: str) -> str:
    """Returns the text in NFC, case-folded, each run of white space as one space, none at the ends."""
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def words(text: str) -> list[str]:
    """Returns the words, in NFC and case-folded."""
    return [word.casefold() for word in WORD.findall(unicodedata.normalize("NFC", text))]


def units(text: str, shingles: str = "words") -> list[str]:
    """Returns what shingles are runs of."""
    if shingles == "code":
        return TOKEN.findall(text)
    return words(text) if shingles == "words" else list(levelled(text))


def shingle_set(text: str, size: int = 5, shingles: str = "words") -> set[tuple[str, ...]]:
    """Returns the distinct runs of `size` units."""
    found = units(text, shingles)
    return {tuple(found[i : i + size]) for i in range(len(found) - size + 1)}


def jaccard(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> float:
    """Returns the share of both sets' members that both hold; 0 if either is empty."""
    return len(left & right) / len(left | right) if left and right else 0.0


def similarity(left: str, right: str, size: int = 5, shingles: str = "words") -> float:
    """Returns the Jaccard similarity of two texts."""
    return jaccard(shingle_set(left, size, shingles), shingle_set(right, size, shingles))


def spread(value: int) -> int:
    """The finaliser of splitmix64."""
    value ^= value >> 30
    value = value * 0xBF58476D1CE4E5B9 & EVERY_BIT
    value ^= value >> 27
    value = value * 0x94D049BB133111EB & EVERY_BIT
    return value ^ value >> 31


def hash_bytes(data: bytes) -> int:
    """Returns the hash of a unit."""
    running = 0
    for byte in data:
        running = (running ^ byte) * MULTIPLIER & EVERY_BIT
    return spread(running)


def shingle_hashes(text: str, size: int = 5, shingles: str = "words") -> set[int]:
    """Returns the distinct 64-bit hashes of a text's shingles."""
    salt = MODES[shingles] * 2**32 + size
    hashes = set()
    for run in shingle_set(text, size, shingles):
        total = salt
        for place, unit in enumerate(run):
            is_character = shingles == "characters"
            value = spread(ord(unit) * MULTIPLIER & EVERY_BIT) if is_character else hash_bytes(unit.encode())
            total += value * pow(MULTIPLIER, size - 1 - place, 2**64)
        hashes.add(spread(total & EVERY_BIT))
    return hashes


def signature(hashes: set[int], seeds: list[tuple[int, int]]) -> list[int]:
    """Returns for each permutation the least of a·x + b modulo 2^32 over the hashes' upper halves."""
    return [min((a * (x >> 32) + b) % 2**32 for x in hashes) for a, b in seeds]


def band_keys(minima: list[int], bands: int) -> list[int]:
    """Returns the key of each band."""
    rows = len(minima) // bands
    keys = []
    for band in range(bands):
        running = band
        for value in minima[band * rows : (band + 1) * rows]:
            running = (running ^ value) * MULTIPLIER & EVERY_BIT
            running ^= running >> 32
        keys.append(spread(running))
    return keys
