"""Lists as people keep them: one entry a line in text files, compressed or not, in folders, or in the recipe.

A recipe names a list, or several that count as one:

    domains: lists/mine.txt                # one entry a line; a line that begins with # is a comment
    domains: [installed:datatrove, lists/ut1, {inline: [example.com]}]

A path is a file (.gz and .zst too), or a folder: then every file at any depth whose name before the
first point is the setting's (UT1 has `adult/domains`, `phishing/domains`, …), or, where there is none,
every file that stands directly in it.
`installed:datatrove` is the list of that name that the installed package brings along.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import importlib.util
import io
import tarfile
import zlib
from pathlib import Path
from typing import Any, Mapping

import zstandard

from data.errors import UsageError
from data.fingerprint import digest, file_sha256

EXPECTED = "expected a file, a folder, installed:datatrove, {inline: [entry, …]}, or a list of these"

#: Setting → file in datatrove's `assets/` that holds such a list, and the member if it is an archive.
DATATROVE_LISTS = {
    "domains": ("url_filterblacklistsv0_3_0.tar.gz", "domains"),
    "urls": ("url_filterblacklistsv0_3_0.tar.gz", "urls"),
    "hard_words": ("banned_words.txt", ""),
    "soft_words": ("soft_banned_words.txt", ""),
    "substrings": ("banned_subwords.txt", ""),
}


@dataclasses.dataclass(frozen=True)
class ListFile:
    """A file of entries.

    Attributes:
        sha256: of the file as it stands on disk.
        member: the file inside it, if it is an archive.
        name: its name, by which its compression is known.
    """

    sha256: str
    member: str
    name: str


@dataclasses.dataclass(frozen=True)
class EntryList:
    """A list of entries, resolved: which files make it, and what the recipe itself says.

    Attributes:
        files: in order.
        inline: entries that stand in the recipe.
        places: SHA-256 → where that file stands now; no part of what the list is.
    """

    files: tuple[ListFile, ...] = ()
    inline: tuple[str, ...] = ()
    places: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Returns what the list is, as plain values without places."""
        return {"files": [[file.sha256, file.member, file.name] for file in self.files], "inline": list(self.inline)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], places: Mapping[str, str]) -> EntryList:
        """Returns the list that `to_json` made plain."""
        return cls(tuple(ListFile(*file) for file in values["files"]), tuple(values["inline"]), places)

    @property
    def digest(self) -> str:
        """A digest of all its entries."""
        return digest([[[file.sha256, file.member] for file in self.files], list(self.inline)])

    def contents(self) -> list[bytes]:
        """Returns the lines of each file, decompressed, and the recipe's own.

        Raises:
            UsageError: a file is gone, damaged, or no longer what it was when the recipe was checked.
        """
        own = ["\n".join(self.inline).encode()] if self.inline else []
        return [_read(Path(self.places[file.sha256]), file) for file in self.files] + own

    def entries(self) -> list[str]:
        """Returns its entries in order, each once, without comments and white space around them."""
        found: dict[str, None] = {}
        for content in self.contents():
            for line in content.decode("utf-8", "replace").splitlines():
                entry = line.strip()
                if entry and not entry.startswith("#"):
                    found[entry] = None
        return list(found)


def find_list(value: object, root: Path, setting: str) -> EntryList:
    """Returns the list that a recipe names.

    Args:
        value: as the recipe has it; null for an empty list.
        root: the folder that relative paths start from.
        setting: the setting's name, such as `domains`.

    Raises:
        UsageError: not of the form that is expected, or nothing is there.
    """
    files: list[ListFile] = []
    places: dict[str, str] = {}
    inline: list[str] = []
    for part in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(part, dict) and list(part) == ["inline"] and _all_text(part["inline"]):
            inline += part["inline"]
        elif isinstance(part, str):
            for path, member in _find(part, root, setting):
                sha256 = _sha256(path)
                files.append(ListFile(sha256, member, path.name))
                places[sha256] = str(path)
        else:
            raise UsageError(f"{EXPECTED}, not {part!r}")
    return EntryList(tuple(files), tuple(inline), places)


def files_in(folder: Path) -> list[Path]:
    """Returns the files below a folder, sorted; hidden ones are left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _sha256(path: Path) -> str:
    """Returns a file's SHA-256; read again only if it has changed since this process read it."""
    stat = path.stat()
    return _sha256_of(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _sha256_of(path: Path, size: int, changed: int) -> str:
    return file_sha256(path)


def _all_text(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and "\n" not in value for value in values)


def _find(text: str, root: Path, setting: str) -> list[tuple[Path, str]]:
    """Returns the files that one name stands for, each with the member that is meant."""
    if text.startswith("installed:"):
        return [_installed(text.removeprefix("installed:"), setting)]
    path = root / text
    if path.is_dir():
        every = files_in(path)
        named = [file for file in every if file.name.split(".")[0] == setting]
        files = named or [file for file in every if file.parent == path]
        if not files:
            raise UsageError(f"the folder {path} holds no file named {setting}, and none directly in it")
        return [(file, "") for file in files]
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    return [(path, "")]


def _installed(package: str, setting: str) -> tuple[Path, str]:
    if package != "datatrove":
        raise UsageError(f'nothing is known of lists in "{package}"; there is installed:datatrove')
    if setting not in DATATROVE_LISTS:
        raise UsageError(f"datatrove brings no such list along; {EXPECTED}")
    found = importlib.util.find_spec("datatrove")
    name, member = DATATROVE_LISTS[setting]
    path = Path(found.origin).parent / "assets" / name if found and found.origin else Path(name)
    if not path.is_file():
        raise UsageError(f"datatrove is not installed here, or no longer brings assets/{name} along")
    return path, member


def _read(path: Path, file: ListFile) -> bytes:
    """Returns a file's lines, decompressed by its name, without a byte order mark."""
    try:
        with path.open("rb") as handle:
            content = handle.read()
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise UsageError(f"{path}: is no longer the file that it was when the recipe was checked")
        return _decompressed(content, file).removeprefix(b"\xef\xbb\xbf")
    except (OSError, EOFError, KeyError, zlib.error, zstandard.ZstdError, tarfile.TarError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def _decompressed(content: bytes, file: ListFile) -> bytes:
    if file.member:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            inner = archive.extractfile(file.member)
            if inner is None:
                raise KeyError(f"{file.member} is no file in it")
            return inner.read()
    if file.name.endswith(".gz"):
        return gzip.decompress(content)
    if file.name.endswith((".zst", ".zstd")):
        return zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    return content
