"""Writes WARC files: one gzip member per record, fixed dates, record ids derived from URLs."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid

DATE = "2024-03-01T00:00:00Z"


def record(kind: str, uri: str, payload: bytes, content_type: str, *, body: bytes | None = None) -> bytes:
    """Returns one compressed record.

    Args:
        kind: WARC-Type.
        uri: WARC-Target-URI; for a warcinfo record the file's name.
        payload: the record's block, HTTP head included where there is one.
        body: what follows the HTTP head, for the payload digest.
    """
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {uri}")
    target = "WARC-Filename" if kind == "warcinfo" else "WARC-Target-URI"
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{number}>",
        f"WARC-Date: {DATE}",
        f"{target}: {uri}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(payload)}",
    ]
    if body is not None:
        lines.append(f"WARC-Payload-Digest: sha1:{base64.b32encode(hashlib.sha1(body).digest()).decode()}")
    head = "\r\n".join(lines).encode()
    return gzip.compress(head + b"\r\n\r\n" + payload + b"\r\n\r\n", 6, mtime=0)


def response(
    uri: str,
    body: bytes,
    content_type: str,
    status: str = "200 OK",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """Returns the record of a server's answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *(f"{name}: {value}" for name, value in headers)]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}"]).encode() + b"\r\n\r\n"
    return record("response", uri, head + body, "application/http; msgtype=response", body=body)


def request(uri: str) -> bytes:
    """Returns the record of a crawler's question."""
    host, _, path = uri.removeprefix("https://").partition("/")
    head = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: phimill-sample\r\nAccept: text/html\r\n\r\n"
    return record("request", uri, head.encode(), "application/http; msgtype=request")


def warcinfo(name: str) -> bytes:
    """Returns the record that opens a file."""
    fields = b"software: phimill sample-corpus\r\nformat: WARC File Format 1.1\r\n"
    return record("warcinfo", name, fields, "application/warc-fields")


def metadata(uri: str) -> bytes:
    """Returns a record of notes about a page."""
    return record("metadata", uri, b"fetchTimeMs: 42\r\ncharset-detected: utf-8\r\n", "application/warc-fields")
