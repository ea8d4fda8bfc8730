"""The likeliest of a set of allowed strings, found without scoring them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from longshelf.language.causal_lm import CausalLm, Read
from longshelf.language.token_trie import TokenTrie
from longshelf.language.writing import continued
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["likeliest"]

Found = tuple[IntArray, FloatArray]


@dataclass
class _Search:
    """The beams of one prompt.

    Parameters
    ----------
    trie : TokenTrie
    allowed : (L,) bool array or None
        Strings that may be found.
    node : (w,) int array
        Where each beam stands; -1 for a beam that is not used.
    score : (w,) float array
    most : int
        Strings wanted.
    found : list of (score, string)
    """

    trie: TokenTrie
    allowed: BoolArray | None
    node: IntArray
    score: FloatArray
    most: int
    found: list[tuple[float, int]] = field(default_factory=list)

    def advance(self, logs: FloatArray, width: int) -> tuple[IntArray, IntArray]:
        """Go one token further; the beam each new one came from, and its token; (w,) each."""
        live = np.flatnonzero(self.node >= 0)
        below = [self.trie.children(int(self.node[beam])) for beam in live]
        origin = np.repeat(live, [len(each) for each in below])
        nodes = np.concatenate([*below, np.zeros(0, np.int64)]).astype(np.int64)
        scores = self.score[origin] + logs[origin, self.trie.token[nodes]]
        self._collect(nodes, scores)
        further = np.flatnonzero(self.trie.further[nodes])
        kept = further[np.argsort(-scores[further], kind="stable")[:width]]
        count = len(kept)
        self.node, self.score = np.full(width, -1), np.full(width, -np.inf)
        self.node[:count], self.score[:count] = nodes[kept], scores[kept]
        came, token = np.zeros(width, np.int64), np.zeros(width, np.int64)
        came[:count], token[:count] = origin[kept], self.trie.token[nodes[kept]]
        if len(self.found) >= self.most and sorted(self.found)[-self.most][0] >= self.score[0]:
            self.node[:] = -1
        return came, token

    def _collect(self, nodes: IntArray, scores: FloatArray) -> None:
        for at in np.flatnonzero(self.trie.final[nodes]):
            for string in self.trie.strings[nodes[at]]:
                if self.allowed is None or self.allowed[string]:
                    self.found.append((float(scores[at]), int(string)))


def likeliest(
    lm: CausalLm,
    prompts: Sequence[list[int]],
    tries: TokenTrie | Sequence[TokenTrie],
    *,
    beams: int = 20,
    most: int | None = None,
    allowed: BoolArray | None = None,
) -> list[Found]:
    """Search each prompt's strings by beams that may only follow the trie.

    Scores are the model's own log probabilities, not shared out anew among what is allowed, so a
    wide enough search finds what scoring all strings would. A beam that cannot go on gives its
    place to another; the search ends once no beam can better the ``most`` strings found.

    Parameters
    ----------
    lm : CausalLm
        Who is asked.
    prompts : n sequences of tokens
        None is empty.
    tries : TokenTrie or n of them
        The allowed strings: the same for all prompts, or each prompt's own.
    beams : int >= 1, default 20
        Beginnings held at once.
    most : int or None, default None
        Strings wanted; None is as many as beams. More may be found.
    allowed : (n, L) bool array or None
        Strings that may be found for each prompt; None is all of them.

    Returns
    -------
    list of n pairs
        Strings found and their log probabilities, the likeliest first, equal ones by number.

    References
    ----------
    .. [1] De Cao et al., Autoregressive Entity Retrieval, ICLR 2021, arXiv:2010.00904, section 3.2.
    """
    own = [tries] * len(prompts) if isinstance(tries, TokenTrie) else list(tries)
    room = max((int(trie.depth.max()) for trie in own), default=0)
    nothing: Found = (np.zeros(0, np.int64), np.zeros(0))
    found = [nothing] * len(prompts)
    for read in lm.read(prompts, room, width=beams):
        searches = [
            _Search(own[at], None if allowed is None else allowed[at], *_root(), most or beams)
            for at in read.at
        ]
        _search(lm, read, searches, beams)
        for at, search in zip(read.at, searches, strict=True):
            ordered = sorted(search.found, key=lambda each: (-each[0], each[1]))
            strings = np.array([string for _, string in ordered], dtype=np.int64)
            found[at] = strings, np.array([score for score, _ in ordered], dtype=float)
    return found


def _root() -> tuple[IntArray, FloatArray]:
    """One beam that has said nothing."""
    return np.zeros(1, np.int64), np.zeros(1)


def _search(lm: CausalLm, read: Read, searches: Sequence[_Search], beams: int) -> None:
    """Run all searches of a batch to their end."""
    width = 1
    while True:
        logs = read.logits.float().log_softmax(-1).cpu().numpy()
        came, tokens = zip(
            *(
                search.advance(logs[row * width : (row + 1) * width], beams)
                for row, search in enumerate(searches)
            ),
            strict=True,
        )
        if not any((search.node >= 0).any() for search in searches):
            return
        rows = np.concatenate([row * width + each for row, each in enumerate(came)])
        read = continued(lm, read.rows(rows), np.concatenate(tokens))
        width = beams
