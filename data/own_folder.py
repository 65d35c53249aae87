"""Whether only this user can have put into a folder what lies there: machine code that is kept is run unseen."""

from __future__ import annotations

import functools
import grp
import os
import pwd
import stat
from pathlib import Path

#: Others may go through it to what it holds.
_OPEN = 0o011


def make_private(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, which nobody else can enter, whatever the umask.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def who_else_writes(folder: Path) -> str:
    """Returns why another user than this one and root may have written to a folder, or put another in its place.

    As ssh asks it of its keys: folder and those above it belong to one of these two and only they may write there. In
    a folder such as /tmp, others cannot remove what is not theirs. A group that is this user's alone is no other user.

    Returns:
        What is wrong with which place, "" if nothing is.

    Raises:
        OSError: it is not there.
    """
    folder = Path(os.path.realpath(folder))
    for place in (folder, *folder.parents):
        state = place.stat()
        is_shared = place != folder and bool(state.st_mode & stat.S_ISVTX)
        if fault := _fault(place, state, is_shared):
            return fault
    return ""


def who_else_writes_in(folder: Path) -> str:
    """Returns why another user may have written to what a folder within one's own holds; see `who_else_writes`.

    Not if others cannot get there: who lets a group write to all that is new still has a private folder around it.
    """
    around = (folder, folder.parent, folder.parent.parent)
    if not all(place.stat().st_mode & _OPEN for place in around):
        return ""
    inner = (Path(where, name) for where, folders, names in os.walk(folder) for name in (*folders, *names))
    faults = (_fault(place, place.lstat(), False) for place in (*around, *inner))
    return next(filter(None, faults), "")


def _fault(place: Path, state: os.stat_result, is_shared: bool) -> str:
    if state.st_uid not in (0, os.geteuid()):
        return f"{place} belongs to another user (id {state.st_uid})"
    writers = stat.S_IWOTH if state.st_gid == _private_group() else stat.S_IWOTH | stat.S_IWGRP
    if state.st_mode & writers and not is_shared and not stat.S_ISLNK(state.st_mode):
        return f"others may write to {place}"
    return ""


@functools.cache
def _private_group() -> int | None:
    """Returns the group that bears this user's name and has no other member, as many systems give every user one."""
    try:
        user = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(user.pw_gid)
    except KeyError:
        return None
    is_private = group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
    return group.gr_gid if is_private else None
