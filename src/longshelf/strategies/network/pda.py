"""Popularity deconfounded, and put back on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.chain import Chain
from longshelf.strategies.network.linear import linear_head
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.base import Fitted, Model
    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Pda"]


@dataclass(frozen=True, kw_only=True)
class Pda(Strategy):
    """Learn with ``(elu(z) + 1) * m**gamma``, m the item's popularity at the time; predict z.

    Popularity moves both what is shown and what is chosen; multiplied in while learning, it need
    not enter z [1]_. Time is the order of the training rows cut in ``times``; m is the share of
    the stretch's clicks, one row added to each item, over that of its most popular item.
    With ``adjust`` the desired popularity is put back: ``(elu(z) + 1) * m**gamma`` with m
    extrapolated from the last two stretches. The paper's loss is :class:`Bpr`: write ``Pda + Bpr``.

    Parameters
    ----------
    gamma : float >= 0, default 0.1
        0 leaves popularity where it is.
    times : int >= 1, default 4
        Stretches of time over which popularity is counted.
    adjust : bool, default False
        Predict with the popularity to come (PDA) instead of without any (PD).
    trend : float, default 0.5
        Share of the last change that is expected to go on; with ``adjust``.

    Raises
    ------
    NotApplicable
        If rows have other than one target, or, with ``adjust``, no dense linear head.

    References
    ----------
    .. [1] Zhang et al., Causal Intervention for Leveraging Popularity Bias in Recommendation,
       SIGIR 2021, arXiv:2105.06067, eq. 6 to 10.

    Examples
    --------
    >>> sorted(Pda(gamma=0.2).hooks)
    ['build', 'fit', 'logits']
    """

    gamma: float = 0.1
    times: int = 4
    adjust: bool = False
    trend: float = 0.5

    def __post_init__(self) -> None:
        if self.gamma < 0 or self.times < 1:
            raise InputError(
                f"Pda needs gamma from 0 and times from 1, got {self.gamma} and {self.times}"
            )

    @property
    def hooks(self) -> frozenset[str]:
        return frozenset({"fit", "build", "logits"})

    def popularity(self, rows: Rows, targets: Targets) -> tuple[FloatArray, IntArray]:
        """Popularity of each target over each stretch, (times, C), and each row's stretch, (n,).

        Raises
        ------
        NotApplicable
            If rows have several targets.
        """
        if targets.kind not in ("class", "item"):
            raise NotApplicable(f"Pda needs one target per row, not {targets.kind} targets")
        when = np.arange(len(rows)) * self.times // max(len(rows), 1)
        at = when * len(targets) + rows.code
        counts = np.bincount(at, minlength=self.times * len(targets)) + 1.0
        counts = counts.reshape(self.times, len(targets))
        return counts / counts.max(axis=1, keepdims=True), when

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
        popularity, when = self.popularity(rows, targets)
        rest = (part for part in strategy.parts if part is not self)
        timed = _Timed(recipe=self, popularity=popularity, when=when)
        return model.fit(X, rows, valid, targets, Chain(timed, *rest), rng)


@dataclass(frozen=True, kw_only=True)
class _Timed(Strategy):
    """What :class:`Pda` does once the rows are known."""

    recipe: Pda
    popularity: FloatArray
    when: IntArray

    def build(self, net: Net, targets: Targets) -> Net:
        if not self.recipe.adjust:
            return net
        import torch

        from longshelf.models.causal_heads import AdjustedHead

        last, earlier = self.popularity[-1], self.popularity[max(len(self.popularity) - 2, 0)]
        coming = np.maximum(last + self.recipe.trend * (last - earlier), self.popularity.min())
        factor = torch.from_numpy(coming**self.recipe.gamma).float()
        net.head = AdjustedHead(linear_head(net, targets, "Pda"), factor)
        return net

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import elu

        ids: Any = slice(None) if batch.ids is None else batch.ids.cpu().numpy()
        m = self.popularity[self.when[batch.index]][:, ids] ** self.recipe.gamma
        return (elu(z) + 1) * z.new_tensor(m)
