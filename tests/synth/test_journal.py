from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import DamageError, LockedError
from synth.journal import REPLY, Caps, Journal


def planned(journal: Journal, *keys: str, free: bool = False) -> None:
    journal.plan(dict.fromkeys(keys, "{}"), endpoint="e", model="m", free=free)


def test_a_call_is_refused_when_its_worst_case_would_pass_the_cap(tmp_path: Path) -> None:
    caps = Caps(nano_usd=500)
    granted = 0
    with Journal(tmp_path / "j") as journal:
        for number in range(10):
            planned(journal, str(number))
            attempt = journal.reserve(str(number), 100, caps)
            if attempt is None:
                break
            journal.settle(attempt, charged=60, outcome=REPLY, body="x")
            granted += 1
        assert granted == 7  # after six: 360; the seventh reserves up to 460, the eighth would reach 520
        assert journal.totals().nano_usd == 420


def test_exactly_the_cap_may_be_spent(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        planned(journal, "a", "b")
        assert journal.reserve("a", 100, Caps(nano_usd=100)) is not None
        assert journal.reserve("b", 1, Caps(nano_usd=100)) is None


def test_a_call_that_never_left_does_not_count_as_one(tmp_path: Path) -> None:
    caps = Caps(requests=2)
    with Journal(tmp_path / "j") as journal:
        planned(journal, "a", "b", "c")
        for _ in range(5):
            attempt = journal.reserve("a", 100, caps)
            assert attempt is not None
            journal.settle(attempt, charged=0, note="cannot connect", sent=False)
        assert journal.totals().requests == 0
        assert [journal.reserve(key, 100, caps) is not None for key in "abc"] == [True, True, False]
    with Journal(tmp_path / "j") as again:
        assert again.totals().requests == 2


def test_without_usage_the_worst_case_stays_charged(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        planned(journal, "a")
        attempt = journal.reserve("a", 100, Caps())
        assert attempt is not None
        journal.settle(attempt, charged=None, note="timeout")
        assert journal.totals().nano_usd == 100
        assert journal.settled("a") is None
        second = journal.reserve("a", 100, Caps())
        assert second is not None
        journal.settle(second, charged=7, usage=(3, 4), outcome=REPLY, body="body", mode="plain")
        settled = journal.settled("a")
    assert settled is not None
    assert (settled.outcome, settled.body, settled.mode, settled.usage) == (REPLY, "body", "plain", (3, 4))
    with Journal(tmp_path / "j") as again:
        assert (again.totals().nano_usd, again.charges(["a"])) == (107, {"a": 107})
        assert again.settled("a") == settled


def test_a_call_left_open_is_in_doubt_and_stays_charged(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        planned(journal, "a", "b")
        journal.reserve("a", 100, Caps())
    with Journal(tmp_path / "j") as again:
        assert (again.in_doubt("a"), again.in_doubt("b")) == (True, False)
        assert again.totals().nano_usd == 100
        assert again.reserve("b", 1, Caps(requests=1)) is None


def test_calls_that_cost_nothing_leave_no_doubt_and_no_count(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        planned(journal, "a", free=True)
        assert journal.reserve("a", 100, Caps(nano_usd=0, requests=0)) is not None
    with Journal(tmp_path / "j") as again:
        assert not again.in_doubt("a")
        assert again.totals() == type(again.totals())(0, 0, 0, 0)


def test_only_failures_can_be_taken_back(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        planned(journal, "good", "bad")
        for key, outcome in (("good", REPLY), ("bad", "failed: timeout")):
            attempt = journal.reserve(key, 10, Caps())
            assert attempt is not None
            journal.settle(attempt, charged=None, outcome=outcome, body="x")
        journal.reopen(["good", "bad"])
        assert journal.settled("good") is not None
        assert journal.settled("bad") is None
        assert journal.totals().nano_usd == 20


def test_a_journal_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(LockedError, match="another run"), Journal(tmp_path / "j"):
        pass
    with Journal(tmp_path / "j"):
        pass


def test_a_file_that_is_no_journal_is_damage_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"not a database " * 100)
    with pytest.raises(DamageError, match="move it away"), Journal(tmp_path / "j"):
        pass
    assert (tmp_path / "j").read_bytes().startswith(b"not a database")


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\nfrom synth.journal import *\n"
        f"with Journal(pathlib.Path({str(tmp_path / 'j')!r})) as j:\n"
        "    j.plan({'a': '{}', 'b': '{}'}, endpoint='e', model='m', free=False)\n"
        "    j.settle(j.reserve('a', 5, Caps()), charged=2, outcome=REPLY, body='x')\n"
        "    j.reserve('b', 5, Caps())\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == -9
    with Journal(tmp_path / "j") as journal:
        assert journal.settled("a") is not None
        assert journal.in_doubt("b")
        assert journal.totals().nano_usd == 7


def test_every_commit_is_synced(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        database = journal._database
        assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert database.execute("PRAGMA synchronous").fetchone()[0] == 2
    with sqlite3.connect(tmp_path / "j") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_journal_bears_a_name_of_its_own_that_stays(tmp_path: Path) -> None:
    names = []
    for place in ("a", "b", "a"):
        with Journal(tmp_path / place) as journal:
            names.append(journal.name)
    assert names[0] == names[2] != names[1]
