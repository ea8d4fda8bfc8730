"""Click model with two inputs: the text of an item and what is known of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.models.classify.click import Click
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.training import FittedNet

__all__ = ["TwoInputClick"]


@dataclass(frozen=True, kw_only=True)
class TwoInputClick(Click):
    """P(click | user, item) from an item's text and a user's features, joined late.

    Each input has a layer of its own; both results and their product go through two more, as in
    the wide & deep family [1]_. The first columns of the features are one input, the others the
    second, as in ``minilm + tabular``.

    Parameters
    ----------
    first : int, default 384
        Columns of the first input; 384 is the width of ``minilm``.
    width : int, default 32
        Of the layer over each input.
    hidden : int, default 64
        Width of the two layers over both.
    dropout : float in [0, 1), default 0.2
    epochs, batch, rate, decay, patience
        As for :class:`Click`.

    Raises
    ------
    InputError
        If a size or ``dropout`` is out of range.
    NotApplicable
        When fitted on no more columns than ``first``.

    References
    ----------
    .. [1] Cheng et al., Wide & Deep Learning for Recommender Systems, DLRS 2016, arXiv:1606.07792,
       section 3.

    Examples
    --------
    >>> TwoInputClick(first=128).first
    128
    """

    abstract: ClassVar[bool] = False

    first: int = 384
    width: int = 32
    hidden: int = 64
    dropout: float = 0.2

    def __post_init__(self) -> None:
        self._positive("first", "width", "hidden")
        self._shares("dropout")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedNet:
        if X.shape[1] <= self.first:
            raise NotApplicable(
                f"two_input_click reads {self.first} columns of the first input and then the "
                f"second, and got {X.shape[1]}; give it features: minilm + tabular, or say where "
                "the second begins: two_input_click(first=…)"
            )
        return super().fit(X, rows, valid, targets, strategy, rng)

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        from longshelf.models.classify.crossing import TwoInputBody
        from longshelf.models.network import Body, LinearHead, Net

        body = TwoInputBody(
            self.first, width - self.first, self.width, self.hidden, self.dropout, sparse=sparse
        )
        return Net(Body(), body, LinearHead(self.hidden, outputs))
