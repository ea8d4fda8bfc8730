"""How far apart the meanings of texts are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import Unavailable
from longshelf.metrics.texts.base import OfSample, TextReading

if TYPE_CHECKING:
    from longshelf.features.encoder import FittedEncoder

__all__ = ["EmbeddingDispersion"]


@dataclass(frozen=True, kw_only=True)
class EmbeddingDispersion(OfSample):
    """Mean distance, 1 - cosine, between the sentence vectors of two texts of a sample.

    Absent where the encoder is not installed or does not know a tenth of the tokens.

    Parameters
    ----------
    sample : int, default 200
        Texts looked at.
    encoder : str, default "minilm"
        As for the features ``encoder``.

    Examples
    --------
    >>> EmbeddingDispersion().id
    'embedding_dispersion'
    """

    abstract: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, 2.0)
    definition: ClassVar[str] = "mean 1 - cosine of the MiniLM vectors of two texts of a sample"

    encoder: str = "minilm"

    def able(self, reading: TextReading) -> bool:
        from longshelf.features.unread import UNKNOWN, unknown_share

        try:
            tokenizer = _encoder(self.encoder).tokenizer
        except Unavailable:
            return False
        some = reading.real[:200].tolist()
        share = reading.for_all(self.id, lambda: unknown_share(tokenizer, some))
        return bool(share <= UNKNOWN)

    def of(self, texts: list[str]) -> float:
        if len(texts) < 2:
            return float("nan")
        vectors = np.asarray(_encoder(self.encoder).encode(texts), dtype=np.float64)
        n = len(vectors)
        together = float((vectors.sum(axis=0) ** 2).sum() - (vectors**2).sum())
        return 1 - together / (n * (n - 1))


@cache
def _encoder(name: str) -> FittedEncoder:
    from longshelf.features.encoder import Encoder, FittedEncoder
    from longshelf.features.pretrained import locate

    return FittedEncoder(Encoder(name=name), (), locate(name))
