"""Values as the child claims them: nested JSON lists that name every type.

They are compared as text and never rebuilt, so that no claim can make the parent hash, compare
or print something of the program's choosing.
"""

from __future__ import annotations

from typing import Any

Claim = list[Any]

_SEQUENCES = ("list", "tuple")
_SETS = ("set", "frozenset")
_SHOWN_CHARS = 120
_MAX_DEPTH = 110  # the child stops at 100


def claim_of(value: object) -> Claim:
    """Returns a literal's value in the form in which the child would claim it.

    Raises:
        ValueError: the value is not plain data.
    """
    kind = type(value)
    if value is None:
        return ["n"]
    if isinstance(value, bool):
        return ["b", int(value)]
    if isinstance(value, int):
        return ["i", f"{value:x}"]
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, complex):
        return ["c", repr(value.real), repr(value.imag)]
    if isinstance(value, str):
        return ["s", value.encode("utf-8", "surrogatepass").hex()]
    if isinstance(value, bytes):
        return ["y", value.hex()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [kind.__name__, [claim_of(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[claim_of(key), claim_of(item)] for key, item in value.items()]]
    raise ValueError(f"{kind.__name__} is not plain data")


def canonical_of(value: object) -> str:
    """Returns `canonical(claim_of(value))`, five times as fast.

    Raises:
        ValueError: the value is not plain data.
    """
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[{','.join(map(canonical_of, value))}]"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}[{','.join(sorted(map(canonical_of, value)))}]"
    if isinstance(value, dict):
        pairs = sorted([f"{canonical_of(key)}:{canonical_of(item)}" for key, item in value.items()])
        return f"dict{{{','.join(pairs)}}}"
    if isinstance(value, str):
        return f"s({value.encode('utf-8', 'surrogatepass').hex()})"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"i({value:x})"
    return canonical(claim_of(value))


def canonical(claim: object, *, loose: bool = False, digits: int = 0) -> str:
    """Returns a text that two claims share if and only if their values are equal and of equal types.

    Equality is Python's: 0.0 equals -0.0, and neither dicts nor sets have an order. Only NaN
    equals itself here, so that two runs can be compared; no literal is NaN.

    Args:
        loose: let True be 1, 1.0 be 1, a tuple a list and a frozenset a set.
        digits: significant digits of fractions that count; 0: all of them.

    Raises:
        ValueError: the claim is malformed.
    """
    return _canonical(claim, loose, digits, 0)


def _canonical(claim: object, loose: bool, digits: int, depth: int) -> str:
    kind, parts = _taken_apart(claim)
    if depth > _MAX_DEPTH:
        raise ValueError("claim nested too deeply")
    if kind == "dict":
        pairs = [
            f"{_canonical(key, loose, digits, depth + 1)}:{_canonical(item, loose, digits, depth + 1)}"
            for key, item in parts
        ]
        return f"dict{{{','.join(sorted(pairs))}}}"
    if kind in _SEQUENCES:
        items = [_canonical(item, loose, digits, depth + 1) for item in parts]
        return f"{'list' if loose else kind}[{','.join(items)}]"
    if kind in _SETS:
        items = [_canonical(item, loose, digits, depth + 1) for item in parts]
        return f"{'set' if loose else kind}[{','.join(sorted(items))}]"
    if kind in "fc":
        values = [float(part) + 0.0 for part in parts]  # -0.0 + 0.0 is 0.0
        parts = [repr(float(f"{value:.{digits}g}") if digits else value) for value in values]
    if loose and kind == "b":
        kind, parts = "i", [str(parts[0])]
    if loose and kind == "f" and float(parts[0]).is_integer():
        kind, parts = "i", [f"{int(float(parts[0])):x}"]
    return f"{kind}({','.join(map(str, parts))})"


def _taken_apart(claim: object) -> tuple[str, list[Any]]:
    """Returns a claim's kind and parts, checked as far as comparing and showing need it."""
    if isinstance(claim, list) and claim and isinstance(claim[0], str):
        kind, parts = claim[0], claim[1:]
        if kind == "n" and not parts:
            return kind, parts
        if kind == "b" and parts in ([0], [1]):
            return kind, parts
        if kind in ("i", "s", "y", "o", "f") and len(parts) == 1 and isinstance(parts[0], str):
            return kind, parts
        if kind == "c" and len(parts) == 2 and all(isinstance(part, str) for part in parts):
            return kind, parts
        if kind in (*_SEQUENCES, *_SETS) and len(parts) == 1 and isinstance(parts[0], list):
            return kind, parts[0]
        if kind == "dict" and len(parts) == 1 and _are_pairs(parts[0]):
            return kind, parts[0]
    raise ValueError("malformed claim")


def _are_pairs(items: object) -> bool:
    return isinstance(items, list) and all(isinstance(item, list) and len(item) == 2 for item in items)


def foreign_type(claim: object) -> str:
    """Returns the name of a type that is not plain data, somewhere in a claim; "" if there is none."""
    kind, parts = _taken_apart(claim)
    if kind == "o":
        return _text(parts[0])
    inner = [item for pair in parts for item in pair] if kind == "dict" else parts
    if kind in ("dict", *_SEQUENCES, *_SETS):
        return next(filter(None, map(foreign_type, inner)), "")
    return ""


def literal(claim: object, max_chars: int = 200) -> str | None:
    """Returns a claim as Python source whose value would be claimed alike; None if it is longer, or no plain data."""
    try:
        text = _literal(claim, max_chars)
    except ValueError:
        return None
    return text if len(text) <= max_chars else None


def _literal(claim: object, room: int) -> str:
    kind, parts = _taken_apart(claim)
    if room <= 0 or kind == "o" or (kind == "f" and not _is_finite(parts[0])):
        raise ValueError("no short literal")
    if kind == "dict":
        pairs = [f"{_literal(key, room - 2)}: {_literal(item, room - 2)}" for key, item in parts[:room]]
        return f"{{{', '.join(pairs)}}}" if len(parts) <= room else " " * (room + 1)
    if kind in (*_SEQUENCES, *_SETS):
        if len(parts) > room or kind == "frozenset":
            raise ValueError("no short literal")
        inner = ", ".join([_literal(item, room - 2) for item in parts])
        if kind == "list":
            return f"[{inner}]"
        if kind == "tuple":
            return f"({inner},)" if len(parts) == 1 else f"({inner})"
        return f"{{{inner}}}" if parts else "set()"
    if kind == "i":
        return str(int(parts[0], 16)) if len(parts[0]) <= room else " " * (room + 1)
    if kind == "s":
        return repr(bytes.fromhex(parts[0][: 8 * room]).decode("utf-8", "surrogatepass"))
    if kind == "y":
        return repr(bytes.fromhex(parts[0]))
    if kind == "c":
        raise ValueError("no literal")
    return _repr(claim)


def _is_finite(text: str) -> bool:
    return text.lstrip("-") not in ("inf", "nan")


def show(claim: object) -> str:
    """Returns a claim for people: like Python's repr, in ASCII, at most 120 characters."""
    try:
        text = _repr(claim)
    except ValueError:
        return "<malformed>"
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 3]}..."


