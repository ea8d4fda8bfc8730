"""Histories as prompts: what a source had, by title, and what a language model is asked next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.evidence import row_weights
from longshelf.features.text import language_of
from longshelf.models.base import Model
from longshelf.models.rank.item_texts import texts_of
from longshelf.strategies.base import Strategy
from longshelf.tables import IntArray, Matrix, Rows, Targets

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm

__all__ = ["HERE", "TitlePrompted", "TitlePrompts"]

HERE = "small_gpt"
"""The name of the model that is trained here, on the training histories."""

CONTEXT = 512
"""Tokens the model trained here reads at once."""

LEADS = {
    "en": "Products a customer bought, the latest last:\n",
    "zh": "顾客购买过的商品，最近的在最后：\n",
}
OFFERS = {"en": "Products on offer:\n{candidates}\n\n", "zh": "可选的商品：\n{candidates}\n\n"}
LINE, BARE = "- {title}\n", " {title} ¶"
"""A title in a prompt; for the model trained here, which reads texts on one line."""


@dataclass(frozen=True)
class TitlePrompts:
    """Titles, and the words around them.

    Parameters
    ----------
    titles : C strings
        On one line each, cut to length.
    lead : str
        Put before the history; ``{candidates}`` in it becomes the titles on offer.
    before, after : str
        Around each title.
    length : int
        Latest titles shown, at most.
    """

    titles: Sequence[str]
    lead: str
    before: str
    after: str
    length: int

    def ask(self, history: Sequence[int], candidates: Sequence[int] = ()) -> str:
        """The prompt for what comes after some items, named by code, the latest last."""
        offered = self._listed(candidates).rstrip()
        lead = self.lead.replace("{candidates}", offered)
        return (lead + self._listed(history[-self.length :]) + self.before).rstrip(" ")

    def _listed(self, codes: Sequence[int]) -> str:
        return "".join(self.before + self.titles[code] + self.after for code in codes)

    def answers(self, codes: Sequence[int] | None = None) -> list[str]:
        """Titles as they continue a prompt, what ends a title included; None is all of them."""
        space = self.before[len(self.before.rstrip(" ")) :]
        titles = self.titles if codes is None else [self.titles[code] for code in codes]
        return [space + title + self.after for title in titles]

    @property
    def tail(self) -> str:
        """What every prompt with a history ends in."""
        return (self.after + self.before).rstrip(" ")


def histories(X: Matrix) -> list[list[int]]:
    """The items of each row's history by code, oldest first."""
    return [[int(code) - 1 for code in row if code > 0] for row in X]


@dataclass(frozen=True, kw_only=True)
class TitlePrompted(Model):
    """A ranker that asks a language model about the titles a source had.

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
        Put before the history; None says in English, or in Chinese where titles are, that
        these are products a customer bought. ``small_gpt`` has none.
    tokens : int >= 1, default 3,000,000
        Tokens ``small_gpt`` reads in training, at most. It reads every training row with its
        history once, small data several times; as histories of one source hold each other, none is
        held out to stop by.
    """

    honours: ClassVar[frozenset[str]] = frozenset({"expand", "resample", "weigh"})
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    name: str = HERE
    length: int = 10
    characters: int = 80
    lead: str | None = None
    tokens: int = 3_000_000

    def __post_init__(self) -> None:
        if min(self.length, self.characters, self.tokens) < 1:
            raise InputError(
                f"{self._own}'s length, characters and tokens are at least 1, got "
                f"{self.length}, {self.characters} and {self.tokens}"
            )
        if self.name == HERE and self.lead is not None:
            raise InputError(f"{self._own} has a lead for models trained elsewhere; name one")

    @property
    def _own(self) -> str:
        from longshelf.components import snake

        return snake(type(self).__name__)

    def prompts(self, targets: Targets, *, offers: bool = False) -> TitlePrompts:
        """Titles and words of the prompts.

        Raises
        ------
        NotApplicable
            If the items have no text.
        """
        titles = [" ".join(text.split()) for text in texts_of(targets, self._own)]
        cut = [
            title[: self.characters].strip() or str(name)
            for title, name in zip(titles, targets.names, strict=True)
        ]
        line, lead = (BARE, "") if self.name == HERE else (LINE, self.lead)
        if lead is None:
            language = language_of(pl.Series(cut, dtype=pl.String))
            lead = (OFFERS[language] if offers else "") + LEADS[language]
        before, _, after = line.partition("{title}")
        return TitlePrompts(cut, lead, before, after, self.length)

    def reader(
        self,
        prompts: TitlePrompts,
        X: Matrix,
        rows: Rows,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> CausalLm:
        """The language model, trained on the rows where that is asked.

        Raises
        ------
        NotApplicable
            If X holds no histories.
        """
        from longshelf.language.causal_lm import CausalLm

        if sp.issparse(X) or X.shape[1] < 2 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable(f"{self._own} reads item sequences; give it features: history")
        if self.name != HERE:
            return CausalLm.load(self.name)
        from longshelf.language.as_causal import as_causal
        from longshelf.language.gpt_training import train_small_gpt
        from longshelf.language.small_gpt import GptRecipe

        texts = [
            prompts.ask(history) + prompts.answers([int(code)])[0]
            for history, code in zip(histories(X), rows.code, strict=True)
        ]
        codes: IntArray = np.zeros((len(texts), 1), np.int64)
        recipe = GptRecipe(passes=1, tokens=self.tokens, longest=CONTEXT, held_out=0.0)
        weights = row_weights(strategy, rows, targets)
        return as_causal(train_small_gpt(texts, codes, [["history"]], rng, recipe, weight=weights))
