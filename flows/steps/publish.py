"""Publish: check the account, write shards, tokens, ledger, card and report; switch the out folder last."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_write
from data.errors import DamageError, QuarantineError, UsageError
from data.fingerprint import module_names, resource_digest, step_fingerprint
from data.parts import Part, alive, read_part
from data.recipe_file import write_recipe
from data.texts import RowStream, read_texts
from flows.drift import drift
from flows.inspect import timings, write_base
from flows.run import Run
from flows.steps.accounts import count_records, ledger_tables
from flows.steps.manifest import manifest_of
from flows.steps.mix import copies_of
from flows.steps.tokenise import LIVING

ROAD_STEPS = (*LIVING, "mix")

#: The modules that write what is published; those of the report come with them.
WRITERS = (
    "data.shards", "data.token_shards", "data.ledger", "data.manifest", "data.card", "data.truth",
    "flows.steps.publish", "flows.steps.accounts", "flows.steps.manifest",
)  # fmt: skip

#: What readers of a shard get beside the text.
SHARD_COLUMNS = ("id", "source", "kind", "url", "language", "licence", "metadata")


def publish(run: Run) -> dict[str, Any]:
    """Leaves the manifest in run.facts["manifest"] and the dataset in the out folder.

    Raises:
        QuarantineError: a source had more unreadable records than the recipe allows; nothing is published.
        AccountingError: records in ≠ kept + dropped + quarantined + not sampled.
    """
    from data.publish import publish as switch
    from data.verification import verify

    check_quarantine(run)
    parts = [*run.parts, *run.taught]
    snapshot = _fingerprint(run, parts)
    out = run.work.out
    write_base(run.work, snapshot, parts, run.folders)
    with run.timed("publish"):
        standing = _standing(out)
        if standing is not None and standing["snapshot"] == snapshot and not verify(out):
            run.facts["manifest"] = standing
            return {"snapshot": snapshot, "reused": True}
        build = run.work.root / f"build-{snapshot}"
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        run.facts["manifest"] = _write_all(run, parts, build, snapshot)
        switch(out, build, snapshot)
    return {"snapshot": snapshot, "reused": False}


def check_quarantine(run: Run) -> None:
    """Raises QuarantineError if any input source has too many unreadable records."""
    limit = run.recipe.max_quarantined
    for source, (total, bad, reasons) in count_records(run.parts).items():
        if total and bad / total > limit:
            listed = ", ".join(f"{count} {reason}" for reason, count in reasons)
            raise QuarantineError(
                f"source {source}: {bad} of {total} records ({bad / total:.2%}) are unreadable ({listed}); "
                f"max_quarantined is {limit:.2%}. Nothing was published, the work is kept: look at them in the input, "
                f"or raise the limit (--set max_quarantined={min(1.0, bad / total * 1.1):.3f}) and run again"
            )


def _fingerprint(run: Run, parts: list[Part]) -> str:
    return step_fingerprint(
        "publish",
        version=1,
        settings=run.recipe.model_dump(mode="json", exclude={"schedule", "max_quarantined", "root", "expect", "watch"}),
        modules=[*WRITERS, *module_names("flows.report")],
        libraries=("altair", "jinja2", "pyarrow", "vl-convert-python"),
        reads=[
            [part.keys for part in parts],  # all: the ledger says what every step found, also where no fate changed
            run.work.sha256(run.root / run.recipe.truth) if run.recipe.truth else None,
            [run.inputs, run.facts.get("passed_over")],
            run.facts["tokenizer"]["sha256"],
            run.sample,
            resource_digest("flows.report"),
        ],
    )


def _standing(out: Path) -> dict[str, Any] | None:
    """Returns the manifest of what is published now, if every byte of it is as it was written."""
    from data.manifest import file_entries, read_manifest, snapshot_folder

    try:
        manifest = read_manifest(out)
        return manifest if file_entries(snapshot_folder(out)) == manifest["files"] else None
    except (UsageError, DamageError, OSError):
        return None


def _before(out: Path, snapshot: str) -> dict[str, Any] | None:
    """Returns the manifest of the run before, None if there is none, or it was this one."""
    from data.manifest import read_manifest

    try:
        manifest = read_manifest(out)
    except (UsageError, DamageError):
        return None
    return manifest if manifest["snapshot"] != snapshot else None


def _write_all(run: Run, parts: list[Part], build: Path, snapshot: str) -> dict[str, Any]:
    from data.card import write_card
    from data.manifest import write_manifest
    from data.shards import plan_shards, write_text_shards
    from data.texts import fetch_texts
    from data.token_shards import plan_token_shards, write_token_shards
    from data.tokenizer import Tokenizer
    from flows.report import write_report

    scratch = run.work.root / "scratch"
    kept = pa.concat_tables([_kept_sizes(part) for part in parts])
    shard_plan = plan_shards(kept, run.recipe.shards, run.recipe.seed)
    shards = write_text_shards(build, shard_plan, _kept_rows(parts), scratch)
    tokenizer = Tokenizer(Path(run.facts["tokenizer"]["path"]))
    shutil.copyfile(run.facts["tokenizer"]["path"], build / "tokenizer.json")
    token_shards = write_token_shards(
        build,
        plan_token_shards(kept, run.recipe.shards, run.recipe.seed),
        _kept_tokens(parts),
        scratch,
        vocabulary=tokenizer.vocabulary,
        eos=tokenizer.eos,
        sequence=run.recipe.shards.sequence,
        tokenizer={"path": "tokenizer.json", "sha256": tokenizer.sha256},
    )
    ledger_tables(run, parts, shard_plan, build)
    if "cut_pieces" in run.facts:
        shutil.copyfile(run.facts["cut_pieces"], build / "removed.parquet")
    atomic_write(build / "recipe.yaml", write_recipe(run.recipe.without_tests))
    manifest = manifest_of(run, parts, build, snapshot, shards, token_shards, tokenizer.vocabulary)
    manifest["drift"] = drift(_before(run.work.out, snapshot), manifest, run.recipe.watch)
    write_card(build, manifest)
    write_manifest(build, manifest)
    write_report(build, build / "report.html", lambda ids: fetch_texts(parts, ids), timings(run.work))
    return dict(write_manifest(build, manifest))


def _kept_sizes(part: Part) -> pa.Table:
    sizes = read_part(part.files["tokenise"], ["id", "bytes", "tokens"])
    copies = copies_of(part)
    if copies is not None:
        sizes = sizes.append_column("copies", copies)
    return sizes.filter(alive(part, ROAD_STEPS))


def _repeated(rows: pa.Table, copies: pa.ChunkedArray | None, start: int, mask: pa.Array) -> pa.Table:
    """Returns the rows of a batch that go into the shards, as often as they shall.

    Args:
        rows: the batch.
        copies: from `copies_of` the part.
        start: where the batch begins in the part.
        mask: which of its rows go in.
    """
    rows = rows.filter(mask)
    if copies is None:
        return rows
    times = np.asarray(copies.slice(start, len(mask)).filter(mask)).astype(np.int64)
    return rows.take(pa.array(np.repeat(np.arange(len(times)), times)))


def _kept_rows(parts: list[Part]) -> Iterator[pa.Table]:
    for part in parts:
        mask, start, copies = alive(part, ROAD_STEPS), 0, copies_of(part)
        tokens = RowStream(part.files["tokenise"], ["tokens"])
        languages = RowStream(part.files["measure"], ["language"]) if "measure" in part.files else None
        for batch in read_texts(part, SHARD_COLUMNS):
            batch = batch.append_column("tokens", tokens.take(batch.num_rows)["tokens"])
            if languages is not None:
                found = languages.take(batch.num_rows)["language"]
                place = batch.schema.get_field_index("language")
                batch = batch.set_column(place, "language", pc.coalesce(found, batch["language"]))
            rows = _repeated(batch, copies, start, mask.slice(start, batch.num_rows))
            start += batch.num_rows
            if rows.num_rows:
                yield rows


def _kept_tokens(parts: list[Part]) -> Iterator[pa.Table]:
    from data.parts import read_batches

    for part in parts:
        mask, start, copies = alive(part, ROAD_STEPS), 0, copies_of(part)
        for batch in read_batches(part.files["tokenise"], ["id", "token_ids"]):
            rows = _repeated(batch, copies, start, mask.slice(start, batch.num_rows))
            start += batch.num_rows
            if rows.num_rows:
                yield rows
