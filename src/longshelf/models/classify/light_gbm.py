"""Gradient-boosted trees."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT, Constant, log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid, take

__all__ = ["LightGbm"]


@dataclass(frozen=True)
class FittedTrees:
    """A booster and the classes it knows.

    Parameters
    ----------
    booster : lightgbm.Booster
    present : (K,) int array
        Classes with training rows; empty for a value.
    targets : int
        Columns of the scores.
    """

    booster: Any
    present: IntArray
    targets: int

    @property
    def parameters(self) -> int:
        return sum(int(tree["num_leaves"]) for tree in self.booster.dump_model()["tree_info"])

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raw = np.asarray(self.booster.predict(X, raw_score=True, num_threads=_threads()))
        if not len(self.present):
            return raw[:, None].astype(np.float32)
        if len(self.present) == 2:
            raw = np.stack([-raw, raw], axis=1) / 2
        scores = np.full((len(raw), self.targets), ABSENT, dtype=np.float32)
        scores[:, self.present] = raw
        return scores


@dataclass(frozen=True, kw_only=True)
class LightGbm(Model):
    """LightGBM [1]_ for classes and values, stopped early on the validation loss.

    Runs on ``LONGSHELF_THREADS`` threads, 1 where it is not set, and gives the same bytes for the
    same seed and thread count.

    Parameters
    ----------
    trees : int, default 200
        Most boosting rounds; with K > 2 classes each round grows K trees.
    leaves : int >= 2, default 31
    rate : float > 0, default 0.1
    smallest : int, default 5
        Rows a leaf must hold.
    patience : int, default 20
        Rounds without a better validation loss; 0 grows them all.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NeurIPS 2017.

    Examples
    --------
    >>> LightGbm(trees=50)
    LightGbm(trees=50, leaves=31, rate=0.1, smallest=5, patience=20)
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "value"})

    trees: int = 200
    leaves: int = 31
    rate: float = 0.1
    smallest: int = 5
    patience: int = 20

    def __post_init__(self) -> None:
        least = {"trees": 1, "leaves": 2, "smallest": 1, "patience": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(
                    f"light_gbm's {name} must be at least {low}, got {getattr(self, name)}"
                )
        if self.rate <= 0:
            raise InputError(f"light_gbm's rate must be above 0, got {self.rate}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedTrees | Constant:
        weights = row_weights(strategy, rows, targets)
        if targets.kind == "value":
            booster = self._grow(X, rows.y, weights, valid.X, valid.rows.y, 0, rng)
            return FittedTrees(booster, np.zeros(0, dtype=np.int64), 1)
        present = np.unique(rows.y)
        if len(present) == 1:
            return Constant(log_share(rows, targets, weights), 1)
        known = np.flatnonzero(np.isin(valid.rows.y, present))
        y, y_valid = (np.searchsorted(present, part) for part in (rows.y, valid.rows.y[known]))
        booster = self._grow(X, y, weights, take(valid.X, known), y_valid, len(present), rng)
        return FittedTrees(booster, present, len(targets))

    def _grow(
        self,
        X: Matrix,
        y: Any,
        weights: FloatArray,
        X_valid: Matrix,
        y_valid: Any,
        classes: int,
        rng: np.random.Generator,
    ) -> Any:
        """A booster for K classes, or for a value where K is 0."""
        import lightgbm

        objective = {0: "regression", 2: "binary"}.get(classes, "multiclass")
        settings = {
            "objective": objective,
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.smallest,
            "seed": int(rng.integers(2**31)),
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": _threads(),
            "verbosity": -1,
        } | ({"num_class": classes} if classes > 2 else {})
        train = lightgbm.Dataset(X, y, weight=weights, params=settings)
        watched, callbacks = [], []
        if self.patience and len(y_valid):
            watched = [train.create_valid(X_valid, y_valid)]
            callbacks = [lightgbm.early_stopping(self.patience, verbose=False)]
        return lightgbm.train(settings, train, self.trees, valid_sets=watched, callbacks=callbacks)


def _threads() -> int:
    return int(os.environ.get("LONGSHELF_THREADS", "1"))
