"""Vectors smoothed over the graph of sources and items."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from longshelf.models.network import Net
from longshelf.tables import IntArray

__all__ = ["GraphHead", "GraphNet", "GraphStem", "Propagation", "normalised"]


def normalised(sources: IntArray, items: IntArray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Adjacency of the bipartite graph, each edge over the root of both degrees; (S + C, S + C).

    Sources come first; an edge met in several rows counts once.

    Examples
    --------
    >>> graph = normalised(np.array([0, 0, 1]), np.array([0, 1, 1]), (2, 2))
    >>> np.round(graph.toarray()[0].astype(float), 3).tolist()
    [0.0, 0.0, 0.707, 0.5]
    """
    ones = np.ones(len(sources), np.float32)
    edges = sp.csr_matrix((ones, (sources, items)), shape=shape)
    edges.data[:] = 1
    both = sp.csr_matrix(sp.block_array([[None, edges], [edges.T, None]]))
    root = np.maximum(np.asarray(both.sum(axis=1)).ravel(), 1) ** -0.5
    scaled = sp.csr_matrix(sp.diags(root) @ both @ sp.diags(root), dtype=np.float32)
    scaled.sort_indices()
    return scaled


def _compressed(graph: sp.csr_matrix) -> Tensor:
    """The matrix as a torch CSR tensor, whose beta warning says nothing of this use."""
    begins, columns, values = map(torch.from_numpy, (graph.indptr, graph.indices, graph.data))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            begins, columns, values, size=graph.shape, check_invariants=False
        )


class _Product(torch.autograd.Function):
    """A symmetric sparse matrix times a dense one: the gradient is the same product."""

    @staticmethod
    def forward(ctx: Any, graph: Tensor, dense: Tensor) -> Tensor:
        ctx.graph = graph
        return graph @ dense

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor]:
        return None, ctx.graph @ slope.contiguous()


class Propagation(nn.Module):
    """Own vectors of all nodes, and their mean over the steps of a walk on the graph.

    Parameters
    ----------
    graph : (S + C, S + C) CSR
        Symmetric, as :func:`normalised` makes it.
    sources : int
        How many nodes are sources.
    width, layers : int
    """

    graph: Tensor

    def __init__(self, graph: sp.csr_matrix, sources: int, width: int, layers: int) -> None:
        super().__init__()
        self.sources, self.layers, self.edges = sources, layers, graph.nnz // 2
        self.register_buffer("graph", _compressed(graph), persistent=False)
        self.own = nn.Parameter(torch.randn(graph.shape[0], width) * 0.1)
        self.kept: tuple[int, Tensor] | None = None

    def forward(self) -> Tensor:
        """Smoothed vectors of all nodes, kept for whoever reads them before the next step."""
        product: Any = _Product.apply
        step: Tensor = self.own
        total = step
        for _ in range(self.layers):
            step = product(self.graph, step)
            total = total + step
        smoothed = total / (self.layers + 1)
        self.kept = (self.own._version, smoothed) if torch.is_grad_enabled() else None
        return smoothed

    @property
    def latest(self) -> Tensor:
        """Smoothed vectors, those of the last forward pass where nothing moved since."""
        if torch.is_grad_enabled() and self.kept and self.kept[0] == self.own._version:
            return self.kept[1]
        return self.forward()


class GraphStem(nn.Module):
    """Smoothed vectors of sources; ids beyond the graph read source 0, which has no edge."""

    def __init__(self, propagation: Propagation) -> None:
        super().__init__()
        self.propagation = propagation

    def known(self, x: Tensor) -> Tensor:
        """The source nodes of a batch; (n,)."""
        return torch.where(x[:, 0] < self.propagation.sources, x[:, 0], 0)

    def forward(self, x: Tensor) -> Tensor:
        vectors: Tensor = self.propagation()[self.known(x)]
        return vectors


class GraphHead(nn.Module):
    """Scores with the smoothed vectors of items."""

    linear = True

    def __init__(self, propagation: Propagation) -> None:
        super().__init__()
        self.propagation = propagation

    @property
    def weight(self) -> Tensor:
        """Smoothed item vectors; (C, d)."""
        return self.propagation.latest[self.propagation.sources :]

    @property
    def bias(self) -> Tensor:
        """Zeros: the graph has none; (C,)."""
        own = self.propagation.own
        return own.new_zeros(len(own) - self.propagation.sources)

    def rows(self, ids: Tensor) -> Tensor:
        """Smoothed vectors of some items; (k, d)."""
        return self.propagation.latest[ids + self.propagation.sources]

    def reset(self) -> None:
        """Draw the vectors of all nodes afresh."""
        nn.init.normal_(self.propagation.own, std=0.1)

    def forward(self, e: Tensor, ids: Tensor | None = None) -> Tensor:
        return nn.functional.linear(e, self.weight if ids is None else self.rows(ids))


class GraphNet(Net):
    """A network whose vectors are smoothed over a graph; own vectors are what is penalised."""

    def penalty(self, batch: Any) -> Tensor:
        """Half the mean squared length of the own vectors of a batch's sources and targets."""
        stem: Any = self.stem
        walk = stem.propagation
        squares = walk.own.square().sum(dim=1)
        items = squares[walk.sources :]
        items = items if batch.ids is None else items[batch.ids]
        total: Tensor = squares[stem.known(batch.x)].mean() + items[batch.y].mean() + items.mean()
        return total / 2
