"""Where git repositories are: a path itself, or what a folder holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

from data.sources.folders import PassedOver, readable

#: Folders deeper than this are not searched for repositories.
MAX_DEPTH = 6


def git_folder(path: Path) -> Path | None:
    """Returns the folder that holds a repository's objects: path/.git, or the bare path; null if it is none.

    A `.git` that is a file, as worktrees and submodules have it, is followed.
    """
    inner = path / ".git"
    if inner.is_file():
        inner = _followed(inner) or inner
    for folder in (inner, path):
        if (folder / "HEAD").is_file() and ((folder / "objects").is_dir() or (folder / "commondir").is_file()):
            return folder
    return None


def _followed(link: Path) -> Path | None:
    try:
        text = link.read_bytes()[:4096].decode("utf-8", "surrogateescape")
    except OSError:
        return None
    target = text.removeprefix("gitdir:").strip()
    return Path(os.path.abspath(link.parent / target)) if text.startswith("gitdir:") and target else None


def find_repositories(path: Path, passed_over: PassedOver | None = None) -> Iterator[tuple[Path, str]]:
    """Yields (git folder, name) of the repository at a path, or of those below it, sorted by name.

    Names are relative to the path; the repository at the path itself has the path's own name. Of those below,
    links and `.git` files that lead out of the path are passed over: whoever wrote them does not choose what is read.
    """
    here = git_folder(path)
    if here is not None:
        yield here, path.name.removesuffix(".git") or "repository"
        return
    base = os.path.realpath(path)
    for folder, folders, _ in os.walk(path):
        found = git_folder(Path(folder)) if folder != str(path) else None
        relative = os.path.relpath(folder, path)
        if found is not None:
            folders.clear()
            if _stays_below(found, base):
                yield found, _short(path, relative).replace(os.sep, "/")
            elif passed_over is not None:
                passed_over(readable(relative), "a repository whose files lie elsewhere")
        elif relative.count(os.sep) >= MAX_DEPTH:
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _short(path: Path, relative: str) -> str:
    """Returns a repository's name without `.git`, unless one beside it is called so."""
    short = relative.removesuffix(".git")
    return relative if short != relative and git_folder(path / short) else short


def _stays_below(found: Path, base: str) -> bool:
    """Returns whether all that a repository is made of lies below a folder, whatever its links and files name."""
    places = [found, found / "objects", found / "refs", found / "HEAD", found / "packed-refs"]
    for file, start in ((found / "commondir", found), (found / "objects/info/alternates", found / "objects")):
        if file.is_file():
            lines = file.read_bytes()[:65536].decode("utf-8", "surrogateescape").splitlines()
            places += [start / line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return all(os.path.commonpath([base, os.path.realpath(place)]) == base for place in places)
