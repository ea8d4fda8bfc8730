"""What writes new samples: fitted on the training part alone, it drafts texts from rows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import polars as pl

from longshelf.tables import IntArray

__all__ = ["Corpus", "Draft", "Generator", "Writer"]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """The texts a generator may read.

    Parameters
    ----------
    texts : n strings
        Of training rows, never of others.
    code : (n,) int array
        Target of each text.
    names : C strings
        Of the targets.
    inputs : polars.DataFrame, n rows
        The other columns: attributes to recombine or to put in a prompt.
    """

    texts: Sequence[str]
    code: IntArray
    names: Sequence[str]
    inputs: pl.DataFrame


class Draft(NamedTuple):
    """A proposed text and the positions of the corpus it was made from; none: from its target's rows
    at large."""

    text: str
    sources: tuple[int, ...]


class Writer(Protocol):
    """What :meth:`Generator.fit` returns."""

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        """A draft for each seed, of the seed's target; None where none came.

        Parameters
        ----------
        seeds : (m,) int array
            Positions in the corpus, repeats allowed: what to start from, and whose target to meet.
        rng : numpy.random.Generator
            Every random choice follows it.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Generator:
    """A recipe for new texts, described by its arguments.

    One that ``copies`` may repeat training texts as they stand; of others such drafts are dropped.
    """

    abstract: ClassVar[bool] = True
    copies: ClassVar[bool] = False

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> Writer:
        """Read the training texts.

        Raises
        ------
        NotApplicable
            If the texts are not what this generator can write.
        """
        raise NotImplementedError
