from __future__ import annotations

from data.trafilatura_peer import extract_as_datatrove

SENTENCE = "A river carries more water in spring, when the snow of the mountains melts, than in any season. "


def test_a_pages_text_does_not_depend_on_how_often_it_was_read() -> None:
    body = f"<h1>Rivers</h1><p>{SENTENCE * 3}</p><p>Their {SENTENCE * 2}</p>"
    page = f"<html><body><article>{body}</article></body></html>"
    texts = {extract_as_datatrove(page) for _ in range(6)}
    assert len(texts) == 1
    assert SENTENCE.strip() in texts.pop()
