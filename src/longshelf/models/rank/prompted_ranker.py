"""Candidates reordered by how likely a language model finds their titles after a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.errors import InputError, unknown
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.title_prompts import HERE, TitlePrompted, TitlePrompts, histories
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm

__all__ = ["FittedPromptedRanker", "PromptedRanker"]

Order = Literal["first", "reversed", "shuffled"]
Normalise = Literal["sum", "mean", "pmi"]


@dataclass(frozen=True)
class FittedPromptedRanker(Scorer):
    """A language model, prompts, and what finds the candidates.

    Parameters
    ----------
    lm : CausalLm
    prompts : TitlePrompts
    first : fitted ranker
    recipe : PromptedRanker
    targets : int
    seed : int
        Of the orders in which candidates are shown.
    """

    lm: CausalLm
    prompts: TitlePrompts
    first: Any
    recipe: PromptedRanker
    targets: int
    seed: int

    @property
    def parameters(self) -> int:
        """Numbers in the language model and in the first stage."""
        return self.lm.parameters + int(self.first.parameters)

    def likelihood(self, X: Matrix, ids: IntArray, shown: IntArray | None = None) -> FloatArray:
        """What the titles of candidates are worth after each history; (n, m), -inf at -1.

        Parameters
        ----------
        X : (n, L) history
            What each source had.
        ids : (n, m) int array
            Candidates; -1 where there is none.
        shown : (n, m) int array or None
            The order in which they stand in the prompt; None is that of ``ids``.
        """
        shown = ids if shown is None else shown
        owned = [[int(code) for code in row if code >= 0] for row in ids]
        lists = [[int(code) for code in row if code >= 0] for row in shown]
        asked = [
            self.prompts.ask(history, offered if self.recipe.listed else ())
            for history, offered in zip(histories(X), lists, strict=True)
        ]
        said = self._said(asked, owned)
        free = self._free(owned) if self.recipe.normalise == "pmi" else None
        scores = np.full(ids.shape, -np.inf)
        for row, own in enumerate(owned):
            values = said[row] if free is None else said[row] - free[own]
            scores[row, np.flatnonzero(ids[row] >= 0)] = values
        return scores

    def _said(self, asked: Sequence[str], owned: Sequence[Sequence[int]]) -> list[FloatArray]:
        from longshelf.language.likelihood import log_likelihood
        from longshelf.language.token_trie import TokenTrie

        some = [row for row, own in enumerate(owned) if own]
        codes = sorted(set().union(*owned))
        answers = self.lm.continuations(self.prompts.answers(codes), self.prompts.tail)
        tokens = dict(zip(codes, answers, strict=True))
        tries = [TokenTrie.of([tokens[code] for code in owned[row]]) for row in some]
        prompts = self.lm.tokens([asked[row] for row in some])
        found: list[FloatArray] = [np.zeros(0) for _ in owned]
        for row, trie, said in zip(
            some, tries, log_likelihood(self.lm, prompts, tries), strict=True
        ):
            size = trie.depth[trie.ends] if self.recipe.normalise == "mean" else 1
            found[row] = said / size
        return found

    def _free(self, owned: Sequence[Sequence[int]]) -> FloatArray:
        """What each title is worth after no history, where it is asked for; (C,)."""
        codes = sorted(set().union(*owned))
        worth = np.zeros(self.targets)
        if codes:
            worth[codes] = self._said([self.prompts.ask(())], [codes])[0]
        return worth

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """Candidates by likelihood, then the rest of the first stage's list, without ``seen``."""
        depth = self.recipe.depth
        ids = self.first.rank(X, max(k, depth), seen).ids
        head, rest = ids[:, :depth], ids[:, depth:]
        worth = np.zeros(head.shape)
        for shown in self._orders(head):
            worth += self.likelihood(X, head, shown) / self.recipe.orders
        order = np.argsort(-worth, axis=1, kind="stable")
        head, worth = np.take_along_axis(head, order, 1), np.take_along_axis(worth, order, 1)
        lowest = worth.min(axis=1, initial=0, where=head >= 0)
        below = lowest[:, None] - 1 - np.arange(rest.shape[1])
        scores = np.concatenate([worth, np.where(rest >= 0, below, -np.inf)], axis=1)
        found = np.concatenate([head, rest], axis=1)[:, :k]
        return Ranking(sources=np.arange(len(ids)), ids=found, scores=scores[:, :k])

    def _orders(self, ids: IntArray) -> list[IntArray]:
        """The orders in which candidates are shown; (n, m) each."""
        if self.recipe.order == "first":
            return [ids]
        if self.recipe.order == "reversed":
            return [ids[:, ::-1]]
        draw = np.random.default_rng(self.seed)
        return [draw.permuted(ids, axis=1) for _ in range(self.recipe.orders)]

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of the candidates, above 0; 0 for all others; (n, C)."""
        lists = self.rank(X, self.recipe.depth)
        row, place = np.nonzero(lists.ids >= 0)
        worth = lists.scores[row, place]
        scores = np.zeros((len(X), self.targets), np.float32)
        scores[row, lists.ids[row, place]] = worth - worth.min(initial=np.inf) + 1
        return scores


@dataclass(frozen=True, kw_only=True)
class PromptedRanker(TitlePrompted):
    """Reorder candidates by the likelihood of their titles after the titles a source had [1]_.

    A language model cannot read a whole catalogue, so a cheap first stage proposes ``depth``
    candidates and what it misses stays missed; behind them its list goes on as it was. The score is
    the log likelihood of the title as the next line, end of line included. Reads ``history``.

    Parameters
    ----------
    name : str, default "small_gpt"
        A decoder by Hugging Face name or local folder, asked as it is; ``small_gpt`` trains one
        from nothing on the histories of the training part.
    length : int >= 1, default 10
        Latest titles shown.
    characters : int >= 1, default 80
        Of a title; the rest is cut, and items of equal cut titles are ranked alike.
    lead : str or None, default None
        Put before the history; ``{candidates}`` in it becomes the titles on offer. None says in
        English, or in Chinese where titles are, that these are products a customer bought.
    tokens : int >= 1, default 3,000,000
        Tokens ``small_gpt`` reads in training, at most.
    first : str, default "text_item_knn(encoder='tf_idf')"
        The first stage, by name with its arguments; it must read histories.
    depth : int >= 1, default 20
        Candidates the language model is asked about.
    normalise : {"sum", "mean", "pmi"}, default "sum"
        Log likelihood of the whole title; its mean per token; or minus that of the title after no
        history, which takes off what is likely anyhow, popularity as the model knows it included.
    listed : bool, default False
        Show the candidates before the history. Models lean to places of the list [1]_.
    order : {"first", "reversed", "shuffled"}, default "first"
        In which they are shown: the first stage's best first, last, or at random.
    orders : int >= 1, default 1
        Random orders whose scores are averaged.

    Raises
    ------
    InputError
        If an argument is out of range, or the first stage ranks no items.
    NotApplicable
        If the items have no text, or the features are not histories.

    References
    ----------
    .. [1] Hou et al., Large Language Models are Zero-Shot Rankers for Recommender Systems, ECIR
       2024, arXiv:2305.08845, sections 2 and 3.3, with likelihoods in place of written lists.

    Examples
    --------
    >>> PromptedRanker(name="models/qwen", depth=50, normalise="pmi").depth
    50
    """

    abstract: ClassVar[bool] = False

    first: str = "text_item_knn(encoder='tf_idf')"
    depth: int = 20
    normalise: Normalise = "sum"
    listed: bool = False
    order: Order = "first"
    orders: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "first", show(build("model", self.first)))
        if "item" not in build("model", self.first).kinds:
            raise InputError(f"prompted_ranker's first stage ranks items, got {self.first}")
        if min(self.depth, self.orders) < 1:
            raise InputError(
                f"prompted_ranker's depth and orders are at least 1, got {self.depth} and "
                f"{self.orders}"
            )
        if self.normalise not in ("sum", "mean", "pmi"):
            raise unknown("normalisation", self.normalise, ("sum", "mean", "pmi"))
        if self.order not in ("first", "reversed", "shuffled"):
            raise unknown("order", self.order, ("first", "reversed", "shuffled"))
        if self.listed and (self.name == HERE or self.normalise == "pmi"):
            raise InputError(
                "prompted_ranker lists candidates for models trained elsewhere, and with "
                "normalise='sum' or 'mean': after no history a listing says too much"
            )
        if not self.listed and (self.order, self.orders) != ("first", 1):
            raise InputError("prompted_ranker shows no candidates to order; give it listed=True")
        if self.orders > 1 and self.order != "shuffled":
            raise InputError("prompted_ranker averages random orders; give it order='shuffled'")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedPromptedRanker:
        prompts = self.prompts(targets, offers=self.listed)
        lm = self.reader(prompts, X, rows, targets, strategy, rng)
        model = build("model", self.first)
        model.check(strategy, targets)
        first = model.fit(X, rows, valid, targets, strategy, rng)
        return FittedPromptedRanker(
            lm, prompts, first, self, len(targets), int(rng.integers(2**63))
        )
