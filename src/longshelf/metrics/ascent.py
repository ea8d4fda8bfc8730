"""Coordinate ascent on class shifts: each step is exact along its coordinate, and incremental."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, unknown
from longshelf.metrics.margins import ratio
from longshelf.tables import FloatArray, IntArray

__all__ = ["Ascent", "Objective"]

Part = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

PARTS: Mapping[str, Part] = {
    "macro_f1": lambda hit, said, true: ratio(2 * hit, said + true),
    "balanced_accuracy": lambda hit, said, true: ratio(hit, true),
    "macro_recall": lambda hit, said, true: ratio(hit, true),
    "macro_precision": lambda hit, said, true: ratio(hit, said),
    "expected_cost": lambda hit, said, true: np.zeros(np.broadcast(hit, said, true).shape),
}
"""What each class adds to the objective, from its hits, decisions and rows."""


@dataclass(frozen=True)
class Objective:
    """What tuning maximises: a mean over supported classes, less a mean cost per row.

    Parameters
    ----------
    metric : str
        ``macro_f1``, ``balanced_accuracy``, ``macro_recall``, ``macro_precision`` or
        ``expected_cost``.
    costs : (C, C) float array or None
        Cost of deciding column j when row i is true; only for ``expected_cost``.
    """

    metric: str = "macro_f1"
    costs: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.metric not in PARTS:
            raise unknown("metric to tune for", self.metric, PARTS)
        if (self.metric == "expected_cost") != (self.costs is not None):
            raise InputError("tuning for expected_cost needs costs, and nothing else takes them")

    @property
    def part(self) -> Part:
        """What a class adds."""
        return PARTS[self.metric]

    def value(self, decided: IntArray, truth: IntArray, size: int) -> float:
        """The objective of some decisions; (n,) codes both."""
        if self.costs is not None:
            return -float(self.costs[truth, decided].mean())
        true = np.bincount(truth, minlength=size).astype(float)
        said = np.bincount(decided, minlength=size).astype(float)
        hit = np.bincount(truth[truth == decided], minlength=size).astype(float)
        kept = true > 0
        return float(self.part(hit[kept], said[kept], true[kept]).mean())


class Ascent:
    """Shifts under improvement, with the two best classes of every row kept up to date.

    Parameters
    ----------
    scores : (n, C) float array
        Logits.
    truth : (n,) int array
        Class codes.
    start : (C,) float array
        Shifts to begin from.
    objective : Objective
        What to maximise.
    reach : float, default 4.0
        How far one step may move a shift.
    """

    def __init__(
        self,
        scores: FloatArray,
        truth: IntArray,
        start: FloatArray,
        objective: Objective,
        reach: float = 4.0,
    ) -> None:
        self.scores, self.truth, self.objective, self.reach = scores, truth, objective, reach
        self.shift = start.astype(float).copy()
        self.moved = scores + self.shift
        n, size = scores.shape
        self.true = np.bincount(truth, minlength=size).astype(float)
        self.first, self.second = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp)
        self._rank(np.arange(n))
        self.said = np.bincount(self.first, minlength=size).astype(float)
        self.hit = np.bincount(truth[truth == self.first], minlength=size).astype(float)

    def _rank(self, rows: IntArray) -> None:
        part = self.moved[rows].copy()
        at = np.arange(len(rows))
        self.first[rows] = best = part.argmax(axis=1)
        part[at, best] = -np.inf
        self.second[rows] = part.argmax(axis=1)

    def climb(self, classes: IntArray, passes: int = 3) -> FloatArray:
        """Improve these shifts in turn until a pass changes nothing; (C,)."""
        for _ in range(passes):
            if not sum(self._step(int(c)) for c in classes):
                break
        return self.shift

    def _step(self, c: int) -> bool:
        """Move one shift to its best place; whether it moved."""
        mine = self.first == c
        other = np.where(mine, self.second, self.first)
        needed = self.moved[np.arange(len(other)), other] - self.scores[:, c]
        near = np.flatnonzero(np.abs(needed - self.shift[c]) <= self.reach)
        near = near[np.argsort(needed[near], kind="stable")]
        if len(near) == 0:
            return False
        gain = self._path(c, near, other[near])
        at = needed[near]
        ends = np.concatenate([[at[0] - 1e-3], at, [at[-1] + 1e-3]])
        places = (ends[:-1] + ends[1:]) / 2
        open_at = np.concatenate([[True], at[1:] > at[:-1], [True]])
        now = int(np.searchsorted(at, self.shift[c], side="left"))
        best = gain[open_at].max()
        if best <= gain[now] + 1e-12:
            return False
        tied = np.flatnonzero(open_at & (gain >= best - 1e-12))
        goal = tied[np.argmin(np.abs(places[tied] - self.shift[c]))]
        self._move(c, float(places[goal]))
        return True

    def _path(self, c: int, rows: IntArray, other: IntArray) -> FloatArray:
        """The objective, up to a constant, as rows go over to class c one by one; (k + 1,)."""
        y, costs, part = self.truth[rows], self.objective.costs, self.objective.part
        if costs is not None:
            gained = (costs[y, other] - costs[y, c]) / len(self.truth)
            return np.concatenate([[0.0], np.cumsum(gained)])
        inside = self.first[rows] == c
        hit, said = self.hit.copy(), self.said.copy()
        hit[c] -= (inside & (y == c)).sum()
        said[c] -= inside.sum()
        np.add.at(said, other[inside], 1.0)
        np.add.at(hit, other[inside & (y == other)], 1.0)
        steps = np.arange(len(rows) + 1.0)
        found = np.concatenate([[0.0], np.cumsum(y == c)])
        own = part(hit[c] + found, said[c] + steps, np.full(len(steps), self.true[c]))
        by = np.argsort(other, kind="stable")
        lost_from, lost = other[by], (y[by] == other[by]).astype(float)
        begin = np.searchsorted(lost_from, lost_from, side="left")
        nth = np.arange(len(by)) - begin
        before = np.concatenate([[0.0], np.cumsum(lost)])
        gone = before[:-1] - before[begin]
        true = self.true[lost_from]
        was = part(hit[lost_from] - gone, said[lost_from] - nth, true)
        then = part(hit[lost_from] - gone - lost, said[lost_from] - nth - 1, true)
        change = np.empty(len(by))
        change[by] = np.where(true > 0, then - was, 0.0)
        moved = np.concatenate([[0.0], np.cumsum(change)])
        return np.asarray(moved + own if self.true[c] else moved)

    def _move(self, c: int, shift: float) -> None:
        held = np.maximum(self.moved[:, c], self.scores[:, c] + shift)
        last = self.moved[np.arange(len(held)), self.second]
        rows = np.flatnonzero(held >= last)
        self.shift[c] = shift
        self.moved[:, c] = self.scores[:, c] + shift
        self._rank(rows)
        size = len(self.said)
        self.said = np.bincount(self.first, minlength=size).astype(float)
        self.hit = np.bincount(self.truth[self.truth == self.first], minlength=size).astype(float)
