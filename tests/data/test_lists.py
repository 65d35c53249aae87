"""Lists as recipes name them: files, folders, what is installed, the recipe itself."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from data.errors import UsageError
from data.lists import EntryList, find_list


def test_a_file_is_read_without_comments_blank_lines_and_white_space(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf# all\r\n one \r\n\r\ntwo\t\n #three\ntwo\n")
    assert find_list("a.txt", tmp_path, "domains").entries() == ["one", "two"]


def test_compressed_files_hold_the_same_list(tmp_path: Path) -> None:
    content = b"one\ntwo\n"
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(content[:4]) + gzip.compress(content[4:]))
    frames = [zstandard.ZstdCompressor().compress(piece) for piece in (content[:4], content[4:])]
    (tmp_path / "a.txt.zst").write_bytes(b"".join(frames))
    assert find_list("a.txt.gz", tmp_path, "urls").entries() == ["one", "two"]
    assert find_list("a.txt.zst", tmp_path, "urls").entries() == ["one", "two"]


def test_a_folder_gives_its_files_of_the_settings_name_at_any_depth(tmp_path: Path) -> None:
    for name, entry in (
        ("ut1/adult/domains", "a"),
        ("ut1/adult/urls", "b"),
        ("ut1/games/domains.txt", "c"),
        ("ut1/README", "d"),
        ("ut1/.hidden/domains", "e"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(entry)
    assert find_list("ut1", tmp_path, "domains").entries() == ["a", "c"]
    assert find_list("ut1", tmp_path, "urls").entries() == ["b"]
    assert find_list("ut1", tmp_path, "hard_words").entries() == ["d"]


def test_several_lists_count_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    found = find_list(["a.txt", {"inline": ["two", "# no"]}, "installed:datatrove"], tmp_path, "soft_words")
    assert found.entries()[0] == "one"
    assert found.entries()[-1] == "two"
    assert len(found.entries()) > 50


def test_no_list_is_an_empty_one(tmp_path: Path) -> None:
    assert find_list(None, tmp_path, "domains").entries() == []


def test_what_a_list_is_does_not_depend_on_where_it_stands(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("one\n")
    here, there = (find_list("a.txt", tmp_path / folder, "domains") for folder in ("here", "there"))
    assert here == there
    assert here.digest == there.digest
    assert here.to_json() == there.to_json()
    assert EntryList.from_json(here.to_json(), here.places).entries() == ["one"]


def test_a_changed_file_is_another_list_and_one_that_changes_under_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\n")
    before = find_list("a.txt", tmp_path, "domains")
    path.write_text("other\n")
    assert find_list("a.txt", tmp_path, "domains").digest != before.digest
    with pytest.raises(UsageError, match="no longer the file"):
        before.entries()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nothing.txt", "no such file"),
        ("empty", "holds no file named domains"),
        (3, "expected a file, a folder"),
        ({"inlin": ["a"]}, "expected a file, a folder"),
        ({"inline": [3]}, "expected a file, a folder"),
        ({"inline": ["two\nlines"]}, "expected a file, a folder"),
        ("installed:dolma", "there is installed:datatrove"),
    ],
)
def test_what_is_no_list_is_refused(value: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        find_list(value, tmp_path, "domains")


def test_datatrove_brings_no_other_lists_along(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such list"):
        find_list("installed:datatrove", tmp_path, "words")


@pytest.mark.parametrize(("name", "content"), [("a.gz", b"no gzip"), ("a.zst", b"no zstd"), ("a.gz", b"\x1f\x8b\x08")])
def test_a_damaged_file_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=rf"{name}: cannot be read"):
        find_list(name, tmp_path, "domains").entries()
