"""Publication: readers of an out folder see the old dataset or the new one, never a mixture.

    DIR/.snapshots/NAME/…       a whole dataset, never changed after it is there
    DIR/.current                → .snapshots/NAME; one rename publishes
    DIR/manifest.json, data, …  → .current/manifest.json, .current/data, …

Everything is on disk before the rename, so after a crash or a power failure at any moment
`.current` names a whole dataset, and publishing again goes through.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from data.atomic import atomic_symlink, sync_folder
from data.errors import UsageError
from data.manifest import CURRENT, MANIFEST, SEAL, file_entries

SNAPSHOTS = ".snapshots"


def check_folder(folder: Path) -> None:
    """Makes sure that a dataset can be published into a folder; call it before any work.

    Raises:
        UsageError: something stands where the dataset's files go.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; choose another out folder")
    for name in ("README.md", MANIFEST, "data", "ledger", "recipe.yaml", "report.html", "tokenizer.json", "tokens"):
        _check_name(folder, name)


def publish(folder: Path, build: Path, snapshot: str) -> Path:
    """Makes a finished dataset the one that readers of `folder` see.

    Args:
        folder: the out folder.
        build: a folder on the same file system with the whole dataset, manifest included. It is
            moved away.
        snapshot: the dataset's name among the snapshots.

    Returns:
        The snapshot's folder. If one of that name is there with the same content it stays; if
        its content differs, the new one gets a number behind its name.
    """
    if not (build / MANIFEST).is_file():
        raise UsageError(f"{build}: has no {MANIFEST}; a dataset is published whole")
    names = sorted(entry.name for entry in build.iterdir())
    for name in names:
        _check_name(folder, name)
    snapshots = folder / SNAPSHOTS
    snapshots.mkdir(parents=True, exist_ok=True)
    target = _free_place(snapshots, build, snapshot)
    if target.exists():
        shutil.rmtree(build)
    else:
        sync_tree(build)
        os.rename(build, target)
    sync_folder(snapshots)
    for name in names:
        if not (folder / name).is_symlink():
            atomic_symlink(Path(CURRENT) / name, folder / name)
    atomic_symlink(Path(SNAPSHOTS) / target.name, folder / CURRENT)
    _remove_dangling(folder)
    return target


def clean_snapshots(folder: Path) -> list[str]:
    """Removes every snapshot but the published one and returns their names."""
    snapshots = folder / SNAPSHOTS
    current = os.path.basename(os.readlink(folder / CURRENT)) if (folder / CURRENT).is_symlink() else None
    removed = []
    for entry in sorted(snapshots.iterdir()) if snapshots.is_dir() else []:
        if entry.name != current:
            shutil.rmtree(entry)
            removed.append(entry.name)
    return removed


def sync_tree(folder: Path) -> None:
    """Makes a folder and all that is in it durable."""
    for base, _, files in os.walk(folder, topdown=False):
        for name in files:
            handle = os.open(os.path.join(base, name), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(base))


def _free_place(snapshots: Path, build: Path, snapshot: str) -> Path:
    """Returns the snapshot's folder: one that is there with the same content, or a free name."""
    wanted, number = snapshots / snapshot, 2
    while wanted.exists() and not _is_same(wanted, build):
        wanted, number = snapshots / f"{snapshot}-{number}", number + 1
    return wanted


def _is_same(left: Path, right: Path) -> bool:
    for name in (MANIFEST, SEAL):
        if not (left / name).is_file() or (left / name).read_bytes() != (right / name).read_bytes():
            return False
    return file_entries(left) == file_entries(right)


def _check_name(folder: Path, name: str) -> None:
    """Refuses to hide a file of the user's behind a link of ours."""
    path = folder / name
    is_ours = path.is_symlink() and os.readlink(path) == f"{CURRENT}/{name}"
    if os.path.lexists(path) and not is_ours:
        raise UsageError(f"{path}: is in the way and is not phimill's; move it or choose another out folder")


def _remove_dangling(folder: Path) -> None:
    """Removes links to files that the published dataset no longer has."""
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() and os.readlink(entry) == f"{CURRENT}/{entry.name}" and not entry.exists():
            entry.unlink()
