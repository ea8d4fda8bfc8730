"""A masked language model that was trained elsewhere: what it would say in a gap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import NotApplicable
from longshelf.language.folders import load_model
from longshelf.prepare.words import IDEOGRAPH
from longshelf.tables import FloatArray, IntArray

__all__ = ["MaskedLm", "Words"]

BEGINS = ("▁", "Ġ")
"""What tokenizers put before a token that begins a word."""

_LETTERS = re.compile(rf"(?!{IDEOGRAPH})[^\W\d_]{{2,}}")
_HAN = re.compile(IDEOGRAPH)


@dataclass(frozen=True)
class Words:
    """Tokens that are words: their ids (w,) and their strings (w,)."""

    ids: IntArray
    words: NDArray[np.str_]


@dataclass(frozen=True)
class MaskedLm:
    """An encoder with a masked-language head, and its tokenizer.

    Parameters
    ----------
    net : transformers model
    tokenizer : transformers tokenizer
    """

    net: Any
    tokenizer: Any

    @classmethod
    def load(cls, name: str) -> MaskedLm:
        """Load a model by folder or Hugging Face name, on the accelerator if there is one.

        Raises
        ------
        NotApplicable
            If its tokenizer has no token for a gap.
        Unavailable
            If there is no such model, or it has no masked-language head.
        """
        tokenizer, net = load_model(name, "masked")
        if tokenizer.mask_token is None:
            raise NotApplicable(f"the tokenizer of {name!r} has no token that stands for a gap")
        return cls(net, tokenizer)

    @property
    def gap(self) -> str:
        """What stands for a missing word in a text."""
        return str(self.tokenizer.mask_token)

    @cached_property
    def latin(self) -> Words:
        """Whole words of letters, two at least."""
        return self._words(_LETTERS, alone=False)

    @cached_property
    def han(self) -> Words:
        """Chinese characters."""
        return self._words(_HAN, alone=True)

    def _words(self, pattern: re.Pattern[str], *, alone: bool) -> Words:
        """Tokens that match, those inside words left out; ``alone``: a match is a word wherever it is."""
        vocabulary = sorted(self.tokenizer.get_vocab().items(), key=lambda item: item[1])
        marked = any(token.startswith(BEGINS) for token, _ in vocabulary)
        special = set(self.tokenizer.all_special_ids)
        kept = [
            (at, word)
            for token, at in vocabulary
            if at not in special
            and (alone or not marked or token.startswith(BEGINS))
            and pattern.fullmatch(word := self._written(token))
        ]
        ids, words = zip(*kept, strict=True) if kept else ((), ())
        return Words(np.array(ids, dtype=np.int64), np.array(words, dtype=np.str_))

    def _written(self, token: str) -> str:
        """A token as it stands in a text; one inside a word keeps its ``##``."""
        if token.startswith("##"):
            return token
        return str(self.tokenizer.convert_tokens_to_string([token])).strip()

    def said(self, texts: Sequence[str]) -> tuple[FloatArray, NDArray[np.bool_]]:
        """What the model says in the first gap of each text.

        Parameters
        ----------
        texts : n strings
            Each with a gap; texts too long for the model are read up to what it can.

        Returns
        -------
        (n, V) float array of log probabilities, and (n,) bool array: whether the gap was read.
        """
        import torch

        read = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        ).to(self.net.device)
        gaps = read["input_ids"] == self.tokenizer.mask_token_id
        first = gaps.int().argmax(1)
        with torch.inference_mode():
            scores = self.net(**read).logits[torch.arange(len(texts)), first]
            logs = scores.float().log_softmax(-1)
        return logs.cpu().numpy(), gaps.any(1).cpu().numpy()

    @property
    def _longest(self) -> int:
        known = int(self.net.config.max_position_embeddings)
        return min(int(self.tokenizer.model_max_length), known - 2)
