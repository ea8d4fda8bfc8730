"""Vectors of items that no one has bought yet."""

from __future__ import annotations

import numpy as np

from longshelf.artifact import Recommender
from longshelf.tables import FloatArray

__all__ = ["filled"]

NEIGHBOURS = 10
SHORT = 0.1
"""Share of the median length below which a vector of an unsold item says nothing."""


def filled(made: Recommender) -> FloatArray:
    """Item vectors; an unsold item that learned nothing takes those of items with like titles.

    An item that was never seen in training, and whose vector is shorter than a tenth of the median,
    gets the mean of its ten nearest by title, each weighed by its cosine. Without text vectors it
    keeps its own, and is found by search and by filters only.

    Returns
    -------
    (n, d) float32 array
    """
    items = np.asarray(made.items, dtype=np.float32)
    own = items[:, :-1] if made.biased else items
    length = np.linalg.norm(own, axis=1)
    sold = made.catalogue["count"].to_numpy() > 0
    if made.text is None or sold.all() or not sold.any():
        return items
    cold = np.flatnonzero(~sold & (length < SHORT * np.median(length[sold])))
    warm = np.flatnonzero(sold)
    whole = items.copy()
    for start in range(0, len(cold), 512):
        some = cold[start : start + 512]
        alike = made.text[some] @ made.text[warm].T
        most = min(NEIGHBOURS, len(warm))
        near = np.argpartition(-alike, most - 1, axis=1)[:, :most]
        weight = np.maximum(np.take_along_axis(alike, near, axis=1), 0)
        total = weight.sum(axis=1, keepdims=True)
        known = total[:, 0] > 0
        share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        mean = np.einsum("uk,ukd->ud", share, items[warm[near]])
        whole[some[known]] = mean[known]
    return whole
