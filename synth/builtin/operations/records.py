"""Operations on records (dictionaries with name, count and price), by way of dataclasses."""

from __future__ import annotations

from typing import Any

from synth.builtin.grammar import between, operation

Records = list[dict[str, Any]]

_FIELDS = "    name: str\n    count: int\n    price: int\n"
_PLAIN = f"from dataclasses import dataclass\n\n\n@dataclass\nclass $C:\n{_FIELDS}"
_FROZEN = f"from dataclasses import asdict, dataclass, replace\n\n\n@dataclass(frozen=True)\nclass $C:\n{_FIELDS}---\n"
_WITH_DICT = f"from dataclasses import asdict, dataclass\n\n\n@dataclass\nclass $C:\n{_FIELDS}"
_TUPLE = f"from typing import NamedTuple\n\n\nclass $C(NamedTuple):\n{_FIELDS}---\n"
_VALUE = "\n    @property\n    def value(self):\n        return self.count * self.price\n---\n"


def _value(record: dict[str, Any]) -> int:
    return int(record["count"]) * int(record["price"])


def _merged(x: Records) -> Records:
    found: dict[str, dict[str, Any]] = {}
    for record in x:
        known = found.get(record["name"])
        found[record["name"]] = (
            {**record, "count": record["count"] + known["count"], "price": known["price"]} if (known) else dict(record)
        )
    return list(found.values())


