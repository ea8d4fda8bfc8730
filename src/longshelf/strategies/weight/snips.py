"""Self-normalised inverse propensity weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.strategies.weight.ips import Ips

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Snips"]


@dataclass(frozen=True, kw_only=True)
class Snips(Ips):
    """:class:`Ips` whose weights sum to the number of rows within every batch.

    Dividing by the sum of the weights trades a little bias for much variance [1]_: a batch that
    drew a row of tiny propensity no longer takes a larger step than the others. Needs a learner
    that meets batches.

    Parameters
    ----------
    by : {"logged", "popularity"}, default "popularity"
        ``logged``: the data's propensity column. ``popularity``: ``(n / n_max)**eta`` of the
        target, where nothing was logged.
    eta : float >= 0, default 0.5
        Only with ``popularity``.
    clip : float in (0, 1], default 0.01
        No propensity is below.

    Raises
    ------
    NotApplicable
        If ``logged`` is asked for and the data have no propensity.

    References
    ----------
    .. [1] Swaminathan and Joachims, The Self-Normalized Estimator for Counterfactual Learning,
       NeurIPS 2015, eq. 4.

    Examples
    --------
    >>> sorted(Snips().hooks)
    ['step', 'weigh']
    """

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        batch.weight = batch.weight / batch.weight.mean().clamp_min(1e-12)
        return super().step(net, batch, criterion)
