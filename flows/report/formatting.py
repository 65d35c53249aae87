"""Numbers for people: thin separators, units, shares, bounds."""

from __future__ import annotations

import math

#: Narrow no-break space: separates thousands and never breaks at the end of a line.
THIN = "\u202f"


def count(number: float | None, separator: str = THIN) -> str:
    """Returns a whole number with its thousands separated; `–` for None."""
    if number is None:
        return "–"
    return f"{round(number):,}".replace(",", separator)


def short(number: float | None) -> str:
    """Returns a number with three significant digits and k, M, B or T, such as `1.94 M`."""
    if number is None or not math.isfinite(number):
        return "–"
    for unit, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size * 0.9995:
            return f"{_three_digits(number / size)}{THIN}{unit}"
    return value(number)


def share(part: float, whole: float) -> str:
    """Returns part of whole in percent; never `0 %` or `100 %` for what is not quite so."""
    if not whole:
        return "–"
    percent = 100.0 * part / whole
    if 0 < percent < 0.1:
        return f"<{THIN}0.1{THIN}%"
    if 99.9 < percent < 100:
        return f">{THIN}99.9{THIN}%"
    digits = 0 if percent in (0, 100) else 1
    return f"{percent:.{digits}f}{THIN}%"


def value(number: float | None) -> str:
    """Returns a measured value: whole numbers whole, others with four significant digits."""
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return "–"
    if float(number).is_integer() and abs(number) < 1e15:
        return count(number)
    return f"{number:.4g}" if abs(number) < 1e4 else count(number)


def size(number: float | None) -> str:
    """Returns bytes with a binary unit."""
    if number is None:
        return "–"
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= factor:
            return f"{_three_digits(number / factor)}{THIN}{unit}"
    return f"{count(number)}{THIN}B"


def seconds(number: float | None) -> str:
    """Returns a duration: `0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 07 min`."""
    if number is None:
        return "–"
    if number < 59.95:
        return f"{number:.2f}{THIN}s" if number < 10 else f"{number:.1f}{THIN}s"
    whole = round(number)
    if whole < 3600:
        return f"{whole // 60}{THIN}min {whole % 60:02d}{THIN}s"
    return f"{whole // 3600}{THIN}h {whole % 3600 // 60:02d}{THIN}min"


def words(name: str) -> str:
    """Returns a name such as `too_few_words` as words."""
    return name.replace("_", " ").strip()


def plural(number: float, noun: str, many: str | None = None) -> str:
    """Returns a count with its noun, such as `1 document` or `2 documents`."""
    return f"{count(number)} {noun if round(number) == 1 else many or noun + 's'}"


def change(number: float, digits: int = 0) -> str:
    """Returns a difference with its sign; `0` for what rounds to nothing."""
    written = f"{abs(number):,.{digits}f}".replace(",", THIN)
    is_zero = not written.strip("0.")
    return "0" if is_zero else f"{'+' if number > 0 else '−'}{written}"


def stated(bound: str | None) -> str:
    """Returns a bound that the pool makes a number of in words: `t0.85`, `p60`; "" for any other."""
    if not bound or bound[0] not in "tp":
        return ""
    amount = bound[1:]
    return f"best {100 * float(amount):.4g}% of the pool" if bound[0] == "t" else f"percentile {amount} of the pool"


def _three_digits(number: float) -> str:
    digits = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
