from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from data.errors import UsageError
from synth.sandbox import bubblewrap, canaries, interpreter, landlock, seccomp, tiers
from synth.sandbox.program import Tier


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tiers.VARIABLE, raising=False)
    tiers.usable_tier.cache_clear()


def fail(*names: str) -> object:
    return lambda tier: ["read a file"] if tier.name in names else []


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 1)
    monkeypatch.setattr(bubblewrap, "command", lambda: ("bwrap",))
    monkeypatch.setattr(seccomp, "is_known_machine", lambda: True)


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("failing", "chosen"),
    [((), "bubblewrap"), (("bubblewrap",), "landlock"), (("landlock",), "bubblewrap"),
     (("bubblewrap", "landlock"), "none")],
)  # fmt: skip
def test_the_strongest_tier_that_passes_is_chosen(
    failing: tuple[str, ...], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canaries, "failures", fail(*failing))
    assert tiers.choose_tier() == chosen


@pytest.mark.usefixtures("both")
def test_a_forced_tier_is_used_only_if_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "failures", fail("bubblewrap"))
    monkeypatch.setenv(tiers.VARIABLE, "landlock")
    assert tiers.choose_tier() == "landlock"
    monkeypatch.setenv(tiers.VARIABLE, "bubblewrap")
    assert tiers.choose_tier() == "none"
    monkeypatch.setenv(tiers.VARIABLE, "none")
    assert tiers.choose_tier() == "none"


def test_an_unknown_tier_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tiers.VARIABLE, "docker")
    with pytest.raises(UsageError, match="docker: expected one of bubblewrap, landlock, none"):
        tiers.choose_tier()


def test_the_canaries_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def record(tier: Tier) -> list[str]:
        tried.append(tier.name)
        return []

    monkeypatch.setattr(canaries, "failures", record)
    tiers.choose_tier()
    tiers.choose_tier()
    assert len(tried) <= 1


@pytest.mark.usefixtures("both")
def test_without_known_system_calls_there_is_no_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "is_known_machine", lambda: False)
    monkeypatch.setattr(canaries, "failures", lambda tier: [])
    assert tiers.choose_tier() == "none"


@pytest.mark.usefixtures("both")
def test_without_landlock_and_bubblewrap_there_is_no_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    monkeypatch.setattr(bubblewrap, "command", lambda: None)
    assert tiers.choose_tier() == "none"


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(("user", "readable", "becomes"), [(0, True, 65534), (0, False, None), (1000, True, None)])
def test_a_superuser_becomes_nobody_where_nobody_can_start_python(
    user: int, readable: bool, becomes: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(interpreter, "is_readable_by_nobody", lambda: readable)
    for name in ("landlock", "bubblewrap"):
        found = tiers.candidate(name)
        assert found is not None
        assert found.user == becomes


@pytest.mark.parametrize(
    ("version", "bits", "net", "scoped", "size"),
    [(1, 13, 0, 0, 8), (2, 14, 0, 0, 8), (3, 15, 0, 0, 8), (4, 15, 3, 0, 16), (5, 16, 3, 0, 16), (6, 16, 3, 3, 24),
     (7, 16, 3, 3, 24), (9, 16, 3, 3, 24)],
)  # fmt: skip
def test_landlock_rules_ask_for_what_the_kernel_knows(
    version: int, bits: int, net: int, scoped: int, size: int
) -> None:
    rules = landlock.rules(["/usr", "/etc/passwd", "/no/such/path"], version)
    assert rules is not None
    assert (rules["fs"], rules["net"], rules["scoped"], rules["bytes"]) == (2**bits - 1, net, scoped, size)
    assert rules["paths"] == [("/usr", 0b1100), ("/etc/passwd", 0b100)]  # read files and folders; read a file


def test_without_landlock_there_are_no_rules() -> None:
    assert landlock.rules(["/usr"], 0) is None


def test_programs_may_read_the_library_but_no_virtual_environment() -> None:
    paths = interpreter.readable_paths()
    assert Path(sys.modules["json"].__file__ or "").is_relative_to(Path(paths[0]))
    if sys.prefix != sys.base_prefix:
        assert not any(path.startswith(sys.prefix) for path in paths)
    assert not {"/", "/etc", "/home", "/root", "/tmp", "/proc"} & set(paths)


def test_a_closed_folder_anywhere_above_keeps_nobody_out(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    file = folder / "python"
    file.touch()
    closed = folder.parent
    for path in (file, folder):
        path.chmod(0o755)
    closed.chmod(0o700)
    assert not interpreter._is_open_to_all(str(file))
    open_above = all(parent.stat().st_mode & stat.S_IXOTH for parent in closed.parents)
    closed.chmod(0o755)
    assert interpreter._is_open_to_all(str(file)) == open_above
