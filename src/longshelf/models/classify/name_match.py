"""The class whose name the text says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import NotApplicable
from longshelf.evidence import row_weights
from longshelf.features.phrases import COLUMNS, LONGEST, column
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import log_share
from longshelf.prepare.folding import folded
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["NameMatch"]


@dataclass(frozen=True)
class FittedNames:
    """Where class names sit in a phrase matrix, and how often they are right.

    Parameters
    ----------
    columns, classes : (h,) int array
        Columns of the names, longest name first, and the classes they mean.
    share : (C,) float array
        Class shares.
    trust : float
        Share of training rows with a hit whose class is the hit.
    """

    columns: IntArray
    classes: IntArray
    share: FloatArray
    trust: float

    @property
    def parameters(self) -> int:
        return len(self.share) + 1

    @property
    def head(self) -> Head | None:
        return None

    def hit(self, X: Matrix) -> IntArray:
        """The class of the longest name in each row, -1 without one; (n,)."""
        place = np.full(COLUMNS, len(self.columns))
        place[self.columns[::-1]] = np.arange(len(self.columns))[::-1]
        first = np.full(X.shape[0], len(self.columns))
        rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        np.minimum.at(first, rows, place[X.indices])
        return np.append(self.classes, -1)[first]

    def scores(self, X: Matrix) -> FloatArray:
        hit = self.hit(X)
        said = hit >= 0
        odds = np.repeat(self.share[None], len(hit), axis=0)
        odds[said] *= 1 - self.trust
        odds[said, hit[said]] += self.trust
        return np.log(np.maximum(odds, 1e-13)).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class NameMatch(Model):
    """The longest class name found in the text as whole words, else the most frequent class.

    Case, punctuation and simple plurals are folded as ``name_hits`` folds them, and only
    ``name_hits`` features will do. A hit gets the share of training hits that were right as its
    probability; the rest is spread by the class shares. Of names of equal length the more frequent
    class wins.

    Raises
    ------
    NotApplicable
        On any other features.

    Examples
    --------
    >>> NameMatch().abstract
    False
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedNames:
        if not sp.issparse(X) or X.shape[1] != COLUMNS:
            raise NotApplicable("name_match reads class names in text; give it features: name_hits")
        weights = row_weights(strategy, rows, targets)
        share = np.exp(log_share(rows, targets, weights))
        names = [folded(str(name)) for name in targets.names]
        order = sorted(
            (c for c, words in enumerate(names) if 0 < len(words) <= LONGEST),
            key=lambda c: (-len(" ".join(names[c])), -share[c], c),
        )
        columns = np.array([column(" ".join(names[c])) for c in order], dtype=np.int64)
        found = FittedNames(columns, np.array(order, dtype=np.int64), share, 0.0)
        hit = found.hit(X)
        said = weights * (hit >= 0)
        right = float(weights @ (hit == rows.y))
        return FittedNames(found.columns, found.classes, share, (right + 1) / (said.sum() + 2))
