"""The shape every torch model has: stem → body → head.

The stem takes rows to the first place where they are vectors, so mixing rows or perturbing them
means the same for dense features, sparse features, ids and token embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from longshelf.tables import FloatArray, IntArray, Matrix

__all__ = [
    "Bags",
    "Body",
    "CosineHead",
    "LinearHead",
    "Net",
    "Ordered",
    "Ragged",
    "SparseStem",
    "blocks",
    "bucketed",
    "mix",
    "to_batch",
]


@runtime_checkable
class Ordered(Protocol):
    """Rows that know which of them are cheap to learn from together, such as histories."""

    def order(self, draws: int, size: int, rng: np.random.Generator) -> Iterator[IntArray]:
        """Positions of the rows of each batch; about ``draws`` rows, about ``size`` a batch."""
        ...

    def batch(self, index: IntArray) -> Any:
        """Rows as their stem takes them."""
        ...


@runtime_checkable
class Ragged(Protocol):
    """Rows of different lengths, which are cheap together where they are alike."""

    @property
    def lengths(self) -> IntArray:
        """What a row costs; (n,)."""
        ...

    def batch(self, index: IntArray) -> Any:
        """Rows as their stem takes them."""
        ...


TOKENS = 1024
"""Steps in a block of ragged rows that are only scored."""


def bucketed(
    X: Matrix, order: IntArray, size: int, window: int, rng: np.random.Generator
) -> Iterator[IntArray]:
    """Rows in this order, cut into batches; ragged ones are sorted by length within a window.

    Parameters
    ----------
    X : Matrix
        Features of n rows.
    order : (m,) int array
        Positions, repeats allowed.
    size : int
        Rows of a batch.
    window : int
        Batches in one; 1 leaves the order alone.
    rng : numpy.random.Generator
        Shuffles the batches of a window.
    """
    if window == 1 or not isinstance(X, Ragged):
        for start in range(0, len(order), size):
            yield order[start : start + size]
        return
    for start in range(0, len(order), window * size):
        rows = order[start : start + window * size]
        rows = rows[np.argsort(X.lengths[rows], kind="stable")]
        batches = [rows[at : at + size] for at in range(0, len(rows), size)]
        for at in rng.permutation(len(batches)):
            yield batches[at]


def blocks(X: Matrix, size: int) -> Iterator[IntArray]:
    """Every row once, in blocks to be scored: in order, or by length where rows are ragged."""
    n = X.shape[0]
    if not isinstance(X, Ragged):
        for start in range(0, n, size):
            yield np.arange(start, min(start + size, n))
        return
    order = np.argsort(-X.lengths, kind="stable")
    start = 0
    while start < n:
        stop = start + max(1, TOKENS // max(int(X.lengths[order[start]]), 1))
        yield order[start:stop]
        start = stop


class Bags:
    """Sparse rows of a batch, (n, d) CSR, and the tensors a sparse product needs.

    Parameters
    ----------
    rows : (n, d) CSR, float32
    """

    def __init__(self, rows: sp.csr_matrix) -> None:
        self.rows = rows
        self.indices = torch.from_numpy(rows.indices.astype(np.int64, copy=False))
        self.values = torch.from_numpy(rows.data)
        self.offsets = torch.from_numpy(rows.indptr[:-1].astype(np.int64, copy=False))

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def times(self, weight: Tensor) -> Tensor:
        """The rows times a dense (d, k) tensor; (n, k)."""
        device = weight.device
        return nn.functional.embedding_bag(
            self.indices.to(device),
            weight,
            self.offsets.to(device),
            mode="sum",
            per_sample_weights=self.values.to(device),
        )

    def unit(self) -> Bags:
        """The rows at length 1."""
        lengths = np.sqrt(np.asarray(self.rows.multiply(self.rows).sum(axis=1))).clip(1e-12)
        return Bags(sp.csr_matrix(self.rows.multiply(1 / lengths), dtype=np.float32))

    def mixed(self, order: IntArray, share: FloatArray) -> Bags:
        """``share * rows + (1 - share) * rows[order]``."""
        mixed = sp.diags(share) @ self.rows + sp.diags(1 - share) @ self.rows[order]
        return Bags(sp.csr_matrix(mixed, dtype=np.float32))


def to_batch(X: Matrix, index: IntArray, device: torch.device | None = None) -> Any:
    """Rows of a matrix as what a stem takes; sparse ones move to a device where they are used."""
    if isinstance(X, Ordered | Ragged):
        rows = X.batch(index)
    elif sp.issparse(X):
        return Bags(X[index])
    else:
        rows = torch.from_numpy(np.ascontiguousarray(X[index]))
    return rows if device is None or isinstance(rows, Bags) else rows.to(device)


def mix(h: Tensor | Bags, order: Tensor, share: Tensor) -> Tensor | Bags:
    """``share * h + (1 - share) * h[order]`` by row; order and share are (n,)."""
    if isinstance(h, Bags):
        return h.mixed(order.numpy(), share.numpy())
    shaped = share.reshape(-1, *([1] * (h.ndim - 1))).to(h.device)
    return shaped * h + (1 - shaped) * h[order]


def product(e: Tensor | Bags, weight: Tensor) -> Tensor:
    """``e @ weight.T`` for dense or sparse embeddings; (n, C)."""
    return e.times(weight.T) if isinstance(e, Bags) else nn.functional.linear(e, weight)


class _Table(nn.Module):
    """Target vectors, kept (d, C) where the inputs are sparse rows, so that optimisers stay fast.

    AdamW copies a parameter that is not contiguous before and after each of its steps.
    """

    def __init__(self, width: int, targets: int, *, sparse: bool) -> None:
        super().__init__()
        self.sparse = sparse
        self.table = nn.Parameter(torch.zeros((width, targets) if sparse else (targets, width)))

    @property
    def weight(self) -> Tensor:
        """One vector per target; (C, d), a view."""
        return self.table.T if self.sparse else self.table

    def rows(self, ids: Tensor) -> Tensor:
        """Vectors of some targets; (k, d)."""
        return self.weight[ids]


class LinearHead(_Table):
    """Scores of all targets, or of some: ``e @ W.T + b``, starting at zero.

    Parameters
    ----------
    width : int
        Length of the embedding.
    targets : int
    sparse : bool, default False
        The embeddings are sparse rows.
    biased : bool, default True
        Learn a bias; else it stays 0.
    by_row : bool, default False
        Sampled targets leave sparse gradients, so that an optimiser moves their rows alone.
    """

    linear = True

    def __init__(
        self,
        width: int,
        targets: int,
        *,
        sparse: bool = False,
        biased: bool = True,
        by_row: bool = False,
    ) -> None:
        super().__init__(width, targets, sparse=sparse)
        self.by_row = by_row and not sparse
        self.bias: Tensor
        if biased:
            self.bias = nn.Parameter(torch.zeros(targets))
        else:
            self.register_buffer("bias", torch.zeros(targets))

    def reset(self) -> None:
        """Forget what was learned."""
        nn.init.zeros_(self.table)
        nn.init.zeros_(self.bias)

    def forward(self, e: Tensor | Bags, ids: Tensor | None = None) -> Tensor:
        if ids is None:
            return product(e, self.weight) + self.bias
        return product(e, self.rows(ids)) + self.bias[ids]

    def rows(self, ids: Tensor) -> Tensor:
        """Vectors of some targets; (k, d)."""
        if self.by_row:
            return nn.functional.embedding(ids, self.table, sparse=True)
        return super().rows(ids)


class CosineHead(_Table):
    """Scaled cosine of the embedding and each target's vector.

    Parameters
    ----------
    width, targets, sparse
        As for :class:`LinearHead`.
    scale : float
        What cosines are multiplied by.
    """

    def __init__(self, width: int, targets: int, scale: float, *, sparse: bool = False) -> None:
        super().__init__(width, targets, sparse=sparse)
        self.scale = scale
        self.reset()

    def reset(self) -> None:
        """Draw the vectors afresh.

        Their length is 1; on sparse rows it is ``scale``, which gives gradients the size they have
        in a linear head, as the optimiser's epsilon for sparse rows takes for granted.
        """
        length = self.scale if self.sparse else 1.0
        nn.init.normal_(self.table, std=length * self.weight.shape[1] ** -0.5)

    @property
    def bias(self) -> Tensor:
        """Zeros: a cosine has none; (C,)."""
        return self.weight.new_zeros(len(self.weight))

    def forward(self, e: Tensor | Bags, ids: Tensor | None = None) -> Tensor:
        weight = self.weight if ids is None else self.weight[ids]
        unit = e.unit() if isinstance(e, Bags) else nn.functional.normalize(e)
        lengths = torch.linalg.vector_norm(weight, dim=1).clamp_min(1e-12)
        z: Tensor = product(unit, weight) * (self.scale / lengths)
        return z


class SparseStem(nn.Module):
    """Sparse rows times (d, k) weights; linear, so mixing after it is mixing before it."""

    def __init__(self, d: int, k: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d, k) * k**-0.5)

    def forward(self, x: Bags) -> Tensor:
        return x.times(self.weight)


class Body(nn.Sequential):
    """Layers that need nothing of the batch but the stem's output."""

    def forward(self, h: Tensor | Bags, x: Any = None) -> Any:
        for layer in self:
            h = layer(h)
        return h


