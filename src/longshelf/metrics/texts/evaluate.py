"""Measure written texts: every metric, by category and group, beside the real texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.components import known
from longshelf.metrics.evaluate import strata_of
from longshelf.metrics.intervals import interval
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.metrics.texts.base import Gauge, OfTexts, TextReading
from longshelf.metrics.texts.diversity import Distinct
from longshelf.slices import Slices
from longshelf.tables import BoolArray, FloatArray, IntArray, Rows, Targets

__all__ = ["PRIMARY", "REAL", "evaluate_texts"]

PRIMARY = "chrf"
REAL = "real"
"""What fills the ``decision`` column of values of the rows' real texts."""

Place = tuple[str, str]
Line = tuple[Any, ...]


def evaluate_texts(
    texts: NDArray[np.str_],
    rows: Rows,
    targets: Targets,
    slices: Slices,
    *,
    train: Rows | None = None,
    valid: Rows | None = None,
    shared: dict[str, Any] | None = None,
) -> Measured:
    """Measure texts written for some rows, and the rows' real texts beside them.

    Values of the written texts have the decision ``score``, those of the real ones ``real``: what
    a perfect writer would get, which differs from category to category.

    Parameters
    ----------
    texts : (n,) str array
        One per row.
    rows : Rows
        What they were written for: ``code`` is the category, ``y`` the real text, ``inputs`` hold
        what was asked for.
    targets : Targets
        The categories.
    slices : Slices
        Head, torso and tail of the categories.
    train, valid : Rows or None
        The other parts; metrics that need one are absent without it.
    shared : dict or None
        Keeps the work that depends on the parts alone, for further writers on the same parts.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> code = np.array([0, 0])
    >>> rows = Rows(id=code, inputs=pl.DataFrame(), y=np.array(["red shoes", "a bag"]), code=code,
    ...             groups=pl.DataFrame())
    >>> targets = Targets(names=np.array(["shoes"]), kind="text", natural=np.array([2.0]))
    >>> texts = np.array(["red shoe", "red bag"])
    >>> found = evaluate_texts(texts, rows, targets, cut(targets.natural)).values
    >>> found.filter(metric="distinct@1", slice="all", decision="score")["value"].item()
    0.75
    """
    shared = {} if shared is None else shared
    written = TextReading(texts, rows, targets, train, valid, shared)
    metrics = [metric for metric in _metrics() if metric.able(written)]
    places = _places(rows, slices)
    unit = np.unique(rows.y, return_inverse=True)[1]
    gauges = list(_gauges(written, metrics, places))
    real = shared.get("real lines")
    if real is None:
        original = TextReading(rows.y, rows, targets, train, valid, shared)
        own = [metric for metric in metrics if metric.of_real]
        real = _lines(REAL, _gauges(original, own, places), unit, places)
        shared["real lines"] = real
    kept = {
        f"score|{metric.id}|{name}": gauge.influence.astype(np.float32)
        for metric, (axis, name), gauge in gauges
        if metric.id == PRIMARY and axis in ("all", "target") and gauge.influence is not None
    }
    return Measured(
        values=pl.DataFrame(
            [*_lines("score", gauges, unit, places), *real], schema=VALUES, orient="row"
        ),
        units=pl.DataFrame({"id": rows.id, "unit": unit, **kept}),
        per_target=pl.DataFrame(schema=PER_TARGET),
        reliability=pl.DataFrame(schema=RELIABILITY),
    )


def _metrics() -> list[OfTexts]:
    """Every metric of texts at its defaults, and pairs and triples of words."""
    every = [cls() for cls in known("metric").values() if issubclass(cls, OfTexts)]
    return [*every, Distinct(n=2), Distinct(n=3)]


def _places(rows: Rows, slices: Slices) -> Mapping[Place, BoolArray]:
    """Which rows each slice holds."""
    code = np.asarray(rows.code)
    places = {("all", "all"): np.ones(len(rows), dtype=bool)}
    places |= {("target", name): members[code] for name, members in slices.members.items()}
    for strata in strata_of(rows.groups):
        places |= {(strata.axis, name): strata.code == g for g, name in enumerate(strata.names)}
    return places


def _gauges(
    reading: TextReading, metrics: Sequence[OfTexts], places: Mapping[Place, BoolArray]
) -> Iterator[tuple[OfTexts, Place, Gauge]]:
    for metric in metrics:
        for place, inside in places.items():
            if metric.grouped or place[0] in ("all", "target"):
                yield metric, place, metric.gauge(reading, inside)
        for axis, name, gauge in metric.further(reading):
            yield metric, (axis, name), gauge


def _lines(
    decision: str,
    gauges: Sequence[tuple[OfTexts, Place, Gauge]] | Iterator[tuple[OfTexts, Place, Gauge]],
    unit: IntArray,
    places: Mapping[Place, BoolArray],
) -> list[Line]:
    """Rows of the values table."""
    lines: list[Line] = []
    for metric, (axis, name), (value, moved, support) in gauges:
        if not np.isfinite(value):
            continue
        inside = places.get((axis, name), _moved(moved))
        low, high = interval(metric, value, moved, unit, inside)
        lines.append((decision, metric.id, axis, name, value, low, high, support))
    return lines


def _moved(influence: FloatArray | None) -> BoolArray:
    return np.zeros(0, dtype=bool) if influence is None else np.ones(len(influence), dtype=bool)
