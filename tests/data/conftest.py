"""A small dataset, built by the same functions as a real one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.account import check_account, count
from data.card import write_card
from data.ledger import ledger_rows, ledger_schema, read_ledger, write_ledger
from data.manifest import write_manifest
from data.mixture import fates, plan
from data.recipe import Mixture, Shards
from data.schema import FATE_FIELDS, document, to_table
from data.shards import plan_shards, write_text_shards
from data.token_shards import plan_token_shards, write_token_shards
from data.tokenizer import Tokenizer, count_tokens, train

SENTENCE = "river engine garden letter market window signal planet bridge number def return import class"
WORDS = SENTENCE.split()

Build = Callable[..., dict[str, Any]]


def corpus(seed: int, size: int) -> pa.Table:
    """Documents of two sources; every tenth is unreadable."""
    draw = random.Random(seed)
    rows = []
    for number in range(size):
        text = " ".join(draw.choice(WORDS) for _ in range(draw.randint(5, 60))) + f" {number} é\n"
        kind = "code" if number % 3 == 0 else "web"
        is_bad = number % 10 == 9
        rows.append(
            document(
                f"{kind}-pool", f"file:{number}", kind=kind, text=None if is_bad else text,
                licence="MIT" if number % 2 else None,
                language="python" if kind == "code" else "en", url=None if kind == "code" else f"http://example.test/{number}",
                metadata={"n": number}, status="quarantined" if is_bad else "", reason="undecodable" if is_bad else "",
            )
        )  # fmt: skip
    return to_table(rows)


def judged(ingest: pa.Table) -> pa.Table:
    """Drops documents under 12 words."""
    lengths = [len(text.split()) if text else None for text in ingest["text"].to_pylist()]
    rows = []
    for key, words in zip(ingest["id"].to_pylist(), lengths, strict=True):
        drop = words is not None and words < 12
        rows.append(
            {"id": key, "status": "dropped" if drop else "", "reason": "too_few_words" if drop else "",
             "measured": words if drop else None, "threshold": 12.0 if drop else None,
             "rule": "length.min_words" if drop else None, "failed": ["too_few_words"] if drop else [],
             "failed_rules": ["length.min_words"] if drop else []}
        )  # fmt: skip
    more = [("rule", pa.string()), ("failed", pa.list_(pa.string())), ("failed_rules", pa.list_(pa.string()))]
    return pa.Table.from_pylist(rows, schema=pa.schema([*FATE_FIELDS, *(pa.field(*pair) for pair in more)]))


def build_dataset(folder: Path, seed: int = 1, size: int = 80, tokens: int | None = 1500) -> dict[str, Any]:
    """Builds a dataset in a folder and returns its manifest."""
    settings = Shards(rows=15, bytes=4000, tokens=700, sequence=64)
    folder.mkdir(parents=True, exist_ok=True)
    ingest = corpus(seed, size)
    verdicts = judged(ingest)
    train([text for text in ingest["text"].to_pylist() if text], 400, folder / "tokenizer.json")
    tokenizer = Tokenizer(folder / "tokenizer.json")
    alive = pc.and_(pc.equal(ingest["status"], ""), pc.equal(verdicts["status"], "")).combine_chunks()
    counted = count_tokens(ingest.select(["id", "text"]), alive, tokenizer)
    living = pa.table({"id": ingest["id"], "group": ingest["kind"], "tokens": counted["tokens"]}).filter(alive)
    made = plan(living, Mixture(shares={"web": 0.5, "code": 0.5}, tokens=tokens), seed)
    mixed = _align(fates(living, made), alive, ingest["id"])
    kept = pc.and_(alive, pc.equal(mixed["status"], "")).combine_chunks()
    sizes = pc.binary_length(ingest["text"].cast(pa.large_binary())).cast(pa.int64())
    rows = pa.table({"id": ingest["id"], "bytes": sizes, "tokens": counted["tokens"]}).filter(kept)
    texts = ingest.append_column("tokens", counted["tokens"]).filter(kept)
    text_plan = plan_shards(rows, settings, seed)
    batches = [texts.slice(0, 7), texts.slice(7)]
    shards = write_text_shards(folder, text_plan, batches, folder.parent / f"{folder.name}.work")
    token_shards = write_token_shards(
        folder, plan_token_shards(rows, settings, seed), [counted.filter(kept)], folder.parent / f"{folder.name}.work",
        vocabulary=tokenizer.vocabulary, eos=tokenizer.eos, sequence=64,
        tokenizer={"path": "tokenizer.json", "sha256": tokenizer.sha256},
    )  # fmt: skip
    paths, places = text_plan.places(kept, 0)
    extras = {"shard": paths, "row": places, "tokens": counted["tokens"], "bytes": sizes}
    signals = pa.table({"id": ingest["id"], "words": [float(n) for n in range(size)]})
    schema = ledger_schema(["words"])
    write_ledger(
        folder, [ledger_rows(ingest, [("judge", verdicts), ("mix", mixed)], extras, signals, schema=schema)], schema
    )
    counts = count(read_ledger(folder))
    check_account(counts, {"code-pool": -(-size // 3), "web-pool": size - -(-size // 3)}, shards)
    (folder / "recipe.yaml").write_text("name: small\n")
    (folder / "report.html").write_text(f"<p>{seed}</p>")
    manifest = {
        "phimill": "0.1.0", "name": "small", "snapshot": f"s{seed}", "versions": {"pyarrow": pa.__version__},
        "recipe": {"name": "small", "description": "A small one."}, "counts": counts, "shards": shards,
        "inputs": [{"source": "web-pool", "path": "a", "bytes": 3, "sha256": "0" * 64}], "rules": [],
        "token_shards": token_shards, "mixture": {"by": "kind", "planned": made.planned, "realised": made.realised},
        "tokenizer": {"path": "tokenizer.json", "sha256": tokenizer.sha256, "vocabulary": tokenizer.vocabulary},
        "quality": None, "teacher": None, "sandbox": None, "truth": None,
    }  # fmt: skip
    write_card(folder, manifest)
    return write_manifest(folder, manifest)


def _align(table: pa.Table, alive: pa.BooleanArray, ids: pa.ChunkedArray) -> pa.Table:
    is_alive = np.asarray(alive.to_numpy(zero_copy_only=False))
    place = pa.array(np.cumsum(is_alive) - 1, mask=~is_alive)
    spread = table.take(place).drop_columns(["id"]).add_column(0, "id", ids)
    for name in ("status", "reason"):
        spread = spread.set_column(spread.schema.get_field_index(name), name, pc.fill_null(spread[name], ""))
    return spread


@pytest.fixture(scope="session")
def build() -> Build:
    """A function that builds a small dataset in a folder and returns its manifest."""
    return build_dataset
