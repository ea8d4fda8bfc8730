"""Comparisons of the primary metric, on the units that were sampled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from longshelf.statistics.difference import ENOUGH_SEEDS
from longshelf.statistics.multiplicity import holm, ranks
from longshelf.statistics.variance import Crossed
from longshelf.tables import IntArray

__all__ = ["ALPHA", "PAIRED", "Arms", "paired_lines", "seeds_alike"]

ALPHA = 0.05

PAIRED = {
    "dataset": pl.String, "task": pl.String, "features": pl.String, "model": pl.String,
    "strategy": pl.String, "decision": pl.String, "metric": pl.String, "slice": pl.String,
    "unit_low": pl.Float64, "unit_high": pl.Float64, "unit_p": pl.Float64,
    "unit_rank": pl.Int64, "against_rival": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Arms:
    """The arms of one data set, task, features and model, with their cells by seed.

    Parameters
    ----------
    key : (dataset, task, features, model)
    cells : mapping of strategy to mapping of seed to cell name
    baseline : str
        The strategy everything is compared with.
    rival : mapping of seed to cell name, or None
        The best trivial arm of the same data set and task.
    """

    key: tuple[str, str, str, str]
    cells: Mapping[str, Mapping[int, str]]
    baseline: str
    rival: Mapping[int, str] | None

    def blocks(self) -> Iterator[tuple[list[str], list[int]]]:
        """Arms that share the same seeds with the baseline, the baseline first in each block."""
        own = set(self.cells.get(self.baseline, {}))
        by: dict[tuple[int, ...], list[str]] = {}
        for name, cells in self.cells.items():
            if name != self.baseline and (common := tuple(sorted(own & set(cells)))):
                by.setdefault(common, []).append(name)
        if not by and own:
            by[tuple(sorted(own))] = []
        for seeds, names in by.items():
            yield [self.baseline, *names], list(seeds)


Values = Mapping[tuple[str, str], float]


def paired_lines(
    arms: Arms, units: Mapping[str, pl.DataFrame], values: Values, redrawn: bool, falling: bool
) -> Iterator[tuple[Any, ...]]:
    """One row of :data:`PAIRED` per arm and unit column.

    Parameters
    ----------
    arms : Arms
        Of one family.
    units : mapping of cell name to its units
        id, unit, and columns ``decision|metric|slice``.
    values : mapping of (cell, column) to the metric
        Every value the unit columns belong to.
    redrawn : bool
        Whether every seed draws its own split.
    falling : bool
        Whether smaller is better.
    """
    for names, seeds in arms.blocks():
        rival = arms.rival is not None and set(seeds) <= set(arms.rival)
        table = [[arms.cells[name][seed] for name in names] for seed in seeds]
        if rival and arms.rival is not None:
            table = [[*row, arms.rival[s]] for row, s in zip(table, seeds, strict=True)]
        if not all(cell in units for row in table for cell in row):
            continue
        frames = [_aligned([units[cell] for cell in row]) for row in table]
        at = [_units(row[0]) for row in frames]
        columns = [name for name in frames[0][0].columns if "|" in name]
        for column in columns:
            known = all(
                column in frame.columns and (cell, column) in values
                for row, cells in zip(frames, table, strict=True)
                for frame, cell in zip(row, cells, strict=True)
            )
            if known:
                influences = [
                    np.stack([frame[column].to_numpy() for frame in row], axis=1) for row in frames
                ]
                of = np.array([[values[cell, column] for cell in row] for row in table])
                crossed = Crossed.of(of, influences, at, redrawn)
                yield from _judged(arms, names, column, crossed, rival, falling)


def _units(frame: pl.DataFrame) -> IntArray:
    return np.asarray(frame["unit" if "unit" in frame.columns else "id"].to_numpy())


def _aligned(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The same rows in the same order in every frame."""
    first = frames[0]["id"]
    if all(frame["id"].equals(first) for frame in frames):
        return list(frames)
    common = first.to_frame().filter(
        pl.all_horizontal([pl.col("id").is_in(frame["id"].implode()) for frame in frames[1:]])
    )
    return [common.join(frame, on="id", how="left", maintain_order="left") for frame in frames]


def _judged(
    arms: Arms, names: list[str], column: str, crossed: Crossed, rival: bool, falling: bool
) -> Iterator[tuple[Any, ...]]:
    decision, metric, slice_ = column.split("|")
    k = len(names)
    enough = crossed.seeds >= ENOUGH_SEEDS
    own = np.arange(k)
    _, low, high, p, _ = crossed.compare(own, np.zeros(k, dtype=int))
    place = _places(crossed, k, falling) if enough else np.full(k, -1)
    against = _against(crossed, k, falling) if rival and enough else [None] * k
    for i, name in enumerate(names):
        alone = i == 0
        yield (
            *arms.key, name, decision, metric, slice_,
            None if alone else float(low[i]),
            None if alone else float(high[i]),
            None if alone or not enough or np.isnan(p[i]) else float(p[i]),
            int(place[i]) if enough else None,
            against[i],
        )  # fmt: skip


def _places(crossed: Crossed, k: int, falling: bool) -> IntArray:
    """Ranks from Holm-adjusted tests of every pair."""
    one, other = np.triu_indices(k, 1)
    if len(one) == 0:
        return np.ones(k, dtype=int)
    value, _, _, p, _ = crossed.compare(one, other)
    sure = holm(p) < ALPHA
    up = value < 0 if falling else value > 0
    better = np.zeros((k, k), dtype=bool)
    better[one, other], better[other, one] = sure & up, sure & ~up
    return ranks(better)


def _against(crossed: Crossed, k: int, falling: bool) -> list[str | None]:
    """Whether each arm is above the last one, by its paired interval."""
    _, low, high, _, _ = crossed.compare(np.arange(k), np.full(k, k))
    if falling:
        low, high = -high, -low
    words = np.where(high < 0, "below", np.where(low > 0, "above", "not above"))
    return [str(word) for word in words]


def seeds_alike(units: Mapping[str, pl.DataFrame], cells: Collection[str]) -> bool:
    """Whether these cells were all measured on the same rows."""
    frames = [units[cell]["id"] for cell in cells if cell in units]
    return all(frame.equals(frames[0]) for frame in frames[1:])
