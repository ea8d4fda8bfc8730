"""AdamW that moves only the rows of a table that a batch touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

__all__ = ["RowAdamW"]


class RowAdamW(torch.optim.AdamW):
    """AdamW for dense gradients; for sparse ones, AdamW of the rows they name.

    A table of 70,000 ids costs a dense step as much as a batch of a few thousand rows costs to
    score. Modules that look rows up with sparse gradients are spared it: moments and decay of the
    other rows stand still, as in :class:`torch.optim.SparseAdam`, which knows no decay.

    Parameters
    ----------
    parameters : iterable of Tensor
    l2 : float, default 0.0
        Times the parameters, added to their gradients: Adam's own weight decay, which pulls rows of
        rare and small gradients harder than AdamW's.
    clip : float, default 0.0
        Longest gradient of a step, over all parameters, before ``l2``; a longer one is shortened
        in the pass that moves them. 0 never shortens it.
    **settings
        As for :class:`torch.optim.AdamW`: lr, betas, eps, weight_decay.

    Examples
    --------
    >>> table = torch.nn.Embedding(3, 2, sparse=True)
    >>> before = table.weight.detach().clone()
    >>> optimiser = RowAdamW(table.parameters(), lr=0.1, weight_decay=0.0)
    >>> table(torch.tensor([1])).sum().backward()
    >>> optimiser.step()
    >>> (table.weight != before).any(dim=1).tolist()
    [False, True, False]
    """

    def __init__(
        self, parameters: Iterable[Any], *, l2: float = 0.0, clip: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(parameters, fused=True, **settings)
        self.l2 = l2
        self.clip = clip
        self.grad_scale: Tensor | None = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move the rows of sparse gradients here, everything else as AdamW does."""
        moving = [
            (parameter, group)
            for group in self.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        for parameter, _ in moving:
            if parameter.grad.is_sparse:
                parameter.grad = parameter.grad.coalesce()
        self.grad_scale = self._excess([parameter.grad for parameter, _ in moving])
        for parameter, group in moving:
            if parameter.grad.is_sparse:
                self._rows(parameter, group)
                parameter.grad = None
            elif self.l2:
                own = self.l2 * (1.0 if self.grad_scale is None else float(self.grad_scale))
                parameter.grad.add_(parameter, alpha=own)
        return super().step(closure)

    def _excess(self, slopes: list[Tensor]) -> Tensor | None:
        """How many times too long the gradients are together, which torch divides them by."""
        if not self.clip or not slopes:
            return None
        held = [slope.values() if slope.is_sparse else slope for slope in slopes]
        return (torch.nn.utils.get_total_norm(held) / self.clip).clamp_min(1.0)

    def _rows(self, table: Tensor, group: dict[str, Any]) -> None:
        gradient: Any = table.grad
        at, slope = gradient.indices()[0], gradient.values()
        if self.grad_scale is not None:
            slope = slope / self.grad_scale
        slope = slope.add(table[at], alpha=self.l2)
        state = self.state[table]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"] = torch.zeros_like(table)
            state["exp_avg_sq"] = torch.zeros_like(table)
        state["step"] += 1
        first, second = group["betas"]
        rate, times = float(group["lr"]), int(state["step"])
        mean = state["exp_avg"][at].lerp_(slope, 1 - first)
        square = state["exp_avg_sq"][at].mul_(second).addcmul_(slope, slope, value=1 - second)
        state["exp_avg"][at], state["exp_avg_sq"][at] = mean, square
        length = square.div_(1 - second**times).sqrt_().add_(group["eps"])
        moved = table[at].mul_(1 - rate * group["weight_decay"])
        table[at] = moved.addcdiv_(mean, length, value=-rate / (1 - first**times))
