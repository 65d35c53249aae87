"""Lines taken apart by compiled code make what they make when each is parsed as a whole."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from data import machine_code
from data.parts import write_tables
from data.recipe import Source
from data.sources import InputFile, json_bodies
from data.sources.json_bodies import expect, taken_apart
from data.sources.jsonl import read_jsonl
from data.sources.records import to_tables

SOURCE = Source(name="s", kind="jsonl", path="x", id_column="id")
QUOTE, SLASH = '"', "\\"


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    if json_bodies._State.take is None:
        json_bodies.load()
    for name in ("take", "bytes", "is_refused"):
        monkeypatch.setattr(json_bodies._State, name, getattr(json_bodies._State, name))


def records(lines: list[bytes]) -> list[dict[str, Any]] | None:
    """Returns lines parsed after they were taken apart, null where they cannot be."""
    apart = taken_apart(lines, SOURCE)
    if apart is None:
        return None
    try:
        rest = orjson.loads(apart[0])
    except orjson.JSONDecodeError:
        return None
    assert [record["text"] for record in rest] == [""] * len(lines)
    return [{**record, "text": text} for record, text in zip(rest, apart[1].to_pylist(), strict=True)]


USUAL = [
    '{"text": "a"}',
    ' {"id" : 1, "text" :  "a b",  "n": [{"text": "no"}, "]"], "o": {"text": {"text": 1}}} ',
    '{"a": "\\"text\\": \\\\", "text": "\\"text\\": \\"b\\""}',
    '{"text": "' + "x" * 31 + '"}',
    '{"text": "' + "x" * 32 + '\\n"}',
    '{"text": "' + "\\n" * 40 + '", "id": null}',
    '{"text": "' + "é" * 30 + '\\u00e9\\u0000\\u20AC\\ud83d\\uDE00 \\b\\f\\t\\r\\/\\\\"}',
    '{"text": "\\u007f\\u0080\\u07ff\\u0800\\uffff\\ud800\\udc00\\udbff\\udfff"}',
    '{"\\"": [true, false, null, -1.5e3], "TEXT": "", "texts": "", "tex": "", "": "", "text": "{[\\"]}"}',
]


@pytest.mark.parametrize("line", USUAL)
def test_a_usual_line_is_taken_apart(line: str) -> None:
    if "\\" in line.partition(":")[0]:  # a name that is escaped may be any name
        assert records([line.encode()]) is None
    else:
        assert records([line.encode()]) == [orjson.loads(line)]
    assert records([b'{"text": "z"}', *[each.encode() for each in USUAL[:-1]]]) == [
        {"text": "z"}, *map(orjson.loads, USUAL[:-1]),
    ]  # fmt: skip


ODD = [
    b"", b" ", b'{"text": ""}', b'{"text": null}', b'{"text": ["a"]}', b'["text", "a"]', b'"text"', b'{"id": "text"}',
    b'{"text": "a", "text": "b"}', b'{"text": "a", "te\\u0078t": "b"}', b'{"te\\u0078t": "a"}',
    b'{"n": {"text": "a"}}', b'{"text": "a"', b'{"text": "a', b'{"text": "a\\', b'{"text": "a\\u00',
    b'{"text": "a\\u00"}', b'{"text": "\\x41"}', b'{"text": "a"}}', b'{"text": "a"} {"text": "b"}',
    b'{"text": "a"},{"text": "b"}', b'{"text": "a"]', b'{"text" "a"}', b'{"text": "\\ud800"}',
    b'{"text": "\\ud800\\u0041"}', b'{"text": "\\udc00"}', b'{"text": "\\ud83d\\ud83d"}', b'{"text": "\\ud83dx"}',
    b'{"text": "a\x01b"}', b'{"text": "a\tb"}', b'{\t"text": "a"}', b'{"text": "a"}\r', b'{"text": "\xff"}',
    b'{"text": "\xed\xa0\x80"}', b'{"text": "\xc3"}', b'{"text": "\xc3\\u00a9"}', b'{"text": "a" "b"}',
    b'{"text": "a", "n": 1e}', b'{"text": "a", "s": "\\ud800"}', b'{"text": "a", "s": "\xff"}',
    b'{"text": "a", "s": "\\q"}', b'{"text": "a",}', b'{,"text": "a"}', b'\xef\xbb\xbf{"text": "a"}',
    b'\x1e{"text": "a"}', b'{"text": "a"}x',
]  # fmt: skip


@pytest.mark.parametrize("line", ODD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_odd_line_is_left_to_others_wherever_it_stands(line: bytes, place: int) -> None:
    lines = [b'{"text": "a"}', b'{"text": "b"}']
    assert records(lines) == [{"text": "a"}, {"text": "b"}]
    assert records([*lines[:place], line, *lines[place:]]) is None


def test_odd_lines_do_not_make_up_for_each_other() -> None:
    halves = b'{"text": "a", "n": [{"text": "b"}', b'{"text": "c"}], "m": 1}'
    assert orjson.loads(b",".join(halves))["m"] == 1
    assert records([*halves]) is None
    assert records([*halves, b'{"text": "d"}, {"text": "e"}']) is None


def noise(draw: random.Random) -> bytes:
    """Returns a line, mostly JSON, of what matters to where strings begin and end; now and then a byte is another."""
    pieces = ["text", QUOTE, SLASH, "u0041", "ud83d", "ude00", "{", "}", "[", ":", ",", "é", "x" * 40, "\n", "😀"]

    def word() -> str:
        return "".join(draw.choices(pieces, k=draw.randrange(4)))

    def value(depth: int) -> Any:
        kind = draw.randrange(6 if depth else 4)
        if kind < 2:
            return word()
        if kind < 4:
            return draw.choice([None, True, 1, -2.5, 10**19])
        if kind == 4:
            return [value(depth - 1) for _ in range(draw.randrange(3))]
        return {draw.choice(["text", word()]): value(depth - 1) for _ in range(draw.randrange(3))}

    items = {word() or "n": value(3) for _ in range(draw.randrange(3))}
    items[draw.choice(["text"] * 9 + ["Text"])] = word() + draw.choice(["", "a"])
    pairs = list(items.items())
    draw.shuffle(pairs)
    separators = draw.choice([None, (",", ":"), (" , ", " : ")])
    line = json.dumps(dict(pairs), ensure_ascii=draw.random() < 0.5, separators=separators)
    found = bytearray(line.encode())
    if draw.random() < 0.4:
        found[draw.randrange(len(found))] = draw.choice(b'"\\{}[],:a u\xc3\xa9\x00')
    return bytes(found)


def test_lines_of_any_kind_are_parsed_as_they_are_as_a_whole_or_not_taken_apart() -> None:
    draw = random.Random(1)
    taken = refused = 0
    for _ in range(20_000):
        line = noise(draw)
        found = records([line])
        if found is None:
            refused += 1
            continue
        assert found == [orjson.loads(line)], line
        taken += 1
    assert taken > 5_000
    assert refused > 4_000


@pytest.mark.parametrize("settings", [{}, {"html_column": "text"}, {"document_kind": "code", "path_column": "id"},
                                      {"id_column": "text"}, {"signals": {"s": "text", "t": "n"}}])  # fmt: skip
def test_a_file_makes_the_same_part_to_the_last_byte_with_and_without_compiled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    draw = random.Random(2)
    path = tmp_path / "a.jsonl"
    usual = [orjson.dumps({"id": f"{n}.py", "n": n, "text": f"{n} é\n{'x' * (n % 90)}"}) for n in range(4_000)]
    odd = [draw.choice([noise(draw), *ODD]) for _ in range(60)]
    path.write_bytes(b"\n".join(usual[:3_000] + [line.replace(b"\n", b" ") for line in odd] + usual[3_000:]))
    source, file = Source(name="s", kind="jsonl", path=str(path), **settings), InputFile(str(path), "a.jsonl", 1, "")
    calls = []
    take = json_bodies._State.take
    assert take is not None
    monkeypatch.setattr(json_bodies._State, "take", lambda *given: calls.append(take(*given)) or calls[-1])
    assert write_tables(tmp_path / "fast", to_tables(read_jsonl(file, source))) > 4_000
    assert any(size > 0 for size in calls) == (len(settings) != 1 or "html_column" in settings)
    monkeypatch.setattr(json_bodies._State, "take", None)
    write_tables(tmp_path / "slow", to_tables(read_jsonl(file, source)))
    assert (tmp_path / "fast").read_bytes() == (tmp_path / "slow").read_bytes()


def test_lines_full_of_escaped_numbers_are_left_to_a_parser() -> None:
    lines = [b'{"text": "' + b"\\u0441" * 8 + b"x" * 192 + b'"}'] * 64  # 252 bytes with the end
    assert taken_apart(lines, SOURCE) is not None
    assert taken_apart([lines[0].replace(b"x" * 6, b"\\u0441", 1), *lines], SOURCE) is None
    assert taken_apart([line.replace(b"\\u", b"\\n") for line in lines * 9], SOURCE) is not None


def test_small_bodies_do_not_hold_on_to_the_lines_room() -> None:
    apart = taken_apart([b'{"text": "a", "n": "' + b"x" * 100_000 + b'"}'] * 9, SOURCE)
    assert apart is not None
    assert apart[1].get_total_buffer_size() < 1_000


def test_compiled_code_is_loaded_where_that_is_worth_the_while(monkeypatch: pytest.MonkeyPatch) -> None:
    state, asked = json_bodies._State, []
    state.take, state.bytes = None, 0
    monkeypatch.setattr(json_bodies, "load", lambda: asked.append(state.bytes))
    monkeypatch.setattr(machine_code.Entry, "is_kept", lambda entry: True)
    expect(json_bodies.LOADING_BYTES - 1)
    assert asked == []
    expect(1)
    assert asked == [json_bodies.LOADING_BYTES]
    monkeypatch.setattr(machine_code.Entry, "is_kept", lambda entry: False)
    expect(json_bodies.COMPILING_BYTES - json_bodies.LOADING_BYTES - 1)
    assert len(asked) == 1
    expect(1)
    assert len(asked) == 2


def test_where_the_system_refuses_compiled_code_lines_are_parsed_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refused() -> None:
        asked.append(1)
        raise PermissionError(13, "mprotect")

    monkeypatch.setattr(json_bodies, "load", refused)
    monkeypatch.setattr(machine_code.Entry, "is_kept", lambda entry: True)
    monkeypatch.setattr(json_bodies, "LOADING_BYTES", 0)
    json_bodies._State.take = None
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a"}\n')
    for _ in range(2):
        (table,) = read_jsonl(InputFile(str(tmp_path / "a.jsonl"), "a", 14, ""), SOURCE)
        assert table["text"].to_pylist() == ["a"]
    assert len(asked) == 1
