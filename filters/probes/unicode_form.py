"""Unicode's normal forms: a modifier, so that é is one character whether it was written as one or as two."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from filters.buffers import joined
from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting, Findings

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def check(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Returns the settings: `form`, one of FORMS, or null for none.

    Raises:
        BadSetting: another form.
    """
    form = settings["form"]
    if form is not None and form not in FORMS:
        raise BadSetting("form", f"expected {', '.join(FORMS)} or null for off, not {form!r}")
    return {"form": form}


def measure(probe: Probe, documents: pa.Table) -> Findings:
    """Returns the texts in the probe's normal form."""
    texts = joined(documents["text"])
    form = probe.settings["form"]
    return Findings({}, pc.utf8_normalize(texts, form=form) if form else texts)
