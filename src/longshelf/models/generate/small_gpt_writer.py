"""Texts from category and attributes by a small GPT trained on the training part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.evidence import meet
from longshelf.generators.small_gpt import SmallGpt
from longshelf.models.base import OF_ROWS, Head, Model
from longshelf.models.generate.asked import Asked
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.small_gpt import TrainedGpt

__all__ = ["FittedGpt", "SmallGptWriter"]

TRIES = 20


@dataclass(frozen=True)
class FittedGpt:
    """A trained network and the seed it writes by.

    Parameters
    ----------
    gpt : TrainedGpt
    seed : int
    temperature, nucleus : float
    """

    gpt: TrainedGpt
    seed: int
    temperature: float
    nucleus: float

    @property
    def parameters(self) -> int:
        return self.gpt.parameters

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A text for each row of codes: (n, 1) categories, or (n, 1 + a) with attributes."""
        from longshelf.language.gpt_sampling import sample_texts

        codes = np.asarray(X, dtype=np.int64)
        rng = np.random.default_rng(self.seed)
        texts: NDArray[np.object_] = np.full(len(codes), "", dtype=object)
        for _ in range(TRIES):
            open_: IntArray = np.flatnonzero(texts == "")
            if not len(open_):
                break
            texts[open_] = sample_texts(
                self.gpt, codes[open_], rng, temperature=self.temperature, nucleus=self.nucleus
            )
        return texts.astype(np.str_)

    def save(self, folder: Path) -> None:
        """Write the network; see :meth:`TrainedGpt.save`."""
        self.gpt.save(folder)


@dataclass(frozen=True, kw_only=True)
class SmallGptWriter(Model):
    """Write with a small decoder trained from scratch on the training part [1]_.

    Category and attributes stand before the text, each as one vector that joins what the network
    learned of it with the mean vector of the tokens of its name: a category or colour read rarely,
    or never, is still called by its name. Row weights and sampling laws act on the loss and on the
    order of reading. A twentieth of the texts is held out to stop by.

    Parameters
    ----------
    width : int, default 128
        Length of the vectors; a multiple of 4.
    layers : int, default 2
    passes : int, default 10
        Times each text is read, at most.
    tokens : int, default 3,000,000
        Tokens read in training, at most: about four minutes of one processor core.
    rate : float, default 3e-3
        Peak AdamW learning rate.
    temperature : float > 0, default 1.0
        Below 1 the likely becomes likelier.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn.

    References
    ----------
    .. [1] Radford et al., Language Models are Unsupervised Multitask Learners, 2019, section 2;
       conditions as in Keskar et al., CTRL, 2019, arXiv:1909.05858, section 3.

    Examples
    --------
    >>> SmallGptWriter(width=64).kinds
    frozenset({'text'})
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | {"sample"}
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    width: int = 128
    layers: int = 2
    passes: int = 10
    tokens: int = 3_000_000
    rate: float = 3e-3
    temperature: float = 1.0
    nucleus: float = 0.9

    def __post_init__(self) -> None:
        self._generator()

    def _generator(self) -> SmallGpt:
        """The generator of the same arguments, which checks them."""
        return SmallGpt(
            width=self.width, layers=self.layers, passes=self.passes, tokens=self.tokens,
            rate=self.rate, temperature=self.temperature, nucleus=self.nucleus,
        )  # fmt: skip

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedGpt:
        from longshelf.language.gpt_training import train_small_gpt

        codes = np.asarray(X, dtype=np.int64)
        asked = Asked.of(rows, targets)
        levels = [asked.categories, *asked.attributes.values()][: codes.shape[1]]
        asked.read(codes[:1])
        met = meet(strategy, rows, targets)
        gpt = train_small_gpt(
            rows.y.tolist(), codes, levels, rng, self._generator().recipe,
            weight=met.weights, law=met.law,
        )  # fmt: skip
        return FittedGpt(gpt, int(rng.integers(2**31)), self.temperature, self.nucleus)
