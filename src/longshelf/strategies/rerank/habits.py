"""How much of the head, the torso and the tail each source used to choose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longshelf.tables import Context, FloatArray, IntArray

__all__ = ["habits"]


def habits(context: Context) -> Callable[[IntArray], FloatArray]:
    """The mix of head, torso and tail in the history of some sources; everybody's where none is.

    Parameters
    ----------
    context : Context
        With the training interactions and the slices.

    Returns
    -------
    callable
        From source codes (u,) to shares that sum to 1, (u, 3).
    """
    belongs = np.eye(3)[context.slices.of]
    everybody = np.asarray(context.history.sum(axis=0)).ravel() @ belongs

    def mix(sources: IntArray) -> FloatArray:
        own = np.asarray(context.history[sources] @ belongs)
        own = np.where(own.sum(axis=1, keepdims=True) > 0, own, everybody)
        return np.asarray(own / own.sum(axis=1, keepdims=True).clip(1e-12))

    return mix
