"""Articles: what the sample's pages are about, before a site puts its furniture around them."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from collections.abc import Iterator
from typing import Literal

from data.sample_corpus.choices import number
from data.sample_corpus.machine import Distribution, SourceFile, topics
from data.sample_corpus.prose import Block, parse, plain, to_text
from data.syntax import parse_program

Origin = Literal["docstrings", "description", "topic"]

#: Characters of text in one article; longer ones are cut into pages.
MAX_CHARS = 4_200
MIN_WORDS = 50
_DOCSTRING = re.compile(r'"""(.*?)"""', re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Article:
    """A page's own content.

    Attributes:
        key: unique; what all keyed choices about it hang on.
        about: the distribution it came from.
    """

    key: str
    title: str
    about: str
    origin: Origin
    blocks: tuple[Block, ...]

    @functools.cached_property
    def text(self) -> str:
        """Its words without markup."""
        return to_text(self.blocks)

    @functools.cached_property
    def words(self) -> int:
        """Its number of words, code included."""
        return len(self.text.split())

    @functools.cached_property
    def prose_words(self) -> int:
        """Its number of words in paragraphs and lists."""
        return sum(len(plain(block.text).split()) for block in self.blocks if block.kind in ("paragraph", "item"))


def from_module(file: SourceFile) -> list[Article]:
    """Returns the articles that a module's docstrings make, as a documentation generator would show them."""
    if sum(map(len, _DOCSTRING.findall(file.text))) < MIN_WORDS * 5:
        return []  # cheaper than parsing
    try:
        tree = parse_program(file.text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    sections = [_section(node, "") for node in tree.body]
    opening = parse(ast.get_docstring(tree) or "")
    pieces = [opening, *(section for section in sections if section)]
    return list(_cut(file.module, file.dist, "docstrings", f"{file.name}", pieces))


def from_description(found: Distribution) -> list[Article]:
    """Returns the articles that a package's long description makes."""
    blocks = parse(found.description, markdown=found.markdown)
    pieces: list[list[Block]] = [[]]
    for block in blocks:
        if block.kind == "heading":
            pieces.append([])
        pieces[-1].append(block)
    return list(_cut(f"{found.name} {found.version}", found.name, "description", found.name, pieces))


def split_topics() -> tuple[list[Article], list[dict[str, str]]]:
    """Returns half of the language reference as articles, and the other half as rows of `id` and `text`.

    Some paragraphs stand under several topics; those of the second half are in no article.
    """
    articles: list[Article] = []
    reference: list[dict[str, str]] = []
    parsed = {name: parse(text) for name, text in topics().items()}
    to_pool = {name for name in parsed if number("topic", name, 2)}
    held_out = {block.text for name, blocks in parsed.items() if name not in to_pool for block in blocks}
    for name, blocks in parsed.items():
        key = f"topics/{name}"
        if name in to_pool:
            pieces = [[block] for block in blocks if block.text not in held_out]
            articles += _cut(_topic_title(name, blocks), "language-reference", "topic", key, pieces)
        else:
            pieces = [[block] for block in blocks]
            cut = _cut(name, "language-reference", "topic", key, pieces, max_chars=2_500, min_words=20)
            reference += [{"id": article.key, "text": article.text} for article in cut]
    return articles, reference


def _topic_title(name: str, blocks: list[Block]) -> str:
    headings = [block.text for block in blocks if block.kind == "heading"]
    return plain(headings[0]) if headings else name


def _cut(
    title: str,
    about: str,
    origin: Origin,
    key: str,
    pieces: list[list[Block]],
    max_chars: int = MAX_CHARS,
    min_words: int = MIN_WORDS,
) -> Iterator[Article]:
    """Yields articles of whole pieces, each at most `max_chars` long unless one piece is longer."""
    held: list[Block] = []
    page = 0
    for piece in [*pieces, None]:
        too_long = piece is not None and sum(len(block.text) for block in [*held, *piece]) > max_chars
        if held and (piece is None or too_long):
            name = title if not page else f"{title}: {_first_heading(held, page)}"
            article = Article(f"{key}#{page}", name, about, origin, tuple(held))
            if article.words >= min_words:
                yield article
            held, page = [], page + 1
        held += piece or []


def _first_heading(blocks: list[Block], page: int) -> str:
    headings = [block.text for block in blocks if block.kind == "heading"]
    return plain(headings[0]).split("(")[0] if headings else f"part {page + 1}"


def _section(node: ast.stmt, prefix: str) -> list[Block]:
    """Returns the section about a public function or class, methods included; empty if undocumented."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name.startswith("_"):
        return []
    body = parse(ast.get_docstring(node) or "")
    if isinstance(node, ast.ClassDef):
        inner = [block for child in node.body for block in _section(child, f"{node.name}.")]
        heading = f"class {node.name}"
    else:
        inner = []
        heading = f"{prefix}{node.name}({_shortened(ast.unparse(node.args))})"
    return [Block("heading", f"``{heading}``"), *body, *inner] if body or inner else []


def _shortened(arguments: str) -> str:
    return arguments if len(arguments) <= 90 else f"{arguments[:80].rpartition(',')[0]}, …"
