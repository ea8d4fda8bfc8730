"""Measure one scored part: every metric, slice and group, with intervals and influences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

from longshelf.components import build, known
from longshelf.errors import InputError
from longshelf.metrics.base import Estimate, Metric
from longshelf.metrics.calibration import reliability
from longshelf.metrics.fairness import gap_lines
from longshelf.metrics.margins import Margins
from longshelf.metrics.measured import PER_TARGET, VALUES, Measured
from longshelf.metrics.reading import Reading, Strata, clusters
from longshelf.slices import Slices
from longshelf.tables import BoolArray, FloatArray, IntArray, Scored, Targets

__all__ = ["applicable", "evaluate", "strata_of"]

SMALLEST_GROUP = 30
"""Groups under this many rows are pooled into ``other``; an ``other`` under it is suppressed."""

UNIT_SLICES = ("all", "head", "torso", "tail")


def strata_of(groups: pl.DataFrame, smallest: int = SMALLEST_GROUP) -> list[Strata]:
    """One partition of the rows per group column, small groups pooled or left out.

    A column is left out where not even all its small groups together have ``smallest`` rows.
    """
    every = (_pooled(groups[axis], smallest) for axis in groups.columns)
    return [strata for strata in every if len(strata)]


def _pooled(column: pl.Series, smallest: int) -> Strata:
    names = column.cast(pl.String).fill_null("missing").to_numpy().astype(str)
    levels, code = np.unique(names, return_inverse=True)
    counts = np.bincount(code, minlength=len(levels))
    keep = (counts >= smallest) & (levels != "other")
    pool = counts[~keep].sum() >= smallest
    place = np.full(len(levels), keep.sum() if pool else -1)
    place[keep] = np.arange(keep.sum())
    shown = (*levels[keep].tolist(), *(["other"] if pool else []))
    return Strata(tuple(map(str, shown)), place[code], column.name)


def applicable(reading: Reading) -> list[Metric]:
    """Every metric of the namespace, at its defaults, that this part can be measured by."""
    every = (cls() for cls in known("metric").values() if issubclass(cls, Metric))
    return [metric for metric in every if metric.applies(reading)]


def evaluate(
    scored: Scored,
    targets: Targets,
    slices: Slices,
    *,
    metrics: Sequence[Metric] | None = None,
    primary: str = "macro_f1",
    costs: FloatArray | None = None,
) -> Measured:
    """Measure one part.

    Parameters
    ----------
    scored : Scored
        n rows with scores, probabilities and decisions.
    targets : Targets
        C targets with natural counts.
    slices : Slices
        Head, torso and tail of the targets.
    metrics : sequence of Metric or None
        None is every metric that applies, at its defaults.
    primary : str, default "macro_f1"
        The metric whose row influences are kept for paired tests.
    costs : (C, C) float array or None
        Cost of deciding column j when row i is true, for ``expected_cost``.

    Raises
    ------
    InputError
        If the primary metric cannot measure this part.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> from longshelf.tables import Rows
    >>> y = np.array([0, 0, 1, 1])
    >>> rows = Rows(id=np.arange(4), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    >>> scored = Scored(rows=rows, scores=np.log(p), raw=p, corrected=p,
    ...                 decisions={"argmax": p.argmax(axis=1)})
    >>> targets = Targets(names=np.array(["no", "yes"]), natural=np.array([3.0, 1.0]))
    >>> found = evaluate(scored, targets, cut(targets.natural)).values
    >>> found.filter(metric="balanced_accuracy", slice="all")["value"].item()
    0.75
    """
    reading = Reading(scored, targets, None if costs is None else np.asarray(costs, dtype=float))
    main = _named(primary, reading)
    if not main.applies(reading):
        names = [metric.id for metric in applicable(reading)]
        raise InputError(
            f"{primary} cannot measure a {targets.kind} target here; "
            f"one of these can: {', '.join(sorted(names))}"
        )
    chosen = applicable(reading) if metrics is None else list(metrics)
    chosen = [metric for metric in chosen if metric.applies(reading)]
    if main not in chosen:
        chosen.append(main)
    measurer = _Measurer(reading, slices, main)
    lines = [line for metric in chosen for line in measurer.lines(metric)]
    if targets.kind in ("class", "multilabel"):
        lines += [line for strata in measurer.strata for line in gap_lines(reading, strata)]
    return Measured(
        values=pl.DataFrame(lines, schema=VALUES, orient="row"),
        units=measurer.units(),
        per_target=_per_target(reading),
        reliability=reliability(reading),
    )


def _named(primary: str, reading: Reading) -> Metric:
    """The metric an id or a typed name stands for."""
    ids = {metric.id: metric for metric in applicable(reading)}
    return ids[primary] if primary in ids else build("metric", primary)


@dataclass(frozen=True)
class _Measurer:
    """One part cut in every way, and the influences worth keeping."""

    reading: Reading
    slices: Slices
    main: Metric

    @cached_property
    def members(self) -> tuple[tuple[str, ...], BoolArray]:
        held = dict(self.slices.members) if self.reading.targets.kind != "text" else {}
        size = len(self.reading.targets)
        masks = [np.ones(size, dtype=bool), *(mask[:size] for mask in held.values())]
        return ("all", *held), np.stack(masks)

    @cached_property
    def unit(self) -> IntArray:
        return clusters(self.reading.scored)

    @cached_property
    def unit_code(self) -> IntArray:
        return np.unique(self.unit, return_inverse=True)[1]

    @cached_property
    def strata(self) -> list[Strata]:
        return strata_of(self.reading.scored.rows.groups)

    @cached_property
    def kept(self) -> dict[str, FloatArray]:
        return {}

    @cached_property
    def support(self) -> dict[str, FloatArray]:
        return {}

    @cached_property
    def cells(self) -> dict[str, tuple[IntArray, IntArray]]:
        return {}

    def lines(self, metric: Metric) -> Iterator[tuple[Any, ...]]:
        """Every value of one metric as rows of the values table."""
        names, members = self.members
        if not metric.sliced:
            names, members = names[:1], members[:1]
        for source in metric.sources(self.reading):
            whole = Strata.whole(self.reading.n)
            found = metric.measure(self.reading, source, whole, members)
            self._keep(metric, source, names, found)
            places = [("all" if name == "all" else "target", name) for name in names]
            yield from self._table(metric, source, whole, members, found, places)
            for strata in self.strata if metric.grouped else ():
                found = metric.measure(self.reading, source, strata, members[:1])
                places = [(strata.axis, name) for name in strata.names]
                yield from self._table(metric, source, strata, members[:1], found, places)
                yield from _spread(metric, source, strata, found)

    def _table(
        self,
        metric: Metric,
        source: str,
        strata: Strata,
        members: BoolArray,
        found: Estimate,
        places: list[tuple[str, str]],
    ) -> Iterator[tuple[Any, ...]]:
        error = self._errors(strata, found)
        support = found.support
        if support is None:
            key = f"{strata.axis}|{len(members)}"
            if key not in self.support:
                self.support[key] = self.reading.support(strata, members)
            support = self.support[key]
        flat = zip(places, found.value.ravel(), error.ravel(), support.ravel(), strict=True)
        for (axis, name), value, wide, count in flat:
            if np.isfinite(value) and count > 0:
                low, high = _limits(metric, float(value), float(wide))
                yield source, metric.id, axis, name, float(value), low, high, round(float(count))

    def _errors(self, strata: Strata, found: Estimate) -> FloatArray:
        """Half width of the 95% interval over sampled units; (G, S), NaN without influence."""
        if found.influence is None:
            return np.full(found.value.shape, np.nan)
        cell, stratum = self._unit_cells(strata)
        n = strata.sum(np.ones((1, self.reading.n)))[:, 0]
        m = np.bincount(stratum, minlength=len(strata))
        sums = [np.bincount(cell, row[strata.inside], len(stratum)) for row in found.influence]
        square = np.stack([np.bincount(stratum, part**2, len(strata)) for part in sums], axis=1)
        fair = (m / np.maximum(m - 1, 1))[:, None]
        wide = stdtrit(np.maximum(m - 1.0, 1.0), 0.975)[:, None]
        return np.where(m[:, None] > 1, wide * np.sqrt(fair * square) / n[:, None], np.nan)

    def _unit_cells(self, strata: Strata) -> tuple[IntArray, IntArray]:
        """The unit of each row inside the strata, split by stratum, and the stratum of each."""
        if strata.axis not in self.cells:
            both = self.unit_code * len(strata) + strata.at
            found, cell = np.unique(both[strata.inside], return_inverse=True)
            self.cells[strata.axis] = (cell, found % len(strata))
        return self.cells[strata.axis]

    def _keep(self, metric: Metric, source: str, names: tuple[str, ...], found: Estimate) -> None:
        if metric != self.main or found.influence is None:
            return
        for name, row, value in zip(names, found.influence, found.value[0], strict=True):
            if name in UNIT_SLICES and np.isfinite(value):
                self.kept[f"{source}|{metric.id}|{name}"] = row

    def units(self) -> pl.DataFrame:
        """Influences of the primary metric, one row per test row."""
        columns = {"id": self.reading.scored.rows.id, "unit": self.unit}
        kept = {name: row.astype(np.float32) for name, row in self.kept.items()}
        return pl.DataFrame({**columns, **kept})


def _limits(metric: Metric, value: float, wide: float) -> tuple[float | None, float | None]:
    if not np.isfinite(wide):
        return None, None
    low, high = metric.limits
    return max(value - wide, low), min(value + wide, high)


def _spread(
    metric: Metric, source: str, strata: Strata, found: Estimate
) -> Iterator[tuple[Any, ...]]:
    """Worst group, gap, ratio and standard deviation over the groups that have a value."""
    values = found.value[:, 0]
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return
    least, most = float(values.min()), float(values.max())
    found_by = {
        "worst": least if metric.greater_is_better else most,
        "gap": most - least,
        "std": float(values.std()),
    }
    if least >= 0 and most > 0:
        found_by["ratio"] = least / most
    n = int(strata.inside.sum())
    for name, value in found_by.items():
        yield source, metric.id, strata.axis, name, value, None, None, n


def _per_target(reading: Reading) -> pl.DataFrame:
    """Recall and precision of every target, for each decision."""
    if reading.targets.kind not in ("class", "multilabel"):
        return pl.DataFrame(schema=PER_TARGET)
    everyone = np.ones((1, len(reading.targets)), dtype=bool)
    frames = []
    for source in reading.scored.decisions:
        margins = Margins.of(reading, source, Strata.whole(reading.n), everyone)
        true, said, hit = (part[0, 0] for part in (margins.true, margins.said, margins.hit))
        columns = {
            "decision": [source] * len(true),
            "target": reading.targets.names.astype(str),
            "train_count": np.rint(reading.targets.natural).astype(np.int64),
            "support": np.rint(true).astype(np.int64),
            "recall": np.divide(hit, true, out=np.full(true.shape, np.nan), where=true > 0),
            "precision": np.divide(hit, said, out=np.full(true.shape, np.nan), where=said > 0),
        }
        frames.append(pl.DataFrame(columns, schema=PER_TARGET).fill_nan(None))
    return pl.concat(frames) if frames else pl.DataFrame(schema=PER_TARGET)
