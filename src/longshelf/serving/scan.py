"""The compiled loop behind :mod:`longshelf.serving.falling`: product, filter and choice in one pass."""

from __future__ import annotations

import numpy as np

from longshelf.compiled import compiled
from longshelf.tables import FloatArray, IntArray

__all__ = ["both", "scan"]

SLACK = 1 - 1e-5
"""Of the bound: products are rounded."""


@compiled
def scan(
    vectors: FloatArray,
    length: FloatArray,
    named: IntArray,
    hidden: IntArray,
    price: FloatArray,
    low: float,
    high: float,
    query: FloatArray,
    depth: int,
    bar: float,
    sure: int,
) -> tuple[IntArray, FloatArray]:
    """The best ``sure``, and those of the best ``depth`` that reach ``bar``; of equals the lower code.

    Parameters
    ----------
    vectors : (n, d) float32 array
        By falling length.
    length : (n,) float64 array
        Their lengths.
    named : (n,) int array
        Their codes.
    hidden : (h,) int array
        Rising codes that may not be found.
    price : (codes,) float64 array
        NaN where there is none.
    low, high : float
        Bounds of the price, inclusive; both infinite where anything passes.
    query : (d,) float32 array
        A vector.
    depth : int
        How many at most.
    bar : float
        Products below it are wanted among the first ``sure`` only.
    sure : int
        At most ``depth``.
    """
    codes = np.empty(depth, np.int64)
    worth = np.empty(depth, np.float32)
    open_to_all = low == -np.inf and high == np.inf
    own = 0.0
    for at in range(len(query)):
        own += query[at] * query[at]
    own = np.sqrt(own)
    held, least = 0, -np.inf if sure > 0 else bar
    for row in range(len(named)):
        if least > 0 and length[row] * own < least * SLACK:
            break
        product = np.float32(0)
        for at in range(len(query)):
            product += vectors[row, at] * query[at]
        if product < least:
            continue
        code = named[row]
        if not (open_to_all or low <= price[code] <= high):
            continue
        place = np.searchsorted(hidden, code)
        if place < len(hidden) and hidden[place] == code:
            continue
        place = held
        while place > 0 and (
            worth[place - 1] < product or (worth[place - 1] == product and codes[place - 1] > code)
        ):
            place -= 1
        if place == depth:
            continue
        held = min(held + 1, depth)
        for at in range(held - 1, place, -1):
            worth[at], codes[at] = worth[at - 1], codes[at - 1]
        worth[place], codes[place] = product, code
        least = max(bar, worth[depth - 1]) if held == depth else bar
        if sure > 0:
            least = min(least, worth[sure - 1]) if held >= sure else -np.inf
    while held > 0 and worth[held - 1] < least:
        held -= 1
    return codes[:held], worth[:held]


@compiled
def both(
    others: tuple[FloatArray, FloatArray, IntArray],
    tail: tuple[FloatArray, FloatArray, IntArray],
    hidden: IntArray,
    price: FloatArray,
    low: float,
    high: float,
    query: FloatArray,
    depth: int,
    rare: int,
    codes: IntArray,
    scores: FloatArray,
) -> int:
    """The best ``depth`` of two heaps together, and the best ``rare`` of the tail beside them.

    They are written to ``codes`` and ``scores``, which have room for twice ``depth``; returns how many.
    """
    ours, worth = scan(
        others[0], others[1], others[2], hidden, price, low, high, query, depth, -np.inf, depth
    )
    bar = worth[-1] if len(ours) == depth else -np.inf
    theirs, more = scan(
        tail[0], tail[1], tail[2], hidden, price, low, high, query, depth, bar, rare
    )
    held = one = two = 0
    while one < len(ours) or two < len(theirs):
        first = two == len(theirs) or (
            one < len(ours)
            and (worth[one] > more[two] or (worth[one] == more[two] and ours[one] < theirs[two]))
        )
        code = ours[one] if first else theirs[two]
        score = worth[one] if first else more[two]
        if one + two < depth or (not first and two < rare):
            codes[held], scores[held] = code, score
            held += 1
        if first:
            one += 1
        else:
            two += 1
    return held
