"""The probe `function`: a signal of the user's own, measured by a Python function.

    - function: my_signals.py:teaching_value
      name: teaching
      rules: [{signal: teaching.value, at_least: 0.5, reason: teaches_nothing}]

The function gets some of the documents as a `pa.Table` (id, text, url, source, kind, language,
metadata) and returns an array with a number, a boolean or null for each; with `signals: [a, b]`
a dictionary of them. It must depend on nothing but the document: which others stand in the table
is not defined, and a run is only made again when the function's source changes.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Mapping

import numpy as np
import pyarrow as pa

from data.errors import PluginError
from filters.buffers import FloatArray
from filters.judging.plan import SAID, Probe
from filters.probes.own_code import explain, find_code, load_code
from filters.probes.protocol import BadSetting, Findings


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns what the function is known by.

    Raises:
        BadSetting: it is not there, cannot be imported, or is no function.
    """
    function, known, files = find_code(settings["function"], root, "function")
    if not callable(function):
        raise BadSetting("function", f"{settings['function']} is no function but {type(function).__name__}")
    if SAID.removeprefix(".") in settings["signals"]:
        raise BadSetting("signals", f'a signal cannot be named "{SAID.removeprefix(".")}"')
    return {"code": known, "files": files}


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns what the function gives for the documents.

    Raises:
        PluginError: it raised, or did not give a number for each document.
    """
    function = _load(json.dumps(probe.settings["code"]), json.dumps(dict(probe.files)))
    where = f"filters.{probe.name}: {probe.settings['code']['path']}"
    try:
        given = function(documents)
    except Exception as failure:
        raise PluginError(f"{where}: {explain(failure)}") from failure
    named = given if isinstance(given, dict) else {probe.signals[0]: given}
    if set(named) != set(probe.signals):
        expected = f"a dictionary of {', '.join(probe.signals)}" if len(probe.signals) > 1 else "one array"
        raise PluginError(f"{where} gave {', '.join(map(str, named))}; expected {expected} (see `signals`)")
    return Findings({signal: _numbers(named[signal], documents.num_rows, where) for signal in probe.signals})


@functools.cache
def _load(known: str, places: str) -> Any:
    return load_code(json.loads(known), json.loads(places))


def _numbers(values: Any, rows: int, where: str) -> FloatArray:
    """Returns what a function gave as numbers, NaN for null."""
    if not isinstance(values, (pa.Array, pa.ChunkedArray, np.ndarray)):
        raise PluginError(f"{where} gave {type(values).__name__}; expected a pyarrow array")
    if len(values) != rows:
        raise PluginError(f"{where} gave {len(values)} values for {rows} documents; expected one for each, in order")
    try:
        array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
        numbers = array.cast(pa.float64()) if _is_number(array.type) else None
    except (pa.ArrowException, TypeError) as failure:
        raise PluginError(f"{where}: {failure}") from failure
    if numbers is None:
        raise PluginError(f"{where} gave {array.type}; expected numbers or booleans")
    floats: FloatArray = np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    return floats


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
        or types.is_decimal(kind) or types.is_null(kind)
    )  # fmt: skip
