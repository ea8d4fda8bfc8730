"""Which source had which targets: the sparse matrix that memory-based rankers learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import NotApplicable
from longshelf.evidence import row_weights
from longshelf.models.classify.constant import log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets

__all__ = ["Profiles", "codes_of", "ids_of", "profiles_of", "source_of"]


def codes_of(X: Matrix, model: str) -> IntArray:
    """Whole numbers of ``ids`` or ``history`` features; (n, 1) or (n, L).

    Raises
    ------
    NotApplicable
        If X holds something else.
    """
    if sp.issparse(X) or not np.issubdtype(X.dtype, np.integer):
        raise NotApplicable(
            f"{model} reads whole numbers, one id per row or a history of items; "
            "give it features: ids, or features: history"
        )
    return np.asarray(X)


def ids_of(X: Matrix, model: str) -> Matrix:
    """X, one id per row.

    Raises
    ------
    NotApplicable
        If X holds histories or vectors.
    """
    if codes_of(X, model).shape[1] != 1:
        raise NotApplicable(
            f"{model} learns a vector per source and cannot make one from a history; "
            "give it features: ids"
        )
    return X


def source_of(X: Matrix, rows: Rows, model: str) -> IntArray:
    """Number of each row's source from 1, 0 where it is nobody's; (n,).

    Raises
    ------
    NotApplicable
        If X holds neither ids nor histories, or the rows of a history have no source.
    """
    codes = codes_of(X, model)
    if codes.shape[1] == 1:
        return codes[:, 0]
    if rows.source is None:
        raise NotApplicable(f"{model} reads histories only where rows say whose they are: use ids")
    return np.asarray(rows.source + 1)


@dataclass(frozen=True)
class Profiles:
    """What each source had in training.

    Parameters
    ----------
    matrix : (S, C) CSR, float32
        A row per source code; row 0, of unknown sources, is empty.
    popular : (C,) float32 array
        Log share of each target in the (weighted) rows: the scores of a source without profile.
    repeats : bool, default False
        Let a history count a target as often as it holds it.
    """

    matrix: sp.csr_matrix
    popular: FloatArray
    repeats: bool = False

    def sources(self, X: Matrix) -> IntArray:
        """Row of the matrix for each row of ids, 0 where training never met it; (n,)."""
        ids = X[:, 0]
        return np.where((ids >= 0) & (ids < self.matrix.shape[0]), ids, 0)

    def of(self, X: Matrix) -> sp.csr_matrix:
        """Profiles of the rows of X: looked up for ids, counted for histories; (n, C).

        Examples
        --------
        >>> known = Profiles(sp.csr_matrix((2, 3), dtype=np.float32), np.zeros(3))
        >>> known.of(np.array([[0, 1, 3]])).toarray().tolist()
        [[1.0, 0.0, 1.0]]
        """
        if X.shape[1] == 1:
            return self.matrix[self.sources(X)]
        shape = (len(X), self.matrix.shape[1])
        code = X - 1
        row, place = np.nonzero((code >= 0) & (code < shape[1]))
        held = sp.csr_matrix((np.ones(len(row), np.float32), (row, code[row, place])), shape=shape)
        if not self.repeats:
            held.data[:] = 1
        return held

    def fill(self, scores: FloatArray, profiles: sp.csr_matrix) -> FloatArray:
        """The scores, those of rows without a profile replaced by the popular; (n, C) float32."""
        scores = np.asarray(scores, dtype=np.float32)
        scores[np.diff(profiles.indptr) == 0] = self.popular
        return scores


def profiles_of(
    X: Matrix,
    rows: Rows,
    targets: Targets,
    strategy: Strategy,
    model: str,
    *,
    repeats: bool = False,
) -> Profiles:
    """The matrix of the training part, its values the row weights.

    A pair of source and target met in several rows counts once, with the mean weight of these
    rows; a row that a resampler repeats counts as often as it is repeated.

    Parameters
    ----------
    X : (n, 1) ids or (n, L) history
        With a history, the rows' own ``source`` says whose they are.
    rows, targets, strategy
        As given to :meth:`Model.fit`.
    model : str
        Who asks, for errors.
    repeats : bool, default False
        Let the rows of a pair add up.

    Raises
    ------
    NotApplicable
        If X holds neither ids nor histories, or the rows of a history have no source.
    """
    source = source_of(X, rows, model)
    weights = row_weights(strategy, rows, targets)
    met = pl.DataFrame({"source": source, "code": rows.code, "id": rows.id, "weight": weights})
    value = pl.col("weight").sum()
    if not repeats:
        value = value / pl.col("id").n_unique()
    pairs = met.filter(pl.col("source") > 0).group_by("source", "code").agg(value)
    shape = (int(source.max(initial=0)) + 1, len(targets))
    where = (pairs["source"].to_numpy(), pairs["code"].to_numpy())
    matrix = sp.csr_matrix((pairs["weight"].to_numpy().astype(np.float32), where), shape=shape)
    matrix.sort_indices()
    popular = log_share(rows, targets, weights).astype(np.float32)
    return Profiles(matrix, popular, repeats)
