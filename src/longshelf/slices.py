"""Head, torso and tail of the targets: one definition, from natural training counts only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import unknown
from longshelf.tables import FloatArray

__all__ = ["RULES", "Slices", "cut"]

HEAD, TORSO, TAIL = 0, 1, 2
FEW = 8
"""Rows a target needs not to be one of the few."""


@dataclass(frozen=True)
class Slices:
    """Which slice each target belongs to, and the rule that said so.

    Parameters
    ----------
    rule : str
        One of :data:`RULES`.
    of : (C,) int8 array
        0 head, 1 torso, 2 tail.
    cold : (C,) bool array
        Targets without a training row; they are tail as well.
    few : (C,) bool array or None
        Targets of the tail with so few rows that they are reported apart from it; ``of`` says tail
        of them all the same.
    """

    rule: str
    of: NDArray[np.int8]
    cold: NDArray[np.bool_]
    few: NDArray[np.bool_] | None = None

    @property
    def members(self) -> Mapping[str, NDArray[np.bool_]]:
        """Name to membership mask (C,), in display order; slices without a target are absent."""
        few = np.zeros(len(self.of), dtype=bool) if self.few is None else self.few
        masks = {
            "head": self.of == HEAD,
            "torso": self.of == TORSO,
            "tail": (self.of == TAIL) & ~few,
            "few": few,
            "cold": self.cold,
        }
        return {name: mask for name, mask in masks.items() if mask.any()}


def cut(natural: FloatArray, rule: str = "mass") -> Slices:
    """Cut the targets into head, torso and tail.

    Parameters
    ----------
    natural : (C,) float array
        Training rows per target.
    rule : {"mass", "mass_80", "mass_few", "count", "share"}, default "mass"
        ``mass``: head is the smallest prefix of targets, by falling count, with at least 50% of
        the rows; tail is what lies outside the smallest prefix with at least 80%.
        ``mass_80``: the same with one cut at 80%. ``mass_few``: as ``mass``, but targets of the tail
        under 8 rows are a slice of their own, ``few``. ``count``: more than 100 rows, 20 to 100,
        under 20. ``share``: the first fifth of the targets against the rest.
        Targets of equal count share one slice, the earlier.

    Raises
    ------
    InputError
        If the rule is unknown.

    Examples
    --------
    >>> cut(np.array([60.0, 25, 10, 5])).of.tolist()
    [0, 1, 2, 2]
    """
    if rule not in RULES:
        raise unknown("slice rule", rule, RULES)
    counts = np.asarray(natural, dtype=float)
    of = RULES[rule](counts)
    few = (of == TAIL) & (counts < FEW) if rule == "mass_few" else None
    return Slices(rule, of, counts == 0, few)


def _by_least(counts: FloatArray, head: float, torso: float) -> NDArray[np.int8]:
    """Slice by the smallest count each slice still admits."""
    of = np.where(counts >= head, HEAD, np.where(counts >= torso, TORSO, TAIL)).astype(np.int8)
    of[counts == 0] = TAIL
    return of


def _prefix_count(counts: FloatArray, share: float) -> float:
    """Count of the last target in the smallest prefix that holds this share of the rows."""
    ordered = np.sort(counts)[::-1]
    mass = np.cumsum(ordered)
    if mass[-1] == 0:
        return np.inf
    return float(ordered[np.searchsorted(mass, share * mass[-1] * (1 - 1e-12))])


def _share(counts: FloatArray) -> NDArray[np.int8]:
    ordered = np.sort(counts)[::-1]
    last = ordered[max(int(np.ceil(0.2 * len(ordered))) - 1, 0)]
    return _by_least(counts, last, np.inf)


def _mass(counts: FloatArray) -> NDArray[np.int8]:
    return _by_least(counts, _prefix_count(counts, 0.5), _prefix_count(counts, 0.8))


RULES: Mapping[str, Callable[[FloatArray], NDArray[np.int8]]] = {
    "mass": _mass,
    "mass_few": _mass,
    "mass_80": lambda n: _by_least(n, _prefix_count(n, 0.8), np.inf),
    "count": lambda n: _by_least(n, 101, 20),
    "share": _share,
}
