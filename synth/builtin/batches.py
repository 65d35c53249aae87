"""Files and batches of the built-in teacher, as OpenAI's Batch API has them: half the price, answered later.

A batch is `in_progress` until it has been asked about twice; then it is `completed`, or `expired`
if some of its requests stay undone by plan. What was done of an expired batch is charged and kept.
"""

from __future__ import annotations

import dataclasses
import email.parser
import email.policy
import json
import threading
from typing import Any

from synth.builtin.accounts import Account
from synth.builtin.answers import MODEL
from synth.builtin.faults import FaultRates, http_faults_of

DISCOUNT = 0.5
POLLS = 2

Given = tuple[int, bytes, str]


@dataclasses.dataclass
class _Batch:
    number: int
    input_file: str
    polls: int = 0
    status: str = "validating"
    output_file: str | None = None
    error_file: str | None = None
    counts: dict[str, int] = dataclasses.field(default_factory=lambda: {"total": 0, "completed": 0, "failed": 0})

    def to_json(self) -> dict[str, Any]:
        return {
            "id": f"batch_{self.number:06d}",
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": self.input_file,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": self.output_file,
            "error_file_id": self.error_file,
            "created_at": 0,
            "request_counts": self.counts,
        }


class Batches:
    """Uploaded files and the batches made of them; each answer is what the chat endpoint would say."""

    def __init__(self, rates: FaultRates) -> None:
        self._rates, self._lock = rates, threading.RLock()
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._made = 0

    def upload(self, content: bytes, kind: str) -> Given:
        """Takes a file (multipart form, field `file`)."""
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + content)
        parts = {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in (form.iter_parts() if form.is_multipart() else ())
        }
        held = parts.get("file")
        if not isinstance(held, bytes):
            return _said(400, _error("expected a multipart form with a field `file`"))
        with self._lock:
            return _said(200, self._file_json(self._keep(held)))

    def get(self, path: str, account: Account) -> Given:
        """Answers GET for files, their contents, and batches."""
        parts = path.removeprefix("/v1/").split("/")
        with self._lock:
            if parts == ["batches"]:
                return _said(200, {"object": "list", "data": [batch.to_json() for batch in self._batches.values()]})
            if parts[0] == "batches" and len(parts) == 2 and parts[1] in self._batches:
                return _said(200, self._polled(self._batches[parts[1]], account).to_json())
            if parts[0] == "files" and len(parts) > 1 and parts[1] in self._files:
                if parts[2:] == ["content"]:
                    return 200, self._files[parts[1]], "application/jsonl"
                return _said(200, self._file_json(parts[1]))
        return _said(404, _error(f"there is nothing at {path}"))

    def post(self, path: str, asked: dict[str, Any]) -> Given:
        """Makes a batch, or cancels one."""
        parts = path.removeprefix("/v1/").split("/")
        with self._lock:
            if parts == ["batches"]:
                if asked.get("input_file_id") not in self._files:
                    return _said(400, _error("no such input file"))
                if asked.get("endpoint") != "/v1/chat/completions":
                    return _said(400, _error("the only endpoint for batches is /v1/chat/completions"))
                self._made += 1
                batch = _Batch(self._made, asked["input_file_id"])
                self._batches[f"batch_{self._made:06d}"] = batch
                return _said(200, batch.to_json())
            if len(parts) == 3 and parts[2] == "cancel" and parts[1] in self._batches:
                batch = self._batches[parts[1]]
                batch.status = batch.status if batch.output_file else "cancelled"
                return _said(200, batch.to_json())
        return _said(404, _error(f"there is nothing at {path}"))

    def delete(self, path: str) -> Given:
        """Forgets a file."""
        name = path.rpartition("/")[2]
        with self._lock:
            gone = self._files.pop(name, None) is not None
        return _said(200 if gone else 404, {"id": name, "object": "file", "deleted": gone})

    def _polled(self, batch: _Batch, account: Account) -> _Batch:
        if batch.status in ("validating", "in_progress"):
            batch.polls += 1
            batch.status = "in_progress"
            if batch.polls >= POLLS:
                self._work(batch, account)
        return batch

    def _work(self, batch: _Batch, account: Account) -> None:
        """Answers a batch's requests; lines that cannot be read, or fail by plan, go to the error file."""
        done, failed = list[dict[str, Any]](), list[dict[str, Any]]()
        undone = 0
        lines = [line for line in self._files.get(batch.input_file, b"").split(b"\n") if line.strip()]
        for number, line in enumerate(lines):
            account.came_in()
            entry, faults = self._answered(line, number)
            if "batch_missing" in faults:
                undone += 1
                account.ended("batch_missing")
                continue
            body = entry["response"]["body"]
            if "usage" in body:
                account.charge(body["usage"], DISCOUNT)
                entry["response"]["body"] = _spoilt(body, faults)
                done.append(entry)
                account.ended(next(iter(faults), "answered"))
            else:
                failed.append(entry)
                account.ended("failed_in_batch")
        batch.counts = {"total": len(lines), "completed": len(done), "failed": len(failed)}
        batch.output_file = self._keep(_lines(done)) if done else None
        batch.error_file = self._keep(_lines(failed)) if failed else None
        batch.status = "expired" if undone else "completed"

    def _answered(self, line: bytes, number: int) -> tuple[dict[str, Any], list[str]]:
        from synth.builtin.server import completion, spec_of

        custom, asked = "", None
        try:
            entry = json.loads(line)
            custom, asked = str(entry["custom_id"]), entry["body"]
        except (ValueError, RecursionError, TypeError, KeyError):
            pass
        if not isinstance(asked, dict) or asked.get("model") != MODEL:
            return _response(number, custom, 400, _error(f"the line is no request to {MODEL}")), []
        spec = spec_of(asked)
        faults = http_faults_of(spec, self._rates) if spec is not None else []
        if "http_500" in faults:
            return _response(number, custom, 500, _error("a planned fault; ask again")), []
        kept = [name for name in faults if name.startswith(("usage", "batch", "http_null"))]
        return _response(number, custom, 200, completion(asked, self._rates)), kept

    def _keep(self, content: bytes) -> str:
        self._made += 1
        name = f"file-{self._made:06d}"
        self._files[name] = content
        return name

    def _file_json(self, name: str) -> dict[str, Any]:
        size = len(self._files[name])
        return {"id": name, "object": "file", "bytes": size, "created_at": 0, "filename": f"{name}.jsonl",
                "purpose": "batch", "status": "processed"}  # fmt: skip


def _spoilt(body: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    from synth.builtin.server import spoilt

    return spoilt(body, faults)


def _response(number: int, custom: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    answer = {"status_code": status, "request_id": f"request-{number}", "body": body}
    return {"id": f"batch_req_{number}", "custom_id": custom, "response": answer, "error": None}


def _lines(entries: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for entry in entries)


def _said(status: int, message: dict[str, Any]) -> Given:
    return status, json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"), "application/json"


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}
