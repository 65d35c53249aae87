"""What is read of a folder and of an archive: by how names end, and by the patterns that a source has."""

from __future__ import annotations

from pathlib import Path

from data.recipe import Source
from data.sources import InputFile
from data.sources.archives import KINDS, SUFFIX, is_archive, is_nested, names_in
from data.sources.folders import PassedOver
from data.sources.globs import fits
from data.sources.passed_over import PACKED_ENDINGS, why_not_read


def _packed(*endings: str) -> list[str]:
    return [f"*{ending}{packed}" for ending in endings for packed in ("", *PACKED_ENDINGS)]


#: What is read of a folder; a file or glob pattern that is named is read whatever its name.
FOLDER_PATTERNS = {
    "jsonl": _packed(".jsonl", ".json", ".ndjson"),
    "json": _packed(".json", ".jsonl", ".ndjson"),
    "csv": _packed(".csv", ".tsv", ".tab"),
    "parquet": ["*.parquet", "*.pq"],
    "arrow": ["*.arrow", "*.arrows", "*.feather", "*.ipc"],
    "warc": _packed(".warc", ".wet", ".arc"),
    "html": _packed(".html", ".htm", ".xhtml", ".shtml"),
    "files": ["*"],
    "books": _packed(".txt", ".text"),
    "documents": ["*.pdf", "*.docx"],
    "stackexchange": _packed("posts.xml"),
    "wikipedia": _packed("*.xml", ".xml"),
    "arxiv": ["*.tar", "*.tar.gz", "*.tgz", "*.gz", "*.tex"],
    "common-crawl": ["*.parquet", *_packed(".cdx", ".cdxj", "cdx-[0-9]*")],
}


def folder_patterns(source: Source) -> list[str]:
    """Returns the patterns of what is read of a folder, archives among it."""
    return ["*"] if source.include else FOLDER_PATTERNS[source.kind] + [f"*{SUFFIX}"] * (source.kind in KINDS)


def unpacked_patterns(kind: str) -> list[str]:
    """Returns a kind's patterns, without those of the same files packed."""
    patterns = FOLDER_PATTERNS[kind]
    packed = {f"{pattern}{ending}" for pattern in patterns for ending in PACKED_ENDINGS}
    return [
        *(pattern for pattern in patterns if pattern not in packed),
        *(["packed or not"] if packed & {*patterns} else []),
    ]


def is_chosen(relative: str, source: Source) -> bool:
    """Returns whether a source's own patterns, if it has any, choose a file."""
    is_inside = is_archive(relative, source.kind)  # what is included, lies in it
    return (not source.include or is_inside or fits(relative, source.include)) and not fits(relative, source.exclude)


def is_read_of_archive(source: Source, name: str) -> bool:
    """Returns whether a file that lies in an archive is read, by its name there: the same ones as of a folder.

    Archives in it count too: of them it is told that they are not.
    """
    if why_hidden(name):
        return False
    is_wanted = source.include or is_nested(name, source.kind) or fits(name.lower(), FOLDER_PATTERNS[source.kind])
    return bool(is_wanted) and is_chosen(name, source)


def tell_members(archive: InputFile, source: Source, passed_over: PassedOver) -> None:
    """Tells of the files in an archive that are not read; as of a folder's, not of those that nobody chose."""
    if source.include:
        return
    from data.sources.remote_archives import names_far_away

    for name in names_far_away(archive, source) if archive.url else names_in(Path(archive.path)):
        if not is_read_of_archive(source, name) and not fits(name, source.exclude):
            passed_over(f"{archive.relative}/{name}", why_hidden(name) or why_not_read(name, source.kind))


def why_hidden(name: str) -> str:
    """Returns why a file in an archive is none that anybody put there to be read, "" if it is one."""
    parts = name.split("/")
    if "__MACOSX" in parts:
        return "in an archive, what macOS notes about its files"
    return "in an archive, hidden" if any(part.startswith(".") and part.strip(".") for part in parts) else ""
