"""Histories that are prefixes of one another, read in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from longshelf.tables import IntArray

__all__ = ["Histories", "Sequences"]

WINDOW = 32
"""Batches' worth of blocks sorted by length together, so that a batch needs little padding."""


@dataclass(frozen=True)
class Sequences:
    """Item sequences of a batch, and where in them each row's history ends.

    Parameters
    ----------
    items : (s, L) long tensor
        Item code + 1, oldest first, 0 on the right.
    sequence : (n,) long tensor
        The sequence a row reads.
    last : (n,) long tensor
        Position of the newest item of its history; -1 where it has none.
    """

    items: Tensor
    sequence: Tensor
    last: Tensor

    def __len__(self) -> int:
        return len(self.sequence)

    def to(self, device: torch.device) -> Sequences:
        """The same on another device."""
        return Sequences(self.items.to(device), self.sequence.to(device), self.last.to(device))

    @classmethod
    def of(cls, x: Sequences | Tensor) -> Sequences:
        """A sequence for each row of a history, (n, L) with 0 on the left."""
        if isinstance(x, Sequences):
            return x
        length = (x > 0).sum(dim=1)
        longest = max(int(length.max()) if len(x) else 0, 1)
        place = torch.arange(longest, device=x.device)[None] + (x.shape[1] - length)[:, None]
        inside = place < x.shape[1]
        items = torch.where(inside, x.gather(1, place.clamp_max(x.shape[1] - 1)), 0)
        return cls(items, torch.arange(len(x), device=x.device), length - 1)


class Histories:
    """Training rows of ``history`` features, in blocks whose longest row begins like all others.

    With causal attention the rows of a block share one forward pass: what a row reads is the state
    at the end of its own history. Users of m items cost one sequence instead of m.

    Parameters
    ----------
    X : (n, L) int array
        Item code + 1, 0 on the left.

    Examples
    --------
    >>> rows = Histories(np.array([[0, 0, 7], [0, 7, 2], [0, 0, 5], [7, 2, 4]]))
    >>> rows.block.tolist()
    [1, 1, 0, 1]
    >>> rows.batch(np.array([0, 3])).items.tolist()
    [[7, 2, 4]]
    """

    def __init__(self, X: IntArray) -> None:
        self.shape = X.shape
        n, width = X.shape
        self.length = (X > 0).sum(axis=1)
        place = np.arange(width)[None] + (width - self.length)[:, None]
        shifted = np.take_along_axis(X, np.minimum(place, width - 1), axis=1)
        self.items = np.where(place < width, shifted, 0).astype(np.int32)
        order = np.lexsort(self.items.T[::-1])
        before, after = self.items[order[:-1]], self.items[order[1:]]
        beyond = np.arange(width)[None] >= self.length[order[:-1]][:, None]
        begins = ~((before == after) | beyond).all(axis=1)
        self.sorted = order
        self.start = np.concatenate([[0], 1 + np.flatnonzero(begins), [n]])
        self.block = np.empty(n, np.int64)
        self.block[order] = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def order(self, draws: int, size: int, rng: np.random.Generator) -> Iterator[IntArray]:
        """Blocks in random order, those of a batch alike in length."""
        rows = np.diff(self.start)
        longest = self.length[self.sorted[self.start[1:] - 1]]
        passes = -(-draws // len(self.sorted))
        blocks = np.concatenate([rng.permutation(len(rows)) for _ in range(passes)])
        blocks = blocks[: np.searchsorted(np.cumsum(rows[blocks]), draws) + 1]
        window = np.cumsum(rows[blocks]) // (WINDOW * size)
        blocks = blocks[np.lexsort((longest[blocks], window))]
        batch = (np.cumsum(rows[blocks]) - rows[blocks]) // size
        parts = np.split(blocks, 1 + np.flatnonzero(np.diff(batch)))
        for at in rng.permutation(len(parts)):
            starts, sizes = self.start[parts[at]], rows[parts[at]]
            shift = np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
            yield self.sorted[np.arange(sizes.sum()) + shift]

    def batch(self, index: IntArray) -> Sequences:
        """The rows at these positions; rows of one block share a sequence."""
        length, block = self.length[index], self.block[index]
        order = np.lexsort((length, block))
        ends = np.flatnonzero(np.diff(block[order], append=-1))
        number = np.empty(len(index), np.int64)
        number[order] = np.searchsorted(ends, np.arange(len(index)))
        width = max(int(length.max(initial=0)), 1)
        items = self.items[index[order[ends]], :width].astype(np.int64)
        return Sequences(
            torch.from_numpy(items), torch.from_numpy(number), torch.from_numpy(length - 1)
        )
