from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from flows.summary import closing_words

COUNTS = {"in": 1, "kept": 1, "dropped": 0, "quarantined": 0, "not_sampled": 0, "tokens_kept": 9, "reasons": []}
MANIFEST: dict[str, Any] = {"counts": COUNTS, "shards": [{}], "mixture": {"realised": {}}}


def test_the_commands_named_at_the_end_mean_the_folder_when_a_shell_reads_them() -> None:
    folder = "out of space/it's \u00e9"
    named = [
        line.split("phimill ")[1] for line in closing_words(MANIFEST, Path(folder)).splitlines() if "phimill" in line
    ]
    assert [words.split()[0] for words in named] == ["stats", "sample", "explain", "explore"]
    assert all(words.split(" ", 1)[1].startswith(shlex.quote(folder) + " ") for words in named)


def test_a_single_reason_too_many_is_named_and_not_counted() -> None:
    def said(number: int) -> list[str]:
        rows = [{"reason": f"r{n}", "stage": "judge", "documents": 100 - n} for n in range(number)]
        words = closing_words({**MANIFEST, "counts": {**COUNTS, "reasons": rows}}, Path("o"))
        return [line.strip() for line in words.splitlines() if "judge" in line or "further" in line]

    assert said(9)[-1].endswith("r8")
    assert said(10)[-1] == "183  for 2 further reasons"


def test_a_share_that_was_missed_says_by_how_much() -> None:
    def group(documents: int, tokens: int, **more: int) -> dict[str, Any]:
        return {"documents": documents, "tokens": tokens, "share": tokens / 1000, "available_tokens": tokens, **more}

    mixture = {
        "planned": {name: {"share": 0.25, "tokens": 250} for name in ("code", "exercise", "lesson", "web")},
        "realised": {
            "code": group(9, 250),
            "exercise": group(3, 100, short_of=150),
            "lesson": group(0, 0),
            "web": group(0, 0, short_of=250),
            "unasked": group(0, 0),
        },
    }
    words = closing_words({**MANIFEST, "mixture": mixture}, Path("o")).splitlines()
    said = {line.split()[0]: line.split("%", 1)[1] for line in words if " documents " in line and "%" in line}
    assert said == {
        "code": "",
        "exercise": "; 25.0% wanted, short of 150 tokens",
        "lesson": "; 25.0% wanted, nothing was left to take: the others share it",
        "web": "; 25.0% wanted, short of 250 tokens",
    }
