"""New texts by a small GPT trained on the training texts: no download is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from longshelf.cache import Latest, digest
from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.language.small_gpt import GptRecipe, TrainedGpt

__all__ = ["SmallGpt"]

HEADS = 4

LATEST = Latest(2)
"""Networks of this process, for arms that differ only in how much they ask for."""


@dataclass(frozen=True, kw_only=True)
class SmallGpt(Generator):
    """Write with a small decoder trained from scratch on the training texts [1]_.

    The target stands before each text as a control prefix [2]_: one vector that joins what the
    network learned of the target with the mean vector of the tokens of its name. One network writes
    for all targets, so a rare target borrows from the others whatever its own few texts do not say.
    Tokens are byte pairs learned from the same texts, in any language. A twentieth of the texts is
    held out to stop by.

    Parameters
    ----------
    width : int, default 128
        Length of the vectors; a multiple of 4.
    layers : int, default 2
    passes : int, default 10
        Times each text is read, at most.
    tokens : int, default 3,000,000
        Tokens read in training, at most: about four minutes of one processor core.
    rate : float, default 3e-3
        Peak AdamW learning rate.
    temperature : float > 0, default 1.0
        Below 1 the likely becomes likelier.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn.

    References
    ----------
    .. [1] Radford et al., Language Models are Unsupervised Multitask Learners, 2019, section 2.
    .. [2] Keskar et al., CTRL: A Conditional Transformer Language Model for Controllable
       Generation, 2019, arXiv:1909.05858, section 3.

    Examples
    --------
    >>> SmallGpt(layers=3).nucleus
    0.9
    """

    abstract: ClassVar[bool] = False

    width: int = 128
    layers: int = 2
    passes: int = 10
    tokens: int = 3_000_000
    rate: float = 3e-3
    temperature: float = 1.0
    nucleus: float = 0.9

    def __post_init__(self) -> None:
        if self.temperature <= 0 or not 0 < self.nucleus <= 1 or self.rate <= 0:
            raise InputError(
                "small_gpt needs a temperature and a rate above 0 and a nucleus in (0, 1], got "
                f"{self.temperature}, {self.rate} and {self.nucleus}"
            )
        if min(self.width, self.layers, self.passes, self.tokens) < 1 or self.width % HEADS:
            raise InputError(
                "small_gpt's width, layers, passes and tokens are at least 1 and its width a multiple "
                f"of {HEADS}, got {self.width}, {self.layers}, {self.passes} and {self.tokens}"
            )

    @property
    def recipe(self) -> GptRecipe:
        """Size and schedule of the network."""
        from longshelf.language.small_gpt import GptRecipe

        return GptRecipe(
            width=self.width, layers=self.layers, heads=HEADS, passes=self.passes,
            tokens=self.tokens, rate=self.rate,
        )  # fmt: skip

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Writer:
        from longshelf.language.gpt_training import train_small_gpt

        code = np.asarray(corpus.code)
        names = [str(name) for name in corpus.names]

        def trained() -> tuple[TrainedGpt, Any]:
            gpt = train_small_gpt(corpus.texts, code[:, None], [names], rng, self.recipe)
            return gpt, rng.bit_generator.state

        key = digest(list(corpus.texts), code, names, self.recipe, rng.bit_generator.state)
        gpt, rng.bit_generator.state = LATEST.of(key, trained)
        return _Writer(self, code, gpt)


@dataclass(frozen=True)
class _Writer:
    made: SmallGpt
    code: IntArray
    gpt: TrainedGpt

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        from longshelf.language.gpt_sampling import sample_texts

        texts = sample_texts(
            self.gpt, self.code[seeds][:, None], rng,
            temperature=self.made.temperature, nucleus=self.made.nucleus,
        )  # fmt: skip
        return [Draft(text, ()) if text else None for text in texts]
