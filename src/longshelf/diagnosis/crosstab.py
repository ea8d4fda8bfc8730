"""Labels against groups: do they go together, and where are too few rows to tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

__all__ = ["Cell", "Crosstab", "crosstab"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Rows of one class in one group."""

    group: str
    label: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Crosstab:
    """One group column against the label.

    Parameters
    ----------
    column : str
    groups : tuple of (name, rows)
        Largest first; rows without a group or label are left out.
    cramers_v : float in [0, 1]
        ``sqrt(χ² / (N (min(groups, classes) - 1)))``; 0 where one of them has a single value.
    empty : int
        Pairs of class and group without a row.
    under_30 : int
        Pairs with one to 29 rows.
    smallest : tuple of Cell
        The five smallest pairs that have a row.
    cells : polars.DataFrame
        Columns ``group``, ``label``, ``len``: every pair with a row.
    """

    column: str
    groups: tuple[tuple[str, int], ...]
    cramers_v: float
    empty: int
    under_30: int
    smallest: tuple[Cell, ...]
    cells: pl.DataFrame


def crosstab(groups: pl.Series, labels: pl.Series) -> Crosstab | None:
    """Count labels by the groups of a column; None where no row has both.

    Parameters
    ----------
    groups : (n,) Series
        A group column, with its name.
    labels : (n,) Series of str
        Null where missing.
    """
    column, group = groups.name, groups.cast(pl.String)
    pairs = pl.DataFrame({"group": group, "label": labels}).drop_nulls()
    cells = pairs.group_by("group", "label").len()
    cells = cells.filter(pl.col("group").str.strip_chars() != "")
    cells = cells.sort("len", "group", "label")
    if cells.height == 0:
        return None
    sizes = cells.group_by("group").agg(pl.col("len").sum())
    sizes = sizes.sort("len", "group", descending=[True, False])
    least = cells.head(5).iter_rows()
    return Crosstab(
        column=column,
        groups=tuple(sizes.iter_rows()),
        cramers_v=_cramers_v(cells),
        empty=sizes.height * cells["label"].n_unique() - cells.height,
        under_30=cells.filter(pl.col("len") < 30).height,
        smallest=tuple(Cell(group=group, label=label, rows=rows) for group, label, rows in least),
        cells=cells,
    )


def _cramers_v(cells: pl.DataFrame) -> float:
    """From the pairs that occur alone: ``χ² / N = Σ n_ij² / (n_i n_j) - 1``."""
    whole = cells.select(
        pl.col("len").cast(pl.Float64).alias("n"),
        by_group=pl.col("len").sum().over("group"),
        by_label=pl.col("len").sum().over("label"),
    )
    fewest = min(cells["group"].n_unique(), cells["label"].n_unique()) - 1
    if fewest == 0:
        return 0.0
    chi = float(
        whole.select((pl.col("n") ** 2 / pl.col("by_group") / pl.col("by_label")).sum()).item()
    )
    return float(np.sqrt(max(chi - 1, 0.0) / fewest))
