"""Texts as token numbers of different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from longshelf.tables import IntArray

__all__ = ["TokenBatch", "Tokens", "Vocabulary", "distinct"]


@dataclass(frozen=True)
class TokenBatch:
    """Rows of a batch, padded on the right to the longest of them.

    Parameters
    ----------
    ids : (n, L) long tensor
        Token numbers, the padding token's where a row has ended.
    lengths : (n,) long tensor
    second : (n,) long tensor
        Where the second text of a pair begins; ``lengths`` where there is none.
    """

    ids: Tensor
    lengths: Tensor
    second: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def mask(self) -> Tensor:
        """Which places hold a token; (n, L) bool."""
        return torch.arange(self.ids.shape[1], device=self.ids.device) < self.lengths[:, None]

    @property
    def segments(self) -> Tensor:
        """0 in the first text, 1 in the second; (n, L) long."""
        place = torch.arange(self.ids.shape[1], device=self.ids.device)
        return ((place >= self.second[:, None]) & self.mask).long()

    def to(self, device: torch.device) -> TokenBatch:
        """The same rows on a device."""
        return TokenBatch(self.ids.to(device), self.lengths.to(device), self.second.to(device))


class Tokens:
    """Token numbers of n rows, ragged; rows of equal text may share them.

    Parameters
    ----------
    sequences : m int arrays
        Token numbers of the distinct texts.
    second : (m,) int array
        Where the second text begins in each; its length where there is none.
    place : (n,) int array
        The sequence of each row.
    padding : int
        Number of the padding token.

    Examples
    --------
    >>> rows = Tokens([np.array([5, 6]), np.array([7])], np.array([2, 1]), np.array([0, 1, 0]), 0)
    >>> rows.lengths.tolist(), rows.batch(np.array([1, 2])).ids.tolist()
    ([2, 1, 2], [[7, 0], [5, 6]])
    """

    def __init__(
        self, sequences: Sequence[IntArray], second: IntArray, place: IntArray, padding: int
    ) -> None:
        sizes = np.fromiter(map(len, sequences), np.int64, len(sequences))
        self.flat = np.concatenate([np.zeros(0, np.int32), *sequences]).astype(np.int32)
        self.starts = np.cumsum(sizes) - sizes
        self.sizes = sizes
        self.second = second.astype(np.int64)
        self.place = place
        self.padding = padding

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, and tokens of the longest."""
        return len(self.place), int(self.sizes.max(initial=0))

    @property
    def lengths(self) -> IntArray:
        """Tokens of each row; (n,)."""
        return self.sizes[self.place]

    @property
    def distinct(self) -> Tokens:
        """Each sequence once, in the order they are kept."""
        return self._at(np.arange(len(self.sizes)))

    def __getitem__(self, index: IntArray | slice) -> Tokens:
        return self._at(self.place[index])

    def _at(self, place: IntArray) -> Tokens:
        same: Tokens = object.__new__(Tokens)
        same.__dict__.update(self.__dict__, place=place)
        return same

    def flat_places(self, index: IntArray) -> IntArray:
        """Where the tokens of these rows lie among those of all distinct texts, row after row."""
        own = self.place[index]
        starts, sizes = self.starts[own], self.sizes[own]
        places: IntArray = np.arange(sizes.sum()) + np.repeat(
            starts - np.cumsum(sizes) + sizes, sizes
        )
        return places

    def batch(self, index: IntArray) -> TokenBatch:
        """The rows at these positions."""
        own = self.place[index]
        sizes = self.sizes[own]
        held = np.arange(int(sizes.max(initial=1))) < sizes[:, None]
        ids = np.full(held.shape, self.padding, np.int64)
        ids[held] = self.flat[self.flat_places(index)]
        return TokenBatch(
            torch.from_numpy(ids), torch.from_numpy(sizes), torch.from_numpy(self.second[own])
        )


class Vocabulary(Protocol):
    """What turns texts into tokens."""

    @property
    def padding(self) -> int:
        """Number of the padding token."""
        ...

    def encode(self, X: NDArray[np.object_]) -> Tokens:
        """Tokens of texts (n, 1) or of pairs of texts (n, 2)."""
        ...


def distinct(X: NDArray[np.object_]) -> tuple[list[tuple[str, ...]], IntArray]:
    """The distinct rows of texts, sorted, and which of them each row is; (n,)."""
    rows = list(map(tuple, X.tolist()))
    texts = sorted(set(rows))
    number = {row: at for at, row in enumerate(texts)}
    return texts, np.fromiter(map(number.__getitem__, rows), np.int64, len(X))
