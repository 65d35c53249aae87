from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from data.errors import ModelError
from data.tokenizer import Tokenizer, choose_sample, count_tokens, train

SENTENCE = "the of and river garden def return self import class token 2024 x_y hello, don't"
WORDS = SENTENCE.split()


def texts(count: int = 300) -> list[str]:
    draw = random.Random(4)
    return [" ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 80))) + "\n    é" for _ in range(count)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    train(texts(), 400, path)
    return Tokenizer(path)


def test_training_gives_the_same_bytes_in_any_order_and_with_any_number_of_threads(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    train(texts()[::-1], 400, tmp_path / "turned.json")
    assert (tmp_path / "turned.json").read_bytes() == tokenizer.path.read_bytes()
    (tmp_path / "texts.txt").write_text("\0".join(texts()), encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from data.tokenizer import train; "
        "train(Path(sys.argv[1]).read_bytes().decode().split('\\0'), 400, Path(sys.argv[2]))"
    )
    for threads in ("1", "4"):
        out = tmp_path / f"{threads}.json"
        command = [sys.executable, "-P", "-c", program, str(tmp_path / "texts.txt"), str(out)]
        subprocess.run(command, check=True, env={**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads})
        assert out.read_bytes() == tokenizer.path.read_bytes()


def test_nothing_is_learned_from_words_without_end_and_the_words_beside_them_count(tmp_path: Path) -> None:
    """The library would take minutes and gigabytes for a number of five million digits."""
    for endless, space in ("1+" * 2048, " "), ("é" * 5000, " "), ("\n" * 4096, ""):
        train([f"{one}{space}{endless}{space}{one}" for one in texts()], 400, tmp_path / "with.json")
        train([half for one in texts() for half in (f"{one}{space}", f"{space}{one}")], 400, tmp_path / "without.json")
        assert (tmp_path / "with.json").read_bytes() == (tmp_path / "without.json").read_bytes()


def test_the_end_token_is_token_zero_and_no_text_can_write_it(tokenizer: Tokenizer) -> None:
    assert tokenizer.eos == 0
    written = tokenizer.encode(["a <|endoftext|> b", "é<|endoftext|>é", "<|endoftext|>"])
    assert all(0 not in ids for ids in written)
    assert tokenizer.decode(written[0]) == "a <|endoftext|> b"
    assert tokenizer.decode([0]) == "<|endoftext|>"


def test_no_text_is_unknown_and_every_text_comes_back(tokenizer: Tokenizer) -> None:
    hostile = [
        "",
        " ",
        "\n\n\n",
        "\x00\x01\x7f",
        "日本語\u3000🙂\u200d",
        "a" * 5000,
        "\r\n\t x",
        "e\u0301" * 50,
        "\ufeff\ufffd",
    ]
    for text, ids in zip(hostile, tokenizer.encode(hostile), strict=True):
        assert tokenizer.decode(ids) == text
        assert ids.dtype == "uint32"
        assert all(ids < tokenizer.vocabulary)


def test_words_found_here_have_the_tokens_that_the_library_gives(tokenizer: Tokenizer) -> None:
    draw = random.Random(9)
    ascii_only = [chr(n) for n in range(128)] + list("     \n\n\n\t'''sStTrdmlvexab01<|>")
    mixed = ascii_only + list("éß\u00a0\u2003\u0085日語²①\u0301🙂\u2028’")
    samples = []
    for _ in range(1500):
        pool = draw.choice([ascii_only, mixed, list("ab \n"), list("ab \n\té'd 1")])
        samples.append("".join(draw.choice(pool) for _ in range(draw.choice([3, 40, 300, 900]))))
    expected = [e.ids for e in tokenizer._library.encode_batch(samples, add_special_tokens=False)]
    assert [ids.tolist() for ids in tokenizer.encode(samples)] == expected


def test_a_long_text_is_encoded_as_if_it_had_not_been_cut(tokenizer: Tokenizer) -> None:
    long = "\n".join(texts(3000)) + "z" * 300_000
    assert tokenizer.encode([long])[0].tolist() == tokenizer._library.encode(long, add_special_tokens=False).ids


def test_a_word_that_was_forgotten_has_the_same_tokens_again(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [ids.tolist() for ids in tokenizer.encode(texts(50))]
    monkeypatch.setattr("data.tokenizer.REMEMBERED_WORDS", 5)
    assert [ids.tolist() for ids in tokenizer.encode(texts(50))] == before
    assert [ids.tolist() for text in texts(50) for ids in tokenizer.encode([text])] == before


def test_counts_are_lengths(tokenizer: Tokenizer) -> None:
    assert tokenizer.count(["", "river", "a b"]).tolist() == [
        len(ids) for ids in tokenizer.encode(["", "river", "a b"])
    ]


def test_a_foreign_file_neither_adds_tokens_nor_cuts_texts(tokenizer: Tokenizer, tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Library
    from tokenizers.processors import TemplateProcessing

    library = Library.from_file(str(tokenizer.path))
    library.post_processor = TemplateProcessing(single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)])
    library.enable_truncation(3)
    library.enable_padding(length=500)
    library.save(str(tmp_path / "foreign.json"))
    foreign = Tokenizer(tmp_path / "foreign.json")
    assert [ids.tolist() for ids in foreign.encode(texts(20))] == [ids.tolist() for ids in tokenizer.encode(texts(20))]


def test_a_file_whose_words_are_not_gpt2s_goes_to_the_library_whole(tmp_path: Path) -> None:
    from tokenizers import AddedToken, models, normalizers, pre_tokenizers, trainers
    from tokenizers import Tokenizer as Library

    library = Library(models.BPE(unk_token="<unk>"))
    library.normalizer = normalizers.Lowercase()
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.train_from_iterator(texts(), trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "</s>"]))
    library.add_tokens([AddedToken("River", special=False)])
    library.save(str(tmp_path / "other.json"))
    other = Tokenizer(tmp_path / "other.json")
    samples = ["River THE River", "a\nb " * 500, "€"]
    assert other.eos == 1
    expected = [library.encode(text, add_special_tokens=False).ids for text in samples]
    assert [ids.tolist() for ids in other.encode(samples)] == expected


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"model": {"type": "BPE"}}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"t\.json: is not a tokenizer file"):
        Tokenizer(tmp_path / "t.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"t\.json: cannot be read: No such file"):
        Tokenizer(tmp_path / "t.json")


def test_a_tokenizer_without_an_end_token_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Library
    from tokenizers import models

    Library(models.BPE(vocab={"a": 0}, merges=[])).save(str(tmp_path / "t.json"))
    with pytest.raises(ModelError, match="no end-of-document token"):
        Tokenizer(tmp_path / "t.json")


def test_rows_are_counted_if_they_have_text_and_encoded_if_they_go_on(tokenizer: Tokenizer) -> None:
    table = pa.table(
        {"id": ["a", "b", "c", "d"], "text": pa.array(["river", "garden of", None, ""], pa.large_string())}
    )
    counted = count_tokens(table, pa.array([True, False, True, True]), tokenizer)
    first, second = (ids.tolist() for ids in tokenizer.encode(["river", "garden of"]))
    assert counted["tokens"].to_pylist() == [len(first), len(second), None, 0]
    assert counted["token_ids"].to_pylist() == [first, None, None, []]
    assert counted["id"].to_pylist() == ["a", "b", "c", "d"]


def test_no_rows_are_no_tokens(tokenizer: Tokenizer) -> None:
    table = pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.large_string())})
    counted = count_tokens(table, pa.array([], pa.bool_()), tokenizer)
    assert counted.num_rows == 0
    assert counted.schema.field("token_ids").type == pa.list_(pa.uint32())


