"""Train a small GPT on texts and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from longshelf.errors import NotApplicable
from longshelf.language.next_token import aside, learn_next_tokens
from longshelf.language.small_gpt import GptRecipe, Padded, TrainedGpt, tidy
from longshelf.language.text_tokens import TextTokens
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["train_small_gpt"]


@dataclass(frozen=True)
class _Texts:
    """Texts in tokens, under conditions."""

    made: TrainedGpt
    ids: list[list[int]]
    codes: IntArray
    weight: FloatArray
    law: FloatArray | None

    @cached_property
    def lengths(self) -> IntArray:
        return np.array([len(own) for own in self.ids], dtype=np.int64)

    def surprise(self, at: IntArray) -> Tensor:
        ids = [self.ids[i] for i in at.tolist()]
        return Padded.of(ids, self.codes[at], self.made.device).surprise(self.made.net).sum(1)


def train_small_gpt(
    texts: Sequence[str],
    codes: IntArray,
    levels: Sequence[Sequence[str]],
    rng: np.random.Generator,
    recipe: GptRecipe,
    *,
    weight: FloatArray | None = None,
    law: FloatArray | None = None,
) -> TrainedGpt:
    """Learn tokens, then a network that predicts each token from what is asked and those before.

    A share of the different texts is held out, of targets with enough of them; training ends when
    they are no longer told better, and the best network is kept.

    Parameters
    ----------
    texts : n strings
        What to learn to write; empty ones are left out.
    codes : (n, f) int array
        Level of each condition, -1 where not stated; the first is the target.
    levels : f sequences of str
        Words of the levels of each condition.
    rng : numpy.random.Generator
        Every random choice follows it.
    recipe : GptRecipe
        Size and schedule.
    weight : (n,) float array, optional
        What a text counts in the loss, mean 1.
    law : (n,) float array, optional
        Probability of drawing each text; None reads every text once a pass.

    Raises
    ------
    NotApplicable
        If no text has a word.
    """
    texts = [tidy(text) for text in texts]
    said = np.array([bool(text) for text in texts], dtype=bool)
    if not said.any():
        raise NotApplicable("there is no text to learn to write: every one is empty")
    codes = np.asarray(codes, dtype=np.int64)
    weight = np.ones(len(texts)) if weight is None else weight
    tokens = TextTokens.learn(sorted({text for text in texts if text}), recipe.vocabulary)
    held = said & aside(texts, codes[:, 0], recipe.held_out, rng)
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        made = TrainedGpt.fresh(tokens, levels, recipe)

        def part(which: BoolArray) -> _Texts:
            at = np.flatnonzero(which)
            own = None if law is None else law[at] / law[at].sum()
            ids = made.read([texts[i] for i in at.tolist()])
            return _Texts(made, ids, codes[at], weight[at], own)

        made.history = learn_next_tokens(made.net, part(said & ~held), part(held), recipe, rng)
    return made
