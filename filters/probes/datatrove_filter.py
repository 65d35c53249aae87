"""The probe `datatrove`: any datatrove filter by its import path, run as it is.

    - datatrove: datatrove.pipeline.filters.C4ParagraphFilter
    - name: readable
      datatrove: {filter: my_filters.py:Readable, arguments: {grade: 8}, modifies: true}

Handing a document over costs about 30 µs; the filter's own Python comes on top, and where it splits
words with spaCy it does well under 1 MB/s. It must decide by the document alone. Its reasons become
reasons of the ledger: `Empty text!` is empty_text, and where it gives none it is the filter's name.

Source: datatrove 0.10.1, pipeline/filters/base_filter.py.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata
import inspect
import json
import sys
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import pyarrow as pa

from data.errors import PluginError, did_you_mean
from filters.judging.plan import Probe
from filters.probes.own_code import explain, find_code, load_code
from filters.probes.protocol import BadSetting, Findings

#: Different reasons that a filter may give for a few megabytes of documents.
MAX_REASONS = 100

#: Filters that decide by chance and order: the parts' order is not defined.
BY_CHANCE = ("SamplerFilter",)

#: The reason of a document on which the filter raised, with `on_error: drop`.
FAILED = "filter_failed"


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns what the filter is known by; it is made once, so that what it needs is there.

    Raises:
        BadSetting: it is no datatrove filter, cannot be imported or made, or decides by chance.
    """
    path = settings["filter"]
    keep_loguru()
    value, known, files = find_code(path, root, "filter")
    _check_class(value, path)
    _check_arguments(value, path, settings["arguments"])
    functions = {}
    for name, argument in settings["arguments"].items():
        if _names_function(argument):
            _, functions[name], more = find_code(argument["function"], root, "arguments")
            files = {**files, **more}
    checked = {
        "code": known,
        "functions": functions,
        "datatrove": importlib.metadata.version("datatrove"),
        **{key: settings[key] for key in ("arguments", "modifies", "on_error")},
    }
    try:
        _made(json.dumps(checked), json.dumps(files))
    except PluginError as failure:
        raise BadSetting("arguments", str(failure)) from failure
    return {**checked, "files": files}


def keep_loguru() -> None:
    """Imports what in datatrove removes every sink of loguru's and adds its own, without letting it."""
    if "datatrove.utils.logging" in sys.modules:
        return
    import loguru

    logger: Any = loguru.logger
    logger.remove = logger.add = lambda *anything, **more: 0
    try:
        importlib.import_module("datatrove.utils.logging")
    finally:
        del logger.remove, logger.add


def _check_class(value: Any, path: str) -> None:
    from datatrove.pipeline.filters.base_filter import BaseFilter

    if not isinstance(value, type) or not issubclass(value, BaseFilter):
        raise BadSetting("filter", f"{path} is no class that inherits from datatrove's BaseFilter")
    if any(parent.__name__ in BY_CHANCE for parent in value.__mro__):
        hint = "use --sample, or the mixture's shares"
        raise BadSetting("filter", f"{path} draws from one stream of chance, so the parts' order would decide; {hint}")


def _names_function(argument: Any) -> bool:
    return isinstance(argument, dict) and list(argument) == ["function"] and isinstance(argument["function"], str)


def _check_arguments(value: type, path: str, arguments: Mapping[str, Any]) -> None:
    try:
        json.dumps(arguments)
    except TypeError as failure:
        raise BadSetting("arguments", f"expected plain values: {failure}") from failure
    if "exclusion_writer" in arguments:
        raise BadSetting("arguments", "exclusion_writer: the ledger holds what was dropped; leave it out")
    known = [name for name in inspect.signature(value).parameters if name != "exclusion_writer"]
    for name in arguments:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise BadSetting(
                "arguments", f'{path} takes no "{name}".{did_you_mean(name, known)} It takes: {listed}.'
            )  # fmt: skip


