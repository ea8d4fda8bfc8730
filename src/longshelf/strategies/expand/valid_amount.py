"""As many generated rows as the validation part rewards."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.generators.ledger import current
from longshelf.quick import quick_score
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted, Model

__all__ = ["ValidAmount", "standing"]


def standing(code: IntArray) -> FloatArray:
    """Where each row stands among those of its target, from over 0 to 1; (n,).

    Examples
    --------
    >>> standing(np.array([4, 7, 4, 4, 4])).tolist()
    [0.25, 1.0, 0.5, 0.75, 1.0]
    """
    order = np.argsort(code, kind="stable")
    _, first, place, count = np.unique(
        code[order], return_index=True, return_inverse=True, return_counts=True
    )
    found = np.empty(len(code))
    found[order] = (np.arange(len(code)) - first[place] + 1) / count[place]
    return found


@dataclass(frozen=True, kw_only=True)
class ValidAmount(Strategy):
    """Keep as many of the generated rows as the validation part rewards, none if that is best.

    Stands behind what writes them, as in ``Expand(generator='eda', to='5x') + ValidAmount``. The
    model is fitted once for each share, from the same start, on all observed rows and that share
    of each target's generated ones, a part of the next; the fit with the best macro-F1 of plain
    decisions on valid is kept, that of fewer rows on a tie. Rows that are left are counted in the
    ledger of the cell as ``validation``, and the cell's cost is that of all fits.

    Features are computed once, so those that learn from texts have read every generated row.
    :class:`PostHocLogitAdjustment` behind it takes off the counts of all generated rows unless
    it chooses its ``tau`` itself.

    Parameters
    ----------
    shares : tuple of float in [0, 1], default (0, 0.1, 0.2, 0.4, 1)
        Rising. With ``to='5x'`` these are none, 0.5, 1, 2 and 5 rows per observed one.

    Raises
    ------
    InputError
        If shares do not rise within 0 and 1.
    NotApplicable
        If no row was generated, or targets are not classes.

    Notes
    -----
    A choice among as many arms as there are shares, made within the fit: unlike the best of
    several arms on the test part, its value on the test part is not biased by the choice.

    Examples
    --------
    >>> ValidAmount(shares=(0, 1)).hooks
    frozenset({'fit'})
    """

    shares: tuple[float, ...] = (0, 0.1, 0.2, 0.4, 1)

    def __post_init__(self) -> None:
        shares = tuple(self.shares)
        rising = all(a < b for a, b in pairwise(shares))
        if not shares or not rising or shares[0] < 0 or shares[-1] > 1:
            raise InputError(f"ValidAmount's shares must rise within 0 and 1, got {self.shares}")
        object.__setattr__(self, "shares", shares)

    def fit(
        self,
        model: Model,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Fitted:
        from longshelf.strategies.ensemble.members import fit_part

        if targets.kind != "class":
            raise NotApplicable(f"ValidAmount compares macro-F1, and these are {targets.kind}s")
        made = np.zeros(len(rows), bool) if rows.origin is None else rows.origin != "observed"
        if not made.any():
            raise NotApplicable(
                "ValidAmount chooses among generated rows, and none was generated; write "
                "'Expand(generator=...) + ValidAmount'"
            )
        place = np.zeros(len(rows))
        place[made] = standing(rows.code[made])
        best, kept, found = -np.inf, 0.0, None
        for share in self.shares:
            index = np.flatnonzero(place <= share)
            start = copy.deepcopy(rng)
            fitted = fit_part(model, X, rows, index, valid, targets, strategy, start)
            score = quick_score(fitted.scores(valid.X), valid.rows.code, targets)
            if score > best:
                best, kept, found = score, share, fitted
        assert found is not None
        for code in rows.code[place > kept]:
            current().take_back(str(targets.names[code]), "validation")
        return found
