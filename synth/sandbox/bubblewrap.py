"""The bubblewrap tier: namespaces around the same child, which still confines itself.

The child's own seccomp filter takes the place of `bwrap --seccomp`: it is set when nothing
needs to be started any more, so it can refuse exec too.
"""

from __future__ import annotations

import os
import shutil

from synth.sandbox import interpreter


def command() -> tuple[str, ...] | None:
    """Returns the command to put before the interpreter's; None where bubblewrap is not installed."""
    program = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if program is None:
        return None
    user = str(interpreter.NOBODY)
    walls = ("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL")
    ends = ("--die-with-parent", "--new-session")
    identity = ("--uid", user, "--gid", user, "--hostname", "sandbox")
    return (program, *walls, *ends, *identity, *_binds(), "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/", "--")


def _binds() -> list[str]:
    """Returns the options that show the interpreter and its libraries, read-only, and nothing else."""
    options = ["--ro-bind", "/usr", "/usr"]
    for name in ("/lib", "/lib64", "/lib32", "/bin"):
        if os.path.islink(name):
            options += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            options += ["--ro-bind", name, name]
    for path in (interpreter.executable(), *interpreter.readable_paths()):
        if not path.startswith(("/usr/", "/lib")):
            options += ["--ro-bind", path, path]
    return options
