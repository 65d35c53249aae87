"""The shapes that records have, and how their parts are written down."""

from __future__ import annotations

import abc
import dataclasses
from typing import Sequence

from synth.kinds.protocol import Chat, Check


class Exchange(abc.ABC):
    """A question and its answer under a title, in Markdown; a kind says what is asked and what is answered."""

    title: str

    @property
    @abc.abstractmethod
    def asked(self) -> str:
        """The question, with all that is needed to answer it."""

    @property
    @abc.abstractmethod
    def answered(self) -> str:
        """The answer."""

    @property
    def text(self) -> str:
        """Both, under the title."""
        return f"# {self.title}\n\n{self.asked}\n\n{self.answered}\n"

    @property
    def chat(self) -> Chat:
        """A turn for each."""
        return exchange(self.asked, self.answered)


@dataclasses.dataclass(frozen=True)
class Piece:
    """A text under a title, in Markdown, and the wish that it fulfils."""

    title: str
    body: str
    wish: str

    @property
    def text(self) -> str:
        """The text with its title."""
        return f"# {self.title}\n\n{self.body}\n"

    @property
    def chat(self) -> Chat:
        """The wish, and the text."""
        return exchange(self.wish, self.text)


class Solved:
    """What has a solution that stands for it."""

    solution: str

    @property
    def code(self) -> str:
        """The solution."""
        return self.solution


class Prose:
    """What no part of can be run."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """None."""
        return ()

    @property
    def code(self) -> str:
        """There is none."""
        return ""


def exchange(asked: str, answered: str) -> Chat:
    """Returns a turn of the user and one of the assistant."""
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


def fenced(text: str, language: str = "python") -> str:
    """Returns code, or what a program prints, between Markdown's fences."""
    return f"```{language}\n{text}\n```"


def fenced_lines(lines: Sequence[str]) -> str:
    """Returns tests between Markdown's fences."""
    return fenced("\n".join(lines))


def listed(items: Sequence[str]) -> str:
    """Returns a list in Markdown."""
    return "\n".join(f"- {item}" for item in items)