operation(
    "stock_value", "dataclasses", "records", "int", "add up count times price over all records",
    lambda x: sum(_value(r) for r in x),
    _PLAIN + _VALUE + "sum($C(**$r).value for $r in $x)",
    _TUPLE + "$y = 0\nfor $p in [$C(**$r) for $r in $x]:\n    $y += $p.count * $p.price",
    _PLAIN + "---\nsum($p.count * $p.price for $p in ($C(**$r) for $r in $x))",
)  # fmt: skip
operation(
    "dear_ones", "dataclasses", "records", "records", "keep only the records with a price of at least $k",
    lambda x, k: [r for r in x if r["price"] >= k],
    _WITH_DICT + "---\n[asdict($p) for $p in ($C(**$r) for $r in $x) if $p.price >= $k]",
    _TUPLE + "[$p._asdict() for $p in ($C(**$r) for $r in $x) if $p.price >= $k]",
    k=between(3, 6),
)  # fmt: skip
operation(
    "scarce_names", "dataclasses", "records", "words", "list the names of the records with a count below $k, in order",
    lambda x, k: [r["name"] for r in x if r["count"] < k],
    _PLAIN + "\n    def is_scarce(self, limit):\n        return self.count < limit\n---\n"
    "[$p.name for $p in ($C(**$r) for $r in $x) if $p.is_scarce($k)]",
    _TUPLE + "$y = []\nfor $r in $x:\n    $p = $C(**$r)\n    if $p.count < $k:\n        $y.append($p.name)",
    k=between(4, 10),
)  # fmt: skip
operation(
    "names_by_price", "dataclasses", "records", "words",
    "list the names from the cheapest record to the dearest, equal prices by name",
    lambda x: [r["name"] for r in sorted(sorted(x, key=lambda r: r["name"]), key=lambda r: r["price"])],
    _PLAIN + "---\n[$p.name for $p in sorted(($C(**$r) for $r in $x), key=lambda $q: ($q.price, $q.name))]",
    "from dataclasses import dataclass, field\n\n\n@dataclass(order=True)\nclass $C:\n    price: int\n    name: str\n"
    "    count: int = field(compare=False)\n---\n[$p.name for $p in sorted($C(**$r) for $r in $x)]",
)  # fmt: skip
operation(
    "restocked", "dataclasses", "records", "records", "raise every count below $k to $k",
    lambda x, k: [{**r, "count": max(k, r["count"])} for r in x],
    _FROZEN + "[asdict(replace($p, count=max($p.count, $k))) for $p in ($C(**$r) for $r in $x)]",
    _WITH_DICT + "---\n$y = []\nfor $r in $x:\n    $p = $C(**$r)\n    if $p.count < $k:\n        $p.count = $k\n"
    "    $y.append(asdict($p))",
    k=between(3, 12),
)  # fmt: skip
operation(
    "cheaper", "dataclasses", "records", "records", "lower every price by $k, but not below 1",
    lambda x, k: [{**r, "price": max(1, r["price"] - k)} for r in x],
    _FROZEN + "[asdict(replace($p, price=max(1, $p.price - $k))) for $p in ($C(**$r) for $r in $x)]",
    _TUPLE + "[$p._replace(price=max(1, $p.price - $k))._asdict() for $p in ($C(**$r) for $r in $x)]",
    k=between(1, 4),
)  # fmt: skip
operation(
    "value_by_name", "dataclasses", "records", "counts", "add up count times price for each name",
    lambda x: {r["name"]: sum(_value(o) for o in x if o["name"] == r["name"]) for r in x},
    _PLAIN + _VALUE + "$y = {}\nfor $r in $x:\n    $p = $C(**$r)\n    $y[$p.name] = $y.get($p.name, 0) + $p.value",
    _TUPLE + "$a = [$C(**$r) for $r in $x]\n"
    "$y = {$p.name: sum($q.count * $q.price for $q in $a if $q.name == $p.name) for $p in $a}",
)  # fmt: skip
operation(
    "cheapest_name", "dataclasses", "records", "text",
    "find the name of the record with the lowest price, the first in the alphabet of several "
    "(an empty string if there is none)",
    lambda x: min(((r["price"], r["name"]) for r in x), default=(0, ""))[1],
    _PLAIN + '---\n$a = [$C(**$r) for $r in $x]\n'
    '$y = min($a, key=lambda $p: ($p.price, $p.name)).name if $a else ""',
    _TUPLE + '$y = ""\n$b = None\nfor $p in ($C(**$r) for $r in $x):\n'
    "    if $b is None or ($p.price, $p.name) < ($b.price, $b.name):\n        $b = $p\n        $y = $p.name",
)  # fmt: skip
operation(
    "written_records", "dataclasses", "records", "words", 'write every record as text such as "rope: 3 at 5"',
    lambda x: [r["name"] + ": " + str(r["count"]) + " at " + str(r["price"]) for r in x],
    _PLAIN + '\n    def __str__(self):\n        return f"{self.name}: {self.count} at {self.price}"\n---\n'
    "[str($C(**$r)) for $r in $x]",
    _TUPLE + '$y = []\nfor $p in ($C(**$r) for $r in $x):\n    $y.append(f"{$p.name}: {$p.count} at {$p.price}")',
)  # fmt: skip
operation(
    "merged_records", "dataclasses", "records", "records",
    "merge records of the same name: their counts are added up, place and price are those of the first",
    _merged,
    _WITH_DICT + "---\n$a = {}\nfor $r in $x:\n    $p = $C(**$r)\n    if $p.name in $a:\n"
    "        $a[$p.name].count += $p.count\n    else:\n        $a[$p.name] = $p\n"
    "$y = [asdict($p) for $p in $a.values()]",
    _FROZEN + "$a = {}\nfor $p in ($C(**$r) for $r in $x):\n    $q = $a.get($p.name)\n"
    "    $a[$p.name] = replace($q, count=$q.count + $p.count) if $q else $p\n"
    "$y = [asdict($q) for $q in $a.values()]",
)  # fmt: skip
operation(
    "as_records", "dataclasses", "pairs", "records",
    'make a record of each tuple, with the keys "name" and "count" from it and "price" $k',
    lambda x, k: [{"name": g, "count": v, "price": k} for g, v in x],
    "from dataclasses import asdict, dataclass\n\n\n@dataclass\nclass $C:\n    name: str\n    count: int\n"
    "    price: int = 1\n---\n[asdict($C($g, $v, $k)) for $g, $v in $x]",
    _TUPLE + "[$C($g, $v, $k)._asdict() for $g, $v in $x]",
    k=between(2, 9),
)  # fmt: skip
