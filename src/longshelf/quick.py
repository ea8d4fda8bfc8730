"""One number per epoch, for early stopping: cheap, the same for every arm."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshelf.tables import FloatArray, IntArray, Targets

__all__ = ["overlaps", "quick_score"]


def quick_score(scores: FloatArray, y: NDArray[Any], targets: Targets) -> float:
    """Higher is better: macro-F1 of decisions, reciprocal rank of an item, minus squared error.

    Parameters
    ----------
    scores : (n, C) float array
        Of a held-out part.
    y : (n,) codes, (n, C) multi-hot or (n,) values
        True targets.
    targets : Targets
        Their kind says how to score.
    """
    if targets.kind == "value":
        return -float(np.mean((scores[:, 0] - y) ** 2))
    if targets.kind == "item":
        own = np.take_along_axis(scores, y[:, None], axis=1)
        return float(np.mean(1 / (scores >= own).sum(axis=1)))
    if targets.kind == "multilabel":
        decided = scores > 0
        hit = (decided & (y > 0)).sum(axis=0)
        said, true = decided.sum(axis=0), (y > 0).sum(axis=0)
    else:
        decision, size = scores.argmax(axis=1), scores.shape[1]
        hit = np.bincount(y[decision == y], minlength=size)
        said, true = np.bincount(decision, minlength=size), np.bincount(y, minlength=size)
    present = true > 0
    return float(np.mean(2 * hit[present] / (said + true)[present]))


def overlaps(said: IntArray, true: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """How many rows share both clusters of each row, the one it was put in, the one it is of.

    Parameters
    ----------
    said, true : (n,) int arrays
        Cluster of each row, as decided and as it is.

    Returns
    -------
    both, of_said, of_true : (n,) int arrays
        Each counts the row itself.

    Examples
    --------
    >>> both, of_said, of_true = overlaps(np.array([0, 0, 1]), np.array([5, 5, 5]))
    >>> both.tolist(), of_said.tolist(), of_true.tolist()
    ([2, 2, 1], [2, 2, 1], [3, 3, 3])
    """
    _, said, of_said = np.unique(said, return_inverse=True, return_counts=True)
    _, true, of_true = np.unique(true, return_inverse=True, return_counts=True)
    pair = said.astype(np.int64) * len(of_true) + true
    _, at, both = np.unique(pair, return_inverse=True, return_counts=True)
    return both[at], of_said[said], of_true[true]
