"""A model that turns a text into another: translation by any encoder and decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.language.folders import load_model

__all__ = ["Translator"]

TOKENS = 4096
"""Tokens read and written at once, padding and beams included."""


@dataclass(frozen=True)
class Translator:
    """An encoder and decoder, and its tokenizer.

    Parameters
    ----------
    net : transformers model
    tokenizer : transformers tokenizer
    before : str, default ""
        Put before every text, such as T5's ``translate English to German: ``.
    """

    net: Any
    tokenizer: Any
    before: str = ""

    @classmethod
    def load(cls, name: str, before: str = "") -> Translator:
        """Load a model by folder or Hugging Face name, on the accelerator if there is one.

        Raises
        ------
        NotApplicable
            If the model wants to be told its languages.
        Unavailable
            If there is no such model, or it turns no text into another.
        """
        tokenizer, net = load_model(name, "seq2seq")
        if getattr(tokenizer, "src_lang", None) is not None:
            raise NotApplicable(
                f"{name!r} translates between many languages and must be told which; "
                "use a model of one pair, such as Helsinki-NLP/opus-mt-en-de"
            )
        return cls(net, tokenizer, before)

    def translate(
        self, texts: Sequence[str], *, beams: int, kept: int = 1, most: int = 128
    ) -> list[list[str]]:
        """The ``kept`` likeliest translations of each text, best first.

        Parameters
        ----------
        texts : n strings
            Equal ones are translated once.
        beams : int >= 1
            Translations followed at a time; 1 takes the likeliest token each time.
        kept : int in [1, beams], default 1
            Translations returned.
        most : int, default 128
            Tokens read of a text and written of a translation, at most.
        """
        different = list(dict.fromkeys(texts))
        if not different:
            return []
        read = self.tokenizer([self.before + text for text in different])["input_ids"]
        lengths = np.minimum([len(ids) for ids in read], most)
        order = np.argsort(lengths, kind="stable")
        rows = max(1, TOKENS // (beams * (int(lengths.max()) + most)))
        found: dict[str, list[str]] = {}
        for start in range(0, len(order), rows):
            some = [different[i] for i in order[start : start + rows].tolist()]
            said = self._said(some, beams, kept, most)
            found |= {text: said[kept * i : kept * (i + 1)] for i, text in enumerate(some)}
        return [found[text] for text in texts]

    def _said(self, texts: Sequence[str], beams: int, kept: int, most: int) -> list[str]:
        import torch

        fed = self.tokenizer(
            [self.before + text for text in texts],
            padding=True, truncation=True, max_length=most, return_tensors="pt",
        ).to(self.net.device)  # fmt: skip
        with torch.inference_mode():
            written = self.net.generate(
                input_ids=fed["input_ids"], attention_mask=fed["attention_mask"],
                num_beams=beams, num_return_sequences=kept, do_sample=False, max_new_tokens=most,
            )  # fmt: skip
        decoded = self.tokenizer.batch_decode(written, skip_special_tokens=True)
        return [" ".join(text.split()) for text in decoded]
