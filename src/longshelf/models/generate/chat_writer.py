"""Texts of a category by a language model behind a chat address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.generators.chat_prompts import ChatWriting, batches, drawn, shown
from longshelf.generators.personal import personal
from longshelf.language.json_answers import JsonAsk, asked
from longshelf.models.base import Head, Model
from longshelf.models.generate.asked import Asked
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["ChatWriter", "FittedChatWriter"]


@dataclass(frozen=True)
class FittedChatWriter:
    """A model and the training texts it is shown examples of.

    Parameters
    ----------
    model : ChatWriter
    asked : Asked
        The words behind the codes.
    texts : (n,) str array
    code : (n,) int array
        Category of each text.
    stated : n mappings of attribute to value
        What goes with each text.
    longest : int
        Characters of a long training text.
    seed : int
    """

    model: ChatWriter
    asked: Asked
    texts: NDArray[np.str_]
    code: IntArray
    stated: Sequence[Mapping[str, str]]
    longest: int
    seed: int

    @property
    def parameters(self) -> int:
        """None are learned here."""
        return 0

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A text for each row of codes; "" where the answer held none."""
        rng = np.random.default_rng(self.seed)
        wanted, codes = self.asked.read(X), np.asarray(X)[:, 0]
        parts, asks = [], list[JsonAsk[list[str]]]()
        for code in np.unique(codes).tolist():
            places = np.flatnonzero(codes == code).tolist()
            for part in batches(places, self.longest, self.model.per_request):
                entries = [_entry(wanted[place]) for place in part]
                parts.append(part)
                asks.append(
                    self.model.ask(
                        self.asked.categories[code],
                        self._examples(code, np.asarray(X).shape[1] > 1, rng),
                        entries,
                        self.longest,
                        int(rng.integers(2**31)),
                    )
                )
        with self.model.connect() as client:
            answers = asked(client, asks)
        texts = [""] * len(wanted)
        for part, samples in zip(parts, answers, strict=True):
            for place, text in zip(part, samples or (), strict=False):
                texts[place] = text
        return np.array(texts, dtype=np.str_)

    def _examples(
        self, code: int, attributed: bool, rng: np.random.Generator
    ) -> list[dict[str, Any]]:
        """Training rows of the category; of others, named, where it has none."""
        own = np.flatnonzero(self.code == code).tolist()
        rows = drawn(own or range(len(self.texts)), self.model.shots, rng)
        examples = []
        for i in rows:
            text = str(self.texts[i])
            if personal(text):
                continue
            of = {} if own else {"class": self.asked.categories[int(self.code[i])]}
            told = {"attributes": self.stated[i]} if attributed and self.stated[i] else {}
            examples.append({**of, "text": text, **told})
        return examples


@dataclass(frozen=True, kw_only=True)
class ChatWriter(ChatWriting, Model):
    """Have a language model behind a chat address write from a category and attributes.

    A prompt holds the category's name, ``shots`` of its training texts, of other categories where
    it has none, and up to ``per_request`` rows to write for. Attributes are read from
    ``conditions`` features; with ``category`` features the name is all there is. Training texts
    with personal data are never sent. An answer of another shape is mended once, then its rows
    stay empty and are counted as ``failed``.

    Examples
    --------
    >>> ChatWriter(name="qwen3").kinds
    frozenset({'text'})
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedChatWriter:
        words = Asked.of(rows, targets)
        stated = [shown(row, list(words.attributes)) for row in rows.inputs.iter_rows(named=True)]
        longest = int(np.quantile([len(text) for text in rows.y.tolist()], 0.95))
        return FittedChatWriter(
            self, words, rows.y, np.asarray(rows.code), stated, longest, int(rng.integers(2**31))
        )


def _entry(asked: Mapping[str, str]) -> dict[str, Any]:
    stated = {name: value for name, value in asked.items() if name != "category"}
    return {"attributes": stated} if stated else {}
