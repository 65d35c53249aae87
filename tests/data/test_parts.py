from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.atomic import atomic_path, atomic_write
from data.errors import AccountingError, DamageError
from data.keyed import keyed_unit
from data.parts import Part, PartWriter, alive, lay_side_by_side, read_batches, read_part, scatter, write_part
from data.schema import document, document_id, to_table
from data.texts import RowStream, fetch_texts, read_texts, texts_of_rows


def fates(ids: list[str], statuses: list[str]) -> pa.Table:
    return pa.table({"id": ids, "status": statuses})


def test_an_id_depends_on_the_source_and_the_place_only() -> None:
    assert document_id("a", "x.jsonl:1") == document_id("a", "x.jsonl:1")
    assert len({document_id("a", "x.jsonl:1"), document_id("a", "x.jsonl:2"), document_id("b", "x.jsonl:1")}) == 3
    assert len(document_id("a", "")) == 32


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    atomic_write(target, "old")

    def fill_the_disk() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("new")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fill_the_disk()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_part_is_read_in_pieces_of_bounded_size(tmp_path: Path) -> None:
    table = pa.table({"id": [str(n) for n in range(40)], "text": ["x" * 1_000_000] * 40})
    with PartWriter(tmp_path / "p.parquet", table.schema) as writer:
        writer.write(table)
    pieces = list(read_batches(tmp_path / "p.parquet"))
    assert sum(piece.num_rows for piece in pieces) == 40
    assert max(piece.nbytes for piece in pieces) <= 16 * 2**20
    assert pa.concat_tables(pieces)["id"].to_pylist() == table["id"].to_pylist()


def test_a_dictionary_is_made_of_columns_whose_values_return_and_of_no_others(tmp_path: Path) -> None:
    words = pa.list_(pa.struct([("what", pa.string())]))
    table = pa.table(
        {"id": ["a", "b"], "text": ["x", "y"], "source": ["s", "s"], "failed": [["r"], ["r"]],
         "cuts": pa.array([[{"what": "w"}], []], words), "n": [1, 2]}
    )  # fmt: skip
    write_part(tmp_path / "p", table)
    with pq.ParquetFile(tmp_path / "p") as file:
        group = file.metadata.row_group(0)
        columns = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}
    found = {name: (column.has_dictionary_page, column.is_stats_set) for name, column in columns.items()}
    both = (True, True)
    assert found == {
        "id": (False, False), "text": (False, False), "source": both, "failed.list.element": both,
        "cuts.list.element.what": both, "n": both,
    }  # fmt: skip
    assert read_part(tmp_path / "p").equals(table)


def test_a_flipped_byte_in_a_part_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_part(path, pa.table({"id": ["a"], "text": ["x" * 1000 + "y" * 500]}))
    content = bytearray(path.read_bytes())
    content[30] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DamageError, match="delete this file and run again"):
        read_part(path)


def test_rows_that_are_not_the_same_are_not_laid_side_by_side() -> None:
    with pytest.raises(AccountingError):
        lay_side_by_side(pa.table({"id": ["a", "b"]}), pa.table({"id": ["a", "c"], "x": [1, 2]}), "here")
    with pytest.raises(AccountingError):
        lay_side_by_side(pa.table({"id": ["a", "b"]}), pa.table({"id": ["a"], "x": [1]}), "here")


def test_some_rows_are_scattered_to_their_places_among_all() -> None:
    mask = pa.array([False, True, False, True])
    assert scatter(pa.table({"x": [10, 20]}), mask)["x"].to_pylist() == [None, 10, None, 20]


def test_a_row_is_alive_while_no_step_has_ended_its_road(tmp_path: Path) -> None:
    write_part(tmp_path / "i", fates(["a", "b", "c"], ["", "quarantined", ""]))
    write_part(tmp_path / "j", fates(["a", "b", "c"], ["", "", "dropped"]))
    part = Part("s/0", "s", {}, {"ingest": str(tmp_path / "i"), "judge": str(tmp_path / "j")})
    assert alive(part, ["ingest"]).to_pylist() == [True, False, True]
    assert alive(part, ["ingest", "judge", "not run"]).to_pylist() == [True, False, False]


