"""Datasets of the Hugging Face Hub, or local folders that `datasets` can load; the only owner of `datasets`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator

import httpx2

from data.errors import PhimillError, UsageError
from data.recipe import Source
from data.sources.records import Row, quarantined, record_row

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


def read_dataset(address: str, source: Source, revision: str | None = None) -> Iterator[Row]:
    """Yields a row for each row of a dataset's split; locators are `split:row`, rows from 0.

    Args:
        address: the hub's name, or an absolute path of a local folder.
        source: its configuration, split and columns.
        revision: the commit; null for a local folder.

    Raises:
        UsageError: there is no such dataset, configuration, split or revision.
        PhimillError: the hub cannot be reached, or the connection broke.
    """
    import pyarrow as pa
    from datasets.exceptions import DatasetGenerationError

    number = 0
    rows = iter(_load(address, source, revision))
    while True:
        locator = f"{source.split}:{number}"
        try:
            record = next(rows)
        except StopIteration:
            return
        except OSError as error:
            raise PhimillError(
                f"source {source.name}: {address}: reading broke off at row {number} ({error})"
            ) from error
        except (pa.ArrowException, DatasetGenerationError, ValueError) as error:
            # The rest of the split is one damaged stretch: an iterator that has raised is at its end.
            yield quarantined(source, locator, "unreadable", error=str(error).split("\n")[0][:200])
            return
        yield record_row(record, source, locator)
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


def _load(address: str, source: Source, revision: str | None) -> Any:
    import datasets
    import datasets.exceptions

    try:
        if saved := _saved(Path(address), source.split):
            return datasets.load_from_disk(str(saved))
        return datasets.load_dataset(
            address, name=source.config, split=source.split, revision=revision, streaming=source.streaming
        )
    except (datasets.exceptions.DatasetNotFoundError, FileNotFoundError, ValueError) as error:
        raise UsageError(
            f"source {source.name}: {address}: no such dataset, configuration, split or revision ({error}); "
            "correct `path`, `config`, `split` or `revision`"
        ) from error
    except OSError as error:
        raise PhimillError(
            f"source {source.name}: {address}: cannot be loaded ({error}); download it and give its folder as `path`"
        ) from error
