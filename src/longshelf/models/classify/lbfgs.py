"""Limited-memory BFGS in the precision of its start, for objectives with millions of parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["minimise"]

Objective = Callable[[FloatArray], tuple[float, FloatArray]]


def minimise(
    objective: Objective,
    start: FloatArray,
    done: Callable[[FloatArray], bool],
    *,
    memory: int = 5,
    steps: int = 1000,
) -> FloatArray:
    """Minimise a smooth convex function [1]_.

    SciPy's L-BFGS-B spends most of its time on bounds and float64 copies once there are millions
    of parameters; this one holds float32 and nothing it does not need.

    Parameters
    ----------
    objective : callable
        Value and gradient at a point.
    start : float array of any shape
        Its precision is kept throughout.
    done : callable
        Told the gradient; True ends the search.
    memory : int, default 5
        Pairs of steps and gradient changes kept.
    steps : int, default 1000
        Most iterations.

    References
    ----------
    .. [1] Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5.

    Examples
    --------
    >>> at = minimise(lambda v: (float(v @ v), 2 * v), np.ones(3), lambda g: abs(g).max() < 1e-9)
    >>> bool(abs(at).max() < 1e-9)
    True
    """
    point = start
    value, slope = objective(point)
    pairs: deque[tuple[FloatArray, FloatArray, float]] = deque(maxlen=memory)
    for _ in range(steps):
        if done(slope):
            break
        way = _direction(slope, pairs)
        length = 1.0 if pairs else min(1.0, float(np.vdot(slope, slope)) ** -0.5)
        found = _backtrack(objective, point, value, slope, way, length)
        if found is None:
            break
        length, following, new_value, new_slope = found
        way *= length
        change = new_slope - slope
        curvature = float(np.vdot(way, change))
        if curvature > 0:
            pairs.append((way, change, 1 / curvature))
        point, value, slope = following, new_value, new_slope
    return point


def _direction(slope: FloatArray, pairs: deque[tuple[FloatArray, FloatArray, float]]) -> FloatArray:
    """Minus the gradient times the approximate inverse Hessian."""
    way = -slope
    taken = []
    for step, change, inverse in reversed(pairs):
        taken.append(inverse * float(np.vdot(step, way)))
        way -= taken[-1] * change
    if pairs:
        _, change, inverse = pairs[-1]
        way *= 1 / (inverse * float(np.vdot(change, change)))
    for (step, change, inverse), share in zip(pairs, reversed(taken), strict=True):
        way += (share - inverse * float(np.vdot(change, way))) * step
    return way


def _backtrack(
    objective: Objective,
    point: FloatArray,
    value: float,
    slope: FloatArray,
    way: FloatArray,
    length: float,
) -> tuple[float, FloatArray, float, FloatArray] | None:
    """Halve the step until the value falls enough; None when rounding is all that is left."""
    fall = float(np.vdot(slope, way))
    while length > 1e-8:
        following = point + length * way
        new_value, new_slope = objective(following)
        if new_value <= value + 1e-4 * length * fall:
            return length, following, new_value, new_slope
        length /= 2
    return None
