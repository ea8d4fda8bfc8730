"""How many rows to write for each target."""

from __future__ import annotations

import re

import numpy as np

from longshelf.errors import InputError
from longshelf.tables import FloatArray

__all__ = ["Amount", "amount", "missing"]

Amount = int | str
"""A floor, a multiple such as ``"2x"``, or ``"balance"``."""

_MULTIPLE = re.compile(r"(\d+(?:\.\d+)?)x")
_FLOOR = re.compile(r"(\d+)(?:-per-class)?")


def amount(to: object) -> Amount:
    """An amount as it is kept: 50 for ``"50-per-class"``.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> amount("50-per-class"), amount("0.5x"), amount("balance")
    (50, '0.5x', 'balance')
    """
    text = str(to).strip().lower()
    if (found := _FLOOR.fullmatch(text)) and int(found[1]) > 0:
        return int(found[1])
    if text == "balance" or ((found := _MULTIPLE.fullmatch(text)) and float(found[1]) > 0):
        return text
    raise InputError(
        f"an amount is a floor per class such as 50, a multiple such as '2x', or 'balance'; got {to!r}"
    )


def missing(to: Amount, counts: FloatArray, observed: FloatArray) -> dict[int, int]:
    """Rows to write for each target that has an observed row and lacks some.

    Parameters
    ----------
    to : int, multiple or "balance"
        A floor tops targets up; ``"kx"`` adds k rows per observed row, halves rounded up;
        ``balance`` tops up to the largest count.
    counts : (C,) float array
        Rows of each target, those already written included.
    observed : (C,) float array
        Rows of each target that were observed.

    Examples
    --------
    >>> counts = np.array([8.0, 3.0, 0.0])
    >>> missing(5, counts, counts), missing("0.5x", counts, counts), missing("balance", counts, counts)
    ({1: 2}, {0: 4, 1: 2}, {1: 5})
    """
    if isinstance(to, str) and to.endswith("x"):
        wanted = np.floor(float(to[:-1]) * observed + 0.5)
    else:
        goal = counts.max() if to == "balance" else float(to)
        wanted = np.where(observed > 0, goal - counts, 0)
    return {int(code): int(wanted[code]) for code in np.flatnonzero(wanted > 0)}
