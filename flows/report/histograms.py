"""Histograms of signals, with a rule's bound exactly between two bins."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Bins of a histogram, about.
BINS = 36

#: A signal whose values span more than this ratio is drawn on a logarithmic axis; one that stays
#: within 0…1 only beyond the second ratio, because shares are read better on a straight one.
LOG_RATIO, LOG_RATIO_OF_SHARES = 60.0, 1000.0

#: The outermost share of values at each end that the axis may cut off; they are counted in the end bins.
CUT = 0.004


#: How far from the other values a bound may lie, in their span, and still be on the axis.
FARTHEST = 8.0


@dataclasses.dataclass
class Histogram:
    """Counts between edges, in groups (such as passed, excused, failed).

    Attributes:
        edges: shape (bins + 1,), rising.
        counts: shape (groups, bins). Values beyond the edges are in the end bins.
        logarithmic: whether the bins have equal width on a logarithmic axis.
        whole: whether all sampled values were whole numbers; edges then lie at halves.
        beyond: values below the first edge and above the last one.
    """

    edges: Floats
    counts: Integers
    logarithmic: bool = False
    whole: bool = False
    beyond: list[int] = dataclasses.field(default_factory=lambda: [0, 0])

    def add(self, values: Floats, groups: npt.NDArray[np.integer]) -> None:
        """Counts values; groups says for each which row of `counts` it belongs to."""
        bins = self.counts.shape[1]
        place = np.searchsorted(self.edges, values, side="right") - 1
        self.beyond[0] += int(np.count_nonzero(place < 0))
        self.beyond[1] += int(np.count_nonzero(values > self.edges[-1]))
        np.clip(place, 0, bins - 1, out=place)
        flat = np.bincount(groups.astype(np.int64) * bins + place, minlength=self.counts.size)
        self.counts += flat.reshape(self.counts.shape)


def for_bound(sample: Floats, bound: float, right: bool, groups: int = 3) -> Histogram | None:
    """Returns an empty histogram fit for the sampled values, with an edge at the bound.

    Args:
        sample: values of the signal, without NaN.
        bound: the rule's bound; an edge lies exactly there, so no bin holds both sides, unless it is
            so far from the values that including it would squash them.
        right: whether a value at the bound belongs to the bin above it (else: below it).
        groups: rows of counts.

    Returns:
        None if there is no finite value.
    """
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return None
    low, high = (float(end) for end in np.quantile(sample, [CUT, 1.0 - CUT]))
    whole = bool(np.all(sample == np.rint(sample)))
    ratio = LOG_RATIO if high > 1 else LOG_RATIO_OF_SHARES
    logarithmic = bool(low > 0 and bound > 0 and high / low > ratio)
    edge = _edge(bound, right, whole)
    low, high = _with_other_side(sample, edge, low, high, unit=1.0 if whole else 0.0)
    if logarithmic:
        edges = 10.0 ** _grid(np.log10(low), np.log10(high), np.log10(edge), whole=False)
        edges[np.argmin(np.abs(edges - edge))] = edge
        if whole:  # no bin without a whole number in it
            edges = np.unique(np.floor(edges) + 0.5)
    else:
        edges = _grid(low, high, edge, whole, never_negative=bool(sample.min() >= 0))
    return Histogram(edges, np.zeros((groups, len(edges) - 1), np.int64), logarithmic, whole)


def plain(sample: Floats, groups: int = 2) -> Histogram | None:
    """Returns an empty histogram fit for the sampled values, without a bound."""
    finite = sample[np.isfinite(sample)]
    middle = float(np.median(finite)) if finite.size else 0.0
    return for_bound(finite, middle, right=True, groups=groups)


def _with_other_side(sample: Floats, edge: float, low: float, high: float, unit: float) -> tuple[float, float]:
    """Returns the ends of an axis that reaches beyond the edge, if a few values lie there and it is not too far away.

    Nearly all values lie on one side of most bounds, so that the quantiles cut off the other, which one looks for.
    """
    reach = FARTHEST * max(high - low, unit)
    if high < edge <= high + reach and (sample >= edge).any():
        return low, float(min(np.quantile(sample[sample >= edge], 0.9), edge + 0.3 * max(edge - low, unit)))
    if low - reach <= edge < low and (sample < edge).any():
        return float(max(np.quantile(sample[sample < edge], 0.1), edge - 0.3 * max(high - edge, unit))), high
    return low, high


def _edge(bound: float, right: bool, whole: bool) -> float:
    """Returns where the bins divide: below the edge, or at it and above."""
    if whole:
        return float(np.ceil(bound) - 0.5 if right else np.floor(bound) + 0.5)
    return bound if right else float(np.nextafter(bound, np.inf))


def _grid(low: float, high: float, edge: float, whole: bool, never_negative: bool = False) -> Floats:
    """Returns evenly spaced edges that cover low…high, one of them at `edge` if it is near."""
    span = high - low
    if span <= 0:
        span = 1.0 if whole else max(abs(low) * 0.5, 0.1)
    near = low - 1.2 * span <= edge <= high + 1.2 * span
    if near:
        low, high = min(low, edge - 0.08 * span), max(high, edge + 0.08 * span)
    width = (high - low) / BINS if high > low else span / BINS
    if whole:
        width = float(max(1.0, np.ceil(width)))
    elif never_negative and near and edge > 0 and low < 2 * width:
        width = edge / max(1, round(edge / width))  # so that zero is an edge too
        low = 0.0
    start = edge if near else (np.floor(low) - 0.5 if whole else low)
    before = int(np.ceil((start - low) / width - 1e-9)) if start > low else 0
    after = max(int(np.floor((high - start) / width + 1e-9)) + 1, 1)
    edges = np.asarray(start + width * np.arange(-before, after + 1), dtype=np.float64)
    if never_negative and not whole and edges[0] < 0:
        edges = np.r_[0.0, edges[edges > width * 1e-6]]
    return edges