class Net(nn.Module):
    """stem(x) → h, body(h, x) → e, head(e) → z.

    Parameters
    ----------
    stem, body, head : nn.Module
        ``body`` takes ``h`` and the batch's inputs, which hold masks for sequences. Parameters
        that want no gradient now are fixed for good.
    """

    def __init__(self, stem: nn.Module, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.body = body
        self.head = head
        self._fixed = {name for name, held in self.named_parameters() if not held.requires_grad}

    def free(self) -> dict[str, nn.Parameter]:
        """Parameters that may learn, by name."""
        return {name: p for name, p in self.named_parameters() if name not in self._fixed}

    def open(self, learn: Literal["all", "head"]) -> None:
        """Let everything that is not fixed learn from now on, or the head alone."""
        for parameter in self.free().values():
            parameter.requires_grad_(learn == "all")
        for parameter in self.head.parameters():
            parameter.requires_grad_(True)

    def paces(self) -> list[tuple[float, list[nn.Parameter]]]:
        """Factors on the learning rate, each with the parameters now moving at it."""
        return [(1.0, [p for p in self.parameters() if p.requires_grad])]

    def learned(self) -> dict[str, Tensor]:
        """State that learning may change, by name."""
        return {k: value for k, value in self.state_dict().items() if k not in self._fixed}

    def embed(self, x: Any) -> Tensor:
        """Embeddings the head reads; (n, d)."""
        embedded: Tensor = self.body(self.stem(x), x)
        return embedded

    def upward(self, h: Tensor | Bags, x: Any) -> Tensor:
        """Scores from the stem's output; (n, C)."""
        z: Tensor = self.head(self.body(h, x))
        return z

    def penalty(self, batch: Any) -> Tensor:
        """Half the mean squared length of the vectors a batch read, sources and targets [1]_.

        References
        ----------
        .. [1] Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009,
           section 4.1.
        """
        head: Any = self.head
        vectors = head.weight if batch.ids is None else head.rows(batch.ids)
        squares = vectors.square().sum(dim=1)
        own = squares[batch.y].mean()
        total: Tensor = batch.embedding.square().sum(dim=1).mean() + own + squares.mean()
        return total / 2

    def forward(self, x: Any, ids: Tensor | None = None) -> Tensor:
        e = self.embed(x)
        z: Tensor = self.head(e) if ids is None else self.head(e, ids)
        return z
