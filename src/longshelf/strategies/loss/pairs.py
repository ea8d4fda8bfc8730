"""A row's own target and the others it is scored against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.strategies.negatives.drawn import ABSENT

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["mean_over", "own_and_others"]


def own_and_others(z: Tensor, batch: Batch, name: str) -> tuple[Tensor, Tensor]:
    """Score of each row's own target (n,), and which columns are its negatives (n, k) bool.

    Raises
    ------
    NotApplicable
        If rows have several targets or a value.
    """
    from torch.nn.functional import one_hot

    if batch.y.ndim == 2 or batch.y.is_floating_point():
        raise NotApplicable(f"{name} sets the one target of a row against others; these have none")
    own = z.gather(1, batch.y[:, None])[:, 0]
    return own, (z > ABSENT / 2) & (one_hot(batch.y, z.shape[1]) == 0)


def mean_over(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean of the chosen entries of each row, 0 where none is; (n,)."""
    mean: Tensor = (values * chosen).sum(dim=1) / chosen.sum(dim=1).clamp_min(1)
    return mean
