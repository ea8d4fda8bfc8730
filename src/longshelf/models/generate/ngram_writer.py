"""Texts per category by word n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.evidence import meet
from longshelf.generators.word_chains import WordChain
from longshelf.models.base import OF_ROWS, Head, Model
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedWriter", "NgramWriter"]

TRIES = 20


@dataclass(frozen=True)
class FittedWriter:
    """One chain per category, all backing off to one chain of every text.

    Parameters
    ----------
    chains : mapping of category code to WordChain
    wider : WordChain
    seed : int
    """

    chains: dict[int, WordChain]
    wider: WordChain
    seed: int

    @property
    def parameters(self) -> int:
        return sum(len(chain.followers) for chain in (*self.chains.values(), self.wider))

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A text for each category code of X, (n, 1)."""
        rng = np.random.default_rng(self.seed)
        chains = [self.chains.get(code, self.wider) for code in np.asarray(X)[:, 0].tolist()]
        return np.array([_written(chain, rng) for chain in chains], dtype=np.str_)


def _written(chain: WordChain, rng: np.random.Generator) -> str:
    """A text with at least a word, if one comes in a few tries."""
    return next(filter(None, (chain.write(rng) for _ in range(TRIES))), "")


@dataclass(frozen=True, kw_only=True)
class NgramWriter(Model):
    """Write word by word, from histories of the category, then from those of every text.

    Rows are read as often as weights, resampling and sampling law say, so balancing changes what
    rare categories back off to.

    Parameters
    ----------
    order : int >= 1, default 2
        Longest history, in words.

    Examples
    --------
    >>> NgramWriter(order=3).kinds
    frozenset({'text'})
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | {"sample"}
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    order: int = 2

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedWriter:
        met = meet(strategy, rows, targets)
        law = met.weights if met.law is None else met.law * met.weights
        read = rng.choice(len(rows), size=len(rows), p=law / law.sum())
        if met.law is None and np.allclose(met.weights, 1):
            read = np.arange(len(rows))
        wider = WordChain(rows.y[read].tolist(), self.order)
        chains = {
            int(code): WordChain(rows.y[read[rows.code[read] == code]].tolist(), self.order, wider)
            for code in np.unique(rows.code[read])
        }
        return FittedWriter(chains, wider, int(rng.integers(2**31)))
