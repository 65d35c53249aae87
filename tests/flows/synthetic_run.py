"""Publishes a run made from numbers alone, for tests of what people look at; any size, in seconds.

Not a conftest: tests load it by path, and so does whoever wants a ledger of a million rows.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.account import count
from data.ledger import ledger_schema
from data.manifest import write_manifest

#: Strings that have broken reports and terminals elsewhere.
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "javascript:alert(3)",
    "</title></style></textarea></pre><svg/onload=alert(4)>",
    "<iframe src=//evil.example></iframe><meta http-equiv=refresh content=0;url=//evil.example>",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "abc\u202edcba\u2066\u2069 zero\u200bwidth \ufeff",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred \x00\x08\x7f\x9b31m \r\v\f",
    "mail me: jane.doe@example.org key AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5\n-----END RSA PRIVATE KEY-----",
    "lone surrogates cannot enter Arrow, tags can \U000e0041 \u2028 \u2029",
    "x" * 5000,
    "--><!-- ]]> &lt;b&gt; ' \" `",
    "[red]rich markup[/red] [link=http://evil.example]x[/link]",
]

PROSE = ("web", "text")

#: Address, signal, whether the bound is a lower one, bound, kinds, reason.
RULES: list[tuple[str, str, bool, float, tuple[str, ...], str]] = [
    ("language.min_language_score", "language_score", True, 0.65, PROSE, "other_language"),
    ("gopher-quality.min_words", "words", True, 50, PROSE, "too_few_words"),
    ("gopher-quality.max_words", "words", False, 100_000, PROSE, "too_many_words"),
    ("gopher-quality.min_mean_word_length", "mean_word_length", True, 3, PROSE, "words_too_short"),
    ("gopher-quality.max_mean_word_length", "mean_word_length", False, 10, PROSE, "words_too_long"),
    ("gopher-quality.max_symbol_share", "symbol_share", False, 0.1, PROSE, "too_many_symbols"),
    ("gopher-quality.max_bullet_share", "bullet_share", False, 0.9, PROSE, "too_many_bullets"),
    ("gopher-quality.min_stop_words", "stop_words", True, 2, PROSE, "too_few_stop_words"),
    ("gopher-repetition.max_top_2gram_share", "top_2gram_share", False, 0.2, PROSE, "top_2gram"),
    ("gopher-repetition.max_top_3gram_share", "top_3gram_share", False, 0.18, PROSE, "top_3gram"),
    ("gopher-repetition.max_top_4gram_share", "top_4gram_share", False, 0.16, PROSE, "top_4gram"),
    *(
        (f"gopher-repetition.max_{name}_share", f"{name}_share", False, bound, PROSE, f"{name}s")
        for name, bound in ((f"duplicate_{n}gram", 0.25 - n / 100) for n in range(5, 11))
    ),
    ("gopher-repetition.max_duplicate_line_share", "duplicate_line_share", False, 0.3, PROSE, "duplicate_lines"),
    ("c4-lines.min_sentences", "c4-lines.sentences", True, 3, ("web",), "too_few_sentences"),
    ("c4-pages.max_curly_brackets", "curly_brackets", False, 0, ("web",), "curly_bracket"),
    ("fineweb.min_line_end_share", "line_end_share", True, 0.12, ("web",), "lines_without_end"),
    ("fineweb.max_short_line_share", "short_line_share", False, 0.67, ("web",), "short_lines"),
    ("starcoder.max_line_chars", "max_line_chars", False, 1000, ("code",), "line_too_long"),
    ("starcoder.max_mean_line_chars", "mean_line_chars", False, 100, ("code",), "lines_too_long"),
    ("starcoder.min_alphanumeric_share", "alphanumeric_share", True, 0.25, ("code",), "too_few_letters"),
    ("starcoder.min_stars", "stars", True, 3, ("code",), "too_few_stars"),
    ("quality.min_quality", "quality", True, 0.2, PROSE, "low_quality"),
]

SOURCES = {"web": "common-crawl", "text": "wiki", "code": "github-code", "exercise": "synth/exercises"}


class Columns:
    """A ledger as numpy columns, from ingest to mix."""

    def __init__(self, rows: int, seed: int, hostile: bool) -> None:
        self.random = np.random.default_rng(seed)
        self.rows = rows
        self.kind = np.array(list(SOURCES))[self.random.choice(4, rows, p=[0.55, 0.15, 0.25, 0.05])]
        halves = [np.frombuffer(self.random.bytes(8 * rows), dtype=np.uint64) for _ in range(2)]
        self.id = np.char.add(*(np.array([f"{number:016x}" for number in half]) for half in halves))
        self.chance = self.random.random(rows)
        self.stage = np.full(rows, "", dtype="U16")
        self.reason = np.full(rows, "", dtype="U32")
        self.rule: Any = np.full(rows, None, dtype=object)
        self.measured, self.threshold = np.full(rows, np.nan), np.full(rows, np.nan)
        self._early()
        self.has_text = self.stage == ""
        self.values = {rule[1]: self._signal(rule[1], rule[4]) for rule in RULES}
        self._judge()
        self._deduplicate()
        self._late()
        self._origins(hostile)

    def leave(self, mask: Any, stage: str, reason: str) -> Any:
        """Ends the road of the rows that are still on it; returns which ones."""
        mask = mask & (self.stage == "")
        self.stage[mask], self.reason[mask] = stage, reason
        return mask

    def _early(self) -> None:
        web = self.kind == "web"
        early = self.random.random(self.rows)
        self.leave((early < 0.006) & web, "ingest", "undecodable")
        self.leave((early < 0.02) & (self.kind == "text"), "ingest", "not_json")
        self.leave((early > 0.93) & web, "extract", "empty")
        self.leave((early > 0.90) & web, "extract", "not_found")

    def _signal(self, name: str, kinds: tuple[str, ...]) -> Any:
        random, rows = self.random, self.rows
        if name == "words":
            values = np.floor(random.lognormal(5.6, 1.2, rows))
        elif name in ("stop_words", "c4-lines.sentences"):
            values = np.floor(random.gamma(2.2, 4.0, rows))
        elif name == "mean_word_length":
            values = random.normal(5.0, 0.9, rows)
        elif name in ("curly_brackets", "stars"):
            usual = 0 if name == "curly_brackets" else 40
            values = np.where(random.random(rows) < 0.8, usual, np.floor(random.gamma(1, 3, rows)))
        elif name in ("max_line_chars", "mean_line_chars"):
            values = np.floor(random.lognormal(5.0 if name[1] == "a" else 3.4, 0.8, rows))
        elif name in ("language_score", "line_end_share", "alphanumeric_share"):
            values = random.beta(6, 1.6, rows)
        elif name == "quality":
            values = random.beta(1.1, 1.4, rows)
        else:
            values = np.where(random.random(rows) < 0.5, 0.0, random.beta(1.2, 14, rows))
        return np.where(np.isin(self.kind, kinds) & self.has_text, values, np.nan)

    def _judge(self) -> None:
        flags = []
        for address, signal, lower, bound, _, why in RULES:
            with np.errstate(invalid="ignore"):
                bad = self.values[signal] < bound if lower else self.values[signal] > bound
            if address == "quality.min_quality":
                bad &= self.values["words"] < 800  # the longer ones are excused
            flags.append(bad)
            first = self.leave(bad, "judge", why)
            self.measured[first], self.threshold[first], self.rule[first] = self.values[signal][first], bound, address
        self.flags = np.stack(flags, axis=1)

    def _deduplicate(self) -> None:
        self.cluster, self.survivor, self.matched = (np.full(self.rows, None, dtype=object) for _ in range(3))
        self.jaccard = np.full(self.rows, np.nan)
        clusters = self.random.integers(0, max(self.rows // 40, 1), self.rows)
        heads: dict[int, int] = {}
        for row in np.flatnonzero((self.stage == "") & (self.chance < 0.2) & (self.kind != "exercise")):
            head = heads.setdefault(int(clusters[row]), int(row))
            self.cluster[row] = self.survivor[row] = self.id[head]
            if head != row:
                near = self.chance[row] < 0.14
                self.stage[row], self.reason[row] = "deduplicate", "near_duplicate" if near else "exact_duplicate"
                self.matched[row] = self.id[head]
                self.jaccard[row] = self.measured[row] = 0.7 + 2 * self.chance[row] if near else 1.0
                self.threshold[row] = 0.7 if near else np.nan
        sizes = Counter(key for key in self.cluster if key is not None)
        for row in np.flatnonzero([sizes[key] == 1 for key in self.cluster]):
            self.cluster[row] = self.survivor[row] = None
        self.cluster_size = np.array([np.nan if key is None else sizes[key] for key in self.cluster])

    def _late(self) -> None:
        chance, exercise = self.chance, self.kind == "exercise"
        self.leave(exercise & (chance > 0.8), "synthesise", "tests_failed")
        self.leave(exercise & (chance > 0.75), "synthesise", "not_parsed")
        hit = self.leave((chance > 0.7) & (chance < 0.71), "decontaminate", "contaminated")
        self.benchmark = np.where(hit, "humaneval", None)
        items = np.char.add("HumanEval/", ((chance - 0.7) * 5000).astype(int).astype(str))
        self.item = np.where(hit, np.where(chance < 0.703, HOSTILE[0], items), None)
        self.leave((chance > 0.6) & (chance < 0.66) & (self.kind == "web"), "mix", "over_budget")
        names = np.where(self.stage == "", "kept", np.where(self.stage == "mix", "not_sampled", "dropped"))
        self.status = np.where(self.stage == "ingest", "quarantined", names)
        self.tokens = np.where(self.has_text, np.floor(self.random.lognormal(6, 1, self.rows)) + 1, np.nan)
        kept = np.flatnonzero(self.status == "kept")
        self.shard = np.where(self.status == "kept", "data/train-00000-of-00001.parquet", None)
        self.row = np.full(self.rows, np.nan)
        self.row[kept] = np.arange(len(kept))

    def _origins(self, hostile: bool) -> None:
        web = self.kind == "web"
        numbers = np.arange(self.rows).astype(str)
        sites = np.char.add("https://site", (self.chance * 40).astype(int).astype(str))
        self.url = np.where(web, np.char.add(np.char.add(sites, ".example/"), numbers), None).astype(object)
        self.origin = np.char.add("doc-", numbers).astype(object)
        self.locator = np.char.add("part-000.warc.gz:", numbers).astype(object)
        licences = np.array(["MIT", "Apache-2.0", "CC-BY-SA-4.0", None], dtype=object)
        self.licence = licences[self.random.choice(4, self.rows)]
        natural = np.array(["en", "de", "fr", "zh"])[self.random.choice(4, self.rows, p=[0.82, 0.08, 0.06, 0.04])]
        english = np.where((self.reason == "other_language") | (self.random.random(self.rows) < 0.1), natural, "en")
        self.language = np.where(np.isin(self.kind, ["code", "exercise"]), "python", english)
        for place in range(min(self.rows, 2000) if hostile else 0):
            text = HOSTILE[place % len(HOSTILE)]
            self.origin[place], self.locator[place] = f"{text}{place}", f"{text}:{place}"
            self.url[place] = text if place % 2 else self.url[place]
            self.licence[place] = text if place % 5 == 0 else self.licence[place]

    def table(self) -> pa.Table:
        """Returns the ledger."""
        columns: dict[str, Any] = {
            **{name: getattr(self, name) for name in ("id", "kind", "locator", "url", "language", "licence", "status")},
            **{name: getattr(self, name) for name in ("stage", "reason", "rule", "measured", "threshold", "cluster")},
            **{name: getattr(self, name) for name in ("survivor", "matched", "jaccard", "benchmark", "tokens")},
            "cluster_size": self.cluster_size,
            "peer_reason": np.full(self.rows, None, dtype=object),
            "origin_id": self.origin,
            "source": np.array([SOURCES[kind] for kind in self.kind]),
            "failed": _lists(self.flags, [rule[5] for rule in RULES]),
            "failed_rules": _lists(self.flags, [rule[0] for rule in RULES]),
            "benchmark_item": self.item,
            "benchmark_method": np.array(
                [item and ("behaviour" if item[-1] in "05" else "ngram") for item in self.item]
            ),
            "bytes": self.tokens * 4,
            "shard": self.shard,
            "row": self.row,
            **self.values,
        }
        schema = ledger_schema(self.values)
        return pa.table([_array(columns[field.name], field.type) for field in schema], schema=schema)


def make_run(folder: Path, rows: int = 5_000, seed: int = 7, files: int = 2, hostile: bool = True) -> None:
    """Publishes a synthetic run into a folder: manifest.json and ledger/*.parquet."""
    columns = Columns(rows, seed, hostile)
    table = columns.table()
    (folder / "ledger").mkdir(parents=True, exist_ok=True)
    cuts = np.linspace(0, rows, files + 1).astype(int)
    for number, (begin, end) in enumerate(itertools.pairwise(cuts)):
        pq.write_table(table.slice(begin, end - begin), folder / f"ledger/{number:05d}.parquet", row_group_size=50_000)
    write_manifest(folder, make_manifest(table, columns.flags))


def make_manifest(table: pa.Table, flags: Any) -> dict[str, Any]:
    """Returns the manifest of a synthetic ledger."""
    counts = count([table])
    total = max(counts["tokens_kept"], 1)
    rejected = next(stage for stage in counts["stages"] if stage["stage"] == "synthesise")["reasons"]
    exercises = counts["by_kind"].get("exercise", {"in": 0, "kept": 0})
    filters = {address.split(".")[0]: list(kinds) for address, _, _, _, kinds, _ in RULES}
    shard = {"path": "data/train-00000-of-00001.parquet", "sha256": "a" * 64, "rows": counts["kept"]}
    return {
        "phimill": "0.1.0",
        "name": "synthetic",
        "description": "A run made of numbers. " + HOSTILE[1],
        "snapshot": "data-0123456789abcdef",
        "versions": {"pyarrow": "26.0.1", "numpy": "2.4.6"},
        "recipe": {
            "name": "synthetic",
            "seed": 1,
            "filters": [
                {"name": name, "preset": f"{name}@1", "where": {"kind": kinds}} for name, kinds in filters.items()
            ],
            "deduplicate": {"threshold": 0.7},
        },
        "inputs": [{"source": "common-crawl", "path": "part-000.warc.gz", "bytes": 12_345_678, "sha256": "0" * 64}],
        "counts": counts,
        "rules": _rules(table, flags),
        "shards": [{**shard, "tokens": counts["tokens_kept"], "bytes": 4 * counts["tokens_kept"]}],
        "token_shards": [],
        "tokenizer": {"path": "tokenizer.json", "sha256": "b" * 64, "vocabulary": 8192},
        "mixture": {
            "by": "kind",
            "planned": {
                kind: {"share": share, "tokens": int(total * share)}
                for kind, share in (("web", 0.4), ("text", 0.15), ("code", 0.4), ("exercise", 0.05))
            },
            "realised": {
                kind: {
                    "documents": row["kept"],
                    "tokens": row["tokens_kept"],
                    "share": row["tokens_kept"] / total,
                    "available_tokens": int(row["tokens_kept"] * 1.2),
                }
                for kind, row in counts["by_kind"].items()
            },
        },
        "quality": {"sha256": "c" * 64, "precision": 0.91, "recall": 0.88, "auc": 0.957, "reference": 800, "raw": 2000},
        "teacher": {
            "model": "builtin-procedural-1",
            "kind": "procedural",
            "base_url": "builtin",
            "fingerprint": "d" * 16,
            "requests": exercises["in"],
            "kept": exercises["kept"],
            "rejected": rejected,
            "usd": 0.0,
        },
        "sandbox": "landlock",
        "truth": [
            {"label": "exact duplicates", "planted": 40, "found": 38, "missed": [], "dropped_earlier": 2},
            {"label": "near duplicates", "planted": 17, "found": 16, "missed": ["doc-77"], "dropped_earlier": 0},
            {"label": "contaminated", "planted": 22, "found": 22, "missed": [], "dropped_earlier": 0},
        ],
    }


def texts_of(ids: Iterable[str]) -> dict[str, str]:
    """Returns a text for most ids; all are near copies of each other, with hostile strings in them."""
    found = {}
    for key in ids:
        number = int(key[:8], 16)
        if number % 11 == 0:
            continue
        lines = [f"Line {line} tells of vector {number % 97 + line % 3} and garden {line % 13}." for line in range(30)]
        lines.insert(2, HOSTILE[number % len(HOSTILE)])
        found[key] = "\n".join(lines)
    return found


def _rules(table: pa.Table, flags: Any) -> list[dict[str, Any]]:
    tokens = np.nan_to_num(table["tokens"].cast(pa.float64()).to_numpy())
    rules = []
    for place, (address, signal, lower, bound, _, why) in enumerate(RULES):
        failed = flags[:, place]
        rules.append(
            {
                "address": address,
                "filter": address.split(".")[0],
                "signal": signal,
                "at_least" if lower else "at_most": bound,
                "bound": float(bound),
                "reason": why,
                "explanation": f"Pages whose {signal.replace('_', ' ')} is out of bounds are rarely prose.",
                "source": "Rae et al. 2021, table A1 " + (HOSTILE[0] if place == 1 else ""),
                "failed": int(failed.sum()),
                "only": int((failed & (flags.sum(axis=1) == 1)).sum()),
                "documents": int(np.isfinite(table[signal].to_numpy()).sum()),
                "tokens_failed": int(tokens[failed].sum()),
            }
        )
    return rules


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values.tolist()], kind)
    return pa.array(values, from_pandas=True).cast(kind)


def _lists(flags: Any, names: list[str]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32)
    chosen = pa.DictionaryArray.from_arrays(pa.array(np.nonzero(flags)[1].astype(np.int32)), pa.array(names))
    return pa.ListArray.from_arrays(pa.array(offsets), chosen.cast(pa.string()))
