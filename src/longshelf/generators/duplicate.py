"""The control: no new text at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.tables import IntArray

__all__ = ["Duplicate"]


@dataclass(frozen=True, kw_only=True)
class Duplicate(Generator):
    """Repeat training texts as they stand: what any other generator must beat at equal counts.

    Its drafts are exempt from the rule that a new text is not a training text. The other rules hold,
    so a copy that is nearly a text of valid or test is dropped like any draft.

    Examples
    --------
    >>> Duplicate.copies
    True
    """

    abstract: ClassVar[bool] = False
    copies: ClassVar[bool] = True

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Copier:
        return _Copier(corpus)


@dataclass(frozen=True)
class _Copier:
    corpus: Corpus

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        return [Draft(self.corpus.texts[seed], (seed,)) for seed in seeds.tolist()]
