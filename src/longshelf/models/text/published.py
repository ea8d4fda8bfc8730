"""The vocabulary a pretrained model came with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshelf.features.pretrained import Pretrained
from longshelf.features.session import read_tokenizer
from longshelf.models.text.encoder_net import Marks
from longshelf.models.text.tokens import Tokens, distinct
from longshelf.tables import IntArray

__all__ = ["PublishedVocabulary"]


@dataclass(frozen=True)
class PublishedVocabulary:
    """Tokens as the published tokenizer cuts them, special ones included.

    Parameters
    ----------
    source : Pretrained
    max_tokens : int
        Longer texts are cut; of a pair, the longer text first.
    apart : bool, default False
        Each text of a pair has special tokens of its own.
    """

    source: Pretrained
    max_tokens: int
    apart: bool = False

    @cached_property
    def _inner(self) -> Any:
        return read_tokenizer(self.source, self.max_tokens).inner

    @property
    def padding(self) -> int:
        """Number of the padding token; 0 where the model has none, whose place the mask hides."""
        return int(self.source.config.get("pad_token_id") or 0)

    @property
    def marks(self) -> Marks:
        """The tokens that are no words."""
        masking = (self._inner.token_to_id(name) for name in ("[MASK]", "<mask>"))
        added = self._inner.get_added_tokens_decoder()
        special = tuple(sorted(number for number, token in added.items() if token.special))
        return Marks(next((m for m in masking if m is not None), None), special)

    def encode(self, X: NDArray[np.object_]) -> Tokens:
        """Tokens of texts (n, 1) or of pairs of texts (n, 2); equal rows share them."""
        texts, place = distinct(X)
        if self.apart:
            sides = [self._encode([row[at] for row in texts]) for at in range(X.shape[1])]
            sequences = [np.concatenate(both) for both in zip(*sides, strict=True)]
            second = np.array([len(first) for first in sides[0]], np.int64)
            return Tokens(sequences, second, place, self.padding)
        if X.shape[1] == 1:
            sequences = self._encode([row[0] for row in texts])
            ends = np.fromiter(map(len, sequences), np.int64, len(sequences))
            return Tokens(sequences, ends, place, self.padding)
        encoded = self._inner.encode_batch(texts)
        sequences = [self._some(each.ids) for each in encoded]
        return Tokens(
            sequences, np.array([_second(e.type_ids) for e in encoded]), place, self.padding
        )

    def _encode(self, texts: list[str]) -> list[IntArray]:
        return [self._some(each.ids) for each in self._inner.encode_batch_fast(texts)]

    def _some(self, ids: list[int]) -> IntArray:
        """At least a token: an empty text may have none."""
        return np.array(ids or [self.padding], np.int32)


def _second(types: list[int]) -> int:
    """Where the second text begins; the length for a tokenizer that does not tell."""
    return types.index(1) if 1 in types else max(len(types), 1)
