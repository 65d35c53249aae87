"""What kind of source a path is, judged by names and first bytes."""

from __future__ import annotations

import bz2
import collections
import gzip
import itertools
import lzma
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard

from data.errors import UsageError
from data.sources.archives import is_archive, names_in
from data.sources.folders import archive_advice, walk
from data.sources.listing import FOLDER_PATTERNS
from data.sources.repositories import find_repositories
from data.sources.settings import is_address

_PACKED = re.compile(r"\.(?:gz|zst|zstd|bz2|xz)$")
#: Ending of a name without its packing → kind.
_ENDINGS = {
    "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv", "tab": "csv", "parquet": "parquet",
    "pq": "parquet", "arrow": "arrow", "arrows": "arrow", "feather": "arrow", "ipc": "arrow", "warc": "warc",
    "wet": "warc", "arc": "warc", "html": "html", "htm": "html", "xhtml": "html", "tar": "arxiv", "tgz": "arxiv",
    "txt": "books", "text": "books", "pdf": "documents", "docx": "documents",
}  # fmt: skip
#: What `save_to_disk` of Hugging Face's datasets leaves beside the rows: of several splits, of one.
_SAVED_DATASET = (("dataset_dict.json",), ("dataset_info.json", "state.json"))
HEAD_BYTES = 4096
#: Files of a folder that are looked at.
MOST_FILES = 10_000


def guess_kind(path: str) -> str:
    """Returns the kind of source that a path seems to be.

    Raises:
        UsageError: nothing is there, or several kinds are, so that somebody has to say.
    """
    if is_address(path):
        return _of_name(path.partition("?")[0].rstrip("/").rpartition("/")[2]) or _ask(path, "its name says nothing")
    place = Path(path)
    if place.is_file():
        if is_archive(place.name, "files"):
            return _of_many(path, (_of_name(name) or "files" for name in names_in(place)))
        if advice := archive_advice(place):
            raise UsageError(advice)
        return _of_file(place)
    if not place.is_dir():
        return _of_pattern(path)
    if next(find_repositories(place), None) is not None:
        return "git"
    if any(all((place / name).is_file() for name in names) for names in _SAVED_DATASET):
        return "huggingface"
    left: list[str] = []
    files = (file for file, _ in walk(place, lambda relative, why: left.append(f"{relative} is {why}")))
    return _of_many(path, map(_of_file, files), left)


def _of_pattern(path: str) -> str:
    if not set(path) & set("*?["):
        what = "a pipe or device, no regular file" if Path(path).exists() else "no such file or folder"
        raise UsageError(f"{path}: {what}")
    base = Path(re.split(r"[*?\[]", path)[0]).parent if not path.startswith(("*", "?", "[")) else Path(".")
    pattern = str(Path(path).relative_to(base)) if base != Path(".") else path
    return _of_many(path, (_of_file(file) for file in sorted(base.glob(pattern)) if file.is_file()))


def _of_many(path: str, kinds: Iterator[str], left: Sequence[str] = ()) -> str:
    """Returns the kind that most of many files have, of those that are looked at."""
    found = collections.Counter(itertools.islice(kinds, MOST_FILES))
    if not found:
        raise UsageError(f"{path}: holds no file" + (f" that can be read: {left[0]}" if left else ""))
    known = [kind for kind, _ in found.most_common() if kind != "files"]
    if len(known) > 1 and not found["files"]:
        _ask(path, "it holds " + ", ".join(f"{number} of {kind}" for kind, number in found.most_common()))
    # A tree of source files has some pages and tables in it, too; and a folder of archives a file that explains them.
    return known[0] if len(known) == 1 and found[known[0]] >= found["files"] else "files"


def _ask(path: str, why: str) -> str:
    raise UsageError(
        f"{path}: what it is cannot be told ({why}); say it with --kind: {', '.join(FOLDER_PATTERNS)}, git, huggingface"
    )


def _of_name(name: str) -> str | None:
    bare = _PACKED.sub("", name.lower())
    if bare == "posts.xml" or bare.endswith("-posts.xml"):
        return "stackexchange"
    if bare.endswith(".json"):
        return "json"
    return _ENDINGS.get(bare.rpartition(".")[2]) if "." in bare else None


def _of_file(path: Path) -> str:
    kind = _of_name(path.name)
    if kind == "json":
        head = _head(path).removeprefix(b"\xef\xbb\xbf").lstrip()
        first = head.split(b"\n", 1)
        is_line = head.startswith(b"{") and len(first) == 2 and first[0].rstrip().endswith(b"}")
        return "jsonl" if is_line else "json" if head[:1] in (b"[", b"{") else "files"
    if kind is None and ".xml" in path.name.lower():
        head = _head(path)
        return "wikipedia" if b"<mediawiki" in head else "stackexchange" if b"<posts" in head else "files"
    return kind or "files"


def _head(path: Path) -> bytes:
    """Returns the first bytes of a file, unpacked; none if it cannot be."""
    with path.open("rb") as file:
        packed = file.read(2**16)
    try:
        if packed.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(packed, HEAD_BYTES)
        if packed.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(packed, HEAD_BYTES)
        if packed.startswith(b"\xfd7zXZ"):
            return lzma.LZMADecompressor(memlimit=2**27).decompress(packed, HEAD_BYTES)
        if packed.startswith(b"\x28\xb5\x2f\xfd"):
            with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed) as reader:
                return reader.read(HEAD_BYTES)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile):
        return b""
    return packed[:HEAD_BYTES]
