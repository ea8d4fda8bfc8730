"""Learning from positives and unlabelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["NonNegativePu"]


@dataclass(frozen=True, kw_only=True)
class NonNegativePu(Strategy):
    """Treat what was not chosen as unlabelled: ``prior * R+ + max(0, Ru - prior * R-)``.

    R+ and R- are the losses of a row's own target as positive and as negative, Ru that of the
    others as negatives, log losses all. Positives hide among the unlabelled, so their share is
    taken off; where a batch drives the difference under ``-beta`` the learner overfits and steps
    back by ``gamma`` times its gradient instead [1]_. Every target but the own is unlabelled, or
    every one that a law of negatives drew.

    Parameters
    ----------
    prior : float in (0, 1), default 0.1
        Share of the unlabelled that a source would choose.
    beta : float >= 0, default 0.0
    gamma : float in [0, 1], default 1.0

    References
    ----------
    .. [1] Kiryo et al., Positive-Unlabeled Learning with Non-Negative Risk Estimator, NeurIPS
       2017, arXiv:1703.00593, eq. 6 and algorithm 1.

    Examples
    --------
    >>> NonNegativePu(prior=0.05).hooks
    frozenset({'loss'})
    """

    prior: float = 0.1
    beta: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1 or self.beta < 0 or not 0 <= self.gamma <= 1:
            raise InputError(
                "NonNegativePu needs prior in (0, 1), beta from 0 and gamma in [0, 1], "
                f"got {self.prior}, {self.beta} and {self.gamma}"
            )

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import softplus

        pairs = pairs_of(z, batch, "NonNegativePu")
        positive: Tensor = self.prior * softplus(-pairs.own)
        negative: Tensor = pairs.mean(softplus(pairs.z)) - self.prior * softplus(pairs.own)
        if float((negative.detach() * batch.weight).mean()) >= -self.beta:
            return positive + negative
        back = -self.gamma * negative
        return (positive - self.beta).detach() + back - back.detach()
