"""Bias-aware contrastive loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.strategies.network.popularity_aware import PopularityAware

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["BcLoss"]


@dataclass(frozen=True, kw_only=True)
class BcLoss(PopularityAware):
    """Ask for a wider angle where popularity alone does not explain a choice.

    A branch that knows only how popular item and source are learns beside the ranker; the angle
    between its vectors is the margin by which the ranker's own pair must be closer, at most to
    the opposite [1]_. Choices popularity predicts get little, the tail's get most. The branch is
    dropped when predicting. The margin teaches the ranker only; in the released code it is
    ``1 - sigmoid(dot product)``, teaches both, and the branch is frozen after five epochs.

    Parameters
    ----------
    temperature : float > 0, default 0.1
        Divides the ranker's cosines.
    bias_temperature : float > 0, default 0.1
        Divides the branch's.
    share : float in (0, 1), default 0.5
        Weight of the branch's loss; the ranker has the rest.

    Raises
    ------
    NotApplicable
        If rows have no source, or the network no linear head.

    References
    ----------
    .. [1] Zhang et al., Incorporating Bias-aware Margins into Contrastive Loss for Collaborative
       Filtering, NeurIPS 2022, arXiv:2210.11054, eq. 4 to 6.

    Examples
    --------
    >>> sorted(BcLoss().hooks)
    ['build', 'fit', 'step']
    """

    abstract: ClassVar[bool] = False

    def combined(
        self,
        z: Tensor,
        popularity: tuple[Tensor, Tensor],
        batch: Batch,
        criterion: Callable[[Tensor, Batch], Tensor],
    ) -> Tensor:
        at, edge = batch.y[:, None], 1 - 1e-6
        angle = (z.gather(1, at) * self.temperature).clamp(-edge, edge).arccos()
        margin = popularity[1].detach().gather(1, at).clamp(-edge, edge).arccos()
        wider = (angle + margin).clamp_max(np.pi).cos() / self.temperature
        main = criterion(z.scatter(1, at, wider), batch)
        branch = criterion(popularity[1] / self.bias_temperature, batch)
        return (1 - self.share) * main + self.share * branch
