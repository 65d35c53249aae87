"""Datasets of the Hugging Face Hub, or local folders that `datasets` can load; the only owner of `datasets`."""

from __future__ import annotations

from typing import Any, Iterator

from data.errors import PhimillError, UsageError
from data.recipe import Source
from data.sources.records import Row, quarantined, record_row


def read_dataset(address: str, source: Source) -> Iterator[Row]:
    """Yields a row for each row of a dataset's split; locators are `split:row`, rows from 0.

    Args:
        address: the hub's name, or an absolute path of a local folder.
        source: its configuration, split, revision and columns.

    Raises:
        UsageError: there is no such dataset, configuration, split or revision.
        PhimillError: the hub cannot be reached, or the connection broke.
    """
    import pyarrow as pa
    from datasets.exceptions import DatasetGenerationError

    number = 0
    rows = iter(_load(address, source))
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


def _load(address: str, source: Source) -> Any:
    import datasets
    import datasets.exceptions

    try:
        return datasets.load_dataset(
            address, name=source.config, split=source.split, revision=source.revision, streaming=source.streaming
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
