"""Registered domains: the rules of the Public Suffix List, and hosts that are not plain ASCII.

The rules are those that the installed tldextract brings along; nothing is ever fetched.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import idna
import numpy as np
import numpy.typing as npt

from data.fingerprint import file_sha256
from filters.buffers import ByteArray, read_only
from filters.kernels.hosts import RULE, THERE, WILDCARD, find_host
from filters.kernels.sets import hash_backwards, make_set

if TYPE_CHECKING:
    from tldextract import TLDExtract

#: DNS knows no longer names; encoding a hostile one of a megabyte takes seconds.
MAX_HOST_CHARS = 253

#: Where the rules of registries end and those of private owners (blogspot.com) begin.
_PRIVATE = "===BEGIN PRIVATE DOMAINS==="


def _rules_file() -> Path:
    """Returns the path of the list that tldextract brings along, which to find does not import it."""
    found = importlib.util.find_spec("tldextract")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("tldextract")
    return Path(found.origin).parent / ".tld_set_snapshot"


@functools.cache
def rules_sha256() -> str:
    """Returns the SHA-256 of the Public Suffix List in use."""
    return file_sha256(_rules_file())


def read_rules() -> list[str]:
    """Returns the rules of registries: `com`, `co.uk`, `*.ck`, `!www.ck`; others are private and do not count."""
    text = _rules_file().read_text(encoding="utf-8").partition(_PRIVATE)[0]
    lines = (line.split()[0] for line in text.splitlines() if line.strip())
    return [line for line in lines if not line.startswith("//")]


@functools.cache
def suffix_rules() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """Returns the rules as nodes of a tree: a set of hashes, and for each slot what the node there is."""
    kinds: dict[str, int] = {}
    for rule in read_rules():
        for spelling in {rule, to_ascii(rule)}:
            labels = spelling.split(".")
            for place in range(len(labels)):
                name = ".".join(labels[place:])
                kinds[name] = kinds.get(name, 0) | THERE | (0 if place else RULE)
            if labels[0] == "*":
                kinds[".".join(labels[1:])] |= WILDCARD
    hashes = np.array([hash_of(name.encode()) for name in kinds], dtype=np.uint64)
    nodes = make_set(hashes)
    flags = np.zeros(len(nodes), dtype=np.uint8)
    order = np.argsort(nodes)
    flags[order[np.searchsorted(nodes, hashes, sorter=order)]] = list(kinds.values())
    return nodes, flags


def hash_of(domain: bytes) -> int:
    """Returns the hash by which a domain is looked up."""
    return int(hash_backwards(read_only(to_bytes(domain)), 0, len(domain)))


def to_bytes(text: bytes) -> ByteArray:
    """Returns bytes as the array that compiled functions read."""
    return np.frombuffer(text, dtype=np.uint8)


def to_ascii(host: str) -> str:
    """Returns a host in lower case, with labels that are not ASCII in Punycode where they can be written so."""
    plain = host.replace("\u3002", ".").replace("\uff0e", ".").replace("\uff61", ".").lower()
    if len(plain) > MAX_HOST_CHARS:
        return plain
    return ".".join(label if label.isascii() else _punycode(label) for label in plain.split("."))


def _punycode(label: str) -> str:
    try:
        return idna.encode(label, uts46=True).decode()
    except UnicodeError:
        return label


def with_ascii_host(url: str) -> str:
    """Returns a URL whose host is written in Punycode, without scheme, user and port."""
    data = url.encode()
    first, last, rest = find_host(read_only(to_bytes(data)), 0, len(data))
    host = data[first:last].decode("utf-8", "replace").strip().rstrip(".\u3002\uff0e\uff61")
    return "//" + to_ascii(host) + data[rest:].decode("utf-8", "replace")


@functools.cache
def _extractor() -> TLDExtract:
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=())


def registered_and_host(url: str) -> tuple[str, str]:
    """Returns the registered domain and the whole host as tldextract spells them, "" where there is none."""
    found = _extractor()(url)
    return found.top_domain_under_public_suffix, found.fqdn
