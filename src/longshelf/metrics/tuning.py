"""Rules from scores to decisions, tuned on held-out rows, and kept only when they hold up.

Thousands of rows and a hundred classes over-fit easily. So the candidates form a ladder from no
rule, through one number (τ), to a shift per class, whole or halved; rows of the same part that a
candidate was not fitted on choose between them, the simpler one on a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.ascent import Ascent, Objective
from longshelf.tables import BoolArray, FloatArray, IntArray, Targets

__all__ = ["tune", "tune_binary", "tune_multiclass", "tune_multilabel"]

TAUS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
FOLDS = 4
BAGS = 50
MANY = 20_000


def tune(
    scores: FloatArray,
    truth: IntArray | FloatArray,
    targets: Targets,
    metric: str = "macro_f1",
    costs: FloatArray | None = None,
) -> FloatArray:
    """The tuned decision rule that fits the targets, as shifts of the scores; (C,).

    Parameters
    ----------
    scores : (n, C) float array
        Logits.
    truth : (n,) codes, or (n, C) multi-hot
        True targets.
    targets : Targets
        Classes or labels.
    metric : str, default "macro_f1"
        As :class:`~longshelf.metrics.ascent.Objective` names it.
    costs : (C, C) float array or None
        For ``expected_cost``.

    Examples
    --------
    >>> targets = Targets(names=np.array(["a", "b"]), natural=np.array([2.0, 2.0]))
    >>> tune(np.eye(2)[[0, 1] * 10], np.array([0, 1] * 10), targets).tolist()
    [0.0, 0.0]
    """
    if targets.kind == "multilabel":
        return tune_multilabel(scores, truth, targets, metric)
    codes = np.asarray(truth).astype(np.intp)
    if len(targets) == 2:
        return tune_binary(scores, codes, metric, costs)
    return tune_multiclass(scores, codes, targets, metric, costs=costs)


def tune_multiclass(
    scores: FloatArray,
    truth: IntArray,
    targets: Targets,
    metric: str = "macro_f1",
    min_rows: int = 20,
    costs: FloatArray | None = None,
) -> FloatArray:
    """Shifts b for the decision ``argmax(log p + b)``.

    Every class begins at ``-τ log π`` with the τ that is best for all; coordinate ascent then
    moves the classes with enough rows. Zeros come back unless rows that were not fitted on say
    that a rule beats plain arg max.

    Parameters
    ----------
    scores : (n, C) float array
        Logits or log-probabilities.
    truth : (n,) int array
        Class codes.
    targets : Targets
        With natural counts, for π.
    metric : str, default "macro_f1"
        As :class:`~longshelf.metrics.ascent.Objective` names it.
    min_rows : int, default 20
        Classes with fewer rows here share τ.
    costs : (C, C) float array or None
        For ``expected_cost``.

    Returns
    -------
    (C,) float array

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = (rng.random(400) < 0.1).astype(int)
    >>> z = np.stack([np.full(400, 3.0), rng.normal(size=400) + 2 * truth], axis=1)
    >>> targets = Targets(names=np.array(["a", "b"]), natural=np.array([90.0, 10.0]))
    >>> bool(np.diff(tune_multiclass(z, truth, targets))[0] > 0)
    True
    """
    scores, truth = np.asarray(scores, dtype=float), np.asarray(truth)
    objective = Objective(metric, costs)
    prior = np.log(targets.prior)

    def ladder(z: FloatArray, y: IntArray) -> Sequence[FloatArray]:
        size = z.shape[1]
        taus = [objective.value((z - tau * prior).argmax(axis=1), y, size) for tau in (0, *TAUS)]
        start = -(0.0, *TAUS)[int(np.argmax(taus))] * prior
        counts = np.bincount(y, minlength=size)
        # a fold holds fewer rows than the whole part; the floor follows it
        floor = min_rows * len(y) / len(truth)
        classes = np.flatnonzero(counts >= max(floor, 1))
        full = Ascent(z, y, start, objective).climb(classes[np.argsort(-counts[classes])])
        return start, (start + full) / 2, full

    def value(decided: IntArray) -> float:
        return objective.value(decided, truth, scores.shape[1])

    def decide(z: FloatArray, shift: FloatArray) -> IntArray:
        return np.asarray((z + shift).argmax(axis=1))

    return _chosen(scores, truth, truth, ladder, decide, value)


def tune_binary(
    scores: FloatArray,
    truth: IntArray,
    metric: str = "macro_f1",
    costs: FloatArray | None = None,
) -> FloatArray:
    """One threshold on the margin of two classes, as shifts (2,).

    The mean of the best thresholds of 50 bootstrap samples: the best threshold of one sample
    jumps between near-equal peaks, their mean does not. Above 20,000 rows one sample is enough.

    Parameters
    ----------
    scores : (n, 2) float array
        Logits.
    truth : (n,) int array of 0 and 1
        Class codes.
    metric : str, default "macro_f1"
        As :class:`~longshelf.metrics.ascent.Objective` names it.
    costs : (2, 2) float array or None
        For ``expected_cost``.

    Examples
    --------
    >>> z = np.array([[0.0, -3.0], [0.0, -2.9], [0.0, -1.0], [0.0, -0.9]] * 20)
    >>> shift = tune_binary(z, np.array([0, 0, 1, 1] * 20))
    >>> (z + shift).argmax(axis=1)[:4].tolist()
    [0, 0, 1, 1]
    """
    scores, truth = np.asarray(scores, dtype=float), np.asarray(truth)
    if scores.ndim != 2 or scores.shape[1] != 2:
        raise InputError(f"tune_binary reads two columns of scores, got shape {scores.shape}")
    objective = Objective(metric, costs)

    rng = np.random.default_rng(0)
    n = len(truth)
    bags = [rng.integers(n, size=n) for _ in range(BAGS if n <= MANY else 0)] or [np.arange(n)]
    found = []
    for bag in bags:
        if len(np.unique(truth[bag])) == 2:
            ascent = Ascent(scores[bag], truth[bag], np.zeros(2), objective, np.inf)
            found.append(ascent.climb(np.array([1]), passes=1))
    return np.mean(found, axis=0) if found else np.zeros(2)


def tune_multilabel(
    scores: FloatArray,
    truth: FloatArray | IntArray | BoolArray,
    targets: Targets,
    metric: str = "macro_f1",
    min_rows: int = 20,
) -> FloatArray:
    """Shifts for the decision ``score + shift > 0``, one per label.

    Labels with fewer than ``min_rows`` positives share the shift that is best for all.

    Parameters
    ----------
    scores : (n, C) float array
        Logits.
    truth : (n, C) multi-hot
        True labels.
    targets : Targets
        One per label.
    metric : {"macro_f1", "balanced_accuracy", "macro_recall", "macro_precision"}
        What each label's shift maximises.
    min_rows : int, default 20
        Labels with fewer positives share a shift.

    Examples
    --------
    >>> truth = np.array([[1, 0], [1, 1], [0, 0], [0, 1]] * 20)
    >>> targets = Targets(names=np.array(["a", "b"]), kind="multilabel")
    >>> shift = tune_multilabel(4.0 * truth - 5, truth, targets)
    >>> bool(((4.0 * truth - 5 + shift > 0) == truth).all())
    True
    """
    if scores.shape[1] != len(targets):
        raise InputError(f"{len(targets)} labels need as many columns, got {scores.shape[1]}")
    scores, hot = np.asarray(scores, dtype=float), np.asarray(truth).astype(bool)
    part = Objective(metric).part

    def ladder(z: FloatArray, y: BoolArray) -> Sequence[FloatArray]:
        grid = np.unique(np.quantile(z, np.linspace(0, 1, 51)))
        shared = -grid[int(np.argmax([label_value(z - cut > 0, y) for cut in grid]))]
        start = np.full(z.shape[1], shared)
        full = start.copy()
        for c in np.flatnonzero(y.sum(axis=0) >= max(min_rows * len(y) / len(hot), 1)):
            full[c] = _best_cut(z[:, c], y[:, c], part)
        return start, (start + full) / 2, full

    def label_value(said: BoolArray, y: BoolArray) -> float:
        true = y.sum(axis=0).astype(float)
        kept = true > 0
        each = part((y & said).sum(axis=0).astype(float), said.sum(axis=0).astype(float), true)
        return float(each[kept].mean()) if kept.any() else 0.0

    def decide(z: FloatArray, shift: FloatArray) -> BoolArray:
        return np.asarray(z + shift > 0)

    return _chosen(
        scores, hot, np.arange(len(hot)) % 2, ladder, decide, lambda said: label_value(said, hot)
    )


def _best_cut(z: FloatArray, y: BoolArray, part: Callable[..., FloatArray]) -> float:
    """The shift that makes one label's part of the objective largest."""
    order = np.argsort(-z, kind="stable")
    hit = np.cumsum(y[order]).astype(float)
    value = part(hit, np.arange(1.0, len(z) + 1), np.full(len(z), float(y.sum())))
    falling = z[order]
    last = np.append(falling[1:] < falling[:-1], True)
    at = int(np.argmax(np.where(last, value, -np.inf)))
    below = falling[at + 1] if at + 1 < len(z) else falling[at] - 2e-3
    return -float((falling[at] + below) / 2)


