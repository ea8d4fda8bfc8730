"""How a language model of real texts likes a text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.word_chains import START
from longshelf.language.word_model import WordModel
from longshelf.metrics.texts.base import OfEach, TextReading
from longshelf.prepare.folding import lowered
from longshelf.tables import FloatArray

__all__ = ["Perplexity"]


@dataclass(frozen=True, kw_only=True)
class Perplexity(OfEach):
    """exp of the mean surprise per word under n-grams of held-out real texts.

    The judge is a :class:`~longshelf.language.word_model.WordModel` that has read the validation
    part, which no writer copies from, all categories together and in lower case. That a text begins
    is given, its end counts as a word, and words it never met are read by their spelling. Dull
    texts have a low value too: hold it against that of the real texts, slice by slice.

    Parameters
    ----------
    order : int >= 0, default 2
        Longest history of the judge, in words.

    Raises
    ------
    InputError
        If the order is negative.

    Examples
    --------
    >>> Perplexity().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (1.0, math.inf)
    definition: ClassVar[str] = "exp(nats / words) under word n-grams of the validation part"

    order: int = 2

    def __post_init__(self) -> None:
        if self.order < 0:
            raise InputError(f"Perplexity needs an order of 0 or more, got {self.order}")

    def able(self, reading: TextReading) -> bool:
        return reading.valid is not None

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        judge = reading.for_all(self.id, lambda: self._judge(reading))
        texts = [[START, *lowered(text)] for text in reading.texts.tolist()]
        given = np.log(judge.grams(START, ()))
        return given - judge.log_probability(texts), np.array([float(len(own)) for own in texts])

    def _judge(self, reading: TextReading) -> WordModel:
        held_out = [] if reading.valid is None else reading.valid.y.tolist()
        return WordModel(([START, *lowered(text)] for text in held_out), self.order)

    def finish(self, ratio: float) -> tuple[float, float]:
        return math.exp(ratio), math.exp(ratio)
