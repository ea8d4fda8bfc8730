"""How common each class is now, read from predictions alone."""

from __future__ import annotations

import numpy as np

from longshelf.errors import InputError
from longshelf.tables import FloatArray, IntArray

__all__ = ["black_box_shift", "expected_prior"]

ROUNDS = 1000
CLOSE = 1e-9


def expected_prior(probabilities: FloatArray, trained: FloatArray) -> FloatArray:
    """Class shares that make the predictions most likely, by expectation-maximisation [1]_.

    Holds if only the shares changed, and the probabilities were calibrated before.

    Parameters
    ----------
    probabilities : (n, C) float array
        Calibrated on the old shares.
    trained : (C,) float array
        Those old shares, all above 0.

    Returns
    -------
    (C,) float array

    Raises
    ------
    InputError
        Shapes that do not match, no rows, or a share of 0.

    References
    ----------
    .. [1] Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori
       Probabilities, Neural Computation 14, 2002, eq. 2.9.

    Examples
    --------
    >>> expected_prior(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0.5, 0.5])).tolist()
    [0.5, 0.5]
    """
    old = np.asarray(trained, dtype=float)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(old) or not len(probabilities):
        raise InputError(
            f"needs rows of {len(old)} probabilities, got an array of shape {probabilities.shape}"
        )
    if not (old > 0).all():
        raise InputError("every class needs a share above 0 in training")
    old = old / old.sum()
    now = old
    for _ in range(ROUNDS):
        weighed = probabilities * (now / old)
        later = (weighed / weighed.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(later - now).max() < CLOSE:
            return np.asarray(later)
        now = later
    return np.asarray(now)


def black_box_shift(truth: IntArray, decided: IntArray, now: IntArray, classes: int) -> FloatArray:
    """Class shares from the classifier's own confusions, with any classifier, calibrated or not [1]_.

    Solves ``C w = mu`` by least squares with ``w >= 0``: C the joint shares of decision and truth
    on labelled rows, mu the shares decided now, w the ratio of new to old class shares.

    Parameters
    ----------
    truth, decided : (m,) int arrays
        Labelled rows.
    now : (n,) int array
        Decisions on rows without labels.
    classes : int
        C.

    Returns
    -------
    (C,) float array
        A class never seen among the labelled rows gets 0.

    Raises
    ------
    InputError
        No rows.

    References
    ----------
    .. [1] Lipton, Wang and Smola, Detecting and Correcting for Label Shift with Black Box
       Predictors, ICML 2018, arXiv:1802.03916, eq. 3.

    Examples
    --------
    >>> old = np.array([0, 0, 1, 1])
    >>> black_box_shift(old, old, np.array([0, 1, 1, 1]), 2).tolist()
    [0.25, 0.75]
    """
    if not len(truth) or not len(now):
        raise InputError("label shift needs labelled rows and rows of now")
    from scipy.optimize import nnls

    pairs = np.bincount(decided * classes + truth, minlength=classes**2)
    joint = pairs.reshape(classes, classes) / len(truth)
    ratio, _ = nnls(joint, np.bincount(now, minlength=classes) / len(now))
    shares = ratio * joint.sum(axis=0)
    return np.asarray(shares / shares.sum()) if shares.sum() > 0 else joint.sum(axis=0)
