"""How a transformer reads texts, before, while and after it learns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from longshelf.features.comparison import compared
from longshelf.features.pretrained import Pretrained
from longshelf.features.session import read_tokenizer
from longshelf.features.unread import warn_unread
from longshelf.models.base import Head
from longshelf.models.network import Body, LinearHead, Net
from longshelf.models.text.adapters import parts
from longshelf.models.text.encoder_net import TextNet
from longshelf.models.text.published import PublishedVocabulary
from longshelf.models.text.tokens import distinct
from longshelf.models.text.upper_layers import LowerLayers, StateStem, UpperBody, cut
from longshelf.tables import FloatArray, Matrix

if TYPE_CHECKING:
    from longshelf.models.classify.transformer import Transformer
    from longshelf.training import FittedNet

__all__ = ["FittedReader", "Reading"]

TEXTS = 4096
"""Distinct texts whose states are held at once when a fitted model scores."""


class Reading:
    """What a :class:`Transformer` reads with, and the network that learns above it.

    Parameters
    ----------
    source : Pretrained
    recipe : Transformer
    """

    def __init__(self, source: Pretrained, recipe: Transformer) -> None:
        self.recipe = recipe
        self.source = source
        self.vocabulary = PublishedVocabulary(source, recipe.max_tokens, apart=recipe.apart)
        self.lower: LowerLayers | None = None
        self._upper: UpperBody | None = None
        if recipe.tune in ("last", "head"):
            keep = recipe.layers if recipe.tune == "last" else 0
            self.lower, self._upper, self._width = cut(source, keep, recipe.pooling)

    def warn(self, X: Matrix) -> None:
        """Warn if the pretrained model cannot read these texts (n, k)."""
        tokenizer = read_tokenizer(self.source, self.recipe.max_tokens)
        warn_unread(tokenizer, pl.Series(X.ravel().tolist()), self.recipe.name)

    def read(self, X: Matrix) -> Any:
        """What the network takes of texts: tokens, states of lower layers, or vectors."""
        if self.lower is None:
            return self.vocabulary.encode(X)
        if self.recipe.tune == "last":
            return self.lower(self.vocabulary.encode(X))
        sides = [X[:, [at]] for at in range(X.shape[1])] if self.recipe.apart else [X]
        vectors = [
            self.lower.vectors(self.vocabulary.encode(side), self.recipe.pooling) for side in sides
        ]
        return compared(np.concatenate(vectors)) if self.recipe.apart else vectors[0]

    def network(self, outputs: int) -> Net:
        """A fresh network; random parts follow torch's generator."""
        recipe = self.recipe
        if recipe.tune == "head":
            width = 1 + 2 * self._width if recipe.apart else self._width
            return Net(Body(), Body(), LinearHead(width, outputs))
        if self._upper is not None:
            head = LinearHead(self._width, outputs)
            return TextNet(StateStem(), self._upper, head, fall=recipe.fall, lead=recipe.lead)
        assert recipe.tune in ("full", "lora", "prefix")
        stem, body, width = parts(
            self.source, recipe.pooling, recipe.tune, apart=recipe.apart, rank=recipe.rank,
            recompute=recipe.recompute,
        )  # fmt: skip
        head = LinearHead(width, outputs)
        marks = self.vocabulary.marks
        return TextNet(stem, body, head, fall=recipe.fall, lead=recipe.lead, marks=marks)


@dataclass(frozen=True)
class FittedReader:
    """A trained network and what turns texts into what it takes.

    Parameters
    ----------
    fitted : FittedNet
    read : callable
        Texts (n, k) to tokens, states or vectors.
    """

    fitted: FittedNet
    read: Callable[[Any], Any]

    @property
    def history(self) -> list[dict[str, float]]:
        return self.fitted.history

    @property
    def parameters(self) -> int:
        return self.fitted.parameters

    @property
    def head(self) -> Head | None:
        return self.fitted.head

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of all targets; (n, C) float32."""
        return self._once(X, self.fitted.scores)

    def embeddings(self, X: Matrix) -> FloatArray:
        """What the head reads; (n, d) float32."""
        return self._once(X, self.fitted.embeddings)

    def _once(self, X: Matrix, give: Callable[[Any], FloatArray]) -> FloatArray:
        """Each distinct text once, some at a time."""
        texts, place = distinct(X)
        once = np.array([[*row] for row in texts], dtype=object).reshape(len(texts), X.shape[1])
        parts = [
            give(self.read(once[start : start + TEXTS])) for start in range(0, len(once), TEXTS)
        ]
        return np.concatenate(parts)[place]
