from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.arxiv import MAX_PAPER_BYTES, read_papers
from data.sources.latex import Macro, expand, to_paper
from data.sources.reading import read_input

PAPER = r"""\documentclass{article} % a comment
\title{On \emph{Rivers}}
\newcommand{\R}{\mathbb{R}}
\newcommand{\pair}[2]{\langle #1, #2 \rangle}
\def\eps{\varepsilon}
\begin{document}
\maketitle
\begin{abstract} Gone with the front matter. \end{abstract}
\section{Introduction}
Let $x \in \R$ and $\pair{a}{b}$, 50\% of \eps. % gone
% a whole line
\input{part}
\begin{thebibliography}{9}
\bibitem{a} A book.
\end{thebibliography}
\bibliographystyle{plain}\bibliography{refs}
\end{document}
after
"""
TEXT = r"""\section{Introduction}
Let $x \in \mathbb{R}$ and $\langle a, b \rangle$, 50\% of \varepsilon.
The part.
"""


def tarred(files: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def packed(files: dict[str, Any]) -> bytes:
    return gzip.compress(tarred(files))


GOOD = packed({"main.tex": PAPER.encode(), "part.tex": b"The part.\n", "fig.png": b"\x89PNG"})


def read(tmp_path: Path, content: bytes, name: str = "arXiv_src_2301_001.tar", **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_bytes(content)
    source = Source(name="s", kind="arxiv", path=str(path), **settings)
    return list(read_papers(InputFile(str(path), name, len(content), ""), source))


def test_papers_of_a_tar_are_read_from_the_first_section_on(tmp_path: Path) -> None:
    single = gzip.compress(rb"\documentclass{a}\begin{document}\section{S} One file.\end{document}")
    rows = read(
        tmp_path,
        tarred({"2301/2301.00001.gz": GOOD, "2301/2301.00002.gz": single, "2301/2301.00003.pdf": b"%PDF-1.4",
                "hep-th/hep-th9901001.gz": gzip.compress(b"%PDF-1.4 x")}),
    )  # fmt: skip
    assert [(row["locator"].partition(":")[2], row["origin_id"], row["reason"]) for row in rows] == [
        ("2301/2301.00001.gz", "2301.00001", ""), ("2301/2301.00002.gz", "2301.00002", ""),
        ("2301/2301.00003.pdf", "2301.00003", "no_latex"), ("hep-th/hep-th9901001.gz", "hep-th/9901001", "no_latex"),
    ]  # fmt: skip
    assert rows[0]["text"] == TEXT
    assert rows[0]["url"] == "https://arxiv.org/abs/2301.00001"
    assert json.loads(rows[0]["metadata"])["title"] == r"On \emph{Rivers}"
    assert rows[1]["text"] == "\\section{S} One file.\n"


@pytest.mark.parametrize("name", ["2301.00001.tar.gz", "2301.00001.gz", "2301.00001.tgz"])
def test_a_papers_own_file_is_one_document(tmp_path: Path, name: str) -> None:
    (row,) = read(tmp_path, GOOD, name)
    assert (row["text"], row["origin_id"], row["locator"]) == (TEXT, "2301.00001", name)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (GOOD[:-30], "truncated"),
        (GOOD[:-8] + bytes(4) + GOOD[-4:], "bad_crc"),
        (gzip.compress(tarred({"a.tex": PAPER.encode()})[:700]), "bad_tar"),
        (gzip.compress(b"0" * (MAX_PAPER_BYTES + 10)), "decompression_limit"),
        (gzip.compress(b"no latex at all"), "no_latex"),
        (gzip.compress(b"\\begin{document}\\section{x}\0\1\2"), "binary"),
        (packed({"../../evil.txt": b"x"}), "no_latex"),
        (
            packed({"a.tex": link("a.tex", "/etc/passwd"), "b.tex": link("b.tex", "../../x", tarfile.LNKTYPE)}),
            "no_latex",
        ),
    ],
    ids=["cut", "checksum", "cut tar", "bomb", "words", "binary", "path", "links"],
)
def test_a_bad_paper_costs_itself_only(tmp_path: Path, bad: bytes, reason: str) -> None:
    rows = read(tmp_path, tarred({"1/2301.00001.gz": GOOD, "1/2301.00002.gz": bad, "1/2301.00003.gz": GOOD}))
    assert [row["reason"] for row in rows] == ["", reason, ""]
    assert [row["origin_id"] for row in rows] == ["2301.00001", "2301.00002", "2301.00003"]


