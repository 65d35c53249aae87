"""C4's page cleaning as TensorFlow Datasets has it, slowly; sentences by their end marks, not by Punkt."""

from __future__ import annotations

from reference import prose
from reference.c4 import CITATION, POLICIES


def clean_page(text: str) -> tuple[str, str, int]:
    """Returns the cleaned page, what ended it (empty for nothing; the page is then as it was), and its sentences."""
    kept, sentences = [], 0
    for line in map(str.strip, text.splitlines()):
        if any(len(word) > 1000 for word in line.split()):
            continue
        line = CITATION.sub("", line)
        if not line.endswith((".", "?", "!", '"')) or line.endswith("...") or len(line.split()) < 5:
            continue
        lowered = line.lower()
        if "lorem ipsum" in lowered:
            return text, "lorem_ipsum", sentences
        if "javascript" in lowered:
            continue
        if "{" in line:
            return text, "curly_brace", sentences
        if any(phrase in lowered for phrase in POLICIES):
            continue
        sentences += int(prose.counts(line)["sentences"])
        kept.append(line)
    return "\n".join(kept).strip(), "", sentences
