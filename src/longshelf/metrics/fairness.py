"""Differences between groups in what is decided, whoever is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from longshelf.metrics.margins import Margins
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import FloatArray

__all__ = ["decision_gaps", "gap_lines"]


def _gap(rates: FloatArray) -> float:
    """Largest difference between groups of any class; groups without the rate are left out."""
    known = np.isfinite(rates).sum(axis=0) > 1
    if not known.any():
        return float("nan")
    kept = rates[:, known]
    return float(np.max(np.nanmax(kept, axis=0) - np.nanmin(kept, axis=0)))


def _rate(top: FloatArray, bottom: FloatArray) -> FloatArray:
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0))


def decision_gaps(reading: Reading, source: str, strata: Strata) -> Iterator[tuple[str, float]]:
    """Demographic-parity and equalised-odds differences, one-vs-rest, of the worst class.

    Demographic parity compares the share of rows decided as the class; equalised odds the true-
    and the false-positive rate, whichever differs more. Two classes are one problem.

    Yields
    ------
    (metric id, difference)
    """
    classes = len(reading.targets)
    everyone = np.ones((1, classes), dtype=bool)
    margins = Margins.of(reading, source, strata, everyone)
    true, said, hit = (part[:, 0] for part in (margins.true, margins.said, margins.hit))
    if classes == 2 and not reading.multilabel:
        own = slice(reading.positive, reading.positive + 1)
        true, said, hit = true[:, own], said[:, own], hit[:, own]
    size = reading.size(strata)[:, None]
    yield "demographic_parity_difference", _gap(_rate(said, size))
    odds = (_gap(_rate(hit, true)), _gap(_rate(said - hit, size - true)))
    yield "equalized_odds_difference", float(np.nanmax(odds)) if np.isfinite(odds).any() else np.nan


def gap_lines(reading: Reading, strata: Strata) -> Iterator[tuple[Any, ...]]:
    """The same as rows of the values table, one set per decision."""
    if len(strata) < 2:
        return
    support = int(strata.inside.sum())
    for source in reading.scored.decisions:
        for name, value in decision_gaps(reading, source, strata):
            if np.isfinite(value):
                yield source, name, strata.axis, "gap", value, None, None, support