def _repr(claim: object) -> str:
    kind, parts = _taken_apart(claim)
    if kind == "dict":
        return f"{{{', '.join(f'{_repr(key)}: {_repr(item)}' for key, item in parts[:_SHOWN_CHARS])}}}"
    if kind in (*_SEQUENCES, *_SETS):
        inner = ", ".join(map(_repr, parts[:_SHOWN_CHARS]))
        if kind == "list":
            return f"[{inner}]"
        if kind == "tuple":
            return f"({inner},)" if len(parts) == 1 else f"({inner})"
        return f"{kind}({f'{{{inner}}}' if parts else ''})"
    if kind == "n":
        return "None"
    if kind == "b":
        return str(bool(parts[0]))
    if kind == "i":
        return str(int(parts[0], 16)) if len(parts[0]) <= _SHOWN_CHARS else f"0x{parts[0][:_SHOWN_CHARS]}"
    if kind == "s":
        return ascii(_text(parts[0]))
    if kind == "y":
        return repr(bytes.fromhex(parts[0][: 4 * _SHOWN_CHARS]))
    if kind == "o":
        return f"<{_text(parts[0])} object>"
    return parts[0] if kind == "f" else f"complex({', '.join(parts)})"


def _text(digits: str) -> str:
    """Returns the beginning of a text that was sent as hexadecimal digits."""
    return bytes.fromhex(digits[: 4 * _SHOWN_CHARS]).decode("utf-8", "replace")
