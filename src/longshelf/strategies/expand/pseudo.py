"""Interactions nobody had, written down with less weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.tables import FloatArray, IntArray, Rows, Targets, join

__all__ = ["largest", "of_sources", "with_pseudo"]


def of_sources(rows: Rows, targets: Targets, name: str) -> IntArray:
    """The source of each row; (n,).

    Raises
    ------
    NotApplicable
        If rows are not choices of items by sources.
    """
    if rows.source is None or targets.kind != "item":
        raise NotApplicable(
            f"{name} adds choices of users, queries or items; these are "
            f"{targets.kind} targets of rows without a source"
        )
    return rows.source


def largest(values: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """Columns and values of the k largest of each row, falling; (n, k) each.

    Examples
    --------
    >>> largest(np.array([[1.0, 3.0, 2.0]]), 2)[0].tolist()
    [[1, 2]]
    """
    k = min(k, values.shape[1])
    best = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
    worth = np.take_along_axis(values, best, axis=1)
    order = np.argsort(-worth, axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(worth, order, axis=1)


def with_pseudo(
    rows: Rows, copied: IntArray, code: IntArray, weight: FloatArray, origin: str
) -> Rows:
    """The rows, then copies of some with other targets and less weight.

    Parameters
    ----------
    rows : Rows
        The training part.
    copied : (s,) int array
        Positions of the rows copied.
    code : (s,) int array
        Their new targets.
    weight : (s,) float array
        Times the weight of the row copied.
    origin : str
        Who wrote them.
    """
    if not len(copied):
        return rows
    made = rows.take(copied)
    own = np.ones(len(copied)) if made.weight is None else made.weight
    made = replace(
        made,
        id=np.full(len(copied), -1),
        y=code.astype(rows.y.dtype),
        code=code,
        weight=own * weight,
        propensity=None,
        origin=np.full(len(copied), origin),
    )
    return join(rows, made)