def _folds(strata: IntArray) -> IntArray:
    """Fold of each row, classes spread evenly; (n,)."""
    order = np.argsort(strata, kind="stable")
    fold = np.empty(len(strata), dtype=np.intp)
    fold[order] = np.arange(len(strata)) % FOLDS
    return fold


def _chosen(
    scores: FloatArray,
    truth: IntArray | BoolArray,
    strata: IntArray,
    ladder: Callable[..., Sequence[FloatArray]],
    decide: Callable[[FloatArray, FloatArray], IntArray | BoolArray],
    value: Callable[..., float],
) -> FloatArray:
    """The rung of the ladder that does best on rows it was not fitted on, refitted on all."""
    size = scores.shape[1]
    zeros = np.zeros(size)
    if len(scores) < 2 * FOLDS:
        return zeros
    plain = decide(scores, zeros)
    fold = _folds(strata)
    rungs: list[IntArray | BoolArray] = []
    for k in range(FOLDS):
        held = fold == k
        for at, shift in enumerate(ladder(scores[~held], truth[~held])):
            if at == len(rungs):
                rungs.append(plain.copy())
            rungs[at][held] = decide(scores[held], shift)
    gains = [value(decided) for decided in rungs]
    if max(gains) <= value(plain):
        return zeros
    return np.asarray(ladder(scores, truth)[int(np.argmax(gains))])
