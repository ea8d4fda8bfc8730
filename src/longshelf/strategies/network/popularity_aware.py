"""Remedies that learn beside the ranker how far popularity explains a choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.chain import Chain
from longshelf.strategies.network.cosine import with_cosine
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.base import Fitted, Model
    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["PopularityAware", "levels"]


def levels(counts: FloatArray) -> IntArray:
    """Level of popularity of each count: its doublings; (n,).

    Examples
    --------
    >>> levels(np.array([0.0, 1, 2, 3, 4, 1000])).tolist()
    [0, 0, 1, 1, 2, 9]
    """
    return np.floor(np.log2(np.maximum(counts, 1.0))).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class PopularityAware(Strategy):
    """A cosine ranker and a popularity branch, learned together.

    ``temperature`` divides the ranker's cosines and ``bias_temperature`` the branch's; ``share``
    is the weight of the branch's loss, and ``combined`` the loss of a batch.
    """

    abstract: ClassVar[bool] = True

    temperature: float = 0.1
    bias_temperature: float = 0.1
    share: float = 0.5

    def __post_init__(self) -> None:
        if min(self.temperature, self.bias_temperature) <= 0 or not 0 < self.share < 1:
            raise InputError(
                f"{type(self).__name__} needs temperatures above 0 and a share in (0, 1), "
                f"got {self.temperature}, {self.bias_temperature} and {self.share}"
            )

    @property
    def hooks(self) -> frozenset[str]:
        return frozenset({"fit", "build", "step"})

    def combined(
        self,
        z: Tensor,
        popularity: tuple[Tensor, Tensor],
        batch: Batch,
        criterion: Callable[[Tensor, Batch], Tensor],
    ) -> Tensor:
        """Loss from scores (n, k), and dot products and cosines of the popularity branch."""
        raise NotImplementedError

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
        name = type(self).__name__
        if rows.source is None or targets.kind != "item":
            raise NotApplicable(f"{name} counts the rows of each source; these rows have no source")
        _, place, counts = np.unique(rows.source, return_inverse=True, return_counts=True)
        rest = (part for part in strategy.parts if part is not self)
        aware = _Aware(recipe=self, source=levels(counts.astype(float))[place])
        return model.fit(X, rows, valid, targets, Chain(aware, *rest), rng)


@dataclass(frozen=True, kw_only=True)
class _Aware(Strategy):
    """What the remedy does once the rows are known."""

    recipe: PopularityAware
    source: IntArray

    def build(self, net: Net, targets: Targets) -> Net:
        import torch

        from longshelf.strategies.network.popularity_branch import PopularityBranch

        recipe = self.recipe
        net = with_cosine(net, targets, 1 / recipe.temperature, type(recipe).__name__)
        head: Any = net.head
        target = torch.from_numpy(levels(targets.seen))
        net.popularity = PopularityBranch(
            torch.from_numpy(self.source), target, head.weight.shape[1]
        )
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        import torch

        head: Any = net.head
        branch: Any = net.popularity
        batch.embedding = net.embed(batch.x)
        z = head(batch.embedding, batch.ids)
        index = torch.from_numpy(batch.index).to(z.device)
        return self.recipe.combined(z, branch(index, batch.ids), batch, criterion)