def test_nothing_is_written_or_read_where_a_tar_says(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tex"
    secret.write_text(r"\begin{document}\section{Secret}\end{document}")
    inside = tmp_path / "inside"
    inside.mkdir()
    hostile = packed(
        {"main.tex": PAPER.replace("part", str(secret)).encode() + rb"\input{/etc/passwd}", "../out.tex": b"x",
         "/tmp/phimill-absolute.tex": b"x", "fifo": link("fifo", "", tarfile.FIFOTYPE),
         "l.tex": link("l.tex", str(secret))}
    )  # fmt: skip
    (row,) = read(inside, tarred({"2301.00001.gz": hostile}))
    assert row["reason"] == ""
    assert "Secret" not in row["text"]
    assert "root:" not in row["text"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["arXiv_src_2301_001.tar", "inside", "secret.tex"]
    assert not Path("/tmp/phimill-absolute.tex").exists()


def test_a_cut_tar_keeps_the_papers_before_the_cut(tmp_path: Path) -> None:
    whole = tarred({f"{number}.gz": GOOD for number in range(3)})
    one = 512 + -(-len(GOOD) // 512) * 512
    rows = read(tmp_path, whole[: one + 700])
    assert rows[0]["reason"] == ""
    assert rows[-1]["status"] == "quarantined"


def test_a_header_that_claims_gigabytes_is_not_believed(tmp_path: Path) -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 50 * 2**30
    content = tarred({"1.gz": GOOD})[: -20 * 512] + member.tobuf() + bytes(4096)
    rows = read(tmp_path, content)
    assert rows[-1]["status"] == "quarantined"


def test_a_paper_without_sections_is_its_body_and_one_without_a_body_is_none() -> None:
    assert to_paper({"a.tex": r"\begin{document}Short note.\end{document}"}) == ("Short note.\n", None)
    assert to_paper({"a.tex": "plain words"}) is None
    assert to_paper({}) is None


def test_verbatim_text_keeps_its_per_cent_signs() -> None:
    text = "\\section{S}\n\\begin{verbatim}\n100% of %d\n\\end{verbatim}\nx % gone\n"
    paper = to_paper({"a.tex": text})
    assert paper is not None
    assert paper[0] == "\\section{S}\n\\begin{verbatim}\n100% of %d\n\\end{verbatim}\nx\n"


def test_files_that_include_themselves_and_macros_that_double_end() -> None:
    paper = to_paper({"a.tex": r"\begin{document}\section{S}x\input{b}\end{document}", "b.tex": r"y\input{b}\input{a}"})
    assert paper is not None
    assert len(paper[0]) < 100_000
    bombs = {rf"\m{chr(97 + number)}": Macro(0, rf"\m{chr(98 + number)}" * 50) for number in range(20)}
    assert len(expand(r"\ma " * 100, bombs)) < 10_000_000


def test_a_macro_is_no_part_of_a_longer_name_or_a_line_break() -> None:
    assert (
        expand(r"\eps \epsilon \\eps {\eps}", {r"\eps": Macro(0, r"\varepsilon")})
        == r"\varepsilon \epsilon \\eps {\varepsilon}"
    )


def test_a_macros_first_argument_may_have_a_default() -> None:
    text = r"""\newcommand{\pair}[2][x]{(#1, #2)}
\newcommand{\odd}[1][{\bf a}]{#1}
\begin{document}\section{S}\pair{1} \pair[y]{2} \pair [z] {3} \odd{} \pair
\end{document}"""
    assert to_paper({"a.tex": text}) == ("\\section{S}(x, 1) (y, 2) (z, 3) {\\bf a}{} \\pair\n", None)


def test_members_of_the_same_name_are_papers_of_their_own(tmp_path: Path) -> None:
    paper = gzip.compress(PAPER.encode())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for _ in range(3):
            member = tarfile.TarInfo("2301/2301.00001.gz")
            member.size = len(paper)
            tar.addfile(member, io.BytesIO(paper))
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    source = Source(name="s", kind="arxiv", path="x")
    file = InputFile(str(tmp_path / "a.tar"), "a.tar", len(out.getvalue()), "")
    rows = [row for row in read_input(file, source, None) if isinstance(row, dict)]
    assert [row["locator"] for row in rows] == [f"a.tar:2301/2301.00001.gz{end}" for end in ("", ":2", ":3")]
    assert len({row["id"] for row in rows}) == 3


def papers(count: int) -> bytes:
    return tarred({f"2301/2301.0000{number}.gz": gzip.compress(PAPER.encode()) for number in range(count)})


def read_tar(tmp_path: Path, content: bytes) -> list[tuple[str, str]]:
    (tmp_path / "a.tar").write_bytes(content)
    source = Source(name="s", kind="arxiv", path="x")
    rows = list(read_papers(InputFile(str(tmp_path / "a.tar"), "a.tar", len(content), ""), source))
    return [(row["locator"], row["reason"]) for row in rows]


def test_a_damaged_header_in_a_tar_is_one_row_and_the_papers_after_it_are_kept(tmp_path: Path) -> None:
    content = bytearray(papers(5))
    for place in (1, 3):
        start = content.index(f"2301/2301.0000{place}.gz".encode())
        content[start : start + 30] = b"\xff" * 30
    names = [f"a.tar:2301/2301.0000{number}.gz" for number in (0, 2, 4)]
    assert read_tar(tmp_path, bytes(content)) == [
        (names[0], ""), ("a.tar:1", "bad_tar"), (names[1], ""), ("a.tar:2", "bad_tar"), (names[2], "")
    ]  # fmt: skip


def test_a_tar_cut_in_a_header_says_so(tmp_path: Path) -> None:
    content = papers(3)
    cut = content.index(b"2301/2301.00002.gz") + 200
    assert read_tar(tmp_path, content[:cut])[2:] == [("a.tar:2", "truncated")]


def test_a_tar_cut_between_its_members_says_so_too(tmp_path: Path) -> None:
    content = papers(3)
    cut = content.index(b"2301/2301.00002.gz")
    assert read_tar(tmp_path, content[:cut])[2:] == [("a.tar:2", "truncated")]
    assert read_tar(tmp_path, content.rstrip(b"\0") + bytes(512))[-1][1] == ""


@pytest.mark.parametrize("blocks", [1, 2, 30])
def test_a_hole_of_zeros_in_a_tar_is_told_and_the_papers_after_it_are_kept(tmp_path: Path, blocks: int) -> None:
    content = papers(3)
    place = content.index(b"2301/2301.00001.gz")
    names = [f"a.tar:2301/2301.0000{number}.gz" for number in range(3)]
    assert read_tar(tmp_path, content[:place] + bytes(512 * blocks) + content[place:]) == [
        (names[0], ""), ("a.tar:1", "bad_tar"), (names[1], ""), (names[2], "")
    ]  # fmt: skip


def test_a_tar_whose_first_header_is_damaged_loses_that_paper_alone(tmp_path: Path) -> None:
    content = bytearray(papers(3))
    content[0] ^= 1
    names = [f"a.tar:2301/2301.0000{number}.gz" for number in (1, 2)]
    assert read_tar(tmp_path, bytes(content)) == [("a.tar:0", "bad_tar"), (names[0], ""), (names[1], "")]
    assert read_tar(tmp_path, bytes(10_240)) == [("a.tar", "no_papers")]


def test_links_and_devices_in_a_tar_of_papers_are_rows_that_say_so(tmp_path: Path) -> None:
    folder, device = tarfile.TarInfo("2301"), tarfile.TarInfo("2301/device")
    folder.type, device.type = tarfile.DIRTYPE, tarfile.CHRTYPE
    content = tarred(
        {"2301": folder, "2301/a.gz": link("2301/a.gz", "/etc/passwd"),
         "2301/b.gz": link("2301/b.gz", "../x", tarfile.LNKTYPE), "2301/device": device, "2301/2301.00001.gz": GOOD}
    )  # fmt: skip
    assert read_tar(tmp_path, content) == [
        ("a.tar:2301/a.gz", "link"), ("a.tar:2301/b.gz", "link"), ("a.tar:2301/device", "special_file"),
        ("a.tar:2301/2301.00001.gz", ""),
    ]  # fmt: skip


def test_a_tar_without_latex_says_so(tmp_path: Path) -> None:
    assert read_tar(tmp_path, tarred({"figure.png": b"x", "readme.txt": b"y"})) == [("a.tar", "no_latex")]


def test_latex_that_no_paper_has_room_for_is_named(tmp_path: Path) -> None:
    content = tarred({"a.tex": PAPER.encode(), "b.tex": b"%" * (17 * 2**20)})
    assert read_tar(tmp_path, content) == [("a.tar:b.tex", "too_large"), ("a.tar", "")]


#: LaTeX that a careless reader looks at again and again: of 200,000 signs, for hours.
TEDIOUS = {
    "blanks before a name": r"\newcommand" + " " * 200_000 + "x",
    "blanks in a heading": r"\section" + " " * 200_000 + "x",
    "blanks in a title": r"\title" + " " * 200_000 + "x",
    "blanks in a file's name": r"\input{" + " " * 200_000 + "{",
    "blanks in a line": "x" + " " * 200_000 + "x",
    "brackets": r"\bibliography[" * 200_000,
    "definitions without an end": r"\def\a{" * 200_000,
    "definitions in definitions": (r"\def\a{" * 2000 + "}" * 2000) * 30,
    "arguments without an end": r"\newcommand{\a}[1]{x#1}" + r"\a{" * 200_000,
}


@pytest.mark.parametrize("name", TEDIOUS)
def test_latex_made_to_keep_a_reader_busy_is_read_all_the_same(name: str) -> None:
    paper = to_paper({"a.tex": "\\begin{document}\\section{S} First.\n" + TEDIOUS[name] + "\nLast.\\end{document}"})
    assert paper is not None
    assert paper[0].startswith("\\section{S} First.")
    assert paper[0].endswith("Last.\n")


def headers_before(member: bytes, number: int) -> bytes:
    """A tar's member behind headers that each give it another name, as GNU's tar writes them."""
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 6
    return (name.tobuf(tarfile.GNU_FORMAT) + b"a.tex\0".ljust(512, b"\0")) * number + member


def with_holes() -> bytes:
    """The header of a file with holes, whose map goes on in the next block."""
    header = bytearray(tarfile.TarInfo("a.tex").tobuf(tarfile.GNU_FORMAT))
    header[156:157], header[482], header[148:156] = tarfile.GNUTYPE_SPARSE, 1, b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


@pytest.mark.parametrize("inside", [True, False])
def test_a_tar_with_thousands_of_headers_for_one_member_is_damaged_there(tmp_path: Path, inside: bool) -> None:
    chain = headers_before(tarred({"a.tex": PAPER.encode()}), 3000)
    content = tarred({"2301.00001.gz": gzip.compress(chain), "2301.00002.gz": GOOD}) if inside else chain
    rows = read(tmp_path, content)
    assert {(row["status"], row["reason"]) for row in rows[:-1]} == {("quarantined", "bad_tar")}
    assert (rows[-1]["status"], rows[-1]["origin_id"]) == ("", "2301.00002" if inside else None)


def test_a_tar_cut_in_the_map_of_a_file_with_holes_says_so(tmp_path: Path) -> None:
    rows = read(tmp_path, tarred({"2301.00001.gz": GOOD})[: 512 + -(-len(GOOD) // 512) * 512] + with_holes())
    assert [(row["status"], row["reason"]) for row in rows] == [("", ""), ("quarantined", "truncated")]


def test_a_paper_packed_behind_very_many_empty_members_is_read(tmp_path: Path) -> None:
    """Where all that follows each is copied, that takes an hour."""
    content = gzip.compress(b"", mtime=0) * 500_000 + GOOD
    assert [row["text"] for row in read(tmp_path, tarred({"2301.00001.gz": content}))] == [TEXT]


def test_a_chapter_in_utf_8_with_a_line_in_latin_1_leaves_no_hole_in_a_paper(tmp_path: Path) -> None:
    line = "Die Möwen fliegen über den Häfen.\n"
    mixed = (line * 3).encode() + line.encode("latin-1")
    rows = read(
        tmp_path,
        tarred({
            "2301/2301.00001.gz": packed({"main.tex": PAPER.encode(), "part.tex": mixed}),
            "2301/2301.00002.gz": gzip.compress(PAPER.encode() + mixed),
            "2301/2301.00003.gz": packed({"main.tex": PAPER.encode(), "part.tex": line.encode("latin-1") * 4}),
        }),
    )  # fmt: skip
    assert [row["reason"] for row in rows] == ["bad_encoding", "bad_encoding", ""]
    first, second = (json.loads(row["metadata"]) for row in rows[:2])
    assert (first["path"], first["line"], first["offset"]) == ("part.tex", 4, len((line * 3).encode()) + 5)
    assert (second["line"], "path" in second) == (PAPER.count("\n") + 4, False)
    assert line * 4 in rows[2]["text"]
