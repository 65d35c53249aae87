"""What running records has shown, on disk line by line: a long measurement that was killed goes on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from data.recipe import Synthesise
from synth.examining import Examined, examine_record
from synth.kinds.protocol import Record
from synth.sandbox.sandbox import Sandbox
from synth.specs import ExerciseSpec
from synth.verification import Verdict


class Remembered:
    """Examines records as `examine_record` does, each once; a context manager.

    Args:
        path: the file, made if it is not there. A line that a kill cut short is passed over.
        version: of what examines; what another version has shown is not believed.
    """

    def __init__(self, path: Path, version: str) -> None:
        self.path, self.version = path, version
        self._known: dict[str, Examined] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Remembered:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for line in self.path.read_text("utf-8").split("\n") if self.path.exists() else ():
            try:
                noted = json.loads(line)
            except ValueError:
                continue
            key = noted.pop("key")
            self._known[key] = _examined(noted)
        self._file = self.path.open("a", encoding="utf-8")
        self._file.write("\n")  # the last line may be a part of one
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __call__(
        self, record: Record, spec: ExerciseSpec, settings: Synthesise, sandbox: Sandbox, second: str | None = None
    ) -> Examined:
        """Returns what running a record shows, or has shown."""
        checks = [dataclasses.astuple(check) for check in record.checks]
        asked = [self.version, spec.to_json(), settings.min_level, settings.timeout_s, record.code, checks, second]
        key = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = examine_record(record, spec, settings, sandbox, second)
            line = json.dumps({"key": key, **dataclasses.asdict(known)})
            with self._lock:
                self._file.write(line + "\n")
                self._file.flush()
        return known


def _examined(noted: dict[str, Any]) -> Examined:
    verdict = noted.pop("verdict")
    if verdict is not None:
        verdict["chance"] = tuple(verdict["chance"])
        noted["verdict"] = Verdict(**verdict)
    noted["added"] = tuple(noted["added"])
    return Examined(**noted)
