"""The manifest: what was made, from what and by which recipe, and the digest of every file.

`manifest.sha256` holds the manifest's own digest in the form that `sha256sum -c` reads.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from shlex import quote
from typing import Any, Iterator, Mapping

from data.atomic import atomic_path, atomic_write
from data.errors import DamageError, UsageError
from data.fingerprint import file_sha256
from data.json_text import write_json

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"

#: What people say of the documents may stand beside a dataset, and is no part of it.
LABELS = "labels.jsonl"

#: The link in an out folder that names the snapshot its readers see.
CURRENT = ".current"


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the manifest of a finished dataset, its `files` filled in, and returns it as written.

    Write it last. The same dataset gives the same bytes: keys are sorted, numbers that are not
    finite become null, and there is no time in it.
    """
    complete: dict[str, Any] = _plain({**manifest, "files": file_entries(folder)})
    with atomic_path(folder / MANIFEST) as temporary:
        write_json(temporary, complete, indent=1, sort_keys=True, allow_nan=False)
        atomic_write(folder / SEAL, seal_of(file_sha256(temporary)))
    return complete


def read_manifest(folder: Path) -> dict[str, Any]:
    """Returns the manifest of the dataset in a folder: an out folder, a snapshot or a copy of one.

    Raises:
        UsageError: there is no dataset.
        DamageError: the manifest is not what was written.
    """
    path = snapshot_folder(folder) / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(_nothing_here(folder)) from error
    if hashlib.sha256(content).hexdigest() != read_seal(path.with_name(SEAL)):
        raise DamageError(f"{path}: is not what was written (its SHA-256 is not the one in {SEAL}); run again")
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def seal_of(sha256: str) -> str:
    """Returns the content of the manifest.sha256 of a manifest with this digest."""
    return f"{sha256}  {MANIFEST}\n"


def read_seal(path: Path) -> str | None:
    """Returns the digest that a manifest.sha256 holds, or None if it holds none or is missing."""
    try:
        words = path.read_bytes().decode("ascii").split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0] if len(words) == 2 and words[1] == MANIFEST else None


def snapshot_folder(folder: Path) -> Path:
    """Returns the folder that holds the dataset's files.

    A reader that opens several files resolves this once: `DIR/x` and then `DIR/y` may belong to
    two datasets if one is published in between, two files of one snapshot never do.
    """
    link = folder / CURRENT
    return folder / os.readlink(link) if link.is_symlink() else folder


def file_entries(folder: Path) -> dict[str, dict[str, Any]]:
    """Returns `bytes` and `sha256` of every file but the manifest and its seal, by relative path."""
    return {
        relative: {"bytes": (folder / relative).stat().st_size, "sha256": file_sha256(folder / relative)}
        for relative in list_files(folder)
        if relative not in (MANIFEST, SEAL)
    }


def list_files(folder: Path) -> Iterator[str]:
    """Yields the relative path of everything in a folder that is not itself a folder, sorted."""
    found = []
    for base, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(base, name))]
        found += [Path(base, name).relative_to(folder).as_posix() for name in (*files, *links)]
    yield from sorted(found)


def _nothing_here(folder: Path) -> str:
    command = f"phimill run RECIPE.yaml --out {quote(str(folder))}"
    if not folder.is_dir():
        return f"{folder}: there is no such folder; make a dataset with `{command}`"
    if (folder / ".work").is_dir():
        return (
            f"{folder}: a run has worked here, but has published no dataset yet (no {MANIFEST}); "
            f"run `{command}` again, it continues where it stopped"
        )
    return f"{folder}: no dataset here (no {MANIFEST}); make one with `{command}`"


def _plain(value: Any) -> Any:
    """Returns a value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):  # a numpy number
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
