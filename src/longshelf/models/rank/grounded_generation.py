"""The next item's title, written freely by a language model and then looked up."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError, LongShelfWarning, unknown
from longshelf.models.rank.item_texts import ItemTexts
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.title_prompts import TitlePrompted, TitlePrompts, histories
from longshelf.models.rank.top import top
from longshelf.prepare import normalise_key
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Ranking, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm

__all__ = ["FittedWriter", "GroundedGeneration"]


@dataclass(frozen=True)
class FittedWriter(Scorer):
    """A language model, and the titles its own are looked up in.

    Parameters
    ----------
    lm : CausalLm
    prompts : TitlePrompts
    recipe : GroundedGeneration
    seed : int
        Of what is written.
    """

    lm: CausalLm
    prompts: TitlePrompts
    recipe: GroundedGeneration
    seed: int

    @property
    def parameters(self) -> int:
        """Numbers in the language model."""
        return self.lm.parameters

    @cached_property
    def _items(self) -> dict[str, list[int]]:
        """Items by their folded title."""
        items: dict[str, list[int]] = {}
        for code, key in enumerate(_folded(self.prompts.titles)):
            items.setdefault(key, []).append(code)
        return items

    @cached_property
    def _near(self) -> tuple[ItemTexts, Matrix]:
        titles = list(self.prompts.titles)
        encoder = ItemTexts("tf_idf(min_rows=1)", titles, "grounded_generation")
        return encoder, encoder.encode(titles)

    def written(self, X: Matrix) -> list[list[str]]:
        """The titles written after each history, the same for the same call; n lists of drafts."""
        from longshelf.language.writing import write

        drafts, recipe = self.recipe.drafts, self.recipe
        asked = self.lm.tokens([self.prompts.ask(history) for history in histories(X)])
        each = [tokens for tokens in asked for _ in range(drafts)]
        found = write(
            self.lm, each, np.random.default_rng(self.seed), most=recipe.most,
            temperature=recipe.temperature, nucleus=recipe.nucleus,
            stop=self.prompts.after.strip(" "),
        )  # fmt: skip
        texts = [text.text.strip() for text in found]
        return [texts[start : start + drafts] for start in range(0, len(texts), drafts)]

    def exists(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is a title of the catalogue, case and spacing aside."""
        return [key in self._items for key in _folded(texts)]

    def _worth(self, drafts: Sequence[Sequence[str]]) -> FloatArray:
        """Mean over a row's drafts of their likeness to each title; (n, C) float32."""
        worth = np.zeros((len(drafts), len(self.prompts.titles)), np.float32)
        for row, own in enumerate(drafts):
            if self.recipe.match == "exact":
                for key in _folded(own):
                    worth[row, self._items.get(key, [])] += 1 / len(own)
            else:
                encoder, titles = self._near
                likeness = encoder.encode(list(own)) @ titles.T
                worth[row] = np.asarray(likeness.mean(axis=0)).ravel()
        return worth

    def scores(self, X: Matrix) -> FloatArray:
        return self._worth(self.written(X))

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The items likest to what was written, without what was ``seen``.

        Warns
        -----
        LongShelfWarning
            With the share of titles written that no item has.
        """
        drafts = self.written(X)
        every = [text for own in drafts for text in own]
        absent = len(every) - sum(self.exists(every))
        if absent:
            warnings.warn(
                f"{absent / len(every):.1%} of the {len(every):,} titles written are no item's",
                LongShelfWarning,
                stacklevel=2,
            )
        worth = self._worth(drafts)
        worth[worth <= 0] = -np.inf
        return top(lambda rows: worth[rows[:, 0]], np.arange(len(X))[:, None], k, seen)


def _folded(texts: Sequence[str]) -> list[str]:
    keys: list[str] = normalise_key(pl.Series(list(texts), dtype=pl.String)).to_list()
    return keys


@dataclass(frozen=True, kw_only=True)
class GroundedGeneration(TitlePrompted):
    """Let a language model write titles that could come next, and rank the items likest to them.

    Nothing holds it to the catalogue: the share of titles that do not exist is measured, and said
    in a warning. An item's score is the mean over the drafts of their likeness to its title [1]_.
    Reads ``history``.

    Parameters
    ----------
    name, length, characters, lead, tokens
        As for :class:`PromptedRanker`.
    drafts : int >= 1, default 10
        Titles written for each source.
    match : {"nearest", "exact"}, default "nearest"
        Likeness is the cosine of TF-IDF vectors; or 1 for the same title, case and spacing aside,
        and 0 for any other, so that lists may be short.
    most : int >= 1, default 48
        Tokens of a title, at most.
    temperature : float >= 0, default 1.0
        Below 1 the likely becomes likelier; 0 writes the same draft each time.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If the items have no text, or the features are not histories.

    References
    ----------
    .. [1] Bao et al., A Bi-Step Grounding Paradigm for Large Language Models in Recommendation
       Systems, ACM TORS 2025, arXiv:2308.08434, section 3, with TF-IDF in place of the model's
       own vectors.

    Examples
    --------
    >>> GroundedGeneration(drafts=5, match="exact").match
    'exact'
    """

    abstract: ClassVar[bool] = False

    drafts: int = 10
    match: Literal["nearest", "exact"] = "nearest"
    most: int = 48
    temperature: float = 1.0
    nucleus: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.match not in ("nearest", "exact"):
            raise unknown("way to match", self.match, ("nearest", "exact"))
        if min(self.drafts, self.most) < 1 or self.temperature < 0 or not 0 < self.nucleus <= 1:
            raise InputError(
                "grounded_generation needs drafts and most of 1 or more, temperature of 0 or more "
                f"and nucleus in (0, 1], got {self.drafts}, {self.most}, {self.temperature} and "
                f"{self.nucleus}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedWriter:
        prompts = self.prompts(targets)
        lm = self.reader(prompts, X, rows, targets, strategy, rng)
        return FittedWriter(lm, prompts, self, int(rng.integers(2**63)))
