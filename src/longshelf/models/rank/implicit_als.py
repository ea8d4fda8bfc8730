"""Weighted matrix factorisation by alternating least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError, missing_extra
from longshelf.models.base import Model
from longshelf.models.rank.profiles import ids_of, profiles_of
from longshelf.models.rank.vectors import SourceVectors, threads
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["ImplicitAls"]


@dataclass(frozen=True, kw_only=True)
class ImplicitAls(Model):
    """Factorise who had what with confidence in what was seen: iALS [1]_, by ``implicit``.

    Minimises ``sum c (p - x.y)² + l2 (|x|² + |y|²)`` over all pairs: p is 1 with c = ``alpha``
    times the row weight where the pair was seen, 0 with c = 1 elsewhere. Reads ``ids``; sources
    training never met get the popular items. Runs on ``LONGSHELF_THREADS`` threads, 1 where it is
    not set, and gives the same bytes for the same seed and thread count.

    Parameters
    ----------
    width : int >= 1, default 64
        Length of the vectors.
    l2 : float >= 0, default 0.01
    alpha : float > 0, default 10.0
        Confidence of a seen pair.
    rounds : int >= 1, default 15
        Passes over sources and targets.

    Raises
    ------
    InputError
        If an argument is out of range.
    Unavailable
        If ``implicit`` is not installed.

    References
    ----------
    .. [1] Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets,
       ICDM 2008, eq. 3.

    Examples
    --------
    >>> ImplicitAls(width=32)
    ImplicitAls(width=32, l2=0.01, alpha=10.0, rounds=15)
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    l2: float = 0.01
    alpha: float = 10.0
    rounds: int = 15

    def __post_init__(self) -> None:
        if self.width < 1 or self.rounds < 1 or self.l2 < 0 or self.alpha <= 0:
            raise InputError(
                "implicit_als needs width and rounds of at least 1, l2 of 0 or more and alpha "
                f"above 0, got {self}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> SourceVectors:
        from threadpoolctl import threadpool_limits

        profiles = profiles_of(ids_of(X, "implicit_als"), rows, targets, strategy, "implicit_als")
        with threadpool_limits(1, "blas"):
            try:
                from implicit.cpu.als import AlternatingLeastSquares
            except ImportError as error:
                raise missing_extra("implicit", "rank", "implicit_als and implicit_bpr") from error
            learner = AlternatingLeastSquares(
                factors=self.width, regularization=self.l2, alpha=self.alpha,
                iterations=self.rounds, num_threads=threads(), random_state=int(rng.integers(2**31)),
            )  # fmt: skip
            learner.fit(profiles.matrix, show_progress=False)
        return SourceVectors(profiles, learner.user_factors, learner.item_factors, "implicit_als")
