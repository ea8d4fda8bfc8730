"""Targets without a training row."""

from __future__ import annotations

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["never_raised"]


def never_raised(shift: FloatArray, counts: FloatArray) -> FloatArray:
    """The shifts, those of targets without a row lowered to the least of the others; (C,).

    Examples
    --------
    >>> never_raised(np.array([0.5, 2.0, 3.0]), np.array([9.0, 1.0, 0.0])).tolist()
    [0.5, 2.0, 0.5]
    """
    if not (counts > 0).any():
        return shift
    return np.where(counts > 0, shift, np.minimum(shift, shift[counts > 0].min()))
