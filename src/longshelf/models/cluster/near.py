"""Pairs of rows that are alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import NotApplicable
from longshelf.features.words import is_words
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Schema

__all__ = ["MOST_PAIRS", "Pairs", "components", "near", "unit"]

Pairs = tuple[IntArray, IntArray, FloatArray]
"""First row, second row, cosine; the first is the smaller number."""
MOST_PAIRS = 60_000_000


def unit(X: Matrix) -> Matrix:
    """Rows of length 1, or 0 where they were; float32.

    Texts become TF-IDF of their own words, weighed by how rare these are among the very rows: a
    new product's model number is in no vocabulary that was learned before.
    """
    if is_words(X):
        X = _of_texts(X[:, 0])
    if sp.issparse(X):
        length = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
        return sp.csr_matrix(sp.diags(1 / np.maximum(length, 1e-12)) @ X, dtype=np.float32)
    rows = np.asarray(X, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12)


def near(X: Matrix, least: float, block: int = 1024) -> Pairs:
    """Every pair of rows whose cosine is at least this much.

    Parameters
    ----------
    X : (n, d) matrix
        Dense, sparse, or texts (n, 1).
    least : float
        Smallest cosine kept.
    block : int, default 1024
        Rows compared with all others at once.

    Raises
    ------
    NotApplicable
        If there are too many such pairs to hold.

    Examples
    --------
    >>> first, second, cosine = near(np.array([[1.0, 0], [2, 0], [0, 1]]), 0.9)
    >>> first.tolist(), second.tolist(), cosine.tolist()
    ([0], [1], [1.0])
    """
    parts, held = [], 0
    for part in _blocks(unit(X), least, block):
        parts.append(part)
        held += len(part[0])
        if held > MOST_PAIRS:
            raise NotApplicable(
                f"more than {MOST_PAIRS:,} pairs of rows have a cosine of {least:g} or more; "
                "raise the threshold, or give features that tell rows apart"
            )
    first, second, cosine = (np.concatenate(side) for side in zip(*parts, strict=True))
    return first, second, cosine


def _blocks(rows: Matrix, least: float, block: int) -> Iterator[Pairs]:
    across = rows.T.tocsr() if sp.issparse(rows) else rows.T
    for start in range(0, rows.shape[0], block):
        part = rows[start : start + block] @ across
        if sp.issparse(part):
            part = part.tocoo()
            kept = part.data >= least
            at, other, cosine = part.row[kept], part.col[kept], part.data[kept]
        else:
            at, other = np.nonzero(part >= least)
            cosine = part[at, other]
        above = other > at + start
        yield (at[above] + start).astype(np.int32), other[above].astype(np.int32), cosine[above]


def _of_texts(texts: NDArray[np.str_]) -> sp.csr_matrix:
    from longshelf.features.tf_idf import TfIdf

    n = len(texts)
    nothing = np.zeros(n, dtype=np.int64)
    rows = Rows(
        id=np.arange(n), inputs=pl.DataFrame({"text": texts.astype(np.str_)}), y=nothing, code=nothing,
        groups=pl.DataFrame(),
    )  # fmt: skip
    recipe = TfIdf(words=(1, 1), min_rows=1)
    return sp.csr_matrix(recipe.fit(rows, Schema(text=("text",))).transform(rows))


def components(n: int, first: IntArray, second: IntArray) -> IntArray:
    """Number of the connected component of each of n rows; (n,)."""
    from scipy.sparse.csgraph import connected_components

    edges = sp.coo_matrix((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    return np.asarray(connected_components(edges, directed=False)[1])
