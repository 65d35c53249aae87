"""What kinds of sources a path holds, judged by names and first bytes."""

from __future__ import annotations

import bz2
import collections
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import zstandard

from data.errors import UsageError
from data.sources.archives import SUFFIX, is_archive, is_damaged, names_in
from data.sources.choosing import FOLDER_PATTERNS, why_hidden
from data.sources.folders import HIDDEN, PassedOver, archive_advice, walk
from data.sources.globs import fits
from data.sources.languages import language_of
from data.sources.passed_over import PACKED_ENDINGS
from data.sources.repositories import find_repositories
from data.sources.settings import CHAINED, is_address, is_chain
from flows.ingesting.allotting import Found, Guess, allot, is_about_dataset

#: Ending of a name without its packing → kind.
_ENDINGS = {
    "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv", "tab": "csv", "parquet": "parquet",
    "pq": "parquet", "arrow": "arrow", "arrows": "arrow", "feather": "arrow", "ipc": "arrow", "warc": "warc",
    "wet": "warc", "arc": "warc", "html": "html", "htm": "html", "xhtml": "html", "shtml": "html", "tar": "arxiv",
    "tgz": "arxiv", "txt": "books", "text": "books", "pdf": "documents", "docx": "documents",
}  # fmt: skip
#: How files begin whose names say nothing → kind.
_BEGINNINGS = {
    b"WARC/": "warc", b"filedesc://": "warc", b"PAR1": "parquet", b"ARROW1\0\0": "arrow", b"%PDF-": "documents",
}  # fmt: skip
#: How a paper of arXiv begins that is packed by itself: a tar, or a single LaTeX source.
_TAR, _TAR_PLACE = b"ustar", 257
_LATEX = re.compile(rb"^[^%\n]*\\(?:documentclass|documentstyle|begin\{document\})", re.MULTILINE)
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE)
#: What `save_to_disk` of Hugging Face's datasets leaves beside the rows: of several splits, of one.
_SAVED_DATASET = (("dataset_dict.json",), ("dataset_info.json", "state.json"))
HEAD_BYTES = 4096
#: Files of a folder that are looked into.
MOST_FILES = 10_000


