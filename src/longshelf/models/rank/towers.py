"""The two towers: sources from ids, features or histories; items from ids and text."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from longshelf.models.network import Bags, SparseStem
from longshelf.models.rank.histories import Sequences
from longshelf.models.rank.id_stem import IdStem
from longshelf.tables import FloatArray

__all__ = ["AnchoredHead", "AttentiveStem", "BagStem", "FeatureStem", "IdAndFeatureStem"]


class AnchoredHead(nn.Module):
    """Item vectors anchored in text: ``g * own + (1 - g) * W text``, ``g = n / (n + kappa)``.

    The more rows an item has, the more its own vector counts; a cold item is its text alone.
    ``kappa``, the rows at which both count alike, is learned. In training the own vectors of a
    share of the items are left out, so that text learns to stand alone [1]_.

    Parameters
    ----------
    text : (C, t) float array
    counts : (C,) float array
        Training rows per item.
    width : int
        Length of the vectors.
    own : bool
        Give items vectors of their own; else text alone speaks.
    rate : float
        Share of the own vectors left out in a batch.

    References
    ----------
    .. [1] Volkovs et al., DropoutNet, NeurIPS 2017, section 4.
    """

    linear = True
    bias: Tensor
    text: Tensor
    counts: Tensor

    def __init__(
        self, text: FloatArray, counts: FloatArray, width: int, *, own: bool, rate: float
    ) -> None:
        super().__init__()
        targets, length = text.shape
        self.rate = rate
        self.register_buffer("text", torch.from_numpy(text), persistent=False)
        self.register_buffer("counts", torch.from_numpy(counts).float(), persistent=False)
        self.register_buffer("bias", torch.zeros(targets))
        self.reading = nn.Linear(length, width, bias=False)
        self.table = nn.Parameter(torch.randn(targets, width) * 0.1) if own else None
        self.raw = nn.Parameter(torch.tensor(math.log(math.expm1(10.0)))) if own else None
        self.reset()

    def reset(self) -> None:
        """Draw the vectors afresh."""
        nn.init.normal_(self.reading.weight, std=0.1)
        if self.table is not None:
            nn.init.normal_(self.table, std=0.1)

    def share(self, counts: Tensor) -> Tensor:
        """How much of a vector is the item's own; (k,)."""
        assert self.raw is not None
        own = counts / (counts + softplus(self.raw))
        if self.training and self.rate:
            own = own * (torch.rand_like(own) >= self.rate)
        return own

    def rows(self, ids: Tensor | None) -> Tensor:
        """Vectors of some items, of all for None; (k, d)."""
        pick = slice(None) if ids is None else ids
        read: Tensor = self.reading(self.text[pick])
        if self.table is None:
            return read
        own = self.share(self.counts[pick])[..., None]
        return own * self.table[pick] + (1 - own) * read

    @property
    def weight(self) -> Tensor:
        """Vectors of all items; (C, d)."""
        return self.rows(None)

    def forward(self, e: Tensor, ids: Tensor | None = None) -> Tensor:
        return nn.functional.linear(e, self.rows(ids))


class FeatureStem(nn.Module):
    """Dense or sparse features to a vector, by a hidden layer."""

    def __init__(self, features: int, hidden: int, width: int, *, sparse: bool) -> None:
        super().__init__()
        self.first = SparseStem(features, hidden) if sparse else nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, width)

    def forward(self, x: Tensor | Bags) -> Tensor:
        out: Tensor = self.second(torch.relu(self.first(x)))
        return out


class IdAndFeatureStem(nn.Module):
    """The vector of an id, in the first column, plus that of the features after it.

    In training a share of the ids read as unknown, so that features learn to stand alone.
    """

    def __init__(self, size: int, features: int, hidden: int, width: int, rate: float) -> None:
        super().__init__()
        self.ids = IdStem(size, width)
        self.features = FeatureStem(features, hidden, width, sparse=False) if features else None
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        ids = x[:, :1].long()
        if self.training and self.rate:
            ids = ids * (torch.rand(len(ids), 1, device=ids.device) >= self.rate)
        own: Tensor = self.ids(ids)
        return own if self.features is None else own + self.features(x[:, 1:])


class BagStem(nn.Module):
    """The mean vector of the items of a history, as the head knows them."""

    def __init__(self, head: AnchoredHead | nn.Module, width: int) -> None:
        super().__init__()
        self.head = head
        self.start = nn.Parameter(torch.zeros(width))
        self.turn = nn.Linear(width, width)

    def forward(self, x: Sequences | Tensor) -> Tensor:
        items = Sequences.of(x).items
        vectors, held = known_vectors(self.head, items)
        mean = (vectors * held).sum(dim=1) / held.sum(dim=1).clamp_min(1)
        read: Tensor = self.turn(mean)
        return torch.where(held.any(dim=1), read, self.start)


class AttentiveStem(nn.Module):
    """The items of a history weighed by what they are and how long ago they came."""

    def __init__(self, head: AnchoredHead | nn.Module, width: int, length: int) -> None:
        super().__init__()
        self.head = head
        self.recency = nn.Parameter(torch.zeros(length))
        self.asking = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.turn = nn.Linear(width, width)
        self.start = nn.Parameter(torch.zeros(width))

    def forward(self, x: Sequences | Tensor) -> Tensor:
        found = Sequences.of(x)
        vectors, held = known_vectors(self.head, found.items)
        ago = found.last[:, None] - torch.arange(vectors.shape[1], device=vectors.device)[None]
        asked = self.asking(vectors)[..., 0] + self.recency[ago.clamp(0, len(self.recency) - 1)]
        share = asked.masked_fill(~held[..., 0], -1e9).softmax(dim=1)
        mean = (share[..., None] * vectors).sum(dim=1)
        read: Tensor = mean + self.turn(mean)
        return torch.where(held.any(dim=1), read, self.start)


def known_vectors(head: nn.Module, items: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors of items by code + 1, each computed once, and which are no padding; (n, L, d)."""
    distinct, place = torch.unique(items, return_inverse=True)
    vectors = head.rows((distinct - 1).clamp_min(0))  # type: ignore[operator]
    return vectors[place], (items > 0)[..., None]
