"""Matrix factorisation by pairs, one seen and one not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError, missing_extra
from longshelf.models.base import Model
from longshelf.models.rank.profiles import ids_of, profiles_of
from longshelf.models.rank.vectors import SourceVectors
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["ImplicitBpr"]


@dataclass(frozen=True, kw_only=True)
class ImplicitBpr(Model):
    """Learn vectors that score what a source had above what it had not: BPR [1]_, by ``implicit``.

    The library draws seen pairs and uniform negatives by itself, so row weights have no place; a
    resampler's rows are drawn as often as they are repeated. Reads ``ids``; sources training never
    met get the popular items. Runs on one thread: with more, results would differ from run to run.
    ``matrix_factorisation`` with the loss ``Bpr`` is the same model in our own loop, where every
    remedy has its place.

    Parameters
    ----------
    width : int >= 1, default 64
        Length of the vectors; a bias comes on top.
    rate : float > 0, default 0.05
        Step size.
    l2 : float >= 0, default 0.01
    rounds : int >= 1, default 100
        Passes over the pairs.

    Raises
    ------
    InputError
        If an argument is out of range.
    Unavailable
        If ``implicit`` is not installed.

    References
    ----------
    .. [1] Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009,
       arXiv:1205.2618, section 4.

    Examples
    --------
    >>> "weigh" in ImplicitBpr.honours
    False
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset({"expand", "resample"})
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    rate: float = 0.05
    l2: float = 0.01
    rounds: int = 100

    def __post_init__(self) -> None:
        if self.width < 1 or self.rounds < 1 or self.l2 < 0 or self.rate <= 0:
            raise InputError(
                "implicit_bpr needs width and rounds of at least 1, l2 of 0 or more and a rate "
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

        profiles = profiles_of(ids_of(X, "implicit_bpr"), rows, targets, Strategy(), "implicit_bpr")
        with threadpool_limits(1, "blas"):
            try:
                from implicit.cpu.bpr import BayesianPersonalizedRanking
            except ImportError as error:
                raise missing_extra("implicit", "rank", "implicit_als and implicit_bpr") from error
            learner = BayesianPersonalizedRanking(
                factors=self.width, learning_rate=self.rate, regularization=self.l2,
                iterations=self.rounds, num_threads=1, random_state=int(rng.integers(2**31)),
            )  # fmt: skip
            learner.fit(profiles.matrix, show_progress=False)
        return SourceVectors(profiles, learner.user_factors, learner.item_factors, "implicit_bpr")
