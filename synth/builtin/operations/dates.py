"""Operations on dates (ISO strings) and times of day (HH:MM strings)."""

from __future__ import annotations

from calendar import monthrange

from synth.builtin.grammar import among, between, operation

_DATE = "from datetime import date\n---\n"
_DELTA = "from datetime import date, timedelta\n---\n"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _days(x: str) -> int:
    """Returns the days since 1 January of the year 1, by counting months."""
    year, month, day = map(int, x.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    months = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + sum(months[: month - 1]) + day - 1


def _date(days: int) -> str:
    year = days // 366 + 1
    while _days(f"{year + 1}-01-01") <= days:
        year += 1
    month = max(m for m in range(1, 13) if _days(f"{year}-{m}-01") <= days)
    return f"{year:04d}-{month:02d}-{days - _days(f'{year}-{month}-01') + 1:02d}"


def _weekday(x: str) -> str:
    return _WEEKDAYS[_days(x) % 7]


def _minutes(x: str) -> int:
    return 60 * int(x[:2]) + int(x[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


operation(
    "weekday_name", "dates", "date", "text", "name its day of the week in English",
    _weekday,
    _DATE + '["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]'
    "[date.fromisoformat($x).weekday()]",
    _DATE + 'date.fromisoformat($x).strftime("%A")',
)  # fmt: skip
operation(
    "days_later", "dates", "date", "date", "take the date $k days later",
    lambda x, k: _date(_days(x) + k),
    _DELTA + "(date.fromisoformat($x) + timedelta(days=$k)).isoformat()",
    _DATE + "date.fromordinal(date.fromisoformat($x).toordinal() + $k).isoformat()",
    k=between(5, 45),
)  # fmt: skip
operation(
    "day_of_year", "dates", "date", "natural", "find which day of its year it is, 1 January being the first",
    lambda x: _days(x) - _days(x[:4] + "-01-01") + 1,
    _DATE + "date.fromisoformat($x).timetuple().tm_yday",
    _DATE + "$a = date.fromisoformat($x)\n$y = ($a - date($a.year, 1, 1)).days + 1",
)  # fmt: skip
operation(
    "month_end", "dates", "date", "date", "take the last day of its month",
    lambda x: f"{x[:8]}{monthrange(int(x[:4]), int(x[5:7]))[1]}",
    _DELTA + "$a = date.fromisoformat($x)\n$b = (date($a.year, $a.month, 28) + timedelta(days=4)).replace(day=1)\n"
    "$y = ($b - timedelta(days=1)).isoformat()",
    _DELTA + "$a = date.fromisoformat($x)\nwhile ($a + timedelta(days=1)).month == $a.month:\n"
    "    $a += timedelta(days=1)\n$y = str($a)",
)  # fmt: skip
operation(
    "date_order", "dates", "dates", "dates", "sort the dates, each one only once",
    lambda x: [_date(n) for n in sorted({_days(w) for w in x})],
    "sorted(set($x))",
    _DATE + "[$a.isoformat() for $a in sorted({date.fromisoformat($w) for $w in $x})]",
    "$y = []\nfor $w in sorted($x):\n    if not $y or $y[-1] != $w:\n        $y.append($w)",
)  # fmt: skip
operation(
    "weekends", "dates", "dates", "dates", "keep only the dates that are a Saturday or a Sunday",
    lambda x: [w for w in x if _weekday(w)[0] == "S"],
    _DATE + "[$w for $w in $x if date.fromisoformat($w).weekday() >= 5]",
    _DATE + "$y = []\nfor $w in $x:\n    if date.fromisoformat($w).isoweekday() in (6, 7):\n        $y.append($w)",
)  # fmt: skip
operation(
    "late_in_month", "dates", "dates", "dates", "keep only the dates after the ${k}th of their month",
    lambda x, k: [w for w in x if int(w[-2:]) > k],
    _DATE + "[$w for $w in $x if date.fromisoformat($w).day > $k]",
    '[$w for $w in $x if int($w.split("-")[2]) > $k]',
    k=between(11, 20),
)  # fmt: skip
operation(
    "by_month", "dates", "dates", "groups", 'group the dates by year and month (keys such as "2024-03")',
    lambda x: {w[:7]: [v for v in x if v[:7] == w[:7]] for w in x},
    "$y = {}\nfor $w in $x:\n    $y.setdefault($w[:7], []).append($w)",
    _DATE + '$y = {}\nfor $w in $x:\n    $g = date.fromisoformat($w).strftime("%Y-%m")\n    if $g not in $y:\n'
    "        $y[$g] = []\n    $y[$g].append($w)",
)  # fmt: skip
operation(
    "per_weekday", "dates", "dates", "counts", "count the dates that fall on each day of the week (English names)",
    lambda x: {_weekday(w): [_weekday(v) for v in x].count(_weekday(w)) for w in x},
    _DATE + '$y = {}\nfor $w in $x:\n    $g = date.fromisoformat($w).strftime("%A")\n    $y[$g] = $y.get($g, 0) + 1',
    "from collections import Counter\nfrom datetime import date\n---\n"
    'dict(Counter(date.fromisoformat($w).strftime("%A") for $w in $x))',
)  # fmt: skip
operation(
    "date_gaps", "dates", "dates", "ints", "list the days between neighbours once the dates are sorted",
    lambda x: [_days(b) - _days(a) for a, b in zip(sorted(x), sorted(x)[1:], strict=False)],
    _DATE + "$c = sorted(date.fromisoformat($w) for $w in $x)\n$y = [($b - $a).days for $a, $b in zip($c, $c[1:])]",
    _DATE + "$a = sorted(date.fromisoformat($w).toordinal() for $w in $x)\n"
    "$y = []\nfor $i in range(1, len($a)):\n    $y.append($a[$i] - $a[$i - 1])",
)  # fmt: skip
operation(
    "date_span", "dates", "dates", "int",
    "count the days from the earliest date to the latest (0 if there is none)",
    lambda x: _days(max(x)) - _days(min(x)) if x else 0,
    _DATE + "(date.fromisoformat(max($x)) - date.fromisoformat(min($x))).days if $x else 0",
    _DATE + "$a = [date.fromisoformat($w).toordinal() for $w in $x]\n$y = max($a) - min($a) if $a else 0",
)  # fmt: skip
operation(
    "day_month_year", "dates", "dates", "words", 'write the dates as day, month and year, such as "07.03.2024"',
    lambda x: [".".join(w.split("-")[::-1]) for w in x],
    _DATE + '[date.fromisoformat($w).strftime("%d.%m.%Y") for $w in $x]',
    '[f"{$w[8:]}.{$w[5:7]}.{$w[:4]}" for $w in $x]',
)  # fmt: skip
operation(
    "leap_year", "dates", "natural", "flag", "tell whether a year of this number is a leap year",
    lambda x: x % 4 == 0 and (x % 100 != 0 or x % 400 == 0),
    "$x % 4 == 0 and ($x % 100 != 0 or $x % 400 == 0)",
    "from calendar import isleap\n---\nisleap($x)",
    "if $x % 400 == 0:\n    $y = True\nelif $x % 100 == 0:\n    $y = False\nelse:\n    $y = $x % 4 == 0",
)  # fmt: skip
operation(
    "clock_time", "dates", "natural", "text",
    'read it as minutes after midnight and write it as a time such as "07:05"',
    _clock,
    'f"{$x // 60 % 24:02d}:{$x % 60:02d}"',
    '$a, $b = divmod($x, 60)\n$y = str($a % 24).zfill(2) + ":" + str($b).zfill(2)',
)  # fmt: skip
operation(
    "to_minutes", "dates", "times", "ints", "turn every time into minutes after midnight",
    lambda x: [_minutes(w) for w in x],
    "[int($w[:2]) * 60 + int($w[3:]) for $w in $x]",
    '$y = []\nfor $w in $x:\n    $a, $b = $w.split(":")\n    $y.append(60 * int($a) + int($b))',
)  # fmt: skip
operation(
    "after_time", "dates", "times", "times", "keep only the times later than $s",
    lambda x, s: [w for w in x if _minutes(w) > _minutes(s)],
    '[$w for $w in $x if $w > "$s"]',
    'from datetime import time\n---\n[$w for $w in $x if time.fromisoformat($w) > time.fromisoformat("$s")]',
    s=among("08:30", "10:15", "12:00", "16:45"),
)  # fmt: skip
operation(
    "quarter_hours", "dates", "times", "times", "round every time down to a full quarter of an hour",
    lambda x: [_clock(_minutes(w) // 15 * 15) for w in x],
    '[f"{$w[:2]}:{int($w[3:]) // 15 * 15:02d}" for $w in $x]',
    '$y = []\nfor $w in $x:\n    $a = int($w[3:])\n    $y.append($w[:3] + str($a - $a % 15).zfill(2))',
)  # fmt: skip
operation(
    "time_span", "dates", "times", "int", "find the minutes between the earliest and the latest (0 if there is none)",
    lambda x: _minutes(max(x)) - _minutes(min(x)) if x else 0,
    "$a = [int($w[:2]) * 60 + int($w[3:]) for $w in $x]\n$y = max($a) - min($a) if $a else 0",
    "from datetime import datetime\n---\n$a = sorted(datetime.strptime($w, \"%H:%M\") for $w in $x)\n"
    "$y = int(($a[-1] - $a[0]).total_seconds()) // 60 if $a else 0",
)  # fmt: skip
