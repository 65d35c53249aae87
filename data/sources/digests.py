"""The digests that WARC records bring along."""

from __future__ import annotations

import base64
import binascii
import hashlib

#: From base 32 as RFC 4648 has it to the digits of `int(…, 32)`.
_BASE_32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv")


def fits_digest(block: bytes | memoryview, digest: str, more: bytes = b"") -> bool:
    """Returns whether a block has its `algorithm:value` digest; an unknown or absent one fits.

    Values come in base 32 (as the standard's examples have them) and in base 16.

    Args:
        block: it, or its beginning.
        digest: as its record's header has it.
        more: the rest of the block.
    """
    algorithm, _, value = digest.partition(":")
    value = value.strip()
    if algorithm != "sha1":
        algorithm = algorithm.strip().lower().replace("sha-", "sha")
    if algorithm == "sha1" and len(value) == 32:  # nearly all; Python's own decoder takes as long as hashing
        try:
            wanted = int(value.encode().upper().translate(_BASE_32), 32)
        except ValueError:
            return True
        state = hashlib.sha1(block, usedforsecurity=False)
        if more:
            state.update(more)
        return int.from_bytes(state.digest()) == wanted
    if algorithm not in ("md5", "sha1", "sha256", "sha512") or not value:
        return True
    state = hashlib.new(algorithm, block, usedforsecurity=False)
    state.update(more)
    found = state.digest()
    if len(value) == 2 * len(found):
        return value.lower() == found.hex()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == found
    except binascii.Error:
        return True
