"""Few-shot learning from pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.strategies.step.contrastive import one_class_a_row
from longshelf.tables import FloatArray, Rows, Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["SetFit"]


@dataclass(frozen=True, kw_only=True)
class SetFit(Strategy):
    """Learn the encoder from pairs of rows first, then a fresh head on what it gives.

    k rows of a class make k(k - 1) / 2 pairs that are alike and many more that are not, so a few
    rows go further as pairs [1]_. The cosine of a pair is drawn to 1 if both are of one class and
    to 0 if not, as many of one kind as of the other. The paper draws pairs; ours takes all pairs
    of a batch whose classes are drawn evenly. A head learns beside, without moving the encoder,
    so that the epoch which serves it best can be told.

    Parameters
    ----------
    share : float in (0, 1), default 0.7
        Share of the epochs that learns from pairs.

    Raises
    ------
    NotApplicable
        If rows have several targets or a value, or the model learns nothing below its head.

    References
    ----------
    .. [1] Tunstall et al., Efficient Few-Shot Learning Without Prompts, 2022, arXiv:2209.11055,
       section 3.

    Examples
    --------
    >>> [stage.learn for stage in SetFit().stages()]
    ['all', 'head']
    """

    share: float = 0.7

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(f"SetFit's share must be in (0, 1), got {self.share}")

    def build(self, net: Net, targets: Targets) -> Net:
        one_class_a_row(net, targets, "SetFit")
        return net

    def stages(self) -> Sequence[Stage]:
        return (
            Stage(self.share, strategy=_Pairs()),
            Stage(1 - self.share, learn="head", reset=True),
        )


@dataclass(frozen=True, kw_only=True)
class _Pairs(Strategy):
    """Compare all rows of a batch with one another."""

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        return ClassBalancedSampling().sample(rows, targets)

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        from longshelf.strategies.step.contrast import pairs

        e = net.embed(batch.x)
        batch.embedding = still = e.detach()
        z = net.head(still) if batch.ids is None else net.head(still, batch.ids)
        return pairs(e, batch.y) + criterion(z, batch)
