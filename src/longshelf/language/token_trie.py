"""Strings as paths of tokens: what several begin with is held, and later scored, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from longshelf.errors import InputError
from longshelf.tables import BoolArray, IntArray

__all__ = ["Piece", "TokenTrie"]


@dataclass(frozen=True)
class Piece:
    """Inner nodes of a trie that are read at once, each after the nodes above it.

    Parameters
    ----------
    nodes : (m,) int array
        Parents before their children; the root is never among them.
    above : (m, m) bool array
        Whether the column's node is the row's own or lies above it.
    own : (m,) bool array
        Nodes whose children this piece scores; the others are there for those below them.
    """

    nodes: IntArray
    above: BoolArray
    own: BoolArray


@dataclass(frozen=True)
class TokenTrie:
    """Token sequences with shared beginnings.

    Parameters
    ----------
    token : (N,) int array
        Token of each node, parents before children; -1 for the root, node 0.
    parent : (N,) int array
        -1 for the root.
    ends : (L,) int array
        Node at which each sequence ends; equal sequences share it.
    """

    token: IntArray
    parent: IntArray
    ends: IntArray

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> TokenTrie:
        """Arrange sequences by their beginnings.

        Raises
        ------
        InputError
            If a sequence is empty.

        Examples
        --------
        >>> trie = TokenTrie.of([[5, 7], [5], [5, 8, 9]])
        >>> trie.token.tolist(), trie.parent.tolist(), trie.ends.tolist()
        ([-1, 5, 7, 8, 9], [-1, 0, 1, 1, 3], [2, 1, 4])
        """
        token, parent, ends = [-1], [-1], np.zeros(len(sequences), np.int64)
        path, last = [0], tuple[int, ...]()
        for own, at in sorted((tuple(own), at) for at, own in enumerate(sequences)):
            if not own:
                raise InputError(f"string {at} of {len(sequences)} has no token to be scored by")
            shared = 0
            while shared < min(len(last), len(own)) and last[shared] == own[shared]:
                shared += 1
            del path[shared + 1 :]
            for each in own[shared:]:
                token.append(each)
                parent.append(path[-1])
                path.append(len(token) - 1)
            ends[at], last = path[-1], own
        return cls(np.array(token), np.array(parent), ends)

    def __len__(self) -> int:
        return len(self.token)

    @cached_property
    def depth(self) -> IntArray:
        """Tokens from the root to each node; (N,)."""
        depth = np.zeros(len(self), np.int64)
        for node in range(1, len(self)):
            depth[node] = depth[self.parent[node]] + 1
        return depth

    @cached_property
    def _children(self) -> tuple[IntArray, IntArray]:
        order = np.argsort(self.parent, kind="stable")[1:]
        return order, np.searchsorted(self.parent[order], np.arange(len(self) + 1))

    def children(self, node: int) -> IntArray:
        """The nodes one token further."""
        order, start = self._children
        return order[start[node] : start[node + 1]]

    @cached_property
    def strings(self) -> tuple[IntArray, ...]:
        """Sequences that end at each node; N arrays, most of them empty."""
        order = np.argsort(self.ends, kind="stable")
        start = np.searchsorted(self.ends[order], np.arange(len(self) + 1))
        return tuple(order[a:b] for a, b in pairwise(start))

    @cached_property
    def further(self) -> BoolArray:
        """Nodes that something follows; (N,)."""
        return np.isin(np.arange(len(self)), self.parent)

    @cached_property
    def final(self) -> BoolArray:
        """Nodes at which a sequence ends; (N,)."""
        return np.isin(np.arange(len(self)), self.ends)

    @cached_property
    def inner(self) -> int:
        """Nodes below the root that something follows."""
        return int(self.further.sum()) - 1

    def pieces(self, most: int) -> Iterator[Piece]:
        """The inner nodes below the root in runs of at most ``most``, with the nodes above them."""
        inner = np.flatnonzero(self.further)[1:]
        for start in range(0, len(inner), most):
            own = inner[start : start + most]
            nodes = np.concatenate([self._over(int(own[0])), own]).astype(np.int64)
            place = {int(node): at for at, node in enumerate(nodes)}
            above = np.eye(len(nodes), dtype=bool)
            for at, node in enumerate(nodes):
                if (parent := int(self.parent[node])) > 0:
                    above[at] |= above[place[parent]]
            yield Piece(nodes, above, np.arange(len(nodes)) >= len(nodes) - len(own))

    def _over(self, node: int) -> list[int]:
        """Nodes between the root and a node, the highest first."""
        path = list[int]()
        while (node := int(self.parent[node])) > 0:
            path.insert(0, node)
        return path
