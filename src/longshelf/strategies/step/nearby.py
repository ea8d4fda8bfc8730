"""What adversarial remedies share: a batch where it is first vectors, and the points around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from longshelf.errors import NotApplicable

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Nearby", "by_row", "within"]

SHORTEST = 1e-12
"""Slopes shorter than this count as none."""


@dataclass
class Nearby:
    """A batch at the stem's output, and its loss at other points.

    Dropout leaves out the same units wherever the loss is asked for, so that what grows is the loss
    of one network [1]_.

    Parameters
    ----------
    net : Net
    batch : Batch
    criterion : callable
        Loss of scores and batch.
    h : (n, …) Tensor
        The stem's output.
    chance : Tensor or None
        State of the random generator when the loss was first asked for.

    References
    ----------
    .. [1] Zhu et al., FreeLB: Enhanced Adversarial Training for Natural Language Understanding,
       ICLR 2020, arXiv:1909.11764, section 3.3.
    """

    net: Net
    batch: Batch
    criterion: Callable[[Tensor, Batch], Tensor]
    h: Tensor
    chance: Tensor | None = None

    @classmethod
    def of(
        cls, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor], asked_by: str
    ) -> Nearby:
        """The batch where the network first has vectors.

        Raises
        ------
        NotApplicable
            If they are sparse rows.
        """
        h: Any = net.stem(batch.x)
        if not isinstance(h, Tensor):
            raise NotApplicable(
                f"{asked_by} moves dense embeddings; sparse rows reach the head as they are"
            )
        h = h if h.requires_grad else h.detach().requires_grad_()
        return cls(net, batch, criterion, h)

    @property
    def held(self) -> Tensor:
        """1 where a row holds something, 0 where it is padded; (n, L, 1) or (n, …) as ``h``."""
        tokens = getattr(self.batch.x, "tokens", self.batch.x)
        mask = getattr(tokens, "mask", None)
        if mask is None:
            return torch.ones_like(self.h)
        held: Tensor = mask.to(self.h.dtype)[..., None]
        return held

    def loss(self, at: Tensor) -> Tensor:
        """The batch's loss if its vectors were these."""
        generator = _generator(self.h.device)
        if self.chance is None:
            self.chance = generator.get_rng_state()
        generator.set_rng_state(self.chance)
        net, batch = self.net, self.batch
        batch.embedding = e = net.body(at, batch.x)
        return self.criterion(net.head(e) if batch.ids is None else net.head(e, batch.ids), batch)

    @staticmethod
    def uphill(loss: Tensor, at: Tensor) -> Tensor:
        """Where the loss of each row grows fastest, at length 1; 0 for a row without slope."""
        (slope,) = torch.autograd.grad(loss, at, retain_graph=True)
        return slope / by_row(slope).clamp_min(SHORTEST)


def _generator(device: torch.device) -> Any:
    """The module that holds the random state of a device."""
    return torch.random if device.type == "cpu" else torch.get_device_module(device.type)


def by_row(vectors: Tensor) -> Tensor:
    """Length of each row over all its places; (n, 1, …)."""
    lengths: Tensor = vectors.flatten(1).norm(dim=1)
    return lengths.reshape(-1, *([1] * (vectors.ndim - 1)))


def within(move: Tensor, epsilon: float) -> Tensor:
    """Moves longer than epsilon shortened to it, row by row."""
    return move * (epsilon / by_row(move).clamp_min(SHORTEST)).clamp_max(1.0)