def sample_rows() -> pa.Table:
    groups = ["web"] * 50 + ["code"] * 50 + ["exercise"] * 3
    return pa.table({"id": [f"d{n}" for n in range(103)], "group": groups, "bytes": [100] * 103})


def test_a_sample_is_weighted_by_share_and_small_groups_give_all_they_have() -> None:
    chosen = choose_sample(sample_rows(), {"web": 0.5, "code": 0.25, "exercise": 0.25}, 3000, 1)
    group = dict(zip(sample_rows()["id"].to_pylist(), sample_rows()["group"].to_pylist(), strict=True))
    counts = {name: sum(group[key] == name for key in chosen) for name in ("web", "code", "exercise")}
    assert counts == {"web": 18, "code": 9, "exercise": 3}  # 300 bytes of exercises; 2,700 left at 2 : 1


def test_a_sample_does_not_depend_on_the_order_of_arrival() -> None:
    rows = sample_rows()
    turned = rows.take(pa.array(range(102, -1, -1)))
    assert choose_sample(rows, {}, 2000, 5) == choose_sample(turned, {}, 2000, 5)
    assert len(choose_sample(rows, {}, 2000, 5)) == 20
    assert len(choose_sample(rows, {"absent": 1.0}, 2000, 5)) == 20
    assert len(choose_sample(rows, {}, 10**9, 5)) == 103
    assert choose_sample(rows.slice(0, 0), {"web": 1.0}, 100, 1) == []
