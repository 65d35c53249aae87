"""Writes that are whole or absent: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Iterator


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yields a temporary path beside `target`; on success its content becomes `target` at once.

    If the body raises, nothing is left behind. After a kill only a `.tmp-…` file can remain,
    which no reader looks at and the next run removes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".tmp-{os.getpid()}-{target.name}"
    try:
        yield temporary
        handle = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError as failure:
        if failure.errno and str(failure.filename or temporary) == str(temporary):  # Arrow's and write()'s name no file
            raise OSError(failure.errno, os.strerror(failure.errno), str(target)) from failure
        raise
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(target: Path, content: bytes | str) -> None:
    """Writes a small file so that readers see the old content or the new, never a mixture."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def atomic_symlink(target: Path, link: Path) -> None:
    """Points `link` at `target` (a relative path) in one step."""
    temporary = link.parent / f".tmp-{os.getpid()}-{link.name}"
    temporary.unlink(missing_ok=True)
    os.symlink(target, temporary)
    os.replace(temporary, link)
    sync_folder(link.parent)
