"""How the explorer starts: on loopback alone, with a link of its own, and refusals in words."""

from __future__ import annotations

import builtins
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.explore.serve import _listen


def test_a_taken_port_is_said(hostile: tuple[Path, Path], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        labels = ["--labels", str(tmp_path / "labels.jsonl")]
        call = CliRunner().invoke(main, ["explore", str(hostile[1]), "--port", port, *labels])
    assert call.exit_code == 2
    assert f"--port {port}: cannot listen" in call.output


def test_it_listens_on_loopback_only() -> None:
    with _listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_without_duckdb_it_says_what_to_install(hostile: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name == "duckdb":
            raise ModuleNotFoundError("No module named 'duckdb'")
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    call = CliRunner().invoke(main, ["explore", str(hostile[1])])
    assert call.exit_code == 2
    assert "-m pip install 'duckdb" in call.output


def test_a_folder_without_a_dataset_or_a_wrong_labels_file_is_refused(
    hostile: tuple[Path, Path], tmp_path: Path
) -> None:
    assert CliRunner().invoke(main, ["explore", str(tmp_path)]).exit_code == 2
    (tmp_path / "labels.jsonl").write_text("no json\n")
    call = CliRunner().invoke(main, ["explore", str(hostile[1]), "--labels", str(tmp_path / "labels.jsonl")])
    assert call.exit_code == 2
    assert "labels.jsonl:1" in call.output
    assert CliRunner().invoke(main, ["explore", str(hostile[1]), "--against", str(tmp_path)]).exit_code == 2
