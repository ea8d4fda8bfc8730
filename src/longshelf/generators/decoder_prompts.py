"""How rows are told to a decoder: target, attributes, text, each on a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longshelf.generators.base import Corpus
from longshelf.generators.chat_prompts import shown
from longshelf.prepare.words import Language

__all__ = ["RowPrompts"]

CATEGORY: dict[Language, str] = {"en": "Category", "zh": "类别"}
TEXT: dict[Language, str] = {"en": "Text:", "zh": "文本："}
COLON: dict[Language, str] = {"en": ": ", "zh": "："}
SPACE: dict[Language, str] = {"en": " ", "zh": ""}


@dataclass(frozen=True)
class RowPrompts:
    """Rows of a corpus as lines.

    Parameters
    ----------
    corpus : Corpus
    columns : sequence of str
        Attributes that go with a row, where they are stated and hold no personal data.
    language : {"en", "zh"}

    Examples
    --------
    >>> import numpy as np
    >>> import polars as pl
    >>> inputs = pl.DataFrame({"colour": ["red"]})
    >>> corpus = Corpus(texts=["silk  tie"], code=np.zeros(1, int), names=["Ties"], inputs=inputs)
    >>> print(RowPrompts(corpus, ["colour"], "en").whole(0))
    Category: Ties
    colour: red
    Text: silk tie
    """

    corpus: Corpus
    columns: Sequence[str]
    language: Language

    @property
    def mark(self) -> str:
        """What stands before a text."""
        return TEXT[self.language]

    def asked(self, row: int) -> str:
        """Target and attributes of a row, up to where its text would begin."""
        colon = COLON[self.language]
        stated = {}
        if self.columns:
            words = self.corpus.inputs.select(self.columns).row(row, named=True)
            stated = shown(words, self.columns)
        name = str(self.corpus.names[int(self.corpus.code[row])])
        lines = [f"{CATEGORY[self.language]}{colon}{name}"]
        lines += [f"{column}{colon}{_line(value)}" for column, value in stated.items()]
        return "\n".join([*lines, self.mark])

    def said(self, row: int) -> str:
        """The text of a row as it follows, and the end of its line."""
        return f"{SPACE[self.language]}{_line(self.corpus.texts[row])}\n"

    def whole(self, row: int) -> str:
        """A row with its text, and a line that parts it from the next."""
        return f"{self.asked(row)}{self.said(row)}\n"


def _line(text: str) -> str:
    return " ".join(text.split())
