"""Jupyter notebooks as scripts: code as it is, prose as comments, no outputs.

A cell's lines that only IPython understands (`%matplotlib inline`, `!pip install`, `name?`, whole cells under
`%%bash`) become comments, so that a Python notebook's script is Python. Notebooks of other kernels have none:
`%>%` is R and `!` is Julia.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Iterator

import orjson

from data.sources.languages import canonical

#: Sign of a comment that runs to the end of the line, by the kernel's language.
_COMMENTS = {
    language: sign
    for sign, languages in {
        "#": "python r julia bash ruby perl raku elixir powershell nim crystal tcl coffeescript fish awk",
        "//": "javascript typescript java scala kotlin groovy c c++ c# f# go rust swift php dart cuda",
        "--": "haskell lua sql ada elm idris",
        "%": "matlab prolog erlang",
        ";": "clojure common-lisp scheme racket",
        "!": "fortran",
    }.items()
    for language in languages.split()
}
#: Cell magics whose cell is Python all the same; under every other one it is another language or a file's content.
_PYTHON_CELLS = frozenset("capture debug memit mprun prun px time timeit".split())  # noqa: SIM905  # reads as a list

_MAGIC = re.compile(
    r"[%?]{1,2}[A-Za-z_]|![^=\s]|!$|[\w.*]+\?{1,2}[ \t]*$"
    r"|[A-Za-z_][\w.,\[\]'\" \t]{0,100}=[ \t]*(?:%[A-Za-z]|![^=])"
)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_TOKEN = re.compile(
    r"#[^\n]*+|\\(?s:.)|(?P<open>[\[({])|(?P<close>[\])}])|(?P<end>\n)"
    r"|\"\"\"(?s:[^\\\"]|\\.|\"(?!\"\"))*+(?:\"\"\"|\Z)|'''(?s:[^\\']|\\.|'(?!''))*+(?:'''|\Z)"
    r"|\"(?:[^\"\\\n]|\\(?s:.))*+\"?|'(?:[^'\\\n]|\\(?s:.))*+'?"
)
_IMAGE = re.compile(r"(data:[\w/+.-]{1,100};base64,)[A-Za-z0-9+/=\s]{100,}+")


@dataclasses.dataclass(frozen=True)
class Script:
    """A notebook's text as a script, and the language that its kernel runs."""

    text: str
    language: str


def to_script(text: str) -> Script | None:
    """Returns a notebook as a script.

    Where the kernel's language has no comments that this module knows, the notebook comes back as it is.

    Args:
        text: the file, JSON of nbformat 2 to 4.

    Returns:
        null if the text is no notebook: broken JSON (a merge conflict, a cut file, a pointer to another file), or
        none with cells.
    """
    notebook = _load(text)
    cells = _cells(notebook)
    if cells is None:
        return None
    language = _language(notebook, cells)
    sign = _COMMENTS.get(language)
    if sign is None:
        return Script(text, "jupyter-notebook")
    parts = [part for cell in cells if (part := _cell_text(cell, sign, language)).strip()]
    script = "\n\n".join(part.strip("\n") for part in parts) + "\n" if parts else ""
    try:
        script.encode()
    except UnicodeEncodeError:  # an escape such as \ud800 alone
        return None
    return Script(script, language)


def _load(text: str) -> Any:
    """Returns the JSON value, or null. Python's own json is asked too: it takes the NaN that it writes in outputs."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if "NaN" not in text and "Infinity" not in text:
            return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cells(notebook: Any) -> list[dict[str, Any]] | None:
    """Returns the cells in order; nbformat 2 and 3 keep them in worksheets."""
    if not isinstance(notebook, dict):
        return None
    sheets = [notebook] if isinstance(notebook.get("cells"), list) else notebook.get("worksheets")
    if not isinstance(sheets, list):
        return None
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells if isinstance(cell, dict)]


def _language(notebook: dict[str, Any], cells: list[dict[str, Any]]) -> str:
    """Returns the kernel's language: what it reports, else what its specification or name says, else python."""
    metadata = _object(notebook.get("metadata"))
    kernel = _object(metadata.get("kernelspec"))
    told = [_object(metadata.get("language_info")).get("name"), kernel.get("language")]
    told += [re.sub(r"[-_]?[\d.]+$", "", str(kernel.get("name") or "")), next((c.get("language") for c in cells), None)]
    names = [canonical(name) for name in told if isinstance(name, str) and name]
    return next((name for name in names if name in _COMMENTS), names[0] if names else "python") or "python"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell_text(cell: dict[str, Any], sign: str, language: str) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    source = source.replace("\r\n", "\n")
    if cell.get("cell_type") == "code":
        return _without_magics(source) if language == "python" else source
    return _commented(_IMAGE.sub(r"\1", source).strip("\n"), sign)


def _commented(text: str, sign: str) -> str:
    return "\n".join(f"{sign} {line}".rstrip() for line in text.split("\n"))


def _without_magics(code: str) -> str:
    """Returns a cell's code with what only IPython understands as comments."""
    cell = _CELL_MAGIC.match(code)
    if cell and cell[1] not in _PYTHON_CELLS:
        return _commented(code.strip("\n"), "#")
    return "".join(_plain_statements(code))


def _plain_statements(code: str) -> Iterator[str]:
    """Yields the code statement by statement, magics as comments."""
    position = 0
    while position < len(code):
        end = _line_end(code, position)
        line = code[position:end]
        body = line.lstrip(" \t")
        if _MAGIC.match(body.rstrip("\n")) or body.startswith("%%"):
            yield _comment_out(line)
            while line.rstrip("\n").endswith("\\") and end < len(code):  # its further lines
                position, end = end, _line_end(code, end)
                line = code[position:end]
                yield f"# {line}"
        else:
            end = _statement_end(code, position)
            yield code[position:end]
        position = end


def _comment_out(line: str) -> str:
    """Returns a line as a comment; an indented one leaves `pass`, since it may be all that its block has."""
    body = line.lstrip(" \t")
    indent = line[: len(line) - len(body)]
    return f"{indent}pass  # {body}" if indent else f"# {body}"


def _line_end(code: str, position: int) -> int:
    return code.find("\n", position) + 1 or len(code)


def _statement_end(code: str, position: int) -> int:
    """Returns where the statement that begins at a place ends: after a line feed outside brackets and strings."""
    depth = 0
    for token in _TOKEN.finditer(code, position):
        if token.lastgroup == "open":
            depth += 1
        elif token.lastgroup == "close":
            depth = max(0, depth - 1)
        elif token.lastgroup == "end" and not depth:
            return token.end()
    return len(code)
