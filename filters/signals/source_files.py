"""The groups of signals of source files, and which of them are measured together."""

from __future__ import annotations

from typing import Collection, Mapping, Sequence

import pyarrow as pa

from filters.buffers import FloatArray
from filters.signals.code import CODE_SIGNALS, OPENCODER_SIGNALS, STACK_SIGNALS, measure_code, measure_opencoder
from filters.signals.generated import GENERATED_SIGNALS, measure_generated
from filters.signals.paths import PATH_SIGNALS, measure_paths
from filters.signals.python import PYTHON_SIGNALS, measure_python

SOURCE_GROUPS: Mapping[str, dict[str, str]] = {
    "code": CODE_SIGNALS,
    "stack": STACK_SIGNALS,
    "opencoder": OPENCODER_SIGNALS,
    "python_ast": PYTHON_SIGNALS,
    "path": PATH_SIGNALS,
    "generated": GENERATED_SIGNALS,
}


def measure_source(
    texts: pa.Array, groups: Collection[str], languages: Sequence[str | None], documents: pa.Table | None
) -> dict[str, FloatArray]:
    """Returns every signal of those groups that are in `SOURCE_GROUPS`.

    Args:
        texts: source files, large_string without nulls.
        groups: names of groups.
        languages: their programming languages; None where not known.
        documents: id and metadata of each; None: they have no paths, and their places are their ids.
    """
    signals: dict[str, FloatArray] = {}
    if "code" in groups or "stack" in groups:
        signals.update(measure_code(texts, languages, stack="stack" in groups))
    if "opencoder" in groups or "python_ast" in groups:
        found, returns = measure_opencoder(texts, languages)
        signals.update(found)
        if "python_ast" in groups:
            ids = documents["id"].to_pylist() if documents else list(map(str, range(len(texts))))
            signals.update(measure_python(texts, languages, ids, found, returns))
    metadata = documents["metadata"].to_pylist() if documents else [None] * len(texts)
    if "path" in groups:
        signals.update(measure_paths(metadata))
    if "generated" in groups:
        signals.update(measure_generated(texts, metadata))
    wanted = {name for group in groups for name in SOURCE_GROUPS.get(group, ())}
    return {name: values for name, values in signals.items() if name in wanted}
