"""A curve in letters of two by four dots."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["braille"]

DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Of the left and the right column, from below."""


def braille(x: Sequence[float], y: Sequence[float], width: int, height: int) -> list[str]:
    """Draw one curve over its whole range, points joined by lines.

    Parameters
    ----------
    x, y : n numbers
        x rising.
    width, height : int
        Letters across and lines down.

    Returns
    -------
    height strings of width letters, the highest first

    Examples
    --------
    >>> braille([0, 1], [0, 1], 4, 1)
    ['⣀⠤⠒⠉']
    """
    columns, rows = 2 * width, 4 * height
    low, span = min(y), max(y) - min(y)
    levels = [
        round((value - low) / span * (rows - 1)) if span else (rows - 1) // 2
        for value in _stretched(x, y, columns)
    ]
    letters = [[0x2800] * width for _ in range(height)]
    for column, level in enumerate(levels):
        before = levels[column - 1] if column else level
        down, up = (before + 1, level) if level > before else (level, before - 1)
        for dot in range(min(down, level), max(up, level) + 1):
            letters[height - 1 - dot // 4][column // 2] |= DOTS[column % 2][dot % 4]
    return ["".join(map(chr, line)) for line in letters]


def _stretched(x: Sequence[float], y: Sequence[float], columns: int) -> list[float]:
    """y at evenly spaced x, along straight lines between the points."""
    if len(x) == 1:
        return [y[0]]
    found, right = [], 1
    for column in range(columns):
        place = x[0] + (x[-1] - x[0]) * column / (columns - 1)
        while x[right] < place and right < len(x) - 1:
            right += 1
        share = (place - x[right - 1]) / (x[right] - x[right - 1])
        found.append(y[right - 1] + share * (y[right] - y[right - 1]))
    return found
