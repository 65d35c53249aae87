"""What lies in a folder: its files in order, and what is none of them and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

#: Told the relative path of something that is passed over, and why.
PassedOver = Callable[[str, str], None]

#: Why the folder that a run writes to is passed over.
OWN_OUTPUT = "what this run itself writes"
#: Why what nobody put there to be read is; of a folder, what lies in it is not told.
HIDDEN = "hidden: its name begins with a dot"
#: Archives that are not read, and what unpacks them: to read one file of most is to unpack all that lie before it.
#: Zip archives are read by most kinds; see `data.sources.archives`.
_UNPACKED_BY = {".7z": "7z x", ".zip": "unzip", ".rar": "unrar x"}


def walk(base: Path, passed_over: PassedOver | None = None, out: Path | None = None) -> Iterator[tuple[Path, str]]:
    """Yields the files under a folder, sorted, each with its relative path; hidden ones are left out.

    So is what is no file of the folder: links that lead out of it or nowhere, pipes, sockets, devices.

    Args:
        base: the folder.
        passed_over: told of what is left out.
        out: a folder that is left out: what a run writes must not be what it reads the next time.

    Raises:
        OSError: a folder cannot be read; what lies in it would go missing without a word.
    """
    roots = _roots(os.path.realpath(base))
    own = os.path.realpath(out) if out else None
    for folder, folders, names in os.walk(base, onerror=_fail):
        entries = [(name, True) for name in sorted(folders)] + [(name, False) for name in sorted(names)]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name, is_folder in entries:
            path = os.path.join(folder, name)
            if is_folder and os.path.realpath(path) == own:
                if name in folders:
                    folders.remove(name)
                why = OWN_OUTPUT
            elif name.startswith("."):
                why = HIDDEN
            elif is_folder and not os.path.islink(path):
                continue
            else:
                why = _why_left_out(path, roots)
            relative = readable(os.path.relpath(path, base)).replace(os.sep, "/")
            if not why and not is_folder:
                yield Path(path), relative
            elif why and passed_over is not None:
                passed_over(relative, why)


def readable(name: str) -> str:
    """Returns a file name as valid Unicode; bytes that are no UTF-8 become `\\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _fail(error: OSError) -> None:
    raise error


def _roots(true_base: str) -> list[str]:
    """Returns where links of a folder may lead: into itself, and from the hub's cache to where it keeps its files."""
    above, found, _ = true_base.rpartition(f"{os.sep}snapshots{os.sep}")
    blobs = os.path.join(above, "blobs")
    return [true_base, blobs] if found and os.path.isdir(blobs) and not os.path.islink(blobs) else [true_base]


def _why_left_out(path: str, roots: list[str]) -> str:
    """Returns why something in a folder is not read, or an empty string; a folder is one that a link leads to."""
    is_link = os.path.islink(path)
    if is_link and not os.path.exists(path):
        return "a link that leads nowhere"
    target = os.path.realpath(path) if is_link else path
    if is_link and not any(os.path.commonpath([root, target]) == root for root in roots):
        return "a link that leads out of the folder"
    if is_link and os.path.isdir(target) and _is_hidden(os.path.relpath(target, roots[0])):
        return "a link to a hidden folder"  # another one is walked where it stands
    return "" if os.path.isfile(path) or os.path.isdir(path) else "no regular file"


def _is_hidden(relative: str) -> bool:
    return any(part.startswith(".") and part.strip(".") for part in relative.split(os.sep))


def archive_advice(path: Path) -> str:
    """Returns what to do with an archive that is not read; nothing for other files."""
    command = _UNPACKED_BY.get(path.suffix.lower())
    if command is None:
        return ""
    return f"{path} is an archive that is not read as it is: unpack it ({command} {path.name}) and name what comes out"
