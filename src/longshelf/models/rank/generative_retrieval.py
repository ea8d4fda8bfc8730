"""The next item's title, written by a language model that may write nothing but titles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, unknown
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.title_prompts import TitlePrompted, TitlePrompts, histories
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm
    from longshelf.language.token_trie import TokenTrie

__all__ = ["FittedRetriever", "GenerativeRetrieval"]

BLOCK = 256
"""Sources searched for at once."""


@dataclass(frozen=True)
class FittedRetriever(Scorer):
    """A language model and the titles it may write.

    Parameters
    ----------
    lm : CausalLm
    prompts : TitlePrompts
    beams : int
    normalise : {"sum", "mean"}
    """

    lm: CausalLm
    prompts: TitlePrompts
    beams: int
    normalise: str

    @property
    def parameters(self) -> int:
        """Numbers in the language model."""
        return self.lm.parameters

    @cached_property
    def trie(self) -> TokenTrie:
        """Every title as tokens that continue a prompt."""
        from longshelf.language.token_trie import TokenTrie

        return TokenTrie.of(self.lm.continuations(self.prompts.answers(), self.prompts.tail))

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The likeliest titles found for each row of X, without what was ``seen``."""
        shape = (len(X), k)
        ids, scores = np.full(shape, -1), np.full(shape, -np.inf, np.float32)
        for start in range(0, len(X), BLOCK):
            left = None if seen is None else seen[start : start + BLOCK]
            for row, (items, worth) in enumerate(self._found(X[start : start + BLOCK], left)):
                most = min(k, len(items))
                ids[start + row, :most], scores[start + row, :most] = items[:most], worth[:most]
        return Ranking(sources=np.arange(len(X)), ids=ids, scores=scores)

    def _found(self, X: Matrix, seen: sp.csr_matrix | None) -> list[tuple[IntArray, FloatArray]]:
        from longshelf.language.choosing import likeliest

        asked = self.lm.tokens([self.prompts.ask(history) for history in histories(X)])
        allowed = None if seen is None else seen.toarray() == 0
        found = likeliest(self.lm, asked, self.trie, beams=self.beams, allowed=allowed)
        if self.normalise == "sum":
            return found
        ordered = list[tuple[IntArray, FloatArray]]()
        for items, said in found:
            worth = said / self.trie.depth[self.trie.ends[items]]
            order = np.argsort(-worth, kind="stable")
            ordered.append((items[order], worth[order]))
        return ordered

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of the items found, above 0; 0 for all others; (n, C)."""
        lists = self.rank(X, len(self.prompts.titles))
        row, place = np.nonzero(lists.ids >= 0)
        worth = lists.scores[row, place]
        scores = np.zeros((len(X), len(self.prompts.titles)), np.float32)
        scores[row, lists.ids[row, place]] = worth - worth.min(initial=np.inf) + 1
        return scores


@dataclass(frozen=True, kw_only=True)
class GenerativeRetrieval(TitlePrompted):
    """Let a language model write the title that comes next, titles of the catalogue only [1]_.

    A beam search follows a trie of all titles, so no other text can come out and no candidates are
    needed; the list is what the beams found, by log likelihood, and ends where they end. With beams
    without end it is the order that scoring every title would give. Reads ``history``.

    Parameters
    ----------
    name, length, characters, lead, tokens
        As for :class:`PromptedRanker`.
    beams : int >= 1, default 20
        Beginnings of titles held at once.
    normalise : {"sum", "mean"}, default "sum"
        Order what was found by the likelihood of the whole title, or its mean per token, so that
        long titles are not held back.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If the items have no text, or the features are not histories.

    References
    ----------
    .. [1] De Cao et al., Autoregressive Entity Retrieval, ICLR 2021, arXiv:2010.00904, section 3;
       for recommendation: Rajput et al., Recommender Systems with Generative Retrieval, NeurIPS
       2023, arXiv:2305.05065, with titles in place of learned identifiers.

    Examples
    --------
    >>> GenerativeRetrieval(beams=50).name
    'small_gpt'
    """

    abstract: ClassVar[bool] = False

    beams: int = 20
    normalise: Literal["sum", "mean"] = "sum"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beams < 1:
            raise InputError(f"generative_retrieval's beams are at least 1, got {self.beams}")
        if self.normalise not in ("sum", "mean"):
            raise unknown("normalisation", self.normalise, ("sum", "mean"))

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedRetriever:
        prompts = self.prompts(targets)
        lm = self.reader(prompts, X, rows, targets, strategy, rng)
        return FittedRetriever(lm, prompts, self.beams, self.normalise)
