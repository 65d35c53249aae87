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