def text_part(folder: Path) -> Part:
    rows = [document("s", f"f:{n}", kind="web", text=None if n == 1 else f"born {n}") for n in range(6)]
    ids = [row["id"] for row in rows]
    with PartWriter(folder / "ingest", to_table([]).schema) as writer:
        writer.write(to_table(rows[:2]))
        writer.write(to_table(rows[2:]))
    extracted = pa.table(
        {"id": ids, "text": pa.array([None, "page 1", None, None, "page 4", None], pa.large_string()),
         "metadata": pa.array([None, '{"title":"t"}', None, None, None, None], pa.string())}
    )  # fmt: skip
    write_part(folder / "extract", extracted)
    measured = pa.table({"id": ids, "text": pa.array([None, None, None, "cut 3", "cut 4", None], pa.large_string())})
    write_part(folder / "measure", measured)
    return Part("s/0", "s", {}, {step: str(folder / step) for step in ("ingest", "extract", "measure")})


def test_the_last_step_that_changed_a_text_has_the_word(tmp_path: Path) -> None:
    part = text_part(tmp_path)
    tables = list(read_texts(part, ("id", "metadata")))
    assert len(tables) == 2
    assert [t for table in tables for t in table["text"].to_pylist()] == [
        "born 0", "page 1", "born 2", "cut 3", "cut 4", "born 5",
    ]  # fmt: skip
    assert tables[0]["metadata"].to_pylist() == ["{}", '{"title":"t"}']
    before = [t for table in read_texts(part, before="measure") for t in table["text"].to_pylist()]
    assert before == ["born 0", "page 1", "born 2", "born 3", "page 4", "born 5"]


def test_texts_are_fetched_by_id_whatever_part_holds_them(tmp_path: Path) -> None:
    part = text_part(tmp_path)
    wanted = [document_id("s", "f:4"), document_id("s", "f:0"), "unknown"]
    assert fetch_texts([part], wanted) == {wanted[0]: "cut 4", wanted[1]: "born 0"}


@pytest.mark.parametrize("rows", [[], [0], [1, 3, 4], [0, 1, 2, 3, 4, 5]])
def test_texts_of_some_rows_are_those_of_all_rows(tmp_path: Path, rows: list[int]) -> None:
    part = text_part(tmp_path)
    whole = pa.concat_tables(read_texts(part, ("id",))).to_pylist()
    assert texts_of_rows(part, np.array(rows, dtype=np.int64), ["id"]).to_pylist() == [whole[row] for row in rows]


def test_a_row_beyond_the_end_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamageError, match="has no row 6"):
        texts_of_rows(text_part(tmp_path), np.array([2, 6]))


def test_a_row_stream_gives_rows_in_any_portions(tmp_path: Path) -> None:
    with PartWriter(tmp_path / "p", pa.schema([("id", pa.string())])) as writer:
        for start in (0, 3, 4):
            writer.write(pa.table({"id": [str(n) for n in range(start, start + (3, 1, 6)[(0, 3, 4).index(start)])]}))
    stream = RowStream(str(tmp_path / "p"), ["id"])
    assert [stream.take(n)["id"].to_pylist() for n in (2, 5, 3)] == [["0", "1"], list("23456"), list("789")]


def test_keyed_choices_do_not_depend_on_order_or_company() -> None:
    ids = [f"doc {n}" for n in range(2000)]
    forward = dict(zip(ids, keyed_unit(1, "mix", ids), strict=True))
    backward = dict(zip(reversed(ids), keyed_unit(1, "mix", list(reversed(ids))), strict=True))
    assert forward == backward
    assert keyed_unit(1, "mix", ["doc 7"])[0] == forward["doc 7"]
    assert abs(sum(forward.values()) / len(forward) - 0.5) < 0.03
    assert keyed_unit(2, "mix", ["doc 7"])[0] != forward["doc 7"]
