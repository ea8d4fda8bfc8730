"""Learning beyond the popularity shortcut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.strategies.network.popularity_aware import PopularityAware

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["PopGo"]


@dataclass(frozen=True, kw_only=True)
class PopGo(PopularityAware):
    """Multiply scores by how far popularity explains the pair while learning, and drop that after.

    A branch that knows only how popular item and source are takes the shortcut, so that the
    ranker need not: it learns with ``cosine * sigmoid(shortcut)`` and predicts with the cosine
    [1]_. The shortcut learns from its own loss only; in the released code both teach it until it
    is frozen.

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
    .. [1] Zhang et al., Robust Collaborative Filtering to Popularity Distribution Shift, TOIS
       2024, arXiv:2310.10696, section 3.

    Examples
    --------
    >>> sorted(PopGo().hooks)
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
        shortcut, cosine = popularity
        main = criterion(z * shortcut.detach().sigmoid(), batch)
        branch = criterion(cosine / self.bias_temperature, batch)
        return (1 - self.share) * main + self.share * branch
