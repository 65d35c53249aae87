"""A program as tutorials show it, and the sentences around it; shared by the tests of listings."""

from __future__ import annotations

import html

CODE = """def total(items):
    result = 0
    for item in items:
        if item > 0 and item < 10:
            result += item  # "small" & positive

    return result


class Empty:
    pass"""
BEFORE = (
    "<p>This lesson shows how a function adds the small numbers of a list, and why it leaves the others out. "
    "Read the program first, then run it with a list of your own and compare what it prints.</p>"
)
AFTER = "<p>The loop looks at every number once, so that its time grows with the length of the list, and no more.</p>"
NUMBERS = "\n".join(str(number) for number, _ in enumerate(CODE.split("\n"), 1))


def plain(line: str) -> str:
    return html.escape(line, quote=False)
