"""Prefect's server as `phimill serve` starts it: its folder is there, and its end is told apart from slowness."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import PhimillError
from flows import serving
from flows.launch import prepare_prefect
from flows.serving import start_server


def test_prefects_folder_is_made_though_the_out_folder_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    prepare_prefect(tmp_path / "out" / ".prefect")
    assert (tmp_path / "out" / ".prefect").is_dir()
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "out" / ".prefect")


def test_where_the_user_has_a_prefect_home_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PREFECT_HOME": str(tmp_path / "own")})
    prepare_prefect(tmp_path / "out" / ".prefect")
    assert not (tmp_path / "out").exists()


def test_a_server_that_ends_is_told_by_its_last_words_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text(f"#!{shutil.which('sh')}\necho unable to open database file\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    monkeypatch.setenv("PREFECT_API_URL", "")
    with pytest.raises(PhimillError, match=r"ended with code 3.*Its last words: unable to open database file"):
        start_server(port=1)


@pytest.fixture
def restored() -> Iterator[None]:
    """What a test sets for Ctrl-C is taken back."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN], ids=["terminal", "background"])
def test_what_ends_the_command_ends_prefects_loop_in_order(
    handler: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from prefect.runner import Runner

    signal.signal(signal.SIGINT, handler)

    ended: list[str] = []

    async def serve() -> None:
        asyncio.get_running_loop().call_soon(Runner.handle_sigterm, None)
        try:
            await asyncio.sleep(5)
        finally:
            ended.append("in order")

    monkeypatch.setattr(Runner, "handle_sigterm", Runner.handle_sigterm)  # to be put back
    monkeypatch.setattr("prefect.serve", lambda *deployments, limit: asyncio.run(serve()))
    with pytest.raises(KeyboardInterrupt):
        serving._serve([], tmp_path)
    assert ended == ["in order"]
