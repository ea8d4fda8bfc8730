"""Targets drawn beside a batch's own: which of them a row is scored against.

The drawn ones come first, repeats and all, and the batch's own follow, each once. A row is scored
against what was drawn and its own target; the own targets of other rows were not drawn for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from longshelf.tables import FloatArray, IntArray

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["ABSENT", "SIZE", "beside", "drawn_only", "law_of"]

ABSENT = -1e4
"""Score of a target that a row is not scored against: no loss looks at it."""

SIZE = 256
"""Targets drawn per batch where neither the law nor the model says how many."""


def law_of(counts: FloatArray, alpha: float) -> FloatArray:
    """Drawing probabilities in proportion to ``max(n, 1)**alpha``; (C,).

    Examples
    --------
    >>> law_of(np.array([81.0, 16.0, 0.0]), 0.5).round(2).tolist()
    [0.64, 0.29, 0.07]
    """
    mass = np.maximum(counts, 1.0) ** alpha
    return np.asarray(mass / mass.sum())


def beside(drawn: IntArray, own: IntArray) -> IntArray:
    """The drawn targets, then the batch's own, each once.

    Examples
    --------
    >>> beside(np.array([4, 2, 4]), np.array([2, 0, 2])).tolist()
    [4, 2, 4, 0, 2]
    """
    return np.concatenate([drawn, np.unique(own)])


def drawn_only(z: Tensor, batch: Batch) -> Tensor:
    """Scores (n, k) with other rows' own targets, and repeats of the row's, made :data:`ABSENT`."""
    import torch

    if batch.ids is None:
        return z
    at, drawn = batch.y[:, None], z.shape[1] - len(torch.unique(batch.y))
    absent = torch.ones_like(z, dtype=torch.bool)
    absent[:, :drawn] = batch.ids[:drawn] == batch.ids[at]
    return torch.where(absent.scatter_(1, at, value=False), ABSENT, z)
