"""How likely a language model finds each of many strings after a prompt."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from longshelf.language.causal_lm import CausalLm, Read
from longshelf.language.token_trie import Piece, TokenTrie
from longshelf.tables import FloatArray, IntArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["log_likelihood"]

NONE: IntArray = np.zeros(0, np.int64)
NOTHING = Piece(NONE, np.zeros((0, 0), bool), np.zeros(0, bool))

SCORES = 1 << 25
"""Next-token scores held at once."""

NODES = 1024
"""Nodes of a trie read at once: each is compared with every other."""


def log_likelihood(
    lm: CausalLm, prompts: Sequence[list[int]], tries: TokenTrie | Sequence[TokenTrie]
) -> list[FloatArray]:
    """Log probability of strings as continuations of prompts, summed over their tokens.

    A prompt is read once, whatever the number of strings; a token that several strings begin with
    is read once too. All inner nodes of a trie go through the network together, each of them
    seeing the prompt and the nodes above it, so the result is that of reading every string on its
    own.

    Parameters
    ----------
    lm : CausalLm
        Who is asked.
    prompts : n sequences of tokens
        None is empty.
    tries : TokenTrie or n of them
        The strings: the same for all prompts, or each prompt's own.

    Returns
    -------
    list of n float arrays
        One value per string of the prompt's trie.

    References
    ----------
    .. [1] Brown et al., Language Models are Few-Shot Learners, NeurIPS 2020, arXiv:2005.14165,
       section 2.4; nodes of a tree in one pass: Miao et al., SpecInfer, ASPLOS 2024,
       arXiv:2305.09781, section 4.
    """
    own = [tries] * len(prompts) if isinstance(tries, TokenTrie) else list(tries)
    room = max((int(trie.depth.max()) for trie in own), default=0)
    most = max(SCORES // lm.vocabulary, 1)
    wide = min(max((trie.inner for trie in own), default=1), most, NODES) or 1
    found: list[FloatArray] = [np.zeros(0)] * len(prompts)
    for read in lm.read(prompts, room, rows=most // wide):
        mine = [own[at] for at in read.at]
        for at, trie, edges in zip(read.at, mine, _edges(lm, read, mine, wide), strict=True):
            found[at] = _summed(trie, edges)[trie.ends]
    return found


def _edges(lm: CausalLm, read: Read, tries: Sequence[TokenTrie], most: int) -> list[FloatArray]:
    """Log probability of each node's token after the nodes above it; one array per trie."""
    edges: list[FloatArray] = [np.zeros(len(trie)) for trie in tries]
    below = [trie.children(0) for trie in tries]
    _fill(edges, tries, read.logits[:, None], below, [np.zeros(len(nodes), int) for nodes in below])
    cut = {id(trie): list(trie.pieces(most)) for trie in tries}
    runs = [cut[id(trie)] for trie in tries]
    turns = max(map(len, runs))
    for turn in range(turns):
        now = [run[turn] if turn < len(run) else NOTHING for run in runs]
        cache = read.cache if turn == turns - 1 else copy.deepcopy(read.cache)
        below = [
            np.concatenate([trie.children(int(node)) for node in piece.nodes[piece.own]] or [NONE])
            for trie, piece in zip(tries, now, strict=True)
        ]
        place = [
            np.searchsorted(piece.nodes, trie.parent[nodes])
            for trie, piece, nodes in zip(tries, now, below, strict=True)
        ]
        _fill(edges, tries, _after(lm, read, tries, now, cache), below, place)
    return edges


def _fill(
    edges: list[FloatArray],
    tries: Sequence[TokenTrie],
    logits: Tensor,
    nodes: Sequence[IntArray],
    place: Sequence[IntArray],
) -> None:
    """Write the log probabilities of nodes, which are said at these places of the logits."""
    import torch

    logits = logits.float()
    row = np.repeat(np.arange(len(tries)), [len(each) for each in nodes])
    token = np.concatenate([trie.token[each] for trie, each in zip(tries, nodes, strict=True)])
    at = [torch.from_numpy(part).to(logits.device) for part in (row, np.concatenate(place), token)]
    said = logits[at[0], at[1], at[2]] - logits.logsumexp(-1)[at[0], at[1]]
    values = said.cpu().numpy()
    for edge, each, own in zip(edges, nodes, _parts(values, nodes), strict=True):
        edge[each] = own


def _parts(values: FloatArray, nodes: Sequence[IntArray]) -> list[FloatArray]:
    return list(np.split(values, np.cumsum([len(each) for each in nodes])[:-1]))


def _after(
    lm: CausalLm, read: Read, tries: Sequence[TokenTrie], pieces: Sequence[Piece], cache: object
) -> Tensor:
    """Logits after each node of a piece; (b, m, V)."""
    import torch

    known, wide = read.mask.shape[1], max(len(piece.nodes) for piece in pieces)
    shape = (len(tries), wide)
    tokens, depth = np.zeros(shape, np.int64), np.ones(shape, np.int64)
    seen = np.zeros((*shape, known + wide), bool)
    seen[:, :, :known] = read.mask.cpu().numpy()[:, None]
    for row, (trie, piece) in enumerate(zip(tries, pieces, strict=True)):
        m = len(piece.nodes)
        tokens[row, :m], depth[row, :m] = trie.token[piece.nodes], trie.depth[piece.nodes]
        seen[row, :m, known : known + m] = piece.above
    device = read.mask.device
    mask = torch.zeros((shape[0], 1, wide, known + wide), dtype=lm.net.dtype, device=device)
    hidden = ~torch.from_numpy(seen).to(device)[:, None]
    mask.masked_fill_(hidden, torch.finfo(lm.net.dtype).min)
    position = read.length[:, None] + torch.from_numpy(depth).to(device) - 1
    return lm.step(torch.from_numpy(tokens).to(device), mask, position, cache)[0]


def _summed(trie: TokenTrie, edges: FloatArray) -> FloatArray:
    """Values of all nodes on the way to each node; (N,)."""
    total = edges.copy()
    for level in range(2, int(trie.depth.max()) + 1):
        at = trie.depth == level
        total[at] += total[trie.parent[at]]
    return total
