from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.work import Work


def call(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


def test_a_recipe_that_is_wrong_ends_with_2_and_one_line(corpus: Path, tmp_path: Path) -> None:
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--set", "sources.web.path=x")
    assert code == 2
    assert "no entry named 'web'" in said
    assert not (tmp_path / "o" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("filters.gopher-quality.min_wrods=3", 'Did you mean "min_words"?'),
        ("filters.gopher-quality.preset=gopher-qualty", 'Did you mean "gopher-quality'),
        ("quality.reference=[nothing.jsonl]", "no such file"),
        ("language={model: nothing.bin, sha256: '0'}", "no such file"),
        ("language={model: nothing.bin}", "needs `sha256`"),
        ("sources.prose.path=nothing", "no such file or folder"),
        ("sources.prose.path=code", "holds no file that matches"),
        ("sources.prose.path='*.jsnol'", "holds no file that matches *.jsnol"),
        ("sources.prose.path=ftp://example.org/a.jsonl", "cannot be read; expected"),
        ("mixture.shares={wbe: 1.0}", 'Did you mean "web"?'),
        ("synthesise.teacher.base_url=http://127.0.0.1:1/v1", "OPENAI_API_KEY"),
        ("decontaminate.benchmarks.birds.path=no.jsonl", "no such file"),
        ("sources.prose.signals={text: edu}", "has the name of a column"),
        ("sources.prose.signals={quality: edu}", "has the name of the model's"),
        ("filters.gopher-quality.where={source: prsoe}", 'Did you mean "prose"?'),
        ("schedule={cron: 3 o'clock}", "five fields"),
        ("schedule={cron: 99 3 * * *}", "'99' is no minute; expected 0 to 59"),
        ("schedule={cron: '*/5 9-24 * * *'}", "'9-24' is no hour"),
        ("schedule={cron: '*/0 3 * * *'}", "is no minute"),
        ("schedule={cron: '0 3 1,0 * *'}", "'0' is no day of month"),
        ("schedule={cron: 0 3 * * *, timezone: Mars}", "unknown time zone"),
    ],
)
def test_whatever_is_wrong_is_said_before_work_begins(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, expected: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", "--set", change)
    assert (code, expected in said) == (2, True), said
    assert not (tmp_path / "o" / ".work").exists()


def test_an_empty_path_is_not_the_folder_one_is_in(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["run", str(corpus / "small.yaml"), "--out", ""], ["clean", ""], ["quickstart", "--out", ""]):
        code, said = call(*words)
        assert (code, "is empty; expected the path of a folder" in said) == (2, True), said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_is_not_utf_8_is_named(corpus: Path, tmp_path: Path) -> None:
    out = os.fsdecode(bytes(tmp_path) + b"/caf\xe9")
    code, said = call("run", str(corpus / "small.yaml"), "--out", out, "--no-server")
    assert (code, "the name is not UTF-8; rename it" in said) == (2, True), said
    assert "caf" in said.splitlines()[-1]


def test_a_held_folder_ends_with_11(corpus: Path, tmp_path: Path) -> None:
    with Work(tmp_path / "o"):
        code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server")
    assert code == 11
    assert "another run" in said


def test_a_file_that_cannot_be_opened_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / ".work" / "lock").mkdir(parents=True)  # what cannot be opened for writing, even by root
    code, said = call("clean", str(tmp_path))
    assert (code, said) == (1, f"phimill: {tmp_path}/.work/lock: Is a directory\n")


def test_streams_that_a_caller_has_closed_take_no_file_of_ours(tmp_path: Path) -> None:
    look = "open(sys.argv[1], 'w').write(' '.join(os.readlink(f'/proc/self/fd/{n}') for n in range(3)))"
    program = f"import os, sys; from flows.cli import main; main(['presets'], standalone_mode=False); {look}"
    told = tmp_path / "told"
    command = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', sys.executable, "-P", "-c", program, str(told)]
    assert subprocess.run(command, check=False, timeout=120).returncode == 0
    assert told.read_text() == "/dev/null /dev/null /dev/null"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_to_end_ends_a_command_in_order(number: signal.Signals, code: int) -> None:
    hangs = f"""
import os, signal, time
from flows.cli import main

for one in (signal.SIGTERM, signal.SIGHUP):  # under nohup and the like they would be passed over
    signal.signal(one, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

@main.command()
def hang():
    try:
        os.kill(os.getpid(), {number.value})
        time.sleep(100)
    finally:
        print("in order", flush=True)

main(["hang"])
"""
    command = [sys.executable, "-P", "-c", hangs]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=90)
    assert (ended.returncode, ended.stdout) == (code, "in order\n")
    assert "interrupted; what was finished is kept" in ended.stderr


def test_a_good_recipe_is_called_good(corpus: Path) -> None:
    code, said = call("recipe", "check", str(corpus / "small.yaml"))
    assert code == 0, said
    assert "3 sources" in said


def test_the_schema_documents_every_field_of_a_recipe() -> None:
    code, said = call("recipe", "schema")
    assert code == 0
    schema = json.loads(said)
    for name, model in {"Recipe": schema, **schema["$defs"]}.items():
        for field, about in model.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field}"


@pytest.mark.parametrize("share", ["0", "2", "-1%", "many"])
def test_a_sample_that_is_no_share_ends_with_2(corpus: Path, tmp_path: Path, share: str) -> None:
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--sample", share)
    assert code == 2
    assert "--sample" in said


def test_looking_at_a_folder_without_a_dataset_says_so(tmp_path: Path) -> None:
    for command in ("stats", "sample", "verify", "report", "clean"):
        code, said = call(command, str(tmp_path))
        assert code in (1, 2), command
        assert str(tmp_path) in said, command


def test_presets_are_listed_and_explained() -> None:
    code, said = call("presets")
    assert code == 0
    assert "gopher-quality" in said
    code, said = call("presets", "gopher-quality")
    assert code == 0
    assert "min_words" in said
    code, said = call("presets", "gopher-qualty")
    assert code == 2
    assert "Did you mean" in said


@pytest.mark.parametrize("part", ["quality", "language"])
def test_a_model_that_is_not_the_one_named_is_refused_before_work(corpus: Path, tmp_path: Path, part: str) -> None:
    (tmp_path / "m.bin").write_bytes(b"not the model")
    change = f"{part}={{model: {tmp_path / 'm.bin'}, sha256: {'a' * 64}}}"
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", "--set", change)
    assert code == 2
    assert "SHA-256" in said
    assert not (tmp_path / "o" / ".work").exists()


@pytest.mark.slow
def test_a_signal_that_no_record_carries_is_refused(corpus: Path, tmp_path: Path) -> None:
    change = ("--set", "sources.prose.signals={edu: edou}", "--set", "quality=null")
    code, said = call("run", str(corpus / "small.yaml"), "--out", str(tmp_path / "o"), "--no-server", *change)
    assert code == 2
    assert 'no record of prose has a number in "edou"' in said
