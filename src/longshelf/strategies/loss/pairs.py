"""A row's own target and the others it is scored against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.strategies.negatives.drawn import ABSENT

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["Pairs", "pairs_of"]


@dataclass(frozen=True)
class Pairs:
    """Each row's own target beside its negatives.

    Targets that are no row's negative take no column: the batch's own that no law drew are most of
    the scores where batches are large.

    Parameters
    ----------
    own : (n,) tensor
        Score of the row's own target.
    z : (n, j) tensor
        Scores of the targets that are a negative of some row.
    met : (n, j) bool tensor
        Whether a target is a negative of this row.
    columns : (j,) int tensor or slice
        Which targets they are.
    """

    own: Tensor
    z: Tensor
    met: Tensor
    columns: Tensor | slice

    def mean(self, values: Tensor) -> Tensor:
        """Mean of (n, j) values over the negatives of each row, 0 where there is none; (n,)."""
        mean: Tensor = (values * self.met).sum(dim=1) / self.met.sum(dim=1).clamp_min(1)
        return mean


def pairs_of(z: Tensor, batch: Batch, name: str) -> Pairs:
    """The pairs among scores (n, k) of a batch.

    Raises
    ------
    NotApplicable
        If rows have several targets or a value.
    """
    import torch

    if batch.y.ndim == 2 or batch.y.is_floating_point():
        raise NotApplicable(f"{name} sets the one target of a row against others; these have none")
    at = batch.y[:, None]
    met = (z > ABSENT / 2).scatter_(1, at, value=False)
    kept = met.any(dim=0)
    if kept.all():
        return Pairs(z.gather(1, at)[:, 0], z, met, slice(None))
    columns = kept.nonzero()[:, 0]
    picked = z.gather(1, torch.cat([at, columns.expand(len(z), -1)], dim=1))
    return Pairs(picked[:, 0], picked[:, 1:], met[:, columns], columns)
