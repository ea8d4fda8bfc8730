"""Head, torso and tail: how many targets, how many rows."""

from __future__ import annotations

from dataclasses import dataclass

from longshelf.slices import cut
from longshelf.tables import FloatArray

__all__ = ["Shelf", "shelves"]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """One slice of the targets.

    Parameters
    ----------
    name : {"head", "torso", "tail"}
    targets, rows : int
    share : float
        Of all rows.
    smallest, largest : int
        Rows of its smallest and largest target.
    """

    name: str
    targets: int
    rows: int
    share: float
    smallest: int
    largest: int


def shelves(counts: FloatArray, rule: str = "mass") -> tuple[Shelf, ...]:
    """The slices of these counts under a rule of :func:`longshelf.slices.cut`.

    Parameters
    ----------
    counts : (C,) float array
        Rows per target.
    rule : str, default "mass"
        Where head, torso and tail are cut.

    Examples
    --------
    >>> import numpy as np
    >>> [(shelf.name, shelf.targets, shelf.rows) for shelf in shelves(np.array([60.0, 25, 10, 5]))]
    [('head', 1, 60), ('torso', 1, 25), ('tail', 2, 15)]
    """
    members = cut(counts, rule).members
    return tuple(
        Shelf(
            name=name,
            targets=int(mask.sum()),
            rows=int(counts[mask].sum()),
            share=float(counts[mask].sum() / counts.sum()),
            smallest=int(counts[mask].min()),
            largest=int(counts[mask].max()),
        )
        for name, mask in members.items()
        if name != "cold"
    )
