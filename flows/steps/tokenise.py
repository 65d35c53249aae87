"""Tokenise: a tokenizer from the survivors or from a file; counts for every text, tokens for the living."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_path
from data.errors import ModelError
from data.fingerprint import digest, step_fingerprint
from data.parts import Part, PartWriter, alive, read_part
from data.texts import fetch_texts, read_texts
from flows.run import Run
from flows.steps.cut import CUTTING
from flows.steps.decontaminate import BEFORE
from flows.steps.deduplicate import digest_of_mask

LIVING = (*BEFORE, "decontaminate")

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("bytes", pa.int64()),
        pa.field("tokens", pa.int64()),
        pa.field("token_ids", pa.large_list(pa.uint32())),
    ]
)


def tokenise(run: Run) -> dict[str, Any]:
    """Leaves the tokenizer in run.facts and adds the step `tokenise` to run.parts and run.taught."""
    path = _tokenizer(run)
    sha256 = run.work.sha256(path)
    run.facts["tokenizer"] = {"path": str(path), "sha256": sha256}
    fingerprint = step_fingerprint(
        "tokenise",
        version=1,
        settings={"tokenizer": sha256},
        modules=["data.tokenizer", "flows.steps.tokenise"],
        libraries=("tokenizers",),
    )
    both = run.map_parts(
        "tokenise",
        fingerprint,
        tokenise_part,
        {"tokenizer": str(path), "sha256": sha256},
        reads=["measure", *CUTTING, "synthesise"],
        parts=[*run.parts, *run.taught],
        extra=lambda part: {"alive": digest_of_mask(alive(part, LIVING))},
    )
    run.parts, run.taught = both[: len(run.parts)], both[len(run.parts) :]
    return {"sha256": sha256}


def tokenise_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes the size of each text of a part in bytes and tokens, and the living documents' tokens."""
    from data.tokenizer import count_tokens

    part = Part(**part_json)
    tokenizer = _load(settings["tokenizer"], settings["sha256"])
    mask = alive(part, LIVING)
    start = 0
    with PartWriter(Path(target), SCHEMA) as writer:
        for batch in read_texts(part):
            here = mask.slice(start, batch.num_rows)
            start += batch.num_rows
            counted = count_tokens(batch.select(["id", "text"]), here, tokenizer)
            sizes = pc.binary_length(batch["text"].cast(pa.large_binary())).cast(pa.int64())
            writer.write(counted.append_column("bytes", sizes).select(SCHEMA.names).cast(SCHEMA))


def living_sizes(run: Run) -> pa.Table:
    """Returns id, group (by mixture.by) and bytes of every living document."""
    tables = []
    for part in [*run.parts, *run.taught]:
        born = read_part(part.files[part.origin], ["id", "kind", "source"])
        if "measure" in part.files:
            steps = [step for step in (*reversed(CUTTING), "measure") if step in part.files]
            sizes = pc.coalesce(*(read_part(part.files[step], ["text_bytes"])["text_bytes"] for step in steps))
        else:
            texts = read_part(part.files[part.origin], ["text"])["text"]
            sizes = pc.binary_length(texts.cast(pa.large_binary()))
        table = pa.table(
            {
                "id": born["id"],
                "group": born[run.recipe.mixture.by],
                "bytes": sizes.cast(pa.int64()),
            }
        )
        tables.append(table.filter(alive(part, LIVING)))
    return pa.concat_tables(tables)


def _tokenizer(run: Run) -> Path:
    settings = run.recipe.tokenise
    if settings.tokenizer is not None:
        path = run.root / settings.tokenizer
        if not path.is_file():
            raise ModelError(f"{path}: no such file; `tokenise.tokenizer` must name a tokenizer.json")
        return path
    from data.tokenizer import choose_sample

    rows = living_sizes(run)
    chosen = choose_sample(rows, dict(run.recipe.mixture.shares), settings.sample_bytes, run.recipe.seed)
    fingerprint = step_fingerprint(
        "tokenizer",
        version=1,
        settings=settings.model_dump(mode="json"),
        modules=["data.tokenizer", "flows.steps.tokenise"],
        libraries=("tokenizers",),
        reads=[
            digest(list(chosen)),
            [[part.keys.get(step) for step in ("measure", *CUTTING)] for part in run.parts],
            _taught_keys(run),
        ],
    )
    folder = run.folder("tokenizer", fingerprint)
    path = folder / "tokenizer.json"
    with run.timed("tokenizer", todo=0 if path.exists() else 1):
        if not path.exists():
            from data.tokenizer import train

            texts = fetch_texts([*run.parts, *run.taught], chosen)
            with atomic_path(path) as temporary:
                train((texts[key] for key in chosen), settings.vocabulary, temporary)
    return path


def _taught_keys(run: Run) -> list[str]:
    return [part.keys["synthesise"] for part in run.taught]


@functools.lru_cache(maxsize=1)
def _load(path: str, sha256: str) -> Any:
    """Returns a tokenizer; the digest keeps an older content of the file from being found."""
    from data.tokenizer import Tokenizer

    return Tokenizer(Path(path))
