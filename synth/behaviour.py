"""What functions do, for comparing them: a number for what each gives for each input.

A function's behaviour is a digest of its results for the 64 typical inputs of its shape; two
functions share it if they give the same for all of them. What says nothing has none: fewer than
40 results, nearly always the same result, or an argument given back as it was.
"""

from __future__ import annotations

import collections
import hashlib
from typing import Sequence

from synth.probes import MIN_PROBES, Arguments
from synth.sandbox.values import Claim, canonical, claim_of
from synth.shapes import Shape
from synth.trying import Trials

#: Sums in another order differ beyond these digits.
DIGITS = 9

#: Results that are not the commonest; with fewer, two functions agree by chance.
MIN_OTHERS = 8


def digest_of(claim: Claim) -> int:
    """Returns 64 bits, never 0, that equal results share: a list is a tuple, True is 1, and fractions are rounded."""
    text = canonical(claim, loose=True, digits=DIGITS)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1


def is_telling(inputs: Sequence[Arguments], digests: Sequence[int]) -> bool:
    """Whether results (0: there was none) say something about the function that gave them."""
    found = [(arguments, digest) for arguments, digest in zip(inputs, digests, strict=True) if digest]
    if len(found) < MIN_PROBES:
        return False
    common = collections.Counter(digest for _, digest in found).most_common(1)[0][1]
    if len(found) - common < MIN_OTHERS:
        return False
    places = min(len(arguments) for arguments, _ in found)
    return not any(all(digest == _given(arguments, place) for arguments, digest in found) for place in range(places))


def behaviour_of(shapes: tuple[Shape, ...] | None, trials: Trials) -> str:
    """Returns the digest of what a function gave for the typical inputs of its shape; "" if that says nothing."""
    inputs = trials.inputs[trials.similar :]
    results = zip(trials.outputs, trials.claims, strict=True)
    digests = [digest_of(claim) if output is not None else 0 for output, claim in results][trials.similar :]
    if not shapes or not is_telling(inputs, digests):
        return ""
    text = f"{','.join(map(str, shapes))}:{digests}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _given(arguments: Arguments, place: int) -> int:
    return digest_of(claim_of(arguments[place]))
