"""trafilatura as datatrove's extractor calls it: what phimill's speed and quality are compared with."""

from __future__ import annotations


def extract_as_datatrove(html: str) -> str:
    """Returns trafilatura's text of a page, by datatrove 0.10's settings, without its child process and time limit.

    It takes out what it has met three times, on earlier pages too: here each page is its first, so that its text does
    not depend on what was read before, nor on how often.
    """
    import trafilatura
    from trafilatura.deduplication import LRU_TEST

    LRU_TEST.clear()
    return trafilatura.extract(html, favor_precision=True, include_comments=False, deduplicate=True) or ""
