"""A label × group table small enough to read, coloured by how far each cell is from even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.diagnosis.crosstab import Crosstab

__all__ = ["Heat", "Tile", "heat"]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One cell.

    Parameters
    ----------
    rows : int
    lift : float
        Rows over those expected if class and group had nothing to do with each other.
    side : {"more", "less"}
    depth : float in [0, 1]
        Colour: 0 at a lift of 1, 1 from a lift of 4 or of 1/4; paler where neither the rows nor
        the expected rows reach five.
    """

    rows: int
    lift: float
    side: str
    depth: float


@dataclass(frozen=True, kw_only=True)
class Heat:
    """The largest classes against the largest groups.

    Parameters
    ----------
    column : str
    groups : tuple of str
        Across.
    lines : tuple of (class, tiles)
        Down.
    left_out : (int, int)
        Classes and groups not shown.
    """

    column: str
    groups: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Tile, ...]], ...]
    left_out: tuple[int, int]


def heat(table: Crosstab, classes: int = 14, groups: int = 8) -> Heat:
    """The corner of a crosstab with the most rows.

    Parameters
    ----------
    table : Crosstab
        All pairs.
    classes, groups : int
        How many to show.
    """
    by_label = table.cells.group_by("label").agg(pl.col("len").sum())
    by_label = by_label.sort("len", "label", descending=[True, False])
    sizes = dict(table.groups)
    total = sum(sizes.values())
    across = [name for name, _ in table.groups[:groups]]
    down = by_label.head(classes)
    kept = pl.col("group").is_in(across) & pl.col("label").is_in(down["label"].to_list())
    found = {
        (g, c): n for g, c, n in table.cells.filter(kept).select("group", "label", "len").rows()
    }
    lines = tuple(
        (
            label,
            tuple(
                _tile(found.get((name, label), 0), sizes[name] * rows / total) for name in across
            ),
        )
        for label, rows in down.rows()
    )
    return Heat(
        column=table.column,
        groups=tuple(across),
        lines=lines,
        left_out=(by_label.height - down.height, len(sizes) - len(across)),
    )


def _tile(rows: int, expected: float) -> Tile:
    lift = rows / expected
    certain = min(max(rows, expected) / 5, 1.0)
    depth = certain * min(abs(float(np.log2(max(lift, 0.25)))) / 2, 1.0)
    return Tile(rows=rows, lift=lift, side="more" if lift >= 1 else "less", depth=depth)
