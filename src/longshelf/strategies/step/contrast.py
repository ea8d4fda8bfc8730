"""Contrastive losses of a batch, row by row."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Projection", "balanced", "pairs", "supervised"]


class Projection(nn.Module):
    """Two layers from an embedding to where rows are compared.

    Parameters
    ----------
    width : int
        Length of an embedding.
    out : int
        Length of what is compared.
    """

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, out)

    def forward(self, e: Tensor) -> Tensor:
        z: Tensor = self.outer(self.inner(e).relu())
        return z


def supervised(z: Tensor, y: Tensor, temperature: float) -> Tensor:
    """How little a row stands out among others to those of its class; (n,) [1]_.

    Parameters
    ----------
    z : (n, d) Tensor
        Where rows stand; their lengths do not count.
    y : (n,) long Tensor
        Class of each row.
    temperature : float
        Cosines are divided by it.

    Returns
    -------
    (n,) Tensor, 0 for a row alone of its class.

    References
    ----------
    .. [1] Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, arXiv:2004.11362, eq. 2.
    """
    if len(y) < 2:
        return 0.0 * z.sum(dim=1)
    alike = y[:, None] == y
    others = ~torch.eye(len(y), dtype=torch.bool, device=y.device)
    unit = nn.functional.normalize(z)
    likeness = unit @ unit.T / temperature
    return _missed(likeness, alike & others, others.float())


def balanced(z: Tensor, y: Tensor, centres: Tensor, temperature: float) -> Tensor:
    """The same with a centre for every class, and with classes, not rows, that count alike [1]_.

    Parameters
    ----------
    z : (n, d) Tensor
        Where rows stand; their lengths do not count.
    y : (n,) long Tensor
        Class of each row.
    centres : (C, d) Tensor
        One for each class, in the batch or not.
    temperature : float
        Cosines are divided by it.

    Returns
    -------
    (n,) Tensor

    References
    ----------
    .. [1] Zhu et al., Balanced Contrastive Learning for Long-Tailed Visual Recognition, CVPR 2022,
       arXiv:2207.09052, section 3.3, and the authors' code.
    """
    classes = len(centres)
    every = torch.cat([y, torch.arange(classes, device=y.device)])
    alike = y[:, None] == every
    others = torch.ones_like(alike)
    others.fill_diagonal_(False)
    size = (torch.bincount(y, minlength=classes) + 1)[every] - (alike & others).long()
    unit = nn.functional.normalize(torch.cat([z, centres]))
    likeness = unit[: len(y)] @ unit.T / temperature
    return _missed(likeness, alike & others, others / size.clamp_min(1))


def _missed(likeness: Tensor, alike: Tensor, share: Tensor) -> Tensor:
    """Mean of ``log sum(share * exp(likeness)) - likeness`` over what is alike, row by row."""
    total = (likeness + share.log()).logsumexp(dim=1, keepdim=True)
    missed = torch.where(alike, total - likeness, 0.0).sum(dim=1)
    return missed / alike.sum(dim=1).clamp_min(1)


def pairs(e: Tensor, y: Tensor) -> Tensor:
    """Squared distance of the cosine of two rows from 1 if they are alike, from 0 if not; a scalar.

    Alike and unlike pairs of the batch weigh half each, as where as many of both are drawn [1]_.

    References
    ----------
    .. [1] Tunstall et al., Efficient Few-Shot Learning Without Prompts, 2022, arXiv:2209.11055,
       section 3.
    """
    left, right = torch.triu_indices(len(y), len(y), 1, device=e.device)
    unit = nn.functional.normalize(e)
    cosine = (unit @ unit.T)[left, right]
    alike = y[left] == y[right]
    far = (alike.to(cosine.dtype) - cosine) ** 2
    kinds = [far[kind].mean() for kind in (alike, ~alike) if bool(kind.any())]
    return torch.stack(kinds).mean() if kinds else cosine.sum()
