"""A phimill preset as a step of a datatrove pipeline.

    from datatrove.executor import LocalPipelineExecutor
    from filters.step import PresetFilter

    pipeline = [JsonlReader("in"), PresetFilter("gopher-quality", {"min_words": 30}), JsonlWriter("out")]

Documents are judged a batch at a time; the reason of the first failing rule is datatrove's
`filter_reason`. A preset that changes texts changes those that it keeps.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from data.errors import UsageError
from filters.judging.presets import load_preset
from filters.judging.verdicts import judge, needed_percentiles, preset_plan


class PresetFilter(BaseFilter):  # type: ignore[misc]
    """Keeps the documents that a preset keeps.

    Args:
        preset: a name such as `gopher-quality` or `c4@paper`; see `phimill presets`.
        overrides: bounds and settings by name; None switches a rule off. Files are relative to
            where the pipeline runs.
        signals: signal → the metadata key that holds its number, such as {"quality": "score"}.
        measure: whether every measured signal goes into the metadata of documents that are kept,
            and of dropped ones for the exclusion writer.
        batch_size: documents judged at a time.
        exclusion_writer: where dropped documents go.

    A document's `url` and `language` are taken from its metadata.

    Raises:
        UsageError: an unknown preset or bound, with the nearest name; a bound that only a whole
            run can settle, such as a percentile.
    """

    def __init__(
        self,
        preset: str,
        overrides: Mapping[str, Any] | None = None,
        *,
        signals: Mapping[str, str] | None = None,
        measure: bool = False,
        batch_size: int = 1000,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        self.name = f"phimill {load_preset(preset).full_name}"
        super().__init__(exclusion_writer, batch_size)
        self.preset, self.overrides, self.signals = preset, dict(overrides or {}), dict(signals or {})
        self.measure = measure
        plan, _ = preset_plan(preset, self.signals, self.overrides)
        for needed in needed_percentiles(plan):
            raise UsageError(f"{preset}: {needed.key} is settled over a whole pool, which no step sees; give a number")

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Returns whether a document is kept, or (False, reason)."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Returns for each document whether it is kept, or (False, reason)."""
        judged = self._judge(batch)
        texts = judged["text"].to_pylist() if "text" in judged.schema.names else None
        numbers = judged.select(self._measured(judged.schema.names)).to_pylist() if self.measure else None
        answers: list[bool | tuple[bool, str]] = []
        for place, (document, reason) in enumerate(zip(batch, judged["reason"].to_pylist(), strict=True)):
            answers.append((False, reason) if reason else True)
            if texts is not None and not reason:
                document.text = texts[place]
            if numbers is not None:
                document.metadata.update({key: value for key, value in numbers[place].items() if value is not None})
        return answers

    def _judge(self, batch: Sequence[Document]) -> Any:
        return judge(
            [document.text for document in batch],
            self.preset,
            language=[document.metadata.get("language") for document in batch],
            urls=[document.metadata.get("url") for document in batch],
            signals={
                name: [document.metadata.get(key) for document in batch] for name, key in self.signals.items()
            },
            **self.overrides,
        )  # fmt: skip

    def _measured(self, columns: Sequence[str]) -> list[str]:
        """Returns the signals among the columns of `judge`."""
        verdict = ("kept", "reason", "peer_reason", "failed", "rule", "measured", "threshold", "failed_rules")
        return [name for name in columns if name not in (*verdict, "text", "language")]
