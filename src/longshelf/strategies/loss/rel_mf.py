"""Relevance from clicks that exposure hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from longshelf.errors import InputError, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["RelMf"]


@dataclass(frozen=True, kw_only=True)
class RelMf(Strategy):
    """Unbiased relevance: ``l1_i / theta_i + (1 - 1/theta_i) l0_i + ratio * mean l0_j``.

    A click needs exposure and relevance. With ``theta = (n / n_max)**eta`` the probability of
    having been exposed, the loss is in expectation that of relevance itself [1]_; l1 and l0 are
    ``-log sigmoid(z)`` and ``-log sigmoid(-z)``. The released code squares ``1 - sigmoid(z)`` and
    ``sigmoid(z)`` instead (``form="square"``) and clips theta from below, as here. Every target
    but the own is unlabelled, or every one that a law of negatives drew.

    Parameters
    ----------
    eta : float >= 0, default 0.5
        0 is :class:`BinaryCrossEntropy`.
    clip : float in (0, 1], default 0.1
        No theta is below; small ones make the loss of a rare target wild.
    ratio : float > 0, default 4.0
        Weight of all unlabelled targets of a row together.
    form : {"log", "square"}, default "log"

    References
    ----------
    .. [1] Saito et al., Unbiased Recommender Learning from Missing-Not-At-Random Implicit
       Feedback, WSDM 2020, arXiv:1909.03601, eq. 9 and section 5.1.

    Examples
    --------
    >>> RelMf(eta=1.0).hooks
    frozenset({'loss'})
    """

    eta: float = 0.5
    clip: float = 0.1
    ratio: float = 4.0
    form: Literal["log", "square"] = "log"

    def __post_init__(self) -> None:
        if self.eta < 0 or not 0 < self.clip <= 1 or self.ratio <= 0:
            raise InputError(
                "RelMf needs eta from 0, clip in (0, 1] and ratio above 0, "
                f"got {self.eta}, {self.clip} and {self.ratio}"
            )
        if self.form not in ("log", "square"):
            raise unknown("form of loss", self.form, ("log", "square"))

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        pairs = pairs_of(z, batch, "RelMf")
        counts = np.maximum(targets.seen, 1.0)
        theta = z.new_tensor(np.maximum((counts / counts.max()) ** self.eta, self.clip))[batch.y]
        relevant, irrelevant = self._two(pairs.own)
        clicked = relevant / theta + (1 - 1 / theta) * irrelevant
        return clicked + self.ratio * pairs.mean(self._two(pairs.z)[1])

    def _two(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of a score if relevant, and if not."""
        from torch.nn.functional import softplus

        if self.form == "log":
            return softplus(-z), softplus(z)
        return (1 - z.sigmoid()) ** 2, z.sigmoid() ** 2