@functools.cache
def _made(settings: str, places: str) -> Any:
    """Returns the filter, made once in this process.

    Raises:
        PluginError: it cannot be imported or made.
    """
    keep_loguru()
    known, files = json.loads(settings), json.loads(places)
    functions = {name: load_code(code, files) for name, code in known["functions"].items()}
    kind = load_code(known["code"], files)
    try:
        return kind(**{**known["arguments"], **functions})
    except Exception as failure:
        raise PluginError(f"{known['code']['path']} cannot be made: {explain(failure)}") from failure


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns `dropped` and the filter's reasons, and the texts as it leaves them where it modifies.

    Raises:
        PluginError: the filter raised, or changed a text though the recipe does not say that it modifies.
    """
    peer = _made(json.dumps(dict(probe.settings)), json.dumps(dict(probe.files)))
    rows = documents.to_pylist()
    size = max(1, peer.batch_size)
    answers: list[Answer] = []
    for start in range(0, len(rows), size):
        answers += _ask(peer, rows[start : start + size], probe)
    dropped = np.array([not answer.kept for answer in answers], dtype=np.float64)
    reasons = np.array([answer.reason for answer in answers], dtype=np.object_)
    if len(set(reasons.tolist())) > MAX_REASONS:
        raise PluginError(
            f"{_where(probe)} gives more than {MAX_REASONS} different reasons, such as {reasons[dropped > 0][0]!r}; "
            "a reason must name the fault, without numbers of the document"
        )
    return Findings({"dropped": dropped}, _texts(answers, rows, probe), reasons)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the filter said of a document: whether it is kept, why not, and the text that it left."""

    kept: bool
    reason: str | None
    text: str


def _ask(peer: Any, rows: Sequence[Mapping[str, Any]], probe: Probe) -> list[Answer]:
    """Returns the filter's answers to a batch of documents."""
    from datatrove.data import Document

    batch = [Document(row["text"], row["id"], metadata=_metadata(row)) for row in rows]
    try:
        given = peer.filter_batch(batch)
    except Exception as failure:
        if len(rows) > 1:
            return [answer for row in rows for answer in _ask(peer, [row], probe)]
        if probe.settings["on_error"] == "stop":
            hint = "`on_error: drop` drops such documents as filter_failed"
            raise PluginError(f"{_where(probe)}: document {rows[0]['id']}: {explain(failure)} ({hint})") from failure
        return [Answer(False, FAILED, rows[0]["text"])]
    if len(given) != len(batch):
        raise PluginError(f"{_where(probe)} gave {len(given)} answers for {len(batch)} documents")
    answers = []
    for document, answer in zip(batch, given, strict=True):
        kept, reason = answer if isinstance(answer, tuple) else (answer, None)
        answers.append(Answer(bool(kept), None if kept or reason is None else str(reason), document.text))
    return answers


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what datatrove's filters look up: the record's metadata, with url and language beside it."""
    metadata = json.loads(row["metadata"]) if row["metadata"] else {}
    return {**metadata, **{key: row[key] for key in ("url", "language") if row[key] is not None}}


def _texts(answers: Sequence[Answer], rows: Sequence[Mapping[str, Any]], probe: Probe) -> pa.Array | None:
    """Returns the texts if the filter may change them: of those that it keeps; others stay as they were."""
    texts = [answer.text if answer.kept else row["text"] for answer, row in zip(answers, rows, strict=True)]
    for text, row in zip(texts, rows, strict=True):
        if not isinstance(text, str):
            raise PluginError(f"{_where(probe)} left document {row['id']} with {type(text).__name__} as its text")
        if text != row["text"] and not probe.settings["modifies"]:
            raise PluginError(f"{_where(probe)} changed the text of document {row['id']}; say `modifies: true`")
    if not probe.settings["modifies"]:
        return None
    # A half surrogate pair, which no file can hold, becomes U+FFFD.
    whole = [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in texts]
    return pa.array(whole, pa.large_string())


def _where(probe: Probe) -> str:
    return f"filters.{probe.name}: {probe.settings['code']['path']}"
