"""Pretrained transformers, tuned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.features.words import is_words
from longshelf.models.base import OF_ROWS, Model
from longshelf.models.classify.neural import LEARNING, learn
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.text.reading import FittedReader, Reading
    from longshelf.recipe import Recipe

__all__ = ["Transformer"]

Tune = Literal["full", "last", "head", "lora", "prefix"]

RATES = {"full": 3e-4, "last": 3e-4, "head": 3e-2, "lora": 1e-3, "prefix": 1e-2}
"""Peak learning rates where none is given."""


@dataclass(frozen=True, kw_only=True)
class Transformer(Model):
    """A pretrained encoder or decoder with a head for the targets, through the one torch loop [1]_.

    Reads ``words`` features; a pair of texts (``words(apart=True)``) is one sequence, as in a
    cross-encoder, or two that meet above, as in a bi-encoder. Every hook of learning works:
    ``expand`` to ``stages``; what moves or mixes embeddings moves word vectors, or, where lower
    layers are fixed, the states they give. Batches are drawn at random and go through the layers
    without padding, texts that recur are tokenised once, and fixed lower layers run once for all
    epochs.

    Parameters
    ----------
    name : str, default "minilm"
        ``minilm``, a Hugging Face name, or a local folder.
    tune : {"full", "last", "head", "lora", "prefix"}, default "full"
        What learns besides the head: everything; the last ``layers`` layers; nothing; low-rank
        changes of every linear map [2]_; learned keys and values before the text [3]_.
    layers : int, default 2
        For ``last``.
    rank : int, default 8
        Of low-rank changes, scaled by 2; length of a prefix.
    pooling : {"mean", "cls", "last"}, default "mean"
        What of the token states the head reads; ``last`` for decoders.
    apart : bool, default False
        Encode the two texts of a pair apart.
    max_tokens : int, default 64
        Longer texts are cut.
    epochs : int, default 3
    batch : int, default 32
    accumulate : int, default 1
        Parts a batch is computed in.
    rate : float or None
        Peak learning rate of the uppermost layer; None is 3e-4 for full tuning and the last layers,
        1e-3 for low-rank changes, 3e-2 for the head alone and 1e-2 for a prefix.
    fall : float in (0, 1], default 1.0
        Factor on the rate from a layer to the one below.
    lead : float, default 10.0
        Factor on the rate for the head, which starts from nothing; 1 where it alone learns.
    warmup : float in [0, 1), default 0.1
        Share of the steps in which the rate rises.
    decay : float, default 0.01
        AdamW weight decay.
    clip : float, default 1.0
        Longest gradient; 0 never shortens it.
    patience : int, default 0
        Epochs without a better validation score; 0 runs them all.
    watched : int, default 2000
        Validation rows scored after an epoch, at most.
    recompute : bool, default False
        Trade time for memory: compute activations again on the way back.
    precision : str, default "32-true"
        As Lightning Fabric names it: ``bf16-mixed`` on a GPU.

    Notes
    -----
    Rates were chosen by macro-F1 on 2,000 validation rows of fashion, 8,000 training rows, two
    epochs, seed 0. Head: .797, .816, .802 at .01, .03, .1. Last two layers: .761, .839, .817 at
    1e-4, 3e-4, 1e-3. Low-rank: .862, .844 at 1e-3, 3e-3. Full: .714, .817 at 1e-4, 3e-4. The last
    two grids end at their best value; a prefix was not tried.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        When fitted on features that are not words.
    Unavailable
        If the pretrained model cannot be found.

    References
    ----------
    .. [1] Devlin et al., BERT, NAACL 2019, arXiv:1810.04805, section 4.1.
    .. [2] Hu et al., LoRA, ICLR 2022, arXiv:2106.09685, eq. 3.
    .. [3] Li and Liang, Prefix-Tuning, ACL 2021, arXiv:2101.00190, section 4.

    Examples
    --------
    >>> Transformer(tune="lora", rank=4).rank
    4
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel", "value"})

    name: str = "minilm"
    tune: Tune = "full"
    layers: int = 2
    rank: int = 8
    pooling: Literal["mean", "cls", "last"] = "mean"
    apart: bool = False
    max_tokens: int = 64
    epochs: int = 3
    batch: int = 32
    accumulate: int = 1
    rate: float | None = None
    fall: float = 1.0
    lead: float = 10.0
    warmup: float = 0.1
    decay: float = 0.01
    clip: float = 1.0
    patience: int = 0
    watched: int = 2000
    recompute: bool = False
    precision: Any = "32-true"

    def __post_init__(self) -> None:
        if self.tune not in RATES:
            raise unknown("way of tuning", self.tune, tuple(RATES))
        if self.pooling not in ("mean", "cls", "last"):
            raise unknown("pooling", self.pooling, ("mean", "cls", "last"))
        least = min(self.layers, self.rank, self.epochs, self.batch, self.accumulate)
        if least < 1 or not 0 < self.fall <= 1 or not 0 <= self.warmup < 1:
            raise InputError(
                "transformer needs layers, rank, epochs, batch and accumulate from 1, fall in "
                f"(0, 1] and warmup in [0, 1); got {self.layers}, {self.rank}, {self.epochs}, "
                f"{self.batch}, {self.accumulate}, {self.fall} and {self.warmup}"
            )
        if self.apart and self.tune == "last":
            raise InputError(
                "texts encoded apart meet above all layers, which `last` cuts through; "
                "use tune='full', 'lora', 'prefix' or 'head'"
            )

    def recipe(self) -> Recipe:
        """How it is optimised."""
        from longshelf.recipe import Recipe

        rate = RATES[self.tune] if self.rate is None else self.rate
        return Recipe(
            epochs=self.epochs, batch=self.batch, rate=rate, decay=self.decay,
            patience=self.patience, precision=self.precision, warmup=self.warmup, clip=self.clip,
            accumulate=self.accumulate, watched=self.watched, filled=False,
            window=8 if self.tune == "prefix" else 1,
        )  # fmt: skip

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedReader:
        from longshelf.models.text.reading import FittedReader

        if not is_words(X):
            raise NotApplicable("transformer reads texts; give it features: words")
        outputs = 1 if targets.kind == "value" else len(targets)
        reading = self.reading()
        reading.warn(X)
        fitted = learn(
            lambda: reading.network(outputs),
            reading.read(X), rows, replace(valid, X=reading.read(valid.X)),
            targets, strategy, rng, self.recipe(),
        )  # fmt: skip
        return FittedReader(fitted, reading.read)

    def reading(self) -> Reading:
        """The pretrained model as what reads texts and what learns."""
        from longshelf.features.pretrained import locate
        from longshelf.models.text.reading import Reading

        return Reading(locate(self.name), self)
