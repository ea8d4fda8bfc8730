"""Item vectors from what stands together in histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.rank.profiles import profiles_of
from longshelf.models.rank.vectors import ProfileVectors
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["Item2Vec"]


@dataclass(frozen=True, kw_only=True)
class Item2Vec(Model):
    """Vectors of items that stand together in sources' histories [1]_, without a training loop.

    Skip-gram with k negatives factorises the shifted mutual information of pairs [2]_; this does
    so directly: ``max(log(n_ij n / (n_i m_j)) - log(k), 0)`` over items had by the same source, m
    the context counts to the power ``smooth``, then a truncated singular value decomposition with
    the root of the values on the items' side. A source is the mean of its items' unit vectors and
    scores by cosine; without a profile it gets the popular items. Reads ``ids``, or ``history``.

    Parameters
    ----------
    width : int >= 1, default 64
        Length of the vectors, fewer where there are fewer items.
    negatives : float > 0, default 1.0
        k.
    smooth : float in [0, 1], default 0.75
        1 leaves context counts as they are.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Barkan and Koenigstein, Item2Vec: Neural Item Embedding for Collaborative Filtering,
       2016, arXiv:1603.04259.
    .. [2] Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization, NIPS 2014,
       eq. 11 and section 5; smoothing: Levy, Goldberg and Dagan, TACL 3, 2015, eq. 3.

    Examples
    --------
    >>> Item2Vec(width=32)
    Item2Vec(width=32, negatives=1.0, smooth=0.75)
    """

    abstract: ClassVar[bool] = False
    shown: ClassVar[str] = "item2vec"
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    negatives: float = 1.0
    smooth: float = 0.75

    def __post_init__(self) -> None:
        if self.width < 1 or self.negatives <= 0 or not 0 <= self.smooth <= 1:
            raise InputError(
                "item2vec needs a width of at least 1, negatives above 0 and smooth in [0, 1], "
                f"got {self}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> ProfileVectors:
        from sklearn.utils.extmath import randomized_svd

        profiles = profiles_of(X, rows, targets, strategy, "item2vec")
        shared = _information(profiles.matrix, self.negatives, self.smooth)
        left, values, _ = randomized_svd(
            shared, min(self.width, len(targets) - 1), random_state=int(rng.integers(2**31))
        )
        return ProfileVectors(profiles, _unit(left * np.sqrt(values)), "item2vec")


def _information(matrix: sp.csr_matrix, negatives: float, smooth: float) -> sp.csr_matrix:
    """Positive shifted mutual information of pairs of items; (C, C) CSR."""
    counts = sp.csr_matrix(matrix.T @ matrix, dtype=np.float64)
    counts.setdiag(0)
    counts.eliminate_zeros()
    each = np.asarray(counts.sum(axis=1)).ravel()
    context = each**smooth * (each > 0)
    context = context / max(float(context.sum()), 1e-12)
    row = np.repeat(np.arange(len(each)), np.diff(counts.indptr))
    counts.data = np.log(counts.data / (each[row] * context[counts.indices] * negatives))
    counts.data = np.maximum(counts.data, 0.0)
    counts.eliminate_zeros()
    return counts


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-12)
    return np.asarray(scaled, dtype=np.float32)
