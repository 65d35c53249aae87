"""What peers measure in their own ways, all under names of their own: one door for `filters/signals/catalogue.py`."""

from __future__ import annotations

from typing import Iterable

import pyarrow as pa

from filters.buffers import FloatArray
from filters.signals.datatrove import DATATROVE_GROUPS, measure_datatrove
from filters.signals.dclm import DCLM_GROUPS, measure_dclm
from filters.signals.dolma import DOLMA_GROUPS, measure_dolma
from filters.signals.lengths import LENGTH_GROUPS, measure_lengths
from filters.signals.redpajama import REDPAJAMA_GROUPS, measure_redpajama

#: Groups of signals, as in `signals.GROUPS`.
PEER_GROUPS: dict[str, dict[str, str]] = {
    **DATATROVE_GROUPS,
    **DOLMA_GROUPS,
    **DCLM_GROUPS,
    **REDPAJAMA_GROUPS,
    **LENGTH_GROUPS,
}


def measure_peers(texts: pa.Array, groups: Iterable[str]) -> dict[str, FloatArray]:
    """Returns the signals of some of PEER_GROUPS.

    Args:
        texts: large_string without nulls.
        groups: names from PEER_GROUPS; others do not matter.
    """
    wanted, signals = set(groups), {}
    if wanted & DATATROVE_GROUPS.keys():
        signals.update(measure_datatrove(texts, wanted))
    if wanted & DOLMA_GROUPS.keys():
        signals.update(measure_dolma(texts, wanted))
    if wanted & DCLM_GROUPS.keys():
        signals.update(measure_dclm(texts))
    if wanted & REDPAJAMA_GROUPS.keys():
        signals.update(measure_redpajama(texts))
    if wanted & LENGTH_GROUPS.keys():
        signals.update(measure_lengths(texts, wanted))
    return signals
