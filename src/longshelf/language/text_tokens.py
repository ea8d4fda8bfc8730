"""Tokens learned from the texts at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from longshelf.errors import missing_extra

__all__ = ["END", "PAD", "TextTokens"]

END, PAD = 0, 1
"""Ids of the token that closes a text and of the one that fills a batch."""

SPECIAL = ("<end>", "<pad>")


class TextTokens:
    """Byte-level pairs: every text can be written, what is frequent in few tokens.

    Frequent words become one token, frequent Chinese characters too; what was never read is spelled
    in bytes, so no text is unknown.

    Parameters
    ----------
    inner : tokenizers.Tokenizer
        As :meth:`learn` or :meth:`parse` makes it.

    Examples
    --------
    >>> tokens = TextTokens.learn(["red shoes", "red shirt"] * 9, size=300)
    >>> tokens.decode(tokens.encode(["red 鞋"]))
    ['red 鞋']
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> TextTokens:
        """Merge the most frequent pairs until there are ``size`` tokens, 258 at least."""
        try:
            from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
        except ImportError as error:
            raise missing_extra("tokenizers", "deep", "language models trained here") from error
        inner = Tokenizer(models.BPE())
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        inner.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=2,
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        inner.train_from_iterator(texts, trainer)
        return cls(inner)

    @classmethod
    def parse(cls, written: str) -> TextTokens:
        """Read what :meth:`render` wrote."""
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_str(written))

    def render(self) -> str:
        """As JSON."""
        return str(self.inner.to_str())

    def __len__(self) -> int:
        return int(self.inner.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, without the closing token."""
        return [found.ids for found in self.inner.encode_batch_fast(list(texts))]

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Texts; a byte sequence that is no text leaves the sign U+FFFD in it."""
        return [text.strip() for text in self.inner.decode_batch([list(some) for some in ids])]
