"""Files that are far away: s3://, gs://, hf://, memory:// through fsspec, http(s):// where the recipe lists the host.

Listing pins each file by size and ETag (or what the storage has in its place). Reading fetches the whole file
into a scratch folder, on which every reader can rely, checks that it is the one that was listed, and removes
it afterwards. Credentials come from the environment, and no message shows an address's query.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import posixpath
import re
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any, Iterator

from data.errors import PhimillError, RecipeError
from data.recipe import Source
from data.sources import InputFile
from data.sources.folders import PassedOver
from data.sources.globs import GLOB_CHARACTERS, fits
from data.sources.passed_over import why_not_read
from data.sources.settings import WEB
from data.sources.web import BadAnswer, WebFile, fetch_range, look_up

PIECE_BYTES = 2**20
#: Protocols that lead to storage; the rest of fsspec's (github, data, reference, webhdfs, …) would surprise, or ask
#: hosts that nobody listed.
PROTOCOLS = ("s3", "s3a", "gs", "gcs", "hf", "abfs", "az", "oss", "memory", "hdfs", "sftp")
#: How the version of a file is told whose server says nothing about it: it was fetched once more, to know it again.
_BY_CONTENT = "sha256 "

#: Where s3fs ends a name, and goes on with a version that it takes no notice of.
_VERSION = "?versionId="

#: What pins a file, by the names that storages give it, the surest first.
_PINS = ("ETag", "etag", "xet_hash", "blob_id", "md5Hash", "content_md5", "crc32c", "generation", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


def list_remote(
    address: str, source: Source, patterns: list[str], passed_over: PassedOver | None = None
) -> list[InputFile]:
    """Returns the files that an address names: one file, a folder's or a glob pattern's, sorted.

    Args:
        address: such as s3://bucket/crawl/*.warc.gz.
        source: its `hosts` say what may be asked.
        patterns: what is read of a folder.
        passed_over: told of a folder's files that are not.

    Raises:
        RecipeError: there is no such file, or this kind of address cannot be read.
        PhimillError: the storage cannot be reached.
    """
    scheme = check_scheme(address, source)
    if scheme in WEB:
        if set(address.partition("?")[0]) & GLOB_CHARACTERS:
            raise _error(source, f"{shown(address)}: the web has no folders; list the files")
        try:
            found = look_up(address, source.hosts)
        except BadAnswer as error:
            raise failure(source, address, error) from error
        version = found.etag or _BY_CONTENT + _sha256(InputFile("", "", found.bytes, "", url=address), source)
        name = posixpath.basename(urllib.parse.urlsplit(address).path) or "index"
        return [InputFile("", urllib.parse.unquote(name), found.bytes, "", version=version, url=address)]
    return _list_storage(address, scheme, source, patterns, passed_over or (lambda name, why: None))


def check_scheme(address: str, source: Source) -> str:
    """Returns an address's scheme, in lower case.

    Raises:
        RecipeError: this kind of address cannot be read.
    """
    scheme = address.partition("://")[0].lower()
    if scheme not in (*PROTOCOLS, *WEB):
        raise _error(source, f"{shown(address)}: cannot be read; expected {', '.join((*PROTOCOLS, *WEB))}, or a path")
    return scheme


def _list_storage(
    address: str, scheme: str, source: Source, patterns: list[str], passed_over: PassedOver
) -> list[InputFile]:
    system, path = storage(address, source)
    try:
        system.invalidate_cache()  # a process that lives long would see what was there when it began
        if set(path) & GLOB_CHARACTERS and not system.isfile(path):
            base = path[: min(path.index(sign) for sign in GLOB_CHARACTERS if sign in path)].rpartition("/")[0]
            details = system.glob(path, detail=True)
        elif system.isdir(path):
            base = path.rstrip("/")
            details = {}
            for name, facts in system.find(path, detail=True).items():
                if fits(_below(name, base).lower(), patterns):
                    details[name] = facts
                elif not fits(_below(name, base), source.exclude):
                    passed_over(_below(name, base), why_not_read(name, source.kind))
        else:
            base = posixpath.dirname(path)
            details = {path: system.info(path)}
    except FileNotFoundError as error:
        raise _error(source, f"no such file or folder: {shown(address)}") from error
    except Exception as error:  # each storage has errors of its own for what is denied, or cannot be reached
        raise failure(source, address, error) from error
    files = [
        InputFile(
            "",
            _below(name, base),
            int(facts.get("size") or 0),
            "",
            version=_pin(facts),
            url=f"{scheme}://{name.lstrip('/')}",
        )
        for name, facts in details.items()
        if facts.get("type") != "directory"
    ]
    return sorted(files, key=lambda file: file.relative)


@contextlib.contextmanager
def at_hand(file: InputFile, source: Source, scratch: Path | None) -> Iterator[InputFile]:
    """Yields the file as one of this machine; it is fetched before, and removed after.

    Raises:
        PhimillError: it cannot be fetched, or is not any more the one that was listed.
    """
    if file.url is None:
        yield file
        return
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetched-", dir=scratch) as folder:
        path = Path(folder) / "file"
        made = hashlib.sha256() if (file.version or "").startswith(_BY_CONTENT) else None
        try:
            with path.open("wb") as target:
                for piece in _pieces(file, source):
                    target.write(piece)
                    if made:
                        made.update(piece)
        except OSError as error:  # what goes wrong far away is a PhimillError by now
            raise PhimillError(
                f"source {source.name}: {shown(file.url)}: its {file.bytes:,} bytes cannot be put down in {folder} "
                f"({error.strerror or error}); make room there"
            ) from error
        size = path.stat().st_size
        if size != file.bytes:
            raise PhimillError(
                f"source {source.name}: {shown(file.url)}: {size:,} bytes came, {file.bytes:,} were listed; run again"
            )
        if made and file.version != _BY_CONTENT + made.hexdigest():
            raise _changed(file, source)
        yield dataclasses.replace(file, path=str(path))


def _pieces(file: InputFile, source: Source) -> Iterator[bytes]:
    assert file.url is not None
    if file.url.partition("://")[0].lower() in WEB:
        etag = None if (file.version or "").startswith(_BY_CONTENT) else file.version
        try:
            yield from fetch_range(WebFile(file.url, file.bytes, etag), 0, file.bytes, source.hosts)
        except BadAnswer as error:
            raise (_gone(file, source) if error.status in (404, 410) else failure(source, file.url, error)) from error
        return
    system, path = storage(file.url, source)
    try:
        _refuse_changed(system, path, file, source)
        with system.open(path, "rb", block_size=8 * PIECE_BYTES, cache_type="readahead") as opened:
            while piece := opened.read(PIECE_BYTES):
                yield piece
        _refuse_changed(system, path, file, source)  # not every storage reads one version to its end
    except PhimillError:
        raise
    except Exception as error:
        _refuse_changed(system, path, file, source)  # "precondition failed" is what a storage may call it
        raise failure(source, file.url, error) from error


def _refuse_changed(system: Any, path: str, file: InputFile, source: Source) -> None:
    """Raises PhimillError if a storage has another version of a file than was listed, or none, or cannot say."""
    system.invalidate_cache()
    try:
        found = _pin(system.info(path))
    except FileNotFoundError as error:
        raise _gone(file, source) from error
    except Exception as error:
        raise failure(source, file.url or "", error) from error
    if found != file.version:
        raise _changed(file, source)


def _gone(file: InputFile, source: Source) -> PhimillError:
    return PhimillError(
        f"source {source.name}: {shown(file.url or '')} is not there any more; it was when the run began. Run again"
    )


def _changed(file: InputFile, source: Source) -> PhimillError:
    return PhimillError(f"source {source.name}: {shown(file.url or '')} has changed since the run began; run again")


def _sha256(file: InputFile, source: Source) -> str:
    made = hashlib.sha256()
    for piece in _pieces(file, source):
        made.update(piece)
    return made.hexdigest()


def storage(address: str, source: Source) -> tuple[Any, str]:
    """Returns the file system that an address leads to, and the path there.

    Not by way of `fsspec.core.url_to_fs`: names of files far away would be taken for chains of addresses.
    """
    import fsspec

    scheme, _, place = address.partition("://")
    scheme = scheme.lower()
    address = f"{scheme}://{place}"  # fsspec knows no other spelling
    if _VERSION in address and scheme in ("s3", "s3a"):
        name = posixpath.basename(address)
        raise _error(source, f"{shown(address)}: of {name!r}, s3fs would read what stands before the `?`; exclude it")
    try:
        kind = fsspec.get_filesystem_class(scheme)
        return kind(**kind._get_kwargs_from_urls(address)), kind._strip_protocol(address)
    except ImportError as error:
        raise _error(
            source,
            f"{scheme}:// needs a package that is not installed ({error}); install it beside phimill "
            "(s3fs for s3://, gcsfs for gs://)",
        ) from error
    except Exception as error:
        raise failure(source, address, error) from error


def _pin(facts: dict[str, Any]) -> str | None:
    """Returns what stands for a file's content in a storage's own facts about it."""
    for name in _PINS:
        if facts.get(name):
            return str(facts[name]).strip('"')
    changed = next((facts[name] for name in _TIMES if facts.get(name)), None)
    if isinstance(changed, datetime.datetime):  # one storage gives a time in two ways
        changed = changed.timestamp()
    return None if changed is None else f"changed {changed}"


def _below(name: str, base: str) -> str:
    return name.strip("/").removeprefix(base.strip("/")).strip("/")


def shown(address: str) -> str:
    """Returns an address as messages may show it: without query and user."""
    return re.sub(r"//[^/@]*@", "//", address.partition("?")[0])


def _error(source: Source, message: str) -> RecipeError:
    return RecipeError(message, key=f"sources.{source.name}.path")


def failure(source: Source, address: str, error: Exception) -> PhimillError:
    reason = re.sub(r"(https?://[^\s?'\"]+)\?[^\s'\"]*", r"\1", str(error)) or type(error).__name__
    return PhimillError(
        f"source {source.name}: {shown(address)}: cannot be read ({reason[:300]}); look at the address and at the "
        "credentials in the environment, or try again later"
    )
