"""Limited-memory BFGS in the precision of its start, for objectives with millions of parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["minimise"]

Objective = Callable[[FloatArray], tuple[float, FloatArray]]

REFRESHED = frozenset({0, 5, 10, 20, 40, 80})
"""Iterations that ask for the curvature anew."""

DECREASE = 1e-4
"""Share of the promised fall a step must bring."""

ROUNDING = 1e-6
"""Relative change of a value that float32 cannot tell from none."""


def minimise(
    objective: Objective,
    start: FloatArray,
    done: Callable[[FloatArray], bool],
    *,
    curvature: Callable[[], FloatArray] | None = None,
    memory: int = 10,
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
    curvature : callable or None
        Diagonal of the Hessian where the objective was last asked, positive, in the shape of the
        start. Asked at the start and a few iterations in, it takes the place of the identity that
        the approximation otherwise grows from [2]_.
    memory : int, default 10
        Pairs of steps and gradient changes kept.
    steps : int, default 1000
        Most iterations.

    References
    ----------
    .. [1] Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5.
    .. [2] Gilbert and Lemaréchal, Some numerical experiments with variable-storage quasi-Newton
       algorithms, Mathematical Programming 1989, section 4.

    Examples
    --------
    >>> at = minimise(lambda v: (float(v @ v), 2 * v), np.ones(3), lambda g: abs(g).max() < 1e-9)
    >>> bool(abs(at).max() < 1e-9)
    True
    """
    point = start
    value, slope = objective(point)
    pairs: deque[tuple[FloatArray, FloatArray, float]] = deque(maxlen=memory)
    inverse: FloatArray | None = None
    for step in range(steps):
        if done(slope):
            break
        if curvature is not None and step in REFRESHED:
            inverse = 1 / curvature()
        way = _direction(slope, pairs, inverse)
        scaled = bool(pairs) or inverse is not None
        length = 1.0 if scaled else min(1.0, float(np.vdot(slope, slope)) ** -0.5)
        found = _backtrack(objective, point, value, slope, way, length)
        if found is None:
            break
        length, following, new_value, new_slope = found
        way *= length
        change = new_slope - slope
        bend = float(np.vdot(way, change))
        if bend > 0:
            pairs.append((way, change, 1 / bend))
        point, value, slope = following, new_value, new_slope
    return point


def _direction(
    slope: FloatArray,
    pairs: deque[tuple[FloatArray, FloatArray, float]],
    inverse: FloatArray | None,
) -> FloatArray:
    """Minus the gradient times the approximate inverse Hessian, grown from a diagonal one."""
    way = -slope
    taken = []
    for step, change, share in reversed(pairs):
        taken.append(share * float(np.vdot(step, way)))
        way -= taken[-1] * change
    if inverse is not None:
        way *= inverse
    if pairs:
        _, change, share = pairs[-1]
        bent = change if inverse is None else inverse * change
        way *= 1 / (share * float(np.vdot(change, bent)))
    for (step, change, share), before in zip(pairs, reversed(taken), strict=True):
        way += (before - share * float(np.vdot(change, way))) * step
    return way


def _backtrack(
    objective: Objective,
    point: FloatArray,
    value: float,
    slope: FloatArray,
    way: FloatArray,
    length: float,
) -> tuple[float, FloatArray, float, FloatArray] | None:
    """Halve the step until the value falls enough; None when rounding is all that is left.

    Where the value moves by less than its rounding, the slope along the way decides [1]_.

    References
    ----------
    .. [1] Hager and Zhang, A New Conjugate Gradient Method with Guaranteed Descent and an Efficient
       Line Search, SIAM Journal on Optimization 16, 2005, eq. 4.1.
    """
    fall = float(np.vdot(slope, way))
    noise = ROUNDING * abs(value)
    while length > 1e-8:
        following = point + length * way
        new_value, new_slope = objective(following)
        enough = new_value <= value + DECREASE * length * fall
        level = new_value <= value + noise
        if enough or (level and float(np.vdot(new_slope, way)) <= (2 * DECREASE - 1) * fall):
            return length, following, new_value, new_slope
        length /= 2
    return None