def guess_sources(
    path: str,
    passed_over: PassedOver = lambda name, why: None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> list[Guess]:
    """Returns the sources that a path seems to be: one, or one for each kind of file that a folder holds.

    Args:
        path: a file, folder, glob pattern or address.
        passed_over: told of the files of a folder that belong to none, where their source would not tell of them.
        include, exclude: patterns that choose among a folder's files, as a recipe has them.

    Raises:
        UsageError: nothing is there, or somebody has to say what it is.
    """
    if is_chain(path):
        raise UsageError(f"{path}: {CHAINED}")
    if is_address(path):
        return [Guess(_of_name(path.partition("?")[0].rstrip("/").rpartition("/")[2]) or _ask(path, "its name"))]
    place = Path(path)
    if place.is_file():
        if is_archive(place.name, "files"):
            return [Guess(_of_archive(place))]
        if advice := archive_advice(place):
            raise UsageError(advice)
        return [Guess(_of_file(place) or "files")]
    if not place.is_dir():
        return [_of_pattern(path)]
    if next(find_repositories(place), None) is not None:
        return [Guess("git")]
    if any(all((place / name).is_file() for name in names) for names in _SAVED_DATASET):
        return [Guess("huggingface")]
    return _of_folder(
        path, place, passed_over, lambda name: (not include or fits(name, include)) and not fits(name, exclude)
    )


def _of_folder(path: str, place: Path, passed_over: PassedOver, is_chosen: Callable[[str], bool]) -> list[Guess]:
    left: list[tuple[str, str]] = []
    found = Found()
    for file, relative in walk(place, lambda relative, why: left.append((relative, why))):
        if not is_chosen(relative):
            continue
        if found.number >= MOST_FILES:
            found.add(relative, _of_name(file.name) or "files")
        elif file.suffix.lower() == SUFFIX:
            members = [(name, _of_name(name) or "files") for name in names_in(file)]
            found.add(relative, _most(kind for name, kind in members if not why_hidden(name)), members)
            if not members and is_damaged(file):
                found.damaged.add(relative)
        else:
            found.add(relative, _of_file(file))
    if not found.number:
        why = f" that can be read: {left[0][0]} is {left[0][1]}" if left else ""
        raise UsageError(f"{path}: holds no file{why}")
    guesses = allot(found, passed_over)
    if len(guesses) > 1 or any(guess.include for guess in guesses):  # else the one source tells
        for relative, why in left:
            if why == HIDDEN:
                passed_over(relative, why)
    if not guesses:
        several = f"{found.number:,} file{'' if found.number == 1 else 's'}"
        _ask(path, f"{several}, none of them text, a table, a page or an archive of such")
    return guesses


def _of_archive(path: Path) -> str:
    return _only(str(path), (_of_name(name) or "files" for name in names_in(path) if not why_hidden(name))).kind


def _of_pattern(path: str) -> Guess:
    if not set(path) & set("*?["):
        what = "a pipe or device, no regular file" if Path(path).exists() else "no such file or folder"
        raise UsageError(f"{path}: {what}")
    base = Path(f"{re.split(r'[*?[]', path)[0]}*").parent
    if not base.is_dir():
        raise UsageError(f"{path}: no such folder: {base}")
    pattern = str(Path(path).relative_to(base)) if base != Path(".") else path
    return _only(path, (_of_file(file) or "files" for file in sorted(base.glob(pattern)) if file.is_file()))


def _only(path: str, kinds: Iterable[str]) -> Guess:
    """Returns the one kind that most of many files have.

    Raises:
        UsageError: there is no file, or they are of several kinds.
    """
    found = collections.Counter(kinds)
    if not found:
        raise UsageError(f"{path}: holds no file")
    known = [kind for kind, _ in found.most_common() if kind != "files"]
    if len(known) > 1 and not found["files"]:
        _ask(path, "it holds " + ", ".join(f"{number} of {kind}" for kind, number in found.most_common()))
    # A tree of source files has some pages and tables in it, too; and a folder of archives a file that explains them.
    return Guess(known[0] if len(known) == 1 and found[known[0]] >= found["files"] else "files")


def _ask(path: str, why: str) -> str:
    raise UsageError(
        f"{path}: what it is cannot be told ({why}); say it with --kind: {', '.join(FOLDER_PATTERNS)}, git, huggingface"
    )


def _bare(name: str) -> str:
    """Returns a name in small letters, without what it is packed in."""
    lower = name.lower()
    return next((lower.removesuffix(ending) for ending in PACKED_ENDINGS if lower.endswith(ending)), lower)


def _of_name(name: str) -> str | None:
    bare = _bare(name)
    if bare == "posts.xml" or bare.endswith("-posts.xml"):
        return "stackexchange"
    if bare.endswith(".json"):
        return "json"
    return _ENDINGS.get(bare.rpartition(".")[2]) if "." in bare else None


def _of_file(path: Path) -> str | None:
    """Returns the kind of source that a file belongs to; `files` for other text; null for what no kind reads."""
    kind = _of_name(path.name)
    if kind not in (None, "json"):
        return kind
    if path.suffix.lower() == SUFFIX:
        return _most(_of_name(name) or "files" for name in names_in(path) if not why_hidden(name))
    if is_about_dataset(path.name):
        return None
    head = _head(path)
    if known := next((kind for start, kind in _BEGINNINGS.items() if head.startswith(start)), None):
        return known
    if kind == "json":
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        first = head.split(b"\n", 1)
        is_line = head.startswith(b"{") and len(first) == 2 and first[0].rstrip().endswith(b"}")
        return "jsonl" if is_line else "json" if head[:1] in (b"[", b"{") else "files"
    if ".xml" in path.name.lower() and (b"<mediawiki" in head or b"<posts" in head):
        return "wikipedia" if b"<mediawiki" in head else "stackexchange"
    if _is_paper(path.name, head):
        return "arxiv"
    if _PAGE.match(head) and language_of(path.name) is None:
        return "html"
    if archive_advice(path):
        return None
    # What is named as code but is none is for its reader to say, as a row.
    return None if b"\0" in head and language_of(path.name) is None else "files"


def _is_paper(name: str, head: bytes) -> bool:
    """Returns whether a packed file, whose name does not say what it is, is a paper as arXiv packs it."""
    if not name.lower().endswith(".gz") or language_of(_bare(name)) not in (None, "latex"):
        return False
    return head.startswith(_TAR, _TAR_PLACE) or _LATEX.search(head) is not None


def _most(kinds: Iterable[str]) -> str | None:
    """Returns the kind of most files, null of none."""
    return next((kind for kind, _ in collections.Counter(kinds).most_common(1)), None)


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
