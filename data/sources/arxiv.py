"""arXiv's LaTeX sources: one document for each paper in a tar of papers, or in a paper's own tar, gzip or .tex file.

A paper is packed by itself: a gzip of a tar, or of a single .tex. Nothing is unpacked to the disk by its name;
paths that lead elsewhere are names that nobody follows, links and devices are rows that say so, and what unpacks
beyond the limits ends its paper, not its neighbours.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import posixpath
import re
import tarfile
import tempfile
import zlib
from typing import IO, Any, Iterator

from data.charset import Undecodable, decode_source
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.inflating import GZIP, inflate
from data.sources.latex import to_paper
from data.sources.members import Damage
from data.sources.pieces import read_pieces
from data.sources.records import Row, quarantined
from data.sources.tars import CUT, Careful, is_tar, members, next_header, readable_name

#: What one paper may unpack to: figures are most of it.
MAX_PAPER_BYTES = 128 * 2**20
#: LaTeX of one paper; books have three million characters.
MAX_LATEX_BYTES = 16 * 2**20
_HOLE = "zeros where a member should begin"
SPOOL_BYTES = 16 * 2**20

_NEW_ID = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(v\d+)?(?!\d)")
_OLD_ID = re.compile(r"(?<![a-z-])([a-z-]+(?:\.[A-Z]{2})?)/?(\d{7})(v\d+)?(?!\d)")
_LATEX = (".tex", ".ltx", ".latex")
_PACKED_PAPER = (".gz", ".tar", ".tgz")
#: What is called so is one, even if its first header is damaged.
_TAR_NAME = re.compile(r"\.(?:tar(?:\.\w+)?|tgz)$", re.IGNORECASE)


def read_papers(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each paper of a file: of a tar of papers, or of one paper's own file."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        for piece in read_pieces(file, lambda head: True, whole=True):
            if isinstance(piece, Damage):
                name, size = file.relative, piece.end - piece.offset
                origin_id = _paper_id(name)
                yield quarantined(source, name, piece.reason, origin_id=origin_id, offset=piece.offset, bytes=size)
                return
            spool.write(piece)
        spool.seek(0)
        if not (is_tar(spool) or _TAR_NAME.search(file.relative)):
            spool.seek(0)
            content = spool.read(MAX_LATEX_BYTES + 1)
            yield _paper({file.relative: content}, file.relative, file.relative, source)
            return
        yield from _papers_of_tar(Careful(spool, MAX_PAPER_BYTES), file, source)


def _papers_of_tar(opened: Careful, file: InputFile, source: Source) -> Iterator[Row]:
    """Yields the papers of a tar; LaTeX that lies in it unpacked is a paper of its own."""
    loose = _Loose()
    seen, rows, is_sound = 0, 0, True
    start: int | None = 0
    while start is not None:
        place = opened.seek(start)
        try:
            for member, content in members(opened):
                place = member.offset_data
                if member.isdir():
                    continue
                seen += 1
                if content is None:
                    rows += 1
                    reason = "link" if member.issym() or member.islnk() else "special_file"
                    name = readable_name(member.name)
                    yield _dropped(f"{file.relative}:{name}", name, reason, source)
                    continue
                for row in _of_member(member, content, loose, file, source):
                    rows += 1
                    yield row
            start = next_header(opened, opened.tell())
            if start is not None:  # zeros end a tar, but these are a hole in it
                yield quarantined(source, f"{file.relative}:{seen}", "bad_tar", error=_HOLE, members=seen)
        except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, UnicodeError, zlib.error) as error:
            reason = "truncated" if str(error) == CUT else "bad_tar"
            yield quarantined(source, f"{file.relative}:{seen}", reason, error=str(error)[:200], members=seen)
            is_sound = False
            start = next_header(opened, place + 1)
    if loose.files:
        yield _paper(loose.files, file.relative, file.relative, source)
    elif not seen and is_sound:
        yield quarantined(source, file.relative, "no_papers")
    elif not rows and is_sound:
        yield _dropped(file.relative, file.relative, "no_latex", source)


@dataclasses.dataclass
class _Loose:
    """LaTeX that lies in a tar unpacked."""

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    room: int = MAX_LATEX_BYTES


def _of_member(
    member: tarfile.TarInfo, content: IO[bytes], loose: _Loose, file: InputFile, source: Source
) -> Iterator[Row]:
    name = readable_name(member.name)
    locator = f"{file.relative}:{name}"
    if name.lower().endswith(_PACKED_PAPER):
        yield _packed_paper(content, member.size, locator, name, source)
    elif name.lower().endswith(_LATEX):
        if member.size > loose.room:
            yield quarantined(source, locator, "too_large", origin_id=_paper_id(name), bytes=member.size)
            return
        loose.files[name] = content.read(member.size)
        loose.room -= member.size
    elif (
        name.lower().endswith(".pdf") and not loose.files and posixpath.basename(name)[:1].isalnum() and _paper_id(name)
    ):
        yield _dropped(locator, name, "no_latex", source)


def _packed_paper(content: IO[bytes], size: int, locator: str, name: str, source: Source) -> Row:
    refused = functools.partial(quarantined, source, locator, origin_id=_paper_id(name))
    if size > MAX_PAPER_BYTES:
        return refused("too_large", bytes=size)
    packed = content.read(size)
    if len(packed) < size:
        return refused("truncated", packed)
    try:
        unpacked = _unpacked(packed)
    except _Bomb:
        return refused("decompression_limit", packed)
    except (zlib.error, EOFError) as error:
        reason = (
            "truncated" if isinstance(error, EOFError) else "bad_crc" if "check" in str(error) else "corrupt_member"
        )
        return refused(reason, packed)
    if unpacked.startswith(b"%PDF") or unpacked.startswith(b"%!PS"):
        return _dropped(locator, name, "no_latex", source)
    opened = io.BytesIO(unpacked)
    if not is_tar(opened):
        return _paper({"paper.tex": unpacked[: MAX_LATEX_BYTES + 1]}, locator, name, source)
    files: dict[str, bytes] = {}
    room = MAX_LATEX_BYTES
    try:
        for member, inner in members(opened):
            if inner is not None and readable_name(member.name).lower().endswith(_LATEX):
                if member.size > room:
                    return refused("too_large", packed)
                files[readable_name(member.name).removeprefix("./")] = inner.read(member.size)
                room -= member.size
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, UnicodeError) as error:
        return refused("bad_tar", packed, error=str(error)[:200])
    return _paper(files, locator, name, source)


class _Bomb(Exception):
    """It unpacks to more than a paper may."""


def _unpacked(packed: bytes) -> bytes:
    """Returns the content of a gzip file, checked to its end; what is no gzip file, as it is."""
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    content, is_whole = inflate(packed, GZIP, MAX_PAPER_BYTES)
    if len(content) > MAX_PAPER_BYTES:
        raise _Bomb
    if not is_whole:
        raise EOFError
    return content


def _paper(files: dict[str, bytes], locator: str, name: str, source: Source) -> Row:
    identity = _paper_id(name)
    refused = functools.partial(quarantined, source, locator, origin_id=identity)
    if not files:
        return _dropped(locator, name, "no_latex", source)
    if sum(map(len, files.values())) > MAX_LATEX_BYTES:
        return refused("too_large", bytes=sum(map(len, files.values())))
    texts: dict[str, str] = {}
    for path, content in files.items():
        try:
            texts[path] = decode_source(content)
        except Undecodable as error:
            if len(files) == 1 or error.reason == "bad_encoding":
                return refused(error.reason, content, path=path if len(files) > 1 else None, **error.position)
    paper = to_paper(texts)
    if paper is None:
        return _dropped(locator, name, "no_latex", source)
    text, title = paper
    if len(text) > source.max_record_bytes:
        return refused("too_large", bytes=len(text))
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        text=text,
        origin_id=identity,
        url=f"https://arxiv.org/abs/{identity}" if identity else None,
        licence=source.licence,
        metadata={"title": title, "files": len(files), "modified": ["latex_body"]},
    )


def _dropped(locator: str, name: str, reason: str, source: Source) -> Row:
    facts: dict[str, Any] = {"name": name}
    return document(
        source.name, locator, kind=source.documents_are, origin_id=_paper_id(name), metadata=facts, status="dropped",
        reason=reason,
    )  # fmt: skip


def _paper_id(name: str) -> str | None:
    """Returns the arXiv id that a file's name tells: 2301.00001, hep-th/9901001."""
    base = posixpath.basename(name)
    new, old = _NEW_ID.search(base), _OLD_ID.search(base)
    if new:
        return new[1]
    return f"{old[1]}/{old[2]}" if old else None
