"""Reads a git repository's objects through the git program: nothing is checked out, run, fetched or written.

A repository is hostile until proven otherwise: its configuration can name programs to run (fsmonitor, hooks,
filters, helpers of remotes). Only plumbing that knows none of them is called, with those that any command
knows switched off. Every blob is checked against its name, as git itself does not on reading.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Iterator

from data.errors import PhimillError

_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: A longer path is an attack on the reader; file systems end at 4096.
MAX_PATH_BYTES = 4096
#: Requests written before answers are read; they fit into a pipe's buffer.
BATCH = 256
#: A pipe may stand where git looks for patterns.
LOOK_SECONDS = 20.0

#: No configuration but the repository's own, no network, no questions, no locks, no grafts.
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",  # from git 2.45 on; for older ones no protocol is allowed
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": os.devnull,
    "GIT_SSH_COMMAND": os.devnull,
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": os.devnull,
    "core.gitProxy": os.devnull,
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "credential.helper": "",
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "core.multiPackIndex": "false",  # read by no checksum of ours, and needed by nobody
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file of a tree.

    Attributes:
        mode: 100644, 100755, 120000 (a link) or 160000 (a submodule's commit).
        name: of the object, in hexadecimal.
        path: as the tree has it, bytes that are no UTF-8 as surrogates.
    """

    mode: str
    name: str
    path: str


class GitError(PhimillError):
    """Git refused; the message is its own."""


class Repository:
    """A repository's objects, read from its .git folder or bare folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, revision: str) -> str | None:
        """Returns the commit that a revision names, or null if it names none."""
        if revision.startswith("-"):
            return None
        done = self._call("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        found = done.stdout.decode("ascii", "replace").strip()
        return found if done.returncode == 0 and _HEX.fullmatch(found) else None

    def complaint(self) -> str | None:
        """Returns why HEAD names no commit; null if there is none yet: an empty repository is sound."""
        head, refs = self._call("symbolic-ref", "--quiet", "HEAD"), self._call("for-each-ref", "--format=%(refname)")
        branch = head.stdout.decode("utf-8", "replace").strip()
        if branch and refs.returncode == 0 and not refs.stderr:  # a branch that cannot be read is told there
            known = refs.stdout.decode("utf-8", "replace").split("\n")
            if branch not in known:
                return f"HEAD names {branch}, which is none of its branches; give a revision" if known[0] else None
        found = self._call("rev-parse", "--verify", "--end-of-options", "HEAD^{commit}")
        words = (found.stderr or head.stderr).decode("utf-8", "replace").strip().split("\n")[0]
        return words.replace(f"{self.folder}", "")[:300] or "HEAD cannot be read"

    def entries(self, commit: str, most: int) -> Iterator[Entry]:
        """Yields the files of a commit's tree, in git's order, at most a number of them.

        Raises:
            GitError: a tree is missing or damaged, or paths are too long.
        """
        process = self.open("ls-tree", "-r", "-z", "--full-tree", commit, errors=True)
        with process:
            try:
                for number, line in enumerate(_split(process.stdout), 1):
                    head, _, path = line.partition(b"\t")
                    mode, _, name = head.decode("ascii").split(" ")
                    yield Entry(mode, name, path.decode("utf-8", "surrogateescape"))
                    if number >= most:
                        return
                if process.wait() != 0:
                    raise GitError(f"{self.folder}: {_last_line(process)}")
            finally:
                process.kill()

    def uncommitted(self) -> list[str]:
        """Returns the files of a working tree that were never committed and are not ignored; folders as `NAME/`.

        Nothing of a bare repository, and where git cannot tell or takes long. It is asked for names alone: to see what
        has changed of a file that it knows, it would run what the repository's configuration has it filtered by.
        """
        tree = self.folder.parent
        if self.folder.name != ".git" or not self.folder.is_dir():
            return []
        words = (f"--work-tree={tree}", "ls-files", "--others", "--exclude-standard", "--directory", "-z")
        try:
            done = subprocess.run(
                self._command(words),
                env=_environment(),
                cwd=tree,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=LOOK_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return []
        return [name.decode("utf-8", "surrogateescape") for name in done.stdout.split(b"\0") if name]

    def _call(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self._command(words), env=_environment(), capture_output=True, stdin=subprocess.DEVNULL)

    def open(self, *words: str, errors: bool = False) -> subprocess.Popen[bytes]:
        """Returns a running git command; `errors` says whether its complaints are wanted."""
        return subprocess.Popen(
            self._command(words),
            env=_environment(),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if errors else subprocess.DEVNULL,
        )

    def _command(self, words: tuple[str, ...]) -> list[str]:
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        return ["git", "--no-pager", f"--git-dir={self.folder}", *settings, *words]


class Blobs:
    """The contents of blobs, by name, from one long-lived git process."""

    def __init__(self, repository: Repository, limit: int) -> None:
        self._repository, self._limit = repository, limit
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Blobs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def sizes(self, names: list[str]) -> list[int | None]:
        """Returns the sizes of blobs in bytes; null where the repository has no such blob, or a damaged one."""
        found: list[int | None] = []
        for start in range(0, len(names), BATCH):
            found += self._sizes(names[start : start + BATCH])
        return found

    def content(self, name: str) -> bytes | None:
        """Returns a blob's content, or null if it cannot be read or is not what its name says."""
        try:
            self._ask(f"contents {name}\n")
            size = self._size_line()
            if size is None:
                return None
            content = self._answer(size)
            self._answer(1)
        except (OSError, EOFError):
            self._stop()
            return None
        return content if _fits(name, content) else None

    def _sizes(self, names: list[str]) -> list[int | None]:
        try:
            self._ask("".join(f"info {name}\n" for name in names))
            return [self._size_line() for _ in names]
        except (OSError, EOFError):
            self._stop()
        if len(names) == 1:
            return [None]
        half = len(names) // 2  # one of them ended git: find out which
        return self._sizes(names[:half]) + self._sizes(names[half:])

    def _ask(self, text: str) -> None:
        if self._process is None:
            self._process = self._repository.open("cat-file", "--batch-command")
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(text.encode("ascii"))
        stdin.flush()

    def _size_line(self) -> int | None:
        line = self._output().readline(1000)
        if not line.endswith(b"\n"):
            raise EOFError
        words = line.split()
        return int(words[2]) if len(words) == 3 and words[1] == b"blob" else None

    def _answer(self, size: int) -> bytes:
        found = self._output().read(size)
        if len(found) < size:
            raise EOFError
        return found

    def _output(self) -> IO[bytes]:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    try:
                        stream.close()
                    except OSError:
                        continue
            process.wait()


def _environment() -> dict[str, str]:
    """Returns git's whole environment: of the caller's own only what finds and loads programs."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull, **_ENVIRONMENT}


def _split(stream: IO[bytes] | None) -> Iterator[bytes]:
    assert stream is not None
    rest = b""
    while piece := stream.read1(2**16):  # type: ignore[attr-defined]
        *lines, rest = (rest + piece).split(b"\0")
        yield from lines
        if len(rest) > MAX_PATH_BYTES + 100:
            raise GitError("a path in the tree is longer than any file system's")


def _fits(name: str, content: bytes) -> bool:
    made = hashlib.new("sha1" if len(name) == 40 else "sha256", usedforsecurity=False)
    made.update(b"blob %d\0" % len(content))
    made.update(content)
    return made.hexdigest() == name


def _last_line(process: subprocess.Popen[bytes]) -> str:
    text = process.stderr.read(10_000).decode("utf-8", "replace").strip() if process.stderr else ""
    return (text.split("\n")[-1] or "git failed")[:300]
