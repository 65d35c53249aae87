"""Datasets of the Hugging Face Hub, or local folders that `datasets` can load; the only owner of `datasets`."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any, Collection, Iterator

import httpx2

from data.errors import PhimillError, UsageError
from data.recipe import Source
from data.sources import InputFile
from data.sources.records import Row, column_row, quarantined

#: What `save_to_disk` writes into the folder of a dataset, and of several splits.
_STATE, _SPLITS = "state.json", "dataset_dict.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")


def pinned_revision(address: str, source: Source) -> str:
    """Returns the commit that a dataset of the hub is read at: what its revision (default: main) names now.

    Raises:
        UsageError: there is no such dataset or revision.
        PhimillError: the hub cannot be reached.
    """
    if source.revision and _COMMIT.fullmatch(source.revision):
        return source.revision
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        commit = HfApi().dataset_info(address, revision=source.revision, timeout=60.0).sha
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise UsageError(
            f"source {source.name}: {address}: no such dataset or revision, or it wants a token "
            f"({type(error).__name__}); correct `path` or `revision`, or set HF_TOKEN"
        ) from error
    except (HfHubHTTPError, OSError, httpx2.HTTPError) as error:
        raise PhimillError(
            f"source {source.name}: {address}: the hub cannot be reached ({type(error).__name__}); "
            "pin `revision` to a commit, or download it and give its folder as `path`"
        ) from error
    if not commit:
        raise PhimillError(f"source {source.name}: {address}: the hub names no commit; pin `revision`")
    return str(commit)


def read_dataset(
    address: str, source: Source, revision: str | None = None, files: Collection[InputFile] = ()
) -> Iterator[Row]:
    """Yields a row for each row of a dataset's split; locators are `split:row`, rows from 0.

    Args:
        address: the hub's name, or an absolute path of a local folder.
        source: its configuration, split and columns.
        revision: the commit; null for a local folder.
        files: of a local folder, the only ones that are read.

    Raises:
        UsageError: there is no such dataset, configuration, split or revision.
        PhimillError: the hub cannot be reached, or the connection broke.
    """
    import pyarrow as pa
    from datasets.exceptions import DatasetGenerationError

    number = 0
    rows = iter(_load(address, source, revision, {os.path.realpath(file.path) for file in files if file.path}))
    while True:
        locator = f"{source.split}:{number}"
        try:
            record = next(rows)
        except StopIteration:
            return
        except (OSError, httpx2.HTTPError) as error:
            raise PhimillError(
                f"source {source.name}: {address}: reading broke off at row {number} ({_first_line(error)}); run again"
            ) from error
        except (pa.ArrowException, DatasetGenerationError, ValueError, TypeError, LookupError) as error:
            # The rest of the split is one damaged stretch: an iterator that has raised is at its end.
            yield quarantined(source, locator, "unreadable", error=_first_line(error)[:200])
            return
        yield column_row(record, source, locator)
        number += 1


def _saved(folder: Path, split: str) -> Path | None:
    """Returns the folder of a split that `save_to_disk` wrote, or null if a folder is not of its making.

    Raises:
        FileNotFoundError: there is no such split.
    """
    if (folder / _SPLITS).is_file():
        if not (folder / split / _STATE).is_file():
            found = sorted(path.parent.name for path in folder.glob(f"*/{_STATE}"))
            raise FileNotFoundError(f"it has the splits {', '.join(found) or 'none'}")
        return folder / split
    return folder if (folder / _STATE).is_file() else None


def _refuse_ignored(state: dict[str, Any], source: Source) -> None:
    """Raises FileNotFoundError if a split or configuration is asked for that a saved dataset is not."""
    split = state.get("_split")
    if source.split not in ("train", split) and split is not None:  # the former is what nobody asked for
        raise FileNotFoundError(f"it is the split {split}")
    if source.config is not None:
        raise FileNotFoundError("save_to_disk keeps no configurations")


def _load(address: str, source: Source, revision: str | None, known: set[str]) -> Any:
    import datasets
    import datasets.exceptions

    base = address if revision is None else f"hf://datasets/{address}@{revision}"
    try:
        if saved := _saved(Path(address), source.split):
            state = json.loads((saved / _STATE).read_bytes())
            _refuse_ignored(state, source)
            _refuse_strangers([str(saved / one["filename"]) for one in state["_data_files"]], known, source, address)
            return _undecoded(datasets.load_from_disk(str(saved)))
        with _kept_inside(base, source):
            builder = datasets.load_dataset_builder(address, name=source.config, revision=revision)
        if revision is None:
            named = [str(file) for files in (builder.config.data_files or {}).values() for file in files]
            _refuse_strangers(named, known, source, address)
        if source.streaming:
            return _undecoded(builder.as_streaming_dataset(split=source.split))
        builder.download_and_prepare()
        return _undecoded(builder.as_dataset(split=source.split))
    except UsageError:
        raise
    except (datasets.exceptions.DatasetNotFoundError, FileNotFoundError, ValueError) as error:
        raise UsageError(
            f"source {source.name}: {address}: no such dataset, configuration, split or revision, or a damaged one "
            f"({_first_line(error)}); correct `path`, `config`, `split` or `revision`"
        ) from error
    except Exception as error:  # what its builders raise has no common name, and what they need may not be installed
        raise PhimillError(
            f"source {source.name}: {address}: cannot be loaded ({_first_line(error)}); download it and give its "
            "folder as `path`, or read its files by kind jsonl, csv or parquet"
        ) from error


def _first_line(error: BaseException) -> str:
    """Returns what an error says, or what it was raised from if it says nothing of its own."""
    told = error.__cause__ or error
    return next((line for line in str(told).split("\n") if line.strip()), type(told).__name__)[:300]


def _undecoded(dataset: Any) -> Any:
    """Returns a dataset whose pictures and sounds are left as they are: to decode them is to open what they name."""
    rows = dataset.to_iterable_dataset() if hasattr(dataset, "to_iterable_dataset") else dataset
    return rows.decode(False) if rows.features else rows


@contextlib.contextmanager
def _kept_inside(base: str, source: Source) -> Iterator[None]:
    """Meanwhile, `datasets` looks for files below one place only.

    A dataset's description may name any path of this machine, and any address; whoever wrote it does not choose
    what is read and asked.
    """
    from datasets import data_files

    resolve = data_files.resolve_pattern

    def careful(pattern: str, base_path: str, *rest: Any, **options: Any) -> Any:
        for place in (pattern, base_path):
            if not _is_inside(place, base):
                raise _stranger(place, source, base)
        return resolve(pattern, base_path, *rest, **options)

    data_files.resolve_pattern = careful
    try:
        yield
    finally:
        data_files.resolve_pattern = resolve


def _is_inside(place: str, base: str) -> bool:
    """Returns whether a path or address, relative or not, leads to something below a base."""
    inner = place.removeprefix(base)
    starts_well = not inner.startswith(("/", "~")) if inner == place else inner[:1] in ("", "/")
    return starts_well and "://" not in inner and "::" not in inner and ".." not in inner.split("/")


def _refuse_strangers(named: list[str], known: set[str], source: Source, address: str) -> None:
    """Raises UsageError if one of the files that a local dataset is made of is not among those that were listed."""
    for file in named:
        if os.path.realpath(file) not in known:
            raise _stranger(file, source, address)


def _stranger(place: str, source: Source, address: str) -> UsageError:
    return UsageError(
        f"source {source.name}: {address}: it names or links to a file that is none of its own: {place[:200]}. That is "
        "not read; take that out of a copy, or read the files themselves by kind jsonl, csv or parquet"
    )
