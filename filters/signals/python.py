"""What only a parser can say about Python source, which is parsed in a child process and never run."""

from __future__ import annotations

from typing import Mapping, Sequence

import numpy as np
import pyarrow as pa

from data.keyed import keyed_unit
from data.sources.languages import canonical
from filters.buffers import FloatArray

PYTHON_SIGNALS = {
    "python_parses": "1 if it is Python 3 that parses, 0 if not; null in other languages.",
    "parse_failure": "0 if it parses, 1 for a syntax error, 2 if it is over 700 kB or exhausts the parser.",
    "function_line_share": "`def` statements per line of code.",
    "trivial_function_line_share": "`def` statements that hold a single return, per line of code.",
    "has_no_variables": "1 if nothing is assigned to a name, no `for` has one and no function takes an argument.",
    "no_logic_line_share": "Functions, classes, their variables, imports and returns, per line of code.",
    "drawn_no_logic_line_share": "The same, but 0 for the fifth of documents that a keyed hash of their id spares.",
}

#: OpenCoder's no-logic rule spares a fifth of the documents that it meets; there by chance, here by their id.
SPARED_SHARE = 0.2


def measure_python(
    texts: pa.Array,
    languages: Sequence[str | None],
    ids: Sequence[str],
    code: Mapping[str, FloatArray],
    returns: FloatArray,
) -> dict[str, FloatArray]:
    """Returns the signals of `PYTHON_SIGNALS`; NaN in other languages, and for what a file does not show that fails.

    Args:
        texts: source files, large_string without nulls.
        languages: their programming languages.
        ids: their documents' ids.
        code, returns: what `code_signals.measure_opencoder` gave for the same files.
    """
    signals = {name: np.full(len(texts), np.nan) for name in PYTHON_SIGNALS}
    is_python = {language: canonical(language) == "python" for language in set(languages)}
    rows = np.flatnonzero([is_python[language] for language in languages])
    if not len(rows):
        return signals
    from filters.signals.python_source import (
        CLASS_VARIABLES,
        CLASSES,
        FUNCTIONS,
        OUTCOME,
        TRIVIAL_FUNCTIONS,
        VARIABLES,
        parse_sources,
    )

    table = parse_sources(texts.take(pa.array(rows)).cast(pa.large_binary()).to_pylist()).astype(np.float64)
    parses = table[:, OUTCOME] == 0
    lines = np.maximum(code["code_only_lines"][rows], 1)
    imports = code["import_line_share"][rows] * lines
    named = table[:, FUNCTIONS] + table[:, CLASSES] + table[:, CLASS_VARIABLES] + returns[rows]
    no_logic = (named + np.rint(imports)) / lines
    spared = keyed_unit(0, "no_logic", [ids[row] for row in rows.tolist()]) < SPARED_SHARE
    signals["python_parses"][rows] = parses
    signals["parse_failure"][rows] = table[:, OUTCOME]
    for name, values in {
        "function_line_share": table[:, FUNCTIONS] / lines,
        "trivial_function_line_share": table[:, TRIVIAL_FUNCTIONS] / lines,
        "has_no_variables": 1 - table[:, VARIABLES],
        "no_logic_line_share": no_logic,
        "drawn_no_logic_line_share": np.where(spared, 0.0, no_logic),
    }.items():
        signals[name][rows] = np.where(parses, values, np.nan)
    return signals
