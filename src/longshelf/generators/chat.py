"""Texts written by a language model behind a chat address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.chat_prompts import ChatWriting, batches, drawn, shown
from longshelf.generators.personal import personal
from longshelf.language.json_answers import JsonAsk, asked
from longshelf.language.spending import Rehearsed, rehearsal
from longshelf.tables import IntArray

__all__ = ["Chat"]


@dataclass(frozen=True, kw_only=True)
class Chat(ChatWriting, Generator):
    """Have a language model behind a chat address write a text for each seed row.

    A prompt holds the name of the target, ``shots`` other rows of it as examples, and up to
    ``per_request`` seed rows with their attributes; for each seed a text in other words is asked
    for, as JSON. Texts with personal data are never sent: such a seed is written from its
    attributes alone. Sources of a draft are its own seed, then every other row in the prompt.
    An answer of another shape is mended once and then counted as ``failed``.

    Parameters
    ----------
    attributes : tuple of str or None, default None
        Columns that go with a row; None takes every column of words.

    Examples
    --------
    >>> from longshelf.components import show
    >>> show(Chat(name="qwen3", shots=3, prices=(0.1, 0.4)))
    "chat(name='qwen3', shots=3)"
    """

    abstract: ClassVar[bool] = False

    attributes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.attributes, str):
            raise InputError(f"attributes are a list of columns, got {self.attributes!r}")
        if self.attributes is not None:
            object.__setattr__(self, "attributes", tuple(self.attributes))

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> ChatDrafts:
        held = corpus.inputs.columns
        for name in self.attributes or ():
            if name not in held:
                raise unknown("attribute to write from", name, held)
        words = pl.selectors.by_dtype(pl.String, pl.Categorical, pl.Enum)
        every = corpus.inputs.select(words).columns
        return ChatDrafts(self, corpus, every if self.attributes is None else self.attributes)


class ChatDrafts:
    """The writer of :class:`Chat`.

    Parameters
    ----------
    generator : Chat
    corpus : Corpus
    attributes : sequence of str
        Columns that go with a row.
    """

    def __init__(self, generator: Chat, corpus: Corpus, attributes: Sequence[str]) -> None:
        self.generator = generator
        self.corpus = corpus
        self.attributes = attributes
        self.own: dict[int, list[int]] = {}
        for place, code in enumerate(corpus.code.tolist()):
            self.own.setdefault(code, []).append(place)

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        """A draft for each seed; None where the answer held none."""
        parts, asks, sources = [], list[JsonAsk[list[str]]](), []
        for code in dict.fromkeys(self.corpus.code[seeds].tolist()):
            places = np.flatnonzero(self.corpus.code[seeds] == code).tolist()
            longest = max(len(self.corpus.texts[i]) for i in seeds[places].tolist())
            for part in batches(places, longest, self.generator.per_request):
                rows = seeds[list(part)].tolist()
                examples = self._examples(code, rows, rng)
                seed = int(rng.integers(2**31))
                asks.append(
                    self.generator.ask(
                        str(self.corpus.names[code]),
                        [self._row(i, "text") for i in examples],
                        [self._row(i, "like") for i in rows],
                        longest,
                        seed,
                    )
                )
                parts.append(part)
                sources.append([*examples, *rows])
        with self.generator.connect() as client:
            answers = asked(client, asks)
        if rehearsal() is not None:
            raise Rehearsed
        drafts: list[Draft | None] = [None] * len(seeds)
        for part, read, samples in zip(parts, sources, answers, strict=True):
            for place, text in zip(part, samples or (), strict=False):
                drafts[place] = Draft(text, tuple(dict.fromkeys([int(seeds[place]), *read])))
        return drafts

    def _examples(self, code: int, rows: Sequence[int], rng: np.random.Generator) -> list[int]:
        """Other rows of the target, without personal data."""
        taken = set(rows)
        others = drawn([i for i in self.own[code] if i not in taken], self.generator.shots, rng)
        return [i for i in others if not personal(self.corpus.texts[i])]

    def _row(self, place: int, name: str) -> dict[str, Any]:
        """A row as the model reads it."""
        text = self.corpus.texts[place]
        row: dict[str, Any] = {} if personal(text) else {name: text}
        if stated := shown(self.corpus.inputs.row(place, named=True), self.attributes):
            row["attributes"] = stated
        return row
