"""Rules as a recommender: what goes with an item is what its rules say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.association.measures import MEASURES, NEUTRAL, measures
from longshelf.errors import InputError, unknown
from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import log_share
from longshelf.models.rank.profiles import source_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["AssociationRules", "FittedRules"]


@dataclass(frozen=True)
class FittedRules(Scorer):
    """Rules from one item to one item.

    Parameters
    ----------
    strength : (S, C) CSR
        Rank of each rule's strength, from just above 0 to 1; a row per source code.
    popular : (C,) float32 array
        Share of each target, for what no rule speaks of; at most 0.
    """

    strength: sp.csr_matrix
    popular: FloatArray

    @property
    def parameters(self) -> int:
        return int(self.strength.nnz)

    def scores(self, X: Matrix) -> FloatArray:
        ids = np.asarray(X)[:, 0]
        known = np.where((ids >= 0) & (ids < self.strength.shape[0]), ids, 0)
        found = self.strength[known].toarray()
        return np.where(found > 0, found, self.popular).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class AssociationRules(Model):
    """Rank targets by the strength of the rule source → target, then by popularity [1]_.

    Every training row is one basket of its source and its target. Rules that lift, leverage or
    conviction call no better than chance do not count; what no rule speaks of follows, the
    popular first. Reads ``ids``.

    Parameters
    ----------
    by : {"support", "confidence", "lift", "leverage", "conviction"}, default "confidence"
        The measure of strength.
    least : int >= 1, default 2
        Rows a rule must rest on, by weight.
    cautious : bool, default True
        Take the lower limit of the measure's 95% interval: a lift of 50 from two baskets is
        mostly luck.

    Raises
    ------
    InputError
        If an argument is out of its bounds.

    References
    ----------
    .. [1] Agrawal et al., Mining Association Rules between Sets of Items in Large Databases,
       SIGMOD 1993.

    Examples
    --------
    >>> AssociationRules(by="lift").by
    'lift'
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    by: str = "confidence"
    least: int = 2
    cautious: bool = True

    def __post_init__(self) -> None:
        if self.by not in MEASURES:
            raise unknown("measure", self.by, MEASURES)
        if self.least < 1:
            raise InputError(f"association_rules' least must be at least 1, got {self.least}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedRules:
        source = source_of(X, rows, "association_rules")
        weight = row_weights(strategy, rows, targets)
        shape = (int(source.max(initial=0)) + 1, len(targets))
        held = sp.csr_matrix((weight, (source, np.asarray(rows.code))), shape=shape)
        first, second = (np.asarray(held.sum(axis=axis)).ravel() for axis in (1, 0))
        pairs = held.tocoo()
        kept = (pairs.data >= self.least) & (pairs.row > 0)
        a, b, both = pairs.row[kept], pairs.col[kept], pairs.data[kept]
        found = measures(both, first[a], second[b], float(weight.sum()))
        value = np.nan_to_num(found[f"{self.by}_low" if self.cautious else self.by], posinf=1e300)
        better = value > NEUTRAL[self.by]
        order = np.unique(value[better], return_inverse=True)[1] + 1.0
        strength = sp.csr_matrix(
            (order / max(order.max(initial=1.0), 1.0), (a[better], b[better])), shape=shape
        )
        popular = log_share(rows, targets, weight)
        return FittedRules(strength, np.minimum(popular, 0.0).astype(np.float32))
