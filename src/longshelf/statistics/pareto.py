"""Which arms trade one aim against another, and which are beaten at both."""

from __future__ import annotations

import numpy as np
import polars as pl

from longshelf.tables import BoolArray, FloatArray

__all__ = ["pareto"]


def pareto(arms: pl.DataFrame) -> pl.DataFrame:
    """Mark the arms that no other beats at both aims, greater being better.

    Parameters
    ----------
    arms : polars.DataFrame
        One row per arm with ``x``, ``x_low``, ``x_high``, ``y``, ``y_low`` and ``y_high``.

    Returns
    -------
    polars.DataFrame
        With ``front``: ``front`` where no arm is at least as good at both and better at one; ``−``
        where some arm is above at both with intervals that do not touch; ``~`` for what is below the
        front and cannot be told from it. Intervals of each arm by itself are wider than those of a
        paired difference, so ``−`` is said too rarely, never too often.

    Examples
    --------
    >>> arms = pl.DataFrame({"x": [3.0, 1.0, 2.9, 1.0], "y": [1.0, 3.0, 0.9, 0.2]})
    >>> around = {f"{c}_{n}": pl.col(c) + d for c in "xy" for n, d in (("low", -0.2), ("high", 0.2))}
    >>> pareto(arms.with_columns(**around))["front"].to_list()
    ['front', 'front', '~', '−']
    """
    x, y = _columns(arms, "x", "y")
    (x_low, x_high), (y_low, y_high) = (
        _columns(arms, "x_low", "x_high"),
        _columns(arms, "y_low", "y_high"),
    )
    beaten = _any((x >= x[:, None]) & (y >= y[:, None]) & ((x > x[:, None]) | (y > y[:, None])))
    told = _any((x_low > x_high[:, None]) & (y_low > y_high[:, None]))
    return arms.with_columns(front=pl.Series(np.select([told, beaten], ["−", "~"], "front")))


def _columns(arms: pl.DataFrame, *names: str) -> tuple[FloatArray, ...]:
    return tuple(arms[name].cast(pl.Float64).to_numpy() for name in names)


def _any(pairs: BoolArray) -> BoolArray:
    """Which arms (rows) some other arm (column) beats."""
    return np.asarray(pairs.any(axis=1))
