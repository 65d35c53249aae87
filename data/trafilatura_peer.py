"""trafilatura as datatrove's extractor calls it: what phimill's speed and quality are compared with."""

from __future__ import annotations


def extract_as_datatrove(html: str) -> str:
    """Returns trafilatura's text of a page, by datatrove 0.10's settings, without its child process and time limit."""
    import trafilatura

    return trafilatura.extract(html, favor_precision=True, include_comments=False, deduplicate=True) or ""
